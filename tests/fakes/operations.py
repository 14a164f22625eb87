"""A busy service's figures and people, for tests of what administrators see."""

from cti.services.views import LinkView
from cti.web import api
from tests.fakes.web_service import now

HOUR = 3_600_000

FIGURES = (
    api.StageFigures("event", 1200, 0.12, 0.3, 0.61),
    api.StageFigures("dispatched", 1200, 0.31, 0.9, 2.4),
    api.StageFigures("received", 1188, 1.8, 4.6, 11.2),
    api.StageFigures("painted", 1188, 17.3, 33.1, 41.0),
    api.StageFigures("total", 1188, 19.9, 37.2, 52.4),
)


def figures(*, pops: int = 1200, stages: tuple[api.StageFigures, ...] = FIGURES) -> api.Ops:
    return api.Ops(
        now=now(),
        version="0.1.0",
        started_at=now() - 9 * HOUR,
        link=LinkView(up=True, since=now() - 7 * HOUR),
        parts=(api.PartHealth("switch", True), api.PartHealth("database", False, "disk full: 12 records wait")),
        screens=1212,
        people=208,
        calls=143,
        pops=pops,
        window_seconds=3600,
        stages=stages,
        loop_lag=api.StageFigures("loop_lag", 3600, 0.2, 1.1, 3.4),
    )


def staff() -> list[api.Person]:
    return [
        api.Person("admin", "系统管理员", "admin", "", True, False, True),
        api.Person("carol", "陈静", "agent", "PJSIP/1001", True, False, True),
        api.Person("lee", "李强", "agent", "PJSIP/1002", True, False, False),
        api.Person("rossi", "Anna Rossi", "supervisor", "PJSIP/1901", True, True, False),
        api.Person("zhao", "赵磊", "lead", "PJSIP/1003", False, False, False),
    ]
