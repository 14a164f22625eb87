"""Who may open a websocket, and what closes it."""

import aiohttp
import pytest

from cti.settings import Web as WebSettings
from cti.web import messages as m
from cti.web import sockets
from tests.fakes.centre import Agent, Centre, running


async def _opens(agent: Agent, headers: dict[str, str]) -> int:
    session = aiohttp.ClientSession(headers={"Cookie": f"cti={agent.token}"} if agent.token else {})
    async with session:
        try:
            async with session.ws_connect(f"{agent.centre.url}/ws", headers=headers):
                return 101
        except aiohttp.WSServerHandshakeError as refused:
            return refused.status


async def test_only_our_own_page_opens_a_screen() -> None:
    async with running(settings=WebSettings(port=0, origins=("https://cti.example.cn",))) as centre:
        anna = await centre.person("anna", extension="1001")
        port = centre.web.server.port
        table = {
            None: 403,
            "null": 403,
            "": 403,
            "https://evil.example": 403,
            "https://cti.example.cn.evil.example": 403,
            "http://cti.example.cn": 403,
            "file://": 403,
            "http://127.0.0.1": 403,
            f"http://127.0.0.1:{port + 1}": 403,
            f"http://localhost:{port}": 403,
            f"http://127.0.0.1:{port}@evil.example": 403,
            f"http://127.0.0.1:{port}": 101,
            "https://cti.example.cn": 101,
        }

        answers = {origin: await _opens(anna, {} if origin is None else {"Origin": origin}) for origin in table}

        assert answers == table


async def test_only_who_is_logged_in_opens_a_screen(centre: Centre) -> None:
    own = {"Origin": centre.url}
    anna = await centre.person("anna", extension="1001")
    new = await centre.person("new", extension="1002", must_change=True)
    forged = Agent(centre, "anna", anna.device, "x" * 43)
    centre.people.append(forged)

    assert await _opens(centre.stranger(), own) == 401
    assert await _opens(forged, own) == 401
    assert await _opens(new, own) == 403  # has to choose a password first
    assert await _opens(anna, own) == 101


@pytest.mark.parametrize(
    ("frame", "code", "id"),
    [
        ("", "not_json", 0),
        ("{", "not_json", 0),
        ("[1]", "unknown_message", 0),
        ("null", "unknown_message", 0),
        ('{"type":"call.listen","id":7}', "unknown_message", 7),
        ('{"type":"agent.set_state","id":8,"state":"asleep"}', "invalid", 8),
        ('{"type":"agent.set_state","id":9,"state":"ready","device":"PJSIP/1002"}', "invalid", 9),
        ('{"type":"clock.sync"}', "invalid", 0),
        ('{"type":"clock.sync","id":"1"}', "unknown_message", 0),
        ('{"type":"customer.register","id":4,"call":"c","name":""}', "invalid", 4),
        ('{"type":"customer.register","id":5,"call":"c","name":"' + "x" * 201 + '"}', "invalid", 5),
        ("[" * 10_000, "unknown_message", 0),
        ('{"type":"clock.sync","id":1,"x":"' + "x" * m.MAX_FRAME_BYTES + '"}', "too_large", 0),
    ],
)
async def test_a_bad_message_is_refused_with_a_stable_code(centre: Centre, frame: str, code: str, id: int) -> None:
    anna = await centre.agent("anna", extension="1001")
    assert anna.socket is not None

    await anna.socket.send_str(frame)

    refusal = await anna.next()
    assert (refusal["type"], refusal["code"], refusal["id"]) == ("refusal", code, id)
    assert (await anna.asks("clock.sync"))["type"] == "done"


async def test_bytes_that_are_no_text_are_refused(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    assert anna.socket is not None

    await anna.socket.send_bytes(b'{"type":"clock.sync","id":1}')
    assert (await anna.next())["code"] == "not_json"
    await anna.socket.send_frame(b'{"type":"clock.sync","id":1,"\xff":1}', aiohttp.WSMsgType.TEXT)
    assert (await anna.next())["type"] == "refusal"


async def test_a_message_beyond_all_measure_closes_at_once(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    assert anna.socket is not None

    await anna.socket.send_str("x" * 100_000)

    assert await anna.is_closed() == aiohttp.WSCloseCode.MESSAGE_TOO_BIG


async def test_bad_messages_again_and_again_close(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")
    assert anna.socket is not None

    for _ in range(sockets.MOST_BAD):
        await anna.socket.send_str("nonsense")

    assert await anna.is_closed() == m.CLOSE_ABUSE
    assert (await anna.opens(resume=f"{anna.frames[0]['session']}.1"))["type"] == "snapshot"


async def test_a_flood_of_good_messages_closes(centre: Centre) -> None:
    anna = await centre.agent("anna", extension="1001")

    for _ in range(2 * sockets.MOST_PER_SECOND):
        await anna.says("clock.sync")

    assert await anna.is_closed() == m.CLOSE_ABUSE


async def test_the_connection_is_not_compressed(centre: Centre) -> None:
    anna = await centre.person("anna", extension="1001")

    async with anna.http.ws_connect("/ws", compress=15) as socket:
        assert socket.compress == 0


def test_patience_refills() -> None:
    patience = sockets.Patience(0.0)
    assert not any(patience.is_over(0.0) for _ in range(sockets.MOST_PER_SECOND))
    assert patience.is_over(0.0)
    assert not any(patience.is_over(2.0 + second) for second in range(100))
    assert not any(patience.is_over_by_bad(2.0 * second) for second in range(100))
    assert any(patience.is_over_by_bad(300.0) for _ in range(sockets.MOST_BAD))
