"""Teams, queues, states and the audit, on SQLite, PostgreSQL and the fakes."""

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from cti.ports import StorageDown, StorageRefused
from cti.staff import AuditEntry, AuditFilter, NoSuchTeam, PhoneTaken, ProfileChange, StateSpan, TeamInUse
from tests.contract.storage.conftest import Storage
from tests.contract.storage.examples import NOON

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def user(storage: Storage, name: str = "anna", device: str = "PJSIP/1001") -> int:
    return (await storage.users.create(name, display_name=name.title(), role="agent", device=device)).id


# --- people -------------------------------------------------------------------------------------------------------


async def test_a_profile_changes_in_what_is_named(storage: Storage) -> None:
    anna = await user(storage)
    await storage.staff.make_team("blue")

    made = await storage.staff.change(anna, ProfileChange(team="blue", queues={"support": 2, "sales": 0}))
    assert (made.team, dict(made.queues)) == ("blue", {"sales": 0, "support": 2})
    changed = await storage.staff.change(anna, ProfileChange(display_name="安娜", role="lead"))
    assert (changed.user.display_name, changed.user.role, changed.team) == ("安娜", "lead", "blue")
    assert dict(changed.queues) == {"sales": 0, "support": 2}
    assert await storage.staff.profile(anna) == changed
    bare = await storage.staff.change(anna, ProfileChange(team="", queues={}, device=""))
    assert (bare.team, dict(bare.queues), bare.user.device) == ("", {}, "")


async def test_all_profiles_by_name(storage: Storage) -> None:
    bo, anna = await user(storage, "bo", "PJSIP/1002"), await user(storage)
    await storage.staff.change(bo, ProfileChange(queues={"sales": 1}))
    assert [(each.user.id, dict(each.queues)) for each in await storage.staff.profiles()] == [
        (anna, {}),
        (bo, {"sales": 1}),
    ]
    assert await storage.staff.profile(99) is None


async def test_a_phone_has_one_holder_and_a_failed_change_changes_nothing(storage: Storage) -> None:
    anna, bo = await user(storage), await user(storage, "bo", "PJSIP/1002")
    with pytest.raises(PhoneTaken) as taken:
        await storage.staff.change(bo, ProfileChange(display_name="Boris", device="PJSIP/1001"))
    assert taken.value.holder.id == anna
    with pytest.raises(NoSuchTeam):
        await storage.staff.change(bo, ProfileChange(team="purple"))
    with pytest.raises(KeyError):
        await storage.staff.change(99, ProfileChange(display_name="x"))
    profile = await storage.staff.profile(bo)
    assert profile
    assert (profile.user.display_name, profile.user.device, profile.team) == ("Bo", "PJSIP/1002", "")
    await storage.staff.change(bo, ProfileChange(device="PJSIP/1002"))


async def test_teams_are_named_counted_and_removed_when_nobody_is_in_them(storage: Storage) -> None:
    blue, red = await storage.staff.make_team("blue"), await storage.staff.make_team("amber")
    await storage.staff.change(await user(storage), ProfileChange(team="blue"))
    assert [(team.name, team.people) for team in await storage.staff.teams()] == [("amber", 0), ("blue", 1)]
    with pytest.raises(TeamInUse):
        await storage.staff.make_team("blue")
    with pytest.raises(TeamInUse):
        await storage.staff.rename_team(red.id, "blue")
    assert (await storage.staff.rename_team(red.id, "red")).name == "red"
    with pytest.raises(TeamInUse):
        await storage.staff.remove_team(blue.id)
    await storage.staff.remove_team(red.id)
    assert [team.name for team in await storage.staff.teams()] == ["blue"]
    for number in (red.id, 99):
        with pytest.raises(NoSuchTeam):
            await storage.staff.remove_team(number)
        with pytest.raises(NoSuchTeam):
            await storage.staff.rename_team(number, "x")


# --- states -------------------------------------------------------------------------------------------------------


async def test_a_span_is_kept_once_and_ends(storage: Storage) -> None:
    anna = await user(storage)
    span = StateSpan(anna, NOON, "not_ready", "meal", "not_ready", "PJSIP/1001", "c1", "Lena", "rest")
    for _ in range(3):
        storage.spans.put(span)
    await storage.settled()
    assert list(await storage.spans.going_on()) == [span]

    ended = msgspec.structs.replace(span, ended_at=NOON + MINUTE)
    storage.spans.put(ended)
    following = StateSpan(anna, NOON + MINUTE, "ready", base="ready")
    storage.spans.put(following)
    await storage.settled()
    assert list(await storage.spans.going_on()) == [following]
    assert list(await storage.spans.of_user(anna, since=NOON, until=NOON + HOUR)) == [ended, following]
    assert list(await storage.spans.of_user(anna, since=NOON + MINUTE, until=NOON + HOUR)) == [following]
    assert list(await storage.spans.of_user(anna, since=NOON - HOUR, until=NOON)) == []


