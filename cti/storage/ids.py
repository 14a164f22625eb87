"""Numbers for rows that grow with time, made without asking the database."""

import secrets
import time

_SINCE = 1_704_067_200_000  # 2024-01-01, in milliseconds
_RANDOM_BITS = 22  # 41 bits of milliseconds before them: until 2093

_last = 0


def new_id() -> int:
    """Return a number above all that this process has made.

    Two processes can make the same one in the same millisecond, once in four million: the key of the table tells, and
    the writer asks for another.
    """
    global _last
    now = (time.time_ns() // 1_000_000 - _SINCE) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    _last = max(now, _last + 1)
    return _last
