"""An annotator of your own: what describes the clips of a corpus and explains them.

    PYTHONPATH=examples xemogpt data build clips --out corpus --annotator new_annotator:Telegraph

This one writes telegrams from what was measured. Yours may ask a model: ``shown.media`` is the
clip, ``shown.record`` what is known of it. Annotators work in processes of their own, so they are
named by module and class, and built there without arguments.
"""

from xemogpt.emocue.annotators.base import Described, Description, Fusion, Shown
from xemogpt.emocue.records import Step
from xemogpt.schema import CueSet


class Telegraph:
    """States each measured cue in as few words as there are."""

    name = "telegraph"

    def describe(self, shown: Shown, modality: Described) -> Description:
        """One modality: its cues, a stop after each."""
        measured = shown.record.measured or CueSet()
        cues = measured.of(modality)
        stated = CueSet(visual=cues) if modality == "visual" else CueSet(auditory=cues)
        return Description(text=_telegram(cue.text for cue in cues), cues=stated)

    def fuse(self, shown: Shown) -> Fusion:
        """All modalities, and the emotion that was measured or labelled."""
        measured = shown.record.measured or CueSet()
        emotions = tuple(dict.fromkeys(cue.kind for cue in measured.emotional if cue.kind))
        said = [*(cue.text for cue in (*measured.visual, *measured.auditory))]
        text = _telegram([*said, f"expressed emotion {emotions[0] if emotions else 'not clear'}"])
        return Fusion(text=text, cues=measured, emotions=emotions)

    def provenance(self, task: str) -> Step:
        """What a record says of where its words came from."""
        return Step(tool=f"telegraph-{task}", version="1")


def _telegram(statements: object) -> str:
    return " ".join(f"{str(statement).capitalize()}." for statement in statements)  # type: ignore[attr-defined]
