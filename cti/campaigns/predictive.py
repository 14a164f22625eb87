"""The predictive pacer: one more call while the chance that it costs somebody an agent is within the budget.

Estimate how calls in flight and agents at work will turn out; ask of one more call how likely it is that no agent is
free when it is answered; launch while that is below a threshold. The threshold follows the budget of abandoned calls,
so that whatever the model gets wrong, the rate is drawn to its target (after the online update of Gibbs and Candes,
Adaptive Conformal Inference, 2021). Never fewer calls than one for each idle agent.
"""

from collections.abc import Hashable, Mapping
from math import exp, log
from typing import Any

import numpy as np

from cti.campaigns.estimates import DELAYS, STEP, Chance, Delays, Durations, Floats
from cti.campaigns.pacing_model import (
    CallResolved,
    CallView,
    Decision,
    PacerConfig,
    PacingEvent,
    Snapshot,
    TalkEnded,
    WrapEnded,
    one_to_one,
    room,
)

QUANTILES = 6  # answer delays at which a new call is judged
SAFETY = 0.97  # the share of the target that is aimed at
PULL = 0.2  # of log threshold for one abandoned call more or less than the budget has
SMALL = 6.0  # a small team has few calls to lose: each of them pulls more, by this share of 1 / (1 + agents)
DRIFT = 0.002  # of log threshold for each answer and each call of credit
RESERVE = 4.0  # abandoned calls that the end of the window leaves unspent
COLD = 100.0  # answered calls that every window is taken to come to
LEAST, MOST = log(1e-5), log(0.8)  # of the threshold
REFRESH_SECONDS = 5.0  # between two looks at what was learnt
AGAIN_SECONDS = 1.0  # after which a decision to hold is thought over when nothing happened
_GRID = 40  # elapsed times for which the rest is worked out
_WRAPS = 10
_VERDICT_SECONDS = 3.0  # that a detector listens on the average


