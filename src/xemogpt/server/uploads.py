"""Receiving clips: streamed into a private folder under names that no client chose."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from xemogpt.server.engine import Engine
from xemogpt.server.formparts import FormParts
from xemogpt.server.problems import Problem

_RAW = re.compile(r"(video|audio|image)/[\w.+-]+|application/(octet-stream|mp4|ogg|mxf)")
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


@dataclass
class Upload:
    """What a client sent, in a folder of its own."""

    folder: Path
    media: Path | None = None
    audio: Path | None = None
    subtitle: str | None = None
    recognise: bool = True
    name: str = "(text)"
    """What to call the clip in results: from the client, and used for nothing else."""


def shown_name(name: str | None) -> str:
    """A client's file name as it may be shown: the last part, printable, not long.

    >>> shown_name("../../etc/passwd")
    'passwd'
    """
    last = re.split(r"[/\\]", name or "")[-1]
    return "".join(c for c in last if c.isprintable()).strip()[:200] or "upload"


async def receive(request: Request, engine: Engine) -> Upload:
    """Receive the body of a request, multipart or raw bytes.

    The caller removes ``folder`` when done; after an error there is nothing to remove.

    Raises:
        Problem: if it is too large, too slow, of another type or malformed; or the disk is full.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    is_form = kind == b"multipart/form-data"
    if not is_form and not _RAW.fullmatch(kind.decode("latin-1")):
        raise Problem(
            415,
            "wrong-type",
            f"the content type is {kind.decode('latin-1')[:100]!r}; expected multipart/form-data"
            " with a part named file, or the bytes themselves as video/*, audio/*, image/* or"
            " application/octet-stream",
        )
    folder = new_folder(engine)
    upload = Upload(folder)
    try:
        async with asyncio.timeout(engine.settings.limits.upload_s):
            if is_form:
                await _receive_form(request, engine, upload, options.get(b"boundary", b""))
            else:
                await _receive_raw(request, engine, upload)
        _check(upload, engine)
    except TimeoutError:
        engine.scratch.remove(folder)
        raise Problem(408, "slow-upload", "the upload took too long; send it faster") from None
    except OSError as error:
        engine.scratch.remove(folder)
        raise disk_full() from error
    except BaseException:
        engine.scratch.remove(folder)
        raise
    return upload


def new_folder(engine: Engine) -> Path:
    """A folder for an upload.

    Raises:
        Problem: if the disk is full.
    """
    try:
        return engine.scratch.new()
    except OSError as error:
        raise disk_full() from error


def disk_full() -> Problem:
    """What to answer when the server's disk takes no more."""
    detail = "the server has no room for the upload; try again later"
    return Problem(507, "disk-full", detail, {"Retry-After": "60"})


async def body_of(request: Request, engine: Engine, limit: int) -> AsyncIterator[bytes]:
    """The body in pieces, counted.

    Raises:
        Problem: if it is larger than ``limit`` or compressed, or the client is gone.
    """
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "compressed", "the body is compressed; send it as it is")
    too_large = Problem(
        413, "too-large", f"the body is larger than the limit of {limit / 1e6:g} MB"
    )
    stated = request.headers.get("content-length", "")
    if stated.isdigit() and int(stated) > limit:
        raise too_large
    received = 0
    try:
        async for chunk in request.stream():
            received += len(chunk)
            if received > limit:
                raise too_large
            yield chunk
    except ClientDisconnect:
        raise Problem(400, "gone", "the client went away during the upload") from None
    finally:
        engine.gauges.uploaded.inc(received)


async def _receive_raw(request: Request, engine: Engine, upload: Upload) -> None:
    limits = engine.settings.limits
    upload.media = upload.folder / "media"
    upload.name = shown_name(request.query_params.get("name"))
    upload.subtitle = request.query_params.get("subtitle")
    upload.recognise = _truth(request.query_params.get("recognise", "true"))
    with upload.media.open("xb") as file:
        async for chunk in body_of(request, engine, limits.upload_bytes):
            file.write(chunk)


async def _receive_form(request: Request, engine: Engine, upload: Upload, boundary: bytes) -> None:
    limits = engine.settings.limits
    if not 1 <= len(boundary) <= 200:
        raise Problem(400, "malformed", "multipart/form-data without a boundary")
    parts = FormParts(upload.folder, max_field_bytes=4 * limits.words)
    try:
        # The library types its callbacks as a TypedDict; ours are bound methods of one object.
        parser = MultipartParser(boundary, parts.callbacks())  # type: ignore[arg-type]
        async for chunk in body_of(request, engine, limits.upload_bytes):
            parser.write(chunk)
        parser.finalize()
    except ValueError as error:
        raise Problem(400, "malformed", f"broken multipart/form-data: {error}"[:300]) from error
    finally:
        parts.close()
    if not parts.is_complete:
        raise Problem(400, "malformed", "the multipart/form-data ends before its last boundary")
    upload.media, upload.audio = parts.files.get("file"), parts.files.get("audio")
    if upload.media is None and upload.audio is not None:
        upload.media, upload.audio = upload.audio, None
    if upload.media is not None:
        upload.name = shown_name(parts.names.get("file") or parts.names.get("audio"))
    upload.subtitle = parts.texts.get("subtitle")
    upload.recognise = _truth(parts.texts.get("recognise", "true"))


def _truth(value: str) -> bool:
    if value.lower() not in _TRUTHS:
        raise Problem(422, "invalid", f"recognise is {value[:50]!r}; expected true or false")
    return _TRUTHS[value.lower()]


def _check(upload: Upload, engine: Engine) -> None:
    limit = engine.settings.limits.words
    if upload.subtitle is not None and len(upload.subtitle) > limit:
        raise Problem(422, "invalid", f"subtitle has more than {limit} characters; shorten it")
    if upload.subtitle is not None and not upload.subtitle.strip():
        upload.subtitle = None
    for path in (upload.media, upload.audio):
        if path is not None and path.stat().st_size == 0:
            raise Problem(422, "media", "the file is empty (0 bytes); send it again")
    if upload.media is None and upload.subtitle is None:
        raise Problem(422, "invalid", "nothing to explain: send a part file, subtitle, or both")
