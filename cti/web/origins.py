"""Which web pages may speak to us: ours alone. Cookies travel with every request, so this is what stops other sites."""

from collections.abc import Mapping
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def is_own_origin(origin: str | None, host: str, allowed: frozenset[str]) -> bool:
    """Whether *origin* is one of *allowed* ("https://cti.example"), or of the host that was asked. None is not."""
    if not origin or origin == "null":
        return False
    if origin in allowed:
        return True
    try:
        parts = urlsplit(origin)
        asked = urlsplit(f"{parts.scheme}://{host}")
        same = (parts.hostname, parts.port or _PORTS.get(parts.scheme)) == (
            asked.hostname,
            asked.port or _PORTS.get(parts.scheme),
        )
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and same and not parts.path.strip("/")


def is_own_request(headers: Mapping[str, str], host: str, allowed: frozenset[str]) -> bool:
    """Whether a request that changes something comes from a page of ours.

    Browsers say so in Sec-Fetch-Site, which no page can set; older ones in Origin. Without both it is refused.
    """
    site = headers.get("Sec-Fetch-Site")
    origin = headers.get("Origin")
    if site is not None and site != "same-origin":
        return origin in allowed
    if origin is None:
        return site == "same-origin"
    return is_own_origin(origin, host, allowed)
