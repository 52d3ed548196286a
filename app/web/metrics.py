"""What is counted about requests, and the page that tells of it (Prometheus text format)."""

import os
from typing import Final

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

import app

_REGISTRY: Final = CollectorRegistry()

_SECONDS: Final = Histogram(
    "annals_http_request_duration_seconds",
    "Time from a request's arrival to the end of its answer.",
    ("method", "route", "status"),
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=_REGISTRY,
)

_INFO: Final = Gauge(
    "annals_info",
    "Always 1; the label is the version.",
    ("version",),
    registry=_REGISTRY,
    multiprocess_mode="livemax",
)

_CLOSED: Final = Counter(
    "annals_connections_closed",
    "Connections that were closed or refused before their clients were done, by reason.",
    ("reason",),
    registry=_REGISTRY,
)

_REPLICA_IN_USE: Final = Gauge(
    "annals_replica_in_use",
    "Whether a replica answers reads: 1, or 0 while it is left out. Replicas are numbered as in ANNALS_READ_DATABASE_URL.",
    ("replica",),
    registry=_REGISTRY,
    multiprocess_mode="livemin",
)

_REPLICA_LAG: Final = Gauge(
    "annals_replica_lag_seconds",
    "How far a replica lagged behind the primary when it was last looked at.",
    ("replica",),
    registry=_REGISTRY,
    multiprocess_mode="livemax",
)

_REPLICA_ANSWERS: Final = Counter(
    "annals_replica_answers",
    "Requests that a replica answered.",
    ("replica",),
    registry=_REGISTRY,
)

_REPLICA_FAILURES: Final = Counter(
    "annals_replica_failures",
    "Reads that the primary was asked in place of a replica that failed, or was too old.",
    ("replica",),
    registry=_REGISTRY,
)

_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_known: Final[dict[tuple[str, str, int], Histogram]] = {}


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Count one answer. `route` is the path as declared, never as sent, so that there are few of them."""
    key = (method, route, status)
    series = _known.get(key)
    if series is None:
        label = method if method in _METHODS else "other"
        series = _SECONDS.labels(label, route, str(status))
        if label == method:
            _known[key] = series
    series.observe(seconds)


def count_closed(reason: str) -> None:
    """Count a connection that was closed, or refused, for a limit; the reason is a fixed word."""
    _CLOSED.labels(reason).inc()


class ReplicaMetrics:
    """Counts what becomes of replicas; each is known by its number in the setting, so that no address is told."""

    def looked(self, number: int, *, in_use: bool, lag_seconds: float | None) -> None:
        """Be told how a replica was found."""
        _REPLICA_IN_USE.labels(str(number)).set(int(in_use))
        if lag_seconds is not None:
            _REPLICA_LAG.labels(str(number)).set(lag_seconds)

    def stood_in_for(self, number: int) -> None:
        """Be told that the primary is asked in place of a replica that failed, or was too old."""
        _REPLICA_FAILURES.labels(str(number)).inc()


def count_answer_of_replica(number: int) -> None:
    """Count a request that a replica answered."""
    _REPLICA_ANSWERS.labels(str(number)).inc()


def render_metrics() -> tuple[str, bytes]:
    """Return the counts of all workers together, after their media type."""
    _INFO.labels(app.__version__).set(1)
    registry = _REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return CONTENT_TYPE_LATEST, generate_latest(registry)


for _collector in (PROCESS_COLLECTOR, PLATFORM_COLLECTOR, GC_COLLECTOR):
    _REGISTRY.register(_collector)
