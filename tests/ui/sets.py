"""A small set of `bench make`, ready for two annotators."""

from pathlib import Path

from tests.benchmark.making.simulated import make_clips

from xemogpt.benchmark.making.plan import make_plan
from xemogpt.benchmark.making.sheets import make_sheets
from xemogpt.schema import CueSet
from xemogpt.ui.desk import Desk
from xemogpt.ui.drafts import Draft


def make_set(folder: Path, num: int = 6) -> Path:
    """Clips of a second, one of six silent; ada and ben watch all of them."""
    clips = make_clips(folder / "clips")
    files = sorted(clips.glob("*.mp4"))
    make_plan(clips, files, folder / "set", num=num, scenarios=clips / "scenarios.csv")
    make_sheets(folder / "set", ["ada", "ben"])
    return folder / "set"


def suggest(media: Path, subtitle: str) -> CueSet:
    return CueSet([{"text": "smiles", "start_s": 0.2, "end_s": 0.6}], ["speaks"], ["happy"])


def draft(*cues: tuple, nothing: tuple = ()) -> Draft:
    """Cues as (modality, text, start, end)."""
    names = ("modality", "text", "start_s", "end_s")
    given = [
        {"key": f"k{number}"} | dict(zip(names, cue, strict=False))
        for number, cue in enumerate(cues)
    ]
    return Draft(cues=given, nothing=nothing)


def fill_all(desk: Desk, annotator: str, heard: str = "the voice trembles") -> None:
    """Every clip done; the others' wording differs in what is heard alone."""
    for index, clip in enumerate(desk.clips[annotator]):
        cues = [("visual", "she smiles broadly", 0.1, 0.5), ("emotional", "happy")]
        if clip.has_sound:
            cues.append(("auditory", heard, None, None))
        seen = desk.view(annotator, index).revision
        desk.save(annotator, index, draft(*cues), seen)
