"""The web application: routes, the headers that every answer carries, and the server around it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from cti.ports import StorageDown
from cti.web import accounts, after, audit, forms_desk, my_day, operations, people, phones, sessions
from cti.web.api import HttpRefusalCode
from cti.web.context import CONTEXT, LARGEST_BODY, Context, HttpRefusal, identify, refusal
from cti.web.origins import is_own_origin
from cti.web.pages import Pages
from cti.web.permissions import Action, can

log = logging.getLogger(__name__)

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'; connect-src 'self' ws: wss:"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}
_TLS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}
_KEEP_ALIVE_SECONDS = 30.0  # also the time in which a new connection must ask something

_CODES: dict[int, HttpRefusalCode] = {403: "not_allowed", 404: "not_found"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(context: Context, *, pages: Pages | None = None) -> web.Application:
    app = web.Application(client_max_size=LARGEST_BODY, middlewares=[_refuse])
    app[CONTEXT] = context
    app.on_response_prepare.append(_add_headers)
    app.add_routes(
        [
            web.get("/ws", _websocket),
            web.get("/sip", phones.open_socket),
            web.post("/api/phone", phones.give_phone),
            web.post("/api/login", accounts.log_in),
            web.post("/api/logout", accounts.log_out),
            web.post("/api/password", accounts.change_password),
            web.get("/api/me", accounts.me),
            web.get("/api/people", people.people),
            web.post("/api/people", people.make_person),
            web.post("/api/people/change", people.change_person),
            web.post("/api/people/enable", people.enable_person),
            web.post("/api/people/reset", people.reset_password),
            web.get("/api/people/sessions", people.sessions_of),
            web.post("/api/people/sessions/end", people.end_session_of),
            web.get("/api/teams", people.teams),
            web.post("/api/teams", people.make_team),
            web.post("/api/teams/change", people.change_team),
            web.get("/api/queues", people.queues),
            web.get("/api/team", people.team_now),
            web.get("/api/audit", audit.audit),
            web.post("/api/audit/export", audit.export),
            web.get("/api/my/sessions", sessions.my_sessions),
            web.post("/api/my/sessions/end", sessions.end_my_session),
            web.post("/api/my/phone", sessions.take_phone),
            web.get("/api/my/today", my_day.today),
            web.get("/api/my/calls", my_day.my_calls),
            web.post("/api/my/calls/note", my_day.note_call),
            web.get("/api/my/missed", my_day.missed),
            *after.ROUTES,
            *forms_desk.ROUTES,
            web.get("/api/ops", operations.ops),
            web.get("/api/ops/calls", operations.live),
            web.get("/healthz", operations.healthz),
            web.get("/readyz", operations.readyz),
            web.get("/metrics", operations.metrics),
            web.get("/{path:.*}", (pages or Pages()).serve),
        ]
    )
    return app


class WebServer:
    """Serves *app* from start to close; open screens are told to come back."""

    def __init__(self, app: web.Application) -> None:
        self._app = app
        self._runner = web.AppRunner(
            app,
            access_log=None,
            keepalive_timeout=_KEEP_ALIVE_SECONDS,
            shutdown_timeout=3.0,
            max_line_size=4_096,
            max_field_size=8_190,
            max_headers=64,
        )
        self.port = 0

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        settings = self._app[CONTEXT].settings
        await self._runner.setup()
        site = web.TCPSite(self._runner, settings.host, settings.port, backlog=1_024)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        context = self._app[CONTEXT]
        if context.sip is not None:
            await context.sip.close()
        await context.hub.close()
        await self._runner.cleanup()


async def keep_sessions(context: Context, *, every_seconds: float = 3.0, at_once: int = 100) -> None:
    """Close the screens whose session is over; run until cancelled.

    What is ended in this process closes at once. This is for what ended elsewhere or by time: every session is looked
    up in turn, within five seconds for up to 150 screens.
    """
    queue: list[str] = []
    while True:
        await asyncio.sleep(every_seconds)
        if not queue:
            tokens = {screen.token for screen in context.hub.connected()}
            queue = list(tokens | context.sip.desk.tokens() if context.sip is not None else tokens)
        batch, queue = queue[:at_once], queue[at_once:]
        try:
            await context.auth.check(batch)
        except StorageDown as down:
            log.warning("sessions could not be checked", extra={"error": type(down).__name__})


@web.middleware
async def _refuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except HttpRefusal as refused:
        return refusal(refused)
    except StorageDown:
        return refusal(HttpRefusal(503, "storage_failed", "the database does not answer; try again", retry_after=5.0))
    except web.HTTPRequestEntityTooLarge:
        return refusal(HttpRefusal(413, "bad_request", f"a request may have {LARGEST_BODY} bytes at most"))
    except web.HTTPException as error:
        if not request.path.startswith("/api/"):
            raise
        return refusal(HttpRefusal(error.status, _CODES.get(error.status, "bad_request"), error.reason))


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.app[CONTEXT].settings.behind_tls:
        response.headers.update(_TLS_HEADERS)
    response.headers.pop("Server", None)


async def _websocket(request: web.Request) -> web.StreamResponse:
    """Open a screen, for somebody who is logged in and whose page is ours. The origin is asked first."""
    context = request.app[CONTEXT]
    if not is_own_origin(request.headers.get("Origin"), request.host, frozenset(context.settings.origins)):
        raise HttpRefusal(403, "wrong_origin", "this page may not open a screen")
    who = await identify(request)
    if who is None:
        raise HttpRefusal(401, "signed_out", "log in first")
    if not can(who.actor, Action.OPEN_SCREEN):
        raise HttpRefusal(403, "must_change_password" if who.actor.must_change else "not_allowed", "not now")
    return await context.sockets.serve(request, who)
