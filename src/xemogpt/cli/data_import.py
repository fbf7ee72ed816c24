"""``xemogpt data import``: annotations of others as a corpus."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from xemogpt.emocue.formats.importing import ImportSummary

_HELP = """Turn annotation files into a corpus folder.

Reads EMER, MER-Caption+, MER preference, MERR, MER-Factory, open-vocabulary labels, ShareGPT (also
LLaMA-Factory and ms-swift), EmoCue cues, GoEmotions and OpenFace; see docs/emocue.md. The format is
found out by columns and keys. Rows that cannot be read are all named, and nothing is written;
with --skip-bad they are left out and listed in errors.jsonl.

Example: xemogpt data import track2.csv track3.csv subtitle_chieng.csv --media clips --out corpus
"""
Split = Literal["train", "validation", "test"]


def register(data_app: typer.Typer) -> None:
    """Add the command to ``xemogpt data``."""
    data_app.command("import", help=_HELP)(import_)


def import_(
    files: Annotated[list[Path], typer.Argument(help="Annotation files of one format.")],
    out: Annotated[Path, typer.Option(help="Folder of the corpus; there must be none yet.")],
    format_name: Annotated[
        str | None, typer.Option("--format", help="Name of the format, if it is not recognised.")
    ] = None,
    media: Annotated[
        Path | None, typer.Option(help="Folder with the clips; they are linked or copied.")
    ] = None,
    split: Annotated[Split | None, typer.Option(help="Split of all records.")] = None,
    licence: Annotated[str | None, typer.Option(help="Licence of all records.")] = None,
    extract_cues: Annotated[
        bool, typer.Option("--extract-cues", help="Find cues in explanations, by rules.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave bad rows out; list them in errors.jsonl.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Import annotations."""
    from xemogpt.emocue.formats.importing import ImportOptions, import_corpus

    options = ImportOptions(media, split, licence, extract_cues, skip_bad)
    _print(import_corpus(files, out, format_name, options), as_json)


def _print(summary: "ImportSummary", as_json: bool) -> None:
    if as_json:
        import json

        errors = summary.errors_path
        found = {
            "format": summary.format,
            "records": str(summary.records_path),
            "num_records": summary.num_records,
            "num_problems": summary.num_problems,
            "errors": None if errors is None else str(errors),
            "notes": list(summary.notes),
        }
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        return
    typer.echo(f"{summary.num_records} records ({summary.format}) in {summary.records_path}")
    for note in summary.notes:
        typer.secho(note, fg="yellow", err=True)
    if summary.num_problems:
        left_out = f"{summary.num_problems} rows left out, listed in {summary.errors_path}"
        typer.secho(left_out, fg="yellow", err=True)
