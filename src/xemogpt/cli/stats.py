"""``xemogpt stats``: what the results of a batch say together."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from xemogpt.batch.counts import Stats

MAX_SHOWN = 12
"""Groups and cues on the terminal."""
_HELP = """Count emotions and cues in the results of `xemogpt explain --out results.parquet`.

Shares stand beside 95 % intervals. With --out, charts as one HTML page.

Example: xemogpt stats results.parquet --by speaker --out stats.html
"""


def register(app: typer.Typer) -> None:
    """Add the command to ``xemogpt``."""
    app.command("stats", help=_HELP)(stats)


def stats(
    results: Annotated[Path, typer.Argument(help="What `xemogpt explain --out` wrote.")],
    by: Annotated[
        Literal["file", "folder", "speaker", "language", "emotion", "day", "month"] | None,
        typer.Option(help="Count each group for itself."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write charts as an HTML page.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Count what a batch found."""
    from xemogpt.batch.stats import compute_stats

    found = compute_stats(results, by)
    if out is not None:
        from xemogpt.batch.stats_page import write_stats_page

        write_stats_page(found, out)
        typer.secho(f"charts written to {out}", fg="green", err=True)
    if as_json:
        import json

        text = json.dumps(found.to_dict(), ensure_ascii=False, allow_nan=False)
        sys.stdout.write(text + "\n")
    else:
        _print(found)


def _print(found: "Stats") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from xemogpt.batch.charts import top_cues
    from xemogpt.batch.counts import strongest

    console = Console()
    table = Table(title=f"{found.num_clips} clips, {found.seconds / 60:.1f} min; 95 % intervals")
    for heading in (found.by or "", "clips", "expressed emotion", "cues"):
        table.add_column(heading, justify="right" if heading == "clips" else "left")
    for group in found.groups[:MAX_SHOWN]:
        emotions = strongest(found.emotions, group)
        table.add_row(
            escape(group),
            str(emotions[0].of_clips),
            "\n".join(
                f"{escape(e.emotion)} {e.share:.0%} [{e.low:.0%}, {e.high:.0%}]"
                for e in emotions[:3]
            ),
            ", ".join(f"{escape(cue.kind)} {cue.share:.0%}" for cue in top_cues(found.cues, group)),
        )
    console.print(table)
    if len(found.groups) > MAX_SHOWN:
        console.print(f"the largest {MAX_SHOWN} of {len(found.groups)}; --json gives all")
