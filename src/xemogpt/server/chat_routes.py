"""``/v1/chat/completions`` and ``/v1/models``: for clients that speak the OpenAI form."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ValidationError

from xemogpt.server.chat import Answer, ChatRequest, Choice, Completion, asked, said, write_media
from xemogpt.server.engine import Engine
from xemogpt.server.explaining import (
    Outcomes,
    OwnedStream,
    beating,
    explain_and_wait,
    explain_ticket,
    server_sent,
)
from xemogpt.server.openapi import json_body, problems, with_events
from xemogpt.server.problems import Problem, invalid
from xemogpt.server.ticket import Ticket
from xemogpt.server.uploads import Upload, body_of, disk_full, new_folder

router = APIRouter(tags=["OpenAI form"])
_Model = TypeVar("_Model", bound=BaseModel)


class ModelCard(BaseModel):
    """A model that may be named."""

    id: str
    object: str = "model"
    created: int = 0
    owned_by: str = "xemogpt"


class Models(BaseModel):
    """All of them; there is one."""

    object: str = "list"
    data: list[ModelCard]


@router.get("/v1/models", response_model=Models, responses=problems(422), summary="The model")
async def models(request: Request) -> dict[str, Any]:
    """What to give as ``model``."""
    return {"data": [{"id": request.app.state.engine.settings.model_id}]}


@router.post(
    "/v1/chat/completions",
    response_model=Completion,
    responses={
        **problems(400, 404, 408, 413, 415, 422, 429, 503, 507),
        200: with_events({"description": "The answer."}),
    },
    openapi_extra=json_body(ChatRequest),
    summary="Explain in a chat",
)
async def completions(request: Request) -> Response:
    """The last message of the user holds a ``video_url`` (a data URL), an ``input_audio``, or both.

    What is said may be given as ``subtitle`` or as a text part ``Subtitle: …``. With ``stream`` the
    answer comes as chunks, one for each window.
    """
    engine: Engine = request.app.state.engine
    admission = engine.admit()
    try:
        upload, chat = await _receive(request, engine)
    except BaseException:
        admission.leave()
        raise
    answer_id, created = f"chatcmpl-{secrets.token_hex(12)}", int(time.time())
    if not chat.stream:
        try:
            explanation = await explain_and_wait(request, upload, engine)
        finally:
            admission.leave()
            engine.scratch.remove(upload.folder)
        completion = Completion(
            id=answer_id,
            created=created,
            model=chat.model,
            choices=[Choice(message=Answer(content=explanation["text"]))],
            explanation=explanation,
        )
        return JSONResponse(completion.model_dump())
    ticket = explain_ticket(upload, engine)

    def release() -> None:
        engine.pool.cancel(ticket)
        admission.leave()
        engine.scratch.remove(upload.folder)

    engine.pool.submit(ticket)
    frame = {
        "id": answer_id, "object": "chat.completion.chunk", "created": created, "model": chat.model,
    }  # fmt: skip
    return OwnedStream(_chunks(ticket, Outcomes(upload, engine), frame), release)


async def _chunks(ticket: Ticket, outcomes: Outcomes, frame: dict[str, Any]) -> AsyncIterator[str]:
    """Chunks in the OpenAI form; the last one before the end carries the explanation."""

    def chunk(delta: dict[str, str], reason: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return server_sent(None, {**frame, "choices": [choice], **more})

    yield chunk({"role": "assistant", "content": ""})
    gap, said = "", ""
    async for event in beating(ticket):
        if event is None:
            yield ": still at work\n\n"
        elif event["event"] == "words":
            yield chunk({"content": ("" if said else gap) + event["text"]})
            said += event["text"]
        elif event["event"] == "passage":
            rest = event["text"].removeprefix(said)
            if rest:
                yield chunk({"content": ("" if said else gap) + rest})
            gap, said = "\n\n", ""
        elif event["event"] == "done":
            yield chunk({}, "stop", explanation=outcomes.result(event["result"]))
        elif event["event"] == "failed":
            yield server_sent(None, outcomes.problem(event).body())
    yield server_sent(None, "[DONE]")


async def _receive(request: Request, engine: Engine) -> tuple[Upload, ChatRequest]:
    chat = await read_json(request, engine, ChatRequest)
    settings = engine.settings
    if chat.model != settings.model_id:
        detail = f"there is no model {chat.model[:100]!r} here; expected {settings.model_id!r}"
        raise Problem(404, "model_not_found", detail)
    parts, words = asked(chat)
    upload = Upload(new_folder(engine), recognise=chat.recognise)
    try:
        upload.media, upload.audio = await asyncio.to_thread(write_media, parts, upload.folder)
        upload.subtitle = said(chat, words, upload.media is not None)
        if upload.media is not None:
            upload.name = "upload"
        if upload.subtitle is not None and not upload.subtitle.strip():
            upload.subtitle = None
        if upload.media is None and upload.subtitle is None:
            raise Problem(422, "invalid", "nothing to explain: send a clip or words")
        if len(upload.subtitle or "") > settings.limits.words:
            raise Problem(422, "invalid", f"more than {settings.limits.words} characters of words")
    except OSError as error:
        engine.scratch.remove(upload.folder)
        raise disk_full() from error
    except BaseException:
        engine.scratch.remove(upload.folder)
        raise
    return upload, chat


async def read_json(request: Request, engine: Engine, model: type[_Model]) -> _Model:
    """A JSON body within the limit, checked.

    Raises:
        Problem: if it is no JSON, of another form, or too large.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(415, "wrong-type", f"expected application/json, got {kind[:100]!r}")
    limits = engine.settings.limits
    try:
        async with asyncio.timeout(limits.upload_s):
            body = b"".join([c async for c in body_of(request, engine, limits.inline_bytes)])
    except TimeoutError:
        raise Problem(408, "slow-upload", "the body took too long; send it faster") from None
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise invalid(error) from error
