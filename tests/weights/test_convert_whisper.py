from pathlib import Path

import numpy as np
import pytest

from xemogpt.errors import WeightsError
from xemogpt.weights import locate
from xemogpt.weights.convert_whisper import architecture, to_transformers
from xemogpt.weights.ct2_file import read_ct2


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """A small random Whisper, and the same written by CTranslate2's own converter."""
    import torch
    from ctranslate2.converters.transformers import WhisperLoader
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    torch.manual_seed(0)
    config = WhisperConfig(
        vocab_size=300,
        num_mel_bins=20,
        d_model=128,
        encoder_layers=2,
        decoder_layers=3,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=96,
        decoder_ffn_dim=80,
        max_source_positions=30,
        max_target_positions=40,
        pad_token_id=0,
        bos_token_id=0,
        eos_token_id=0,
        decoder_start_token_id=1,
    )
    model = WhisperForConditionalGeneration(config).eval()
    for parameter in model.parameters():
        # No two tensors alike, and nothing zero, so that a swapped or dropped one shows.
        torch.nn.init.normal_(parameter, std=0.1)
    spec = WhisperLoader().get_model_spec(model)
    spec.register_vocabulary([str(i) for i in range(300)])
    spec.validate()
    spec.optimize(quantization="float16")
    folder = tmp_path_factory.mktemp("ct2")
    spec.save(str(folder))
    return model, folder / "model.bin"


def test_every_tensor_comes_back_exactly(tiny) -> None:  # type: ignore[no-untyped-def]
    model, path = tiny
    weights = to_transformers(read_ct2(path))
    expected = model.model.state_dict()
    assert set(weights) == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(weights[name], value.half().numpy(), err_msg=name)


def test_sizes_are_read_off_the_tensors(tiny) -> None:  # type: ignore[no-untyped-def]
    model, path = tiny
    sizes = architecture(to_transformers(read_ct2(path)))
    assert sizes == {name: getattr(model.config, name) for name in sizes}


def test_a_cut_file_is_named_with_the_command(tiny, tmp_path: Path) -> None:
    data = tiny[1].read_bytes()
    for num_bytes in (0, 3, 100, len(data) // 2, len(data) - 1):
        (tmp_path / "model.bin").write_bytes(data[:num_bytes])
        with pytest.raises(WeightsError, match=r"model\.bin is not .*`xemogpt pull nano --force`"):
            read_ct2(tmp_path / "model.bin")
    (tmp_path / "model.bin").write_bytes(data + b"x")
    with pytest.raises(WeightsError, match="bytes are left"):
        read_ct2(tmp_path / "model.bin")


def test_quantised_weights_are_refused(tmp_path: Path) -> None:
    data = _file_of({"encoder/layer_0/ffn/linear_0/weight": np.ones((4, 4), np.int8)})
    (tmp_path / "model.bin").write_bytes(data)
    with pytest.raises(WeightsError, match=r"linear_0/weight is quantised; expected float16"):
        read_ct2(tmp_path / "model.bin")


def test_a_missing_tensor_is_named(tiny) -> None:  # type: ignore[no-untyped-def]
    weights = read_ct2(tiny[1])
    del weights["decoder/layer_1/attention/linear_2/bias"]
    with pytest.raises(WeightsError, match="decoder/layer_1/attention/linear_2/bias"):
        to_transformers(weights)


def test_a_bias_for_the_keys_is_refused(tiny) -> None:  # type: ignore[no-untyped-def]
    weights = read_ct2(tiny[1])
    name = "encoder/layer_0/self_attention/linear_0/bias"
    weights[name] = np.ones_like(weights[name])
    with pytest.raises(WeightsError, match="bias for the keys"):
        to_transformers(weights)


@pytest.mark.weights
@pytest.mark.slow
def test_converted_encoder_equals_ctranslate2() -> None:
    """The same spectrogram through both: the encoders differ by rounding only."""
    import ctranslate2
    import torch
    from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration

    rng = np.random.default_rng(0)
    time_s = np.arange(4 * 16000) / 16000
    wave = 0.3 * np.sin(2 * np.pi * (150 + 40 * time_s) * time_s) + 0.05 * rng.normal(size=64000)
    extractor = WhisperFeatureExtractor.from_pretrained(locate("whisper-base"))
    features = extractor(
        wave.astype(np.float32), sampling_rate=16000, return_tensors="pt"
    ).input_features
    model = WhisperForConditionalGeneration.from_pretrained(
        locate("whisper-base"), dtype=torch.float32
    )
    with torch.no_grad():
        ours = model.model.encoder(features).last_hidden_state.numpy()
    reference = ctranslate2.models.Whisper(
        str(locate("whisper-base-ct2")), device="cpu", compute_type="float32"
    )
    theirs = np.array(reference.encode(ctranslate2.StorageView.from_array(features.numpy())))
    worst = float(np.abs(ours - theirs).max())
    assert ours.shape == (1, 1500, 512)
    assert worst < 2e-3 and worst / np.abs(theirs).max() < 1e-4, f"differs by {worst:.1e}"


@pytest.mark.weights
@pytest.mark.shared
@pytest.mark.slow
def test_converted_whisper_transcribes(shared_dir: Path) -> None:
    import av
    import torch
    from transformers import WhisperForConditionalGeneration, WhisperProcessor

    path = shared_dir / "data" / "speech" / "ravdess_03-01-01-01-01-01-01.flac"
    with av.open(str(path)) as source:
        blocks = [frame.to_ndarray() for frame in source.decode(audio=0)]
    wave = np.concatenate(blocks, axis=-1)[0].astype(np.float32)
    wave /= np.abs(wave).max()
    processor = WhisperProcessor.from_pretrained(locate("whisper-base"))
    model = WhisperForConditionalGeneration.from_pretrained(
        locate("whisper-base"), dtype=torch.float32
    )
    features = processor(wave, sampling_rate=16000, return_tensors="pt").input_features
    ids = model.generate(features, language="en", task="transcribe")
    (text,) = processor.batch_decode(ids, skip_special_tokens=True)
    assert text.strip().rstrip(".") == "Kids are talking by the door"


def _file_of(tensors: dict[str, np.ndarray]) -> bytes:
    """The bytes of a version 3 model file, written out by hand from its description."""
    import struct

    def text(value: str) -> bytes:
        return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"

    out = struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<I", 3)
    out += struct.pack("<I", len(tensors))
    for name, value in tensors.items():
        out += text(name) + struct.pack("<B", value.ndim)
        out += b"".join(struct.pack("<I", n) for n in value.shape)
        out += struct.pack("<BI", 1, value.nbytes) + value.tobytes()
    return out + struct.pack("<I", 0)
