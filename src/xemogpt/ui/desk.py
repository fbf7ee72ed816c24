"""A set on the annotators' desk: its plan, who watches what, and what they have written."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from xemogpt.benchmark.making.agree import agree
from xemogpt.benchmark.making.export import export_task
from xemogpt.benchmark.making.folder import PlannedClip, read_plan
from xemogpt.benchmark.making.sheets import read_assignment
from xemogpt.errors import DatasetError, UnknownNameError
from xemogpt.schema import CueSet, Record
from xemogpt.ui.drafts import Draft, DraftCue, flaws, missing, state
from xemogpt.ui.sheets import take_over, write_sheet
from xemogpt.ui.store import FILE, Store

Suggest = Callable[[Path, str], CueSet]
"""Clip and its subtitle -> measured cues."""


class Task(Record):
    """One clip in an annotator's list."""

    clip: str
    state: Literal["open", "begun", "done"]


class View(Record):
    """All that the page needs to show a clip to an annotator; nothing of any other annotator."""

    index: int
    clip: str
    duration_s: float
    subtitle: str
    modalities: tuple[str, ...]
    has_pictures: bool
    revision: int
    draft: Draft
    flaws: dict[str, str]
    missing: tuple[str, ...]
    state: str


class Suggestion(Record):
    """A measured cue that an annotator may accept, correct or ignore."""

    cues: tuple[DraftCue, ...] = Field(default=(), max_length=1000)


