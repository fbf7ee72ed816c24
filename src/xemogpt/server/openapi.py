"""What the OpenAPI document says of bodies that handlers read for themselves."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from xemogpt import __version__
from xemogpt.server.formparts import form_schema
from xemogpt.server.problems import MEDIA_TYPE

_TEMPLATE = "#/components/schemas/{model}"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_EVENTS = {"schema": {"type": "string", "description": "Server-sent events."}}
_ABOUT = (
    "Names the emotion expressed in a clip and the cues that speak for it, with their times."
    " Results speak of what is expressed, not of what is felt."
)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Responses of an operation that are problem+json; 401, 403 and 500 are always among them."""
    schema = {"$ref": _TEMPLATE.format(model="ProblemBody")}
    return {
        status: {
            "description": "A problem (RFC 9457).",
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in sorted({401, 403, 500, *statuses})
    }


def upload_body() -> dict[str, Any]:
    """The body of an operation that takes a clip."""
    raw = {name: _BINARY for name in ("application/octet-stream", "video/mp4", "audio/wav")}
    content = {"multipart/form-data": {"schema": form_schema()}, **raw}
    return {"requestBody": {"required": True, "content": content}}


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """The body of an operation that takes JSON."""
    schema = {"$ref": _TEMPLATE.format(model=model.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def with_events(status: dict[str, Any]) -> dict[str, Any]:
    """A response that may be server-sent events too."""
    return {**status, "content": {"text/event-stream": _EVENTS}}


def describe(app: FastAPI, *models: type[BaseModel]) -> None:
    """Make ``app.openapi`` give the document, with the schemas of ``models`` in it."""

    def made() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title="XEmoGPT", version=__version__, description=_ABOUT, routes=app.routes
            )
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            for model in models:
                schema = model.model_json_schema(ref_template=_TEMPLATE)
                schemas.update(schema.pop("$defs", {}))
                schemas[model.__name__] = schema
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = made  # type: ignore[method-assign]  # FastAPI's documented way
