"""``xemogpt explain``: one clip, a folder, a glob, a manifest, or words alone."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from xemogpt.inference import Explainer, Failure, Request
    from xemogpt.schema import Explanation

SAMPLE = "sample"
"""The name that stands for the sample clip brought by ``xemogpt pull samples``."""


def explain(
    media: Annotated[
        list[str] | None,
        typer.Argument(
            help="Clips, folders, globs or manifests (.jsonl); 'sample' is the pulled sample clip."
        ),
    ] = None,
    subtitle: Annotated[
        str | None,
        typer.Option(help="What is said: text, or an srt, vtt or txt file. One clip only."),
    ] = None,
    audio: Annotated[
        Path | None, typer.Option(help="A separate sound file for a silent video. One clip only.")
    ] = None,
    model: Annotated[
        str, typer.Option(help="'nano', or the folder or hub id of a model.")
    ] = "nano",
    device: Annotated[
        str, typer.Option(help="Where the model runs: cpu, cuda, cuda:1, mps.")
    ] = "cpu",
    recognise: Annotated[
        bool,
        typer.Option(
            "--recognise/--no-recognise", help="Recognise speech if no subtitle is given."
        ),
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a clip.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write JSON lines here, or a table if it ends in .parquet; goes on where a killed"
            " run stopped."
        ),
    ] = None,
    engine: Annotated[
        Literal["pool", "ray"] | None,
        typer.Option(help="For a .parquet: processes of this machine, or Ray. [default: pool]"),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="For a .parquet: processes. [default: one a core]")
    ] = None,
    ray_address: Annotated[
        str | None, typer.Option(help="Of a running Ray cluster; without, one is started.")
    ] = None,
    clip_timeout: Annotated[
        float, typer.Option(min=1.0, help="For a .parquet: seconds until a clip is given up.")
    ] = 600.0,
    report: Annotated[
        Path | None, typer.Option(help="Write a self-contained HTML page. One clip only.")
    ] = None,
) -> None:
    """Explain the emotion expressed in clips, with the cues that speak for it.

    Example: xemogpt explain clip.mp4 --subtitle "I am fine." --report clip.html

    Example: xemogpt explain clips/ --workers 2 --out results.parquet
    """
    from xemogpt.cli import explain_batch

    items = explain_batch.find_items([_named(item) for item in media or []])
    if out is not None and out.suffix.lower() == ".parquet":
        if subtitle is not None or audio is not None or report is not None or as_json:
            raise typer.BadParameter(
                "--subtitle, --audio, --report and --json do not go with a .parquet; a manifest"
                " says what is said in each clip"
            )
        explain_batch.run(
            items, out, model, device, recognise, engine or "pool", workers, ray_address,
            clip_timeout,
        )  # fmt: skip
        return
    if engine is not None or workers is not None or ray_address is not None:
        raise typer.BadParameter(
            "--engine, --workers and --ray-address go with --out results.parquet"
        )
    requests = [item.request() for item in items]
    if subtitle is not None or audio is not None:
        requests = [_with_words(requests, subtitle, audio)]
    if not requests:
        raise typer.BadParameter("give a clip, a folder, a glob, or --subtitle for words alone")
    if report is not None and len(requests) > 1:
        raise typer.BadParameter("--report goes with one clip")

    from xemogpt.inference import Explainer

    explainer = Explainer.from_pretrained(model, device=device, use_recognition=recognise)
    if len(requests) == 1 and out is None:
        _explain_one(explainer, requests[0], as_json, report)
    else:
        _explain_many(explainer, requests, as_json, out)


def _named(item: str) -> str:
    """A path as given, or that of the sample clip."""
    return _sample_path() if item == SAMPLE and not Path(item).exists() else item


def _with_words(requests: "list[Request]", subtitle: str | None, audio: Path | None) -> "Request":
    """The one request with what was given for it on the command line."""
    from xemogpt.inference import Request

    if len(requests) > 1:
        raise typer.BadParameter("--subtitle and --audio go with one clip")
    return Request(requests[0].media if requests else None, subtitle, audio)


def _explain_one(
    explainer: "Explainer", request: "Request", as_json: bool, report: Path | None
) -> None:
    if report is None:
        explanation = explainer.explain(
            request.media, subtitle=request.subtitle, audio=request.audio
        )
    else:
        from xemogpt.report import write_report

        examination = explainer.examine(request)
        explanation = examination.explanation
        write_report(examination, report)
        typer.secho(f"report written to {report}", fg="green", err=True)
    if as_json:
        typer.echo(explanation.to_json())
    else:
        print_explanation(explanation)


def _explain_many(
    explainer: "Explainer", requests: "list[Request]", as_json: bool, out: Path | None
) -> None:
    """Go through all clips with a progress bar; failures are told at the end."""
    from rich.console import Console
    from rich.progress import Progress

    from xemogpt.inference import Failure

    failures: list[Failure] = []
    num_resumed = 0
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("explaining", total=len(requests))

        def show(result: "Explanation | Failure") -> None:
            progress.advance(task)
            if isinstance(result, Failure):
                failures.append(result)
            elif as_json:
                typer.echo(result.to_json())
            elif out is None:
                print_explanation(result)

        if out is None:
            for result in explainer.explain_each(requests):
                show(result)
        else:
            from xemogpt.inference.batch import explain_to_file

            num_resumed = explain_to_file(explainer, requests, out, show).num_resumed
    _tell_outcome(len(requests), num_resumed, failures)


def _tell_outcome(num_requests: int, num_resumed: int, failures: "list[Failure]") -> None:
    resumed = f" ({num_resumed} of them by an earlier run)" if num_resumed else ""
    typer.echo(f"{num_requests - len(failures)} of {num_requests} explained{resumed}", err=True)
    for failure in failures:
        typer.secho(f"failed: {failure.request.name}: {failure.error}", fg="red", err=True)
    if failures:
        raise typer.Exit(1)


def print_explanation(explanation: "Explanation") -> None:
    """Show one explanation on the terminal: text, cues with times, warnings."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    console.rule(escape(explanation.media), style="dim")
    console.print(escape(explanation.text))
    table = Table(box=None, pad_edge=False)
    for heading in ("when", "where", "cue", "measured", "sure"):
        table.add_column(heading, style="dim" if heading != "cue" else None)
    for modality, cue in explanation.cues.items():
        table.add_row(
            _span(cue.start_s, cue.end_s),
            modality,
            escape(cue.text) + (f" ({cue.support})" if cue.support else ""),
            "" if cue.value is None else f"{cue.value:g} {cue.unit or ''}",
            "" if cue.confidence is None else f"{cue.confidence:.0%}",
        )
    if len(explanation.cues):
        console.print(table)
    if explanation.emotions:
        ranked = ", ".join(f"{e.label} {e.score:.0%}" for e in explanation.emotions)
        console.print(f"expressed: {escape(ranked)}   (text: {explanation.source})")
    for warning in explanation.warnings:
        console.print(f"warning: {escape(warning)}", style="yellow")


def _span(start_s: float | None, end_s: float | None) -> str:
    if start_s is None:
        return ""
    return f"{start_s:.1f} s" if end_s is None else f"{start_s:.1f}-{end_s:.1f} s"


def _sample_path() -> str:
    from xemogpt.cli.media_files import find_media
    from xemogpt.weights import locate

    return str(find_media([locate("samples")])[0])


def register(app: typer.Typer) -> None:
    """Add the command to the root."""
    app.command()(explain)
