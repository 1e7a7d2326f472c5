"""The application: pages, API and review loop behind one guard; every refusal is one line, as JSON or, for people, as a page."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from contrast.reviews.api import reviews_router
from contrast.reviews.misfits import tell_misfit
from contrast.serving.answers import answer_refused
from contrast.serving.api import api_router
from contrast.serving.description import describe
from contrast.serving.guard import Guard
from contrast.serving.held import HeldBytes
from contrast.serving.kept import KeptReports
from contrast.serving.metrics import Metrics
from contrast.serving.pages import pages_router
from contrast.serving.pending import PendingChecks
from contrast.serving.queue import ModelQueue
from contrast.serving.refusals import NO_ARTICLE, Refusal
from contrast.serving.settings import ServeSettings
from contrast.version import __version__

GONE = 499  # the client went away; nobody reads this


def build_app(settings: ServeSettings, queue: ModelQueue, kept: KeptReports, metrics: Metrics) -> FastAPI:
    """The application over a queue that was started; it ends the queue when it is shut down, after what is running."""
    held = HeldBytes(settings.n_bytes_at_once)
    pending = PendingChecks(queue, kept, held)

    @asynccontextmanager
    async def run(_app: FastAPI) -> AsyncIterator[None]:
        yield
        queue.close()
        await pending.finish()

    app = FastAPI(title="contrast", version=__version__, lifespan=run, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.include_router(api_router(queue, pending, kept, metrics))
    app.include_router(reviews_router(kept.store))
    app.include_router(pages_router(queue, kept))
    app.add_middleware(Guard, settings=settings, metrics=metrics, held=held)
    app.add_exception_handler(Refusal, _refuse)
    app.add_exception_handler(HTTPException, _refuse_as_told)
    app.add_exception_handler(RequestValidationError, _refuse_misfit)
    app.add_exception_handler(ClientDisconnect, _leave)
    app.add_exception_handler(Exception, _fail)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    return app


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return answer_refused(request, error)


async def _refuse_as_told(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    told = "there is nothing at this address; go to the start page" if error.detail == "Not Found" else str(error.detail)
    answer = answer_refused(request, Refusal(error.status_code, told))
    answer.headers.update(error.headers or {})
    return answer


async def _refuse_misfit(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    return answer_refused(request, Refusal(NO_ARTICLE, tell_misfit(first, first["loc"][1:])))


async def _leave(_request: Request, _error: Exception) -> Response:
    return Response(status_code=GONE)


async def _fail(request: Request, error: Exception) -> Response:
    return answer_refused(request, Refusal(500, f"the server failed ({type(error).__name__}); tell those who run it"))
