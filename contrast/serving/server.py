"""Runs the server until it is told to stop: loads the models, listens, and at SIGTERM or Ctrl-C finishes what is running."""

import socket
import sys
from asyncio import TimerHandle, Transport
from contextlib import closing
from types import FrameType

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from contrast.errors import UsageError
from contrast.serving.app import build_app
from contrast.serving.kept import KeptReports
from contrast.serving.metrics import Metrics
from contrast.serving.model_process import Opener, open_checker
from contrast.serving.queue import ModelQueue
from contrast.serving.settings import ServeSettings

MAX_HEAD_BYTES = 32_768
HEAD_SECONDS = 15.0
# Beside what a check may take: to send the answer.
CLOSING_SECONDS = 20


def serve(settings: ServeSettings, reviews: str, *, opener: Opener = open_checker) -> None:
    """Serves until told to stop; raises UsageError, InputError or ModelError when it cannot begin."""
    with closing(_listen(settings.host, settings.port)) as listener, closing(KeptReports.open(reviews)) as kept:
        metrics = Metrics()
        queue = ModelQueue(settings, opener, metrics)
        try:
            queue.start()
            print(f"contrast: serving at {_address(listener)}, marks in {kept.name}; Ctrl-C stops", file=sys.stderr, flush=True)
            Server(_configure(build_app(settings, queue, kept, metrics), settings), queue).run(sockets=[listener])
        finally:
            queue.finish()


def _configure(app: FastAPI, settings: ServeSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=PatientProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        timeout_graceful_shutdown=round(settings.check_seconds) + CLOSING_SECONDS,
    )


class Server(uvicorn.Server):
    """Refuses what waits for the model as soon as it is told to stop, and ends with exit code 0."""

    def __init__(self, config: uvicorn.Config, queue: ModelQueue) -> None:
        super().__init__(config)
        self._queue = queue

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stops at once when told twice."""
        self.force_exit = self.should_exit
        if self.force_exit:
            self._queue.end_at_once()
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As ever, what waits refused first."""
        self._queue.close()
        await super().shutdown(sockets)


class PatientProtocol(H11Protocol):
    """Ends a connection whose request does not begin within `HEAD_SECONDS`: a client that sends its head byte by byte, or nothing."""

    _timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Starts the clock."""
        super().connection_made(transport)
        self._timer = self.loop.call_later(HEAD_SECONDS, self._end_if_idle)

    def _end_if_idle(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
            return
        self._timer = self.loop.call_later(HEAD_SECONDS, self._end_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the clock."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise UsageError(f"{host} port {port}: cannot listen there ({error.strerror}); name another --port or --host") from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