class Desk:
    """One working folder of ``xemogpt bench make``, opened for annotators.

    Args:
        folder: the working folder; it has a plan and sheets.
        suggest: measures a clip; none to offer no suggestions.
        encoder: text encoder that matches cues for agreement.
        only: the annotators who may open it here; all of them by default.

    Raises:
        DatasetError: if there are no plan or sheets yet; the message names the command.
        UnknownNameError: if ``only`` names nobody of the set.
    """

    def __init__(
        self,
        folder: Path,
        suggest: Suggest | None = None,
        *,
        encoder: str = "minilm",
        only: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self.name = folder.resolve().name
        self.plan = read_plan(folder)
        self.clips_folder = (folder / self.plan.clips_folder).resolve()
        assigned = read_assignment(folder)
        self.clips: dict[str, list[PlannedClip]] = {}
        for clip in self.plan.clips:
            for annotator in assigned.get(clip.id, ()):
                self.clips.setdefault(annotator, []).append(clip)
        self.store = Store(folder / FILE)
        self.can_suggest = suggest is not None
        self._suggest = suggest
        self._encoder = encoder
        self._lock = threading.Lock()
        strangers = set(only) - set(self.clips)
        if strangers:
            raise UnknownNameError(
                f"{min(strangers)!r} is no annotator of {self.name}; expected one of"
                f" {', '.join(sorted(self.clips))}"
            )
        self.admitted = sorted(only or self.clips)
        for annotator, clips in self.clips.items():
            take_over(folder, annotator, clips, self.store)

    def tasks(self, annotator: str) -> tuple[list[Task], int]:
        """The annotator's clips in order, and the index of the one looked at last."""
        clips = self._admit(annotator)
        drafts = self.store.drafts(annotator)
        tasks = [Task(clip=clip.id, state=state(drafts.get(clip.id), clip)) for clip in clips]
        place = self.store.place(annotator)
        return tasks, next((i for i, clip in enumerate(clips) if clip.id == place), 0)

    def view(self, annotator: str, index: int) -> View:
        """What the page shows of a clip, as it was saved last."""
        clip = self.clip(annotator, index)
        saved = self.store.load(annotator, clip.id)
        self.store.set_place(annotator, clip.id)
        return View(
            index=index,
            clip=clip.id,
            duration_s=clip.duration_s,
            subtitle=clip.subtitle,
            modalities=clip.modalities,
            has_pictures=clip.has_video,
            revision=saved.revision,
            draft=saved.draft,
            **self._judged(saved.draft, clip),
        )

    def save(self, annotator: str, index: int, draft: Draft, seen: int) -> dict[str, Any]:
        """Save a draft; when this returns it is on disk.

        Raises:
            StaleRevisionError: if another window saved in between.
            OutputError: if the disk is full.
        """
        clip = self.clip(annotator, index)
        revision = self.store.save(annotator, clip.id, draft, seen)
        return {"revision": revision, **self._judged(draft, clip)}

    def clip(self, annotator: str, index: int) -> PlannedClip:
        """The clip at a place in an annotator's list."""
        clips = self._admit(annotator)
        if not 0 <= index < len(clips):
            raise UnknownNameError(f"no clip {index}; {annotator} has {len(clips)}")
        return clips[index]

    def media(self, clip: PlannedClip) -> Path:
        """The file of a clip; it lies in the folder of clips, whatever the plan says.

        Raises:
            DatasetError: if it is gone or elsewhere.
        """
        path = (self.clips_folder / clip.media).resolve()
        if not path.is_relative_to(self.clips_folder) or not path.is_file():
            raise DatasetError(f"{clip.media} is not in the folder of clips of this set")
        return path

    def suggestions(self, annotator: str, index: int) -> Suggestion:
        """Measured cues of a clip, measured once and kept."""
        if self._suggest is None:
            raise DatasetError("suggestions are off for this set")
        clip = self.clip(annotator, index)
        kept = self.store.suggestions(clip.media_sha256)
        if kept is None:
            with self._lock:
                found = self._suggest(self.media(clip), clip.subtitle)
            cues = tuple(
                DraftCue(key=f"s{number}", modality=modality, text=cue.text, start_s=cue.start_s,
                         end_s=cue.end_s, origin="accepted")
                for number, (modality, cue) in enumerate(found.items())
                if modality in clip.modalities
            )  # fmt: skip
            kept = Suggestion(cues=cues).model_dump_json()
            self.store.keep_suggestions(clip.media_sha256, kept)
        return Suggestion.model_validate_json(kept)

    def write_sheets(self, annotators: list[str] | None = None) -> None:
        """Bring the sheets up to date with what was saved."""
        with self._lock:
            for annotator in annotators or self.clips:
                write_sheet(self.folder, annotator, self.clips[annotator], self.store)

    def progress(self) -> dict[str, dict[str, int]]:
        """Annotator -> clips in each state; numbers only, so that nobody is influenced."""
        found = {}
        for annotator, clips in self.clips.items():
            drafts = self.store.drafts(annotator)
            states = [state(drafts.get(clip.id), clip) for clip in clips]
            found[annotator] = {name: states.count(name) for name in ("done", "begun", "open")}
        return found

    def agreement(self) -> dict[str, Any]:
        """Agreement by modality on the clips that all of their annotators have done."""
        self.write_sheets()
        with self._lock:
            report = agree(self.folder, encoder=self._encoder, allow_partial=True)
        return {
            "num_clips": report.num_clips,
            "num_open": report.num_open,
            "modalities": {
                name: {
                    "clips": found.num_clips,
                    "cues": found.num_groups,
                    "shared": found.num_shared,
                    "alpha": found.alpha.model_dump(),
                    "f1": found.f1.model_dump(),
                    "time_iou": found.time_iou,
                }
                for name, found in report.modalities.items()
            },
        }

    def export(self, keep: Literal["all", "none"] | None) -> dict[str, Any]:
        """Write an ``expert`` task beside the sheets, in the first free folder of the name."""
        self.agreement()
        with self._lock:
            number = 1
            while (out := self.folder / (f"expert-{number}" if number > 1 else "expert")).exists():
                number += 1
            exported = export_task(self.folder, out, keep=keep)
        return {
            "folder": out.name,
            "clips": len(exported.records),
            "cues": sum(len(record.cues) for record in exported.records),
            "left_out": exported.left_out,
            "command": f"xemogpt bench run --task expert:{self.name}/{out.name}",
        }

    def _admit(self, annotator: str) -> list[PlannedClip]:
        if annotator not in self.admitted:
            raise UnknownNameError(f"{annotator!r} is no annotator of {self.name} here")
        return self.clips[annotator]

    def _judged(self, draft: Draft, clip: PlannedClip) -> dict[str, Any]:
        return {
            "flaws": flaws(draft, clip),
            "missing": missing(draft, clip),
            "state": state(draft, clip),
        }
