"""One row of the results: what a Parquet file says of a clip."""

from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING, Any

from xemogpt.batch.items import Extras
from xemogpt.schema import Cue, Explanation, Modality

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = 1
"""Of the Parquet file."""


@cache
def schema() -> "pa.Schema":
    """Columns of the results; the names are documented in ``docs/batch.md``."""
    import pyarrow as pa

    emotion = pa.struct([("label", pa.string()), ("score", pa.float64())])
    cue = pa.struct(
        [
            ("modality", pa.string()), ("kind", pa.string()), ("text", pa.string()),
            ("start_s", pa.float64()), ("end_s", pa.float64()), ("value", pa.float64()),
            ("unit", pa.string()), ("confidence", pa.float64()), ("source", pa.string()),
            ("support", pa.string()),
        ]
    )  # fmt: skip
    word = pa.struct(
        [("text", pa.string()), ("start_s", pa.float64()), ("end_s", pa.float64()),
         ("confidence", pa.float64())]
    )  # fmt: skip
    window = pa.struct(
        [("start_s", pa.float64()), ("end_s", pa.float64()), ("text", pa.string()),
         ("emotions", pa.list_(emotion))]
    )  # fmt: skip
    return pa.schema(
        [
            ("id", pa.string()), ("file", pa.string()), ("speaker", pa.string()),
            ("recorded_at", pa.timestamp("us")), ("duration_s", pa.float64()),
            ("emotion", pa.string()), ("emotion_score", pa.float64()),
            ("emotions", pa.list_(emotion)), ("text", pa.string()), ("text_source", pa.string()),
            ("cues", pa.list_(cue)), ("evidence", pa.list_(cue)), ("transcript", pa.string()),
            ("language", pa.string()), ("transcript_source", pa.string()),
            ("words", pa.list_(word)), ("windows", pa.list_(window)),
            ("warnings", pa.list_(pa.string())), ("model", pa.string()),
        ]
    )  # fmt: skip


def row_of(
    id: str, file: str, extras: Extras, explanation: Explanation, duration_s: float
) -> dict[str, Any]:
    """The row of a clip as plain data that JSON can carry. It holds no time that work took."""
    emotions = [each.model_dump() for each in explanation.emotions]
    words = explanation.transcript
    windows = [each.model_dump() for each in explanation.windows] or [
        {"start_s": 0.0, "end_s": duration_s, "text": explanation.text, "emotions": emotions}
    ]
    return {
        "id": id,
        "file": file,
        "speaker": extras.speaker,
        "recorded_at": _utc(extras),
        "duration_s": duration_s,
        "emotion": emotions[0]["label"] if emotions else None,
        "emotion_score": emotions[0]["score"] if emotions else None,
        "emotions": emotions,
        "text": explanation.text,
        "text_source": explanation.source,
        "cues": [_cue(modality, cue) for modality, cue in explanation.cues.items()],
        "evidence": [_cue(_modality_of(cue), cue) for cue in explanation.evidence],
        "transcript": words.text if words else None,
        "language": words.language if words else None,
        "transcript_source": words.source if words else None,
        "words": [each.model_dump() for each in words.words] if words else [],
        "windows": windows,
        "warnings": list(explanation.warnings),
        "model": explanation.provenance.model,
    }


def _cue(modality: Modality, cue: Cue) -> dict[str, Any]:
    return {"modality": modality, **cue.model_dump(exclude={"agreement"})}


def _modality_of(cue: Cue) -> Modality:
    """Of a measured cue, by its kind."""
    from xemogpt.signals.vocabulary import KINDS

    kind = KINDS.get(cue.kind or "")
    return "visual" if kind is None else kind.modality


def _utc(extras: Extras) -> str | None:
    """The time in UTC without a zone; one that came without a zone is taken as it is."""
    when = extras.recorded_at
    if when is None:
        return None
    return (when if when.tzinfo is None else when.astimezone(UTC).replace(tzinfo=None)).isoformat()
