"""The web application: Gradio's page and the annotation page behind one set of limits."""

import os
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

# Read when Gradio is first imported: nothing is to be sent anywhere.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from xemogpt.errors import ConfigError, XEmoGPTError
from xemogpt.ui.desk import Desk
from xemogpt.ui.explaining import Studio
from xemogpt.ui.guard import Guard
from xemogpt.ui.playable import Playables
from xemogpt.ui.routes import add_error_pages, annotation_routes

LOOPBACK = ("127.0.0.1", "localhost")
_PREFIX = "xemogpt-ui-"
MEDIA_SUFFIXES = frozenset((".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".wav", ".mp3",
                            ".flac", ".m4a", ".ogg"))  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """What a page offers and where it listens."""

    models: Sequence[str] = ("measured",)
    sets: Sequence[Path] = ()
    annotators: Sequence[str] = ()
    """Who may annotate here; everybody of a set by default."""
    samples: Path | None = None
    """A folder of clips to try; the pulled sample by default."""
    host: str = "127.0.0.1"
    port: int = 7860
    device: str = "cpu"
    max_upload_mb: int = 200
    max_minutes: float = 10.0
    suggestions: bool = True
    encoder: str = "minilm"
    """Matches cues for agreement."""


class Workroom(AbstractContextManager[Path]):
    """A temporary folder of this process; left-overs of processes that are gone are removed."""

    def __enter__(self) -> Path:
        for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            if not _alive(left.name.removeprefix(_PREFIX).partition("-")[0]):
                shutil.rmtree(left, ignore_errors=True)
        self._path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        return self._path

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self._path, ignore_errors=True)


def build_app(settings: Settings, workroom: Path) -> FastAPI:
    """The application, ready to be served.

    Args:
        settings: what it offers.
        workroom: folder for uploads, copies and downloads.

    Raises:
        DatasetError: if a set to be annotated has no plan or no sheets.
        ConfigError: if two sets have the same name.
    """
    os.environ["GRADIO_TEMP_DIR"] = str(workroom / "uploads")
    import gradio as gr

    from xemogpt.ui.page import build_page, sample_names

    studio = Studio(settings.models, device=settings.device, max_minutes=settings.max_minutes)
    desks: dict[str, Desk] = {}
    for folder in settings.sets:
        suggest = studio.measure if settings.suggestions else None
        desk = Desk(folder, suggest, encoder=settings.encoder, only=settings.annotators)
        if desk.name in desks:
            raise ConfigError(f"two sets are called {desk.name!r}; rename one of the folders")
        desks[desk.name] = desk
    for name in ("uploads", "playable", "downloads"):
        (workroom / name).mkdir(parents=True, exist_ok=True)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        for desk in desks.values():
            with suppress(XEmoGPTError):  # what the store holds is safe; the next start tells
                desk.write_sheets()

    app = FastAPI(title="XEmoGPT page", lifespan=lifespan, openapi_url=None, docs_url=None)
    app.include_router(annotation_routes(desks, Playables(workroom / "playable")))
    add_error_pages(app)
    app.add_middleware(Guard)
    if settings.host in LOOPBACK:
        # A page elsewhere whose name is made to mean this computer gets no answer.
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(LOOPBACK))
    page, looks = build_page(
        studio, sample_names(_samples(settings.samples)), workroom / "downloads"
    )
    mounted: FastAPI = gr.mount_gradio_app(
        app,
        page,
        path="/",
        server_name=settings.host,
        server_port=settings.port,
        max_file_size=settings.max_upload_mb * 1_000_000,
        show_error=False,
        ssr_mode=False,
        footer_links=[],
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        **looks,
    )
    return mounted


def serve(settings: Settings, ready: Callable[[str], None] = lambda address: None) -> None:
    """Serve until interrupted; temporary files are removed at the end.

    Args:
        settings: what to offer, and where to listen.
        ready: called with the address once it can be asked for.

    Raises:
        ConfigError: if the port is taken.
    """
    import uvicorn

    with Workroom() as workroom:
        app = build_app(settings, workroom)
        config = uvicorn.Config(
            app, settings.host, settings.port, log_level="warning", timeout_graceful_shutdown=3
        )
        listening = _listen(settings.host, settings.port, config.backlog)
        shown = "localhost" if settings.host in LOOPBACK else settings.host
        ready(f"http://{shown}:{listening.getsockname()[1]}")
        # Once it has shut down, uvicorn passes on the signal that ended it: turned into an
        # exception, it lets the folder be removed.
        signal.signal(signal.SIGTERM, _interrupt)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int, backlog: int) -> socket.socket:
    """A socket on which whoever comes early waits, rather than being refused."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP outright: asyncio turns off Nagle's delay, 40 ms an answer, for no other.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(backlog)
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"cannot listen on {host}, port {port}: {error.strerror or error}; choose another"
            " --host or --port"
        ) from error
    return listening


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _samples(folder: Path | None) -> list[Path]:
    """Clips to try: those of the folder, or the pulled sample, or none."""
    from xemogpt.weights import locate

    if folder is None:
        try:
            folder = locate("samples")
        except XEmoGPTError:
            return []
    elif not folder.is_dir():
        raise ConfigError(f"{folder} is no folder; expected one with clips to try")
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in MEDIA_SUFFIXES)[:8]


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True
