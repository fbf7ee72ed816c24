"""``xemogpt bench``: measurements that others can repeat."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xemogpt.cli import bench_make, bench_report, bench_run

if TYPE_CHECKING:
    from xemogpt.metrics.meta import MetaReport

bench_app = typer.Typer(help="Measurements that others can repeat.", no_args_is_help=True)
_METRIC_HELP = """Test the metrics themselves: damage explanations by known amounts.

Prints the rank correlation of each metric with the damage, and what a reworded cue costs against
a negated one, with 95 % intervals.

Example: xemogpt bench metric --out meta.json
"""


def register(app: typer.Typer) -> None:
    """Add the group to ``xemogpt``."""
    bench_app.command("metric", help=_METRIC_HELP)(metric)
    bench_make.register(bench_app)
    bench_run.register(bench_app)
    bench_report.register(bench_app)
    app.add_typer(bench_app, name="bench")


@bench_app.callback()
def _group() -> None:
    """Keep ``bench metric`` a command of a group, also while it is the only one."""


def metric(
    file: Annotated[
        Path | None, typer.Argument(help="Samples with paraphrases (JSONL); ours if none.")
    ] = None,
    encoder: Annotated[str, typer.Option(help="Text encoder of the metrics.")] = "minilm",
    reworded: Annotated[
        float, typer.Option(min=0, max=1, help="Share of undamaged cues said in other words.")
    ] = 0.5,
    draws: Annotated[int, typer.Option(min=1, help="Versions of each damage and level.")] = 1,
    resamples: Annotated[int, typer.Option(min=10, help="Bootstrap resamples.")] = 500,
    seed: Annotated[int, typer.Option(help="Of all draws.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Write the report as JSON.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Meta-evaluation of the metrics."""
    import json
    import time

    from xemogpt.files import atomic_write
    from xemogpt.metrics.damage import read_meta_samples
    from xemogpt.metrics.meta import (
        bleu,
        emocue_metric,
        evaluate_metrics,
        rouge_l,
        text_cosine,
    )
    from xemogpt.registry import text_encoders

    started = time.perf_counter()
    samples = read_meta_samples(file)
    encode = text_encoders.get(encoder)()
    metrics: dict[str, Any] = {
        "strict": emocue_metric("strict", encode),
        "reference": emocue_metric("reference", encode),
        "bleu": bleu,
        "rouge-l": rouge_l,
        "text-cosine": text_cosine(encode.encode),
    }
    report = evaluate_metrics(
        samples, metrics, reworded_share=reworded, draws=draws, num_bootstrap=resamples, seed=seed
    )
    data = report.to_dict() | {
        "encoder": encode.fingerprint,
        "file": file.name if file else "shipped",
        "seconds": round(time.perf_counter() - started, 2),
    }
    if out is not None:
        with atomic_write(out) as target:
            json.dump(data, target, indent=1)
    if as_json:
        typer.echo(json.dumps(data))
    else:
        _print(report)


def _print(report: "MetaReport") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        title=f"Spearman correlation with known damage ({report.num_samples} samples,"
        f" {report.num_cues} cues, {report.reworded_share:.0%} reworded)"
    )
    table.add_column("damage")
    for name in report.metrics:
        table.add_column(name, justify="right")
    verdicts = list(report.metrics.values())
    for damage in verdicts[0].spearman:
        table.add_row(damage, *(_shown(verdict.spearman[damage]) for verdict in verdicts))
    table.add_section()
    table.add_row("mean", *(_shown(verdict.mean_spearman) for verdict in verdicts))
    table.add_section()
    table.add_row("cost: reworded", *(_shown(v.paraphrase_cost, 3) for v in verdicts))
    table.add_row("cost: negated", *(_shown(v.negation_cost, 3) for v in verdicts))
    table.add_row("ratio of costs", *(_shown(v.cost_ratio) for v in verdicts))
    Console(width=130).print(table)


def _shown(estimate: Any, digits: int = 2) -> str:
    if estimate is None:
        return "-"
    low, high = f"{estimate.low:.{digits}f}", f"{estimate.high:.{digits}f}"
    return f"{estimate.value:.{digits}f} [{low}, {high}]"