class PredictivePacer:
    def __init__(self, config: PacerConfig, state: Mapping[str, Any] | None = None) -> None:
        self._config = config
        ring = config.ring_timeout
        self._answer = Chance(0.5, 8.0)
        self._human = Chance(0.7, 4.0)  # of answered calls, where a detector listens
        self._return = Chance(0.97, 30.0)  # whoever has written up is there for the next call
        self._answered_after = Delays([(ring * (0.2 + 0.08 * step), 0.5) for step in range(8)])
        self._failed_after = Delays([(ring + 2.0, 2.0), (ring * 0.4, 1.0), (3.0, 1.0)])
        self._talk = Durations(120.0, spread=0.9)
        self._wrap = Durations(20.0, spread=0.9)
        self._log_theta0 = log(0.05)
        self._seen_answered: int | None = None
        self._began: float | None = None
        self._began_answered = 0
        self._wrapped: list[Hashable] = []
        self._refreshed_at = -1e18
        self._held: tuple[float, tuple[int, ...], Decision] | None = None
        if state:
            self._load(state)

    # --- facts ------------------------------------------------------------------------------------------------------

    def observe(self, event: PacingEvent) -> None:
        match event:
            case CallResolved(at=at, outcome="answered", launched_at=launched_at, answered_at=answered_at):
                self._answer.add(True)
                self._human.add(True)
                self._answered_after.add((answered_at if answered_at is not None else at) - launched_at)
            case CallResolved(at=at, outcome=outcome, launched_at=launched_at):
                self._answer.add(False)
                if outcome == "machine":
                    self._human.add(False)
                self._failed_after.add(at - launched_at)
            case TalkEnded(talk=talk):
                self._talk.add(talk)
            case WrapEnded(agent_id=agent_id, wrap=wrap):
                self._wrap.add(wrap)
                self._wrapped.append(agent_id)

    # --- decisions --------------------------------------------------------------------------------------------------

    def decide(self, snapshot: Snapshot) -> Decision:
        now = snapshot.now
        if self._began is None:
            self._began, self._began_answered = now, snapshot.answered
        self._follow_returns(snapshot)
        credit = self._credit(snapshot)
        counts = (
            len(snapshot.idle), len(snapshot.talking), len(snapshot.wrapup), len(snapshot.dialing),
            len(snapshot.ringing), len(snapshot.amd), len(snapshot.waiting), snapshot.answered, snapshot.abandoned,
            snapshot.lines_free,
        )  # fmt: skip
        if self._held is not None:
            at, before, decision = self._held
            if before == counts and 0.0 <= now - at < AGAIN_SECONDS:
                return decision
        decision = self._weigh(snapshot, credit)
        self._held = (now, counts, decision) if decision.launch == 0 else None
        return decision

    def _weigh(self, snapshot: Snapshot, credit: float) -> Decision:
        floor, held = one_to_one(self._config, snapshot)
        free = room(self._config, snapshot)
        agents = len(snapshot.idle) + len(snapshot.talking) + len(snapshot.wrapup)
        pull = PULL * (1.0 + SMALL / (1.0 + agents))
        theta = exp(min(MOST, max(LEAST, self._log_theta0 + pull * credit)))
        if self._is_spent(snapshot):
            theta = exp(LEAST)
        if snapshot.now - self._refreshed_at >= REFRESH_SECONDS or snapshot.now < self._refreshed_at:
            self._refresh(snapshot.now)
        outlook = self._outlook(snapshot)
        launch = min(free, max(floor, self._most_within(outlook, theta, free)))
        risk = outlook.risk(launch)
        p = self._answer.value
        left = self._config.abandon_target * snapshot.answered - snapshot.abandoned
        diagnostics = {
            "p_answer": p,
            "expected_free": float(outlook.supply[-1]),
            "expected_answers": float(outlook.demand[-1]),
            "abandon_budget": left,
            "threshold": theta,
            "risk": risk,
        }
        there = f"{len(snapshot.idle)} free, {outlook.supply[-1]:.1f} soon"
        told = f"{there}, {snapshot.in_flight} in flight, {p:.0%} answer"
        budget = f"{left:.1f} abandoned calls left" if left >= 0 else f"{-left:.1f} abandoned calls too many"
        if launch == 0:
            why = held or f"held: one more would be answered without an agent in {outlook.risk(1):.1%}"
        else:
            why = f"dialling {launch}"
        return Decision(launch, f"{why}; {told}, {budget}", diagnostics)

    def _is_spent(self, snapshot: Snapshot) -> bool:
        """Whether one more abandoned call would be too many for the whole window, as far as it can be foreseen."""
        end, began = self._config.window_end, self._began
        answered = float(snapshot.answered)
        if end is not None and began is not None and 0.1 * (end - began) < snapshot.now - began < end - began:
            fresh = max(0, snapshot.answered - self._began_answered)
            answered += fresh * (end - snapshot.now) / (snapshot.now - began)
        return snapshot.abandoned + 1 > self._config.abandon_target * max(answered, COLD)

    @staticmethod
    def _most_within(outlook: "_Outlook", theta: float, free: int) -> int:
        """Return how many more calls keep the risk of the last one within *theta*, by bisection: the risk grows."""
        if free == 0 or outlook.risk(1) > theta:
            return 0
        low, high = 1, 2
        while high <= free and outlook.risk(high) <= theta:
            low, high = high, high * 2
        high = min(high, free + 1)
        while high - low > 1:
            middle = (low + high) // 2
            if outlook.risk(middle) <= theta:
                low = middle
            else:
                high = middle
        return low

    def _credit(self, snapshot: Snapshot) -> float:
        """Return how many calls may be abandoned more than were; negative: how many too many were."""
        target = self._config.abandon_target
        end, began = self._config.window_end, self._began if self._began is not None else snapshot.now
        if end is not None and end > began:
            share = min(1.0, max(0.0, (snapshot.now - began) / (end - began)))
        else:
            share = min(1.0, snapshot.answered / 400.0)
        credit = SAFETY * target * snapshot.answered - snapshot.abandoned - RESERVE * share
        if self._seen_answered is not None and snapshot.answered > self._seen_answered:
            fresh = min(50, snapshot.answered - self._seen_answered)
            drift = DRIFT * fresh * max(-5.0, min(5.0, credit))
            self._log_theta0 = min(log(0.5), max(log(1e-3), self._log_theta0 + drift))
        self._seen_answered = snapshot.answered
        return credit

    def _follow_returns(self, snapshot: Snapshot) -> None:
        if not self._wrapped:
            return
        there = {agent.agent_id for agent in snapshot.idle} | {agent.agent_id for agent in snapshot.talking}
        for agent_id in self._wrapped:
            self._return.add(agent_id in there)
        self._wrapped.clear()

    # --- what is learnt, as tables ----------------------------------------------------------------------------------

    def _refresh(self, now: float) -> None:
        """Work out anew what follows from what was learnt."""
        self._refreshed_at = now
        ahead = DELAYS
        answered = self._answered_after.distribution(ahead=ahead)
        failed = self._failed_after.distribution(ahead=ahead)
        p = self._answer.value
        alive = np.maximum(1e-3, p * (1.0 - answered[: DELAYS + 1]) + (1.0 - p) * (1.0 - failed[: DELAYS + 1]))
        shares = (np.arange(QUANTILES) + 0.5) / QUANTILES
        bins = np.maximum(1, np.searchsorted(answered[: DELAYS + 1], shares))
        self._within: Floats = answered[bins]  # of a new call
        starts = np.arange(DELAYS + 1)
        # ages x delays: a call of that age is answered within that delay
        self._answers: Floats = p * (answered[starts[:, None] + bins[None, :]] - answered[: DELAYS + 1, None])
        self._answers /= alive[:, None]
        self._delays: Floats = bins * STEP
        horizon = self._delays + self._config.patience
        talk_edges, talk = self._talk.edges, self._talk.distribution()
        wrap_edges, wrap = self._wrap.edges, self._wrap.distribution()
        self._elapsed: Floats = np.concatenate(([0.0], np.geomspace(1.0, 3_600.0, _GRID - 1)))
        wraps = self._wrap.points(_WRAPS)
        over = np.interp(self._elapsed, talk_edges, talk)
        left = np.maximum(1e-4, 1.0 - over)
        until = self._elapsed[:, None, None] + horizon[None, :, None] - wraps[None, None, :]
        done = np.interp(until, talk_edges, talk) - over[:, None, None]
        back = self._return.value
        self._talk_frees: Floats = back * np.clip(done, 0.0, None).mean(axis=2) / left[:, None]
        wrapped = np.interp(self._elapsed, wrap_edges, wrap)
        done = np.interp(self._elapsed[:, None] + horizon[None, :], wrap_edges, wrap) - wrapped[:, None]
        self._wrap_frees: Floats = back * done / np.maximum(1e-4, 1.0 - wrapped)[:, None]

    def _outlook(self, snapshot: Snapshot) -> "_Outlook":
        now = snapshot.now
        supply = np.full(QUANTILES, float(len(snapshot.idle) - len(snapshot.waiting)))
        variance = np.zeros(QUANTILES)
        for agents, table in ((snapshot.talking, self._talk_frees), (snapshot.wrapup, self._wrap_frees)):
            if agents:
                elapsed = np.fromiter((now - agent.since for agent in agents), float, len(agents))
                frees = table[np.clip(np.searchsorted(self._elapsed, elapsed, side="right") - 1, 0, _GRID - 1)]
                supply += frees.sum(axis=0)
                variance += (frees * (1.0 - frees)).sum(axis=0)
        demand = np.zeros(QUANTILES)
        calls = snapshot.dialing + snapshot.ringing
        if calls:
            answers = self._answers[_ages(calls, now)]
            demand += answers.sum(axis=0)
            variance += (answers * (1.0 - answers)).sum(axis=0)
        if snapshot.amd:
            human = self._human.value
            answers = human * (1.0 - np.exp(-self._delays / _VERDICT_SECONDS))
            demand += len(snapshot.amd) * answers
            variance += len(snapshot.amd) * answers * (1.0 - answers)
        p = self._answer.value
        return _Outlook(supply, demand, variance, p * self._within, self._answer.variance / (p * p))

    # --- across a restart -------------------------------------------------------------------------------------------

    def export_state(self) -> dict[str, Any]:
        # The tables are worked out anew on both sides, so that this one and its copy go on alike.
        self._refreshed_at, self._held = -1e18, None
        return {
            "answer": self._answer.export(),
            "human": self._human.export(),
            "return": self._return.export(),
            "answered_after": self._answered_after.export(),
            "failed_after": self._failed_after.export(),
            "talk": self._talk.export(),
            "wrap": self._wrap.export(),
            "log_theta0": self._log_theta0,
            "seen_answered": self._seen_answered,
            "began": self._began,
            "began_answered": self._began_answered,
            "wrapped": list(self._wrapped),
        }

    def _load(self, state: Mapping[str, Any]) -> None:
        self._answer.load(state["answer"])
        self._human.load(state["human"])
        self._return.load(state["return"])
        self._answered_after.load(state["answered_after"])
        self._failed_after.load(state["failed_after"])
        self._talk.load(state["talk"])
        self._wrap.load(state["wrap"])
        self._log_theta0 = float(state["log_theta0"])
        seen, began = state["seen_answered"], state["began"]
        self._seen_answered = None if seen is None else int(seen)
        self._began = None if began is None else float(began)
        self._began_answered = int(state["began_answered"])
        self._wrapped = list(state["wrapped"])


