"""``xemogpt data show``: one record of a corpus as a page."""

import sys
from pathlib import Path
from typing import Annotated

import typer

_HELP = """Show a record: its clip, frames, curves, cues by source, words, quality and provenance.

The page is one file that works without network.

Example: xemogpt data show talks/anna-3 --corpus corpus --out record.html
"""
MAX_LISTED = 5


def register(data_app: typer.Typer) -> None:
    """Add the command to ``xemogpt data``."""
    data_app.command("show", help=_HELP)(show)


def show(
    record_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the record.")],
    corpus: Annotated[Path, typer.Option(help="Folder of the corpus.")] = Path(),
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("record.html"),
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write the page of a record."""
    from xemogpt.emocue.records import read_records
    from xemogpt.errors import DatasetError
    from xemogpt.files import atomic_write
    from xemogpt.report.record import render_record

    records = {record.id: record for record in read_records(corpus)}
    if record_id not in records:
        import difflib

        close = difflib.get_close_matches(record_id, records, MAX_LISTED, 0.4)
        first = close or list(records)[:MAX_LISTED]
        raise DatasetError(
            f"no record {record_id!r} in {corpus} ({len(records)} records); there are, for"
            f" example: {', '.join(first)}"
        )
    folder = corpus if corpus.is_dir() else corpus.parent
    page = render_record(records[record_id], folder)
    with atomic_write(out) as file:
        file.write(page.encode("utf-8", "replace").decode("utf-8"))
    typer.echo(f"wrote {out}")
    if open_it and sys.stdout.isatty():
        typer.launch(out.resolve().as_uri())
