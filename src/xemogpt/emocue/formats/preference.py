"""MER preference: which of two answers people prefer, clip by clip."""

from collections.abc import Iterable, Iterator
from typing import Any

from xemogpt.emocue.formats.base import BadField, Losses
from xemogpt.emocue.formats.rowformat import TableFormat, row_id
from xemogpt.emocue.formats.rows import text_of
from xemogpt.emocue.records import EmoCueRecord, Label

ANSWERS = ("a1", "a2", "same")


class MerPreference(TableFormat):
    """``name,a1,a2[,preference]``. There are no cues in it: all of it becomes labels.

    A clip may be there with several pairs; its record has the labels of each, in order.
    """

    name = "mer-preference"
    needed = ("name", "a1", "a2")
    optional = ("preference",)

    def record(self, row: Any) -> EmoCueRecord:
        """See ``RowFormat``; a list holds the rows of one clip."""
        if isinstance(row, list):
            pairs = [self.record(pair) for pair in row]
            labels = [label for pair in pairs for label in pair.labels]
            return pairs[0].model_copy(update={"labels": tuple(labels)})
        labels = [
            Label(name=key, value=text_of(row, key), source="annotated") for key in ANSWERS[:2]
        ]
        answer = text_of(row, "preference", required=False)
        if answer and answer not in ANSWERS:
            raise BadField("preference", f"expected {', '.join(ANSWERS)}, got {answer!r:.60}")
        if answer:
            labels.append(Label(name="preference", value=answer, source="annotated"))
        return EmoCueRecord(id=row_id(row, "name"), labels=tuple(labels))

    def again(self, known: EmoCueRecord, record: EmoCueRecord, num: int) -> EmoCueRecord | None:
        """Another pair of the same clip."""
        return known.model_copy(update={"labels": known.labels + record.labels})

    def row(self, record: EmoCueRecord) -> list[dict[str, str]] | None:
        """See ``RowFormat``: one row for each pair."""
        return list(_pairs(record)) or None

    def _rows_of(self, records: Iterable[EmoCueRecord], losses: Losses) -> Iterator[dict[str, str]]:
        for rows in super()._rows_of(records, losses):
            yield from rows


def _pairs(record: EmoCueRecord) -> Iterator[dict[str, str]]:
    pair: dict[str, str] = {}
    for label in record.labels:
        if label.name not in ("a1", "a2", "preference"):
            continue
        if label.name == "a1" and pair:
            yield from [pair] if "a2" in pair else []
            pair = {}
        pair = {**pair, "name": record.id, label.name: label.value}
    if "a1" in pair and "a2" in pair:
        yield pair
