"""The life of a connection. Every rule about which event may follow which is in this file."""

import msgspec

from cti.calls import events as ev
from cti.calls.model import Call, Connection
from cti.calls.model import ConnectionState as S

ANY = frozenset(S)

# event -> (states it may find the connection in, the state it leaves it in)
TRANSITIONS: dict[type[ev.ConnectionEvent], tuple[frozenset[S], S]] = {
    ev.ServiceInitiated: (frozenset({S.NULL}), S.INITIATED),
    ev.Originated: (frozenset({S.NULL, S.INITIATED}), S.CONNECTED),
    ev.Queued: (frozenset({S.NULL, S.ALERTING, S.CONNECTED, S.HOLD}), S.QUEUED),
    ev.Delivered: (frozenset({S.NULL, S.QUEUED}), S.ALERTING),
    ev.Established: (ANY - {S.CONNECTED, S.HOLD, S.FAIL}, S.CONNECTED),
    ev.Held: (frozenset({S.CONNECTED}), S.HOLD),
    ev.Retrieved: (frozenset({S.HOLD}), S.CONNECTED),
    ev.Diverted: (frozenset({S.ALERTING}), S.NULL),
    ev.Failed: (frozenset({S.INITIATED, S.ALERTING}), S.NULL),
    ev.ConnectionCleared: (ANY - {S.NULL}, S.NULL),
}


def apply(call: Call, event: ev.ConnectionEvent) -> Call:
    """Return *call* as it stands after *event*, or raise UnexpectedEvent and change nothing."""
    allowed, after = TRANSITIONS[type(event)]
    connection = call.connections.get(event.channel) or Connection(event.channel, event.device, event.role)
    if connection.state not in allowed:
        raise ev.UnexpectedEvent(event, connection.state)
    queue = event.queue if isinstance(event, ev.Queued | ev.Delivered) else connection.queue
    return call.with_connection(msgspec.structs.replace(connection, state=after, role=event.role, queue=queue))
