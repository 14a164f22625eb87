"""Teams, and what people serve: on either engine."""

from collections import defaultdict
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from cti.ports import User
from cti.staff import NoSuchTeam, PhoneTaken, Profile, ProfileChange, Team, TeamInUse
from cti.storage.engine import Database
from cti.storage.tables import teams, user_queues, user_teams, users
from cti.storage.users import to_user


class SqlStaff:
    """A Staff on either engine."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def profiles(self) -> list[Profile]:
        return await self._db.read(lambda connection: _profiles(connection, None))

    async def profile(self, user: int) -> Profile | None:
        found = await self._db.read(lambda connection: _profiles(connection, users.c.id == user))
        return found[0] if found else None

    async def change(self, user: int, change: ProfileChange) -> Profile:
        columns: dict[str, Any] = {
            name: value for name in ("display_name", "role", "device") if (value := getattr(change, name)) is not None
        }

        def work(connection: Connection) -> Profile:
            if change.device:
                holder = _holder(connection, change.device)
                if holder is not None and holder.id != user:
                    raise PhoneTaken(holder)
            if columns:
                connection.execute(update(users).where(users.c.id == user).values(**columns))
            if change.team is not None:
                _put_in_team(connection, user, change.team)
            if change.queues is not None:
                connection.execute(delete(user_queues).where(user_queues.c.user_id == user))
                rows = [
                    {"user_id": user, "queue": queue, "penalty": penalty} for queue, penalty in change.queues.items()
                ]
                if rows:
                    connection.execute(insert(user_queues), rows)
            found = _profiles(connection, users.c.id == user)
            if not found:
                raise KeyError(user)
            return found[0]

        return await self._db.write(work)

    async def teams(self) -> list[Team]:
        return await self._db.read(lambda connection: _teams(connection, None))

    async def make_team(self, name: str) -> Team:
        def work(connection: Connection) -> Team:
            try:
                made: int = connection.execute(insert(teams).returning(teams.c.id), {"name": name}).scalar_one()
            except IntegrityError:
                raise TeamInUse(name) from None
            return Team(made, name)

        return await self._db.write(work)

    async def rename_team(self, team: int, name: str) -> Team:
        def work(connection: Connection) -> Team:
            try:
                connection.execute(update(teams).where(teams.c.id == team).values(name=name))
            except IntegrityError:
                raise TeamInUse(name) from None
            return _team(connection, team)

        return await self._db.write(work)

    async def remove_team(self, team: int) -> Team:
        def work(connection: Connection) -> Team:
            found = _team(connection, team)
            if found.people:
                raise TeamInUse(found.name)
            connection.execute(delete(teams).where(teams.c.id == team))
            return found

        return await self._db.write(work)


def _holder(connection: Connection, device: str) -> User | None:
    row = connection.execute(select(users).where(users.c.device == device)).first()
    return to_user(row) if row else None


def _put_in_team(connection: Connection, user: int, name: str) -> None:
    connection.execute(delete(user_teams).where(user_teams.c.user_id == user))
    if name:
        team = connection.execute(select(teams.c.id).where(teams.c.name == name)).scalar_one_or_none()
        if team is None:
            raise NoSuchTeam(name)
        connection.execute(insert(user_teams), {"user_id": user, "team_id": team})


def _profiles(connection: Connection, which: ColumnElement[bool] | None) -> list[Profile]:
    wanted = (
        select(users, teams.c.name.label("team"))
        .join_from(users, user_teams, user_teams.c.user_id == users.c.id, isouter=True)
        .join(teams, teams.c.id == user_teams.c.team_id, isouter=True)
        .order_by(users.c.name)
    )
    served = select(user_queues).order_by(user_queues.c.queue)
    if which is not None:
        wanted = wanted.where(which)
        served = served.join(users, users.c.id == user_queues.c.user_id).where(which)
    queues: dict[int, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(served):
        queues[row.user_id][row.queue] = row.penalty
    return [Profile(to_user(row), row.team or "", dict(queues.get(row.id, {}))) for row in connection.execute(wanted)]


def _teams(connection: Connection, which: ColumnElement[bool] | None) -> list[Team]:
    wanted = (
        select(teams.c.id, teams.c.name, func.count(user_teams.c.user_id).label("people"))
        .join_from(teams, user_teams, user_teams.c.team_id == teams.c.id, isouter=True)
        .group_by(teams.c.id, teams.c.name)
        .order_by(teams.c.name)
    )
    if which is not None:
        wanted = wanted.where(which)
    return [Team(row.id, row.name, row.people) for row in connection.execute(wanted)]


def _team(connection: Connection, team: int) -> Team:
    found = _teams(connection, teams.c.id == team)
    if not found:
        raise NoSuchTeam(team)
    return found[0]
