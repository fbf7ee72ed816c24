"""GoEmotions: what people wrote, with one or several of 28 emotions. Words alone, no clips."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from xemogpt.emocue.formats.base import BadField
from xemogpt.emocue.formats.rowformat import RowFormat, row_id
from xemogpt.emocue.formats.rows import Row, lines, text_of
from xemogpt.emocue.records import EmoCueRecord, Label
from xemogpt.files import atomic_write
from xemogpt.schema import Transcript

EMOTIONS = (
    "admiration", "amusement", "anger", "annoyance", "approval", "caring", "confusion",
    "curiosity", "desire", "disappointment", "disapproval", "disgust", "embarrassment",
    "excitement", "fear", "gratitude", "grief", "joy", "love", "nervousness", "optimism", "pride",
    "realization", "relief", "remorse", "sadness", "surprise", "neutral",
)  # fmt: skip
"""By their numbers in the files, from 0."""
_NUMBERS = {name: number for number, name in enumerate(EMOTIONS)}


class GoEmotions(RowFormat):
    """``text <tab> label ids <tab> id``, without a header."""

    name = "goemotions"
    has_media = False

    def detect(self, path: Path) -> bool:
        """See ``Format``."""
        if path.suffix.lower() not in (".tsv", ".txt"):
            return False
        cells = next(lines(path), (0, ""))[1].split("\t")
        return len(cells) == 3 and all(part.strip().isdecimal() for part in cells[1].split(","))

    def rows(self, path: Path) -> Iterator[Row]:
        """See ``RowFormat``. Quotes are part of the text: these files quote nothing."""
        for number, line in lines(path):
            cells = line.split("\t")
            if len(cells) == 3:
                yield number, dict(zip(("text", "labels", "id"), cells, strict=True))
            else:
                yield number, BadField("row", f"{len(cells)} fields, expected text, labels, id")

    def record(self, row: Any) -> EmoCueRecord:
        """See ``RowFormat``."""
        names = [_emotion(part.strip()) for part in row["labels"].split(",")]
        names = list(dict.fromkeys(names))
        return EmoCueRecord(
            id=row_id(row, "id"),
            transcript=Transcript(text=text_of(row, "text"), language="en", source="given"),
            labels=tuple(Label(name="emotion", value=name, source="annotated") for name in names),
            emotions=tuple(names),
        )

    def row(self, record: EmoCueRecord) -> dict[str, str] | None:
        """See ``RowFormat``: emotions outside the 28 have no number."""
        numbers = [_NUMBERS[name] for name in record.emotions if name in _NUMBERS]
        words = record.transcript.text if record.transcript else ""
        if not numbers or not words.strip():
            return None
        # A tab or line end would end the cell.
        text = " ".join(words.replace("\r", "\n").replace("\t", "\n").split("\n"))
        return {"text": text, "labels": ",".join(map(str, numbers)), "id": record.id}

    def write_rows(self, rows: Iterable[Any], out: Path) -> tuple[Path, ...]:
        """See ``RowFormat``."""
        with atomic_write(out) as file:
            for row in rows:
                file.write("\t".join(row.values()) + "\n")
        return (out,)


def _emotion(number: str) -> str:
    if not number.isdecimal() or int(number) >= len(EMOTIONS):
        raise BadField("labels", f"expected numbers from 0 to {len(EMOTIONS) - 1}, got {number!r}")
    return EMOTIONS[int(number)]
