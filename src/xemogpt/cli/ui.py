"""``xemogpt ui``: the web page."""

from pathlib import Path
from typing import Annotated

import typer


def ui(
    model: Annotated[
        list[str] | None,
        typer.Option(help="Model to offer: nano, measured, a folder or a hub id. May be repeated."),
    ] = None,
    annotate: Annotated[
        list[Path] | None,
        typer.Option(help="Set of `xemogpt bench make` to annotate. May be repeated."),
    ] = None,
    annotator: Annotated[
        list[str] | None,
        typer.Option(help="Who may annotate here; all of the set by default. May be repeated."),
    ] = None,
    samples: Annotated[Path | None, typer.Option(help="Folder of clips to try.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 7860,
    share: Annotated[
        str, typer.Option(help="off: no tunnel to the outside is ever opened.")
    ] = "off",
    device: Annotated[str, typer.Option(help="Where models run: cpu, cuda.")] = "cpu",
    max_upload_mb: Annotated[int, typer.Option(min=1, help="Largest file, in MB.")] = 200,
    max_minutes: Annotated[float, typer.Option(min=0.1, help="Longest clip, in minutes.")] = 10.0,
    suggestions: Annotated[
        bool,
        typer.Option("--suggestions/--no-suggestions", help="Offer measured cues to annotators."),
    ] = True,
    encoder: Annotated[
        str, typer.Option(help="Text encoder that matches cues for agreement.")
    ] = "minilm",
    browser: Annotated[bool, typer.Option("--browser", help="Open the page.")] = False,
) -> None:
    """Open the web page: explain a clip, compare models, annotate.

    Example: xemogpt ui --annotate my-set
    """
    if share != "off":
        raise typer.BadParameter(
            f"expected off, got {share!r}; to let others in, put a proxy with authentication"
            " in front",
            param_hint="--share",
        )
    from xemogpt.errors import MissingDependencyError

    try:
        from xemogpt.ui.app import LOOPBACK, Settings, serve
    except ImportError as error:
        raise MissingDependencyError(
            f"the web page needs {error.name}; install it with: pip install 'xemogpt[ui]'"
        ) from error

    if host not in LOOPBACK:
        typer.secho(
            f"listening on {host}: anyone who reaches it may use the page and write annotations",
            fg="yellow",
            err=True,
        )

    def ready(address: str) -> None:
        typer.echo(f"XEmoGPT is at {address} (stop with Ctrl+C)")
        if browser:
            typer.launch(address)

    settings = Settings(
        models=model or ["nano", "measured"],
        sets=annotate or [],
        annotators=annotator or [],
        samples=samples,
        host=host,
        port=port,
        device=device,
        max_upload_mb=max_upload_mb,
        max_minutes=max_minutes,
        suggestions=suggestions,
        encoder=encoder,
    )
    serve(settings, ready)


def register(app: typer.Typer) -> None:
    """Add the command to the root."""
    app.command()(ui)
