"""The application: routes, the gate before them, and the loop that runs it all."""

import asyncio
import signal
import socket
from collections.abc import Callable
from typing import Literal

import uvicorn
from fastapi import FastAPI, Request
from fastapi.params import Depends
from fastapi.responses import Response
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from xemogpt import __version__
from xemogpt.errors import OutputError
from xemogpt.server import chat_routes, explain_routes, gauges, job_routes, score_routes
from xemogpt.server.chat import ChatRequest
from xemogpt.server.engine import Engine
from xemogpt.server.gate import Gate
from xemogpt.server.openapi import describe, problems
from xemogpt.server.problems import Problem, ProblemBody, install
from xemogpt.server.score_routes import ScoreRequest
from xemogpt.server.settings import ServerSettings

_GRACE_S = 10


class Health(BaseModel):
    """Whether requests can be served."""

    status: Literal["ok"] = "ok"
    version: str
    model: str


def create_app(engine: Engine) -> FastAPI:
    """The application of an engine that runs."""
    # Routes are guarded by the gate; the scheme here is for the document and for /docs.
    scheme = [Depends(HTTPBearer(auto_error=False, description="A token of the server."))]
    guarded = [Depends(_known_query), *(scheme if engine.settings.tokens else [])]
    app = FastAPI(title="XEmoGPT", version=__version__, redoc_url=None)
    app.state.engine = engine
    for module in (explain_routes, score_routes, job_routes, chat_routes):
        app.include_router(module.router, dependencies=guarded)

    @app.get("/healthz", response_model=Health, responses=problems(503), tags=["server"])
    async def healthz() -> dict[str, str]:
        """Whether workers run. Needs no token."""
        if not engine.pool.is_healthy:
            raise Problem(503, "unhealthy", "no worker runs", {"Retry-After": "5"})
        return {"version": __version__, "model": engine.settings.model_id}

    @app.get(
        "/metrics",
        response_class=Response,
        responses={
            **problems(422),
            200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        },
        dependencies=guarded,
        tags=["server"],
    )
    async def metrics(request: Request) -> Response:
        """Counters in Prometheus' text form."""
        return Response(engine.gauges.text(engine.jobs.counts()), media_type=gauges.CONTENT_TYPE)

    install(app)
    describe(app, ProblemBody, ChatRequest, ScoreRequest)
    app.add_middleware(Gate, tokens=engine.settings.tokens, gauges=engine.gauges)
    return app


def _known_query(request: Request) -> None:
    """A misspelt parameter is an error rather than left aside."""
    known = [parameter.alias for parameter in request.scope["route"].dependant.query_params]
    for name in request.query_params:
        if name not in known:
            expected = ", ".join(known) or "none"
            raise Problem(422, "invalid", f"unknown parameter {name[:50]!r}; expected: {expected}")


def serve(settings: ServerSettings, ready: Callable[[str], None]) -> None:
    """Serve until stopped.

    Args:
        settings: how.
        ready: gets the address once requests are answered.

    Raises:
        ConfigError: if the state folder is in use by another server.
        OutputError: if the port is taken, or the state folder cannot be used.
        WorkerUnable: if the model or the detectors cannot be loaded.
    """
    listener = _listen(settings.host, settings.port)
    with listener:
        asyncio.run(_serve(settings, listener, ready))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise OutputError(
            f"cannot listen on {host}, port {port}: {error.strerror or error};"
            " choose another --port"
        ) from error
    return listener


async def _serve(
    settings: ServerSettings, listener: socket.socket, ready: Callable[[str], None]
) -> None:
    # uvicorn raises the signal again when it has stopped; the workers are ended after that.
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, lambda: None)
    async with Engine(settings) as engine:
        config = uvicorn.Config(
            create_app(engine),
            lifespan="off",
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
        server = uvicorn.Server(config)
        listener.listen(config.backlog)  # from here on nobody is refused
        host, port = listener.getsockname()[:2]
        ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
        await server.serve(sockets=[listener])
