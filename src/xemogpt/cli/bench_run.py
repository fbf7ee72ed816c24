"""``xemogpt bench run``: any system on a task, every answer kept."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from xemogpt.benchmark.runlog import RunLog

_HELP = """Run a system on a task; a run that was interrupted goes on where it stopped.

Tasks: expert:DIR (made by bench make, or in the published layout), or a folder of records;
controlled-400 and controlled:N are generated and cached on first use (xemogpt pull controlled).

Models: nano, a folder or hub id; openai:URL#MODEL for an OpenAI-compatible endpoint; or a file of
predictions (.jsonl, .json, .csv, .parquet).

Conditions: full, no-audio, swapped-video, frozen-frames, text-only; each is a run of its own in
OUT/CONDITION.

Example: xemogpt bench run --task expert:my-set --model nano --out runs/nano
"""
MAX_SHOWN = 3


def register(bench_app: typer.Typer) -> None:
    """Add the command to ``xemogpt bench``."""
    bench_app.command("run", help=_HELP)(run)


def run(
    task: Annotated[str, typer.Option(help="What is asked.")],
    model: Annotated[str, typer.Option(help="Who answers.")],
    out: Annotated[Path, typer.Option(help="Folder of the runs.")],
    condition: Annotated[
        list[str] | None, typer.Option(help="What is done to the media first; repeatable.")
    ] = None,
    batch_size: Annotated[
        int, typer.Option(min=1, help="Samples (endpoints: requests) at once.")
    ] = 4,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first so many samples.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of what conditions draw.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda, for a model on this machine.")] = "cpu",
    recognise: Annotated[
        bool, typer.Option("--recognise/--no-recognise", help="Recognise speech without words.")
    ] = True,
    key_env: Annotated[
        str, typer.Option(help="Environment variable that holds an endpoint's key.")
    ] = "OPENAI_API_KEY",
    timeout: Annotated[float, typer.Option(help="Seconds for one request.")] = 120,
    retries: Annotated[int, typer.Option(min=0, help="Of a failed request.")] = 2,
    max_tokens: Annotated[int, typer.Option(min=1, help="Longest answer of an endpoint.")] = 512,
    frames: Annotated[int, typer.Option(min=0, help="Pictures a clip for an endpoint.")] = 8,
    sound: Annotated[
        bool, typer.Option("--sound/--no-sound", help="Send sound to an endpoint.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run a system on a task."""
    from xemogpt.benchmark.runner import check_run, run_task
    from xemogpt.benchmark.systems import SystemOptions, load_system
    from xemogpt.benchmark.tasks import load_task
    from xemogpt.cli.progress_bar import progress_bar

    options = SystemOptions(
        batch_size=batch_size, device=device, use_recognition=recognise, api_key_env=key_env,
        timeout_s=timeout, max_retries=retries, max_tokens=max_tokens, num_frames=frames,
        use_sound=sound,
    )  # fmt: skip
    conditions = list(dict.fromkeys(condition or ["full"]))
    runs: dict[Path, RunLog] = {}
    system = load_system(model, options)
    try:
        # A task may take long to generate: what is wrong with the rest is said before.
        for name in conditions:
            check_run(system, name, limit)
        with progress_bar(f"loading {task}") as progress:
            loaded = load_task(task, progress=progress)
        for warning in loaded.warnings:
            typer.secho(f"warning: {warning}", fg="yellow", err=True)
        for name in conditions:
            with progress_bar(f"{model}, {name}") as progress:
                runs[out / name] = run_task(
                    loaded, system, out / name, condition=name, seed=seed, limit=limit,
                    progress=progress,
                )  # fmt: skip
    finally:
        system.close()
    _print(runs, out, as_json)


def _print(runs: "dict[Path, RunLog]", out: Path, as_json: bool) -> None:
    if as_json:
        import json

        rows = [
            {
                "folder": str(folder),
                "task": run.task,
                "model": run.model,
                "condition": run.condition,
                "answers": len(run.answers),
                "empty": run.num_empty,
                "failures": len(run.failures),
                "answers_sha256": run.answers_sha256,
                "seconds": round(run.seconds, 2),
            }
            for folder, run in runs.items()
        ]
        sys.stdout.write(json.dumps({"runs": rows}, ensure_ascii=False) + "\n")
        return
    for folder, run in runs.items():
        typer.echo(
            f"{run.condition}: {len(run.answers)} answers ({run.num_empty} empty),"
            f" {len(run.failures)} failures, {run.seconds:.1f} s: {folder}"
        )
        for failure in run.failures[:MAX_SHOWN]:
            typer.secho(f"  {failure.id}: {failure.error}", fg="yellow", err=True)
        if len(run.failures) > MAX_SHOWN:
            rest = len(run.failures) - MAX_SHOWN
            typer.secho(f"  and {rest} more; they are asked again when repeated", fg="yellow",
                        err=True)  # fmt: skip
    typer.echo(f"next: xemogpt bench report {' '.join(str(folder) for folder in runs) or out}")
