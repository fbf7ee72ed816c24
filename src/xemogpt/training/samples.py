"""What is trained on: samples of a corpus (JSONL) or of a ShareGPT file, read and checked."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from xemogpt.errors import DatasetError
from xemogpt.schema import Cue, CueSet, Modality

OnBad = Literal["error", "skip"]
_MEDIA_MARKS = re.compile(r"\s*<(?:video|audio|image)>\s*")
MAX_LISTED = 10


class TrainingSample(BaseModel):
    """The part of a corpus record that training reads; further fields are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1)
    """Name of the sample, unique in its corpus."""
    media: str | None = None
    """Path of the clip, relative to the corpus file."""
    transcript: str | None = None
    """What is said. A record's transcript object is taken by its text."""
    duration_s: float | None = Field(default=None, gt=0)
    """Length of the clip; without it the times of its cues cannot be used."""
    instruction: str | None = None
    """What is asked; the default question if not given."""
    cues: CueSet = CueSet()
    """What is to be seen, heard and felt."""
    explanation: str | None = None
    """What the model is to answer."""
    split: str | None = None
    """``train``, ``validation`` or ``test``."""
    subject: str | None = None
    """Who is in it; splits should not share one."""

    @field_validator("transcript", "explanation", mode="before")
    @classmethod
    def _text_of(cls, value: Any) -> Any:
        return value.get("text") if isinstance(value, dict) else value

    @field_validator("media", mode="before")
    @classmethod
    def _path_of(cls, value: Any) -> Any:
        return value.get("path") if isinstance(value, dict) else value

    def cue_texts(self, *modalities: Modality) -> tuple[str, ...]:
        """The sentences of the cues of some modalities."""
        return tuple(cue.text for cue in self.cues_of(*modalities))

    def cues_of(self, *modalities: Modality) -> tuple[Cue, ...]:
        """The cues of some modalities."""
        return tuple(cue for one in modalities for cue in self.cues.of(one))

    def cue_names(self, *modalities: Modality) -> tuple[str, ...]:
        """What makes cues the same: the kind, or the wording where none is set."""
        return tuple(
            cue.kind or " ".join(cue.text.lower().split()) for cue in self.cues_of(*modalities)
        )


def read_samples(
    path: str | Path, on_bad: OnBad = "error"
) -> tuple[list[TrainingSample], list[str]]:
    """Read a corpus.

    Args:
        path: ``.jsonl`` with one record a line, or ``.json`` with a ShareGPT list.
        on_bad: ``error`` stops at bad records, naming them; ``skip`` leaves them out.

    Returns:
        Samples with absolute media paths, and a sentence for each record that was left out.

    Raises:
        DatasetError: if the file is unreadable or holds nothing, an id occurs twice, or (by
            ``on_bad``) a record is bad; file, line and field are named.
    """
    path = Path(path)
    samples: dict[str, TrainingSample] = {}
    problems: list[str] = []
    for place, raw in _records(path):
        try:
            sample = TrainingSample.model_validate(raw)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or "record"
            problems.append(f"{place}: {field}: {first['msg']}")
            continue
        if sample.id in samples:
            problems.append(f"{place}: id: {sample.id!r} was already used")
            continue
        if sample.media is not None:
            media = (path.parent / sample.media).resolve()
            sample = sample.model_copy(update={"media": str(media)})
        samples[sample.id] = sample
    if problems and on_bad == "error":
        raise DatasetError(
            "\n".join(
                [
                    f"{path} has {len(problems)} bad record(s); mend them, or leave them out with"
                    " --set data.on_bad=skip:",
                    *(f"  {problem}" for problem in problems[:MAX_LISTED]),
                ]
            )
        )
    if not samples:
        raise DatasetError(f"{path} holds no usable sample")
    return list(samples.values()), problems


def of_split(samples: list[TrainingSample], split: str) -> list[TrainingSample]:
    """The samples of one split; those without a split are training samples."""
    return [sample for sample in samples if (sample.split or "train") == split]


def check_subjects(train: list[TrainingSample], validation: list[TrainingSample]) -> None:
    """Refuse splits that share a subject: what is memorised would count as learned.

    Raises:
        DatasetError: naming the subjects.
    """
    shared = {s.subject for s in train if s.subject} & {s.subject for s in validation}
    if shared:
        listed = ", ".join(sorted(str(one) for one in shared)[:MAX_LISTED])
        raise DatasetError(
            f"{len(shared)} subject(s) are in both the training and the validation split"
            f" ({listed}); scores would reward memorising them: split by subject"
        )


def _records(path: Path) -> Iterator[tuple[str, Any]]:
    """Each record with the words that name its place."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"cannot read corpus {path}: {error}") from error
    if path.suffix == ".json":
        try:
            rows = json.loads(text)
        except json.JSONDecodeError as error:
            raise DatasetError(f"{path}:{error.lineno} is not JSON: {error.msg}") from error
        if not isinstance(rows, list):
            raise DatasetError(f"{path} should hold a list of conversations (ShareGPT)")
        for number, row in enumerate(rows):
            yield f"{path}, item {number}", _from_sharegpt(row, number)
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield f"{path}:{number}", json.loads(line)
            except json.JSONDecodeError:
                yield f"{path}:{number}", "no JSON"


def _from_sharegpt(row: Any, number: int) -> Any:
    """A conversation's first question and answer as a record; others come back as they are."""
    if not isinstance(row, dict) or not isinstance(row.get("conversations"), list):
        return row
    said: dict[str, str] = {}
    for turn in row["conversations"]:
        if isinstance(turn, dict) and isinstance(turn.get("value"), str):
            role = {"user": "human", "assistant": "gpt"}.get(
                str(turn.get("from")), turn.get("from")
            )
            said.setdefault(str(role), turn["value"])
    question = _MEDIA_MARKS.sub(" ", said.get("human", "")).strip()
    media = row.get("video") or row.get("audio")
    media = media[0] if isinstance(media, list) and media else media
    return {
        "id": str(row.get("id", f"item-{number}")),
        "media": media,
        "instruction": question or None,
        "explanation": said.get("gpt"),
        "split": row.get("split"),
    }
