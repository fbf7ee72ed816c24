"""``xemogpt cues extract`` and ``xemogpt score-labels``: cues out of texts, labels scored."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from xemogpt.metrics.extraction import Extraction

cues_app = typer.Typer(help="Cues of explanations.", no_args_is_help=True)
_EXTRACT_HELP = """Extract the cues of explanations.

Reads csv, tsv, json, jsonl, parquet (columns such as name and reason), a .txt file, or - for
standard input. The rule extractor needs nothing; the llm extractor asks an OpenAI-compatible
endpoint, its key taken from the environment.

Example: xemogpt cues extract predictions.csv --out cues.json
"""
_LABELS_HELP = """Score emotion labels: PRED against TARGET.

Columns: name and label (one label), openset (a list of words) or sentiment (a number).

Example: xemogpt score-labels predicted.csv truth.csv --json
"""


def register(app: typer.Typer) -> None:
    """Add the commands to ``xemogpt``."""
    cues_app.command("extract", help=_EXTRACT_HELP)(extract)
    app.add_typer(cues_app, name="cues")
    app.command("score-labels", help=_LABELS_HELP)(score_labels)


def extract(
    file: Annotated[str, typer.Argument(help="File of explanations, or - for one text.")],
    extractor: Annotated[str, typer.Option(help="rule or llm.")] = "rule",
    url: Annotated[str, typer.Option(help="Endpoint, up to /v1.")] = "http://localhost:8000/v1",
    model: Annotated[str | None, typer.Option(help="Model name at the endpoint.")] = None,
    prompts: Annotated[int, typer.Option(help="Wordings to ask, 1 to 5; most decide.")] = 1,
    cache: Annotated[
        Path, typer.Option(help="Answers so far; failed samples are asked again.")
    ] = Path("xemogpt-cues-cache.sqlite"),
    concurrency: Annotated[int, typer.Option(help="Requests at once.")] = 4,
    timeout: Annotated[float, typer.Option(help="Seconds for one request.")] = 60,
    retries: Annotated[int, typer.Option(help="Repetitions of a failed request.")] = 5,
    price_in: Annotated[float, typer.Option(help="Cost of a million prompt tokens.")] = 0,
    price_out: Annotated[float, typer.Option(help="Cost of a million answer tokens.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Write the cues here (EmoCue json).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Extract cues from explanations."""
    from xemogpt.errors import AnnotatorError, ConfigError

    texts = _read(file)
    summary: dict[str, Any]
    if extractor == "rule":
        found, summary = _by_rules(texts)
    elif extractor == "llm":
        if not model:
            raise ConfigError("--extractor llm needs --model, the model's name at the endpoint")
        settings = {
            "url": url, "model": model, "timeout_s": timeout, "max_retries": retries,
            "concurrency": concurrency, "price_in": price_in, "price_out": price_out,
        }  # fmt: skip
        found, summary = _by_endpoint(texts, settings, prompts, cache)
    else:
        raise ConfigError(f"--extractor is rule or llm, got {extractor!r}")
    _write(found, summary, out, as_json)
    failures = summary.get("failures", {})
    if failures:
        name, problem = next(iter(failures.items()))
        raise AnnotatorError(
            f"{len(failures)} of {len(texts)} samples failed (first, {name!r}: {problem});"
            " run the same command again to ask for those only"
        )


def _read(file: str) -> dict[str, str]:
    from xemogpt.errors import DatasetError
    from xemogpt.metrics.extraction.reading import read_explanations

    if file != "-":
        return read_explanations(file)
    try:
        return {"stdin": sys.stdin.buffer.read().decode("utf-8-sig")}
    except UnicodeDecodeError as error:
        raise DatasetError(f"standard input is not UTF-8 text: {error}") from error


def _by_rules(texts: dict[str, str]) -> tuple[dict[str, "Extraction"], dict[str, Any]]:
    from xemogpt.metrics.extraction import RuleExtractor

    rules = RuleExtractor()
    with _progress(len(texts)) as advance:
        found = {}
        for name, text in texts.items():
            found[name] = rules.extract(text)
            advance(name)
    return found, {"extractor": "rule", "version": rules.version}


def _by_endpoint(
    texts: dict[str, str], settings: dict[str, Any], prompts: int, cache: Path
) -> tuple[dict[str, "Extraction"], dict[str, Any]]:
    from dataclasses import asdict

    from xemogpt.config import build_config
    from xemogpt.metrics.extraction import EndpointConfig, LLMExtractor

    config = build_config(EndpointConfig, settings, "the endpoint's options")
    asked = LLMExtractor(config, prompts, cache)
    try:
        with _progress(len(texts)) as advance:
            run = asked.run(texts, advance)
    finally:
        asked.close()
    summary = {
        "extractor": "llm",
        "model": config.model,
        "prompts": prompts,
        "agreement": run.agreement,
        "usage": asdict(run.usage),
        "failures": run.failures,
    }
    return run.extractions, summary


def _progress(total: int) -> Any:
    """A bar on standard error for long work; the block gets a function to call per sample."""
    from collections.abc import Callable, Iterator
    from contextlib import contextmanager

    @contextmanager
    def bar() -> Iterator[Callable[[str], None]]:
        if total < 20 or not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("Extracting cues", total=total)
            yield lambda _: progress.advance(task)

    return bar()


def _write(
    found: dict[str, "Extraction"], summary: dict[str, Any], out: Path | None, as_json: bool
) -> None:
    import json

    from xemogpt.files import atomic_write
    from xemogpt.schema import MODALITIES

    samples = {
        name: {modality: [cue.text for cue in item.cues.of(modality)] for modality in MODALITIES}
        for name, item in found.items()
    }
    if out is not None:
        with atomic_write(out) as file:
            json.dump(samples, file, ensure_ascii=False, indent=1)
    if as_json:
        extra = {
            name: {"subtitle": list(item.subtitle), "dropped": list(item.dropped)}
            for name, item in found.items()
        }
        both = {name: {**samples[name], **extra[name]} for name in samples}
        typer.echo(json.dumps({**summary, "samples": both}, ensure_ascii=False))
        return
    if out is None:
        for name, lists in samples.items():
            typer.secho(name, bold=True)
            for modality, cues in lists.items():
                for cue in cues:
                    typer.echo(f"  {modality:<9} {cue}")
    total = sum(len(cues) for lists in samples.values() for cues in lists.values())
    line = f"{total} cues of {len(samples)} explanations"
    if summary.get("agreement") is not None:
        line += f"; the wordings agree to {summary['agreement']:.2f}"
    if "usage" in summary:
        usage = summary["usage"]
        tokens = usage["prompt_tokens"] + usage["completion_tokens"]
        line += f"; {usage['requests']} requests, {tokens} tokens, cost {usage['cost']:.4f}"
    typer.secho(line + (f" -> {out}" if out else ""), err=True)


def score_labels(
    pred: Annotated[Path, typer.Argument(help="Predicted labels.")],
    target: Annotated[Path, typer.Argument(help="True labels.")],
    groups: Annotated[
        Path | None, typer.Option(help="Emotion groups or wheel (.json, .csv).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score emotion labels."""
    import json

    from xemogpt.metrics.label_files import score_label_files

    scores = score_label_files(pred, target, groups)
    if as_json:
        typer.echo(json.dumps(scores, ensure_ascii=False))
        return
    for kind, values in scores.items():
        typer.secho(kind, bold=True)
        for name, value in values.items():
            if isinstance(value, float):
                value = f"{value:.4f}"
            if not isinstance(value, dict):
                typer.echo(f"  {name:<18} {value}")
