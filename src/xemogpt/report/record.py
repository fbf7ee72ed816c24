"""A record of a corpus as a page: what was measured, what is said of it, where it comes from."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from xemogpt.emocue.records import EmoCueRecord
from xemogpt.inference import Examination, Explainer, Request
from xemogpt.report.page import render_report
from xemogpt.schema import CueSet
from xemogpt.signals.phrasing import when


def render_record(
    record: EmoCueRecord, folder: str | Path, explainer: Explainer | None = None
) -> str:
    """The page as a string: HTML that needs no other file and no network.

    The clip is measured again, for its curves; cues and words are those of the record.

    Args:
        record: of the corpus.
        folder: of the corpus.
        explainer: whose detectors are used; a new one by default.

    Raises:
        MediaError: if the clip is not there or cannot be read.
        ConfigError: if the record has neither clip nor words.
    """
    from jinja2 import Environment, PackageLoader

    explainer = explainer or Explainer(use_recognition=False)
    media = None if record.media is None else record.media_path(Path(folder))
    words = record.transcript.text if record.transcript else None
    examination = explainer.examine(Request(media, words))
    page = render_report(_as_recorded(examination, record))
    environment = Environment(loader=PackageLoader("xemogpt"), autoescape=True, trim_blocks=True)
    facts = environment.get_template("record.html.j2").render(
        record=record, cue_rows=_cue_rows(record), when=when
    )
    # All text of the page is escaped, so its own mark comes first and once.
    return page.replace("<footer>", f"{facts}<footer>", 1)


def _as_recorded(examination: Examination, record: EmoCueRecord) -> Examination:
    """The examination with the record's words and cues in place of new ones."""
    measured = record.measured or CueSet()
    is_model = any(step.model and "fuse" in step.tool for step in record.steps)
    explanation = examination.explanation.model_copy(
        update={
            "media": record.id,
            "text": record.explanation or "There is no explanation.",
            "source": "model" if is_model else "measured",
            "emotions": (),
            "cues": record.cues,
            "evidence": tuple(cue for _, cue in measured.items()),
            "transcript": record.transcript,
        }
    )
    return replace(examination, explanation=explanation)


def _cue_rows(record: EmoCueRecord) -> list[dict[str, Any]]:
    """Every cue with the sets it is in: reference, asked, measured."""
    sets = {"reference": record.cues, "asked": record.asked, "measured": record.measured}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for name, cues in sets.items():
        for modality, cue in cues.items() if cues is not None else ():
            key = modality, cue.kind or cue.text
            row = rows.setdefault(
                key, {"modality": modality, "kind": cue.kind or "", "text": cue.text, "in": {}}
            )
            row["in"].setdefault(name, []).append(cue)
    return list(rows.values())
