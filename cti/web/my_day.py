"""HTTP: a person's own day: figures, calls with notes, and the customers who were missed."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from aiohttp import web

from cti.assist.attached import AttachedField, read
from cti.services.clock import milliseconds
from cti.services.daily import figures_of
from cti.staff import DeskCall
from cti.web import api_people
from cti.web.context import CONTEXT, Context, HttpRefusal, answer, form, permitted
from cti.web.people import number_in
from cti.web.permissions import Action

_MOST_CALLS = 500


async def today(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    who = await permitted(request, Action.SEE_OWN_WORK)
    now = datetime.now(UTC)
    since = _midnight(context, now)
    work = context.people.work
    spans = await work.spans.of_user(who.user.id, since=since, until=now)
    calls = (
        await work.desk_log.of_phone(who.user.device, who.user.id, since=since, limit=_MOST_CALLS)
        if who.user.device
        else []
    )
    day = figures_of(spans, calls, since=since, now=now)
    return answer(
        api_people.Today(
            now=milliseconds(now),
            since=milliseconds(since),
            calls=day.calls,
            inbound=day.inbound,
            outbound=day.outbound,
            talk_seconds=day.talk_seconds,
            wrap_up_seconds=day.wrap_up_seconds,
            ready_seconds=day.ready_seconds,
            signed_in_seconds=day.signed_in_seconds,
            not_ready=tuple(
                api_people.ReasonSeconds(reason, round(seconds, 3)) for reason, seconds in day.not_ready.items()
            ),
            missed=day.missed,
        )
    )


async def my_calls(request: web.Request) -> web.Response:
    who = await permitted(request, Action.SEE_OWN_WORK)
    before, limit = number_in(request, "before"), number_in(request, "limit")
    count = max(1, min(50 if limit is None else limit, 200))
    attached = request.app[CONTEXT].attached
    found = list(
        await request.app[CONTEXT].people.work.desk_log.of_phone(
            who.user.device,
            who.user.id,
            before=None if before is None else _moment(before),
            limit=count + 1,
        )
        if who.user.device
        else ()
    )
    return answer(api_people.MyCalls(tuple(_call(call, attached) for call in found[:count]), len(found) > count))


async def note_call(request: web.Request) -> web.Response:
    wanted = await form(request, api_people.NoteCall)
    who = await permitted(request, Action.SEE_OWN_WORK)
    text = wanted.note.replace("\0", "").strip()
    call = await request.app[CONTEXT].people.work.desk_log.note(
        wanted.call, who.user.device, who.user.id, text, at=datetime.now(UTC)
    )
    if call is None:
        raise HttpRefusal(404, "not_found", "no such call reached your phone")
    return answer(_call(call, request.app[CONTEXT].attached))


async def missed(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    who = await permitted(request, Action.SEE_OWN_WORK)
    profile = context.people.profile_of(who.user.name)
    queues = list(profile.queues) if profile is not None else []
    since = _midnight(context, datetime.now(UTC))
    found = await context.people.work.desk_log.missed(who.user.device, queues, since=since)
    names = {each.user.device.rpartition("/")[2]: each.user.display_name for each in context.people.profiles}
    return answer(
        api_people.Missed(
            tuple(
                api_people.MissedCall(
                    call=call.call,
                    number=call.number,
                    customer=call.customer,
                    queue=call.queue,
                    at=milliseconds(call.at),
                    waited_seconds=call.waited_seconds,
                    here=call.here,
                    called_back_by=names.get(call.called_back_by, call.called_back_by),
                    called_back_at=milliseconds(call.called_back_at) if call.called_back_at else None,
                    reached=call.reached,
                )
                for call in found
            )
        )
    )


def _midnight(context: Context, now: datetime) -> datetime:
    """Return the last midnight at the centre."""
    here = now.astimezone(context.zone)
    return datetime.combine(here.date(), time(), context.zone).astimezone(UTC)


def _moment(at: int) -> datetime:
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    except OverflowError:
        raise HttpRefusal(400, "bad_request", "before is no time") from None


def _call(call: DeskCall, attached: Iterable[AttachedField]) -> api_people.MyCall:
    talked = (call.ended_at - call.answered_at).total_seconds() if call.answered_at else 0.0
    return api_people.MyCall(
        call=call.call,
        direction=call.direction,
        number=call.number,
        customer=call.customer,
        customer_id=call.customer_id,
        queue=call.queue,
        outcome=call.outcome,
        started_at=milliseconds(call.started_at),
        rang_at=milliseconds(call.rang_at),
        answered_at=milliseconds(call.answered_at) if call.answered_at else None,
        ended_at=milliseconds(call.ended_at),
        talk_seconds=round(talked, 3),
        note=call.note,
        data=read(attached, dict(call.data)),
    )
