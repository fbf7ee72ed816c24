"""What every request passes: who asks, how much is sent, and what the answer may load."""

import json

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY = 1_000_000
"""Bytes of a request that uploads no file; a draft with all it may hold is smaller."""
UPLOADS = "/gradio_api/upload"
# Scripts and styles of Gradio and of reports are inline; nothing comes from or goes elsewhere.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self'"
    " 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self'"
    " data:; connect-src 'self' data: blob:; worker-src 'self' blob:; frame-ancestors 'self';"
    " object-src 'none'; base-uri 'self'; form-action 'self'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Guard:
    """Refuses changes asked for by pages of other origins, and bodies larger than any draft.

    Args:
        app: what is guarded. It is plain ASGI, so that answers stream through it untouched.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _refusal(scope)
        if refusal is not None:
            await _answer(send, *refusal)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _refusal(scope: Scope) -> tuple[int, str] | None:
    """Status and reason, or none if the request may pass."""
    if scope["method"] in ("GET", "HEAD", "OPTIONS"):
        return None
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != headers.get("host"):
        return 403, "only this server's own page may do that"
    path: str = scope["path"]
    if path.startswith(UPLOADS):
        return None  # Gradio counts the bytes of uploads as they come
    length = headers.get("content-length", "0" if "transfer-encoding" not in headers else "")
    if not length.isdigit():
        return 411, "say how long the request is (Content-Length)"
    if int(length) > MAX_BODY:
        return 413, f"the request has {length} bytes; expected at most {MAX_BODY}"
    kind = headers.get("content-type", "").partition(";")[0].strip()
    if path.startswith("/annotate") and kind != "application/json":
        return 415, f"expected application/json, got {kind!r}"
    return None


async def _answer(send: Send, status: int, detail: str) -> None:
    content = {"type": "about:blank", "title": "refused", "status": status, "detail": detail}
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(content).encode()})
