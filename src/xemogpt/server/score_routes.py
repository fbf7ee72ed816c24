"""``POST /v1/score``: predicted cues against annotated ones."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from xemogpt.server.chat_routes import read_json
from xemogpt.server.engine import Engine
from xemogpt.server.openapi import json_body, problems
from xemogpt.server.problems import Problem

router = APIRouter(tags=["score"])
_Text = Annotated[str, Field(min_length=1, max_length=2000)]
_Cues = Annotated[list[_Text], Field(max_length=200)]


class CueLists(BaseModel):
    """Cues of one sample, as ``xemogpt score`` reads them."""

    model_config = ConfigDict(extra="forbid")
    visual: _Cues | None = None
    auditory: _Cues | None = None
    emotional: _Cues | None = None


_Sample = CueLists | Annotated[str, Field(min_length=1, max_length=20_000)]
_Samples = Annotated[dict[str, _Sample], Field(min_length=1)]


class ScoreRequest(BaseModel):
    """Samples by id: lists of cues, or a free text whose cues are extracted."""

    model_config = ConfigDict(extra="forbid")
    predictions: _Samples
    references: _Samples
    protocol: Literal["strict", "reference"] = "strict"
    baselines: bool = False
    """Whether to score answers that cheat too; it takes longer."""
    seed: int = Field(default=0, ge=0, le=2**31 - 1)


class ScoreResponse(BaseModel):
    """The object of ``xemogpt score --json`` (docs/emocue360.md)."""

    model_config = ConfigDict(extra="allow")
    protocol: str
    counts: dict[str, Any]


@router.post(
    "/v1/score",
    response_model=ScoreResponse,
    responses=problems(400, 408, 413, 415, 422, 429, 503),
    openapi_extra=json_body(ScoreRequest),
    summary="Score explanations",
)
async def score(request: Request) -> dict[str, Any]:
    """EmoCue-360 of predictions against references."""
    engine: Engine = request.app.state.engine
    admission = engine.admit()
    try:
        asked = await read_json(request, engine, ScoreRequest)
        most = engine.settings.limits.samples
        if max(len(asked.predictions), len(asked.references)) > most:
            raise Problem(413, "too-large", f"more than {most} samples; use xemogpt score")
        return await engine.score(asked.model_dump(exclude_none=True))
    finally:
        admission.leave()
