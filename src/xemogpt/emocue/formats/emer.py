"""EMER, versions 1 and 2: explanations by name, in tables."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xemogpt.emocue.formats.base import BadField
from xemogpt.emocue.formats.rowformat import TableFormat, row_id
from xemogpt.emocue.formats.rows import columns, text_of
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.errors import DatasetError
from xemogpt.metrics.labels import parse_openset
from xemogpt.schema import Transcript

CHINESE = "explanation.zh"
"""Key of the Chinese explanation among the descriptions."""
IN_CHINESE = "language: the explanation is in Chinese; there is none in English"
_HAN = re.compile("[\u3400-\u9fff]")


class EmerV2(TableFormat):
    """``name,chinese,english``: the English text is the explanation, the Chinese one stays beside.

    A row in Chinese alone has that as its explanation, with a flag that says so.
    """

    name = "emer-v2"
    needed = ("name", "chinese", "english")

    def detect(self, path: Path) -> bool:
        """See ``Format``: subtitles of MER-Caption+ have the same columns, but say so by name."""
        return super().detect(path) and not path.name.lower().startswith("subtitle")

    def record(self, row: Any) -> EmoCueRecord:
        """See ``RowFormat``."""
        english = text_of(row, "english", required=False)
        chinese = text_of(row, "chinese", required=False)
        if not english and not chinese:
            raise BadField("english", "is empty, and so is 'chinese'")
        return EmoCueRecord(
            id=row_id(row, "name"),
            explanation=english or chinese,
            descriptions={CHINESE: chinese} if english and chinese else {},
            flags=() if english else (IN_CHINESE,),
        )

    def row(self, record: EmoCueRecord) -> dict[str, str] | None:
        """See ``RowFormat``."""
        if not record.explanation:
            return None
        in_chinese = IN_CHINESE in record.flags
        return {
            "name": record.id,
            "chinese": record.explanation if in_chinese else record.descriptions.get(CHINESE, ""),
            "english": "" if in_chinese else record.explanation,
        }


class EmerV1(TableFormat):
    """``names,emotions,subtitles,reasons``."""

    name = "emer-v1"
    needed = ("names", "emotions", "subtitles", "reasons")

    def record(self, row: Any) -> EmoCueRecord:
        """See ``RowFormat``."""
        return EmoCueRecord(
            id=row_id(row, "names"),
            emotions=openset(row, "emotions"),
            transcript=given_words(text_of(row, "subtitles", required=False)),
            explanation=text_of(row, "reasons"),
        )

    def row(self, record: EmoCueRecord) -> dict[str, str] | None:
        """See ``RowFormat``."""
        if not record.explanation:
            return None
        return {
            "names": record.id,
            "emotions": repr(list(record.emotions)),
            "subtitles": record.transcript.text if record.transcript else "",
            "reasons": record.explanation,
        }


class OpenSet(TableFormat):
    """``name,openset``: open-vocabulary emotions as a list written the way Python does."""

    name = "openset"
    needed = ("name", "openset")

    def detect(self, path: Path) -> bool:
        """See ``Format``: the second track of MER-Caption+ looks the same, but says so by name."""
        return super().detect(path) and "reason" not in columns(path) and not is_track(path)

    def record(self, row: Any) -> EmoCueRecord:
        """See ``RowFormat``."""
        return EmoCueRecord(id=row_id(row, "name"), emotions=openset(row, "openset"))

    def row(self, record: EmoCueRecord) -> dict[str, str] | None:
        """See ``RowFormat``."""
        if not record.emotions:
            return None
        return {"name": record.id, "openset": repr(list(record.emotions))}


def is_track(path: Path) -> bool:
    """Whether the name is one of the three files of MER-Caption+."""
    return path.name.lower().startswith(("track2", "track3", "subtitle"))


def openset(row: Mapping[str, Any], field: str) -> tuple[str, ...]:
    """Emotion words of a cell, each once, in order; the text is data and is never run.

    Raises:
        BadField: if it is no list of words.

    >>> openset({"openset": "['excited', 'joyful', 'excited']"}, "openset")
    ('excited', 'joyful')
    """
    text = text_of(row, field)
    try:
        words = parse_openset(text, field)
    except DatasetError as error:
        raise BadField(field, str(error).removeprefix(f"{field}: ")) from error
    return tuple(dict.fromkeys(word.strip() for word in words))


def given_words(text: str) -> Transcript | None:
    """What is said, by an annotator; Chinese is told by its characters, others are not guessed."""
    if not text:
        return None
    return Transcript(text=text, language="zh" if _HAN.search(text) else None, source="given")
