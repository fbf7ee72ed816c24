"""What is saved, what is only referred to, and every way in which loading can go wrong."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoProcessor,
)

from xemogpt.errors import CheckpointError, OutputError, WeightsError
from xemogpt.model.assembly import EncoderSource, Parts, assemble
from xemogpt.model.configuration import XEmoGPTConfig
from xemogpt.model.loading import REFERENCES_FILE, WEIGHTS_FILE
from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
from xemogpt.model.processing import XEmoGPTProcessor
from xemogpt.model.tiny import build_byte_tokenizer, build_tiny

SOUND = np.random.default_rng(0).normal(0, 0.1, 8_000).astype(np.float32)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Folders of a backbone and a HuBERT tower, as transformers saves them."""
    from transformers import HubertConfig, HubertModel, LlamaConfig, LlamaForCausalLM

    root = tmp_path_factory.mktemp("parts")
    torch.manual_seed(0)
    tokenizer = build_byte_tokenizer()
    shape = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            intermediate_size=48,
            tie_word_embeddings=True,
            initializer_range=0.2,
            eos_token_id=tokenizer.eos_token_id,
            bos_token_id=None,
            **shape,
        )
    ).save_pretrained(root / "llm")
    tokenizer.save_pretrained(root / "llm")
    HubertModel(
        HubertConfig(
            intermediate_size=48,
            conv_dim=(16,) * 7,
            num_conv_pos_embeddings=8,
            num_conv_pos_embedding_groups=2,
            **shape,
        )
    ).save_pretrained(root / "hubert")
    return root


@pytest.fixture(scope="module")
def made(parts):
    return assemble(
        Parts(
            backbone=str(parts / "llm"),
            audio=EncoderSource(name="hubert", source=str(parts / "hubert")),
            audio_bridge={"num_heads": 4, "ffn_dim": 64, "form": "residual"},
        )
    )


@pytest.fixture
def saved(made, tmp_path):
    model, processor = made
    model.save_pretrained(tmp_path / "model")
    processor.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def load(folder, **kwargs):
    return XEmoGPTForConditionalGeneration.from_pretrained(folder, **kwargs)


def assert_same(one, two):
    state, other = one.state_dict(), two.state_dict()
    assert set(state) == set(other)
    assert all(torch.equal(state[key], other[key]) for key in state)
    for (name, a), (_, b) in zip(one.named_parameters(), two.named_parameters(), strict=True):
        assert a.requires_grad == b.requires_grad, name


def edit(folder, change):
    weights = load_file(folder / WEIGHTS_FILE)
    change(weights)
    save_file(weights, folder / WEIGHTS_FILE, metadata={"format": "pt"})


def test_only_what_is_trained_is_stored(made, saved):
    stored = set(load_file(saved / WEIGHTS_FILE))
    assert stored == {n for n, p in made[0].named_parameters() if p.requires_grad}
    references = json.loads((saved / REFERENCES_FILE).read_text())
    assert set(references) == {"audio_encoder", "language_model"}
    for reference in references.values():
        assert len(reference["sha256"]["model.safetensors"]) == 64
    small = (saved / WEIGHTS_FILE).stat().st_size
    made[0].save_pretrained(saved / "full", full=True)
    assert (saved / "full" / WEIGHTS_FILE).stat().st_size > 2 * small


def test_loaded_is_what_was_saved(made, saved):
    model, processor = made
    again = load(saved)
    assert_same(model, again)
    batch = processor(waveform=SOUND, subtitle="Hi.")
    assert torch.equal(model(**batch).logits, again(**batch).logits)
    ids = [m.generate(**batch, max_new_tokens=5) for m in (model, again)]
    assert torch.equal(*ids)
    assert not again.training and again.generation_config.pad_token_id is not None
    again.save_pretrained(saved / "again")
    assert_same(model, load(saved / "again"))


def test_a_full_folder_needs_nothing_else(made, parts, tmp_path):
    made[0].save_pretrained(tmp_path / "full", full=True)
    hidden = parts.rename(parts.with_name("hidden"))
    try:
        assert_same(made[0], load(tmp_path / "full"))
    finally:
        hidden.rename(parts)


@pytest.mark.parametrize("use_full", [False, True])
def test_a_model_of_seeded_parts_is_stored_whole(tmp_path, use_full):
    model, _ = build_tiny(bridge_form="residual")
    model.save_pretrained(tmp_path, full=use_full)
    assert json.loads((tmp_path / REFERENCES_FILE).read_text()) == {}
    assert_same(model, load(tmp_path))


def test_auto_classes_know_the_model(saved):
    assert isinstance(AutoConfig.from_pretrained(saved), XEmoGPTConfig)
    assert isinstance(AutoProcessor.from_pretrained(saved), XEmoGPTProcessor)
    for auto in (AutoModelForImageTextToText, AutoModelForCausalLM):
        assert isinstance(auto.from_pretrained(saved), XEmoGPTForConditionalGeneration)


