"""``xemogpt list``: what can be named in options and configurations."""

from typing import Annotated

import typer


def list_names(
    kind: Annotated[
        str | None, typer.Argument(help="Only this kind, such as text-encoders.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the encoders that can be named, those of installed plug-ins included.

    Example: xemogpt list audio-encoders
    """
    import json

    from xemogpt.errors import UnknownNameError
    from xemogpt.registry import REGISTRIES

    if kind is not None and kind not in REGISTRIES:
        raise UnknownNameError(f"unknown kind {kind!r}; expected one of: {', '.join(REGISTRIES)}")
    names = {name: REGISTRIES[name].names() for name in ([kind] if kind else REGISTRIES)}
    if as_json:
        typer.echo(json.dumps(names))
        return
    for name, members in names.items():
        typer.echo(f"{name}: {', '.join(members)}")


def register(app: typer.Typer) -> None:
    """Add the command to the root."""
    app.command("list")(list_names)
