"""What is wrong with a corpus, before somebody trains on it.

Records are read one by one; what is kept of each is a few names and hashes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from xemogpt.emocue.annotators.guidance import VALENCE_OF, family_of
from xemogpt.emocue.check_files import check_manifest, check_parquet, read_lines
from xemogpt.emocue.records import RECORDS, EmoCueRecord
from xemogpt.errors import DatasetError
from xemogpt.files import sha256_of
from xemogpt.metrics.groups import normalise
from xemogpt.schema import MODALITIES
from xemogpt.signals.vocabulary import KINDS

Level = Literal["error", "warning"]
SLACK_S = 0.25
"""A cue may end so far beyond the clip: containers round."""
ADVICE: dict[str, tuple[Level, str]] = {
    "schema": ("error", "mend the line, or leave it out"),
    "duplicate-id": ("error", "give each record an id of its own"),
    "missing-media": ("error", "put the clip there, or remove the record"),
    "changed-media": ("error", "the clip is not the one that was measured; build again"),
    "cue-time": ("error", "times are seconds from the start of the clip"),
    "split-subject": ("error", "split by subject: scores would reward memorising people"),
    "split-media": ("error", "remove one of the two, or put both into one split"),
    "split-near": ("error", "remove one of the two, or put both into one split"),
    "parquet": ("error", "write the tables again from records.jsonl"),
    "manifest": ("error", "the corpus was changed after it was built; build again"),
    "no-media": ("warning", "a record without media can be read, but not looked at"),
    "copy": ("warning", "the same clip twice in one split weighs double"),
    "near-copy": ("warning", "nearly the same clip twice in one split weighs double"),
    "label-contradiction": ("warning", "look at the clip and decide which label holds"),
    "label-differs": ("warning", "one clip, two labels: decide which holds"),
    "label-disagrees": ("warning", "the label and what was measured differ: look at the clip"),
    "no-explanation": ("warning", "nothing can be learned to say from it"),
    "no-cues": ("warning", "nothing can be scored against it"),
    "no-licence": ("warning", "ask the owner before you share or train"),
    "no-subject": ("warning", "without subjects nobody can keep them apart"),
    "no-split": ("warning", "counted as training data by most readers"),
    "unknown-kind": ("warning", "the kind is not in the vocabulary (docs/cues.md)"),
    "low-support": ("warning", "verification dropped many statements: look at the explanation"),
}  # fmt: skip
"""Code of a finding -> how bad it is, and what to do."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    code: str
    where: str
    """Id of the record, or file and line."""
    what: str

    @property
    def level(self) -> Level:
        """``error`` or ``warning``."""
        return ADVICE[self.code][0]

    @property
    def advice(self) -> str:
        """What to do."""
        return ADVICE[self.code][1]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"level": self.level, **asdict(self), "advice": self.advice}


@dataclass
class _Seen:
    """What later records are held against."""

    lines: dict[str, int] = field(default_factory=dict)
    splits: dict[str, str | None] = field(default_factory=dict)
    by_media: dict[str, str] = field(default_factory=dict)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    """Hash of media -> name -> value, of the first record that has it."""
    of_subject: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    """Subject -> split -> a record of it."""
    missing: Counter[str] = field(default_factory=Counter)
    """What records lack -> how many."""
    num: int = 0


def check_corpus(
    corpus: str | Path, *, use_media: bool = True, use_near: bool = True
) -> Iterator[Finding]:
    """Everything that is wrong with a corpus, as it is found.

    Args:
        corpus: folder, or ``records.jsonl`` itself.
        use_media: look for the clips and compare their hashes.
        use_near: look for nearly equal clips by sound and pictures; reads every clip.

    Raises:
        DatasetError: if there is no such corpus, or no record in it.
    """
    path = Path(corpus)
    path = path / RECORDS if path.is_dir() else path
    seen = _Seen()
    for number, record, problem in read_lines(path):
        if record is None:
            yield Finding("schema", f"{path.name}, line {number}", problem)
            continue
        seen.num += 1
        if record.id in seen.lines:
            first = seen.lines[record.id]
            yield Finding("duplicate-id", record.id, f"lines {first} and {number}")
            continue
        seen.lines[record.id] = number
        yield from _check_record(record, path.parent, seen, use_media)
    if not seen.lines and not seen.num:
        raise DatasetError(f"{path} holds no record that can be read")
    yield from _of_subjects(seen)
    for code, what in _WHOLE.items():
        if seen.missing[code]:
            yield Finding(code, path.name, f"{seen.missing[code]} of {seen.num} records {what}")
    for code, what in (*check_parquet(path), *check_manifest(path, seen.num)):
        yield Finding(code, path.parent.name, what)
    if use_media and use_near:
        yield from _near(path, seen)


_WHOLE = {
    "no-media": "have no media",
    "no-explanation": "have no explanation",
    "no-cues": "have no cues",
    "no-licence": "have no licence",
    "no-subject": "have no subject",
    "no-split": "have no split",
}


