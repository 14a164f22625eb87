"""A service to try a screen against: it speaks the protocol, serves the built page, and does as it is told."""

import asyncio
import itertools
import time
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from cti.ports import Customer, CustomerMatch, CustomerNumber
from cti.services.views import AgentView, CallView, Card, LinkView, Stamps
from cti.web import api
from cti.web import messages as m

STATIC = Path(__file__).parents[2] / "cti" / "web" / "static"
CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

CAROL = m.Me(user="carol", name="陈静", role="agent", device="PJSIP/1001", extension="1001")
ADMIN = m.Me(user="admin", name="Administrator", role="admin", device="", extension="")


def now() -> float:
    return time.time() * 1000


class FakeService:
    """One person's service. Replies to commands at once; everything else happens when a test says so."""

    def __init__(self, me: m.Me = CAROL) -> None:
        self.me = me
        self.password = "correct horse"
        self.must_change = False
        self.signed_in = True
        self.takes_sockets = True
        self.throttled_seconds = 0.0
        self.people: list[api.Person] = []
        self.ops: api.Ops | None = None
        self.link = LinkView(up=True, since=now() - 3_600_000)
        self.agent = AgentView(state="ready", since=now() - 134_000, queues=("support", "sales"))
        self.calls: dict[str, CallView] = {}
        self.cards: dict[str, Card] = {}
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
        app.router.add_get("/api/people", self._get_people)
        app.router.add_post("/api/people", self._add_person)
        app.router.add_post("/api/people/enable", self._enable_person)
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
                **call,
            }
        )
        known = "hidden" if not number else "unknown" if not matches else "known" if len(matches) == 1 else "several"
        only = matches[0].customer.id if len(matches) == 1 else None
        card = Card(call=id_, state=state or known, matches=matches, chosen=only)  # type: ignore[arg-type]
        self.calls[id_], self.cards[id_] = view, card
        await self.set_agent(state="ringing")
        await self._push(m.PopMessage(pop=f"pop-{id_}", call=view, card=card, stamps=Stamps(at, at + 0.2, at + 0.4)))
        return id_

    async def put_card(self, card: Card) -> None:
        self.cards[card.call] = card
        await self._push(m.CardMessage(card=card))

    async def answer(self, call: str) -> None:
        await self._put_call(call, state="connected", answered_at=now())
        await self.set_agent(state="talking")

    async def hang_up(self, call: str, cause: str = "normal_clearing") -> None:
        del self.calls[call]
        await self._push(m.CallGoneMessage(call=call, cause=cause))
        await self.set_agent(state="ready")

    async def set_agent(self, **changes: Any) -> None:
        self.agent = msgspec.structs.replace(self.agent, since=now(), **changes)
        await self._push(m.AgentMessage(agent=self.agent))

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
        )

    async def _obey(self, command: m.ScreenCommand) -> None:
        async with self._heard:
            self.commands.append(command)
            self._heard.notify_all()
        if type(command) in self.refuses:
            code, text = self.refuses[type(command)]
            await self._push(m.RefusalMessage(id=command.id, code=code, text=text))
            return
        match command:
            case m.PopPainted():
                return
            case m.SetAgentState(state=state, reason=reason):
                await self.set_agent(state=state, reason=reason)
            case m.ChooseCustomer(call=call, customer=customer):
                await self.put_card(msgspec.structs.replace(self.cards[call], chosen=customer))
            case m.RegisterCustomer(call=call):
                match = registered(command, self.calls[call].number)
                await self.put_card(Card(call=call, state="known", matches=(match,), chosen=match.customer.id))
        await self._push(m.DoneMessage(id=command.id, now=now()))

    async def _put_call(self, call: str, **changes: Any) -> None:
        self.calls[call] = msgspec.structs.replace(self.calls[call], **changes)
        await self._push(m.CallMessage(call=self.calls[call]))

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
        return _json(api.Account(me=self.me, must_change=self.must_change))

    async def _get_me(self, _: web.Request) -> web.Response:
        return self._account() if self.signed_in else _refused(401, "signed_out")

    async def _log_in(self, request: web.Request) -> web.Response:
        form = msgspec.json.decode(await request.read(), type=api.LoginForm)
        if self.throttled_seconds:
            return _refused(429, "slow_down", self.throttled_seconds)
        if (form.user, form.password) != (self.me.user, self.password):
            return _refused(401, "wrong_password")
        self.signed_in = True
        return self._account()

    async def _log_out(self, _: web.Request) -> web.Response:
        self.signed_in = False
        return web.Response(status=204)

    async def _set_password(self, request: web.Request) -> web.Response:
        form = msgspec.json.decode(await request.read(), type=api.PasswordForm)
        if form.old != self.password:
            return _refused(403, "wrong_password")
        if len(set(form.new)) < 4:
            return _refused(400, "weak_password")
        self.password, self.must_change = form.new, False
        return self._account()

    async def _get_ops(self, _: web.Request) -> web.Response:
        return _json(self.ops) if self.ops else _refused(503, "busy")

    async def _get_people(self, _: web.Request) -> web.Response:
        return _json(api.People(people=tuple(self.people)))

    async def _add_person(self, request: web.Request) -> web.Response:
        form = msgspec.json.decode(await request.read(), type=api.NewPerson)
        if any(person.user == form.user for person in self.people):
            return _refused(409, "already_exists")
        person = api.Person(
            user=form.user,
            name=form.name,
            role=form.role,
            device=form.device,
            enabled=True,
            must_change=True,
            connected=False,
        )
        self.people.append(person)
        return _json(api.PersonMade(person=person, password="mild-otter-7431"))

    async def _enable_person(self, request: web.Request) -> web.Response:
        form = msgspec.json.decode(await request.read(), type=api.EnablePerson)
        at = next(i for i, person in enumerate(self.people) if person.user == form.user)
        self.people[at] = msgspec.structs.replace(self.people[at], enabled=form.enabled, connected=False)
        return _json(self.people[at])


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


def _json(answer: msgspec.Struct) -> web.Response:
    return web.Response(body=msgspec.json.encode(answer), content_type="application/json")


def _refused(status: int, code: str, retry_after: float | None = None) -> web.Response:
    answer = _json(api.Refused(code=code, text=f"refused: {code}", retry_after_seconds=retry_after))
    answer.set_status(status)
    return answer


async def _index(_: web.Request) -> web.FileResponse:
    return web.FileResponse(STATIC / "index.html")


@web.middleware
async def _with_policy(request: web.Request, handler: Any) -> web.StreamResponse:
    response: web.StreamResponse = await handler(request)
    if not isinstance(response, web.WebSocketResponse):
        response.headers["Content-Security-Policy"] = CSP
    return response
