"""A benchmark task of your own: clips and what a good explanation of each names.

    python examples/new_task.py CLIP.mp4 task
    xemogpt bench run --task task --model nano --out run
    xemogpt bench report run --task task --out report

A task is a folder of records with the media beside them, so this only writes one.
"""

import shutil
import sys
from pathlib import Path

from xemogpt.emocue.records import RECORDS, EmoCueRecord, write_records
from xemogpt.schema import Cue, CueSet, Transcript


def make_task(clip: Path, folder: Path) -> None:
    """One clip with its reference cues; a real task has hundreds, by several annotators."""
    (folder / "media").mkdir(parents=True, exist_ok=True)
    shutil.copy(clip, folder / "media" / clip.name)
    record = EmoCueRecord(
        id=clip.stem,
        media=f"media/{clip.name}",
        transcript=Transcript(text="It is what it is.", language="en", source="given"),
        cues=CueSet(
            visual=[Cue(text="looks away", start_s=0.5, end_s=1.5)],
            auditory=[Cue(text="speaks slowly")],
            emotional=[Cue(text="expresses resignation")],
        ),
        emotions=("resigned",),
        scenario="interview",
        split="test",
    )
    write_records(folder, [record])
    print(f"wrote {folder / RECORDS}")


if __name__ == "__main__":
    make_task(Path(sys.argv[1]), Path(sys.argv[2]))
