"""HTTP, for administrators: people, their teams and queues, their sessions; for leads: their team."""

import re
from collections.abc import Iterable

from aiohttp import web

from cti.calls.facts import Device
from cti.ports import NameTaken, User
from cti.staff import AuditAction, NoSuchTeam, PhoneTaken, Profile, ProfileChange, Team, TeamInUse
from cti.web import api, api_people
from cti.web.auth import Identity, NoSuchUser
from cti.web.context import CONTEXT, HttpRefusal, answer, form, permitted, source_of
from cti.web.permissions import Action, Colleague, can
from cti.web.sessions import end_session, list_sessions

_USER = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_DEVICE = re.compile(r"[A-Za-z0-9]{2,10}/[A-Za-z0-9._-]{1,64}")
_QUEUE = re.compile(r"[^\s,;&|:\\]{1,80}")


async def people(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    await permitted(request, Action.MANAGE_PEOPLE)
    profiles = await context.people.work.staff.profiles()
    return answer(api.People(tuple(_person(request, profile) for profile in profiles)))


async def make_person(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    wanted = await form(request, api.NewPerson)
    who = await permitted(request, Action.MANAGE_PEOPLE)
    name = wanted.user.strip().casefold()
    if not _USER.fullmatch(name):
        raise HttpRefusal(400, "bad_request", "a log-in name has 1 to 64 of a-z 0-9 . _ @ -")
    _check_name(wanted.name)
    _check_device(wanted.device)
    queues = _queues(wanted.queues)
    if wanted.team and all(team.name != wanted.team for team in await context.people.work.staff.teams()):
        raise HttpRefusal(404, "not_found", "no team has that name")
    if wanted.device and any(user.device == wanted.device for user in await context.auth.people()):
        raise HttpRefusal(409, "already_exists", "somebody else has that phone")
    try:
        user, password = await context.auth.make_user(
            name, display_name=wanted.name.strip(), role=wanted.role, device=Device(wanted.device)
        )
    except NameTaken:
        raise HttpRefusal(409, "already_exists", "somebody else has that name") from None
    profile = await _change(request, user, ProfileChange(team=wanted.team, queues=queues))
    await _note(
        request, who, "person.make", user,
        role=user.role, device=user.device, team=wanted.team, queues=queues,
    )  # fmt: skip
    return answer(api.PersonMade(_person(request, profile), password))


async def change_person(request: web.Request) -> web.Response:
    wanted = await form(request, api_people.ChangePerson)
    who = await permitted(request, Action.MANAGE_PEOPLE)
    user = await _user(request, wanted.user)
    if wanted.name is not None:
        _check_name(wanted.name)
    _check_device(wanted.device or "")
    if user.id == who.user.id and wanted.role not in (None, user.role):
        raise HttpRefusal(400, "bad_request", "nobody can change their own role")
    change = ProfileChange(
        display_name=wanted.name.strip() if wanted.name is not None else None,
        role=wanted.role,
        device=wanted.device,
        team=wanted.team,
        queues=_queues(wanted.queues) if wanted.queues is not None else None,
    )
    profile = await _change(request, user, change)
    if profile.user != user:
        reseat(request, profile.user)
    changed = {name: value for name in change.__struct_fields__ if (value := getattr(change, name)) is not None}
    await _note(request, who, "person.change", user, **changed)
    return answer(_person(request, profile))


async def enable_person(request: web.Request) -> web.Response:
    wanted = await form(request, api.EnablePerson)
    who = await permitted(request, Action.MANAGE_PEOPLE)
    if wanted.user.strip().casefold() == who.user.name.casefold() and not wanted.enabled:
        raise HttpRefusal(400, "bad_request", "nobody can shut themselves out")
    user = await _user(request, wanted.user)
    await request.app[CONTEXT].auth.enable(user.name, enabled=wanted.enabled)
    profile = await _refreshed(request, user)
    await _note(request, who, "person.enable" if wanted.enabled else "person.disable", user)
    return answer(_person(request, profile))


async def reset_password(request: web.Request) -> web.Response:
    wanted = await form(request, api.ResetPassword)
    who = await permitted(request, Action.MANAGE_PEOPLE)
    user = await _user(request, wanted.user)
    _, password = await request.app[CONTEXT].auth.reset_password(user.name)
    profile = await _refreshed(request, user)
    await _note(request, who, "person.reset_password", user)
    return answer(api.PersonMade(_person(request, profile), password))


async def sessions_of(request: web.Request) -> web.Response:
    who = await permitted(request, Action.MANAGE_PEOPLE)
    return await list_sessions(request, who, await _user(request, request.query.get("user", "")))


async def end_session_of(request: web.Request) -> web.Response:
    wanted = await form(request, api_people.EndSession)
    who = await permitted(request, Action.MANAGE_PEOPLE)
    return await end_session(request, who, await _user(request, wanted.user), wanted.session)


# --- teams and queues ---------------------------------------------------------------------------------------------


async def teams(request: web.Request) -> web.Response:
    await permitted(request, Action.MANAGE_PEOPLE)
    found = await request.app[CONTEXT].people.work.staff.teams()
    return answer(api_people.Teams(tuple(map(_team, found))))


async def make_team(request: web.Request) -> web.Response:
    wanted = await form(request, api_people.NewTeam)
    who = await permitted(request, Action.MANAGE_PEOPLE)
    _check_name(wanted.name)
    people = request.app[CONTEXT].people
    try:
        made = await people.work.staff.make_team(wanted.name.strip())
    except TeamInUse:
        raise HttpRefusal(409, "already_exists", "another team has that name") from None
    await people.note(who.user.name, "team.make", whom=made.name, source=source_of(request))
    return answer(_team(made))


async def change_team(request: web.Request) -> web.Response:
    wanted = await form(request, api_people.ChangeTeam)
    who = await permitted(request, Action.MANAGE_PEOPLE)
    people, name = request.app[CONTEXT].people, wanted.name.strip()
    try:
        if name:
            _check_name(name)
            changed = await people.work.staff.rename_team(wanted.id, name)
            await people.load_again()
        else:
            changed = await people.work.staff.remove_team(wanted.id)
    except NoSuchTeam:
        raise HttpRefusal(404, "not_found", "there is no such team") from None
    except TeamInUse:
        raise HttpRefusal(409, "already_exists", "the team has people, or another one has that name") from None
    await people.note(
        who.user.name, "team.rename" if name else "team.remove", whom=changed.name, source=source_of(request)
    )
    return answer(_team(changed))


async def queues(request: web.Request) -> web.Response:
    await permitted(request, Action.MANAGE_PEOPLE)
    return answer(api_people.KnownQueues(tuple(request.app[CONTEXT].people.queues)))


async def team_now(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    who = await permitted(request, Action.SEE_TEAM)
    own = context.people.team_of(who.user.name)
    mates = [
        api_people.TeamMate(
            user=profile.user.name,
            name=profile.user.display_name,
            device=profile.user.device,
            team=profile.team,
            agent=context.agents.view(Device(profile.user.device)),
        )
        for profile in context.people.profiles
        if profile.user.device and not profile.user.disabled
        and can(who.actor, Action.FORCE_AGENT_STATE, _colleague(profile, own))
    ]  # fmt: skip
    return answer(api_people.TeamNow(tuple(sorted(mates, key=lambda mate: mate.name))))


# --- what they share ----------------------------------------------------------------------------------------------


def number_in(request: web.Request, name: str) -> int | None:
    """Return the number that the query has as *name*, None when it has none."""
    text = request.query.get(name, "")
    if not text:
        return None
    if not re.fullmatch(r"\d{1,15}", text, re.ASCII):
        raise HttpRefusal(400, "bad_request", f"{name} is a number")
    return int(text)


def reseat(request: web.Request, user: User) -> None:
    """Have the screens of *user* opened again, as who they are now."""
    context = request.app[CONTEXT]
    context.auth.forget(user.name)
    context.hub.reseat(user.name)


async def _change(request: web.Request, user: User, change: ProfileChange) -> Profile:
    try:
        return await request.app[CONTEXT].people.change(user.id, change)
    except NoSuchTeam:
        raise HttpRefusal(404, "not_found", "no team has that name") from None
    except PhoneTaken:
        raise HttpRefusal(409, "already_exists", "somebody else has that phone") from None


async def _user(request: web.Request, name: str) -> User:
    try:
        return await request.app[CONTEXT].auth.find_user(name)
    except NoSuchUser:
        raise HttpRefusal(404, "not_found", "nobody has that name") from None


async def _refreshed(request: web.Request, user: User) -> Profile:
    profile = await request.app[CONTEXT].people.refresh(user.id)
    if profile is None:
        raise HttpRefusal(404, "not_found", "nobody has that name")
    return profile


async def _note(request: web.Request, who: Identity, action: AuditAction, whom: User, **what: object) -> None:
    await request.app[CONTEXT].people.note(who.user.name, action, whom=whom.name, source=source_of(request), **what)


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise HttpRefusal(400, "bad_request", "a name has 1 to 100 characters")


def _check_device(device: str) -> None:
    if device and not _DEVICE.fullmatch(device):
        raise HttpRefusal(400, "bad_request", "a phone is written like PJSIP/1001")


def _queues(wanted: Iterable[api.Queue]) -> dict[str, int]:
    found = {each.queue: each.penalty for each in wanted}
    if not all(_QUEUE.fullmatch(queue) for queue in found):
        raise HttpRefusal(400, "bad_request", "a queue has a name without spaces, as in queues.conf")
    return found


def _colleague(profile: Profile, own_team: str) -> Colleague:
    return Colleague(profile.user.name, profile.user.role, profile.team, own_team)


def _team(team: Team) -> api_people.Team:
    return api_people.Team(team.id, team.name, team.people)


def _person(request: web.Request, profile: Profile) -> api.Person:
    user = profile.user
    return api.Person(
        user=user.name,
        name=user.display_name,
        role=user.role,
        device=user.device,
        enabled=not user.disabled,
        must_change=user.must_change,
        connected=request.app[CONTEXT].hub.is_connected(user.name),
        team=profile.team,
        queues=tuple(api.Queue(queue, penalty) for queue, penalty in profile.queues.items()),
    )
