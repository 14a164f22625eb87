"""A service to try a screen against: it speaks the protocol, serves the built page, and does as it is told."""

import asyncio
import itertools
import time
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from cti.ports import Customer, CustomerMatch, CustomerNumber
from cti.services.teamfeed import MateView
from cti.services.views import (
    AgentView,
    CallView,
    Card,
    ColleagueNote,
    DeskView,
    LinkView,
    NotesView,
    PendingView,
    Stamps,
)
from cti.web import api
from cti.web import messages as m
from tests.fakes.sip_switch import SipSwitch
from tests.fakes.web_people import PeopleRoutes, as_json, refused

STATIC = Path(__file__).parents[2] / "cti" / "web" / "static"
CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

CAROL = m.Me(user="carol", name="陈静", role="agent", device="PJSIP/1001", extension="1001")
WEB_CAROL = m.Me(user="carol", name="陈静", role="agent", device="PJSIP/1101", extension="1101")
LEAD = m.Me(user="zhao", name="赵磊", role="lead", device="PJSIP/1003", extension="1003")
ADMIN = m.Me(user="admin", name="Administrator", role="admin", device="", extension="")


def now() -> float:
    return time.time() * 1000


class FakeService(PeopleRoutes):
    """One person's service. Replies to commands at once; everything else happens when a test says so.

    With *switch* the page is a phone that registers there; without, the phone stands on the desk.
    """

    def __init__(self, me: m.Me = CAROL, *, switch: SipSwitch | None = None) -> None:
        super().__init__()
        self.me = me
        self.switch = switch
        self.password = "correct horse"
        self.must_change = False
        self.signed_in = True
        self.mates: list[MateView] = []
        self.takes_sockets = True
        self.throttled_seconds = 0.0
        self.ops: api.Ops | None = None
        self.link = LinkView(up=True, since=now() - 3_600_000)
        self.agent = AgentView(
            state="ready", since=now() - 134_000, queues=("support", "sales"), assigned=("support", "sales")
        )
        self.desk = DeskView()
        self.silent: set[type[m.Command]] = set()  # commands that get no answer
        self.calls: dict[str, CallView] = {}
        self.numbers: dict[str, str] = {}  # of every call, those that are over too
        self.cards: dict[str, Card] = {}
        self.notes: dict[str, NotesView] = {}
        self.commands: list[m.ScreenCommand] = []
        self.refuses: dict[type[m.Command], tuple[str, str]] = {}
        self.url = ""
        self.upgrades: list[str] = []  # the query of each socket that was opened
        self._heard = asyncio.Condition()
        self._socket: web.WebSocketResponse | None = None
        self._session, self._seq = "", 0
        self._frames: list[tuple[int, bytes]] = []
        self._sessions, self._ids = itertools.count(1), itertools.count(1)
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> "FakeService":
        app = web.Application(middlewares=[_with_policy])
        app.router.add_get("/ws", self._ws)
        app.router.add_get("/api/me", self._get_me)
        app.router.add_post("/api/login", self._log_in)
        app.router.add_post("/api/logout", self._log_out)
        app.router.add_post("/api/password", self._set_password)
        app.router.add_get("/api/ops", self._get_ops)
        app.router.add_get("/api/assist/form", _no_form)
        self.add_routes(app)
        if self.switch is None:
            app.router.add_post("/api/phone", _no_phone)
        else:
            app.router.add_post("/api/phone", self.switch.give)
            app.router.add_get("/sip", self.switch.connect)
        app.router.add_get("/", _index)
        app.router.add_static("/", STATIC)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hang_up_on_screens()
        assert self._runner is not None
        await self._runner.cleanup()

    # --- what a test makes happen ------------------------------------------------------------------------------------

    async def ring(self, number: str, *matches: CustomerMatch, state: str = "", **call: Any) -> str:
        """A call rings at the person's phone; return its id."""
        at, id_ = now(), f"call-{next(self._ids)}"
        view = CallView(
            **{
                "call": id_,
                "direction": "inbound",
                "state": "alerting",
                "number": number,
                "shown": shown(number),
                "name": "",
                "queue": "support",
                "dialled": "4008001234",
                "started_at": at - 23_000,
                "alerting_at": at,
                "answered_at": None,
                "waited_seconds": 22.0,
                "about": id_,
                **call,
            }
        )
        known = "hidden" if not number else "unknown" if not matches else "known" if len(matches) == 1 else "several"
        only = matches[0].customer.id if len(matches) == 1 else None
        card = Card(call=id_, state=state or known, matches=matches, chosen=only)  # type: ignore[arg-type]
        self.calls[id_], self.cards[id_], self.numbers[id_] = view, card, number
        await self.set_agent(state="ringing")
        await self._push(m.PopMessage(pop=f"pop-{id_}", call=view, card=card, stamps=Stamps(at, at + 0.2, at + 0.4)))
        return id_

    async def colleagues_write(self, call: str, *notes: ColleagueNote) -> None:
        """Show *notes*, all that was written about a call so far."""
        self.notes[call] = NotesView(call, notes)
        await self._push(m.NotesMessage(notes=self.notes[call]))

    async def put_card(self, card: Card) -> None:
        self.cards[card.call] = card
        await self._push(m.CardMessage(card=card))

    async def answer(self, call: str) -> None:
        await self.put_call(call, state="connected", answered_at=now())
        await self.set_agent(state="talking")

    async def put_call(self, call: str, **changes: Any) -> None:
        self.calls[call] = msgspec.structs.replace(self.calls[call], **changes)
        await self._push(m.CallMessage(call=self.calls[call]))

    async def hang_up(self, call: str, cause: str = "normal_clearing", **agent: Any) -> None:
        del self.calls[call]
        await self._push(m.CallGoneMessage(call=call, cause=cause))
        await self.set_agent(**{"state": "ready", **agent})

    async def wrap_up(self, call: str, *, seconds: float = 60.0, can_extend: bool = True) -> None:
        """The call is over and is written up, for so long."""
        until = now() + seconds * 1000
        await self.hang_up(call, state="wrap_up", wrap_up="extendable", wrap_up_until=until, can_extend=can_extend)

    async def set_agent(self, **changes: Any) -> None:
        self.agent = msgspec.structs.replace(self.agent, **{"since": now(), **changes})
        await self._push(m.AgentMessage(agent=self.agent))

    async def put_mates(self, *mates: MateView, gone: tuple[str, ...] = (), whole: bool = False) -> None:
        """The lead who watches is told of *mates*."""
        known = {} if whole else {mate.user: mate for mate in self.mates}
        known.update((mate.user, mate) for mate in mates)
        self.mates = [mate for mate in known.values() if mate.user not in gone]
        await self._push(m.TeamMessage(mates, gone, whole))

    async def _force(self, command: m.ForceAgentState) -> None:
        mate = next(mate for mate in self.mates if mate.user == command.user)
        agent = AgentView(command.state, now(), command.reason, forced_by=self.me.name, why=command.why)
        await self.put_mates(msgspec.structs.replace(mate, agent=agent))

    async def set_link(self, *, up: bool) -> None:
        self.link = LinkView(up=up, since=now())
        await self._push(m.LinkMessage(link=self.link))

    async def hang_up_on_screens(self, code: int = m.CLOSE_RESTART) -> None:
        if self._socket is not None:
            await self._socket.close(code=code)

    def forget_screens(self) -> None:
        """As a restarted service: nobody can resume."""
        self._session, self._frames = "", []

    async def hears(self, kind: type[m.Command], *, within: float = 5.0) -> Any:
        """Return the first command of *kind*, waiting for it."""
        async with asyncio.timeout(within), self._heard:
            await self._heard.wait_for(lambda: any(isinstance(c, kind) for c in self.commands))
        return next(c for c in self.commands if isinstance(c, kind))

    # --- the socket --------------------------------------------------------------------------------------------------

    async def _ws(self, request: web.Request) -> web.WebSocketResponse:
        if not self.signed_in:
            raise web.HTTPUnauthorized
        if not self.takes_sockets:
            raise web.HTTPServiceUnavailable
        self.upgrades.append(request.query_string)
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        self._socket = socket
        session, _, seq = request.query.get("resume", "").rpartition(".")
        if session and session == self._session:
            await self._send(int(seq), msgspec.json.encode(m.ResumedMessage(now=now())))
            for number, frame in self._frames:
                if number > int(seq):
                    await self._send(number, frame)
        else:
            self._session, self._seq, self._frames = f"s{next(self._sessions)}", 0, []
            await self._push(self._snapshot())
        async for heard in socket:
            await self._obey(m.parse(heard.data))
        return socket

    def _snapshot(self) -> m.SnapshotMessage:
        cards = tuple(self.cards[call] for call in self.calls)
        return m.SnapshotMessage(
            session=self._session,
            me=self.me,
            now=now(),
            link=self.link,
            agent=self.agent,
            calls=tuple(self.calls.values()),
            cards=cards,
            desk=self.desk,
            notes=tuple(self.notes.values()),
        )

    async def _obey(self, command: m.ScreenCommand) -> None:
        async with self._heard:
            self.commands.append(command)
            self._heard.notify_all()
        if type(command) in self.refuses:
            code, text = self.refuses[type(command)]
            await self._push(m.RefusalMessage(id=command.id, code=code, text=text))
            return
        if type(command) in self.silent:
            return
        match command:
            case m.PopPainted():
                return
            case m.WatchTeam():
                await self.put_mates(*self.mates, whole=True)
            case m.ForceAgentState():
                await self._force(command)
            case m.SetAgentState(state=state, reason=reason) if self.agent.state in ("ringing", "talking", "held"):
                pending = None if state == "ready" else PendingView(state, reason)
                await self.set_agent(since=self.agent.since, pending=pending)
            case m.SetAgentState(state=state, reason=reason) | m.FinishWrapUp(state=state, reason=reason):
                await self.set_agent(state=state, reason=reason, pending=None, wrap_up_until=None, can_extend=False)
            case m.ExtendWrapUp():
                until = (self.agent.wrap_up_until or now()) + 30_000
                await self.set_agent(since=self.agent.since, wrap_up_until=until, can_extend=False)
            case m.WriteNote(call=call, text=text):  # as the record has it when the call is over
                self.my_calls = [
                    msgspec.structs.replace(one, note=text) if one.call == call else one for one in self.my_calls
                ]
            case m.SignIn(queues=queues):
                await self.set_agent(state="not_ready", reason="signed_in", queues=queues or self.agent.assigned)
            case m.SignOut():
                await self.set_agent(state="signed_out", reason="", queues=())
            case m.RepairAgentState():
                await self.set_agent(since=self.agent.since)
            case m.ChooseCustomer(call=call, customer=customer):
                await self.put_card(msgspec.structs.replace(self.cards[call], chosen=customer))
            case m.RegisterCustomer(call=call):
                match = registered(command, self.numbers[call])
                await self.put_card(Card(call=call, state="known", matches=(match,), chosen=match.customer.id))
        await self._push(m.DoneMessage(id=command.id, now=now()))

    async def _push(self, message: m.ServerMessage) -> None:
        self._seq += 1
        frame = msgspec.json.encode(message)
        self._frames.append((self._seq, frame))
        await self._send(self._seq, frame)

    async def _send(self, seq: int, frame: bytes) -> None:
        if self._socket is not None and not self._socket.closed:
            await self._socket.send_str(f'{{"seq":{seq},{frame.decode()[1:]}')

    # --- HTTP --------------------------------------------------------------------------------------------------------

    def _account(self) -> web.Response:
        return as_json(api.Account(me=self.me, must_change=self.must_change))

    async def _get_me(self, _: web.Request) -> web.Response:
        return self._account() if self.signed_in else refused(401, "signed_out")

    async def _log_in(self, request: web.Request) -> web.Response:
        form = msgspec.json.decode(await request.read(), type=api.LoginForm)
        if self.throttled_seconds:
            return refused(429, "slow_down", self.throttled_seconds)
        if (form.user, form.password) != (self.me.user, self.password):
            return refused(401, "wrong_password")
        self.signed_in = True
        return self._account()

    async def _log_out(self, _: web.Request) -> web.Response:
        self.signed_in = False
        return web.Response(status=204)

    async def _set_password(self, request: web.Request) -> web.Response:
        form = msgspec.json.decode(await request.read(), type=api.PasswordForm)
        if form.old != self.password:
            return refused(403, "wrong_password")
        if len(set(form.new)) < 4:
            return refused(400, "weak_password")
        self.password, self.must_change = form.new, False
        return self._account()

    async def _get_ops(self, _: web.Request) -> web.Response:
        return as_json(self.ops) if self.ops else refused(503, "busy")


def shown(number: str) -> str:
    local = number.removeprefix("+86")
    return f"{local[:3]} {local[3:7]} {local[7:]}" if number.startswith("+861") else number


def registered(command: m.RegisterCustomer, number: str) -> CustomerMatch:
    customer = Customer(
        id=900,
        name=command.name,
        numbers=(CustomerNumber(e164=number),),
        tags=command.tags,
        company=command.company,
        note=command.note,
    )
    return CustomerMatch(customer=customer)


async def _no_form(_: web.Request) -> web.Response:
    """The centre has no form of its own."""
    return web.Response(status=204)


async def _no_phone(_: web.Request) -> web.Response:
    return refused(404, "no_phone")


async def _index(_: web.Request) -> web.FileResponse:
    return web.FileResponse(STATIC / "index.html")


@web.middleware
async def _with_policy(request: web.Request, handler: Any) -> web.StreamResponse:
    response: web.StreamResponse = await handler(request)
    if not isinstance(response, web.WebSocketResponse):
        response.headers["Content-Security-Policy"] = CSP
    return response
