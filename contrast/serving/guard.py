"""Keeps senders in bounds, before anything else sees a request: whom it is meant for, where it comes from, how much, how long.

A page elsewhere on the web can make a reader's browser call a server on the reader's own machine. So the Host must be a name of this server
(https://en.wikipedia.org/wiki/DNS_rebinding), and what changes anything must come from its own pages or from no page at all (the Origin).
"""

import asyncio
import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contrast.serving.answers import answer_refused
from contrast.serving.held import HeldBytes
from contrast.serving.metrics import Metrics
from contrast.serving.refusals import NOT_NOW, TOO_LARGE, TOO_MANY, Refusal
from contrast.serving.settings import LOOPBACK, ServeSettings

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Under no-referrer Chromium posts a form with "Origin: null", as if from another site.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
TOO_SLOW = 408
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
# A browser's header lines and addresses stay far below these.
MAX_REQUESTS_AT_ONCE = 512


class BodyError(HTTPException):
    """A body that is too large, too slow, or too much beside the others."""


class Guard:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, settings: ServeSettings, metrics: Metrics, held: HeldBytes) -> None:
        self._app, self._settings, self._metrics, self._held = app, settings, metrics, held
        self._hosts = frozenset(name.lower() for name in (*LOOPBACK, settings.host, *settings.allowed_hosts))
        self._n_requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.monotonic(), 500

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if status == TOO_SLOW:
                    headers["Connection"] = "close"
            await send(message)

        self._n_requests += 1
        try:
            await self._pass(scope, receive, send_guarded)
        finally:
            self._n_requests -= 1
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.count_request(scope["method"], route, status, time.monotonic() - began)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        try:
            self._refuse(scope["method"], headers)
        except Refusal as refusal:
            await answer_refused(Request(scope), refusal)(scope, receive, send)
            return
        body = _Body(receive, self._settings, self._held)
        try:
            await self._app(scope, body.receive, send)
        finally:
            self._held.release(body.n_bytes)

    def _refuse(self, method: str, headers: Headers) -> None:
        if self._n_requests > MAX_REQUESTS_AT_ONCE:
            raise Refusal(NOT_NOW, f"{MAX_REQUESTS_AT_ONCE} requests at once; try again in 5 s", retry_after=5)
        host = headers.get("host", "")
        if (self._settings.is_loopback or self._settings.allowed_hosts) and _name(host) not in self._hosts:
            name = _name(host)[:80]
            raise Refusal(403, f"the name {name!r} is not one of this server; start it with --allow-host {name or 'NAME'}")
        origin = headers.get("origin")
        if method not in SAFE_METHODS and origin is not None and origin.lower() not in self._origins(host):
            raise Refusal(403, "sent by a page of another site; open the page of this server")
        length = headers.get("content-length", "")
        if length.isdigit() and int(length[:20]) > self._settings.max_bytes:
            raise too_large(int(length[:20]), self._settings.max_bytes)

    def _origins(self, host: str) -> set[str]:
        names = {host.lower(), *(name.lower() for name in self._settings.allowed_hosts)}
        return {f"{scheme}://{name}" for scheme in ("http", "https") for name in names}


class _Body:
    """A body as it comes in, its size and time counted."""

    def __init__(self, receive: Receive, settings: ServeSettings, held: HeldBytes) -> None:
        self._receive, self._settings, self._held = receive, settings, held
        self._deadline = time.monotonic() + settings.body_seconds
        self._is_whole = False
        self.n_bytes = 0

    async def receive(self) -> Message:
        if self._is_whole:
            return await self._receive()  # the client goes away
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, self._deadline - time.monotonic()))
        except asyncio.TimeoutError as error:
            raise BodyError(TOO_SLOW, f"the body did not come within {self._settings.body_seconds:g} s; send it again") from error
        n = len(message.get("body", b""))
        if self.n_bytes + n > self._settings.max_bytes:
            refusal = too_large(self.n_bytes + n, self._settings.max_bytes)
            raise BodyError(refusal.status, str(refusal))
        if not self._held.hold(n):
            raise BodyError(TOO_MANY, "too much is being sent at once; try again in 5 s", {"Retry-After": "5"})
        self.n_bytes += n
        self._is_whole = not message.get("more_body", False)
        return message


def too_large(n_bytes: int, limit: int) -> Refusal:
    """Why a body of that size is refused."""
    return Refusal(TOO_LARGE, f"{n_bytes / 1e6:.1f} MB; expected at most {limit / 1e6:g} MB; send one article, or its text alone")


def _name(host: str) -> str:
    """The name in a Host header, without the port.

    >>> _name("localhost:8000"), _name("[::1]:8000")
    ('localhost', '::1')
    """
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
