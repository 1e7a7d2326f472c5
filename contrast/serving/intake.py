"""From what a client sends to a task: a text as JSON, or a text or a file as a form. Names of files give the ending and nothing else."""

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from contrast.reading.decoding import MAX_BYTES, MAX_DOCUMENT_BYTES
from contrast.reviews.misfits import NOT_BLANK, tell_misfit
from contrast.serving.messages import DOCUMENT_ENDINGS, CheckTask, CompareTask
from contrast.serving.refusals import NO_ARTICLE, NOT_READ, TOO_LARGE, Refusal

TEXT_ENDINGS = ("", ".txt", ".text")
ENDINGS = (*TEXT_ENDINGS[1:2], *DOCUMENT_ENDINGS)
MAX_PAIR_CHARACTERS = 10_000
N_FIELDS = 4
JSON = "application/json"
MALFORMED = 400  # so Starlette refuses a form within an application
Body = TypeVar("Body", bound=BaseModel)


class CheckBody(BaseModel):
    """A text to check; `format` tells how it is written."""

    model_config = ConfigDict(extra="forbid", strict=True)
    text: Annotated[str, Field(min_length=1, description="Title, date, address and body of an article, or plain prose.")]
    format: Annotated[Literal["txt", "html", "md"], Field(description="How the text is written.")] = "txt"


class CompareBody(BaseModel):
    """A pair to judge."""

    model_config = ConfigDict(extra="forbid", strict=True)
    statement: Annotated[str, Field(min_length=1, max_length=MAX_PAIR_CHARACTERS, pattern=NOT_BLANK, description="What a party says.")]
    observation: Annotated[str, Field(min_length=1, max_length=MAX_PAIR_CHARACTERS, pattern=NOT_BLANK, description="What is reported.")]


async def read_task(request: Request, *, is_explained: bool) -> CheckTask:
    """What the request asks to be checked; raises Refusal."""
    return replace(await _read_task(request), is_explained=is_explained)


async def _read_task(request: Request) -> CheckTask:
    kind = _content_type(request)
    if kind == JSON:
        body = _read_json(await request.body(), CheckBody)
        return _task(_encode(body.text), f".{body.format}")
    if kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return await _of_form(request)
    raise Refusal(NOT_READ, f"content type {kind[:80] or 'missing'}; expected JSON with 'text', or a form with 'text' or 'file'")


async def read_pair(request: Request) -> CompareTask:
    """The pair that the request asks to be judged; raises Refusal."""
    if (kind := _content_type(request)) != JSON:
        raise Refusal(NOT_READ, f"content type {kind[:80] or 'missing'}; expected {JSON} with 'statement' and 'observation'")
    body = _read_json(await request.body(), CompareBody)
    return CompareTask(body.statement, body.observation)


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def _read_json(content: bytes, kind: type[Body]) -> Body:
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Refusal(NO_ARTICLE, tell_misfit(first, first["loc"])) from error


async def _of_form(request: Request) -> CheckTask:
    try:
        # The guard bounds the whole, so that no part needs a bound of its own.
        form = await request.form(max_files=1, max_fields=N_FIELDS, max_part_size=MAX_DOCUMENT_BYTES)
    except HTTPException as error:
        if error.status_code != MALFORMED:
            raise
        raise Refusal(NO_ARTICLE, f"the form cannot be read ({error.detail}); expected 'text' or 'file'") from error
    except UnicodeError as error:
        raise Refusal(NO_ARTICLE, f"the form cannot be read in its charset ({error}); send it as UTF-8") from error
    try:
        return await _of_fields(form)
    finally:
        await form.close()


async def _of_fields(form: FormData) -> CheckTask:
    file, text = form.get("file"), form.get("text")
    written = text if isinstance(text, str) and text.strip() else None
    if isinstance(file, UploadFile) and file.filename:
        if written is not None:
            raise Refusal(NO_ARTICLE, "both a text and a file came; expected one article; send one of them")
        return _task(await file.read(), ending_of(file.filename))
    if written is not None:
        # Browsers send line breaks in forms as CRLF; a text is pasted with LF.
        return _task(_encode(written.replace("\r\n", "\n")), ".txt")
    raise Refusal(NO_ARTICLE, "no text and no file came; paste a text or choose a file")


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise Refusal(NO_ARTICLE, "half a character (a lone surrogate) in the text; send it as UTF-8") from error


def ending_of(name: str) -> str:
    """The ending of a file's name, if files with it are read; raises Refusal.

    >>> ending_of("../../etc/Story.DOCX"), ending_of("notes")
    ('.docx', '')
    """
    ending = PurePosixPath(name.replace("\\", "/")).suffix.lower()
    if ending not in TEXT_ENDINGS and ending not in DOCUMENT_ENDINGS:
        raise Refusal(NO_ARTICLE, f"a file that ends in {ending[:20]!r}; expected {', '.join(ENDINGS)}; or paste the article's text")
    return ending


def _task(content: bytes, ending: str) -> CheckTask:
    if ending not in DOCUMENT_ENDINGS and len(content) > MAX_BYTES:
        size = f"{len(content) / 1e6:.1f} MB; expected one article of at most {MAX_BYTES / 1e6:.0f} MB"
        raise Refusal(TOO_LARGE, f"a text of {size}; split it into articles")
    return CheckTask(content, ending)
