"""How a call looks from one agent's phone."""

from typing import Literal

from cti.calls.facts import Device
from cti.calls.model import Call, Connection, ConnectionState, Role
from cti.services.clock import milliseconds
from cti.services.views import CallView

ViewState = Literal["initiated", "alerting", "connected", "hold"]

# The states in which a device takes part, the one that tells most first.
_STATES: dict[ConnectionState, ViewState] = {
    ConnectionState.CONNECTED: "connected",
    ConnectionState.HOLD: "hold",
    ConnectionState.ALERTING: "alerting",
    ConnectionState.INITIATED: "initiated",
}
_RANK = {state: rank for rank, state in enumerate(_STATES)}


def agents_in(call: Call) -> dict[Device, Connection]:
    """Return the agents' phones that take part in *call*, each by the connection of it that tells most."""
    found: dict[Device, Connection] = {}
    for connection in call.connections.values():
        if connection.role is not Role.AGENT or connection.state not in _RANK:
            continue
        other = found.get(connection.device)
        if other is None or _RANK[connection.state] < _RANK[other.state]:
            found[connection.device] = connection
    return found


def view_of(
    call: Call, connection: Connection, *, number: str, shown: str, before: CallView | None, at: float
) -> CallView:
    """Return *call* as it looks from the phone of *connection*; *before* is how it looked until now, *at*."""
    alerting_at = before.alerting_at if before else at
    started_at = milliseconds(call.started_at)
    return CallView(
        call=call.id,
        direction=call.direction,
        state=_STATES[connection.state],
        number=number,
        shown=shown,
        name=call.customer.name,
        queue=connection.queue or (before.queue if before else "") or (call.queues[-1] if call.queues else ""),
        dialled=call.dialled,
        started_at=started_at,
        alerting_at=alerting_at,
        answered_at=milliseconds(call.answered_at) if call.answered_at else None,
        waited_seconds=before.waited_seconds if before else round(max(0.0, alerting_at - started_at) / 1_000, 3),
    )
