"""Passwords: argon2id in a few threads, made-up ones, and what makes one too weak."""

import asyncio
import itertools
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_T = TypeVar("_T")

SHORTEST = 8
LONGEST = 200  # characters; argon2 reads them all, so there must be an end

# The OWASP minimum: 19 MiB, two passes, one lane; 0.02 s of one core each.
_MEMORY_KIB, _PASSES, _LANES = 19 * 1024, 2, 1

# The hash of a password that nobody knows, checked where there is no user, so that the answer takes as long.
DECOY = "$argon2id$v=19$m=19456,t=2,p=1$0+RYYCTuNwpW5m3aNHLkpg$w0xhSchqe9bxCIGpj8X6211dYtlXjuOP8idSpUjQeys"

_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that looks like something else

_TRIED_FIRST = """
    password passw0rd password1 password12 password123 password1234 12345678 123456789 1234567890 11111111 00000000
    88888888 66666666 12341234 11223344 87654321 987654321 0987654321 qwertyui qwertyuiop qwerty123 qwerty12 1q2w3e4r
    1q2w3e4r5t 1qaz2wsx qazwsxedc zaq12wsx asdfghjk asdfghjkl zxcvbnm1 zxcvbnm123 iloveyou iloveyou1 sunshine princess
    football baseball basketball superman batman123 starwars computer internet whatever trustno1 michelle jennifer
    abc12345 abcd1234 a1234567 a12345678 a123456789 aa123456 aa12345678 woaini1314 woaini520 5201314520 1314520520
    admin123 admin1234 administrator letmein1 welcome1 welcome123 changeme changeme1 default1 test1234 testtest
    callcenter callcentre asterisk freepbx1 issabel1 extension telephone 1001100110 customer customer1 service1
"""
_COMMON = frozenset(_TRIED_FIRST.split())


class TooBusy(Exception):
    """More log-ins wait than can be checked in reasonable time."""


def weakness_of(password: str, *, user: str) -> str | None:
    """Return why *password* will not do for *user*, None when it will."""
    if len(password) < SHORTEST:
        return f"at least {SHORTEST} characters"
    if len(password) > LONGEST:
        return f"at most {LONGEST} characters"
    low = password.lower()
    if low in _COMMON or len(set(low)) < 4:
        return "this password is among the first that anybody tries"
    if user and (user.lower() in low or low in user.lower()) and len(user) >= 4:
        return "the password contains the name"
    steps = {ord(b) - ord(a) for a, b in itertools.pairwise(low)}
    if len(steps) == 1:
        return "the password is a plain row of characters"
    return None


def made_up(groups: int = 4) -> str:
    """Return a new password that a person can read to another: groups of five, 5.8 bits a character."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(groups))


class Passwords:
    """Hashes and checks, off the event loop, in *threads* threads and with *most_waiting* requests at most."""

    def __init__(self, *, threads: int = 2, most_waiting: int = 2_000) -> None:
        self._hasher = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._most_waiting = most_waiting
        self._waiting = 0

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._hasher.hash(password))

    async def check(self, hashed: str | None, password: str) -> bool:
        """Whether *password* is the one of *hashed*. Without a hash the answer is no, after the same work."""
        genuine = hashed or DECOY
        matches = await self._run(lambda: self._verify(genuine, password))
        return matches and bool(hashed)

    def is_outdated(self, hashed: str) -> bool:
        """Whether *hashed* was made with lesser parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], _T]) -> _T:
        if self._waiting >= self._most_waiting:
            raise TooBusy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
