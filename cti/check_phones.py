"""Tries the way that phones in pages go: the part of `cti check` about [switch] web_socket and [phones]."""

import asyncio
import re
import secrets
from typing import Literal

import aiohttp

from cti.settings import Settings, phone_secrets_of
from cti.web.sip_digest import Credentials

_PATIENCE_SECONDS = 3.0

Told = tuple[Literal["ok", "info", "warning", "error"], str, str]  # (level, part, sentence)


async def told_of_phones(settings: Settings) -> list[Told]:
    """Return what there is to say about phones in pages; without them the service works with desk phones."""
    url = settings.switch.web_socket
    if not url:
        return [("info", "phones", "none in pages: switch.web_socket is not set")]
    try:
        passwords = phone_secrets_of(settings.phones)
    except (OSError, ValueError) as problem:
        return [("error", "phones", f"phones.secrets_file: {problem}")]
    try:
        async with (
            aiohttp.ClientSession() as client,
            asyncio.timeout(_PATIENCE_SECONDS),
            client.ws_connect(url, protocols=("sip",)) as socket,
        ):
            if socket.protocol != "sip":
                return [("error", "phones", f"{url} speaks no SIP: load res_pjsip_transport_websocket")]
            bad = [each for each in sorted(passwords) if not await _is_right(socket, settings, each, passwords[each])]
    except TimeoutError:
        return [("error", "phones", f"{url} does not answer within {_PATIENCE_SECONDS:g} s")]
    except aiohttp.WSServerHandshakeError as refused:
        told = f"{url} answers {refused.status}: load res_http_websocket and res_pjsip_transport_websocket, and set "
        return [("error", "phones", told + "enabled=yes in http.conf")]
    except aiohttp.ClientError:
        return [("error", "phones", f"nothing listens at {url}: see bindaddr and bindport in http.conf")]
    found: list[Told] = []
    for extension in bad:
        told = f"{extension}: the switch does not take the password in phones.secrets_file, or has no such phone"
        found.append(("error", "phones", told))
    if not bad:
        found.append(("ok", "phones", f"{len(passwords)} in pages, by {url}; res_srtp cannot be seen from here"))
    return found


async def _is_right(socket: aiohttp.ClientWebSocketResponse, settings: Settings, extension: str, password: str) -> bool:
    """Ask for the bindings of *extension*, which changes none: the switch answers who knows the password."""
    name, call = f"sip:{extension}@{settings.phones.realm}", secrets.token_hex(12)
    await socket.send_str(_query(name, call, 1, ""))
    status, text = await _answer(socket, call)
    if status != 401:
        return status == 200
    challenge = dict(re.findall(r'(\w+)="?([^",\r\n]+)"?', _header(text, "WWW-Authenticate")))
    if not {"realm", "nonce"} <= challenge.keys():
        return False
    uri = f"sip:{settings.phones.realm}"
    credentials = Credentials(
        extension,
        challenge["realm"],
        challenge["nonce"],
        uri,
        "",
        "00000001",
        secrets.token_hex(8),
        challenge.get("algorithm", "MD5").upper(),
        challenge.get("opaque"),
    )
    await socket.send_str(_query(name, call, 2, f"Authorization: {credentials.header('REGISTER', password)}\r\n"))
    return (await _answer(socket, call))[0] == 200


def _query(name: str, call: str, number: int, more: str) -> str:
    """Return a REGISTER without a Contact, which only asks (RFC 3261, 10.2.3)."""
    return (
        f"REGISTER sip:{name.partition('@')[2]} SIP/2.0\r\n"
        f"Via: SIP/2.0/WS check.invalid;branch=z9hG4bK{secrets.token_hex(8)}\r\n"
        f"Max-Forwards: 70\r\nFrom: <{name}>;tag={call[:8]}\r\nTo: <{name}>\r\n"
        f"Call-ID: {call}\r\nCSeq: {number} REGISTER\r\n{more}Content-Length: 0\r\n\r\n"
    )


async def _answer(socket: aiohttp.ClientWebSocketResponse, call: str) -> tuple[int, str]:
    """Return status and text of the final answer to *call*; 0 when the switch closes instead."""
    while True:
        message = await socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            return 0, ""
        found = re.match(r"SIP/2\.0 (\d{3})", message.data)
        if found and int(found[1]) >= 200 and _header(message.data, "Call-ID") == call:
            return int(found[1]), message.data


def _header(text: str, name: str) -> str:
    found = re.search(rf"^{name}\s*:\s*(.*?)\s*$", text, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else ""
