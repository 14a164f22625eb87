"""HTTP: the log-in sessions of a person, and the phone that they sit at."""

from aiohttp import web

from cti.ports import User
from cti.services.clock import milliseconds
from cti.staff import PhoneTaken, ProfileChange
from cti.web import api, api_people
from cti.web.auth import Identity
from cti.web.context import CONTEXT, HttpRefusal, answer, form, permitted, source_of
from cti.web.permissions import Action
from cti.web.screens import me_of


async def my_sessions(request: web.Request) -> web.Response:
    who = await permitted(request, Action.SEE_OWN_WORK)
    return await list_sessions(request, who, who.user)


async def end_my_session(request: web.Request) -> web.Response:
    wanted = await form(request, api_people.EndSession)
    who = await permitted(request, Action.SEE_OWN_WORK)
    return await end_session(request, who, who.user, wanted.session)


async def list_sessions(request: web.Request, who: Identity, user: User) -> web.Response:
    """Answer with the sessions of *user*, which *who* may see."""
    context = request.app[CONTEXT]
    found = await context.auth.sessions_of(user)
    open_now = {context.auth.name_of(screen.token) for screen in context.hub.connected()}
    own = context.auth.name_of(who.token)
    return answer(
        api_people.SessionList(
            user.name,
            tuple(
                api_people.SessionInfo(
                    session=session.id,
                    created_at=milliseconds(session.created_at),
                    last_seen_at=milliseconds(session.last_seen_at),
                    expires_at=milliseconds(session.expires_at),
                    source=session.source,
                    browser=session.browser,
                    connected=session.id in open_now,
                    own=session.id == own,
                )
                for session in found
            ),
        )
    )


async def end_session(request: web.Request, who: Identity, user: User, session: str) -> web.Response:
    """End that session of *user*; *who* may do so."""
    context = request.app[CONTEXT]
    if not await context.auth.end_session(user, session):
        raise HttpRefusal(404, "not_found", "there is no such session")
    await context.people.note(who.user.name, "session.end", whom=user.name, source=source_of(request), session=session)
    return web.Response(status=204)


async def take_phone(request: web.Request) -> web.Response:
    """Sit down at another phone: one that is free, or whose holder left without saying so."""
    context = request.app[CONTEXT]
    wanted = await form(request, api_people.TakePhone)
    who = await permitted(request, Action.TAKE_PHONE)
    people = context.people
    holder = next((each.user for each in people.profiles if each.user.device == (wanted.device or None)), None)
    if wanted.device not in people.work.spare_phones and (holder is None or holder.role != "agent"):
        raise HttpRefusal(404, "not_found", "there is no such phone to take")
    if holder is not None and holder.id != who.user.id:
        in_use = await _in_use(request, holder)
        if not (wanted.take_over and in_use.can_take_over):
            return answer(in_use, status=409)
        await people.change(holder.id, ProfileChange(device=""))
        await context.auth.end_all(holder)
    try:
        profile = await people.change(who.user.id, ProfileChange(device=wanted.device))
    except PhoneTaken as taken:
        return answer(await _in_use(request, taken.holder), status=409)
    context.auth.forget(who.user.name)
    context.hub.reseat(who.user.name)
    await people.note(
        who.user.name, "phone.take", whom=holder.name if holder else "", source=source_of(request), device=wanted.device
    )
    return answer(api.Account(me_of(profile.user), profile.user.must_change))


async def _in_use(request: web.Request, holder: User) -> api_people.InUse:
    context = request.app[CONTEXT]
    found = await context.auth.sessions_of(holder)
    return api_people.InUse(
        code="extension_in_use",
        text="somebody else has this phone",
        user=holder.name,
        name=holder.display_name,
        last_seen_at=milliseconds(found[0].last_seen_at) if found else None,
        can_take_over=not context.hub.is_connected(holder.name),
    )
