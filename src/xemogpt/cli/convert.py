"""``xemogpt convert``: the published checkpoint as a model folder, and back."""

from pathlib import Path
from typing import Annotated

import typer

convert_app = typer.Typer(
    help="Convert the published checkpoint to a model folder, and back.", no_args_is_help=True
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@convert_app.command()
def reference(
    checkpoint: Annotated[Path, typer.Option(help="The .ckpt or .safetensors file.")],
    vision: Annotated[str, typer.Option(help="Folder or hub id of the CLIP model.")],
    audio: Annotated[str, typer.Option(help="Folder or hub id of the HuBERT model.")],
    llm: Annotated[str, typer.Option(help="Folder or hub id of the language model.")],
    out: Annotated[Path, typer.Option(help="Model folder to write.")],
    lora_alpha: Annotated[
        float | None,
        typer.Option(help="Scale of the adapters; no checkpoint records it. Default: their rank."),
    ] = None,
    dtype: Annotated[
        str, typer.Option(help="Of all weights; a coarser one than the checkpoint's loses bits.")
    ] = "float32",
    as_json: Json = False,
) -> None:
    """Load the published checkpoint, account for every key, and write a model folder.

    Example: xemogpt convert reference --checkpoint xemogpt.ckpt --vision clip-vit-large-patch14
    --audio chinese-hubert-large --llm Qwen3-4B --out xemogpt-reference
    """
    from xemogpt.model.conversion import convert_published

    report = convert_published(
        checkpoint, out, vision=vision, audio=audio, llm=llm, lora_alpha=lora_alpha, dtype=dtype
    )
    if as_json:
        import json
        from dataclasses import asdict

        typer.echo(json.dumps({"out": str(out), **asdict(report)}))
    else:
        typer.echo(f"{out}: {report.summary()}.")


@convert_app.command()
def to_reference(
    model: Annotated[Path, typer.Argument(help="Model folder, such as one that was converted.")],
    out: Annotated[Path, typer.Option(help="The .ckpt or .safetensors file to write.")],
    as_json: Json = False,
) -> None:
    """Write a model folder as a published checkpoint; a converted one gives back its origin.

    Example: xemogpt convert to-reference xemogpt-reference --out xemogpt.ckpt
    """
    from xemogpt.model.conversion import write_published

    count = write_published(model, out)
    if as_json:
        import json

        typer.echo(json.dumps({"out": str(out), "num_keys": count}))
    else:
        typer.echo(f"{out}: {count} keys written.")


def register(app: typer.Typer) -> None:
    """Add the command to the root."""
    app.add_typer(convert_app, name="convert")
