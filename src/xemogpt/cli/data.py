"""``xemogpt data``: corpora, and what is wrong with them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xemogpt.cli import (
    data_build,
    data_check,
    data_controlled,
    data_export,
    data_import,
    data_show,
)

if TYPE_CHECKING:
    from xemogpt.emocue.controlled.audit import Audit

data_app = typer.Typer(help="Corpora of clips with cues.", no_args_is_help=True)
_AUDIT_HELP = """Look for shortcuts in a generated corpus.

Small models that see one part of a clip are trained on TRAIN_DIR and tested on TEST_DIR. They
should do no better than chance; two controls, which may know, should. Exit code 3 if one leaks.

Example: xemogpt data audit corpus/train corpus/test
"""
LEAKS = 3
"""Exit code."""


def register(app: typer.Typer) -> None:
    """Add the group to ``xemogpt``."""
    data_app.command("audit", help=_AUDIT_HELP)(audit)
    for command in (
        data_controlled, data_build, data_check, data_show, data_import, data_export,
    ):  # fmt: skip
        command.register(data_app)
    app.add_typer(data_app, name="data")


def audit(
    train_dir: Annotated[Path, typer.Argument(help="Corpus to learn from.")],
    test_dir: Annotated[Path, typer.Argument(help="Held-out corpus.")],
    seed: Annotated[int, typer.Option(min=0, help="Of the intervals.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Shortcut audit."""
    from xemogpt.cli.progress_bar import progress_bar
    from xemogpt.emocue.controlled.audit import audit as run_audit

    with progress_bar("looking and listening") as progress:
        found = run_audit(train_dir, test_dir, progress, seed)
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
    else:
        _print(found)
    leaks = [probe.name for probe in found.probes if probe.leaks]
    if leaks:
        typer.secho(f"shortcuts: {', '.join(leaks)}", fg="red", err=True)
        raise typer.Exit(LEAKS)


def _print(found: "Audit") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="What one part of a clip tells (accuracy, 95 % intervals over clips)")
    for title in ("shown", "asked", "train", "test", "accuracy", "chance", ""):
        table.add_column(title, justify="left" if title in ("shown", "asked", "") else "right")
    for probe in found.probes:
        verdict = "leaks" if probe.leaks else ("may know" if probe.is_control else "ok")
        table.add_row(
            probe.name,
            probe.target,
            str(probe.num_train),
            str(probe.num_test),
            f"{probe.accuracy:.2f} [{probe.low:.2f}, {probe.high:.2f}]",
            f"{probe.chance:.2f}",
            verdict,
        )
    Console(width=110).print(table)
    for line in found.skipped:
        typer.secho(f"not judged: {line}", fg="yellow", err=True)
