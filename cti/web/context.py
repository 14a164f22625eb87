"""What the handlers of requests share, and the small things that each of them does first."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
from aiohttp import web

from cti.assist.attached import AttachedField
from cti.calls.facts import ChannelId
from cti.calls.model import Call
from cti.content import Content
from cti.services.aftercall import AfterCall
from cti.services.agents import AgentService
from cti.services.assist import AssistService
from cti.services.clock import ServiceClock
from cti.services.forms import FormDesk
from cti.services.lag import LagProbe
from cti.services.people import PeopleService
from cti.services.pops import PopLog
from cti.settings import Web as WebSettings
from cti.web.api import Form, HttpRefusalCode, PartHealth, Refused
from cti.web.auth import Authenticator, Identity
from cti.web.metrics import Metrics
from cti.web.origins import is_own_request
from cti.web.permissions import Action, can
from cti.web.screens import ScreenHub
from cti.web.sip_relay import SipRelays
from cti.web.sockets import Sockets

LARGEST_BODY = 32 * 1024
_BODY_SECONDS = 10.0

F = TypeVar("F", bound=Form)
Live = Callable[[], tuple[Iterable[Call], Iterable[ChannelId]]]  # the calls and legs that the service believes in


@dataclass(frozen=True, slots=True)
class Context:
    settings: WebSettings
    auth: Authenticator
    hub: ScreenHub
    assist: AssistService
    agents: AgentService
    people: PeopleService
    after: AfterCall
    sockets: Sockets
    pops: PopLog
    lag: LagProbe
    clock: ServiceClock
    metrics: Metrics
    health: Callable[[], Sequence[PartHealth]]  # the database and whatever else app.py keeps up; the link is added
    live: Live
    version: str
    started_at: float
    zone: ZoneInfo  # of the centre: when a day begins
    content: Content  # forms, playbooks, rules: what team leads write
    attached: Sequence[AttachedField] = ()  # what the dialplan may know about calls
    forms: FormDesk | None = None  # where customers are kept in full
    sip: SipRelays | None = None  # phones in the browser, where there are any

    @property
    def cookie(self) -> str:
        """The session's cookie; browsers keep one with this prefix from being set over plain HTTP or by a subdomain."""
        return "__Host-cti" if self.settings.behind_tls else "cti"


CONTEXT: web.AppKey[Context] = web.AppKey("context", Context)


class HttpRefusal(Exception):
    """Becomes a `Refused` with that status."""

    def __init__(self, status: int, code: HttpRefusalCode, text: str, *, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.body = Refused(code, text, None if retry_after is None else round(retry_after, 1))


def answer(body: msgspec.Struct, status: int = 200) -> web.Response:
    return web.Response(
        body=msgspec.json.encode(body),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def refusal(refused: HttpRefusal) -> web.Response:
    response = answer(refused.body, refused.status)
    if refused.body.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(max(1, round(refused.body.retry_after_seconds)))
    return response


async def identify(request: web.Request) -> Identity | None:
    """Return who sends *request*, None when nobody is logged in."""
    context = request.app[CONTEXT]
    token = request.cookies.get(context.cookie)
    return await context.auth.who(token) if token else None


async def permitted(request: web.Request, action: Action) -> Identity:
    """Return who sends *request* if they may do *action*, else raise the refusal."""
    who = await identify(request)
    if who is None:
        raise HttpRefusal(401, "signed_out", "log in first")
    if not can(who.actor, action):
        if who.actor.must_change:
            raise HttpRefusal(403, "must_change_password", "choose a password of your own first")
        raise HttpRefusal(403, "not_allowed", "you may not do that")
    return who


async def form(request: web.Request, kind: type[F]) -> F:
    """Return what a page of ours posted, or raise the refusal."""
    settings = request.app[CONTEXT].settings
    if not is_own_request(request.headers, request.host, frozenset(settings.origins)):
        raise HttpRefusal(403, "wrong_origin", "this request does not come from a page of this service")
    if request.content_type != "application/json":
        raise HttpRefusal(415, "bad_request", "send application/json")
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            body = await request.read()
        return msgspec.json.decode(body, type=kind)
    except TimeoutError:
        raise HttpRefusal(408, "bad_request", "the request took too long") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HttpRefusal(400, "bad_request", str(error)) from None


def source_of(request: web.Request) -> str:
    """Return the address that a request came from: what the proxy in front says, where the settings name one."""
    if request.app[CONTEXT].settings.behind_tls:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded[:64]
    return request.remote or ""


def is_local(request: web.Request) -> bool:
    """Whether a request was sent on this machine, and not by a proxy for somebody else."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers or not request.remote:
        return False
    try:
        return ip_address(request.remote).is_loopback
    except ValueError:
        return False
