"""What every request passes: who asks, from where; and what is counted of it."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Sequence
from contextlib import suppress

from fastapi.responses import Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from xemogpt.server.gauges import Gauges
from xemogpt.server.problems import Problem

OPEN_PATHS = ("/healthz", "/docs", "/openapi.json")
"""Answered without a token: they tell nothing of anyone."""
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ANYONE = "anyone"
_LINGER_BYTES = 16_000_000
_LINGER_S = 2.0


class Gate:
    """Asks for a token, refuses other sites' pages, and counts.

    Plain ASGI, so that answers stream through it and bodies are not held.

    Args:
        app: what is guarded.
        tokens: any of them opens it; if there are none, everyone on this machine may ask.
        gauges: what is counted.
    """

    def __init__(self, app: ASGIApp, tokens: Sequence[str], gauges: Gauges) -> None:
        self._app, self._gauges = app, gauges
        self._digests = [_digest(token) for token in tokens]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 499
        body = _Body(scope, receive)

        async def counting_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if not await body.is_read():
                    # Else the rest, be it endless, would be read to find the next request.
                    message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        try:
            refusal = self._refusal(scope)
            handler: ASGIApp = self._app if refusal is None else refusal
            await handler(scope, body, counting_send)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._gauges.requests.labels(route, method, str(status)).inc()
            self._gauges.request_seconds.labels(route).observe(time.perf_counter() - started)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        scope.setdefault("state", {})["owner"] = ANYONE
        if scope["path"] in OPEN_PATHS:
            return None
        if not self._digests:
            # Without tokens, a page of another site in a browser on this machine could ask.
            origin = headers.get("origin")
            if origin is not None and origin.partition("://")[2] != headers.get("host"):
                return Problem(403, "other-origin", "pages of other sites may not ask").response()
            return None
        scheme, _, token = headers.get("authorization", "").partition(" ")
        given = _digest(token.strip())
        # Every token is compared, and in constant time: the time taken tells nothing.
        found = [hmac.compare_digest(given, digest) for digest in self._digests]
        if scheme.lower() != "bearer" or not any(found):
            detail = "the token is wrong" if token else "a token is needed: Authorization: Bearer …"
            headers_out = {"WWW-Authenticate": 'Bearer realm="xemogpt"'}
            return Problem(401, "token", detail, headers_out).response()
        # Jobs belong to the token that made them.
        scope["state"]["owner"] = given.hex()[:32]
        return None


class _Body:
    """The body of a request, and whether all of it was read."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        self._receive = receive
        self._is_read = length == "0" and "transfer-encoding" not in headers
        # A client that waits for a go-ahead has sent nothing, and should not begin to.
        self._may_linger = "expect" not in headers

    async def __call__(self) -> Message:
        """The next message, as the application asks for it."""
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self._is_read = True
        return message

    async def is_read(self) -> bool:
        """Whether nothing is left; a small rest is read away.

        A client that still sends might never see the answer otherwise.
        """
        left = _LINGER_BYTES if self._may_linger else 0
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_S):
                while not self._is_read and left > 0:
                    left -= len((await self()).get("body", b""))
        return self._is_read


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
