"""What the model makes of facts that cannot be recorded here: other releases, other orders, other drivers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cti.calls import events as ev
from cti.calls import facts as f
from cti.calls.facts import NOBODY, BridgeId, ChannelId, ChannelState, Device, Party
from cti.calls.model import FinishedCall
from cti.calls.parties import Parties
from cti.calls.registry import CallRegistry

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
CUSTOMER, AGENT, OTHER = ChannelId("1700000000.1"), ChannelId("1700000000.2"), ChannelId("1700000000.3")
TRUNK, ANNA, BERT = Device("PJSIP/trunk"), Device("PJSIP/1001"), Device("PJSIP/1002")
ROOM = BridgeId("room")


class Story:
    """Tells facts, one second after another unless said otherwise, and keeps what comes of them."""

    def __init__(self, **parties: Any) -> None:
        self.registry = CallRegistry(Parties(**parties))
        self.now = START
        self.events: list[ev.CallEvent] = []

    def tells(self, kind: type[f.Fact], *args: Any, after: float = 1.0, **more: Any) -> None:
        self.now += timedelta(seconds=after)
        self.events += self.registry.apply(kind(self.now, *args, **more))

    @property
    def records(self) -> list[FinishedCall]:
        return [event.record for event in self.events if isinstance(event, ev.CallCleared) and event.record]

    @property
    def record(self) -> FinishedCall:
        (record,) = self.records
        return record

    # --- what switches say

    def customer_calls(self, number: str = "13800138000", state: ChannelState = ChannelState.RING) -> None:
        made = (CUSTOMER, CUSTOMER, "PJSIP/trunk-00000001", TRUNK, state, Party(number))
        self.tells(f.ChannelCreated, *made, "1001", "from-trunk")

    def dials(
        self, leg: ChannelId, device: Device, dialled: str, *, caller: ChannelId | None, linked: ChannelId
    ) -> None:
        name = f"{device}-{leg[-1]:>08}"
        self.tells(f.ChannelCreated, leg, linked, name, device, ChannelState.DOWN, NOBODY, after=0)
        self.tells(f.DialBegan, leg, caller, dialled, after=0)

    def rings(self, leg: ChannelId = AGENT, device: Device = ANNA) -> None:
        self.dials(leg, device, device.partition("/")[2], caller=CUSTOMER, linked=CUSTOMER)
        self.tells(f.ChannelStateChanged, leg, ChannelState.RINGING, after=0)

    def answers(self, leg: ChannelId = AGENT) -> None:
        self.tells(f.ChannelStateChanged, leg, ChannelState.UP)
        self.tells(f.DialEnded, leg, f.DialStatus.ANSWER, after=0)

    def talk(self, *legs: ChannelId, room: BridgeId = ROOM) -> None:
        for leg in legs:
            self.tells(f.ChannelStateChanged, leg, ChannelState.UP, after=0)
            self.tells(f.BridgeEntered, leg, room, CUSTOMER, after=0)

    def in_talk(self) -> None:
        self.customer_calls()
        self.rings()
        self.answers()
        self.talk(AGENT, CUSTOMER)

    def leaves(self, *legs: ChannelId, cause: int = 16, after: float = 0.0) -> None:
        for leg in legs:
            self.tells(f.ChannelGone, leg, cause, after=after)


# --- Asterisk 18 gives no SIP code -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cause", "status", "outcome"),
    [
        (17, f.DialStatus.BUSY, "busy"),
        (21, f.DialStatus.NO_ANSWER, "rejected"),
        (1, f.DialStatus.NO_ANSWER, "invalid_number"),
        (28, f.DialStatus.NO_ANSWER, "invalid_number"),
        (34, f.DialStatus.CONGESTION, "congestion"),
        (19, f.DialStatus.NO_ANSWER, "no_answer"),
        (20, f.DialStatus.NO_ANSWER, "unreachable"),
        (127, f.DialStatus.NO_ANSWER, "failed"),
    ],
)
def test_a_rejection_is_known_by_its_cause_alone(cause: int, status: f.DialStatus, outcome: str) -> None:
    story = Story()
    story.dials(CUSTOMER, TRUNK, "13900139000@trunk", caller=None, linked=CUSTOMER)
    story.tells(f.HangupRequested, CUSTOMER, cause)
    story.tells(f.DialEnded, CUSTOMER, status, after=0)
    story.leaves(CUSTOMER, cause=cause)
    record = story.record
    assert (record.direction, record.customer, record.outcome) == ("outbound", "13900139000", outcome)
    assert record.ended_by == "customer"


@pytest.mark.parametrize(("rang", "outcome"), [(True, "no_answer"), (False, "unreachable")])
def test_a_time_out_is_no_answer_only_where_it_rang(rang: bool, outcome: str) -> None:
    story = Story()
    story.dials(CUSTOMER, TRUNK, "13900139000@trunk", caller=None, linked=CUSTOMER)
    if rang:
        story.tells(f.DialRinging, CUSTOMER)
    story.tells(f.OriginateEnded, "a1", CUSTOMER, TRUNK, "13900139000", "5001", False, True)
    story.leaves(CUSTOMER, cause=19)
    assert story.record.outcome == outcome


# --- names -----------------------------------------------------------------------------------------------------------


def test_a_masquerade_changes_names_and_nothing_else() -> None:
    story = Story()
    story.in_talk()
    helper = ChannelId("1700000000.9")
    redirected = (helper, CUSTOMER, "AsyncGoto/PJSIP/trunk-00000001", TRUNK, ChannelState.UP, NOBODY)
    story.tells(f.ChannelCreated, *redirected)
    story.tells(f.ChannelRenamed, CUSTOMER, "PJSIP/trunk-00000001<MASQ>", TRUNK, after=0)
    story.tells(f.ChannelRenamed, helper, "PJSIP/trunk-00000001", TRUNK, after=0)
    story.tells(f.ChannelRenamed, helper, "PJSIP/trunk-00000001<ZOMBIE>", TRUNK, after=0)
    story.tells(f.ChannelRenamed, CUSTOMER, "PJSIP/trunk-00000001", TRUNK, after=0)
    story.leaves(helper)
    story.tells(f.HangupRequested, CUSTOMER, 16)
    story.leaves(AGENT, CUSTOMER)
    record = story.record
    assert (record.id, record.agents, record.ended_by, record.talk_seconds) == (CUSTOMER, ("1001",), "customer", 2.0)


def test_a_leg_that_gets_another_phone_by_a_masquerade_is_another_agent() -> None:
    story = Story()
    story.in_talk()
    story.tells(f.ChannelRenamed, AGENT, "PJSIP/1002-00000007", BERT)
    story.tells(f.HangupRequested, AGENT, 16)
    story.leaves(CUSTOMER, AGENT)
    assert story.record.agents == ("1001", "1002")


@pytest.mark.parametrize(
    ("sent", "shown"), [("anonymous", ""), ("", ""), ("+390612345678", "+390612345678"), ("anna", "")]
)
def test_a_customer_is_a_number_or_unknown(sent: str, shown: str) -> None:
    story = Story()
    story.customer_calls(sent)
    story.tells(f.HangupRequested, CUSTOMER, 16)
    story.leaves(CUSTOMER)
    assert (story.record.customer, story.record.outcome) == (shown, "abandoned")


def test_a_number_that_the_dialplan_hides_is_hidden() -> None:
    story = Story()
    story.customer_calls()
    story.tells(f.CallerIdentified, CUSTOMER, NOBODY)
    story.leaves(CUSTOMER)
    assert story.record.customer == ""


def test_a_driver_may_make_a_leg_before_it_says_that_it_calls_in() -> None:
    story = Story()
    story.customer_calls(state=ChannelState.DOWN)
    story.tells(f.ChannelStateChanged, CUSTOMER, ChannelState.RING)
    story.rings()
    story.answers()
    story.talk(AGENT, CUSTOMER)
    story.leaves(AGENT, CUSTOMER, after=1)
    assert (story.record.direction, story.record.customer) == ("inbound", "13800138000")


# --- orders ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(AGENT, CUSTOMER), (CUSTOMER, AGENT)])
@pytest.mark.parametrize(("first", "ended_by"), [(AGENT, "agent"), (CUSTOMER, "customer"), (None, "system")])
def test_who_hung_up_does_not_depend_on_whose_leg_goes_first(
    order: tuple[ChannelId, ChannelId], first: ChannelId | None, ended_by: str
) -> None:
    story = Story()
    story.in_talk()
    if first is not None:
        story.tells(f.HangupRequested, first, 16)
    story.leaves(*order)
    assert (story.record.ended_by, story.record.outcome) == (ended_by, "answered")


def test_ringing_that_is_told_after_the_answer_undoes_nothing() -> None:
    story = Story()
    story.in_talk()
    story.tells(f.ChannelStateChanged, AGENT, ChannelState.RINGING)
    story.tells(f.HangupRequested, AGENT, 16)
    story.leaves(AGENT, CUSTOMER)
    assert (story.record.agents, story.record.talk_seconds) == (("1001",), 2.0)


@pytest.mark.parametrize("late", [False, True], ids=["before the hang-up", "after the hang-up"])
def test_an_agent_who_does_not_answer_our_ring_leaves_the_number_that_was_to_be_dialled(late: bool) -> None:
    story = Story()
    answer = (f.OriginateEnded, "a1", AGENT, ANNA, "", "13900139000", False, True)
    story.dials(AGENT, ANNA, "1001", caller=None, linked=AGENT)
    story.tells(f.DialRinging, AGENT)
    if not late:
        story.tells(*answer)
    story.leaves(AGENT, cause=19)
    if late:
        story.tells(*answer)
    record = story.record
    assert (record.direction, record.customer, record.outcome) == ("outbound", "13900139000", "no_answer")


def test_a_phone_that_is_rung_to_listen_and_does_not_answer_is_no_call() -> None:
    story = Story()
    story.dials(AGENT, Device("PJSIP/1901"), "1901", caller=None, linked=AGENT)
    story.tells(f.OriginateEnded, "a1", AGENT, Device("PJSIP/1901"), "", "", False, True)
    story.leaves(AGENT, cause=19)
    assert not story.records


def test_an_originate_that_made_no_leg_is_told_once() -> None:
    story = Story()
    for channel in (None, None):
        story.tells(f.OriginateEnded, "a1", channel, TRUNK, "13900139000", "5001", False, False)
    assert (story.record.customer, story.record.outcome, story.record.ended_by) == (
        "13900139000", "unreachable", "system",
    )  # fmt: skip


# --- who ended it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outlives", "customer_hangs_up", "ended_by"),
    [(0.1, False, "agent"), (20, False, "system"), (0.5, True, "customer"), (20, True, "customer")],
)
def test_a_customer_who_goes_on_after_the_agent_hung_up(
    outlives: float, customer_hangs_up: bool, ended_by: str
) -> None:
    story = Story()
    story.in_talk()
    story.tells(f.HangupRequested, AGENT, 16)
    story.tells(f.BridgeLeft, AGENT, ROOM, after=0)
    story.tells(f.BridgeLeft, CUSTOMER, ROOM, after=0)
    story.leaves(AGENT)
    if customer_hangs_up:
        story.tells(f.HangupRequested, CUSTOMER, 16, after=outlives)
        story.leaves(CUSTOMER)
    else:
        story.leaves(CUSTOMER, after=outlives)
    assert (story.record.ended_by, story.record.talk_seconds) == (ended_by, 1.0)


# --- consultations ---------------------------------------------------------------------------------------------------


def test_an_agent_who_only_waits_on_another_line_asks_nobody_when_he_dials() -> None:
    story = Story()
    waits = (OTHER, OTHER, "PJSIP/1001-00000009", ANNA, ChannelState.RING, Party("1001"))
    story.tells(f.ChannelCreated, *waits, "login", "from-phones")
    story.tells(f.ChannelStateChanged, OTHER, ChannelState.UP)
    dialler = (AGENT, AGENT, "PJSIP/1001-00000010", ANNA, ChannelState.RING, Party("1001"))
    story.tells(f.ChannelCreated, *dialler, "13900139000", "from-phones", after=60)
    story.dials(CUSTOMER, TRUNK, "13900139000@trunk", caller=AGENT, linked=AGENT)
    story.answers(CUSTOMER)
    story.talk(CUSTOMER, AGENT)
    story.tells(f.HangupRequested, AGENT, 16, after=5)
    story.leaves(AGENT, CUSTOMER)
    assert (story.record.customer, story.record.agents, story.record.talk_seconds) == ("13900139000", ("1001",), 5.0)


# --- routes ----------------------------------------------------------------------------------------------------------


def test_the_number_that_answers_is_the_customer() -> None:
    story = Story()
    dialler = (AGENT, AGENT, "PJSIP/1001-00000001", ANNA, ChannelState.RING, Party("1001"))
    story.tells(f.ChannelCreated, *dialler, "13900139000", "from-phones")
    story.dials(CUSTOMER, TRUNK, "013900139000@trunk", caller=AGENT, linked=AGENT)
    story.tells(f.HangupRequested, CUSTOMER, 34, 503)
    story.tells(f.DialEnded, CUSTOMER, f.DialStatus.CONGESTION, after=0)
    story.dials(OTHER, TRUNK, "13900139000@trunk", caller=AGENT, linked=AGENT)
    story.leaves(CUSTOMER, cause=34)
    story.answers(OTHER)
    story.talk(OTHER, AGENT)
    story.tells(f.HangupRequested, OTHER, 16, after=5)
    story.leaves(OTHER, AGENT)
    record = story.record
    assert (record.direction, record.customer, record.outcome) == ("outbound", "13900139000", "answered")
    assert (record.ended_by, record.agents, record.talk_seconds) == ("customer", ("1001",), 5.0)
    assert record.ended_at == story.now


# --- what was not seen -----------------------------------------------------------------------------------------------


def snapshot_of(*seen: f.ChannelSeen) -> dict[str, Any]:
    return {"boot": "one", "channels": seen, "waiting": (), "members": ()}


def seen_leg(leg: ChannelId, name: str, application: str = "", data: str = "", **more: Any) -> f.ChannelSeen:
    values = {
        "linked": leg, "device": Device(name.rpartition("-")[0]), "state": ChannelState.UP, "caller": NOBODY,
        "connected": NOBODY, "bridge": None, "extension": "", "context": "", "seconds": 10,
    } | more  # fmt: skip
    return f.ChannelSeen(channel=leg, name=name, application=application, application_data=data, **values)


def test_a_customer_who_left_unseen_while_his_agent_lives_leaves_an_uncertain_end_with_its_bounds() -> None:
    story = Story()
    story.in_talk()
    story.tells(f.LinkLost)
    last = story.now
    agent = seen_leg(AGENT, "PJSIP/1001-00000002", linked=CUSTOMER)
    story.tells(f.Snapshot, after=10, **snapshot_of(agent))
    first_gone = story.now
    story.leaves(AGENT, after=5)
    record = story.record
    assert (record.certain, record.ended_by) == (False, "unknown")
    assert (record.ended_at, record.ended_before) == (last, first_gone)


def test_a_call_that_was_not_heard_of_since_the_link_was_lost_was_last_seen_then() -> None:
    story = Story()
    story.in_talk()
    story.tells(f.LinkLost)
    last = story.now
    story.tells(
        f.ChannelCreated, OTHER, OTHER, "PJSIP/trunk-9", TRUNK, ChannelState.RING, Party("13800000002"), after=60
    )
    story.events += story.registry.close_all(story.now + timedelta(seconds=5))
    first, second = story.records
    assert (first.ended_at, first.certain) == (last, False)
    assert (second.ended_at, second.certain) == (story.now, False)


@pytest.mark.parametrize(("rang", "outcome"), [(True, "no_answer"), (False, "failed")])
def test_a_dial_whose_end_was_not_seen_is_not_called_cancelled(rang: bool, outcome: str) -> None:
    story = Story()
    story.dials(CUSTOMER, TRUNK, "13900139000@trunk", caller=None, linked=CUSTOMER)
    if rang:
        story.tells(f.DialRinging, CUSTOMER)
    story.tells(f.LinkLost)
    story.tells(f.Snapshot, after=10, **snapshot_of())
    assert (story.record.outcome, story.record.certain, story.record.ended_by) == (outcome, False, "unknown")


@pytest.mark.parametrize("reverse", [False, True])
def test_a_consultation_that_began_unseen_is_found_as_one(reverse: bool) -> None:
    story = Story()
    hall, beside = BridgeId("hall"), BridgeId("beside")
    second, asked = ChannelId("1700000020.4"), ChannelId("1700000020.5")
    legs = [
        seen_leg(CUSTOMER, "PJSIP/trunk-1", "Queue", "support,t", bridge=hall, caller=Party("13800138000"), seconds=60),
        seen_leg(AGENT, "PJSIP/1001-2", "AppQueue", linked=CUSTOMER, bridge=hall, seconds=58),
        seen_leg(second, "PJSIP/1001-4", "Dial", "PJSIP/1002,30", bridge=beside, seconds=9),
        seen_leg(asked, "PJSIP/1002-5", "AppDial", linked=second, bridge=beside, seconds=9),
    ]
    story.tells(f.Snapshot, **snapshot_of(*(reversed(legs) if reverse else legs)))
    story.leaves(asked, second, after=5)
    story.leaves(AGENT, CUSTOMER, after=5)
    assert (story.record.customer, story.record.agents) == ("13800138000", ("1001",))


def test_a_snapshot_tells_who_dialled_whom() -> None:
    story = Story()
    agent = seen_leg(AGENT, "PJSIP/1001-00000002", "Dial", "PJSIP/1009&PJSIP/13900139000@trunk,60,T", bridge=ROOM)
    trunk = seen_leg(CUSTOMER, "PJSIP/trunk-00000003", "AppDial", "(Outgoing Line)", linked=AGENT, bridge=ROOM)
    story.tells(f.Snapshot, **snapshot_of(trunk, agent))
    story.tells(f.HangupRequested, AGENT, 16, after=3)
    story.leaves(AGENT, CUSTOMER)
    record = story.record
    assert (record.direction, record.customer, record.agents) == ("outbound", "13900139000", ("1001",))
    assert (record.talk_seconds, record.ended_by) == (3.0, "agent")


@pytest.mark.parametrize("data", [f"{AGENT},uqESd", "PJSIP/1001,q"])
def test_a_snapshot_tells_who_listens(data: str) -> None:
    story = Story()
    customer = seen_leg(
        CUSTOMER, "PJSIP/trunk-00000001", "Queue", "support,t", bridge=ROOM, caller=Party("13800138000")
    )
    agent = seen_leg(AGENT, "PJSIP/1001-00000002", "AppQueue", linked=CUSTOMER, bridge=ROOM)
    story.tells(f.Snapshot, **snapshot_of(seen_leg(OTHER, "PJSIP/1901-00000003", "ChanSpy", data), customer, agent))
    story.leaves(AGENT, CUSTOMER, OTHER, after=1)
    record = story.record
    assert (record.supervisors, record.agents, record.queues) == (("1901",), ("1001",), ("support",))


def test_an_id_that_came_with_an_originate_is_no_call_from_outside() -> None:
    story = Story()
    ours = ChannelId("campaign-7-attempt-9")
    story.tells(f.Snapshot, **snapshot_of(seen_leg(ours, "PJSIP/trunk-00000001", "Queue", "sales,t")))
    story.leaves(ours, after=1)
    assert (story.record.direction, story.record.outcome) == ("outbound", "abandoned")
