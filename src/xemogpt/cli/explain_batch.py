"""``xemogpt explain --out results.parquet``: thousands of clips, with how far and how fast."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

if TYPE_CHECKING:
    from xemogpt.batch.items import Item
    from xemogpt.emocue.pipeline.summary import Status

SOME_FAILED = 1
"""Exit code when some clips could not be explained."""
_LINE_EVERY_S = 30.0


def find_items(media: Sequence[str]) -> "list[Item]":
    """Clips in the order named: manifests line by line, folders and globs sorted.

    Raises:
        MediaError: if a folder or glob holds no media.
        DatasetError: if a manifest is malformed.
    """
    from xemogpt.batch.items import items_of, read_manifest
    from xemogpt.cli.media_files import find_media

    items: dict[str, Item] = {}
    for given in media:
        is_manifest = given.lower().endswith(".jsonl")
        found = read_manifest(given) if is_manifest else items_of(find_media([given]))
        for item in found:
            items.setdefault(item.id, item)
    return list(items.values())


def run(
    items: "list[Item]",
    out: Path,
    model: str,
    device: str,
    recognise: bool,
    engine: Literal["pool", "ray"],
    workers: int | None,
    ray_address: str | None,
    clip_timeout_s: float,
) -> None:
    """Explain ``items`` into ``out`` and tell what came of it; exit code 1 if some failed."""
    from xemogpt.batch.results import failures_path
    from xemogpt.batch.run import explain_to_parquet
    from xemogpt.batch.work import ExplainWork

    with _progress() as progress:
        summary = explain_to_parquet(
            items, out, ExplainWork(model, device, recognise), engine, workers, progress,
            clip_timeout_s=clip_timeout_s, ray_address=ray_address,
        )  # fmt: skip
    earlier = f" ({summary.num_earlier} by earlier runs)" if summary.num_earlier else ""
    rate = summary.clips_per_minute
    speed = "" if rate is None else f", {rate:.0f} clips a minute"
    typer.echo(
        f"{summary.num_explained} of {summary.num_clips} explained{earlier} into {out}{speed}",
        err=True,
    )
    for failure in summary.failures:
        typer.secho(f"failed: {failure}", fg="red", err=True)
    if summary.num_failed:
        typer.secho(
            f"{summary.num_failed} failed (see {failures_path(out)}); the same command tries them"
            " again",
            fg="red",
            err=True,
        )
        raise typer.Exit(SOME_FAILED)


@contextmanager
def _progress() -> Iterator[Callable[["Status"], None]]:
    """A line on standard error that changes; in a log, one every half minute."""
    from rich.console import Console

    console = Console(stderr=True)
    told_at = time.monotonic()
    with console.status("explaining") as shown:

        def show(status: "Status") -> None:
            nonlocal told_at
            line = _line(status)
            shown.update(line)
            if not console.is_terminal and time.monotonic() - told_at > _LINE_EVERY_S:
                told_at = time.monotonic()
                sys.stderr.write(line + "\n")
                sys.stderr.flush()

        yield show


def _line(status: "Status") -> str:
    parts = [f"{status.num_done} of {status.num_clips} clips"]
    if status.clips_per_minute:
        left = (status.num_clips - status.num_done) / status.clips_per_minute
        parts.append(f"{status.clips_per_minute:.0f} a minute, {left:.0f} min left")
    parts += [f"{status.num_failed} failed"] if status.num_failed else []
    return ", ".join(parts)
