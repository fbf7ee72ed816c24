"""``xemogpt bench report``: runs of one task as a page, tables and JSON."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from xemogpt.benchmark.report import BenchReport

_HELP = """Report one or more runs of the same task: page, Markdown, JSON and CSV.

Each RUN is a folder made by bench run, or one that holds a run for each condition. Scores stand
beside the perfect prediction and answers that cheat; runs of one model under several conditions
give the evidence tests.

Example: xemogpt bench report runs/nano runs/other --task expert:my-set --out report
"""


def register(bench_app: typer.Typer) -> None:
    """Add the command to ``xemogpt bench``."""
    bench_app.command("report", help=_HELP)(report)


def report(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs.", metavar="RUN...")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    task: Annotated[
        str | None, typer.Option(help="The task that was run; needed for folders and expert:DIR.")
    ] = None,
    encoder: Annotated[str, typer.Option(help="Text encoder of EmoCue-360.")] = "minilm",
    reference: Annotated[
        bool, typer.Option("--reference/--no-reference", help="Score as published, too.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of bootstrap and baselines.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print report.json.")] = False,
) -> None:
    """Report runs of one task."""
    import json

    from rich.console import Console

    from xemogpt.benchmark.page import write_report
    from xemogpt.benchmark.report import build_report, read_runs, task_name
    from xemogpt.benchmark.tasks import load_task

    logs = read_runs(runs)
    loaded = load_task(task_name(logs, task))
    with Console(stderr=True).status("scoring"):
        made = build_report(logs, loaded, encoder=encoder, use_reference=reference, seed=seed)
        paths = write_report(made, out)
    if as_json:
        sys.stdout.write(json.dumps(made.to_dict(), ensure_ascii=False) + "\n")
    else:
        _print(made)
        typer.echo(f"page: {next(path for path in paths if path.suffix == '.html')}")


def _print(report: "BenchReport") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from xemogpt.benchmark.cells import shown
    from xemogpt.benchmark.tables import f1_of
    from xemogpt.metrics.results import COLUMNS

    table = Table(title="F1 by modality; emotion recall; hallucinated cues", title_justify="left")
    for name in ("", *COLUMNS, "emotion", "hallucinated"):
        table.add_column(name, justify="right" if name else "left")
    for score in report.systems.values():
        found = score.contradictions
        table.add_row(
            escape(score.name),
            *(_brief(f1_of(score, column).value) for column in COLUMNS[:-1]),
            shown(f1_of(score, "overall")),
            _brief(score.emotion["recall"].value),
            _brief(found.rate.value if found else None),
            style="dim" if score.role != "run" else None,
        )
    console = Console(width=110)
    console.print(table)
    for test in report.evidence:
        said = f"{test.model}, {test.condition}: {shown(test.excess)} left, {test.verdict}"
        console.print(escape(said))
    for note in report.notes:
        typer.secho(f"note: {note}", fg="yellow", err=True)


def _brief(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
