"""A shift in the middle of the afternoon, always the same: for pictures, and for what people see of a day."""

from cti.services.views import AgentView, DeskView, PlaceView, QueueView, ReasonView
from cti.web import api, api_people
from tests.fakes.web_service import FakeService, now

MINUTE = 60_000

DESK = DeskView(
    reasons=(
        ReasonView("break", "小休", "Break"),
        ReasonView("lunch", "用餐", "Lunch"),
        ReasonView("meeting", "会议", "Meeting"),
        ReasonView("training", "培训", "Training"),
    ),
    queues=(
        QueueView("support", "售后服务", "Support", "extendable", 60.0, 30.0, False),
        QueueView("sales", "销售", "Sales", "optional", 30.0, 0.0, False),
    ),
)


def agent(**changes: object) -> AgentView:
    fields: dict[str, object] = {
        "state": "ready",
        "since": now() - 134_000,
        "queues": ("support", "sales"),
        "places": (PlaceView("support", False), PlaceView("sales", False)),
        "assigned": ("support", "sales"),
    }
    return AgentView(**{**fields, **changes})  # type: ignore[arg-type]


def _call(n: int, minutes_ago: float, **changes: object) -> api_people.MyCall:
    at = now() - minutes_ago * MINUTE
    fields: dict[str, object] = {
        "call": f"call-{n}",
        "direction": "inbound",
        "number": "+8613800138000",
        "customer": "",
        "customer_id": None,
        "queue": "support",
        "outcome": "answered",
        "started_at": at,
        "rang_at": at + 20_000,
        "answered_at": at + 26_000,
        "ended_at": at + 227_000,
        "talk_seconds": 201.0,
        "note": "",
    }
    return api_people.MyCall(**{**fields, **changes})  # type: ignore[arg-type]


def one_call(call: str, **changes: object) -> api_people.MyCall:
    return _call(0, 1, call=call, **changes)


def fill(service: FakeService) -> None:
    service.desk = DESK
    service.agent = agent()
    service.today = api_people.Today(
        now=now(),
        since=now() - 330 * MINUTE,
        calls=23,
        inbound=18,
        outbound=5,
        talk_seconds=6_243.0,
        wrap_up_seconds=1_102.0,
        ready_seconds=7_980.0,
        signed_in_seconds=19_200.0,
        not_ready=(api_people.ReasonSeconds("lunch", 2_700.0), api_people.ReasonSeconds("break", 905.0)),
        missed=1,
    )
    service.my_calls = [
        _call(1, 7, customer="王芳", customer_id=1, note="续保资料已发，周三回电确认。"),
        _call(2, 19, number="+8613911112222", customer="张伟", customer_id=3, talk_seconds=412.0),
        _call(3, 31, direction="outbound", number="+8657188886666", queue="", outcome="no_answer", talk_seconds=0.0),
        _call(4, 44, number="+8613633334444", answered_at=None, outcome="abandoned", talk_seconds=0.0),
        _call(5, 58, number="+393331234567", customer="Anna Rossi", customer_id=4, queue="sales", talk_seconds=95.0),
        _call(6, 71, number="", talk_seconds=33.0),
    ]
    service.missed = [
        api_people.MissedCall(
            "missed-1", "+8613633334444", "", "support", now() - 44 * MINUTE, 36.0, True, "", None, False
        ),
        api_people.MissedCall(
            "missed-2",
            "+8613700137000",
            "李小明",
            "sales",
            now() - 92 * MINUTE,
            71.0,
            False,
            "李强",
            now() - 80 * MINUTE,
            False,
        ),
        api_people.MissedCall(
            "missed-3",
            "+8613911112222",
            "张伟",
            "support",
            now() - 130 * MINUTE,
            12.0,
            False,
            "陈静",
            now() - 19 * MINUTE,
            True,
        ),
    ]


def fill_people(service: FakeService) -> None:
    both = (api.Queue("support", 0), api.Queue("sales", 2))
    service.queues = ("sales", "support", "vip")
    service.teams = [api_people.Team(1, "一组", 3), api_people.Team(2, "Evening", 1), api_people.Team(3, "二组", 0)]
    service.people = [
        api.Person("admin", "系统管理员", "admin", "", True, False, True),
        api.Person("carol", "陈静", "agent", "PJSIP/1101", True, False, True, "一组", both),
        api.Person("lee", "李强", "agent", "PJSIP/1002", True, False, False, "一组", both[:1]),
        api.Person("rossi", "Anna Rossi", "supervisor", "PJSIP/1901", True, True, False),
        api.Person("zhao", "赵磊", "lead", "PJSIP/1003", False, False, False, "Evening", both[:1]),
    ]
    at = now()
    service.sessions = {
        user: [
            api_people.SessionInfo(
                "s1", at, at, at, "192.168.1.24", "Mozilla/5.0 (Windows NT 10.0) Chrome/156.0", True, True
            ),
            api_people.SessionInfo(
                "s2", at, at - 75 * MINUTE, at, "192.168.1.61", "Mozilla/5.0 (X11; Linux) Firefox/140.0", False, False
            ),
        ]
        for user in ("", "carol")
    }
