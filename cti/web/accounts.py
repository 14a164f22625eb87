"""HTTP: logging in and out, and one's password."""

from aiohttp import web

from cti.web import api
from cti.web.auth import Identity, SlowDown, WeakPassword, WrongPassword
from cti.web.context import CONTEXT, HttpRefusal, answer, form, permitted, source_of
from cti.web.passwords import TooBusy
from cti.web.permissions import Action
from cti.web.screens import me_of


async def log_in(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    wanted = await form(request, api.LoginForm)
    try:
        who = await context.auth.log_in(
            wanted.user, wanted.password, source=source_of(request), browser=request.headers.get("User-Agent", "")
        )
    except WrongPassword:
        context.metrics.log_ins.labels("wrong").inc()
        await context.people.note(wanted.user[:100], "log_in.refused", source=source_of(request))
        raise HttpRefusal(401, "wrong_password", "wrong name or password") from None
    except SlowDown as slow:
        context.metrics.log_ins.labels("throttled").inc()
        raise _slow_down(slow) from None
    except TooBusy:
        raise HttpRefusal(503, "busy", "too many people log in; try again", retry_after=5.0) from None
    context.metrics.log_ins.labels("ok").inc()
    await context.people.note(who.user.name, "log_in", source=source_of(request))
    return _with_cookie(request, who)


async def log_out(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    await form(request, api.Nothing)
    who = await permitted(request, Action.LOG_OUT)
    await context.auth.log_out(who)
    await context.people.note(who.user.name, "log_out", source=source_of(request))
    response = web.Response(status=204)
    response.del_cookie(context.cookie, path="/", secure=context.settings.behind_tls, httponly=True, samesite="Strict")
    return response


async def me(request: web.Request) -> web.Response:
    who = await permitted(request, Action.SEE_ACCOUNT)
    return answer(api.Account(me_of(who.user), who.user.must_change))


async def change_password(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    wanted = await form(request, api.PasswordForm)
    who = await permitted(request, Action.CHANGE_PASSWORD)
    try:
        fresh = await context.auth.change_password(
            who, wanted.old, wanted.new, source=source_of(request), browser=request.headers.get("User-Agent", "")
        )
    except WrongPassword:
        raise HttpRefusal(403, "wrong_password", "the old password is another") from None
    except WeakPassword as weak:
        raise HttpRefusal(400, "weak_password", str(weak)) from None
    except SlowDown as slow:
        raise _slow_down(slow) from None
    except TooBusy:
        raise HttpRefusal(503, "busy", "too many people log in; try again", retry_after=5.0) from None
    await context.people.note(who.user.name, "password.change", whom=who.user.name, source=source_of(request))
    return _with_cookie(request, fresh)


def _with_cookie(request: web.Request, who: Identity) -> web.Response:
    context = request.app[CONTEXT]
    response = answer(api.Account(me_of(who.user), who.user.must_change))
    # Strict: the cookie is for requests of our own pages alone; the page itself needs none.
    response.set_cookie(
        context.cookie, who.token, path="/", httponly=True, samesite="Strict", secure=context.settings.behind_tls
    )
    return response


def _slow_down(slow: SlowDown) -> HttpRefusal:
    return HttpRefusal(429, "slow_down", str(slow), retry_after=slow.retry_after_seconds)
