"""HTTP: logging in and out, one's password, and, for administrators, the people."""

import re

from aiohttp import web

from cti.calls.facts import Device
from cti.ports import NameTaken, User
from cti.web import api
from cti.web.auth import Identity, NoSuchUser, SlowDown, WeakPassword, WrongPassword
from cti.web.context import CONTEXT, HttpRefusal, answer, form, permitted, source_of
from cti.web.passwords import TooBusy
from cti.web.permissions import Action
from cti.web.screens import me_of

_USER = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_DEVICE = re.compile(r"[A-Za-z0-9]{2,10}/[A-Za-z0-9._-]{1,64}")


async def log_in(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    wanted = await form(request, api.LoginForm)
    try:
        who = await context.auth.log_in(wanted.user, wanted.password, source=source_of(request))
    except WrongPassword:
        context.metrics.log_ins.labels("wrong").inc()
        raise HttpRefusal(401, "wrong_password", "wrong name or password") from None
    except SlowDown as slow:
        context.metrics.log_ins.labels("throttled").inc()
        raise _slow_down(slow) from None
    except TooBusy:
        raise HttpRefusal(503, "busy", "too many people log in; try again", retry_after=5.0) from None
    context.metrics.log_ins.labels("ok").inc()
    return _with_cookie(request, who)


async def log_out(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    await form(request, api.Nothing)
    who = await permitted(request, Action.LOG_OUT)
    await context.auth.log_out(who)
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
        fresh = await context.auth.change_password(who, wanted.old, wanted.new, source=source_of(request))
    except WrongPassword:
        raise HttpRefusal(403, "wrong_password", "the old password is another") from None
    except WeakPassword as weak:
        raise HttpRefusal(400, "weak_password", str(weak)) from None
    except SlowDown as slow:
        raise _slow_down(slow) from None
    except TooBusy:
        raise HttpRefusal(503, "busy", "too many people log in; try again", retry_after=5.0) from None
    return _with_cookie(request, fresh)


async def people(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    await permitted(request, Action.MANAGE_PEOPLE)
    return answer(api.People(tuple(_person(request, user) for user in await context.auth.people())))


async def make_person(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    wanted = await form(request, api.NewPerson)
    await permitted(request, Action.MANAGE_PEOPLE)
    name = wanted.user.strip().casefold()
    if not _USER.fullmatch(name):
        raise HttpRefusal(400, "bad_request", "a log-in name has 1 to 64 of a-z 0-9 . _ @ -")
    if not wanted.name.strip() or len(wanted.name) > 100 or not wanted.name.isprintable():
        raise HttpRefusal(400, "bad_request", "a name has 1 to 100 characters")
    if wanted.device and not _DEVICE.fullmatch(wanted.device):
        raise HttpRefusal(400, "bad_request", "a phone is written like PJSIP/1001")
    if wanted.device and any(user.device == wanted.device for user in await context.auth.people()):
        raise HttpRefusal(409, "already_exists", "somebody else has that phone")
    try:
        user, password = await context.auth.make_user(
            name, display_name=wanted.name.strip(), role=wanted.role, device=Device(wanted.device)
        )
    except NameTaken:
        raise HttpRefusal(409, "already_exists", "somebody else has that name") from None
    return answer(api.PersonMade(_person(request, user), password))


async def enable_person(request: web.Request) -> web.Response:
    wanted = await form(request, api.EnablePerson)
    who = await permitted(request, Action.MANAGE_PEOPLE)
    if wanted.user.strip().casefold() == who.user.name.casefold() and not wanted.enabled:
        raise HttpRefusal(400, "bad_request", "nobody can shut themselves out")
    try:
        user = await request.app[CONTEXT].auth.enable(wanted.user, enabled=wanted.enabled)
    except NoSuchUser:
        raise HttpRefusal(404, "not_found", "nobody has that name") from None
    return answer(_person(request, user))


async def reset_password(request: web.Request) -> web.Response:
    wanted = await form(request, api.ResetPassword)
    await permitted(request, Action.MANAGE_PEOPLE)
    try:
        user, password = await request.app[CONTEXT].auth.reset_password(wanted.user)
    except NoSuchUser:
        raise HttpRefusal(404, "not_found", "nobody has that name") from None
    return answer(api.PersonMade(_person(request, user), password))


def _person(request: web.Request, user: User) -> api.Person:
    return api.Person(
        user=user.name,
        name=user.display_name,
        role=user.role,
        device=user.device,
        enabled=not user.disabled,
        must_change=user.must_change,
        connected=request.app[CONTEXT].hub.is_connected(user.name),
    )


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
