"""``xemogpt data check``: what is wrong with a corpus."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from xemogpt.emocue.check import Finding

_HELP = """Say what is wrong with a corpus.

Broken records, missing or changed media, leakage between splits, contradicting labels, copies.
Exit code 3 if there is an error, 0 if there are warnings alone.

Example: xemogpt data check corpus --out findings.jsonl
"""
WRONG = 3
"""Exit code."""
MAX_SHOWN = 3


def register(data_app: typer.Typer) -> None:
    """Add the command to ``xemogpt data``."""
    data_app.command("check", help=_HELP)(check)


def check(
    corpus: Annotated[Path, typer.Argument(help="Folder of a corpus, or its records.jsonl.")],
    media: Annotated[bool, typer.Option(help="Look for the clips and compare hashes.")] = True,
    near: Annotated[bool, typer.Option(help="Look for nearly equal clips; reads them all.")] = True,
    out: Annotated[Path | None, typer.Option(help="Write all findings as JSON lines.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check a corpus."""
    import json

    from xemogpt.emocue.check import check_corpus
    from xemogpt.files import atomic_write

    findings = list(check_corpus(corpus, use_media=media, use_near=near))
    if out is not None:
        with atomic_write(out) as file:
            for finding in findings:
                file.write(json.dumps(finding.as_dict(), ensure_ascii=False) + "\n")
    num_errors = sum(finding.level == "error" for finding in findings)
    if as_json:
        found = {
            "errors": num_errors,
            "warnings": len(findings) - num_errors,
            "findings": [finding.as_dict() for finding in findings],
        }
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    else:
        _print(findings)
    if num_errors:
        raise typer.Exit(WRONG)


def _print(findings: "list[Finding]") -> None:
    from collections import defaultdict

    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    if not findings:
        typer.secho("nothing is wrong", fg="green")
        return
    by_code: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_code[finding.code].append(finding)
    table = Table(show_lines=True)
    for title in ("", "code", "number", "such as", "what to do"):
        table.add_column(title, justify="right" if title == "number" else "left")
    for code, found in sorted(by_code.items(), key=lambda item: (item[1][0].level, item[0])):
        examples = "\n".join(f"{one.where}: {one.what}" for one in found[:MAX_SHOWN])
        table.add_row(
            found[0].level, code, str(len(found)), escape(examples), found[0].advice,
            style="red" if found[0].level == "error" else "",
        )  # fmt: skip
    Console(width=120).print(table)
