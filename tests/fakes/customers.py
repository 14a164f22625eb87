"""Customers as a call centre has them, for tests of what people see."""

from datetime import UTC, datetime, timedelta

from cti.ports import Contact, Customer, CustomerMatch, CustomerNumber


def contact(
    call: str, *, days_ago: float, outcome: str = "answered", agent: str = "李强", talk: float = 401.0
) -> Contact:
    return Contact(
        call=call,
        at=datetime.now(UTC) - timedelta(days=days_ago),
        direction="inbound",
        outcome=outcome,
        agent=agent,
        talk_seconds=talk,
    )


WANG_FANG = CustomerMatch(
    customer=Customer(
        id=1,
        name="王芳",
        numbers=(CustomerNumber("+8613800138000"), CustomerNumber("+8657188886666", "work")),
        tags=("VIP", "续保"),
        company="杭州云山贸易有限公司",
        note="请勿上午来电。\n保单 P-2231，有效期至 12 月 31 日。",
    ),
    contacts=(
        contact("old-1", days_ago=0.01, talk=130),
        contact("old-2", days_ago=22, outcome="no_answer", agent="1003", talk=0),
        contact("old-3", days_ago=400),
    ),
)
LI_XIAOMING = CustomerMatch(
    customer=Customer(id=2, name="李小明", numbers=(CustomerNumber("+8613800138000"),), tags=("新客户",))
)
ANNA_ROSSI = CustomerMatch(
    customer=Customer(
        id=3,
        name="Anna Rossi",
        numbers=(CustomerNumber("+390612345678", "landline"), CustomerNumber("+8613800138000")),
        company="Rossi & Figli S.r.l.",
    ),
    contacts=(contact("old-4", days_ago=3),),
)
