import pytest

from cti.agents.state import AgentState, Membership, status_of
from cti.calls.facts import MemberState
from cti.calls.model import ConnectionState as S

FREE = Membership(paused=False, reason="", phone=MemberState.NOT_INUSE)
PAUSED = Membership(paused=True, reason="lunch", phone=MemberState.NOT_INUSE)
GONE = Membership(paused=False, reason="", phone=MemberState.UNAVAILABLE)


@pytest.mark.parametrize(
    ("places", "connections", "reachable", "state"),
    [
        ({}, [], None, "signed_out"),
        ({}, [], False, "phone_lost"),
        ({"a": FREE}, [], None, "ready"),
        ({"a": FREE, "b": PAUSED}, [], None, "ready"),
        ({"a": PAUSED, "b": PAUSED}, [], None, "not_ready"),
        ({"a": GONE}, [], None, "phone_lost"),
        ({"a": GONE, "b": FREE}, [], None, "ready"),
        ({"a": GONE}, [], True, "ready"),
        ({"a": FREE}, [], False, "phone_lost"),
        ({"a": FREE}, [S.ALERTING], None, "ringing"),
        ({"a": PAUSED}, [S.INITIATED], None, "ringing"),
        ({"a": FREE}, [S.HOLD], None, "held"),
        ({"a": FREE}, [S.HOLD, S.CONNECTED], None, "talking"),
        ({"a": FREE}, [S.HOLD, S.ALERTING], None, "held"),
        ({"a": GONE}, [S.CONNECTED], False, "talking"),
        ({}, [S.CONNECTED], None, "talking"),
    ],
)
def test_what_an_agent_does(
    places: dict[str, Membership], connections: list[S], reachable: bool | None, state: AgentState
) -> None:
    assert status_of(places, connections, reachable=reachable).state == state


def test_the_reason_of_a_break_and_the_queues_are_told() -> None:
    status = status_of({"b": PAUSED, "a": PAUSED}, [])
    assert (status.reason, status.queues) == ("lunch", ("a", "b"))
    assert status_of({"a": FREE}, []).reason == ""
