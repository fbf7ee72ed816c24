"""``xemogpt bench make``: making an expert-annotated set, step by step."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from xemogpt.benchmark.making.agree import AgreementReport
    from xemogpt.benchmark.making.agreement import Estimate

make_app = typer.Typer(
    help="Make an expert-annotated set: plan, sheets, agree, export.", no_args_is_help=True
)
Folder = Annotated[Path, typer.Argument(help="The working folder of the set.", metavar="DIR")]


def register(bench_app: typer.Typer) -> None:
    """Add the group to ``xemogpt bench``."""
    bench_app.add_typer(make_app, name="make")


@make_app.command()
def plan(
    clips_folder: Annotated[Path, typer.Argument(help="Folder of clips.", metavar="CLIPS_DIR")],
    out: Annotated[Path, typer.Option(help="Working folder to make.")],
    num: Annotated[int, typer.Option(min=1, help="Clips to draw.")] = 400,
    scenarios: Annotated[
        Path | None, typer.Option(help="CSV with columns name,scenario; derived if none.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the draw.")] = 0,
) -> None:
    """Draw clips, the same number from every scenario.

    Example: xemogpt bench make plan clips --scenarios scenarios.csv --out set
    """
    from rich.console import Console

    from xemogpt.benchmark.making.plan import make_plan
    from xemogpt.cli.media_files import find_media
    from xemogpt.errors import MediaError

    if not clips_folder.is_dir():
        raise MediaError(f"{clips_folder} is no folder; expected a folder of clips")
    with Console(stderr=True).status("looking at clips") as status:
        made, left_out = make_plan(
            clips_folder,
            find_media([clips_folder]),
            out,
            num=num,
            seed=seed,
            scenarios=scenarios,
            progress=lambda done, total: status.update(f"looking at clips: {done} of {total}"),
        )
    for name, available in made.available.items():
        drawn = sum(clip.scenario == name for clip in made.clips)
        typer.echo(f"{name}: {drawn} of {available} clips")
    typer.echo(f"{len(made.clips)} clips planned in {out}")
    if len(made.clips) < num:
        typer.secho(f"{num} were asked for; there are no more", fg="yellow", err=True)
    for media, reason in left_out:
        typer.secho(f"left out: {media}: {reason}", fg="yellow", err=True)


@make_app.command()
def sheets(
    folder: Folder,
    annotators: Annotated[str, typer.Option(help="Names, separated by commas.")],
    per_clip: Annotated[int, typer.Option(min=2, help="Annotators of each clip.")] = 2,
    lines: Annotated[int, typer.Option(min=1, help="Blank lines a modality and clip.")] = 3,
) -> None:
    """Write a sheet for each annotator, as CSV and JSONL, with instructions.

    Example: xemogpt bench make sheets set --annotators ada,ben,cyd
    """
    from xemogpt.benchmark.making.sheets import make_sheets

    names = [name.strip() for name in annotators.split(",") if name.strip()]
    assigned = make_sheets(folder, names, per_clip=per_clip, blank_lines=lines)
    for name in names:
        num = sum(name in team for team in assigned.values())
        typer.echo(f"{folder / 'sheets' / name}.csv (or .jsonl): {num} clips")


@make_app.command()
def agree(
    folder: Folder,
    encoder: Annotated[str, typer.Option(help="Text encoder that matches cues.")] = "minilm",
    partial: Annotated[
        bool, typer.Option("--partial", help="Leave out clips that are not done.")
    ] = False,
    discard_decisions: Annotated[
        bool, typer.Option("--discard-decisions", help="Start the list to be decided anew.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the intervals.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure agreement by modality, and list the cues that only one annotator gave.

    Example: xemogpt bench make agree set
    """
    from rich.console import Console

    from xemogpt.benchmark.making.agree import agree as measure

    with Console(stderr=True).status("matching cues"):
        report = measure(
            folder,
            encoder=encoder,
            allow_partial=partial,
            discard_decisions=discard_decisions,
            seed=seed,
        )
    if as_json:
        typer.echo(report.model_dump_json())
        return
    _print(report)
    for line in report.not_done:
        typer.secho(f"left out: {line}", fg="yellow", err=True)
    typer.echo(f"{report.num_open} cues to decide in {folder / 'adjudication'}.csv (or .jsonl)")


@make_app.command()
def export(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="Task folder to make.")],
    keep: Annotated[
        str | None, typer.Option(help="Of undecided cues, keep all or none; refused if not said.")
    ] = None,
    clips: Annotated[
        Path | None, typer.Option(help="Where the clips are now, if they moved.")
    ] = None,
) -> None:
    """Apply the decisions and write an expert task for `xemogpt bench run`.

    Example: xemogpt bench make export set --out expert
    """
    from xemogpt.benchmark.making.export import export_task

    if keep not in (None, "all", "none"):
        raise typer.BadParameter(f"expected all or none, got {keep!r}", param_hint="--keep")
    exported = export_task(folder, out, keep=keep, clips_folder=clips)  # type: ignore[arg-type]
    num_cues = sum(len(record.cues) for record in exported.records)
    typer.echo(f"{out}: {len(exported.records)} clips, {num_cues} cues")
    for line in exported.left_out:
        typer.secho(f"left out: {line}", fg="yellow", err=True)


def _print(report: "AgreementReport") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Agreement on {report.num_clips} clips (95 % intervals over clips)")
    table.add_column("modality")
    for title in ("clips", "cues", "shared", "alpha", "by chance", "F1", "by chance",
                  "alpha, stated only", "time IoU"):  # fmt: skip
        table.add_column(title, justify="right")
    for name, found in report.modalities.items():
        table.add_row(
            name,
            str(found.num_clips),
            str(found.num_groups),
            str(found.num_shared),
            _shown(found.alpha),
            _number(found.alpha_chance),
            _shown(found.f1),
            _number(found.f1_chance),
            _shown(found.alpha_stated),
            _number(found.time_iou),
        )
    console = Console(width=140)
    console.print(table)
    console.print("cues: distinct observations; shared: stated by two or more annotators;")
    console.print("by chance: the same of annotators' cues of different clips")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _shown(estimate: "Estimate") -> str:
    if estimate.value is None:
        return "-"
    if estimate.low is None:
        return f"{estimate.value:.2f}"
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"
