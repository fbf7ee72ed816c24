"""The ``xemogpt`` command: wiring only. Each command imports what it needs when it runs."""

import sys
from typing import Annotated, NoReturn

import typer

from xemogpt.cli import (
    bench,
    convert,
    cues,
    data,
    explain,
    names,
    score,
    serve,
    stats,
    train,
    ui,
    weights,
)
from xemogpt.errors import XEmoGPTError

app = typer.Typer(
    name="xemogpt",
    help="Explain expressed emotion in video, sound and words, down to the cue and its time.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool) -> None:
    if value:
        from xemogpt import __version__

        typer.echo(f"xemogpt {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Explain expressed emotion in video, sound and words, down to the cue and its time."""


explain.register(app)
convert.register(app)
weights.register(app)
names.register(app)
score.register(app)
stats.register(app)
cues.register(app)
bench.register(app)
data.register(app)
train.register(app)
ui.register(app)
serve.register(app)


def main() -> NoReturn:
    """Run the command line; a user's error becomes one line and exit code 1."""
    try:
        app()
    except XEmoGPTError as error:
        if "--debug" in sys.argv:
            raise
        typer.secho(f"error: {error}", fg="red", err=True)
        sys.exit(1)
    sys.exit(0)
