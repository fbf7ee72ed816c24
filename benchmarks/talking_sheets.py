"""Sheets of frames to review measured visual cues by eye: a row for each cue.

    python benchmarks/talking_sheets.py --out sheets [--num 32] [--seed 0]

Measures the clips, draws cues (the kinds in turn, so that rare ones are seen too), and writes
pictures with a row of frames for each: before the cue, five moments within it, after it. Prints
the table to be filled in. Needs the nano weights and the folder of real media (`--data`).
"""

import argparse
import random
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

from xemogpt.emocue.annotators.base import Annotator
from xemogpt.emocue.records import EmoCueRecord
from xemogpt.emocue.settings import BuildSettings
from xemogpt.emocue.steps.base import Tools
from xemogpt.media import iter_frames
from xemogpt.schema import Cue

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
ROWS, SIDE = 6, 260
AROUND_S = 0.4
"""So long before and after a cue the outer frames are taken."""
SAME = ("face_noface", "noface_face")
"""Show what ``single_face`` shows."""
Drawn = tuple[Path, Cue]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--num", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    drawn = draw(args.data / "clips", args.num, args.seed)
    for first in range(0, len(drawn), ROWS):
        rows = [row(path, cue) for path, cue in drawn[first : first + ROWS]]
        name = args.out / f"sheet{first // ROWS + 1}.png"
        cv2.imwrite(str(name), np.vstack(rows)[:, :, ::-1])
    print(
        "| # | Clip | Cue | From-to (s) | Value | Confidence | Seen |\n"
        "|---|---|---|---|---|---|---|"
    )
    for number, (path, cue) in enumerate(drawn, start=1):
        print(
            f"| {number} | {path.stem} | {cue.text} (`{cue.kind}`) | {cue.start_s:.2f}-"
            f"{cue.end_s:.2f} | {cue.value:g} {cue.unit} | {cue.confidence:.2f} | |"
        )


def draw(folder: Path, num: int, seed: int) -> list[Drawn]:
    """Cues of all clips, the kinds in turn, seeded."""
    rng = random.Random(seed)
    tools = Tools(folder, BuildSettings(recognise=False), no_annotators)
    by_kind: dict[str, list[Drawn]] = defaultdict(list)
    for path in sorted(folder.glob("*.m*")):
        if path.stem.endswith(SAME):
            continue
        record = EmoCueRecord(id=path.stem, media=path.name)
        for cue in tools.measurement(record).cues.visual:
            by_kind[cue.kind or ""].append((path, cue))
    drawn: list[Drawn] = []
    waiting = [rng.sample(cues, len(cues)) for _, cues in sorted(by_kind.items())]
    while len(drawn) < num and any(waiting):
        for cues in waiting:
            if cues and len(drawn) < num:
                drawn.append(cues.pop())
    return sorted(drawn, key=lambda each: (each[0].name, each[1].start_s or 0.0))


def no_annotators(settings: BuildSettings) -> tuple[Annotator, ...]:
    """Nothing is written here."""
    return ()


def row(path: Path, cue: Cue) -> np.ndarray:
    """Frames before, within and after a cue, each with its time; what it is called above them."""
    start_s, end_s = cue.start_s or 0.0, cue.end_s or 0.0
    times = [start_s - AROUND_S, *np.linspace(start_s, end_s, 7)[1:-1], end_s + AROUND_S]
    frames = list(iter_frames(path, None, 640, max(0.0, times[0] - 0.3), times[-1] + 0.3))
    tiles = []
    for place, time_s in enumerate(times):
        frame = min(frames, key=lambda each: abs(each.time_s - time_s))
        tile = cv2.resize(square(frame.image), (SIDE, SIDE))
        # Green for frames within the cue.
        colour = (0, 230, 0) if 0 < place < len(times) - 1 else (230, 230, 0)
        cv2.putText(tile, f"{frame.time_s:.2f}", (5, 20), 0, 0.6, colour, 2)
        tiles.append(tile)
    head = np.zeros((26, SIDE * len(tiles), 3), np.uint8)
    text = (
        f"{path.stem}: {cue.text} [{cue.kind}] {start_s:.2f}-{end_s:.2f} s, {cue.value} {cue.unit}"
    )
    cv2.putText(head, text, (5, 19), 0, 0.6, (255, 255, 255), 1)
    return np.vstack([head, np.hstack(tiles)])


def square(image: np.ndarray) -> np.ndarray:
    """The middle of a frame: that is where the faces of these clips are."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return np.ascontiguousarray(image[top : top + side, left : left + side])


if __name__ == "__main__":
    main()
