"""HTTP: a phone for a page, and the socket over which that page speaks SIP with the switch."""

import secrets

from aiohttp import web

from cti.web import api
from cti.web.context import CONTEXT, HttpRefusal, answer, form, identify, permitted
from cti.web.origins import is_own_origin
from cti.web.permissions import Action, Phone, can
from cti.web.phone_desk import InUse, NoPhone

REGISTER_SECONDS = 120


async def give_phone(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    wanted = await form(request, api.PhoneForm)
    who = await permitted(request, Action.OPEN_SCREEN)
    relays = context.sip
    if relays is None or not can(who.actor, Action.USE_PHONE, Phone(who.actor.device)):
        raise HttpRefusal(404, "no_phone", "there is no phone in the browser for you")
    try:
        given, replaced = relays.desk.give(who, before=wanted.phone, take_over=wanted.take_over)
    except NoPhone:
        raise HttpRefusal(404, "no_phone", "there is no phone in the browser for you") from None
    except InUse:
        raise HttpRefusal(409, "phone_in_use", "your phone is in another tab") from None
    if replaced is not None:
        replaced.close(api.CLOSE_TAKEN_OVER)
    keeper, person = relays.desk.keeper, given.person
    return answer(
        api.PhoneGiven(
            phone=given.id,
            extension=person.extension,
            uri=f"sip:{person.extension}@{person.realm}",
            realm=person.realm,
            user=person.extension,
            password=person.page_password,
            contact=f"sip:{person.extension}@{secrets.token_hex(6)}.invalid;transport=ws",
            path=f"/sip?phone={given.id}",
            register_seconds=REGISTER_SECONDS,
            waiting=keeper.waiting(given.device),
            wait_seconds=keeper.wait_seconds,
        )
    )


async def open_socket(request: web.Request) -> web.StreamResponse:
    """Relay SIP for a page of ours. The origin is asked first."""
    context = request.app[CONTEXT]
    if not is_own_origin(request.headers.get("Origin"), request.host, frozenset(context.settings.origins)):
        raise HttpRefusal(403, "wrong_origin", "this page may not open a phone")
    who = await identify(request)
    if who is None:
        raise HttpRefusal(401, "signed_out", "log in first")
    relays = context.sip
    if relays is None or not can(who.actor, Action.USE_PHONE, Phone(who.actor.device)):
        raise HttpRefusal(403, "must_change_password" if who.actor.must_change else "not_allowed", "not now")
    if not relays.speaks(request):
        raise HttpRefusal(400, "bad_request", "this is a websocket of the sub-protocol sip")
    return await relays.serve(request, who)
