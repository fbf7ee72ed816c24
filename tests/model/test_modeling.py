import numpy as np
import pytest
import torch
from torch.nn import functional

from xemogpt.errors import ConfigError
from xemogpt.model.configuration import LoraSection, XEmoGPTConfig
from xemogpt.model.modeling import XEmoGPTForConditionalGeneration
from xemogpt.model.pathway import Stimulus
from xemogpt.model.tiny import build_tiny

NOISE = np.random.default_rng(0)
CLIPS = [
    NOISE.integers(low, low + 90, (n, 20, 24, 3), dtype=np.uint8)
    for n, low in ((5, 0), (7, 160), (1, 80))
]
SOUNDS = [
    NOISE.normal(0, std, n).astype(np.float32)
    for n, std in ((8_000, 0.02), (5_000, 0.3), (12_000, 0.1))
]
GREEDY = {"max_new_tokens": 12, "do_sample": False}
# (clip, sound, words) of each row: every subset of modalities, in any mix.
ROWS = [
    (0, 0, "Hi."),
    (None, 1, None),
    (1, None, "What is it? " * 3),
    (None, None, "x"),
    (2, 2, ""),
]


@pytest.fixture(scope="module")
def tiny():
    return build_tiny()


def make(processor, rows, **kwargs):
    return processor(
        frames=[None if c is None else CLIPS[c] for c, _, _ in rows],
        waveform=[None if s is None else SOUNDS[s] for _, s, _ in rows],
        subtitle=[words for _, _, words in rows],
        instruction="Tell.",
        **kwargs,
    )


def new_ids(model, batch, **kwargs):
    return model.generate(**batch, **kwargs)[:, batch["input_ids"].shape[1] :]


def trim(ids, eos):
    """Ids up to the first end."""
    ends = (ids == eos).nonzero()
    return ids[: int(ends[0])].tolist() if len(ends) else ids.tolist()


@pytest.mark.parametrize("form", ["reference", "residual"])
def test_a_batch_of_any_mix_equals_its_singles(form):
    model, processor = build_tiny(bridge_form=form)
    batch = make(processor, ROWS)
    together = model(**batch).logits
    generated = new_ids(model, batch, **GREEDY)
    assert len({tuple(row.tolist()) for row in generated}) > 1, "inputs should matter"
    for index, row in enumerate(ROWS):
        single = make(processor, [row])
        own = batch["attention_mask"][index] == 1
        alone = model(**single).logits[0]
        torch.testing.assert_close(together[index, own], alone, rtol=1e-4, atol=1e-4)
        eos = processor.tokenizer.eos_token_id
        assert trim(generated[index], eos) == trim(new_ids(model, single, **GREEDY)[0], eos)


def test_padding_side_does_not_matter_to_loss_and_gradients(tiny):
    model, processor = tiny
    answers = ["a", "bcd", "ef", "g", "hi"]
    losses, gradients = [], []
    for side in ("left", "right"):
        model.zero_grad()
        loss = model(**make(processor, ROWS, answer=answers, padding_side=side)).loss
        loss.backward()
        losses.append(loss.item())
        gradients.append([p.grad.clone() for p in model.parameters() if p.grad is not None])
    model.zero_grad()
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)
    for left, right in zip(*gradients, strict=True):
        torch.testing.assert_close(left, right, rtol=1e-4, atol=1e-5)


def test_loss_is_cross_entropy_of_the_answers_tokens(tiny):
    model, processor = tiny
    batch = make(processor, ROWS[:3], answer=["a", "bcd", "efghij"])
    full = model(**batch, logits_to_keep=0)
    expected = functional.cross_entropy(
        full.logits[:, :-1].flatten(0, 1), batch["labels"][:, 1:].flatten(), ignore_index=-100
    )
    out = model(**batch)
    assert out.loss.item() == pytest.approx(expected.item(), abs=1e-5)
    assert full.loss.item() == pytest.approx(expected.item(), abs=1e-5)
    # Left padding aligns answers: logits are computed for the longest answer and its end only.
    assert out.logits.shape[1] == 7
    count = int((batch["labels"] != -100).sum())
    scaled = model(**batch, num_items_in_batch=torch.tensor(2 * count)).loss
    assert scaled.item() == pytest.approx(expected.item() / 2, abs=1e-5)
    partial = model(**batch, logits_to_keep=8).loss
    assert partial.item() == pytest.approx(expected.item(), abs=1e-5)