def test_dtype_and_device_map(made, saved):
    half = load(saved, dtype=torch.bfloat16, device_map="cpu")
    assert {p.dtype for p in half.parameters()} == {torch.bfloat16}
    assert half.dtype == torch.bfloat16
    batch = made[1](waveform=SOUND, subtitle="Hi.")
    assert half(**batch).logits.dtype == torch.bfloat16
    assert half.generate(**batch, max_new_tokens=2).shape[1] == batch["input_ids"].shape[1] + 2
    _, info = load(saved, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]


def test_a_backbone_that_was_trained_is_stored(made, saved, parts):
    model = load(saved)
    model.language_model.requires_grad_(True)
    with torch.no_grad():
        model.language_model.model.norm.weight.add_(1)
    model.save_pretrained(saved / "tuned")
    assert set(json.loads((saved / "tuned" / REFERENCES_FILE).read_text())) == {"audio_encoder"}
    again = load(saved / "tuned")
    assert torch.equal(
        again.language_model.model.norm.weight, model.language_model.model.norm.weight
    )
    # Loading freezes it again, and saving must not lose it.
    again.save_pretrained(saved / "twice")
    assert torch.equal(
        load(saved / "twice").language_model.model.norm.weight,
        model.language_model.model.norm.weight,
    )


@pytest.mark.parametrize("part", ["language_model", "audio_encoder"])
def test_what_is_referred_to_may_move_but_not_change(saved, parts, part, tmp_path):
    name = "llm" if part == "language_model" else "hubert"
    moved = shutil.copytree(parts / name, tmp_path / "moved")
    references = json.loads((saved / REFERENCES_FILE).read_text())
    references[part]["source"] = str(tmp_path / "gone")
    (saved / REFERENCES_FILE).write_text(json.dumps(references))
    with pytest.raises(CheckpointError, match=rf"no folder.*gone[\s\S]*sources={{'{part}'"):
        load(saved)
    load(saved, sources={part: moved})
    edit(moved, lambda weights: next(iter(weights.values())).add_(1))
    with pytest.raises(CheckpointError, match=r"model\.safetensors: differs"):
        load(saved, sources={part: moved})
    (moved / WEIGHTS_FILE).unlink()
    with pytest.raises(CheckpointError, match=r"model\.safetensors: missing"):
        load(saved, sources={part: moved})


def test_every_wrong_key_is_listed(saved):
    def spoil(weights):
        del weights["audio.projector.bias"]
        weights["audio.extra"] = torch.zeros(1)
        weights["audio.projector.weight"] = torch.zeros(3, 3)

    edit(saved, spoil)
    with pytest.raises(CheckpointError) as caught:
        load(saved)
    message = str(caught.value)
    for part in (
        "1 missing:\n    audio.projector.bias",
        "1 unexpected:\n    audio.extra",
        "1 misshapen:\n    audio.projector.weight: (3, 3), expected (32, 32)",
    ):
        assert part in message


def test_a_long_list_of_keys_is_cut():
    from xemogpt.model.keys import describe

    message = describe("x", {"missing": [f"k{i}" for i in range(50)], "unexpected": []})
    assert "50 missing" in message and "and 30 more" in message and "unexpected" not in message


def test_damaged_and_absent_files(saved, tmp_path):
    whole = (saved / WEIGHTS_FILE).read_bytes()
    (saved / WEIGHTS_FILE).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="damaged"):
        load(saved)
    (saved / WEIGHTS_FILE).unlink()
    with pytest.raises(CheckpointError, match=r"holds no model\.safetensors"):
        load(saved)
    with pytest.raises(WeightsError, match="no folder"):
        load(tmp_path / "nowhere")


def test_a_folder_of_another_model(parts, tmp_path):
    with pytest.raises(CheckpointError, match="type 'llama'"):
        load(parts / "llm")
    with pytest.raises(CheckpointError, match=r"no readable config\.json"):
        load(tmp_path)


def test_sources_of_unknown_parts(saved):
    with pytest.raises(CheckpointError, match="llm"):
        load(saved, sources={"llm": "x"})


def test_a_place_that_cannot_be_written(made, tmp_path):
    (tmp_path / "file").write_text("taken")
    for thing in made:
        with pytest.raises(OutputError, match="cannot write"):
            thing.save_pretrained(tmp_path / "file" / "model")
        with pytest.raises(OutputError, match="cannot write"):
            thing.save_pretrained(tmp_path / "file")


def test_shards_are_read(made, saved):
    made[0].save_pretrained(saved / "shards", max_shard_size="20KB")
    assert len(list((saved / "shards").glob("*.safetensors"))) > 1
    assert_same(made[0], load(saved / "shards"))


def test_same_seed_gives_the_same_fresh_parts(made, parts):
    again, _ = assemble(
        Parts(
            backbone=str(parts / "llm"),
            audio=EncoderSource(name="hubert", source=str(parts / "hubert")),
            audio_bridge={"num_heads": 4, "ffn_dim": 64, "form": "residual"},
        )
    )
    assert_same(made[0], again)


def test_parts_that_are_not_there(parts):
    with pytest.raises(WeightsError):
        assemble(Parts(backbone=str(parts / "nothing")))


def test_placeholders_need_no_room_in_the_vocabulary(made):
    model, _ = made
    rows = model.get_input_embeddings().num_embeddings
    assert model.config.video_token_id >= rows
    assert model.config.text_config.vocab_size == rows
