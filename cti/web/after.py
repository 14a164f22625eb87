"""HTTP, for everybody who takes calls and who leads them: outcomes, callbacks and tickets."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from aiohttp import web

from cti.aftercall import Callback, ChangedMeanwhile, Ticket
from cti.assist.outcomes import Outcomes
from cti.assist.tickets import TABLE, NotPossible
from cti.calls.model import CallId
from cti.ports import User
from cti.services.aftercall import BadTime, StillNeeded, Subject, UnknownOutcome
from cti.services.assist import NotYourCall
from cti.services.clock import milliseconds
from cti.staff import Profile
from cti.web import api_after as api
from cti.web.auth import Identity
from cti.web.context import CONTEXT, Context, HttpRefusal, answer, form, permitted
from cti.web.permissions import Action, Case, Colleague, can

_KEPT_DAYS = 30
_WORK = frozenset(("take", "wait", "go_on", "solve"))


# --- what a call came to --------------------------------------------------------------------------------------------


async def after_call(request: web.Request) -> web.Response:
    who = await permitted(request, Action.SEE_OWN_WORK)
    return answer(await _after(request, who, _subject(request, who, request.query.get("call", ""))))


async def choose_outcome(request: web.Request) -> web.Response:
    wanted = await form(request, api.ChooseOutcome)
    who = await permitted(request, Action.SEE_OWN_WORK)
    subject = _subject(request, who, wanted.call)
    try:
        await request.app[CONTEXT].after.settle(who.user, subject, wanted.outcome)
    except UnknownOutcome:
        raise HttpRefusal(400, "bad_request", "no such outcome for this call; load the page again") from None
    except StillNeeded as lacking:
        refused = api.StillNeeded("still_needed", "this outcome needs more", lacking.needs, lacking.fields)
        return answer(refused, status=409)
    return answer(await _after(request, who, subject))


async def _after(request: web.Request, who: Identity, subject: Subject) -> api.AfterCall:
    context = request.app[CONTEXT]
    after = context.after
    outcomes = after.outcomes(subject.queue)
    result = await after.results.of_call(subject.call, who.user.id)
    promised = await after.promised_in(subject.call, who.user)
    opened = await after.opened_in(subject.call, who.user)
    names = _names(context)
    return api.AfterCall(
        subject.call,
        _outcomes(outcomes) if outcomes else None,
        result.outcome if result else "",
        tuple(callback_view(each, who.user, names) for each in promised),
        tuple(ticket_view(each, who.user, names) for each in opened),
    )


def _subject(request: web.Request, who: Identity, call: str) -> Subject:
    """Return what *call* is about, for somebody whose phone it reached."""
    try:
        found = request.app[CONTEXT].assist.subject(who.actor.device, CallId(call))
    except NotYourCall:
        raise HttpRefusal(404, "not_found", "no such call reached your phone lately") from None
    return Subject(call, found.queue, found.e164, found.chosen)


def _outcomes(outcomes: Outcomes) -> api.OutcomesView:
    views = (
        api.OutcomeView(
            each.code,
            each.label.zh or each.label.en,
            each.label.en or each.label.zh,
            each.under,
            each.needs,
            each.ticket,
            each.category,
            each.do_not_call,
        )
        for each in outcomes.outcomes.values()
    )
    return api.OutcomesView(outcomes.title.zh, outcomes.title.en, outcomes.is_required, tuple(views))


# --- callbacks ------------------------------------------------------------------------------------------------------


async def callbacks(request: web.Request) -> web.Response:
    who = await permitted(request, Action.SEE_OWN_WORK)
    context = request.app[CONTEXT]
    profile = context.people.profile_of(who.user.name)
    found = await context.after.callbacks.open(user=who.user.id, queues=list(profile.queues) if profile else [])
    now = datetime.now(UTC)
    kept, promised = await context.after.callbacks.kept(
        since=now - timedelta(days=_KEPT_DAYS), until=now, user=who.user.id
    )
    names = _names(context)
    return answer(api.Callbacks(tuple(callback_view(each, who.user, names) for each in found), kept, promised))


async def promise_callback(request: web.Request) -> web.Response:
    wanted = await form(request, api.PromiseCallback)
    who = await permitted(request, Action.SEE_OWN_WORK)
    context = request.app[CONTEXT]
    subject = _subject(request, who, wanted.call)
    try:
        made = await context.after.promise(
            who.user, subject, due_at=_moment(wanted.due_at), note=wanted.note.strip(), own=wanted.own
        )
    except BadTime as bad:
        raise HttpRefusal(400, "bad_request", str(bad)) from None
    return answer(callback_view(made, who.user, _names(context)), status=201)


async def finish_callback(request: web.Request) -> web.Response:
    wanted = await form(request, api.FinishCallback)
    who = await permitted(request, Action.SEE_OWN_WORK)
    context = request.app[CONTEXT]
    await _callback_of(context, who, int(wanted.id))
    with _refused():
        done = await context.after.finish(who.user, int(wanted.id), cancel=wanted.cancel)
    return answer(callback_view(done, who.user, _names(context)))


async def move_callback(request: web.Request) -> web.Response:
    wanted = await form(request, api.MoveCallback)
    who = await permitted(request, Action.SEE_OWN_WORK)
    context = request.app[CONTEXT]
    await _callback_of(context, who, int(wanted.id))
    owner = _person(context, wanted.owner) if wanted.owner else None
    try:
        with _refused():
            moved = await context.after.move(
                int(wanted.id), due_at=_moment(wanted.due_at), owner=owner.user.id if owner else None
            )
    except BadTime as bad:
        raise HttpRefusal(400, "bad_request", str(bad)) from None
    return answer(callback_view(moved, who.user, _names(context)))


async def _callback_of(context: Context, who: Identity, id: int) -> Callback:
    """Return a callback that *who* may make: their own, one of their queues, or one of somebody whom they lead."""
    found = await context.after.callbacks.get(id)
    if found is not None:
        profile = context.people.profile_of(who.user.name)
        if found.owner == who.user.id:
            return found
        if found.owner is None and profile is not None and (not found.queue or found.queue in profile.queues):
            return found
        owner = next((each for each in context.people.profiles if each.user.id == found.owner), None)
        if owner is not None and can(who.actor, Action.FORCE_AGENT_STATE, _colleague(context, owner, who)):
            return found
    raise HttpRefusal(404, "not_found", "you have no such callback")


# --- tickets --------------------------------------------------------------------------------------------------------


async def tickets(request: web.Request) -> web.Response:
    who = await permitted(request, Action.SEE_OWN_WORK)
    context = request.app[CONTEXT]
    scope, live = request.query.get("scope", "mine"), request.query.get("closed") != "1"
    team = context.people.team_of(who.user.name)
    match scope:
        case "team" if team:
            found = await context.after.tickets.search(live=live, team=team)
        case "all":
            found = await context.after.tickets.search(live=live)
        case _:
            found = await context.after.tickets.search(live=live, user=who.user.id)
    names = _names(context)
    seen = [each for each in found if can(who.actor, Action.SEE_TICKET, _case(context, each, who))]
    return answer(api.TicketList(tuple(ticket_view(each, who.user, names) for each in seen)))


async def one_ticket(request: web.Request) -> web.Response:
    who = await permitted(request, Action.SEE_OWN_WORK)
    id = request.query.get("id", "")
    if not (id.isascii() and id.isdigit() and len(id) < 20):
        raise HttpRefusal(404, "not_found", "there is no such ticket")
    return await _whole(request, who, await _ticket_for(request, who, int(id), Action.SEE_TICKET))


async def open_ticket(request: web.Request) -> web.Response:
    wanted = await form(request, api.OpenTicket)
    who = await permitted(request, Action.SEE_OWN_WORK)
    context = request.app[CONTEXT]
    if not wanted.call and wanted.kind != "suggestion":
        raise HttpRefusal(400, "bad_request", "a complaint or a request is opened from a call")
    made = await context.after.open_ticket(
        who.user,
        _subject(request, who, wanted.call) if wanted.call else None,
        kind=wanted.kind,
        title=_line(wanted.title),
        text=wanted.text.strip(),
        category=_line(wanted.category),
        severity=wanted.severity,
        team=context.people.team_of(who.user.name),
    )
    return answer(ticket_view(made, who.user, _names(context)), status=201)


async def act_on_ticket(request: web.Request) -> web.Response:
    wanted = await form(request, api.ActOnTicket)
    who = await permitted(request, Action.SEE_OWN_WORK)
    after = request.app[CONTEXT].after
    action = Action.JUDGE_TICKET if wanted.act in ("close", "reopen") else Action.WORK_ON_TICKET
    ticket = await _ticket_for(request, who, int(wanted.id), action)
    text = wanted.text.strip()
    with _refused():
        if wanted.act == "say":
            if not text:
                raise HttpRefusal(400, "bad_request", "write something first")
            ticket = await after.say(who.user, ticket, text)
        else:
            ticket = await after.act(who.user, ticket, wanted.act, text=text, seen=_seen(wanted.seen, ticket))
    return await _whole(request, who, ticket)


async def change_ticket(request: web.Request) -> web.Response:
    wanted = await form(request, api.ChangeTicket)
    who = await permitted(request, Action.SEE_OWN_WORK)
    context = request.app[CONTEXT]
    ticket = await _ticket_for(request, who, int(wanted.id), Action.JUDGE_TICKET)
    text, seen = _line(wanted.text), _seen(wanted.seen, ticket)
    with _refused():
        if wanted.owner is not None:
            owner = _person(context, wanted.owner)
            ticket = await context.after.give(who.user, ticket, owner.user, text=text, seen=seen)
            seen = None
        if wanted.severity is not None and wanted.severity != ticket.severity:
            ticket = await context.after.weigh(who.user, ticket, wanted.severity, text=text, seen=seen)
    return await _whole(request, who, ticket)


async def _ticket_for(request: web.Request, who: Identity, id: int, action: Action) -> Ticket:
    """Return the ticket on which *who* may do *action*. One that they may not even see is as good as none."""
    context = request.app[CONTEXT]
    ticket = await context.after.tickets.get(id)
    case = _case(context, ticket, who) if ticket else None
    if ticket is None or not can(who.actor, Action.SEE_TICKET, case):
        raise HttpRefusal(404, "not_found", "there is no such ticket")
    if not can(who.actor, action, case):
        raise HttpRefusal(403, "not_allowed", "ask the lead of the ticket's team")
    return ticket


async def _whole(request: web.Request, who: Identity, ticket: Ticket) -> web.Response:
    context = request.app[CONTEXT]
    names, case = _names(context), _case(context, ticket, who)
    history = await context.after.tickets.history(ticket.id)
    works, judges = can(who.actor, Action.WORK_ON_TICKET, case), can(who.actor, Action.JUDGE_TICKET, case)
    has_it = ticket.state == "working" and ticket.owner == who.user.id
    fitting = [act for state, act in TABLE if state == ticket.state and not (has_it and act == "take")]
    acts = [act for act in fitting if (works if act in _WORK else judges)]
    if works:
        acts.append("say")  # type: ignore[arg-type]
    lines = (api.TicketLine(milliseconds(each.at), names.get(each.who, ""), each.act, each.text) for each in history)
    return answer(api.TicketWhole(ticket_view(ticket, who.user, names), tuple(lines), tuple(acts)))


# --- what it looks like ---------------------------------------------------------------------------------------------


def callback_view(callback: Callback, asks: User, names: "dict[int | None, str]") -> api.CallbackView:
    return api.CallbackView(
        id=str(callback.id),
        state=callback.state,
        due_at=milliseconds(callback.due_at),
        number=callback.number,
        name=callback.name,
        customer=callback.customer,
        queue=callback.queue,
        note=callback.note,
        owner=names.get(callback.owner, ""),
        own=callback.owner == asks.id,
        made_by=names.get(callback.made_by, ""),
        call=callback.call,
        kept=callback.kept,
    )


def ticket_view(ticket: Ticket, asks: User, names: "dict[int | None, str]") -> api.TicketView:
    return api.TicketView(
        id=str(ticket.id),
        kind=ticket.kind,
        state=ticket.state,
        severity=ticket.severity,
        level=ticket.level,
        category=ticket.category,
        title=ticket.title,
        text=ticket.text,
        owner=names.get(ticket.owner, ""),
        own=ticket.owner == asks.id,
        made_by=names.get(ticket.made_by, ""),
        made_at=milliseconds(ticket.made_at),
        changed_at=milliseconds(ticket.changed_at or ticket.made_at),
        due_at=milliseconds(ticket.due_at) if ticket.due_at else None,
        name=ticket.name,
        customer=ticket.customer,
        number=ticket.number,
        queue=ticket.queue,
        call=ticket.call,
    )


def _names(context: Context) -> "dict[int | None, str]":
    return {each.user.id: each.user.display_name or each.user.name for each in context.people.profiles}


def _case(context: Context, ticket: Ticket, who: Identity) -> Case:
    logins = {each.user.id: each.user.name for each in context.people.profiles}
    owner = logins.get(ticket.owner, "") if ticket.owner is not None else ""
    return Case(logins.get(ticket.made_by, ""), owner, ticket.team, context.people.team_of(who.user.name))


def _colleague(context: Context, profile: Profile, who: Identity) -> Colleague:
    return Colleague(profile.user.name, profile.user.role, profile.team, context.people.team_of(who.user.name))


def _person(context: Context, name: str) -> Profile:
    found = context.people.profile_of(name)
    if found is None or found.user.disabled:
        raise HttpRefusal(404, "not_found", "nobody has that log-in name")
    return found


@contextlib.contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except ChangedMeanwhile:
        raise HttpRefusal(409, "changed_meanwhile", "somebody else was quicker; look at it again") from None
    except NotPossible as error:
        raise HttpRefusal(409, "changed_meanwhile", str(error)) from None
    except KeyError:
        raise HttpRefusal(404, "not_found", "it is not there any more") from None


def _moment(at: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)


def _seen(at: float | None, ticket: Ticket) -> datetime | None:
    """Return the time of the ticket that the writer saw; what the browser has is rounded."""
    if at is None or ticket.changed_at is None:
        return None
    return ticket.changed_at if milliseconds(ticket.changed_at) == at else _moment(at)


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


ROUTES = (
    web.get("/api/after", after_call),
    web.post("/api/after/outcome", choose_outcome),
    web.get("/api/callbacks", callbacks),
    web.post("/api/callbacks", promise_callback),
    web.post("/api/callbacks/finish", finish_callback),
    web.post("/api/callbacks/move", move_callback),
    web.get("/api/tickets", tickets),
    web.post("/api/tickets", open_ticket),
    web.get("/api/tickets/one", one_ticket),
    web.post("/api/tickets/act", act_on_ticket),
    web.post("/api/tickets/change", change_ticket),
)
