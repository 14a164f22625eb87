"""The part of the fake service about people and their day: what it was given, changed as it is asked."""

import time
from typing import TypeVar

import msgspec
from aiohttp import web

from cti.web import api, api_after, api_people

_F = TypeVar("_F", bound=msgspec.Struct)


class PeopleRoutes:
    def __init__(self) -> None:
        self.people: list[api.Person] = []
        self.teams: list[api_people.Team] = []
        self.queues: tuple[str, ...] = ()
        self.sessions: dict[str, list[api_people.SessionInfo]] = {}  # "" are the person's own
        self.today: api_people.Today | None = None
        self.my_calls: list[api_people.MyCall] = []
        self.missed: list[api_people.MissedCall] = []
        self.in_use: api_people.InUse | None = None  # who has the extension that is asked for
        self.audit: list[api_people.AuditEntry] = []  # the latest first
        self.me: api.Me

    def add_routes(self, app: web.Application) -> None:
        app.add_routes(
            [
                web.get("/api/people", self._get_people),
                web.post("/api/people", self._add_person),
                web.post("/api/people/enable", self._enable_person),
                web.post("/api/people/change", self._change_person),
                web.get("/api/people/sessions", self._get_sessions),
                web.post("/api/people/sessions/end", self._end_session),
                web.get("/api/my/sessions", self._get_sessions),
                web.post("/api/my/sessions/end", self._end_session),
                web.get("/api/teams", self._get_teams),
                web.post("/api/teams", self._add_team),
                web.post("/api/teams/change", self._change_team),
                web.get("/api/queues", self._get_queues),
                web.post("/api/my/phone", self._take_phone),
                web.get("/api/my/today", self._get_today),
                web.get("/api/my/calls", self._get_calls),
                web.post("/api/my/calls/note", self._note),
                web.get("/api/my/missed", self._get_missed),
                web.get("/api/callbacks", self._get_callbacks),
                web.get("/api/audit", self._get_audit),
                web.post("/api/audit/export", self._export_audit),
            ]
        )

    async def _get_people(self, _: web.Request) -> web.Response:
        return as_json(api.People(people=tuple(self.people)))

    async def _add_person(self, request: web.Request) -> web.Response:
        form = await _form(request, api.NewPerson)
        if any(person.user == form.user for person in self.people):
            return refused(409, "already_exists")
        person = api.Person(
            user=form.user,
            name=form.name,
            role=form.role,
            device=form.device,
            enabled=True,
            must_change=True,
            connected=False,
            team=form.team,
            queues=form.queues,
        )
        self.people.append(person)
        return as_json(api.PersonMade(person=person, password="mild-otter-7431"))

    async def _enable_person(self, request: web.Request) -> web.Response:
        form = await _form(request, api.EnablePerson)
        return as_json(self._replace(form.user, enabled=form.enabled, connected=False))

    async def _change_person(self, request: web.Request) -> web.Response:
        form = await _form(request, api_people.ChangePerson)
        given = {name: value for name, value in msgspec.structs.asdict(form).items() if value is not None}
        return as_json(self._replace(given.pop("user"), **given))

    def _replace(self, user: str, **changes: object) -> api.Person:
        at = next(i for i, person in enumerate(self.people) if person.user == user)
        self.people[at] = msgspec.structs.replace(self.people[at], **changes)
        return self.people[at]

    async def _get_sessions(self, request: web.Request) -> web.Response:
        user = request.query.get("user", "")
        return as_json(api_people.SessionList(user, tuple(self.sessions.get(user, ()))))

    async def _end_session(self, request: web.Request) -> web.Response:
        form = await _form(request, api_people.EndSession)
        self.sessions[form.user] = [one for one in self.sessions[form.user] if one.session != form.session]
        return web.Response(status=204)

    async def _get_teams(self, _: web.Request) -> web.Response:
        return as_json(api_people.Teams(tuple(self.teams)))

    async def _add_team(self, request: web.Request) -> web.Response:
        form = await _form(request, api_people.NewTeam)
        if any(team.name == form.name for team in self.teams):
            return refused(409, "already_exists")
        self.teams.append(api_people.Team(len(self.teams) + 1, form.name, 0))
        return as_json(self.teams[-1])

    async def _change_team(self, request: web.Request) -> web.Response:
        form = await _form(request, api_people.ChangeTeam)
        at = next(i for i, team in enumerate(self.teams) if team.id == form.id)
        if not form.name:
            return as_json(self.teams.pop(at))
        self.teams[at] = msgspec.structs.replace(self.teams[at], name=form.name)
        return as_json(self.teams[at])

    async def _get_queues(self, _: web.Request) -> web.Response:
        return as_json(api_people.KnownQueues(self.queues))

    async def _take_phone(self, request: web.Request) -> web.Response:
        form = await _form(request, api_people.TakePhone)
        if self.in_use is not None and not (form.take_over and self.in_use.can_take_over):
            answer = as_json(self.in_use)
            answer.set_status(409)
            return answer
        self.me = msgspec.structs.replace(self.me, device=form.device, extension=form.device.rpartition("/")[2])
        return as_json(api.Account(me=self.me, must_change=False))

    async def _get_today(self, _: web.Request) -> web.Response:
        return as_json(self.today or _empty_day())

    async def _get_calls(self, request: web.Request) -> web.Response:
        before = float(request.query.get("before", "inf"))
        found = [call for call in self.my_calls if call.started_at < before]
        return as_json(api_people.MyCalls(tuple(found[:20]), len(found) > 20))

    async def _note(self, request: web.Request) -> web.Response:
        form = await _form(request, api_people.NoteCall)
        at = next(i for i, call in enumerate(self.my_calls) if call.call == form.call)
        self.my_calls[at] = msgspec.structs.replace(self.my_calls[at], note=form.note)
        return as_json(self.my_calls[at])

    async def _get_missed(self, _: web.Request) -> web.Response:
        return as_json(api_people.Missed(tuple(self.missed)))

    async def _get_callbacks(self, _: web.Request) -> web.Response:
        return as_json(api_after.Callbacks((), 0, 0))

    async def _get_audit(self, request: web.Request) -> web.Response:
        query = request.query
        before = int(query.get("before", 1 << 40))
        found = [
            entry
            for entry in self.audit
            if entry.id < before
            and query.get("person", "") in ("", entry.who, entry.whom)
            and query.get("action", "") in ("", entry.action)
        ]
        return as_json(api_people.Audit(tuple(found[:100]), True if "before" not in query else None))

    async def _export_audit(self, request: web.Request) -> web.Response:
        await _form(request, api_people.ExportAudit)
        return web.Response(text="id,at\r\n", content_type="text/csv")


def _empty_day() -> api_people.Today:
    at = time.time() * 1000
    return api_people.Today(at, at, 0, 0, 0, 0.0, 0.0, 0.0, 0.0, (), 0)


async def _form(request: web.Request, kind: type[_F]) -> _F:
    return msgspec.json.decode(await request.read(), type=kind)


def as_json(answer: msgspec.Struct) -> web.Response:
    return web.Response(body=msgspec.json.encode(answer), content_type="application/json")


def refused(status: int, code: str, retry_after: float | None = None) -> web.Response:
    answer = as_json(api.Refused(code=code, text=f"refused: {code}", retry_after_seconds=retry_after))
    answer.set_status(status)
    return answer
