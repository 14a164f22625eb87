"""What `cti check` says about phones in pages, asked of a real Asterisk."""

from pathlib import Path

import pytest

from tests.integration.daemon import Daemon, free_port
from tests.integration.switch import Switch
from tests.integration.test_webphone import phones_of


def made(switch: Switch, folder: Path, url: str = "") -> Daemon:
    phones = phones_of(switch, folder)
    return Daemon(
        folder,
        ami=(switch.ami_host, switch.ami_port),
        secret=switch.ami_secret,
        port=free_port(),
        phones=(url or phones[0], phones[1]),
    )


async def test_phones_that_can_be_used_are_counted_and_left_alone(switch: Switch, tmp_path: Path) -> None:
    before = await switch.cli("pjsip show contacts")
    code, told = await made(switch, tmp_path).checks()
    assert f"{len(switch.facts['webphones'])} in pages, by ws://" in told, told
    assert code == 0
    assert await switch.cli("pjsip show contacts") == before


async def test_a_wrong_password_is_named_without_being_told(switch: Switch, tmp_path: Path) -> None:
    daemon = made(switch, tmp_path)
    secrets = tmp_path / "phones.toml"
    secrets.write_text(secrets.read_text().replace(switch.facts["phones"]["1101"], "not-the-password"))
    code, told = await daemon.checks()
    assert code == 1
    assert "1101: the switch does not take the password" in told
    assert "1102:" not in told
    assert "not-the-password" not in told


@pytest.mark.parametrize(
    ("path", "sentence"), [("/nowhere", "answers 404: load res_http_websocket"), ("", "nothing listens at ws://")]
)
async def test_a_websocket_that_is_not_there_is_told(switch: Switch, tmp_path: Path, path: str, sentence: str) -> None:
    http = switch.facts["http"]
    url = f"ws://{http['host']}:{http['port']}{path}" if path else f"ws://127.0.0.1:{free_port()}/ws"
    code, told = await made(switch, tmp_path, url=url).checks()
    assert (code, sentence in told) == (1, True), told
