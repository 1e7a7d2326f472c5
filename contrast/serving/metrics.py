"""What the server counts, in the words of Prometheus (https://prometheus.io/docs/practices/naming)."""

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector
from prometheus_client import generate_latest as as_text

SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0)
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
MEDIA_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        registry = self._registry
        self._requests = Counter("contrast_requests", "Requests answered.", ("method", "route", "status"), registry=registry)
        self._request_seconds = Histogram(
            "contrast_request_seconds", "From request to answer.", ("route",), buckets=SECONDS, registry=registry
        )
        self._tasks = Counter(
            "contrast_tasks", "Tasks of the model: done, or refused with a status.", ("task", "outcome"), registry=registry
        )
        self._task_seconds = Histogram("contrast_task_seconds", "What a task took.", ("task",), buckets=SECONDS, registry=registry)
        self._restarts = Counter("contrast_model_restarts", "Times that the model's process was started anew.", registry=registry)
        self._waiting = Gauge("contrast_queue_waiting", "Texts that wait for the model.", registry=registry)
        self._waiting_limit = Gauge("contrast_queue_limit", "Texts that may wait for the model.", registry=registry)

    def watch_queue(self, n_waiting: Callable[[], int], limit: int) -> None:
        """Reads the length of the queue whenever somebody asks."""
        self._waiting.set_function(n_waiting)
        self._waiting_limit.set(limit)

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts an answer; so that their number stays small, `route` is the pattern, not the address, and unknown methods are 'other'."""
        self._requests.labels(method if method in METHODS else "other", route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def count_task(self, task: str, outcome: str, seconds: float) -> None:
        """Counts a task of the model."""
        self._tasks.labels(task, outcome).inc()
        self._task_seconds.labels(task).observe(seconds)

    def count_restart(self) -> None:
        """Counts that the model's process was started anew."""
        self._restarts.inc()

    def as_text(self) -> bytes:
        """All counts, as Prometheus reads them."""
        return as_text(self._registry)
