"""The published checkpoint to a model folder and back, bit by bit; and what is refused."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import CLIPConfig, CLIPModel

from xemogpt.errors import CheckpointError, WeightsError
from xemogpt.model.checkpoint import PublishedFile, write_checkpoint
from xemogpt.model.conversion import convert_published, load_published, write_published
from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
from xemogpt.model.reference import published_entries
from xemogpt.model.tiny import build_tiny

GOLDEN = Path(__file__).parents[1] / "golden"
TRAINED = GOLDEN / "xemogpt_tiny_lora.safetensors"


@pytest.fixture(scope="module")
def towers(tmp_path_factory):
    """A whole CLIP of the right size (the stored one has its vision side only), and the rest."""
    folder = tmp_path_factory.mktemp("clip")
    torch.manual_seed(0)
    CLIPModel(CLIPConfig.from_pretrained(GOLDEN / "ckpt" / "clip_p14_56")).save_pretrained(folder)
    return {
        "vision": folder,
        "audio": GOLDEN / "ckpt" / "hubert_layer",
        "llm": GOLDEN / "ckpt" / "qwen3",
        "lora_alpha": 16,
    }


@pytest.fixture(scope="module")
def full(towers):
    """Every tensor of a full checkpoint, frozen towers and tied head included."""
    trained = load_file(TRAINED)
    model, _, _ = load_published(TRAINED, **towers)
    clip = CLIPModel.from_pretrained(towers["vision"])
    state, clip_state = model.state_dict(), clip.state_dict()
    tensors = {}
    for name, entry in published_entries(model, clip, output_dim=96).items():
        known = clip_state.get(name.removeprefix("visual_encoder.clip."))
        tensors[name] = trained.get(name, state[entry.ours] if entry.ours else known)
    return tensors


def assert_equal_files(one, two):
    assert list(one) == list(two)
    for name in one:
        assert one[name].dtype == two[name].dtype and torch.equal(one[name], two[name]), name


@pytest.mark.parametrize(("prefix", "is_nested"), [("", False), ("model.", True)])
def test_a_full_checkpoint_comes_back_bit_by_bit(full, towers, tmp_path, prefix, is_nested):
    write_checkpoint(tmp_path / "in.ckpt", PublishedFile(full, prefix, is_nested))
    report = convert_published(tmp_path / "in.ckpt", tmp_path / "model", **towers)
    assert [len(k) for k in (report.loaded, report.verified, report.kept, report.absent)] == [
        81,
        189,
        13,
        0,
    ]
    assert write_published(tmp_path / "model", tmp_path / "out.ckpt") == 283
    given, written = (
        torch.load(tmp_path / name, weights_only=True) for name in ("in.ckpt", "out.ckpt")
    )
    if is_nested:
        given, written = given["state_dict"], written["state_dict"]
    assert all(name.startswith(prefix) for name in written)
    assert_equal_files(given, written)


def test_a_trainable_only_checkpoint_comes_back_bit_by_bit(towers, tmp_path):
    report = convert_published(TRAINED, tmp_path / "model", **towers)
    assert len(report.loaded) == 81 and len(report.absent) == 189
    write_published(tmp_path / "model", tmp_path / "out.safetensors")
    assert_equal_files(load_file(TRAINED), load_file(tmp_path / "out.safetensors"))


def test_half_precision_comes_back_bit_by_bit(towers, tmp_path):
    half = {name: tensor.to(torch.bfloat16) for name, tensor in load_file(TRAINED).items()}
    write_checkpoint(tmp_path / "in.ckpt", PublishedFile(half))
    convert_published(tmp_path / "in.ckpt", tmp_path / "model", **towers)
    write_published(tmp_path / "model", tmp_path / "out.ckpt")
    assert_equal_files(half, torch.load(tmp_path / "out.ckpt", weights_only=True))


def test_what_was_trained_since_is_written(towers, tmp_path):
    convert_published(TRAINED, tmp_path / "model", **towers)
    model = XEmoGPTForConditionalGeneration.from_pretrained(tmp_path / "model")
    with torch.no_grad():
        model.video.projector.bias.add_(1)
    model.save_pretrained(tmp_path / "model")
    write_published(tmp_path / "model", tmp_path / "out.safetensors")
    before, after = load_file(TRAINED), load_file(tmp_path / "out.safetensors")
    changed = [name for name in before if not torch.equal(before[name], after[name])]
    assert changed == ["visual_llm_project.bias"]
    # Without the record of where it came from, everything trained is written.
    (tmp_path / "model" / "published.json").unlink()
    assert write_published(tmp_path / "model", tmp_path / "new.safetensors") == 81


def spoiled(tmp_path, full, **changes):
    tensors = {name: tensor for name, tensor in full.items() if changes.get(name, True) is not None}
    tensors |= {name: tensor for name, tensor in changes.items() if tensor is not None}
    write_checkpoint(tmp_path / "x.ckpt", PublishedFile(tensors))
    return tmp_path / "x.ckpt"


def test_missing_extra_and_misshapen_keys_are_listed(full, towers, tmp_path):
    path = spoiled(
        tmp_path,
        full,
        **{
            "visual_llm_project.bias": None,
            "audio_encoder.audio_project.bias": None,
            "stranger": torch.zeros(1),
            "audio_llm_project.bias": torch.zeros(3),
        },
    )
    with pytest.raises(CheckpointError) as caught:
        convert_published(path, tmp_path / "model", **towers)
    message = str(caught.value)
    assert (
        "2 missing:\n    audio_encoder.audio_project.bias\n    visual_llm_project.bias" in message
    )
    assert "1 unexpected:\n    stranger" in message
    assert "1 misshapen:\n    audio_llm_project.bias: (3,), expected (64,)" in message
    assert not (tmp_path / "model").exists(), "nothing is written on failure"


@pytest.mark.parametrize(
    "name",
    [
        "visual_encoder.clip.vision_model.pre_layrnorm.bias",
        "visual_encoder.clip.text_model.final_layer_norm.bias",
        "audio_encoder.audio_encoder.encoder.layer_norm.bias",
        "llm_model.base_model.model.model.norm.weight",
        "llm_model.base_model.model.lm_head.weight",
    ],
)
def test_frozen_weights_other_than_the_towers_given(full, towers, tmp_path, name):
    path = spoiled(tmp_path, full, **{name: full[name] + 1})
    with pytest.raises(CheckpointError, match=f"1 different from the towers given:\n    {name}"):
        load_published(path, **towers)


def test_not_a_published_checkpoint(towers, tmp_path):
    write_checkpoint(tmp_path / "x.ckpt", PublishedFile({"model.weight": torch.zeros(2)}))
    with pytest.raises(CheckpointError, match="no checkpoint of the published model"):
        load_published(tmp_path / "x.ckpt", **towers)


def test_no_clip_in_the_vision_folder(towers, tmp_path):
    with pytest.raises(CheckpointError, match=r"cannot read.*config\.json"):
        load_published(TRAINED, **{**towers, "vision": tmp_path})
    with pytest.raises(WeightsError, match="CLIPVisionModel"):
        load_published(TRAINED, **{**towers, "vision": towers["audio"]})


def test_another_kind_of_model_cannot_be_written(tmp_path):
    build_tiny()[0].save_pretrained(tmp_path / "model")
    with pytest.raises(CheckpointError, match="only a model with clip and hubert"):
        write_published(tmp_path / "model", tmp_path / "x.ckpt")