def _check_record(
    record: EmoCueRecord, folder: Path, seen: _Seen, use_media: bool
) -> Iterator[Finding]:
    lacks = {
        "no-media": record.media is None,
        "no-explanation": not record.explanation,
        "no-cues": not len(record.cues),
        "no-licence": record.licence is None,
        "no-subject": record.subject is None,
        "no-split": record.split is None,
    }
    seen.missing.update(code for code, is_so in lacks.items() if is_so)
    seen.splits[record.id] = record.split
    if record.subject is not None and record.split is not None:
        seen.of_subject[record.subject].setdefault(record.split, record.id)
    yield from _cues(record)
    yield from _labels(record)
    if record.media is not None and use_media:
        yield from _media(record, folder)
    if record.media_sha256 is not None:
        yield from _copies(record, seen)


def _media(record: EmoCueRecord, folder: Path) -> Iterator[Finding]:
    path = record.media_path(folder)
    if not path.is_file():
        yield Finding("missing-media", record.id, str(record.media))
    elif not path.resolve().is_relative_to(folder.resolve()):
        yield Finding("missing-media", record.id, f"{record.media} leads out of the corpus")
    elif record.media_sha256 is not None and sha256_of(path) != record.media_sha256:
        yield Finding("changed-media", record.id, f"{record.media} has another hash")


def _cues(record: EmoCueRecord) -> Iterator[Finding]:
    for modality in MODALITIES:
        for cue in record.cues.of(modality):
            for time_s in (cue.start_s, cue.end_s):
                if time_s is None:
                    continue
                if time_s < 0 or (record.duration_s and time_s > record.duration_s + SLACK_S):
                    yield Finding(
                        "cue-time", record.id,
                        f"{cue.text!r} at {time_s:g} s of {record.duration_s:g} s"
                        if record.duration_s else f"{cue.text!r} at {time_s:g} s",
                    )  # fmt: skip
                    break
            known = cue.kind is None or cue.kind in KINDS or modality == "emotional"
            if not known:
                yield Finding("unknown-kind", record.id, f"{cue.kind!r} ({cue.text!r})")
    for flag in record.flags:
        code, _, what = flag.partition(": ")
        if code in ("label-disagrees", "low-support"):
            yield Finding(code, record.id, what)


def _labels(record: EmoCueRecord) -> Iterator[Finding]:
    """An unpleasant emotion beside a positive sentiment, or two emotions that differ."""
    emotions = [label for label in record.labels if label.name == "emotion"]
    families = {family for label in emotions if (family := family_of(label.value)) is not None}
    if len(families) > 1:
        words = ", ".join(label.value for label in emotions)
        yield Finding("label-contradiction", record.id, f"emotions {words}")
    sentiment = _sign(record.label("sentiment"))
    signs = {VALENCE_OF[family] for family in families if family in VALENCE_OF}
    if sentiment and signs and sentiment not in signs and not record.is_generated:
        yield Finding(
            "label-contradiction", record.id,
            f"emotion {emotions[0].value!r} beside sentiment {record.label('sentiment')!r}",
        )  # fmt: skip


def _sign(value: str | None) -> int:
    if value is None:
        return 0
    word = normalise(value)
    if word in ("positive", "pos"):
        return 1
    if word in ("negative", "neg"):
        return -1
    try:
        number = float(value)
    except ValueError:
        return 0
    return (number > 0) - (number < 0)


def _copies(record: EmoCueRecord, seen: _Seen) -> Iterator[Finding]:
    sha256 = str(record.media_sha256)
    labels = {label.name: label.value for label in record.labels}
    first = seen.by_media.setdefault(sha256, record.id)
    if first == record.id:
        seen.labels[sha256] = labels
        return
    is_apart = seen.splits[first] != record.split
    yield Finding("split-media" if is_apart else "copy", record.id, f"the same clip as {first}")
    others = seen.labels[sha256]
    for name in sorted(labels.keys() & others.keys()):
        if labels[name] != others[name]:
            what = f"{name} {labels[name]!r}, but {others[name]!r} at {first}"
            yield Finding("label-differs", record.id, what)


def _of_subjects(seen: _Seen) -> Iterator[Finding]:
    for subject, splits in sorted(seen.of_subject.items()):
        if len(splits) > 1:
            where = ", ".join(f"{split} ({id_})" for split, id_ in sorted(splits.items()))
            yield Finding("split-subject", subject, f"is in {where}")


def _near(path: Path, seen: _Seen) -> Iterator[Finding]:
    """Nearly equal clips; those that are equal were named before."""
    from xemogpt.emocue.duplicates import find_duplicates

    records = (record for _, record, _ in read_lines(path) if record is not None)
    present = (
        r for r in records if r.media is not None and r.media_path(path.parent).is_file()
        and (r.media_sha256 is None or seen.by_media[r.media_sha256] == r.id)
    )  # fmt: skip
    for id_, kept in sorted(find_duplicates(present, path.parent).items()):
        is_apart = seen.splits[id_] != seen.splits[kept]
        yield Finding("split-near" if is_apart else "near-copy", id_, f"nearly the same as {kept}")
