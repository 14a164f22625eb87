"""How a page learns the name of a call that it made: a mark goes out with its INVITE and comes back from the dialplan.

Asterisk can put no header of ours into its answers, so the relay does. The mark is random, so nobody else's text can
name a call.
"""

import asyncio
import re
import secrets
from collections import OrderedDict

_MARK = re.compile(r"[0-9a-f]{32}")
_CALL = re.compile(r"[A-Za-z0-9._-]{1,150}")
_KEPT = 4_096
_WAIT_SECONDS = 0.3  # an answer is held back for the name, at most so long and once a call


class OwnCalls:
    """The marks that went out, and the calls that they turned out to be."""

    def __init__(self) -> None:
        self._names: OrderedDict[str, asyncio.Future[str]] = OrderedDict()

    def new_mark(self) -> str:
        mark = secrets.token_hex(16)
        self._names[mark] = asyncio.get_running_loop().create_future()
        if len(self._names) > _KEPT:
            self._names.popitem(last=False)
        return mark

    def told(self, mark: str, call: str) -> None:
        """The dialplan says that *mark* is *call*. What is not that is passed over."""
        name = self._names.get(mark) if _MARK.fullmatch(mark) else None
        if name is not None and not name.done() and _CALL.fullmatch(call):
            name.set_result(call)

    async def name_of(self, mark: str) -> str:
        """Return the call with *mark*, "" when the dialplan does not say."""
        name = self._names.get(mark)
        if name is None:
            return ""
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                return await asyncio.shield(name)
        except TimeoutError:
            if not name.done():
                name.set_result("")
            return name.result()