def test_cached_features_give_what_raw_media_give(tiny):
    model, processor = tiny
    raw = make(processor, ROWS)
    found = {}
    for modality, name in (("video", "frames"), ("audio", "waveform")):
        lengths = raw["frame_lengths" if modality == "video" else "waveform_lengths"]
        rows = lengths.nonzero().flatten()
        encoder = getattr(model, modality).encoder
        features = encoder(inputs=raw[name][rows], lengths=lengths[rows]).unpad()
        found[modality] = [None] * len(ROWS)
        for row, one in zip(rows.tolist(), features, strict=True):
            found[modality][row] = one
    words = [words for _, _, words in ROWS]
    cached = processor(
        instruction="Tell.",
        subtitle=words,
        video_features=found["video"],
        audio_features=found["audio"],
    )
    assert torch.equal(raw["input_ids"], cached["input_ids"])
    torch.testing.assert_close(model(**raw).logits, model(**cached).logits, rtol=1e-4, atol=1e-4)
    # Row 0 raw, row 4 cached, in one batch.
    mixed = processor(
        instruction="Tell.",
        subtitle=[words[0], words[4]],
        frames=[CLIPS[0], None],
        video_features=[None, found["video"][4]],
        waveform=[SOUNDS[0], SOUNDS[2]],
    )
    expected = model(**make(processor, [ROWS[0], ROWS[4]])).logits
    torch.testing.assert_close(model(**mixed).logits, expected, rtol=1e-4, atol=1e-4)


def test_media_reach_the_output(tiny):
    model, processor = tiny
    given = {"frames": CLIPS[0], "waveform": SOUNDS[0], "subtitle": "Hi."}
    base = model(**processor(**given)).logits[0, -1]
    for change in ({"frames": CLIPS[0][::-1].copy()}, {"waveform": SOUNDS[0] * 3}):
        other = model(**processor(**{**given, **change})).logits[0, -1]
        assert (base - other).abs().max() > 1e-4


def test_beams_sampling_and_several_sequences(tiny):
    model, processor = tiny
    batch = make(processor, ROWS)
    beams = new_ids(model, batch, num_beams=3, max_new_tokens=6)
    for index, row in enumerate(ROWS):
        single = new_ids(model, make(processor, [row]), num_beams=3, max_new_tokens=6)
        eos = processor.tokenizer.eos_token_id
        assert trim(beams[index], eos) == trim(single[0], eos)
    for kwargs in (
        {"do_sample": True, "num_return_sequences": 3},
        {"num_beams": 4, "num_return_sequences": 2},
        {"do_sample": True, "num_beams": 2},
        {"repetition_penalty": 1.5, "no_repeat_ngram_size": 2},
    ):
        ids = model.generate(**batch, **kwargs, max_new_tokens=4)
        assert len(ids) == len(ROWS) * kwargs.get("num_return_sequences", 1)
        new = ids[:, batch["input_ids"].shape[1] :]
        assert int(new.max()) < model.config.video_token_id, "placeholders are never generated"


def test_beams_read_each_prompt_once(tiny, monkeypatch):
    model, processor = tiny
    batch, calls = make(processor, ROWS[:1]), []
    inner = model.video.encoder.encode
    monkeypatch.setattr(
        model.video.encoder, "encode", lambda *args: calls.append(len(args[0])) or inner(*args)
    )
    prompts = []
    hook = model.language_model.register_forward_pre_hook(
        lambda module, args, kwargs: prompts.append(kwargs["inputs_embeds"].shape[:2]),
        with_kwargs=True,
    )
    new_ids(model, batch, num_beams=5, max_new_tokens=3)
    hook.remove()
    assert calls == [1]
    assert prompts[0] == (1, batch["input_ids"].shape[1] - 1)
    assert set(prompts[1:]) == {(5, 1)}


def test_generation_without_the_cache_is_the_same(tiny):
    model, processor = tiny
    batch = make(processor, ROWS[:3])
    for kwargs in ({}, {"num_beams": 2}):
        with_cache = new_ids(model, batch, max_new_tokens=5, **kwargs)
        without = new_ids(model, batch, max_new_tokens=5, use_cache=False, **kwargs)
        assert torch.equal(with_cache, without)


def test_thinned_features_keep_first_and_last():
    model, processor = build_tiny(max_context_tokens=250)
    given = {"frames": CLIPS[0], "waveform": np.tile(SOUNDS[0], 8), "instruction": "Tell."}
    batch = processor(**given, overflow="trim")
    assert model(**batch).logits.shape[1] == 250
    assert "audio_keep" in batch


def test_a_row_with_other_placeholders_than_features_is_an_error(tiny):
    model, processor = tiny
    batch = make(processor, ROWS[:2])
    batch["frame_lengths"] = torch.tensor([4, 0])
    with pytest.raises(ValueError, match="row 0 has 5 video placeholders but 4 feature vectors"):
        model(**batch)
    words = processor(subtitle="x")
    words["input_ids"][0, 3] = model.config.audio_token_id
    with pytest.raises(ValueError, match="row 0 has 1 audio placeholders but 0"):
        model(**words)
    with pytest.raises(ValueError, match="needs the lengths"):
        model(**{**make(processor, ROWS[:1]), "frame_lengths": None})


