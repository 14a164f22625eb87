"""Commands of a screen about calls of the person's own phone; a part of the protocol in messages.py."""

from typing import Annotated, Literal

import msgspec


class Command(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    id: int  # chosen by the screen; the reply carries it back


_Call = Annotated[str, msgspec.Meta(min_length=1, max_length=150)]
_Number = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class CallCommand(Command, frozen=True, kw_only=True):
    """A command about calls of the person's own phone.

    Of all with the same *key*, which the screen makes up at random, one is carried out; the others get its answer.
    """

    key: Annotated[str, msgspec.Meta(max_length=64)] = ""


class Dial(CallCommand, frozen=True, tag="call.dial"):
    """Call *number*. A desk phone is rung first, to be answered at once; `done` is when it rings.

    A phone in the page is told by `done` that it may call; then it sends its INVITE, which is held to the same rule.
    """

    number: _Number
    phone: Literal["desk", "page"] = "desk"


class HangUp(CallCommand, frozen=True, tag="call.hang_up"):
    """End one's own part in *call*, or reject it while it rings; `done` is when the switch reports it."""

    call: _Call


class Transfer(CallCommand, frozen=True, tag="call.transfer"):
    """Have who is in *call* go on to *number*, without asking there; `done` is when the phone is free."""

    call: _Call
    number: _Number


class PressKeys(CallCommand, frozen=True, tag="call.keys"):
    """Send tones to who is in *call*: the menu of another telephone system."""

    call: _Call
    keys: Annotated[str, msgspec.Meta(pattern=r"^[0-9*#]{1,32}$")]
