"""What an operator sets about agents and queues: [agents] and [[queue]] of cti.toml."""

from typing import Annotated

import msgspec

from cti.agents.model import WrapUpMode

Title = Annotated[str, msgspec.Meta(max_length=100)]
Seconds = Annotated[float, msgspec.Meta(ge=1, le=3_600)]


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reason for not being ready."""

    code: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{1,40}$")]
    zh: Title
    en: Title


class Agents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[agents]: what holds for all of them."""

    not_ready_reasons: tuple[Reason, ...] = (
        Reason("break", "小休", "Break"),
        Reason("meal", "用餐", "Meal"),
        Reason("meeting", "会议", "Meeting"),
        Reason("training", "培训", "Training"),
        Reason("paperwork", "案头工作", "Paperwork"),
        Reason("system", "系统故障", "System trouble"),
    )


class Queue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[[queue]]: what a queue of the switch is to people, and what its calls ask of them."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[^\s,;&|:\\]{1,80}$")]
    title_zh: Title = ""
    title_en: Title = ""
    wrap_up: WrapUpMode = "none"
    wrap_up_seconds: Seconds = 60.0
    extension_seconds: Seconds = 60.0
    auto_answer: bool = False
