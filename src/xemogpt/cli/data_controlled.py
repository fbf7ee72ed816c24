"""``xemogpt data controlled``: rendered heads and edited voices whose cues are known."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

_HELP = """Make a controlled corpus: talking heads whose cues are known, with their times.

Without --split, a tenth of the clips each is for validation and testing; identities, voices,
sentences and combinations of cues belong to one split. A build that was killed goes on where it
stopped; the same seed gives the same records and pixels.

Example: xemogpt data controlled --num 2000 --seed 1 --out corpus
"""
Split = Literal["train", "validation", "test"]
MAX_SHOWN = 3


def register(data_app: typer.Typer) -> None:
    """Add the command to ``xemogpt data``."""
    data_app.command("controlled", help=_HELP)(controlled)


def controlled(
    num: Annotated[int, typer.Option(min=1, help="Clips.")],
    seed: Annotated[int, typer.Option(min=0, help="Of everything that is drawn.")],
    out: Annotated[Path, typer.Option(help="Folder of the corpus.")],
    split: Annotated[Split | None, typer.Option(help="Make clips of one split only.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes, of one thread each.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make a controlled corpus."""
    import json

    from xemogpt.cli.progress_bar import progress_bar
    from xemogpt.emocue.controlled.corpus import make_corpus, scripts_of

    settings = {"seed": seed, "split": split or "all"}
    with progress_bar(f"making {out}") as progress:
        made = make_corpus(
            scripts_of(num, seed, split), out, settings=settings, workers=workers, progress=progress
        )
    rate = made.clips_per_hour
    if as_json:
        found = {
            "out": str(out),
            "num_clips": made.num_clips,
            "num_kept": made.num_kept,
            "failures": [vars(failure) for failure in made.failures],
            "seconds": round(made.seconds, 1),
            "clips_per_hour": None if rate is None else round(rate),
        }
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    else:
        speed = "" if rate is None else f", {rate:.0f} an hour"
        typer.echo(f"{made.num_clips} clips in {out} ({made.num_kept} were there{speed})")
    for failure in made.failures[:MAX_SHOWN]:
        typer.secho(f"failed: {failure}", fg="red", err=True)
    if made.failures:
        typer.secho(f"{len(made.failures)} failed; run again to try them again", fg="red", err=True)
        raise typer.Exit(1)
