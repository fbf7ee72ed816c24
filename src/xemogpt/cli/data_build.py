"""``xemogpt data build``: a folder of clips becomes a corpus of records with cues."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from xemogpt.emocue.pipeline.summary import BuildSummary, Status
    from xemogpt.emocue.settings import Thresholds

_HELP = """Build a corpus from a folder of clips: measured cues with times, descriptions, an
explanation, quality scores, splits that keep subjects apart.

A build that was stopped or killed goes on where it was, with the same command; clips that failed
are tried again (exit code 3 if some did). Works offline with the annotator "template"; others are
OpenAI-compatible endpoints, whose key is read from OPENAI_API_KEY. Several annotators vote.

Example: xemogpt data build clips --out corpus --labels labels.csv

Example: xemogpt data build clips --out corpus --annotator openai:http://localhost:8000/v1#MODEL
"""
SOME_FAILED = 3
"""Exit code."""
MAX_SHOWN = 3


def register(data_app: typer.Typer) -> None:
    """Add the command to ``xemogpt data``."""
    data_app.command("build", help=_HELP)(build)


def build(
    clips: Annotated[Path, typer.Argument(help="Folder of video and sound files.")],
    out: Annotated[Path, typer.Option(help="Folder of the corpus.")],
    labels: Annotated[
        Path | None, typer.Option(help="What is known of the clips (.csv, .tsv, .jsonl).")
    ] = None,
    annotator: Annotated[
        list[str] | None,
        typer.Option(help="template (offline) or openai:URL#MODEL; may be given several times."),
    ] = None,
    engine: Annotated[
        Literal["pool", "ray"], typer.Option(help="Processes of this machine, or a Ray cluster.")
    ] = "pool",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes of one thread each; one a core by default.")
    ] = None,
    ray_address: Annotated[
        str | None, typer.Option(help="Of a running Ray cluster; else one is started here.")
    ] = None,
    fps: Annotated[float, typer.Option(help="Frames a second that are measured.")] = 15.0,
    recognise: Annotated[
        bool, typer.Option("--recognise/--no-recognise", help="Recognise speech without words.")
    ] = True,
    licence: Annotated[
        str | None, typer.Option(help="Of the media, where the labels do not say.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of wording and of the split.")] = 0,
    thresholds: Annotated[
        list[str] | None,
        typer.Option(
            help="What a clip must reach, as name=value, such as min_face_coverage=0.3; may be"
            " given several times."
        ),
    ] = None,
    media: Annotated[
        Literal["link", "copy"], typer.Option(help="Hard links to the clips, or copies.")
    ] = "link",
    clip_timeout: Annotated[
        float, typer.Option(min=1.0, help="Seconds after which a clip is given up.")
    ] = 600.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Build a corpus."""
    from pydantic import ValidationError

    from xemogpt.emocue.pipeline.build import build_emocue
    from xemogpt.emocue.settings import BuildSettings
    from xemogpt.errors import ConfigError

    try:
        settings = BuildSettings(
            recognise=recognise,
            fps=fps,
            annotators=tuple(annotator or ["template"]),
            seed=seed,
            licence=licence,
            thresholds=_thresholds(thresholds or []),
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{name} is {first['input']!r}: {first['msg']}") from error
    with _progress(f"building {out}") as progress:
        summary = build_emocue(
            clips, out, settings, labels, engine, workers, media, progress,
            clip_timeout_s=clip_timeout, ray_address=ray_address,
        )  # fmt: skip
    if as_json:
        _print_json(out, summary)
    else:
        _print(out, summary)
    for failure in summary.failures[:MAX_SHOWN]:
        typer.secho(f"failed: {failure}", fg="red", err=True)
    if summary.num_failed:
        typer.secho(
            f"{summary.num_failed} failed (see errors.jsonl); the same command tries them again",
            fg="red",
            err=True,
        )
        raise typer.Exit(SOME_FAILED)


def _thresholds(given: list[str]) -> "Thresholds":
    """Read ``name=value`` pairs.

    Raises:
        ConfigError: naming the pair, if a name is not known or a value is no number.
    """
    from pydantic import ValidationError

    from xemogpt.emocue.settings import Thresholds
    from xemogpt.errors import ConfigError

    values: dict[str, str] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or name not in Thresholds.model_fields:
            known = ", ".join(Thresholds.model_fields)
            raise ConfigError(f"--thresholds {pair!r}: expected name=value, with a name of {known}")
        values[name] = value.strip()
    try:
        return Thresholds.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigError(
            f"--thresholds {first['loc'][0]}={first['input']}: {first['msg']}"
        ) from error


@contextmanager
def _progress(title: str) -> Iterator[Callable[["Status"], None]]:
    """A line on standard error, if that is a terminal: how far, how fast, what went wrong."""
    from rich.console import Console

    with Console(stderr=True).status(title) as shown:

        def show(status: "Status") -> None:
            parts = [f"{title}: {status.num_done} of {status.num_clips} clips"]
            if status.clips_per_minute:
                left = (status.num_clips - status.num_done) / status.clips_per_minute
                parts.append(f"{status.clips_per_minute:.0f} a minute, {left:.0f} min left")
            parts += [f"{status.num_dropped} dropped"] if status.num_dropped else []
            parts += [f"{status.num_failed} failed"] if status.num_failed else []
            parts += [f"{status.tokens} tokens"] if status.tokens else []
            shown.update(", ".join(parts))

        yield show


def _print_json(out: Path, summary: "BuildSummary") -> None:
    import json
    from dataclasses import asdict

    found: dict[str, Any] = {"out": str(out), **asdict(summary)}
    for name in ("seconds", "clips_per_minute"):
        found[name] = None if found[name] is None else round(found[name], 1)
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")


def _print(out: Path, summary: "BuildSummary") -> None:
    typer.echo(
        f"{summary.num_records} records in {out}, of {summary.num_clips} clips:"
        f" {summary.num_dropped} below a threshold, {summary.num_duplicates} duplicates,"
        f" {summary.num_failed} failed"
    )
    if summary.num_earlier:
        typer.echo(f"{summary.num_earlier} clips were done by earlier runs")
    if summary.clips_per_minute is not None:
        typer.echo(f"{summary.clips_per_minute:.0f} clips a minute, {summary.seconds:.0f} s in all")
    if summary.tokens_in or summary.tokens_out:
        typer.echo(f"endpoints: {summary.tokens_in} tokens sent, {summary.tokens_out} received")
    for step, num in summary.failures_by_step.items():
        typer.echo(f"failed at {step}: {num}")
    if summary.unknown_labels:
        typer.secho(
            f"labels without a clip: {', '.join(summary.unknown_labels)}", fg="yellow", err=True
        )
