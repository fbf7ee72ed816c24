"""``POST /v1/explain``: a clip in, an explanation out, whole or as it is written."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from xemogpt.schema import Explanation
from xemogpt.server.engine import Engine
from xemogpt.server.explaining import (
    Outcomes,
    OwnedStream,
    explain_and_wait,
    explain_events,
    explain_ticket,
)
from xemogpt.server.openapi import problems, upload_body, with_events
from xemogpt.server.uploads import receive

router = APIRouter(tags=["explain"])
Subtitle = Annotated[str | None, Query(description="What is said, with a body of raw bytes.")]
Recognise = Annotated[
    Literal["true", "false", "1", "0"],
    Query(description="Recognise speech if no subtitle is given, with a body of raw bytes."),
]
Name = Annotated[str | None, Query(description="What to call the clip in the result.")]


@router.post(
    "/v1/explain",
    response_model=Explanation,
    responses={
        **problems(400, 408, 413, 415, 422, 429, 503, 507),
        200: with_events({"description": "The explanation."}),
    },
    openapi_extra=upload_body(),
    summary="Explain a clip",
)
async def explain(
    request: Request, subtitle: Subtitle = None, recognise: Recognise = "true", name: Name = None
) -> Response:
    """Send a file as form data or as raw bytes, or a subtitle alone.

    With ``Accept: text/event-stream`` the answer is server-sent events: ``probed``, ``words`` as a
    model writes them, a ``passage`` for each window when it is written, then ``explanation`` or
    ``problem``.
    """
    engine: Engine = request.app.state.engine
    admission = engine.admit()
    try:
        upload = await receive(request, engine)
    except BaseException:
        admission.leave()
        raise
    if "text/event-stream" not in request.headers.get("accept", ""):
        try:
            return JSONResponse(await explain_and_wait(request, upload, engine))
        finally:
            admission.leave()
            engine.scratch.remove(upload.folder)
    ticket = explain_ticket(upload, engine)

    def release() -> None:
        engine.pool.cancel(ticket)
        admission.leave()
        engine.scratch.remove(upload.folder)

    engine.pool.submit(ticket)
    return OwnedStream(explain_events(ticket, Outcomes(upload, engine)), release)
