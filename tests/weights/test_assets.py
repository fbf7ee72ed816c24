"""The pulled assets themselves, loaded by what will load them."""

import numpy as np
import pytest

from xemogpt.weights import CATALOGUE, Condition, check, hashes, locate

pytestmark = pytest.mark.weights


def test_every_asset_is_whole() -> None:
    conditions = {a.name: check(a.name, full=True).condition for a in CATALOGUE.assets}
    assert set(conditions.values()) == {Condition.OK}, conditions


def test_unconverted_files_are_the_upstream_ones() -> None:
    # As published: the ONNX file by its packager's description, the model card's safetensors.
    assert hashes("minilm-int8")["model.onnx"] == (
        "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
    )
    assert hashes("minilm")["model.safetensors"] == (
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    )


def test_minilm_gives_the_cosines_of_its_model_card() -> None:
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(str(locate("minilm")), device="cpu")
    first, *others = encoder.encode(
        [
            "That is a happy person",
            "That is a happy dog",
            "That is a very happy person",
            "Today is a sunny day",
        ],
        normalize_embeddings=True,
    )
    np.testing.assert_allclose(np.stack(others) @ first, [0.695, 0.943, 0.257], atol=6e-4)


def test_face_models_have_the_shapes_expected() -> None:
    from ai_edge_litert.interpreter import Interpreter

    shapes = {}
    for name in ("face_detector", "face_landmarks_detector", "face_blendshapes"):
        interpreter = Interpreter(str(locate("face-landmarker") / f"{name}.tflite"))
        interpreter.allocate_tensors()
        shapes[name] = interpreter.get_input_details()[0]["shape"].tolist()
    assert shapes == {
        "face_detector": [1, 128, 128, 3],
        "face_landmarks_detector": [1, 256, 256, 3],
        "face_blendshapes": [1, 146, 2],
    }


def test_faster_whisper_opens_its_folder() -> None:
    from faster_whisper import WhisperModel

    model = WhisperModel(str(locate("whisper-base-ct2")), device="cpu", compute_type="int8")
    assert {"en", "zh"} <= set(model.supported_languages)


def test_the_sample_clip_is_a_short_silent_video() -> None:
    import av

    (path,) = locate("samples").glob("*.mp4")
    with av.open(str(path)) as source:
        assert not source.streams.audio
        assert 3 < source.duration / av.time_base < 13
        assert next(source.decode(video=0)).width == 176
