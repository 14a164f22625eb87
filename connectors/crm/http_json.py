"""Customers of a system that answers HTTP with JSON."""

import contextlib
import ipaddress
import re
import socket
import ssl

import aiohttp
import yarl

from connectors.crm.json_answer import records_of
from cti.ports import SourceFailed, SourceRecord
from cti.sources import HttpSource, Outgoing, fill, forms_of, host_of, secret_of

LARGEST_ANSWER = 256 * 1024
_PIECE = 16 * 1024
_MOST_REDIRECTS = 2
_REDIRECTS = (301, 302, 303, 307, 308)
_JSON = re.compile(r"application/([\w.-]+\+)?json")


class HttpJsonSource:
    """A CustomerSource. It speaks with the host of its settings alone, whatever that host or its DNS answers."""

    def __init__(self, settings: HttpSource, outgoing: Outgoing) -> None:
        self.name = settings.name
        self._settings = settings
        self._host = host_of(settings.url)
        self._outgoing = outgoing
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        with contextlib.suppress(SourceFailed):  # the first question tells
            self._session = self._make_session()

    async def by_number(self, e164: str) -> list[SourceRecord]:
        url = yarl.URL(fill(self._settings.url, forms_of(e164)), encoded=True)
        try:
            body = await self._get(url)
        except TimeoutError:  # is an OSError too
            raise
        except aiohttp.ClientConnectorCertificateError:
            raise SourceFailed(f"the certificate of {self._host} is not trusted, or is not its own") from None
        except (aiohttp.ClientConnectorError, PermissionError) as error:
            reason = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
            raise SourceFailed(f"{self._host} cannot be reached: {reason.strerror or type(reason).__name__}") from None
        except (aiohttp.ClientError, OSError) as error:
            raise SourceFailed(f"the answer broke off or is no HTTP: {type(error).__name__}") from None
        return records_of(body, self._settings) if body is not None else []

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _get(self, url: yarl.URL) -> bytes | None:
        """Return the body, None where the status says that nobody has the number."""
        if self._session is None:
            self._session = self._make_session()
        for _ in range(_MOST_REDIRECTS + 1):
            if not self._outgoing.allows(self._host):
                raise SourceFailed(f"{self._host} is not in [outgoing]")
            async with self._session.get(url, allow_redirects=False) as answer:
                if answer.status in _REDIRECTS:
                    url = self._redirected(url, answer.headers.get("Location", ""))
                elif answer.status in self._settings.none_status:
                    return None
                else:
                    return await self._body(answer)
        raise SourceFailed("redirected again and again")

    def _redirected(self, url: yarl.URL, location: str) -> yarl.URL:
        try:
            to = url.join(yarl.URL(location))
            elsewhere = to.origin() != url.origin()
        except ValueError:
            raise SourceFailed("redirected to what is no address") from None
        if elsewhere:
            raise SourceFailed("redirected to another host, which is not followed")
        return to

    @staticmethod
    async def _body(answer: aiohttp.ClientResponse) -> bytes:
        if answer.status != 200:
            told = {401: ": it does not take our secret", 403: ": it does not let us ask"}
            raise SourceFailed(f"answered with status {answer.status}{told.get(answer.status, '')}")
        if not _JSON.fullmatch(answer.content_type):
            raise SourceFailed(f"answered {answer.content_type[:60]} instead of JSON")
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise SourceFailed("answered with compressed content, which was not asked for")
        if (answer.content_length or 0) > LARGEST_ANSWER:
            raise SourceFailed(f"the answer is larger than {LARGEST_ANSWER >> 10} kB")
        body = bytearray()
        async for piece in answer.content.iter_chunked(_PIECE):
            body += piece
            if len(body) > LARGEST_ANSWER:
                raise SourceFailed(f"the answer is larger than {LARGEST_ANSWER >> 10} kB")
        return bytes(body)

    def _make_session(self) -> aiohttp.ClientSession:
        settings = self._settings
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "cti"}
        try:
            secret = secret_of(settings)
        except (OSError, KeyError):
            raise SourceFailed("its secret cannot be read") from None
        match settings.auth:
            case "bearer":
                headers["Authorization"] = f"Bearer {secret}"
            case "header":
                headers[settings.header] = secret
            case "basic":
                headers["Authorization"] = aiohttp.encode_basic_auth(settings.user, secret)
        connector = aiohttp.TCPConnector(
            limit=settings.most_at_once,
            ssl=ssl.create_default_context(cafile=settings.ca_file or None),
            socket_factory=self._socket,
        )
        return aiohttp.ClientSession(
            connector=connector,
            headers=headers,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=settings.give_up_seconds),
            max_line_size=8190,
        )

    def _socket(self, address: tuple[object, ...]) -> socket.socket:
        """Return a socket to connect to *address*, or refuse: here is what DNS answered, in the moment it is used."""
        family, kind, protocol, _, where = address
        assert isinstance(where, tuple)
        if not may_connect(str(where[0]), private=self._host in self._outgoing.private_hosts):
            raise PermissionError(1, "its address is in a private range, and [outgoing] private_hosts does not name it")
        made = socket.socket(family, kind, protocol)  # type: ignore[arg-type]
        made.setblocking(False)
        return made


def may_connect(address: str, *, private: bool) -> bool:
    """Return whether *address*, an IP address, may be connected to, by a source whose host may be *private* or not."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and (inside := ip.ipv4_mapped or ip.sixtofour) is not None:
        ip = inside
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or (ip.is_reserved and not ip.is_loopback):
        return False  # a cloud's metadata service is link-local: nobody's customers are there
    return private or ip.is_global
