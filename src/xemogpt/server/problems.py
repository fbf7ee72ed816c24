"""Errors on the wire: problem+json (RFC 9457) for everything that goes wrong."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException

LOG = logging.getLogger("xemogpt.server")
MEDIA_TYPE = "application/problem+json"

STATUS = {
    "media": 422,
    "config": 422,
    "dataset": 422,
    "too-long": 413,
    "too-many-pixels": 413,
    "too-slow": 422,
    "too-heavy": 422,
    "crashed": 422,
    "context": 422,
    "busy": 503,
    "stopping": 503,
    "cancelled": 409,
    "internal": 500,
}
"""Kind of failure of a worker -> HTTP status. What a client's media cause is 4xx."""


class ProblemBody(BaseModel):
    """RFC 9457. ``error`` repeats it in the form that OpenAI clients look for."""

    model_config = ConfigDict(extra="allow")
    type: str
    title: str
    status: int
    detail: str
    error: dict[str, Any] | None = None


class Problem(Exception):
    """An answer that is an error.

    Args:
        status: HTTP status.
        kind: a stable name for programs; ``type`` is ``urn:xemogpt:problem:`` and this.
        detail: what was given, what was expected, what to do.
        headers: such as ``Retry-After``.
    """

    def __init__(
        self, status: int, kind: str, detail: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail = status, kind, detail
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """The JSON object."""
        return {
            "type": f"urn:xemogpt:problem:{self.kind}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "error": {
                "message": self.detail,
                "type": "server_error" if self.status >= 500 else "invalid_request_error",
                "code": self.kind,
                "param": None,
            },
        }

    def response(self) -> JSONResponse:
        """The answer."""
        return JSONResponse(self.body(), self.status, self.headers, MEDIA_TYPE)


def failure(kind: str, detail: str) -> Problem:
    """The problem of a failed piece of work."""
    headers = {"Retry-After": "10"} if kind in ("busy", "stopping") else {}
    return Problem(STATUS.get(kind, 500), kind, detail, headers)


def invalid(error: ValidationError | RequestValidationError) -> Problem:
    """What is wrong with a body or a parameter, field by field."""
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return Problem(400, "not-json", f"the body is not JSON: {faults[0]['msg']}")
    told = "; ".join(
        f"{'.'.join(str(part) for part in fault['loc']) or 'body'}: {fault['msg']}"
        for fault in faults[:10]
    )
    return Problem(422, "invalid", told[:2000])


def install(app: FastAPI) -> None:
    """Make every error of ``app`` a problem."""

    async def on_problem(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return error.response()

    async def on_http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        kind = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        detail = str(error.detail)
        if error.status_code == 404:
            detail = f"there is nothing at {request.url.path[:200]}; see /docs"
        return Problem(error.status_code, kind, detail, dict(error.headers or {})).response()

    async def on_invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return invalid(error).response()

    async def on_bug(request: Request, error: Exception) -> JSONResponse:
        LOG.exception("a bug", exc_info=error)
        return Problem(500, "internal", "an error of the server; its log says more").response()

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_bug)
