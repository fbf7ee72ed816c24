"""``xemogpt train``: features once, then the bridges, then the whole model."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from xemogpt.training.running import RunResult

train_app = typer.Typer(
    help="Train bridges and model. Settings: a YAML file (configs/), changed by --set a.b=value.",
    no_args_is_help=True,
)
_FEATURES_HELP = """Encode every clip of a corpus once, so that bridges train in minutes.

What is there already is kept; a run that was interrupted goes on.

Example: xemogpt train features configs/nano/features.yaml --set corpus=corpus/records.jsonl
"""
_VIDEO_HELP = """Pretrain the video bridge (VECB) on cached features.

Example: xemogpt train video-bridge configs/nano/video_bridge.yaml --set train.seed=1
"""
_AUDIO_HELP = """Pretrain the audio bridge (AECB) on cached features.

Example: xemogpt train audio-bridge configs/nano/audio_bridge.yaml --set train.seed=1
"""
_SFT_HELP = """Fine-tune the whole model to explain.

Under accelerate: accelerate launch --config_file configs/accelerate/ddp.yaml -m xemogpt train sft
configs/nano/sft.yaml

Example: xemogpt train sft configs/nano/sft.yaml --set train.epochs=3
"""
ConfigFile = Annotated[Path, typer.Argument(help="YAML file of settings.", metavar="CONFIG")]
Changes = Annotated[
    list[str] | None, typer.Option("--set", help="Change one setting: a.b=value; repeatable.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on from the last checkpoint of the same run.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the group to ``xemogpt``."""
    train_app.command("features", help=_FEATURES_HELP)(features)
    train_app.command("video-bridge", help=_VIDEO_HELP)(video_bridge)
    train_app.command("audio-bridge", help=_AUDIO_HELP)(audio_bridge)
    train_app.command("sft", help=_SFT_HELP)(sft)
    app.add_typer(train_app, name="train")


def features(config: ConfigFile, changes: Changes = None, as_json: AsJson = False) -> None:
    """Make the feature cache."""
    import json

    from xemogpt.cli.progress_bar import progress_bar
    from xemogpt.config import load_config
    from xemogpt.training.features import FeaturesRun, make_features

    run = load_config(FeaturesRun, config, changes or ())
    with progress_bar("encoding") as progress:
        report = make_features(run, lambda modality, done, total: progress(done, total))
    if as_json:
        sys.stdout.write(json.dumps(vars(report), ensure_ascii=False) + "\n")
    else:
        for modality, folder in report.folders.items():
            made, found = report.made[modality], report.found[modality]
            typer.echo(f"{modality}: {made} made, {found} were there: {folder}")
    for failure in report.failures[:10]:
        typer.secho(f"left out: {failure}", fg="yellow", err=True)
    if len(report.failures) > 10:
        typer.secho(f"left out: {len(report.failures)} in all", fg="yellow", err=True)


def video_bridge(
    config: ConfigFile, changes: Changes = None, resume: Resume = False, as_json: AsJson = False
) -> None:
    """Pretrain VECB."""
    from xemogpt.config import load_config
    from xemogpt.training.bridges import BridgeRun, train_bridge

    run = load_config(BridgeRun, config, changes or ())
    _train(lambda: train_bridge("video", run, resume), as_json)


def audio_bridge(
    config: ConfigFile, changes: Changes = None, resume: Resume = False, as_json: AsJson = False
) -> None:
    """Pretrain AECB."""
    from xemogpt.config import load_config
    from xemogpt.training.bridges import BridgeRun, train_bridge

    run = load_config(BridgeRun, config, changes or ())
    _train(lambda: train_bridge("audio", run, resume), as_json)


def sft(
    config: ConfigFile, changes: Changes = None, resume: Resume = False, as_json: AsJson = False
) -> None:
    """Fine-tune the model."""
    from xemogpt.config import load_config
    from xemogpt.training.sft import train_sft
    from xemogpt.training.sft_settings import SftRun

    run = load_config(SftRun, config, changes or ())
    _train(lambda: train_sft(run, resume), as_json)


def _train(train: Any, as_json: bool) -> None:
    """Run with log lines on standard error, and say what came of it."""
    import json
    import logging
    from dataclasses import asdict

    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    logging.getLogger("xemogpt.training").setLevel(logging.INFO)
    result: RunResult = train()
    if as_json:
        sys.stdout.write(json.dumps(asdict(result)) + "\n")
        return
    best = "" if result.best_metric is None else f", {result.best_metric:.4g}"
    step = result.num_steps if result.best_step is None else result.best_step
    typer.echo(f"{result.model_dir}: step {step} of {result.num_steps} ({result.chosen_by}{best})")
