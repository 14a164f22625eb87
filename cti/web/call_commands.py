"""What screens ask about calls of their own phone: may this number be dialled, is this call theirs, then the switch."""

import secrets
from collections.abc import Callable, Coroutine
from typing import Any

from cti.assist.dialling import SENTENCES, DialRule, dialable
from cti.calls.facts import Device
from cti.calls.model import CallId
from cti.services.callcontrol import CallControl, NotInThisState, channel_of
from cti.web import messages as m
from cti.web.permissions import Action, Actor, Dialled, can


class CallRefused(Exception):
    """The call cannot be made or treated so; *code* is for the screen, the text says what to do."""

    def __init__(self, code: m.RefusalCode, text: str) -> None:
        super().__init__(text)
        self.code: m.RefusalCode = code


class CallCommands:
    """Carries out CallCommands of people who have a phone."""

    def __init__(self, control: CallControl, rule: DialRule) -> None:
        self._control = control
        self._rule = rule

    def work(self, actor: Actor, command: m.CallCommand) -> Callable[[], Coroutine[Any, Any, None]]:
        """Return what carries out *command*: it raises CallRefused, NotYourCall and SwitchError."""
        return lambda: self._carry_out(actor, command)

    async def _carry_out(self, actor: Actor, command: m.CallCommand) -> None:
        device = Device(actor.device)
        try:
            match command:
                case m.Dial(number=typed, phone=phone, key=key):
                    number = self._permitted(actor, typed)
                    if phone == "desk":
                        channel = channel_of(actor.user, key or secrets.token_hex(16))
                        await self._control.dial(device, number, channel=channel)
                case m.Transfer(call=call, number=typed):
                    await self._control.transfer(device, CallId(call), self._permitted(actor, typed))
                case m.HangUp(call=call):
                    await self._control.hang_up(device, CallId(call))
                case m.PressKeys(call=call, keys=keys):
                    await self._control.press(device, CallId(call), keys)
        except NotInThisState as error:
            raise CallRefused("call_state", str(error)) from None

    def _permitted(self, actor: Actor, typed: str) -> str:
        """Return *typed* as it is dialled, if *actor* may dial it; else raise CallRefused."""
        if not can(actor, Action.DIAL, Dialled(actor.device, typed, self._rule)):
            code = self._rule.refusal(typed, actor.role)
            raise CallRefused(code or "not_allowed", SENTENCES[code] if code else "you may not do that")
        return dialable(typed)