def test_gradients_reach_what_is_trained_and_nothing_else(tiny):
    model, processor = tiny
    model.zero_grad()
    model(**make(processor, ROWS, answer=["a"] * 5)).loss.backward()
    for name, parameter in model.named_parameters():
        trained = any(part in name for part in (".bridge.", ".projector.", ".lora_"))
        assert parameter.requires_grad == trained, name
        # A fresh adapter's A gets no gradient while its B is zero.
        if trained and ".lora_A." not in name and not name.endswith("attention.key.bias"):
            assert parameter.grad.abs().sum() > 0, name
        elif not trained:
            assert parameter.grad is None, name
    model.zero_grad()


def test_frozen_towers_stay_in_eval_and_dropout_is_off_outside_training(tiny):
    model, processor = tiny
    batch = make(processor, ROWS[:1])
    model.train()
    assert model.training and model.language_model.training and model.video.bridge.training
    assert not model.video.encoder.training and not model.audio.encoder.training
    torch.manual_seed(0)
    for parameter in model.parameters():
        if parameter.requires_grad and parameter.abs().sum() == 0:
            torch.nn.init.normal_(parameter, std=0.1)  # adapters' B starts at zero
    assert not torch.equal(model(**batch).logits, model(**batch).logits), "LoRA dropout is on"
    model.eval()
    assert not any(module.training for module in model.modules())
    assert torch.equal(model(**batch).logits, model(**batch).logits)


@pytest.mark.parametrize("form", ["reference", "residual"])
def test_one_batch_is_learned_by_heart(form):
    linear = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
    lora = LoraSection(r=16, alpha=32, dropout=0, target_modules=linear)
    model, processor = build_tiny(bridge_form=form, style="published", lora=lora)
    answers = ["glad", "sad", "wry"]
    # The same words in each row: only the media tell them apart.
    rows = [(0, 1, "x"), (1, 1, "x"), (0, 0, "x")]
    batch = make(processor, rows, answer=answers)
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=5e-3)
    model.train()
    for _ in range(120):
        optimiser.zero_grad()
        loss = model(**batch).loss
        loss.backward()
        optimiser.step()
        if loss.item() < 0.12:  # 0.25 is what knowing the answers but not the media gives
            break
    model.eval()
    prompts = make(processor, rows)
    ids = model.generate(**prompts, max_new_tokens=8, do_sample=False)
    assert processor.decode(ids, prompts) == answers


def test_a_model_of_one_modality(tiny):
    model, processor = build_tiny(use_video=False)
    assert model.video is None
    assert new_ids(model, processor(waveform=SOUNDS[0]), **GREEDY).shape[0] == 1
    video = make(tiny[1], ROWS[:1])
    with pytest.raises(ConfigError, match="no video encoder"):
        model(**video)


def test_a_bridge_that_does_not_fit_its_encoder(tiny):
    config = XEmoGPTConfig.from_dict(tiny[0].config.to_dict())
    config.video_bridge = {**config.video_bridge, "input_dim": 64}
    with pytest.raises(ConfigError, match=r"width 64.*width 32"):
        XEmoGPTForConditionalGeneration(config)


def test_adapters_that_match_nothing(tiny):
    config = XEmoGPTConfig.from_dict(tiny[0].config.to_dict())
    config.lora = {**config.lora, "target_modules": ["no_such_layer"]}
    with pytest.raises(ConfigError, match="no_such_layer"):
        XEmoGPTForConditionalGeneration(config)


def test_same_seed_same_model():
    one, two = build_tiny(seed=3)[0], build_tiny(seed=3)[0]
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_neighbours_are_averaged_within_a_row_only():
    model, processor = build_tiny(video_pool=2)
    plain = build_tiny()[0]
    frames = np.random.default_rng(0).integers(0, 255, (2, 5, 20, 24, 3), dtype=np.uint8)
    batch = processor(frames=[frames[0], frames[1][:3]])
    stimulus = Stimulus(batch["frames"], batch["frame_lengths"])
    pooled = model.perceive("video", stimulus)
    single = plain.perceive("video", stimulus)
    assert [len(pooled[row]) for row in (0, 1)] == [3, 2]
    # The projector is linear, so the mean may be taken after it as well.
    torch.testing.assert_close(pooled[0][0], single[0][:2].mean(0))
    torch.testing.assert_close(pooled[0][2], single[0][4])
    torch.testing.assert_close(pooled[1][1], single[1][2])


def test_a_pool_below_one_is_an_error():
    with pytest.raises(ConfigError, match="audio_pool is 0"):
        build_tiny(audio_pool=0)
