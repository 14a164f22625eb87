"""Digest authentication of SIP (RFC 7616, 2617), as far as a relay needs it: check a response, and make another."""

import hashlib
import hmac
import re
from collections.abc import Callable

import msgspec

_PARAMETER = re.compile(r'\s*([a-z]{2,20})\s*=\s*(?:"([^"\\]{0,512})"|([A-Za-z0-9._+/=-]{1,128}))\s*')
_KNOWN = frozenset(("username", "realm", "nonce", "uri", "response", "algorithm", "qop", "nc", "cnonce", "opaque"))
_NEEDED = _KNOWN - {"algorithm", "opaque"}


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_HASHES: dict[str, Callable[[str], str]] = {"MD5": _md5, "SHA-256": _sha256}


class BadCredentials(Exception):
    """The header is no digest that we take; the text says why and holds nothing of it."""


class Credentials(msgspec.Struct, frozen=True):
    """What an Authorization header says, with qop `auth`."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    nc: str
    cnonce: str
    algorithm: str = "MD5"
    opaque: str | None = None

    def expected(self, method: str, password: str) -> str:
        """Return the response that proves *password* for a request of *method*."""
        digest = _HASHES[self.algorithm]
        secret = digest(f"{self.username}:{self.realm}:{password}")
        return digest(f"{secret}:{self.nonce}:{self.nc}:{self.cnonce}:auth:{digest(f'{method}:{self.uri}')}")

    def proves(self, method: str, password: str) -> bool:
        return hmac.compare_digest(self.response.encode(), self.expected(method, password).encode())

    def header(self, method: str, password: str) -> str:
        """Return the value of a header that answers the same challenge with *password*."""
        opaque = f', opaque="{self.opaque}"' if self.opaque is not None else ""
        return (
            f'Digest username="{self.username}", realm="{self.realm}", nonce="{self.nonce}", uri="{self.uri}", '
            f'response="{self.expected(method, password)}", algorithm={self.algorithm}, qop=auth, nc={self.nc}, '
            f'cnonce="{self.cnonce}"{opaque}'
        )


def read_credentials(value: str) -> Credentials:
    """Return what the header's *value* says, or raise BadCredentials. Parameters that we do not know are dropped."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest":
        raise BadCredentials("no digest")
    found: dict[str, str] = {}
    at = 0
    while at <= len(rest):
        parameter = _PARAMETER.match(rest, at)
        if parameter is None or (parameter.end() < len(rest) and rest[parameter.end()] != ","):
            raise BadCredentials("a parameter is broken")
        name = parameter[1]
        if name in found:
            raise BadCredentials("a parameter stands twice")
        found[name] = parameter[2] if parameter[2] is not None else parameter[3]
        at = parameter.end() + 1
    if not found.keys() >= _NEEDED:
        raise BadCredentials("a parameter is missing")
    if found.pop("qop") != "auth":
        raise BadCredentials("only qop=auth is taken")
    algorithm = found.setdefault("algorithm", "MD5").upper()
    if algorithm not in _HASHES:
        raise BadCredentials("the algorithm is neither MD5 nor SHA-256")
    if not re.fullmatch(r"[0-9a-f]{8}", found["nc"]) or not re.fullmatch(r"[0-9a-f]{32,64}", found["response"]):
        raise BadCredentials("a parameter is broken")
    kept = {name: value for name, value in found.items() if name in _KNOWN}
    return Credentials(**{**kept, "algorithm": algorithm})
