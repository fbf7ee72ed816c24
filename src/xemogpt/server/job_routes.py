"""``/v1/jobs``: long clips, explained while nobody waits."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from xemogpt.schema import Explanation
from xemogpt.server.engine import Engine
from xemogpt.server.explain_routes import Name, Recognise, Subtitle
from xemogpt.server.jobs import cancel_job, start_job
from xemogpt.server.openapi import problems, upload_body
from xemogpt.server.problems import Problem, ProblemBody
from xemogpt.server.uploads import receive

router = APIRouter(tags=["jobs"])
JobId = Annotated[str, Path(description="As given when the job was made.", max_length=64)]


class Job(BaseModel):
    """A job and how far it is. Times of day are Unix seconds, places in the media seconds."""

    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
    """``interrupted``: the server ended before the job did; send the clip again."""
    media: str
    created: float
    started: float | None
    finished: float | None
    duration_s: float | None
    reached_s: float
    """So much of the media is explained."""
    problem: ProblemBody | None
    """Why it failed."""


class Jobs(BaseModel):
    """Newest first."""

    jobs: list[Job]


@router.post(
    "/v1/jobs",
    status_code=202,
    response_model=Job,
    responses=problems(400, 408, 413, 415, 422, 429, 503, 507),
    openapi_extra=upload_body(),
    summary="Explain a long clip",
)
async def create(
    request: Request,
    response: Response,
    subtitle: Subtitle = None,
    recognise: Recognise = "true",
    name: Name = None,
) -> dict[str, Any]:
    """The same body as ``/v1/explain``; the answer is a job to ask after."""
    engine: Engine = request.app.state.engine
    most = engine.settings.limits.pending_jobs
    admission = engine.admit()
    try:
        if engine.jobs.num_open() >= most:
            detail = f"{most} jobs are open already; wait for one, or cancel one"
            raise Problem(429, "too-many-jobs", detail, {"Retry-After": "60"})
        upload = await receive(request, engine)
    finally:
        admission.leave()
    job = start_job(engine, upload, request.state.owner)
    response.headers["Location"] = f"/v1/jobs/{job['id']}"
    return job


@router.get("/v1/jobs", response_model=Jobs, responses=problems(422), summary="The latest jobs")
async def latest(
    request: Request, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> dict[str, Any]:
    """Jobs made with the same token."""
    return {"jobs": request.app.state.engine.jobs.latest(request.state.owner, limit)}


@router.get("/v1/jobs/{id}", response_model=Job, responses=problems(404, 422), summary="One job")
async def status(request: Request, id: JobId) -> dict[str, Any]:
    """Its state, and how far it is."""
    return _found(request, id)


@router.post(
    "/v1/jobs/{id}/cancel",
    response_model=Job,
    responses=problems(404, 422),
    summary="Cancel a job",
)
async def cancel(request: Request, id: JobId) -> dict[str, Any]:
    """Stop it if it has not ended; a job that has ended stays as it is."""
    _found(request, id)
    cancel_job(request.app.state.engine, id)
    return _found(request, id)


@router.delete(
    "/v1/jobs/{id}", status_code=204, responses=problems(404, 422), summary="Forget a job"
)
async def delete(request: Request, id: JobId) -> None:
    """Cancel it if need be, and remove it with its result."""
    _found(request, id)
    cancel_job(request.app.state.engine, id)
    request.app.state.engine.jobs.delete(id, request.state.owner)


@router.get(
    "/v1/jobs/{id}/result",
    response_model=Explanation,
    responses=problems(404, 409, 422),
    summary="The explanation",
)
async def result(request: Request, id: JobId) -> Response:
    """The explanation of a job that is done; 409 for any other."""
    job = _found(request, id)
    explanation = request.app.state.engine.jobs.result(id, request.state.owner)
    if explanation is None:
        raise Problem(409, "no-result", f"the job is {job['state']}; only one done has a result")
    return Response(explanation, media_type="application/json")


def _found(request: Request, id: str) -> dict[str, Any]:
    job: dict[str, Any] | None = request.app.state.engine.jobs.get(id, request.state.owner)
    if job is None:
        raise Problem(404, "no-such-job", "there is no job of this id; it may have been forgotten")
    return job
