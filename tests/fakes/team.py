"""A team in the middle of the afternoon, and what an administrator finds in the audit of that day."""

import json

from cti.services.teamfeed import MateCall, MateView
from cti.services.views import AgentView, PendingView, PlaceView
from cti.web import api_people
from tests.fakes import web_service

SECOND = 1_000


def _places(*paused: str) -> dict[str, object]:
    queues = ("support", "sales")
    return {
        "queues": queues,
        "assigned": queues,
        "places": tuple(PlaceView(queue, queue in paused) for queue in queues),
    }


def mate(user: str, name: str, extension: str, seconds: float, state: str = "ready", **agent: object) -> MateView:
    since = web_service.now() - seconds * SECOND
    fields: dict[str, object] = {**_places(), **agent}
    return MateView(user, name, extension, "一组", AgentView(state, since, **fields))  # type: ignore[arg-type]


def a_team() -> list[MateView]:
    now = web_service.now()
    call = MateCall("call-1", "inbound", "connected", "support", "138 0013 8000", now - 187 * SECOND)
    held = MateCall("call-2", "outbound", "hold", "", "0571 8888 6666", now - 42 * SECOND)
    ringing = MateCall("call-3", "inbound", "alerting", "sales", "", now - 7 * SECOND)
    meeting = PendingView("not_ready", "meeting", "赵磊", "15:00 组会")
    people = [
        mate("carol", "陈静", "1101", 134),
        mate("lee", "李强", "1002", 187, "talking", pending=meeting),
        mate("rossi", "Anna Rossi", "1004", 42, "held"),
        mate("sun", "孙悦", "1005", 7, "ringing"),
        mate("wu", "吴敏", "1006", 22, "wrap_up"),
        mate("zhou", "周涛", "1007", 1_260, "not_ready", reason="lunch", **_places("support", "sales")),
        mate("he", "何洁", "1008", 95, "not_ready", reason="training", forced_by="赵磊", why="新资费培训"),
        mate("gao", "高翔", "1009", 61, "phone_lost"),
        mate("lin", "林芳", "1010", 5_400, "signed_out", queues=(), places=(), forced_by="switch"),
    ]
    calls = {"lee": (call,), "rossi": (held,), "sun": (ringing,)}
    return [MateView(p.user, p.name, p.extension, p.team, p.agent, calls.get(p.user, ())) for p in people]


def an_audit(count: int = 9) -> list[api_people.AuditEntry]:
    """Return *count* entries, the latest first; the first of them are told apart."""
    told: list[tuple[str, str, str, dict[str, object]]] = [
        ("zhao", "agent.force", "he", {"state": "not_ready", "reason": "training", "why": "新资费培训"}),
        ("admin", "person.change", "carol", {"role": "lead", "team": "一组", "queues": {"support": 0, "sales": 2}}),
        ("admin", "person.make", "lin", {"role": "agent", "device": "PJSIP/1010"}),
        ("carol", "agent.repair", "carol", {}),
        ("lee", "phone.take", "gao", {"device": "PJSIP/1002"}),
        ("mallory", "log_in.refused", "", {}),
        ("admin", "team.make", "二组", {}),
        ("admin", "audit.export", "", {"day": "2026-03-04"}),
    ]
    rows = [*told, *([("carol", "log_in", "", {})] * max(0, count - len(told)))][:count]
    return [
        api_people.AuditEntry(
            count - i,
            web_service.now() - i * 640 * SECOND,
            who,
            action,
            whom,
            json.dumps(what, ensure_ascii=False) if what else "",
            "192.168.1.24",
        )
        for i, (who, action, whom, what) in enumerate(rows)
    ]
