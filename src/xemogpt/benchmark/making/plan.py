"""Drawing the clips of an expert set: the same number from every scenario, as far as they go."""

import os
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from xemogpt.benchmark.making.folder import LEFT_OUT, PLAN, Plan, PlannedClip, staged_folder
from xemogpt.benchmark.making.tables import read_csv, refuse, write_csv
from xemogpt.errors import DatasetError, MediaError
from xemogpt.files import atomic_write, sha256_of
from xemogpt.media import probe, read_subtitles, sidecar_subtitles

SHORT_S, LONG_S = 5.0, 15.0
"""Derived scenarios: shorter than the first is short, from the second on long."""


MAX_ID = 200
"""Characters of an id, and so of a path below the folder of clips."""


class LeftOut(NamedTuple):
    """A file that cannot be annotated, and why."""

    media: str
    reason: str


def make_plan(
    clips_folder: Path,
    files: Sequence[Path],
    out: Path,
    *,
    num: int = 400,
    seed: int = 0,
    scenarios: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Plan, list[LeftOut]]:
    """Draw ``num`` clips and write ``plan.json`` and ``left_out.csv`` to the new folder ``out``.

    Scenarios come from a CSV table (columns ``name`` and ``scenario``; a name is a clip's id,
    file name or path below the folder). Without one they are derived from what a probe knows for
    certain: which of pictures and sound there are, and how long the clip is. Derived scenarios
    say nothing of difficulty or of what is expressed.

    Args:
        clips_folder: the folder that paths are relative to.
        files: media files in it.
        out: the working folder to make.
        num: clips wanted; with fewer readable ones, all of them are taken.
        seed: of the draw; the same files and seed give the same plan.
        scenarios: the table, if there is one.
        progress: called with files looked at and their number.

    Raises:
        DatasetError: if the table is malformed or names clips that are not there.
        MediaError: if no file can be read.
        OutputError: if ``out`` holds something already.
    """
    with staged_folder(out) as staging:
        named = _ids({file.relative_to(clips_folder).as_posix() for file in files})
        given = _read_scenarios(scenarios, named) if scenarios is not None else None
        found, left_out = _look_at_all(clips_folder, named, given, progress)
        if not found:
            shown = "; ".join(f"{media}: {reason}" for media, reason in left_out[:5])
            raise MediaError(f"no clip of {clips_folder} can be annotated: {shown}")
        plan = Plan(
            clips_folder=Path(os.path.relpath(clips_folder, out)).as_posix(),
            num_asked=num,
            seed=seed,
            strata="probe" if given is None else "csv",
            available=dict(sorted(Counter(clip.scenario for clip in found).items())),
            clips=tuple(draw(found, num, seed)),
        )
        with atomic_write(staging / PLAN) as file:
            file.write(plan.model_dump_json(indent=1) + "\n")
        write_csv(staging / LEFT_OUT, LeftOut._fields, [row._asdict() for row in left_out])
    return plan, left_out


def _look_at_all(
    folder: Path,
    named: Mapping[str, str],
    given: Mapping[str, str] | None,
    progress: Callable[[int, int], None],
) -> tuple[list[PlannedClip], list[LeftOut]]:
    """The clips that can be annotated, each content once, and the others."""
    found: list[PlannedClip] = []
    left_out: list[LeftOut] = []
    first_of: dict[str, str] = {}
    for number, (media, name) in enumerate(sorted(named.items()), start=1):
        clip = _look_at(folder, media, name, given)
        if isinstance(clip, PlannedClip) and clip.media_sha256 in first_of:
            clip = f"same contents as {first_of[clip.media_sha256]}"
        if isinstance(clip, str):
            left_out.append(LeftOut(media.encode("utf-8", "backslashreplace").decode(), clip))
        else:
            first_of[clip.media_sha256] = media
            found.append(clip)
        progress(number, len(named))
    return found, left_out


def draw(clips: Sequence[PlannedClip], num: int, seed: int) -> list[PlannedClip]:
    """``num`` clips, the same number from each scenario; small ones give all they have.

    Each scenario is drawn from a generator of its own, so that clips added to one do not change
    the draw of another of the same share. The result is in order of scenario and id.
    """
    strata: dict[str, list[PlannedClip]] = {}
    for clip in sorted(clips, key=lambda clip: (clip.scenario, clip.id)):
        strata.setdefault(clip.scenario, []).append(clip)
    shares = share_out(num, {name: len(members) for name, members in strata.items()})
    drawn = []
    for name, members in strata.items():
        rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        chosen = rng.permutation(len(members))[: shares[name]]
        drawn += [members[index] for index in sorted(chosen.tolist())]
    return drawn