async def test_a_span_of_nobody_holds_nothing_up(sql: Storage) -> None:
    anna = await user(sql)
    sql.spans.put(StateSpan(99, NOON, "ready"))
    sql.spans.put(StateSpan(anna, NOON, "ready"))
    await sql.settled()
    assert [span.user for span in await sql.spans.going_on()] == [anna]


# --- sessions -----------------------------------------------------------------------------------------------------


async def test_sessions_are_listed_by_their_public_name_and_ended_one_by_one(storage: Storage) -> None:
    anna, bo = await user(storage), await user(storage, "bo", "PJSIP/1002")
    first = await storage.sessions.create(anna, now=NOON, expires_at=NOON + HOUR, source="10.0.0.7", browser="Firefox")
    second = await storage.sessions.create(anna, now=NOON + MINUTE, expires_at=NOON + HOUR)
    await storage.sessions.create(anna, now=NOON, expires_at=NOON + MINUTE)
    other = await storage.sessions.create(bo, now=NOON, expires_at=NOON + HOUR)

    found = await storage.sessions.of(anna, now=NOON + 2 * MINUTE)

    assert [session.id for session in found] == [storage.sessions.name_of(second), storage.sessions.name_of(first)]
    assert (found[1].source, found[1].browser) == ("10.0.0.7", "Firefox")
    assert not await storage.sessions.end(anna, storage.sessions.name_of(other))
    assert await storage.sessions.end(anna, found[1].id)
    assert not await storage.sessions.end(anna, found[1].id)
    assert await storage.sessions.find(first, now=NOON) is None
    assert await storage.sessions.find(second, now=NOON + 2 * MINUTE)
    assert await storage.sessions.find(other, now=NOON)


# --- the audit ----------------------------------------------------------------------------------------------------


async def test_the_audit_keeps_what_was_done_the_latest_first(storage: Storage) -> None:
    for number in range(5):
        await storage.audit.add(AuditEntry(NOON, "root", f"act.{number}", "安娜", '{"a": 1}', "10.0.0.7"))
    found = await storage.audit.latest(limit=2)
    assert [(entry.id, entry.action, entry.whom) for entry in found] == [(5, "act.4", "安娜"), (4, "act.3", "安娜")]
    assert [entry.id for entry in await storage.audit.latest(before=4)] == [3, 2, 1]
    assert await storage.audit.is_whole()


async def test_the_audit_is_narrowed_to_a_person_an_action_and_a_time(storage: Storage) -> None:
    done = (("ada", "log_in", ""), ("bo", "agent.force", "ada"), ("bo", "log_in", ""))
    for minutes, (who, action, whom) in enumerate(done):
        await storage.audit.add(AuditEntry(NOON + minutes * MINUTE, who, action, whom))

    async def found(**only: Any) -> list[int]:
        return [entry.id for entry in await storage.audit.latest(only=AuditFilter(**only))]

    assert await found() == [3, 2, 1]
    assert await found(person="ada") == [2, 1]
    assert await found(action="log_in") == [3, 1]
    assert await found(person="bo", action="log_in") == [3]
    assert await found(since=NOON + MINUTE, until=NOON + 2 * MINUTE) == [2]
    assert [entry.id for entry in await storage.audit.latest(before=3, only=AuditFilter(action="log_in"))] == [1]


async def test_many_write_the_audit_at_once(sql: Storage) -> None:
    await asyncio.gather(*(sql.audit.add(AuditEntry(NOON, "root", f"act.{number}")) for number in range(20)))
    assert sorted(entry.id for entry in await sql.audit.latest()) == list(range(1, 21))
    assert await sql.audit.is_whole()


@pytest.mark.parametrize("change", ["UPDATE audit SET who = 'nobody'", "DELETE FROM audit"])
async def test_the_audit_takes_no_change(sql: Storage, change: str) -> None:
    await sql.audit.add(AuditEntry(NOON, "root", "act"))
    assert sql.db
    with pytest.raises((StorageRefused, StorageDown)):
        await sql.db.write(lambda connection: connection.execute(text(change)))
    assert await sql.audit.is_whole()


async def test_a_change_by_somebody_who_lifts_the_guard_shows(sql: Storage) -> None:
    for number in range(3):
        await sql.audit.add(AuditEntry(NOON, "root", f"act.{number}"))
    assert sql.db
    for guard in ("DROP TRIGGER audit_no_UPDATE", "DROP TRIGGER audit_append_only ON audit"):
        try:
            await sql.db.write(lambda connection, guard=guard: connection.execute(text(guard)))  # type: ignore[misc]
        except (StorageRefused, StorageDown):
            continue
    await sql.db.write(lambda connection: connection.execute(text("UPDATE audit SET who = 'x' WHERE id = 2")))
    assert not await sql.audit.is_whole()
