"""``xemogpt data export``: a corpus in the format of others."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from xemogpt.emocue.formats.base import Exported

_HELP = """Write a corpus in another format, and say what that format cannot hold.

Paths of media in the files are relative to the corpus folder: give that to a trainer as its media
folder. Formats with a file a clip or a table a track (mer-factory, openface, mer-caption) write a
folder.

Example: xemogpt data export corpus --format llama-factory --out train.json --split train
"""
Split = Literal["train", "validation", "test"]
MAX_SHOWN = 3


def register(data_app: typer.Typer) -> None:
    """Add the command to ``xemogpt data``."""
    data_app.command("export", help=_HELP)(export)


def export(
    corpus: Annotated[Path, typer.Argument(help="Folder of a corpus.")],
    format_name: Annotated[str, typer.Option("--format", help="Name of the format.")],
    out: Annotated[Path, typer.Option(help="File or folder to write.")],
    split: Annotated[Split | None, typer.Option(help="Only records of this split.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Export a corpus."""
    from xemogpt.emocue.formats.importing import export_corpus

    _print(export_corpus(corpus, format_name, out, split), format_name, as_json)


def _print(exported: "Exported", format_name: str, as_json: bool) -> None:
    if as_json:
        import json

        found = {
            "format": format_name,
            "paths": [str(path) for path in exported.paths],
            "lost": exported.lost,
        }
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        return
    shown = ", ".join(str(path) for path in exported.paths[:MAX_SHOWN])
    more = len(exported.paths) - MAX_SHOWN
    typer.echo(shown + (f" and {more} more files" if more > 0 else ""))
    if exported.lost:
        lost = ", ".join(f"{name} ({num})" for name, num in exported.lost.items())
        typer.secho(f"not in {format_name} (field, records): {lost}", fg="yellow", err=True)
