"""Guessing is slow, and nobody is locked out for good."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from cti.ports import StorageDown
from cti.web.auth import Authenticator, AuthSettings, SlowDown, WrongPassword
from cti.web.passwords import DECOY, Passwords, TooBusy, made_up, weakness_of
from cti.web.throttle import Throttle
from tests.fakes.storage import FakeSessions, FakeUsers


class Hands:
    """Clocks that go when they are told to."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def users() -> FakeUsers:
    return FakeUsers()


@pytest.fixture
def auth(hands: Hands, users: FakeUsers) -> Authenticator:
    return Authenticator(
        users, FakeSessions(users), Passwords(threads=1), now=hands.now, clock=hands.monotonic,
        settings=AuthSettings(session_hours=16, idle_hours=8),
    )  # fmt: skip


async def _guess(auth: Authenticator, name: str, source: str, password: str = "wrong") -> str:
    try:
        await auth.log_in(name, password, source=source)
    except WrongPassword:
        return "wrong"
    except SlowDown:
        return "slow"
    return "in"


async def test_an_account_takes_five_guesses_then_ever_fewer(auth: Authenticator, hands: Hands) -> None:
    _, password = await auth.make_user("anna", display_name="Anna", role="agent", device="")
    assert [await _guess(auth, "anna", f"s{n}") for n in range(7)] == ["wrong"] * 5 + ["slow"] * 2
    assert await _guess(auth, "anna", "s9", password) == "slow"

    hands.seconds += 61.0  # the longest wait

    assert await _guess(auth, "anna", "s9", password) == "in"
    assert await _guess(auth, "anna", "s9") == "wrong"


async def test_guesses_in_half_an_hour_are_few(auth: Authenticator, hands: Hands) -> None:
    await auth.make_user("anna", display_name="Anna", role="agent", device="")
    checked = 0
    for n in range(1_800):
        checked += await _guess(auth, "anna", f"source{n % 100}") == "wrong"
        hands.seconds += 1.0
    assert checked < 50


async def test_guesses_at_once_do_not_slip_by(auth: Authenticator) -> None:
    await auth.make_user("anna", display_name="Anna", role="agent", device="")
    answers = await asyncio.gather(*(_guess(auth, "anna", f"s{n}") for n in range(50)))
    assert answers.count("wrong") == 5


async def test_who_was_here_before_is_not_kept_out_by_guesses_from_elsewhere(auth: Authenticator) -> None:
    _, password = await auth.make_user("anna", display_name="Anna", role="agent", device="")
    assert await _guess(auth, "anna", "home", password) == "in"
    for n in range(30):
        await _guess(auth, "anna", f"s{n}")

    assert await _guess(auth, "anna", "elsewhere", password) == "slow"
    assert await _guess(auth, "anna", "home", password) == "in"


async def test_a_source_that_tries_many_names_is_slowed(auth: Authenticator) -> None:
    assert [await _guess(auth, f"name{n}", "there") for n in range(7)] == ["wrong"] * 5 + ["slow"] * 2


async def test_a_shift_behind_one_address_logs_in_at_once(auth: Authenticator) -> None:
    made = [await auth.make_user(f"a{n}", display_name="A", role="agent", device="") for n in range(8)]

    answers = await asyncio.gather(*(_guess(auth, user.name, "nat", password) for user, password in made))

    assert set(answers) == {"in"}


async def test_for_unknown_users_the_same_work_is_done(auth: Authenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    def verify(self: Passwords, hashed: str, password: str) -> bool:
        checked.append(hashed)
        return True

    monkeypatch.setattr(Passwords, "_verify", verify)

    assert await _guess(auth, "nobody", "s") == "wrong"

    assert checked == [DECOY]
    assert not Passwords(threads=1).is_outdated(DECOY)  # it costs what the others cost


async def test_a_disabled_user_is_told_the_same_as_a_wrong_password(auth: Authenticator) -> None:
    _, password = await auth.make_user("anna", display_name="Anna", role="agent", device="")
    await auth.enable("anna", enabled=False)

    assert await _guess(auth, "anna", "s", password) == "wrong"


async def test_sessions_end_by_time_and_by_idleness(auth: Authenticator, hands: Hands) -> None:
    _, password = await auth.make_user("anna", display_name="Anna", role="agent", device="")
    who = await auth.log_in("Anna ", password, source="s")
    for _ in range(15):
        hands.seconds += 3_600.0
        assert await auth.who(who.token) is not None
        await asyncio.sleep(0)  # the note that it was used
    hands.seconds += 3_601.0
    assert await auth.who(who.token) is None

    idle = await auth.log_in("anna", password, source="s")
    hands.seconds += 8 * 3_600.0 + 1.0
    assert await auth.who(idle.token) is None


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 1_000, "\0" * 30])
async def test_a_made_up_token_is_nobodys(auth: Authenticator, token: str) -> None:
    assert await auth.who(token) is None


async def test_a_locked_database_does_not_stop_the_sessions(
    auth: Authenticator, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, password = await auth.make_user("anna", display_name="Anna", role="agent", device="")
    who = await auth.log_in("anna", password, source="s")

    async def locked(self: FakeSessions, *args: object, **more: object) -> None:
        raise StorageDown("locked")

    monkeypatch.setattr(FakeSessions, "touch", locked)
    hands.seconds += 120.0
    assert await auth.who(who.token) is not None
    await auth.close()


async def test_weaker_hashes_are_made_anew(auth: Authenticator, users: FakeUsers) -> None:
    from argon2 import PasswordHasher

    user, _ = await auth.make_user("anna", display_name="Anna", role="agent", device="")
    old = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash("an old password")
    await users.set_password(user.id, old)

    assert await _guess(auth, "anna", "s", "an old password") == "in"

    kept = await users.credentials("anna")
    assert kept is not None
    assert "m=19456,t=2,p=1" in kept.password_hash
    assert await _guess(auth, "anna", "s", "an old password") == "in"


async def test_too_many_at_once_are_turned_away() -> None:
    passwords = Passwords(threads=1, most_waiting=2)
    work = [asyncio.create_task(passwords.hash("x")) for _ in range(3)]
    await asyncio.wait(work)
    assert sum(isinstance(task.exception(), TooBusy) for task in work) == 1
    passwords.close()


@pytest.mark.parametrize(
    "password", ["", "short", "password1", "PASSWORD123", "aaaaaaaa", "abcdefgh", "87654321", "annannaa1", "x" * 201]
)
def test_weak_passwords(password: str) -> None:
    assert weakness_of(password, user="anna") is not None


@pytest.mark.parametrize("password", ["correct horse battery", "密码是八个汉字的", "tR4-vq_9z"])
def test_good_passwords(password: str) -> None:
    assert weakness_of(password, user="anna") is None
    assert weakness_of(made_up(), user="anna") is None


def test_the_throttle_keeps_a_bounded_memory(hands: Hands) -> None:
    throttle: Throttle[str] = Throttle(hands.monotonic, most=100)
    for n in range(1_000):
        throttle.failed(f"k{n}")
    assert len(throttle._of) == 100


def test_the_throttle_waits_ever_longer_and_forgets(hands: Hands) -> None:
    throttle: Throttle[str] = Throttle(hands.monotonic, free=5, longest=60.0, forget_seconds=900.0)
    waits = []
    for _ in range(13):
        throttle.failed("k")
        waits.append(throttle.wait_seconds("k"))
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    hands.seconds += 901.0
    assert throttle.wait_seconds("k") == 0.0
