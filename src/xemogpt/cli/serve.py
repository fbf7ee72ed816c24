"""``xemogpt serve``: explanations over HTTP."""

from pathlib import Path
from typing import Annotated

import typer


def serve(
    model: Annotated[
        str, typer.Option(help="'nano', or the folder or hub id of a model.")
    ] = "nano",
    device: Annotated[str, typer.Option(help="Where the model runs: cpu, cuda.")] = "cpu",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="File of tokens, one a line, any of which opens the server. The variable"
            " XEMOGPT_TOKEN may hold one too."
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(help="Folder for jobs and uploads. [default: ~/.local/state/xemogpt/server]"),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Processes. [default: one a core; one for a model]"),
    ] = None,
    batch_size: Annotated[
        int, typer.Option(min=1, max=256, help="Requests that a model explains together.")
    ] = 8,
    batch_wait_ms: Annotated[
        float, typer.Option(min=0, max=10_000, help="How long to wait for a fuller batch.")
    ] = 50.0,
    max_new_tokens: Annotated[
        int, typer.Option(min=1, help="Longest answer of a model for one window, in tokens.")
    ] = 256,
    max_upload_mb: Annotated[int, typer.Option(min=1, help="Largest upload, in MB.")] = 200,
    max_seconds: Annotated[float, typer.Option(min=1, help="Longest clip, in seconds.")] = 120.0,
    max_job_minutes: Annotated[float, typer.Option(min=1, help="Longest clip of a job.")] = 120.0,
    max_gigapixels: Annotated[
        float, typer.Option(min=0.001, help="Width x height x frames of a clip, in billions.")
    ] = 400.0,
    max_pending: Annotated[int, typer.Option(min=1, help="Requests at hand; more get 429.")] = 32,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds that a request may compute.")
    ] = 120.0,
    max_wait: Annotated[
        float, typer.Option(min=1, help="Seconds that a request may wait for a worker.")
    ] = 120.0,
    worker_memory_gb: Annotated[
        float, typer.Option(min=0.5, help="Most memory of a worker process.")
    ] = 6.0,
) -> None:
    """Serve explanations over HTTP: /v1/explain, /v1/jobs, /v1/score, /v1/chat/completions.

    Example: xemogpt serve & curl -F file=@clip.mp4 http://127.0.0.1:8000/v1/explain
    """
    from xemogpt.errors import MissingDependencyError

    try:
        from xemogpt.server.app import serve as run
        from xemogpt.server.settings import Limits, ServerSettings, default_state, read_tokens
    except ImportError as error:
        raise MissingDependencyError(
            f"the server needs {error.name}; install it with: pip install 'xemogpt[server]'"
        ) from error

    limits = Limits(
        upload_bytes=max_upload_mb * 1_000_000,
        duration_s=max_seconds,
        job_duration_s=60 * max_job_minutes,
        total_pixels=max_gigapixels * 1e9,
        pending=max_pending,
        queue_s=max_wait,
        explain_s=timeout,
        worker_memory_bytes=round(worker_memory_gb * 1e9),
    )
    settings = ServerSettings(
        model=model,
        device=device,
        host=host,
        port=port,
        workers=workers,
        batch_size=batch_size,
        batch_wait_s=batch_wait_ms / 1000,
        max_new_tokens=max_new_tokens,
        state=state or default_state(),
        tokens=read_tokens(token_file),
        limits=limits,
    )
    run(settings, lambda address: typer.echo(f"XEmoGPT is at {address} (docs: {address}/docs)"))


def register(app: typer.Typer) -> None:
    """Add the command to the root."""
    app.command()(serve)
