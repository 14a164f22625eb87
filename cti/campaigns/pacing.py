"""How many lines a campaign starts now: everything that a caller needs of the pacers."""

from typing import Any

from cti.campaigns.pacing_model import (
    AgentView,
    CallAbandoned,
    CallResolved,
    CallView,
    Decision,
    Mode,
    Pacer,
    PacerConfig,
    PacingEvent,
    Snapshot,
    TalkEnded,
    WrapEnded,
    one_to_one,
)
from cti.campaigns.predictive import PredictivePacer

__all__ = [
    "AgentView",
    "CallAbandoned",
    "CallResolved",
    "CallView",
    "Decision",
    "Mode",
    "OneToOne",
    "Pacer",
    "PacerConfig",
    "PacingEvent",
    "Snapshot",
    "TalkEnded",
    "WrapEnded",
    "make_pacer",
]


def make_pacer(config: PacerConfig, state: dict[str, Any] | None = None) -> Pacer:
    """Return the pacer for *config*. Raises ValueError for a configuration that cannot be."""
    if not 0.0 <= config.abandon_target < 1.0:
        raise ValueError("abandon_target is a fraction from 0 to below 1")
    if config.patience < 0.0 or config.tick <= 0.0 or config.max_lines < 0:
        raise ValueError("patience, tick and max_lines cannot be negative")
    if config.ring_timeout < 15.0:
        raise ValueError("ring_timeout is at least 15 s: the law lets it ring so long")
    if config.mode == "predictive" and config.abandon_target > 0.0:
        return PredictivePacer(config, state)
    return OneToOne(config)


class OneToOne:
    """Never more calls in flight than idle agents: progressive, and preview, where the agent starts each call."""

    def __init__(self, config: PacerConfig) -> None:
        self._config = config

    def observe(self, event: PacingEvent) -> None:
        pass

    def decide(self, snapshot: Snapshot) -> Decision:
        launch, held = one_to_one(self._config, snapshot)
        idle, lines = len(snapshot.idle), snapshot.in_flight
        reason = f"{_agents(idle)} free, {lines} in flight"
        diagnostics = {"idle": float(idle), "in_flight": float(lines)}
        return Decision(launch, f"{reason}: {held or _launches(launch)}", diagnostics)

    def export_state(self) -> dict[str, Any]:
        return {}


def _agents(count: int) -> str:
    return "1 agent" if count == 1 else f"{count} agents"


def _launches(count: int) -> str:
    return "holding" if count == 0 else f"dialling {count}"