def share_out(num: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """How many to take of each stratum: equal shares, what one lacks going to the others.

    >>> share_out(10, {"clear": 9, "hard": 2, "temporal": 9})
    {'clear': 4, 'hard': 2, 'temporal': 4}
    """
    shares = dict.fromkeys(sizes, 0)
    remaining = min(num, sum(sizes.values()))
    while remaining:
        open_names = [name for name in sizes if shares[name] < sizes[name]]
        each = max(1, remaining // len(open_names))
        for name in open_names:
            more = min(each, sizes[name] - shares[name], remaining)
            shares[name] += more
            remaining -= more
    return shares


def derived_scenario(has_video: bool, has_sound: bool, duration_s: float) -> str:
    """What a probe can tell apart.

    >>> derived_scenario(True, False, 3.0)
    'pictures-only-short'
    """
    kind = "pictures-and-sound" if has_video and has_sound else (
        "pictures-only" if has_video else "sound-only"
    )  # fmt: skip
    length = "short" if duration_s < SHORT_S else "medium" if duration_s < LONG_S else "long"
    return f"{kind}-{length}"


def _look_at(
    folder: Path, media: str, name: str, given: Mapping[str, str] | None
) -> PlannedClip | str:
    """The clip, or why it is left out."""
    if not _is_utf8(media):
        return "its name is not UTF-8"
    if len(name) > MAX_ID:
        return f"its path is longer than {MAX_ID} characters"
    if given is not None and media not in given:
        return "no scenario is given for it"
    path = folder / media
    try:
        info = probe(path)
        sidecar = sidecar_subtitles(path)
        subtitle = read_subtitles(sidecar).text if sidecar is not None else ""
        sha256 = sha256_of(path)
    except (MediaError, OSError) as error:
        return f"unreadable: {error}"
    if info.duration_s <= 0:
        return "unreadable: it lasts 0 s"
    has_video, has_sound = info.video is not None, info.audio is not None
    return PlannedClip(
        id=name,
        media=media,
        media_sha256=sha256,
        duration_s=round(info.duration_s, 3),
        has_video=has_video,
        has_sound=has_sound,
        scenario=given[media] if given is not None
        else derived_scenario(has_video, has_sound, info.duration_s),
        subtitle=" ".join(subtitle.split()),
    )  # fmt: skip


def _is_utf8(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _ids(paths: set[str]) -> dict[str, str]:
    """Path -> id: the path without its ending, which stays where two would be the same."""
    stems = {path: path.rpartition(".")[0].replace("/", "__") or path for path in paths}
    counts = Counter(stems.values())
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for path in sorted(paths):
        name = stems[path] if counts[stems[path]] == 1 else path.replace("/", "__")
        while name in taken:
            name += "_"
        taken.add(name)
        ids[path] = name
    return ids


def _read_scenarios(table: Path, named: Mapping[str, str]) -> dict[str, str]:
    """Path -> scenario, from a table that may name clips by id, file name or path."""
    rows, problems, _ = read_csv(table, ("name", "scenario"))
    keys: dict[str, set[str]] = {}
    for path, name in named.items():
        for key in (
            path,
            name,
            path.rpartition("/")[2],
            path.rpartition("/")[2].rpartition(".")[0],
        ):
            keys.setdefault(key, set()).add(path)
    scenarios: dict[str, str] = {}
    for place, values in rows:
        name, scenario = values["name"], values["scenario"]
        paths = keys.get(name, set())
        if not name or not scenario:
            problems.append(f"{place}: name and scenario should both be given")
        elif len(paths) != 1:
            what = "is no clip of the folder" if not paths else f"names {len(paths)} clips"
            problems.append(f"{place}, field 'name': {name!r} {what}")
        elif (path := next(iter(paths))) in scenarios:
            problems.append(f"{place}, field 'name': {name!r} was given before")
        else:
            scenarios[path] = scenario
    refuse(problems, "the scenarios")
    if not scenarios:
        raise DatasetError(f"{table} holds no scenarios; expected columns name and scenario")
    return scenarios
