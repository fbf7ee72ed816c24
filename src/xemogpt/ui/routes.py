"""The annotation page and the requests it makes. Clients name sets, people and places, no files."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Literal

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import Field

from xemogpt.errors import OutputError, UnknownNameError, XEmoGPTError
from xemogpt.schema import Record
from xemogpt.ui.desk import Desk, Suggestion, Task, View
from xemogpt.ui.drafts import Draft
from xemogpt.ui.playable import Playables
from xemogpt.ui.store import StaleRevisionError

_STATIC = {
    "annotate.html": "text/html",
    "annotate.css": "text/css",
    "annotate.js": "text/javascript",
}


class Change(Record):
    """A draft as the page has it, and the revision that it changed."""

    seen: int = Field(ge=0)
    draft: Draft


class Wish(Record):
    """What an export does with cues that only one annotator gave and nobody decided on."""

    keep: Literal["all", "none"] | None = None


def annotation_routes(desks: Mapping[str, Desk], playables: Playables) -> APIRouter:
    """Routes below ``/annotate``.

    Args:
        desks: the sets that may be annotated, by name.
        playables: makes copies that a browser can play.
    """
    router = APIRouter(prefix="/annotate", include_in_schema=False)

    def desk(name: str) -> Desk:
        if name not in desks:
            raise UnknownNameError(f"no set {name!r} is open for annotation here")
        return desks[name]

    @router.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in _STATIC:
            raise UnknownNameError("there is no such file")
        text = files("xemogpt.ui").joinpath("static", name).read_text(encoding="utf-8")
        return Response(text, media_type=_STATIC[name])

    @router.get("/sets")
    def sets() -> list[dict[str, Any]]:
        return [
            {"name": name, "annotators": found.admitted, "num_clips": len(found.plan.clips),
             "suggestions": found.can_suggest}
            for name, found in desks.items()
        ]  # fmt: skip

    @router.get("/sets/{name}/people/{annotator}")
    def tasks(name: str, annotator: str) -> dict[str, Any]:
        found, current = desk(name).tasks(annotator)
        shown: list[Task] = found
        return {"tasks": shown, "current": current}

    @router.get("/sets/{name}/people/{annotator}/clips/{index}")
    def view(name: str, annotator: str, index: int) -> View:
        return desk(name).view(annotator, index)

    @router.put("/sets/{name}/people/{annotator}/clips/{index}")
    def save(name: str, annotator: str, index: int, change: Change) -> dict[str, Any]:
        return desk(name).save(annotator, index, change.draft, change.seen)

    @router.get("/sets/{name}/people/{annotator}/clips/{index}/suggestions")
    def suggestions(name: str, annotator: str, index: int) -> Suggestion:
        return desk(name).suggestions(annotator, index)

    @router.get("/sets/{name}/people/{annotator}/clips/{index}/media")
    def media(name: str, annotator: str, index: int) -> FileResponse:
        found = desk(name)
        clip = found.clip(annotator, index)
        path, mime = playables.copy_of(found.media(clip), clip.media_sha256)
        return FileResponse(path, media_type=mime)

    @router.get("/sets/{name}/progress")
    def progress(name: str) -> dict[str, dict[str, int]]:
        return desk(name).progress()

    @router.post("/sets/{name}/agreement")
    def agreement(name: str) -> dict[str, Any]:
        return desk(name).agreement()

    @router.post("/sets/{name}/export")
    def export(name: str, wish: Wish) -> dict[str, Any]:
        return desk(name).export(wish.keep)

    return router


def add_error_pages(app: FastAPI) -> None:
    """Answer errors that a user can cause as problem+json, without a traceback."""

    @app.exception_handler(StaleRevisionError)
    def stale(request: Request, error: Exception) -> JSONResponse:
        return _problem(409, "changed in another window", str(error))

    @app.exception_handler(XEmoGPTError)
    def ours(request: Request, error: Exception) -> JSONResponse:
        status = 404 if isinstance(error, UnknownNameError) else 422
        status = 507 if isinstance(error, OutputError) else status
        return _problem(status, type(error).__name__, str(error))


def _problem(status: int, title: str, detail: str) -> JSONResponse:
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(content, status, media_type="application/problem+json")
