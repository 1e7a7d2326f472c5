"""The pages: where a text is pasted, and where its report is read, marked and downloaded. Only progress, filters,
sorting and marks need script."""

import asyncio
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from contrast.rendering.as_json import as_json
from contrast.rendering.carried import Carried
from contrast.rendering.html import TEMPLATES, draw, environment, show
from contrast.reviews.store import text_sha256
from contrast.serving.addresses import ADDRESS, address_of
from contrast.serving.api import answer_to
from contrast.serving.intake import ENDINGS, read_task
from contrast.serving.kept import KeptReports
from contrast.serving.queue import ModelQueue
from contrast.serving.refusals import Refusal
from contrast.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
# The files that a page loads, by name: no other file can be asked for.
ASSETS: dict[str, tuple[Path, str]] = {
    "report.css": (TEMPLATES, "text/css"),
    "report.js": (TEMPLATES, "text/javascript"),
    "page.css": (HERE / "static", "text/css"),
    "start.js": (HERE / "static", "text/javascript"),
    "marks.js": (HERE / "static", "text/javascript"),
    "icon.svg": (HERE / "static", "image/svg+xml"),
}
TITLES = {404: "Nothing is kept here", 413: "Too large", 429: "Too many at once", 503: "Not now"}
_NO_NAME = re.compile(r"[^a-z0-9]+")


def pages_router(queue: ModelQueue, kept: KeptReports) -> APIRouter:
    """The routes of the pages."""
    router = APIRouter(include_in_schema=False)

    async def find(id: str) -> Carried:
        found = await asyncio.to_thread(kept.find, id) if ADDRESS.fullmatch(id) else None
        if found is None:
            raise Refusal(404, "no report is kept at this address, or no longer; check the text again")
        return found

    @router.get("/")
    async def show_start() -> Response:
        return HTMLResponse(draw_start())

    @router.post("/check")
    async def check_without_script(request: Request) -> Response:
        try:
            written = await answer_to(queue, queue.submit(await read_task(request, is_explained=True)), request)
            return RedirectResponse(address_of(await asyncio.to_thread(kept.keep, written)), 303)
        except Refusal as refusal:
            return HTMLResponse(draw_start(str(refusal)), refusal.status, refusal.headers)

    @router.get("/check")
    async def lead_back() -> Response:
        return RedirectResponse("/", 303)

    @router.get("/articles/{id}")
    async def show_article(id: str) -> Response:
        return HTMLResponse(await asyncio.to_thread(draw_article, await find(id)))

    @router.get("/articles/{id}/report.html")
    async def download_page(id: str) -> Response:
        carried = await find(id)
        return Response(await asyncio.to_thread(draw, carried), media_type="text/html", headers=_as_file(carried, ".html"))

    @router.get("/articles/{id}/report.json")
    async def download_json(id: str) -> Response:
        carried = await find(id)
        return Response(as_json(carried.reports), media_type="application/json", headers=_as_file(carried, ".json"))

    @router.get("/static/{name}")
    async def send_asset(name: str) -> Response:
        if name not in ASSETS:
            raise Refusal(404, "no such file")
        content, _ = _asset(name)
        return Response(content, media_type=ASSETS[name][1], headers={"Cache-Control": "public, max-age=31536000, immutable"})

    return router


def draw_start(error: str | None = None) -> str:
    """The page where a text is pasted, with why the last one was refused."""
    return _environment().get_template("start.html.jinja").render(error=error, endings=ENDINGS)


def draw_refusal(status: int, error: str) -> str:
    """The page that says why there is none."""
    title = TITLES.get(status, "That did not work")
    return _environment().get_template("refused.html.jinja").render(status=status, title=title, error=error)


def draw_article(carried: Carried) -> str:
    """The page of a report, with what its script needs to keep marks."""
    report = carried.reports[0]
    page = {
        "article_sha256": text_sha256(report.article.text),
        "sentences": [[sentence.start, sentence.end] for sentence in report.article.sentences],
    }
    template = _environment().get_template("article.html.jinja")
    return template.render(**show(carried), address=address_of(report.article.id), page=page)


def name_of(title: str | None, id: str) -> str:
    """How the files of a report are called: the words of its title, or its id.

    >>> name_of("Mill will stay open, owner says", "f77d5b29795265cd")
    'mill-will-stay-open-owner-says'
    """
    return _NO_NAME.sub("-", (title or "").lower()).strip("-")[:60].strip("-") or id


def _as_file(carried: Carried, ending: str) -> dict[str, str]:
    article = carried.reports[0].article
    return {"Content-Disposition": f'attachment; filename="{name_of(article.title, article.id)}{ending}"'}


@cache
def _asset(name: str) -> tuple[bytes, str]:
    """A file that pages load, and its address, which changes with its content."""
    content = (ASSETS[name][0] / name).read_bytes()
    return content, f"/static/{name}?{hashlib.sha256(content).hexdigest()[:12]}"


@cache
def _environment() -> "Environment":
    from jinja2 import ChoiceLoader, FileSystemLoader

    ours = environment().overlay(loader=ChoiceLoader([FileSystemLoader(HERE / "templates"), FileSystemLoader(TEMPLATES)]))
    ours.globals = {**ours.globals, "asset": lambda name: _asset(name)[1], "version": __version__}
    return ours
