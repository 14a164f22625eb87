"""How a call looks from one agent's phone."""

from collections.abc import Iterable
from typing import Literal

from cti.assist.attached import AttachedField, read
from cti.calls.facts import Device
from cti.calls.model import Call, Connection, ConnectionState, Role
from cti.services.clock import milliseconds
from cti.services.lookups import Lookup
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
    call: Call,
    connection: Connection,
    lookup: Lookup,
    *,
    subject: Call | None,
    attached: Iterable[AttachedField],
    before: CallView | None,
    at: float,
) -> CallView:
    """Return *call* as it looks from the phone of *connection*; *before* is how it looked until now, *at*.

    *subject* is the call that a consultation is about, while that lives; of its data *attached* are shown.
    """
    alerting_at = before.alerting_at if before else at
    started_at = milliseconds(call.started_at)
    return CallView(
        call=call.id,
        direction=call.direction,
        state=_STATES[connection.state],
        number=lookup.number,
        shown=lookup.shown,
        name=call.customer.name,
        queue=connection.queue or (before.queue if before else "") or (call.queues[-1] if call.queues else ""),
        dialled=call.dialled,
        started_at=started_at,
        alerting_at=alerting_at,
        answered_at=milliseconds(call.answered_at) if call.answered_at else None,
        waited_seconds=before.waited_seconds if before else round(max(0.0, alerting_at - started_at) / 1_000, 3),
        about=subject.id if subject else before.about if before else call.id,
        data=before.data if before and call.consults and not subject else read(attached, data_of(call, subject)),
    )


def data_of(call: Call, subject: Call | None) -> dict[str, str]:
    """Return what the dialplan knows about *call*; what it knows about the customer's, its *subject*, counts more."""
    return dict(call.data) | dict(subject.data if subject else ())
