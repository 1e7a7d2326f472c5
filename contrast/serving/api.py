"""The JSON API: check, compare, checks with progress, health and metrics. Every refusal is {"error": one line}."""

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contrast.labels import Relation
from contrast.reviews.api import RefusedAnswer
from contrast.serving.addresses import address_of
from contrast.serving.intake import CheckBody, CompareBody, read_pair, read_task
from contrast.serving.kept import KeptReports
from contrast.serving.metrics import MEDIA_TYPE, Metrics
from contrast.serving.pending import PendingAnswer, PendingChecks
from contrast.serving.queue import Job, ModelQueue
from contrast.serving.refusals import Refusal
from contrast.version import __version__


class CompareAnswer(BaseModel):
    """The judgement of a pair: calibrated probabilities that add up to 1, and the likeliest relation."""

    relation: Relation
    entailment: float
    neutral: float
    contradiction: float


class HealthAnswer(BaseModel):
    """Whether the server takes texts, by which model, and how many wait."""

    status: str
    version: str
    model: str
    model_sha256: str
    n_waiting: int


REASONS = {
    403: "Meant for another server, or sent by a page of another site.",
    404: "There is no such thing.",
    408: "The body came too slowly.",
    413: "Too large.",
    415: "Of a content type that is not read.",
    422: "Not what was expected, or no article in it.",
    429: "Too many texts are waiting; try again after Retry-After seconds.",
    500: "The check failed.",
    503: "Not now: the server is stopping, or the check took too long.",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route, as FastAPI describes them."""
    return {status: {"model": RefusedAnswer, "description": REASONS[status]} for status in statuses}


_FORM = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "text": {"type": "string", "description": "A plain text."},
        "file": {
            "type": "string",
            "format": "binary",
            "description": "A .txt, .html, .md, .pdf or .docx file, or a .jsonl file of one article, instead of a text.",
        },
    },
}
CHECK_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": CheckBody.model_json_schema()}, "multipart/form-data": {"schema": _FORM}},
    }
}
COMPARE_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": CompareBody.model_json_schema()}}}
}
INTAKE = (403, 408, 413, 415, 422, 429, 500, 503)


def api_router(queue: ModelQueue, pending: PendingChecks, kept: KeptReports, metrics: Metrics) -> APIRouter:
    """The routes of the API."""
    router = APIRouter()

    @router.post("/v1/check", openapi_extra=CHECK_BODY, responses=refusals(*INTAKE), tags=["check"])
    async def check(
        request: Request,
        all_pairs: Annotated[bool, Query(description="Include every scored pair.")] = False,
        explain: Annotated[bool, Query(description="Tell why contrasts were flagged; takes longer.")] = False,
        keep: Annotated[bool, Query(description="Keep the report, explained; the header Location tells its address.")] = False,
    ) -> Response:
        """Check an article; the answer is that of contrast check --format json."""
        written = await answer_to(queue, queue.submit(await read_task(request, is_explained=explain or keep)), request)
        headers = {"Location": address_of(await asyncio.to_thread(kept.keep, written))} if keep else {}
        content = await asyncio.to_thread(_report_of, written, all_pairs)
        return Response(content, media_type="application/json", headers=headers)

    @router.post("/v1/compare", openapi_extra=COMPARE_BODY, responses=refusals(*INTAKE), tags=["check"])
    async def compare(request: Request) -> CompareAnswer:
        """Judge one pair: entailment, neutral or contradiction."""
        task = await read_pair(request)
        return CompareAnswer.model_validate_json(await answer_to(queue, queue.submit(task), request))

    @router.post("/v1/checks", status_code=202, openapi_extra=CHECK_BODY, responses=refusals(*INTAKE), tags=["check"])
    async def start_check(request: Request) -> PendingAnswer:
        """Start a check and come back for it; its report, explained, is kept."""
        return pending.start(await read_task(request, is_explained=True))

    @router.get("/v1/checks/{id}", responses=refusals(403, 404), tags=["check"])
    async def ask_check(id: str) -> PendingAnswer:
        """How a check stands."""
        return _known(pending.ask(id))

    @router.delete("/v1/checks/{id}", responses=refusals(403, 404), tags=["check"])
    async def give_up_check(id: str) -> PendingAnswer:
        """Stop a check."""
        return _known(pending.give_up(id))

    @router.get("/healthz", responses={503: {"model": HealthAnswer, "description": "No text is taken now."}}, tags=["watch"])
    async def tell_health() -> HealthAnswer:
        """Whether texts are taken."""
        model = queue.model
        answer = HealthAnswer(
            status="ok" if queue.is_ready else "not ready",
            version=__version__,
            model=model.name if model else "",
            model_sha256=model.sha256 if model else "",
            n_waiting=queue.n_waiting,
        )
        return answer if queue.is_ready else JSONResponse(answer.model_dump(), 503, {"Retry-After": "5"})  # type: ignore[return-value]

    router.head("/healthz", include_in_schema=False)(tell_health)

    @router.get("/metrics", tags=["watch"], response_class=Response)
    async def tell_metrics() -> Response:
        """Counts for Prometheus."""
        return Response(metrics.as_text(), media_type=MEDIA_TYPE)

    return router


async def answer_to(queue: ModelQueue, job: Job, request: Request) -> str:
    """The answer to a job; gives it up when the client goes away. Raises Refusal."""
    answer = asyncio.wrap_future(job.future)
    leaving = asyncio.create_task(_leave(request))
    both: set[asyncio.Future[Any]] = {answer, leaving}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            queue.give_up(job)
        return await answer
    finally:
        leaving.cancel()


async def _leave(request: Request) -> None:
    """Returns when the client has gone away; the body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _known(answer: PendingAnswer | None) -> PendingAnswer:
    if answer is None:
        raise Refusal(404, "no such check, or it ended long ago; send the text again")
    return answer


def _report_of(written: str, has_all_pairs: bool) -> str:
    """The report in what a page carries."""
    report = json.loads(written)["articles"][0]["report"]
    if not has_all_pairs:
        del report["pairs"]
    return json.dumps(report, ensure_ascii=False)
