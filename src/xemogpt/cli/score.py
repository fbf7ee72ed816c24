"""``xemogpt score``: how well predicted cues agree with annotated ones."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from xemogpt.metrics import ScoreReport
    from xemogpt.metrics.bootstrap import Comparison

_HELP = """Score explanations cue by cue (EmoCue-360): PRED against TARGET.

With --compare, two systems: xemogpt score --compare A B TARGET tells which is better, by how
much, and whether that may be chance. Beside every score stand those of answers that cheat.

Reads .json, .jsonl, .csv, .tsv and .parquet: cues by modality, or free text (see
docs/emocue360.md). Works without a GPU and without the model.

Example: xemogpt score predictions.json references.json --html score.html
"""


def register(app: typer.Typer) -> None:
    """Add the command to ``xemogpt``."""
    app.command("score", help=_HELP)(score)


def score(
    files: Annotated[list[Path], typer.Argument(help="PRED TARGET, or A B TARGET with --compare.")],
    compare: Annotated[bool, typer.Option("--compare", help="Compare two systems.")] = False,
    protocol: Annotated[
        str, typer.Option(help="strict (ours) or reference (published numbers).")
    ] = "strict",
    encoder: Annotated[
        str, typer.Option(help="Sentence encoder: minilm, minilm-bf16 (fast), minilm-int8 (small).")
    ] = "minilm",
    fast: Annotated[
        bool, typer.Option("--fast", help="The same as --encoder minilm-bf16.")
    ] = False,
    assignment: Annotated[
        str, typer.Option(help="one-to-one, or many-to-one as published (strict protocol).")
    ] = "one-to-one",
    extractor: Annotated[
        str, typer.Option(help="Cues of free text: rule, or none to refuse free text.")
    ] = "rule",
    baselines: Annotated[
        bool, typer.Option("--baselines/--no-baselines", help="Score answers that cheat too.")
    ] = True,
    seed: Annotated[int, typer.Option(help="Of intervals and drawn baselines.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write a page that shows which cue matched which.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write a table with a line a sample.")] = None,
) -> None:
    """Score predicted cues against annotated ones."""
    expected = 3 if compare else 2
    if len(files) != expected:
        raise typer.BadParameter(
            f"expected {'A B TARGET' if compare else 'PRED TARGET'}, got {len(files)} file(s)"
        )
    from xemogpt.metrics import EmoCue360
    from xemogpt.metrics.loading import load_cues

    metric = EmoCue360(
        protocol,  # type: ignore[arg-type]  # checked by the class
        "minilm-bf16" if fast else encoder,
        assignment=assignment,  # type: ignore[arg-type]
    )
    target = load_cues(files[-1], extractor)
    reports: dict[str, ScoreReport] = {}
    for path in files[:-1]:
        name = path.stem if path.stem not in reports else str(path)
        preds = load_cues(path, extractor)
        with _progress(f"scoring {path.name}"):
            # Baselines depend on the references alone: once is enough for two systems.
            wanted = baselines and not reports
            reports[name] = metric.score(preds, target, use_baselines=wanted, seed=seed)
    compared = None
    if compare:
        first, second = reports.values()
        compared = first.compare(second)
    _write(reports, compared, html, csv)
    _print(reports, compared, as_json)


def _write(
    reports: "dict[str, ScoreReport]",
    compared: "dict[str, Comparison] | None",
    html: Path | None,
    csv: Path | None,
) -> None:
    from xemogpt.files import atomic_write

    if html is not None:
        from xemogpt.metrics.page import score_page

        with atomic_write(html) as file:
            file.write(score_page(reports, compared))
    if csv is not None:
        with atomic_write(csv) as file:
            for index, (name, report) in enumerate(reports.items()):
                lines = report.to_csv().splitlines()
                if len(reports) == 1:
                    file.write("\n".join(lines) + "\n")
                    continue
                # Two systems share a table, told apart by the first column.
                for line in lines[index > 0 :]:
                    head = "system" if line.startswith("name,") else _quoted(name)
                    file.write(f"{head},{line}\n")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if set(name) & set(',"\n') else name


def _print(
    reports: "dict[str, ScoreReport]",
    compared: "dict[str, Comparison] | None",
    as_json: bool,
) -> None:
    names = list(reports)
    if as_json:
        import json

        shown: dict[str, object]
        if compared is None:
            shown = reports[names[0]].to_dict()
        else:
            from xemogpt.metrics.table import verdict

            shown = {
                "a": {"name": names[0], **reports[names[0]].to_dict()},
                "b": {"name": names[1], **reports[names[1]].to_dict()},
                "comparison": {key: found._asdict() for key, found in compared.items()},
                "verdict": verdict(compared["overall"], *names),
            }
        sys.stdout.write(json.dumps(shown, ensure_ascii=False, allow_nan=False) + "\n")
        return
    from rich.console import Console

    from xemogpt.metrics.table import comparison_table, score_table

    console = Console()
    for name, report in reports.items():
        console.print(*score_table(report, name if compared else "EmoCue-360"), sep="\n")
        console.print()
    if compared is not None:
        console.print(*comparison_table(compared, *names), sep="\n")


@contextmanager
def _progress(message: str) -> Iterator[None]:
    """A spinner on standard error while work is going on, if that is a terminal."""
    from rich.console import Console

    with Console(stderr=True).status(message):
        yield
