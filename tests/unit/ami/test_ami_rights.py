"""What is said about an account and a release."""

import pytest

from connectors.ami.link import AmiLink
from connectors.ami.rights import of_release
from cti.ports import LogInRefused
from tests.fakes.ami_peer import COMMANDS, AmiPeer


def nothing(*_: object) -> None:
    """A sink."""


async def findings(peer: AmiPeer, **changes: object) -> list[tuple[str, str]]:
    return [(found.level, found.text) for found in await AmiLink(peer.settings(**changes), nothing).look()]


async def test_a_right_account_is_not_mentioned() -> None:
    async with AmiPeer() as peer:
        peer_findings = await findings(peer)
    assert peer_findings == [] or all("systemname" in text for _, text in peer_findings)


@pytest.mark.parametrize(
    ("without", "right", "level"),
    [
        ("CoreShowChannels CoreStatus", "reporting", "error"),
        ("Originate", "originate", "warning"),
        ("Hangup Redirect", "call", "warning"),
        ("QueuePause", "agent", "warning"),
    ],
)
async def test_too_few_rights_are_named(without: str, right: str, level: str) -> None:
    async with AmiPeer() as peer:
        peer.commands = " ".join(name for name in COMMANDS.split() if name not in without.split())
        found = [(at, text) for at, text in await findings(peer) if f"write = {right}" in text]
    assert [at for at, _ in found] == [level]


async def test_too_many_rights_are_a_warning() -> None:
    async with AmiPeer() as peer:
        peer.commands = f"{COMMANDS} Command UpdateConfig ModuleLoad"
        found = [text for level, text in await findings(peer) if level == "warning" and "more rights" in text]
    assert len(found) == 1
    assert "command, config, system" in found[0]


async def test_an_account_that_does_not_hear_user_events() -> None:
    async with AmiPeer() as peer:
        peer.answers["UserEvent"] = lambda action, _: peer._ok(action)
        assert any("read = user" in text for _, text in await findings(peer))


async def test_a_faulty_release_is_refused_unless_overridden() -> None:
    async with AmiPeer() as peer:
        peer.version = "20.9.1"
        link = AmiLink(peer.settings(), nothing)
        with pytest.raises(LogInRefused, match="CVE-2024-42365"):
            await link.run()
        assert [level for level, text in await findings(peer) if "CVE" in text] == ["error"]
        allowed = await findings(peer, allow_faulty_release=True)
        assert [level for level, text in allowed if "CVE" in text] == ["warning"]


async def test_another_asterisk_than_expected_is_refused() -> None:
    async with AmiPeer() as peer:
        found = await findings(peer, systemname="mine")
    assert any(level == "error" and "another Asterisk" in text for level, text in found)


async def test_a_wrong_secret_is_a_finding() -> None:
    async with AmiPeer() as peer:
        ((level, text),) = await findings(peer, secret="wrong")
    assert (level, "refused" in text) == ("error", True)


@pytest.mark.parametrize(
    ("version", "faulty"),
    [
        ("22.10.1~dfsg+~cs6.16.60671435-1", False),
        ("21.4.1", True),
        ("21.4.2", False),
        ("20.9.1", True),
        ("20.9.2", False),
        ("20.10.0", False),
        ("18.24.1", True),
        ("18.24.2", False),
        ("18.26.4", False),
        ("16.30.0", True),
        ("certified/18.9-cert10", True),
        ("certified/18.9-cert11", False),
        ("certified-20.7-cert1", True),
        ("certified-20.7-cert2", False),
    ],
)
def test_releases_with_known_faults(version: str, faulty: bool) -> None:
    assert bool(of_release(version, allowed=False)) is faulty


def test_a_release_that_cannot_be_told() -> None:
    (finding,) = of_release("GIT-master-abc", allowed=False)
    assert finding.level == "warning"
