"""A task of exact truth without media, and runs on it that are made to be right or wrong."""

from pathlib import Path

from xemogpt.benchmark.runlog import Answer, RunFailure, RunLog
from xemogpt.benchmark.tasks import Task
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.schema import Cue, CueSet, Transcript

NUM = 24
SEEN = (("smile", "smiles"), ("brow-lower", "lowers the eyebrows"), ("head-bow", "bows the head"))
HEARD = (("pause", "pauses"), ("monotone", "speaks in a monotone"))
EMOTIONS = ("happy", "angry", "sad")


def make_task(num: int = NUM) -> Task:
    return Task("exact", Path("exact"), tuple(_record(number) for number in range(num)))


def _record(number: int) -> EmoCueRecord:
    kind, text = SEEN[number % 3]
    sound, heard = HEARD[number % 2]
    emotion = EMOTIONS[number % 3]
    seen = Cue(text=text, kind=kind, start_s=1.0, end_s=2.0, source="asked")
    cues = CueSet([seen], [Cue(text=heard, kind=sound)], [f"expresses {emotion}"])
    return EmoCueRecord(
        id=f"r{number:02d}",
        media=f"{number}.mp4",
        transcript=Transcript(text=f"It is number {number} today.", source="given"),
        cues=cues,
        asked=cues,
        measured=CueSet([Cue(text="blinks", kind="blink")]),
        emotions=(emotion,),
        is_exact=True,
        scenario="clear" if number < num_clear() else "temporal",
        tags=("dark",) if number % 2 else (),
    )


def num_clear() -> int:
    return NUM // 2


def right(record: EmoCueRecord, *, visual: bool = True, auditory: bool = True) -> Answer:
    """What is true of a record, or one modality of it."""
    seen = [cue.model_copy(update={"source": None}) for cue in record.cues.visual]
    cues = CueSet(seen if visual else (), record.cues.auditory if auditory else (),
                  record.cues.emotional)  # fmt: skip
    return Answer(id=record.id, text="", cues=cues, emotions=record.emotions)


def make_run(
    task: Task,
    answers: list[Answer],
    model: str = "right",
    condition: str = "full",
    failures: tuple[RunFailure, ...] = (),
    swapped: dict[str, str] | None = None,
) -> RunLog:
    return RunLog(
        task=task.name,
        task_sha256=task.sha256,
        model=model,
        condition=condition,
        started_at="2026-11-23T00:00:00Z",
        seconds=1.0,
        answers_sha256="0" * 64,
        answers=tuple(answers),
        failures=failures,
        swapped=swapped or {},
    )
