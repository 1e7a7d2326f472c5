"""The review loop over HTTP: a router that `contrast serve` includes, or any FastAPI application.

Every refusal is {"error": one line}: 404 an article that was not checked, 413 a body too large, 422 a body that does not fit, 503 a
database that does not answer.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from contrast.errors import InputError
from contrast.labels import Relation
from contrast.reviews.marks import Mark, MarkKind, NewMark, Precision, ReviewedPair, ShownRelation, Span
from contrast.reviews.misfits import SHA256, tell_misfit
from contrast.reviews.store import ReviewStore, StoreError, UnknownArticleError

MAX_BODY_BYTES = 16_384
MAX_NAME = 80
MAX_SPEAKER = 300


def _of_plain_characters(name: str) -> str:
    if not name.strip() or not name.isprintable():
        raise ValueError("expected a name of printable characters")
    return name.strip()


Sha256 = Annotated[str, Field(pattern=SHA256, examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])]
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME, examples=["Ada"]), AfterValidator(_of_plain_characters)]
Speaker = Annotated[str, Field(min_length=1, max_length=MAX_SPEAKER), AfterValidator(_of_plain_characters)]
Offset = Annotated[int, Field(strict=True, ge=0, le=100_000_000)]
Probability = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]


class SpanBody(BaseModel):
    """Half-open character offsets of a sentence in the article's text, as a report gives them."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    start: Offset
    end: Offset


class ReviewBody(BaseModel):
    """What a reader says of a pair. `relation` is what the model said; of a missed pair, what the reader says."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    article_sha256: Sha256
    reviewer: Name
    statement: SpanBody
    observation: SpanBody
    relation: ShownRelation
    mark: MarkKind
    probability: Probability | None = Field(default=None, description="The model's; null for a missed pair.")
    correct_relation: Relation | None = Field(default=None, description="With 'wrong': what holds instead (else: neutral).")
    speaker: Speaker | None = Field(default=None, description="Who makes the statement, where the report names nobody or another.")
    model_sha256: Sha256 | None = Field(default=None, description="Which model's report was read (else: the latest check of the article).")

    def as_mark(self) -> NewMark:
        """The body as the store takes it."""
        statement, observation = Span(**self.statement.model_dump()), Span(**self.observation.model_dump())
        return NewMark(**{**self.model_dump(), "statement": statement, "observation": observation})


class ReviewsAnswer(BaseModel):
    """The marked pairs of an article in the order of its text."""

    article_sha256: str
    pairs: list[ReviewedPair]


class RefusedAnswer(BaseModel):
    """Why a request was refused: what came, what was expected, what to do."""

    error: str


REFUSALS: dict[int | str, dict[str, Any]] = {
    404: {"model": RefusedAnswer, "description": "The article was not checked here."},
    413: {"model": RefusedAnswer, "description": "The body is too large."},
    422: {"model": RefusedAnswer, "description": "The request does not fit."},
    503: {"model": RefusedAnswer, "description": "The review store does not answer."},
}


def _refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: REFUSALS[status] for status in statuses}


def reviews_router(store: ReviewStore) -> APIRouter:
    """The routes over a store.

    `POST /v1/reviews`: 201 and the mark as kept. `GET /v1/reviews?article_sha256=`: {"article_sha256", "pairs": [{"article_sha256",
    "statement", "observation", "agreement": right|wrong|missed|disputed|unsure, "relation", "marks": [...]}]}. `GET /v1/reviews/precision`
    (?relation=contradiction|entailment, ?model_sha256=): {"relation", "n_right", "n_wrong", "n_disputed", "n_unsure", "n_missed",
    "precision", "low", "high"}. `article_sha256` is what `store.keep_report` returned: the SHA-256 of the article's text in UTF-8.
    """
    router = APIRouter(prefix="/v1/reviews", tags=["reviews"], route_class=_GuardedRoute)

    @router.post("", status_code=201, responses=REFUSALS)
    def add_review(body: ReviewBody) -> Mark:
        """Keep a mark. It joins earlier ones; the latest of each reviewer on a pair counts."""
        return store.add(body.as_mark())

    @router.get("", responses=_refusals(404, 422, 503))
    def list_reviews(article_sha256: Annotated[Sha256, Query()]) -> ReviewsAnswer:
        """The marks on an article."""
        return ReviewsAnswer(article_sha256=article_sha256, pairs=store.pairs(article_sha256))

    @router.get("/precision", responses=_refusals(422, 503))
    def show_precision(
        relation: Annotated[Literal["contradiction", "entailment"], Query()] = "contradiction",
        model_sha256: Annotated[Sha256 | None, Query()] = None,
    ) -> Precision:
        """How often what was shown is right, by readers who agree."""
        return store.precision(relation, model_sha256=model_sha256)

    return router


class _GuardedRoute(APIRoute):
    """Reads no more of a body than a mark can need, and turns the store's errors into answers."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handle(Request(request.scope, _bounded(request.receive)))
            except UnknownArticleError as error:
                return _refuse(404, str(error))
            except InputError as error:
                return _refuse(422, str(error))
            except StoreError:
                return _refuse(503, "the review store does not answer; nothing was kept; try again")
            except RequestValidationError as error:
                first = error.errors()[0]
                return _refuse(422, tell_misfit(first, first["loc"][1:]))
            except HTTPException as error:
                if error.status_code == 400:  # a body that is not even text
                    return _refuse(422, "the body is not JSON in UTF-8")
                return _refuse(error.status_code, str(error.detail))

        return guarded


def _bounded(receive: Receive) -> Receive:
    n_bytes = 0

    async def receive_bounded() -> Message:
        nonlocal n_bytes
        message = await receive()
        n_bytes += len(message.get("body", b""))
        if n_bytes > MAX_BODY_BYTES:
            raise HTTPException(413, f"body larger than {MAX_BODY_BYTES} bytes; a mark is smaller")
        return message

    return receive_bounded


def _refuse(status: int, line: str) -> Response:
    # Escaped to ASCII: what was sent may hold half a character, which UTF-8 cannot.
    return Response(json.dumps({"error": line}), status_code=status, media_type="application/json")