class _Outlook:
    """Agents and answers to be expected at each delay, and the chance that one more call starves somebody."""

    __slots__ = ("demand", "doubt", "fresh", "supply", "variance")

    def __init__(self, supply: Floats, demand: Floats, variance: Floats, fresh: Floats, doubt: float) -> None:
        self.supply = supply
        self.demand = demand
        self.variance = variance
        self.fresh = fresh  # the chance that a new call is answered by then
        self.doubt = doubt  # relative variance of the answer rate

    def risk(self, count: int) -> float:
        """Return the chance that the last of *count* new calls costs somebody an agent."""
        others = max(0, count - 1)
        demand = self.demand + others * self.fresh
        variance = self.variance + others * self.fresh * (1.0 - self.fresh) + self.doubt * demand * demand
        mean = self.supply - demand
        starved = _normal((0.5 - mean) / np.sqrt(variance + 1e-9))
        # A new call may starve one that is answered after it.
        return float(np.maximum.accumulate(starved[::-1])[::-1].mean())


def _ages(calls: tuple[CallView, ...], now: float) -> Any:
    ages = np.fromiter((now - call.launched_at for call in calls), float, len(calls))
    return np.clip(ages / STEP, 0, DELAYS).astype(np.intp)


def _normal(x: Floats) -> Floats:
    """Return the normal distribution function (Abramowitz and Stegun 26.2.17; error below 7.5e-8)."""
    t = 1.0 / (1.0 + 0.2316419 * np.abs(x))
    poly = t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    tail = np.exp(-0.5 * x * x) * 0.3989422804014327 * poly
    return np.where(x >= 0.0, 1.0 - tail, tail)
