"""A system that hangs, lies, floods or leads astray: each is told in a sentence, and costs no more than its time."""

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from connectors.crm.http_json import HttpJsonSource
from cti.ports import SourceFailed, SourceRecord
from cti.sources import HttpSource, Outgoing
from tests.contract.crm.conftest import HERE, WANG, Elsewhere, Handler


async def ask(settings: HttpSource, outgoing: Outgoing = HERE) -> list[SourceRecord]:
    source = HttpJsonSource(settings, outgoing)
    await source.open()
    try:
        async with asyncio.timeout(5):
            return await source.by_number(WANG)
    finally:
        await source.close()


def says(status: int = 200, content_type: str = "application/json", body: bytes = b"{}", **headers: str) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, body=body, headers={"Content-Type": content_type, **told})

    return answer


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (says(content_type="text/html; charset=utf-8", body=b"<html>log in</html>"), "text/html instead of JSON"),
        (says(body=b"<html>log in</html>"), "no JSON, whatever it says it is"),
        (says(content_type="text/plain", body=b'{"data": []}'), "text/plain instead of JSON"),
        (says(body=b'{"data": [{"id": 1'), "no JSON"),
        (says(body=b'{"data": "\xff"}'), "no JSON"),
        (says(body=b"[" * 100_000), "nested too deeply"),
        (says(body=b" " * (10 << 20)), "larger than 256 kB"),
        (says(body=b"x", Content_Encoding="gzip"), "broke off|compressed"),
        (says(status=500), "status 500"),
        (says(status=401), "does not take our secret"),
        (says(status=302, Location="http://127.0.0.2:9/"), "another host"),
        (says(status=302, Location="http://169.254.169.254/latest/meta-data"), "another host"),
        (says(status=302, Location="file:///etc/passwd"), "another host|no address"),
        (says(status=302, Location="/round"), "again and again"),
        (says(status=302), "again and again"),
    ],
)
async def test_what_is_no_answer_is_told(elsewhere: Elsewhere, answer: Handler, fault: str) -> None:
    elsewhere.answer = answer
    with pytest.raises(SourceFailed, match=fault):
        await ask(elsewhere.settings())


async def test_ten_megabytes_without_a_length_are_not_read_to_the_end(elsewhere: Elsewhere) -> None:
    sent = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b" " * 65_536)
            sent += 65_536
        return response

    elsewhere.answer = flood
    with pytest.raises(SourceFailed, match="larger than 256 kB"):
        await ask(elsewhere.settings())
    assert sent < 60 << 20


async def test_it_hangs(elsewhere: Elsewhere) -> None:
    async def hang(request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    elsewhere.answer = hang
    with pytest.raises(TimeoutError):
        await ask(elsewhere.settings(give_up_seconds=0.1, deadline_seconds=0.1))


async def test_a_drop_now_and_then_does_not_keep_it_alive(elsewhere: Elsewhere) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.02)

    elsewhere.answer = drip
    with pytest.raises(TimeoutError):
        await ask(elsewhere.settings(give_up_seconds=0.2, deadline_seconds=0.1))


async def test_a_redirect_on_the_same_host_is_followed(elsewhere: Elsewhere) -> None:
    async def moved(request: web.Request) -> web.Response:
        if request.path == "/customers":
            return web.Response(status=302, headers={"Location": "/new/customers"})
        return web.json_response({"data": {"id": 1, "name": "王芳"}})

    elsewhere.answer = moved
    assert [record.name for record in await ask(elsewhere.settings())] == ["王芳"]


async def test_not_found_means_that_nobody_has_the_number(elsewhere: Elsewhere) -> None:
    elsewhere.answer = says(status=404, content_type="text/html")
    assert await ask(elsewhere.settings()) == []


async def test_the_number_is_part_of_what_it_was_put_into(elsewhere: Elsewhere) -> None:
    await ask(elsewhere.settings(url=f"http://127.0.0.1:{elsewhere.port}/c/{{e164}}?phone={{digits}}"))
    [asked] = elsewhere.asked
    assert asked.raw_path == "/c/%2B8613800138000?phone=8613800138000"


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"auth": "bearer"}, "Authorization", "Bearer s3cret-of-crm"),
        ({"auth": "header", "header": "X-Api-Key"}, "X-Api-Key", "s3cret-of-crm"),
        ({"auth": "basic", "user": "cti"}, "Authorization", "Basic " + base64.b64encode(b"cti:s3cret-of-crm").decode()),
    ],
)
async def test_the_secret_goes_along(
    elsewhere: Elsewhere, tmp_path: Path, auth: dict[str, Any], header: str, value: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret-of-crm\n")
    await ask(elsewhere.settings(secret_file=str(secret), **auth))
    assert elsewhere.asked[0].headers[header] == value


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_name_that_comes_to_an_address_in_here_is_not_connected_to(elsewhere: Elsewhere, host: str) -> None:
    """As when the DNS of a host that is allowed begins to answer 127.0.0.1."""
    settings = elsewhere.settings(url=f"http://{host}:{elsewhere.port}/{{e164}}")
    with pytest.raises(SourceFailed, match="private range"):
        await ask(settings, Outgoing(hosts=(host,)))
    with pytest.raises(SourceFailed, match=r"not in \[outgoing\]"):
        await ask(settings, Outgoing())
    assert elsewhere.asked == []


async def test_nobody_listens_there() -> None:
    settings = HttpSource(name="crm", url="http://127.0.0.1:9/{e164}")
    with pytest.raises(SourceFailed, match="cannot be reached"):
        await ask(settings)


async def test_it_hangs_up_in_the_middle(elsewhere: Elsewhere) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"data": [')
        assert request.transport is not None
        request.transport.abort()
        return response

    elsewhere.answer = cut
    with pytest.raises(SourceFailed, match="broke off"):
        await ask(elsewhere.settings())
