"""How a refusal is answered: its one line as JSON or, where a person asks for a page, as a page."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from contrast.serving.pages import draw_refusal
from contrast.serving.refusals import Refusal

# Asked by programs, whatever they say that they accept.
OF_PROGRAMS = ("/v1/", "/healthz", "/metrics", "/openapi.json", "/static/")


def answer_refused(request: Request, refusal: Refusal) -> Response:
    """The answer to a request that is refused."""
    line = str(refusal)
    # Of the scope, since a URL is put together with the Host that was sent, whatever that is.
    if not request.scope["path"].startswith(OF_PROGRAMS) and "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(draw_refusal(refusal.status, line), refusal.status, refusal.headers)
    return JSONResponse({"error": line}, refusal.status, refusal.headers)
