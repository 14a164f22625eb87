"""What Prometheus can read at /metrics."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from cti.services.pops import STAGES, Stage
from cti.services.sources import Result

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """The service's figures; other parts may add theirs to *registry*."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        stages = Histogram(
            "cti_pop_stage_seconds",
            "Time that a pop spent in a stage, by the stamp at which the stage ends",
            ["stage"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._stages = {stage: stages.labels(stage) for stage in STAGES}
        self._lag = Histogram(
            "cti_event_loop_lag_seconds", "Lateness of the event loop", buckets=_BUCKETS, registry=self.registry
        )
        self.screens_cut = Counter("cti_screens_cut", "Screens closed since they did not read", registry=self.registry)
        self.bad_frames = Counter("cti_bad_frames", "Refused frames of screens", ["code"], registry=self.registry)
        self._sources = Counter(
            "cti_source_answers", "Questions to the systems elsewhere", ["source", "result"], registry=self.registry
        )
        self._source_seconds = Histogram(
            "cti_source_seconds", "Time until they answered", ["source"], buckets=_BUCKETS, registry=self.registry
        )
        self.log_ins = Counter("cti_log_ins", "Attempts to log in", ["result"], registry=self.registry)

    def pop_stage(self, stage: Stage, seconds: float) -> None:
        self._stages[stage].observe(seconds)

    def loop_lag(self, seconds: float) -> None:
        self._lag.observe(seconds)

    def source(self, source: str, result: Result, seconds: float) -> None:
        self._sources.labels(source, result).inc()
        if result not in ("kept", "refused"):
            self._source_seconds.labels(source).observe(seconds)

    def gauge(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Have *value* asked at every scrape."""
        Gauge(name, text, registry=self.registry).set_function(value)

    def text(self) -> bytes:
        return generate_latest(self.registry)
