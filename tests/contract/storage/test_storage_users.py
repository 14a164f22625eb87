"""Users and their sessions, on SQLite, PostgreSQL and the fake."""

from datetime import timedelta

import pytest

from cti.ports import NameTaken
from cti.storage.engine import Sql
from cti.storage.sessions import hash_of
from tests.contract.storage.conftest import Storage
from tests.contract.storage.examples import NOON

HOUR = timedelta(hours=1)


async def test_a_user_is_kept(storage: Storage) -> None:
    made = await storage.users.create(
        "Anna", display_name="Anna Rossi", role="agent", device="PJSIP/1001", password_hash="$argon2id$..."
    )
    assert (made.name, made.display_name, made.role, made.device) == ("anna", "Anna Rossi", "agent", "PJSIP/1001")
    assert made.must_change
    assert not made.disabled
    assert await storage.users.by_name(" ANNA ") == made
    assert await storage.users.get(made.id) == made
    credentials = await storage.users.credentials("anna")
    assert credentials
    assert (credentials.user, credentials.password_hash) == (made, "$argon2id$...")


async def test_unknown_users(storage: Storage) -> None:
    assert await storage.users.by_name("admin") is None
    assert await storage.users.credentials("admin' --") is None
    assert await storage.users.get(99) is None


async def test_a_name_is_taken_whatever_its_case(storage: Storage) -> None:
    await storage.users.create("anna", display_name="Anna", role="agent")
    with pytest.raises(NameTaken):
        await storage.users.create("ANNA", display_name="Another", role="admin")
    assert [user.role for user in await storage.users.list()] == ["agent"]


@pytest.mark.parametrize("name", ["", "  ", "an\0na"])
async def test_a_name_that_is_none_is_refused(storage: Storage, name: str) -> None:
    with pytest.raises(ValueError, match="needs a name"):
        await storage.users.create(name, display_name="", role="agent")


async def test_all_users_by_name(storage: Storage) -> None:
    for name in ("carla", "anna", "berta"):
        await storage.users.create(name, display_name=name.title(), role="agent")
    assert [user.name for user in await storage.users.list()] == ["anna", "berta", "carla"]


async def test_a_new_password_ends_the_sessions_and_a_new_hash_does_not(storage: Storage) -> None:
    user = await storage.users.create("anna", display_name="Anna", role="agent", password_hash="old")
    token = await storage.sessions.create(user.id, now=NOON, expires_at=NOON + HOUR)

    await storage.users.rehash_password(user.id, "old, stronger")
    assert await storage.sessions.find(token, now=NOON)

    await storage.users.set_password(user.id, "new")
    assert await storage.sessions.find(token, now=NOON) is None
    credentials = await storage.users.credentials("anna")
    assert credentials
    assert credentials.password_hash == "new"
    assert not credentials.user.must_change


async def test_a_session_is_found_by_its_token_until_it_is_over(storage: Storage) -> None:
    user = await storage.users.create("anna", display_name="Anna", role="agent")
    token = await storage.sessions.create(user.id, now=NOON, expires_at=NOON + HOUR)
    assert len(token) >= 43
    session = await storage.sessions.find(token, now=NOON)
    assert session
    assert (session.user, session.created_at, session.last_seen_at, session.expires_at) == (
        user,
        NOON,
        NOON,
        NOON + HOUR,
    )
    assert await storage.sessions.find(token, now=NOON + HOUR) is None
    for wrong in ("", token[:-1], token + "x", "\0", "\ud800"):
        assert await storage.sessions.find(wrong, now=NOON) is None


async def test_a_session_is_touched_at_most_once_a_minute(storage: Storage) -> None:
    user = await storage.users.create("anna", display_name="Anna", role="agent")
    token = await storage.sessions.create(user.id, now=NOON, expires_at=NOON + HOUR)
    for seconds, expected in ((59, 0), (61, 61), (90, 61), (125, 125)):
        now = NOON + timedelta(seconds=seconds)
        session = await storage.sessions.find(token, now=now)
        assert session
        await storage.sessions.touch(token, session, now=now)
        session = await storage.sessions.find(token, now=now)
        assert session
        assert session.last_seen_at == NOON + timedelta(seconds=expected)


async def test_sessions_end(storage: Storage) -> None:
    anna = await storage.users.create("anna", display_name="Anna", role="agent")
    berta = await storage.users.create("berta", display_name="Berta", role="agent")
    tokens = [await storage.sessions.create(anna.id, now=NOON, expires_at=NOON + HOUR) for _ in range(3)]
    other = await storage.sessions.create(berta.id, now=NOON, expires_at=NOON + 2 * HOUR)

    await storage.sessions.delete(tokens[0])
    assert await storage.sessions.find(tokens[0], now=NOON) is None
    assert await storage.sessions.delete_of(anna.id) == 2
    assert await storage.sessions.find(tokens[1], now=NOON) is None
    assert await storage.sessions.find(other, now=NOON)
    assert await storage.sessions.purge(now=NOON + HOUR) == 0
    assert await storage.sessions.purge(now=NOON + 2 * HOUR) == 1


async def test_a_disabled_user_is_out_and_stays_out(storage: Storage) -> None:
    user = await storage.users.create("anna", display_name="Anna", role="agent")
    token = await storage.sessions.create(user.id, now=NOON, expires_at=NOON + HOUR)
    await storage.users.disable(user.id)
    assert await storage.sessions.find(token, now=NOON) is None
    late = await storage.sessions.create(user.id, now=NOON, expires_at=NOON + HOUR)
    assert await storage.sessions.find(late, now=NOON) is None
    await storage.users.disable(user.id, disabled=False)
    assert await storage.sessions.find(token, now=NOON) is None


async def test_a_token_is_never_stored(sql: Storage) -> None:
    user = await sql.users.create("anna", display_name="Anna", role="agent")
    token = await sql.sessions.create(user.id, now=NOON, expires_at=NOON + HOUR)
    assert sql.db
    rows = await sql.db.fetch(Sql("SELECT token_hash FROM sessions"))
    assert [bytes(row[0]) for row in rows] == [hash_of(token)]
