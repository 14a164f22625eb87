"""Records for the storage tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from cti.calls.model import CallId, FinishedCall

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)


def finished(id_: str = "1700000000.1", *, minute: float = 0.0, **changes: Any) -> FinishedCall:
    """Return a call of 80 seconds that began *minute* minutes after noon."""
    at = NOON + timedelta(minutes=minute)
    call = FinishedCall(
        id=CallId(id_),
        direction="inbound",
        customer="13800138000",
        customer_name="王小明",
        dialled="4001",
        queues=("support",),
        agents=("1001",),
        outcome="answered",
        ended_by="customer",
        transfers=(),
        supervisors=(),
        started_at=at,
        answered_at=at + timedelta(seconds=20),
        ended_at=at + timedelta(seconds=80),
        wait_seconds=20.25,
        talk_seconds=59.75,
        hold_seconds=0.0,
    )
    return msgspec.structs.replace(call, **changes)
