"""The link against a scripted peer: everything that can go wrong on the way, and in what it ends."""

import asyncio
import contextlib
import socket
import ssl as tls
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.ami.link import AmiLink
from connectors.ami.outgoing import UnsafeAction
from connectors.ami.settings import AmiSettings
from cti.calls import facts as f
from cti.calls.facts import Device
from cti.ports import LinkLost, LogInRefused, OutcomeUnknown, SwitchError, SwitchRefused, SwitchUnreachable
from tests.fakes.ami_peer import AmiPeer, channel_lines, event, frame, new_channel
from tests.fakes.fact_sink import Sink

UID = "test-system-1795422786.1"


@pytest.fixture
async def peer() -> AsyncIterator[AmiPeer]:
    async with AmiPeer() as peer:
        yield peer


@contextlib.asynccontextmanager
async def running(link: AmiLink) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(link.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def up(peer: AmiPeer, **changes: object) -> AsyncIterator[tuple[AmiLink, Sink, "asyncio.Task[None]"]]:
    sink = Sink()
    link = AmiLink(peer.settings(**changes), sink)
    async with running(link) as task:
        await sink.gets(f.Snapshot)
        yield link, sink, task


async def ends(task: "asyncio.Task[None]") -> BaseException:
    with pytest.raises(Exception) as ended:  # noqa: PT011  # told by the callers
        async with asyncio.timeout(5):
            await task
    return ended.value


# --- coming up --------------------------------------------------------------------------------------------------


async def test_connect_log_in_snapshot_live(peer: AmiPeer) -> None:
    peer.channels = [channel_lines(UID)]
    async with up(peer) as (link, sink, _):
        (snapshot,) = sink.facts
        assert isinstance(snapshot, f.Snapshot)
        assert snapshot.boot == "2026-11-23 08:00:00"
        assert [seen.channel for seen in snapshot.channels] == [UID]
        peer.says(new_channel("test-system-1795422786.2"))
        await sink.gets(f.ChannelCreated)
        assert link.is_up
        assert sink.stamps == sorted(sink.stamps)


@pytest.mark.parametrize("release", ["5.0.6", "7.0.3", "11.0.0"])
async def test_banners_of_18_20_and_22(release: str) -> None:
    async with AmiPeer(banner=f"Asterisk Call Manager/{release}") as peer, up(peer) as (link, _, _):
        assert link.is_up


async def test_a_refused_login_is_one_clear_error(peer: AmiPeer) -> None:
    error = await ends(asyncio.create_task(AmiLink(peer.settings(secret="wrong"), Sink()).run()))
    assert isinstance(error, LogInRefused)
    assert "cti was refused" in str(error)
    assert "wrong" not in str(error)


def test_the_secret_is_in_no_repr() -> None:
    assert "s3cret" not in repr(AmiSettings("cti", "s3cret"))


async def test_a_port_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    error = await ends(asyncio.create_task(AmiLink(AmiSettings("u", "s", port=port), Sink()).run()))
    assert type(error) is LinkLost


async def test_another_service_on_the_port() -> None:
    async with AmiPeer(banner="SSH-2.0-OpenSSH_9.2") as peer:
        error = await ends(asyncio.create_task(AmiLink(peer.settings(), Sink()).run()))
    assert type(error) is LinkLost
    assert "did not greet" in str(error)


@pytest.mark.parametrize("unanswered", ["Login", "ListCommands", "CoreShowChannels", "QueueStatus", "CoreStatus"])
async def test_a_peer_that_does_not_answer_on_the_way(peer: AmiPeer, unanswered: str) -> None:
    del peer.answers[unanswered]
    error = await ends(asyncio.create_task(AmiLink(peer.settings(), Sink()).run()))
    assert type(error) is LinkLost


async def test_an_asterisk_that_does_not_finish_starting(peer: AmiPeer) -> None:
    peer.boots = False
    error = await ends(asyncio.create_task(AmiLink(peer.settings(), Sink()).run()))
    assert type(error) is LinkLost
    assert "FullyBooted" in str(error)


async def test_events_before_fully_booted_are_stated(peer: AmiPeer) -> None:
    peer.boots = False
    sink = Sink()
    async with running(AmiLink(peer.settings(), sink)):
        await peer.hears("Login")
        peer.says(new_channel(UID) + peer.fully_booted())
        await sink.gets(f.Snapshot)
        assert [type(fact) for fact in sink.facts] == [f.ChannelCreated, f.Snapshot]


async def test_a_short_list_is_asked_for_again(peer: AmiPeer) -> None:
    peer.lists_short_of = 1
    sink = Sink()
    async with running(AmiLink(peer.settings(), sink)):
        await peer.hears("CoreShowChannels", 2)
        peer.lists_short_of = 0
        await sink.gets(f.Snapshot)


async def test_lists_that_stay_short_end_the_link_rather_than_end_calls(peer: AmiPeer) -> None:
    peer.lists_short_of = 1
    sink = Sink()
    error = await ends(asyncio.create_task(AmiLink(peer.settings(), sink).run()))
    assert "incomplete" in str(error)
    assert sink.of(f.Snapshot) == []


async def test_an_asterisk_without_queues(peer: AmiPeer) -> None:
    peer.answers["QueueStatus"] = lambda action, _: peer.error(action, "Invalid/unknown command")
    async with up(peer) as (link, _, _):
        assert link.is_up


# --- live ---------------------------------------------------------------------------------------------------------


async def test_facts_keep_their_order_whatever_the_reads(peer: AmiPeer) -> None:
    async with up(peer) as (_, sink, _):
        uids = [f"test-system-1795422786.{number}" for number in range(200)]
        stream = b"".join(new_channel(uid, at=1795422786 + n / 1000) for n, uid in enumerate(uids))
        for start in range(0, len(stream), 1460):
            peer.says(stream[start : start + 1460])
        await sink.gets(f.ChannelCreated, 200)
        assert [fact.channel for fact in sink.facts if isinstance(fact, f.ChannelCreated)] == uids


async def test_a_bug_in_the_sink_is_loud(peer: AmiPeer) -> None:
    sink = Sink()

    def buggy(read_ns: int, fact: f.Fact) -> None:
        if isinstance(fact, f.ChannelCreated):
            raise ZeroDivisionError
        sink(read_ns, fact)

    link = AmiLink(peer.settings(), buggy)
    async with running(link) as task:
        await sink.gets(f.Snapshot)
        with quiet_loop():
            peer.says(new_channel(UID))
            assert isinstance(await ends(task), ZeroDivisionError)


async def test_a_bug_in_a_handler_is_loud(peer: AmiPeer) -> None:
    async with up(peer) as (link, _, task):

        @link.manager.register_event("UserEvent")
        def handler(manager: object, message: object) -> None:
            raise ZeroDivisionError

        with quiet_loop():
            peer.says(event("UserEvent", "UserEvent: Hello", klass="user"))
            assert isinstance(await ends(task), ZeroDivisionError)


async def test_events_that_are_no_facts_go_to_those_who_registered(peer: AmiPeer) -> None:
    async with up(peer) as (link, sink, _):
        heard: list[str] = []
        link.manager.register_event("UserEvent", lambda _, message: heard.append(message.outcome))
        forged = frame("Event: UserEvent", "UserEvent: Amd", "Outcome: forged")
        peer.says(forged + event("UserEvent", "UserEvent: Amd", "Outcome: HUMAN", klass="user") + new_channel(UID))
        await sink.gets(f.ChannelCreated)
        assert heard == ["HUMAN"]


async def test_forged_events_are_counted_and_followed_by_one_resync(peer: AmiPeer) -> None:
    async with up(peer, systemname="test-system") as (link, sink, _):
        forged = frame("Event: QueueMemberPause", "Queue: support", "Interface: PJSIP/1001", "Paused: 1")
        for _ in range(500):
            peer.says(forged)
        await sink.gets(f.Snapshot, 2)
        assert sink.of(f.MemberSeen) == []
        assert link.refusals.counts[("prologue", "QueueMemberPause")] > 0
        await sink.gets(f.Snapshot, 3)  # of what came while the second was taken
        assert len(peer.named("CoreShowChannels")) <= 3


async def test_an_answer_with_an_id_of_nobody_is_refused(peer: AmiPeer) -> None:
    async with up(peer) as (link, sink, _):
        peer.says(frame("Response: Success", "ActionID: 1", "CoreStartupDate: x"))
        await sink.gets(f.Snapshot, 2)
        assert link.refusals.counts[("answer_to_nobody", "")] == 1


async def test_a_snapshot_is_taken_at_regular_times_and_when_asked_for(peer: AmiPeer) -> None:
    settings = peer.settings()
    sink = Sink()
    patience = type(settings.patience)(sweep_every=0.1, between_snapshots=0.05, silence=5, ping_every=1)
    async with running(AmiLink(peer.settings(patience=patience), sink)):
        await sink.gets(f.Snapshot, 3)
    async with up(peer) as (link, sink, _):
        link.ask_for_snapshot()
        await sink.gets(f.Snapshot, 2)


async def test_a_sweep_whose_lists_do_not_come_keeps_the_link_and_loses_nothing(peer: AmiPeer) -> None:
    async with up(peer) as (link, sink, _):
        whole = peer.answers["CoreShowChannels"]
        peer.channels = [channel_lines(UID)]
        peer.answers["CoreShowChannels"] = lambda action, connection: whole(action, connection).rpartition(b"Event: ")[
            0
        ]
        link.ask_for_snapshot()
        await peer.hears("CoreShowChannels", 2)
        peer.says(new_channel("test-system-1795422786.2"))  # held back: the list may yet end
        await sink.gets(f.ChannelCreated)
        peer.answers["CoreShowChannels"] = whole
        await sink.gets(f.Snapshot, 2)
        assert link.is_up


async def test_what_was_held_back_for_a_list_is_stated_before_the_loss(peer: AmiPeer) -> None:
    async with up(peer) as (link, sink, task):
        whole = peer.answers["CoreShowChannels"]
        peer.answers["CoreShowChannels"] = lambda action, connection: (
            whole(action, connection) + new_channel("test-system-1795422786.2")
        )
        del peer.answers["QueueStatus"]
        link.ask_for_snapshot()
        await peer.hears("QueueStatus", 2)
        peer.cut()
        await ends(task)
        assert [type(fact) for fact in sink.facts] == [f.Snapshot, f.ChannelCreated, f.LinkLost]


# --- requests ----------------------------------------------------------------------------------------------------


async def test_pause_is_a_queue_pause(peer: AmiPeer) -> None:
    async with up(peer) as (link, _, _):
        await link.pause(Device("PJSIP/1001"), paused=True, reason="午餐")
        action = await peer.hears("QueuePause")
        assert (action["Interface"], action["Paused"], action["Reason"]) == ("PJSIP/1001", "true", "午餐")
        with pytest.raises(SwitchRefused):
            await link.pause(Device("PJSIP/1001,x"), paused=True)


async def test_a_refused_action(peer: AmiPeer) -> None:
    async with up(peer) as (link, _, _):
        peer.answers["QueuePause"] = lambda action, _: peer.error(action, "Interface not found")
        with pytest.raises(SwitchRefused, match="Interface not found"):
            await link.pause(Device("PJSIP/1001"), paused=True)


async def test_an_action_without_an_answer_is_of_unknown_outcome(peer: AmiPeer) -> None:
    async with up(peer) as (link, _, _):
        with pytest.raises(OutcomeUnknown):
            await link.action("Originate", [("Channel", "PJSIP/1001")], seconds=0.05)
        assert link.is_up


async def test_an_answer_after_its_deadline_harms_nobody(peer: AmiPeer) -> None:
    async with up(peer) as (link, _, _):
        with pytest.raises(OutcomeUnknown):
            await link.action("Originate", [("Channel", "PJSIP/1001")], seconds=0.05)
        late = await peer.hears("Originate")
        peer.says(frame("Response: Success", f"ActionID: {late['ActionID']}", "Message: queued"))
        await link.pause(Device("PJSIP/1001"), paused=True)
        assert link.refusals.total == 0


async def test_nothing_hangs_at_disconnect_and_nothing_is_sent_again(peer: AmiPeer) -> None:
    async with up(peer) as (link, sink, task):
        asked = [asyncio.create_task(link.action("Originate", [("Channel", "PJSIP/1001")])) for _ in range(3)]
        listed = asyncio.create_task(link.action("QueueSummary", as_list=True))
        await peer.hears("QueueSummary")
        peer.says(
            frame("Response: Success", f"ActionID: {peer.named('QueueSummary')[0]['ActionID']}", "EventList: start")
        )
        peer.cut()
        for request in (*asked, listed):
            with pytest.raises(OutcomeUnknown):
                await request
        assert type(await ends(task)) is LinkLost
        assert not link.is_up
        with pytest.raises(SwitchUnreachable):
            await link.pause(Device("PJSIP/1001"), paused=True)
        async with running(link):
            await sink.gets(f.Snapshot, 2)
            await link.pause(Device("PJSIP/1001"), paused=True)
        assert len(peer.named("Originate")) == 3


async def test_before_the_link_is_up_nothing_is_sent(peer: AmiPeer) -> None:
    with pytest.raises(SwitchUnreachable):
        await AmiLink(peer.settings(), Sink()).pause(Device("PJSIP/1001"), paused=True)
    assert peer.actions == []


async def test_a_list_is_returned_whole(peer: AmiPeer) -> None:
    async with up(peer) as (link, _, _):
        peer.answers["QueueSummary"] = lambda action, _: b"".join(
            (
                frame("Response: Success", f"ActionID: {action['ActionID']}", "EventList: start"),
                frame("Event: QueueSummary", "Queue: support", f"ActionID: {action['ActionID']}"),
                frame("Event: QueueSummaryComplete", f"ActionID: {action['ActionID']}", "EventList: Complete"),
            )
        )
        answer = await link.action("QueueSummary", as_list=True)
        assert [item.get("Queue") for item in answer.items] == ["support"]


async def test_the_output_of_a_command_is_a_list(peer: AmiPeer) -> None:
    async with up(peer) as (link, _, _):
        peer.answers["Command"] = lambda action, _: frame(
            "Response: Success", f"ActionID: {action['ActionID']}", "Output: one", "Output: two"
        )
        answer = await link.action("Command", [("Command", "core show uptime")])
        assert answer.response.values["Output"] == ["one", "two"]


@pytest.mark.parametrize(
    "fields",
    [
        [("CallerID", "a\r\n\r\nAction: Command\r\nCommand: core stop now")],
        [("CallerID", "a\nb")],
        [("CallerID", "a\0b")],
        [("CallerID", "x" * 1013)],
        [("Variable", "a=b")] * 127,
    ],
)
async def test_what_could_be_a_second_action_never_leaves(peer: AmiPeer, fields: list[tuple[str, str]]) -> None:
    async with up(peer) as (link, _, _):
        with pytest.raises(UnsafeAction):
            await link.action("Originate", fields)
        with pytest.raises(SwitchError):
            await link.manager.send_action(
                {"Action": "Originate", "Variable": [v for _, v in fields], "A": fields[0][1]}
            )
        await link.pause(Device("PJSIP/1001"), paused=True)
        assert peer.named("Originate") == peer.named("Command") == []


async def test_action_ids_cannot_be_guessed(peer: AmiPeer) -> None:
    async with up(peer):
        ids = {action["ActionID"] for action in peer.actions}
        assert len(ids) == len(peer.actions)
        assert min(map(len, ids)) > 20
    async with up(peer):
        prefixes = {action["ActionID"].split("-")[0] for action in peer.actions}
        assert len(prefixes) == 2


# --- going down -----------------------------------------------------------------------------------------------------


async def test_a_silent_peer_is_noticed(peer: AmiPeer) -> None:
    async with up(peer) as (_, sink, task):
        peer.mute = True
        error = await ends(task)
        assert type(error) is LinkLost
        assert "nothing was heard" in str(error)
        assert sink.of(f.LinkLost)


def test_the_real_patience_notices_silence_within_ten_seconds() -> None:
    patience = AmiSettings("u", "s").patience
    for hundredths in range(int(patience.ping_every * 100)):  # between the last ping and the last thing heard
        looks = [n * patience.ping_every - hundredths / 100 for n in range(1, 9)]
        assert next(quiet for quiet in looks if quiet + patience.ping_every > patience.silence) < 10


async def test_a_lost_link_is_a_fact(peer: AmiPeer) -> None:
    async with up(peer) as (_, sink, task):
        peer.says(new_channel(UID, at=1795422799.0))
        await sink.gets(f.ChannelCreated)
        peer.cut()
        assert type(await ends(task)) is LinkLost
        assert isinstance(sink.facts[-1], f.LinkLost)
        assert sink.facts[-1].at.timestamp() == 1795422799.0


async def test_cancelling_closes_the_connection(peer: AmiPeer) -> None:
    async with up(peer) as (link, sink, task):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not link.is_up
        assert sink.of(f.LinkLost) == []


async def test_a_frame_without_end_ends_the_link(peer: AmiPeer) -> None:
    async with up(peer) as (_, _, task):
        peer.says(b"Event: X\r\nY: " + b"z" * (17 * 2**20))
        assert type(await ends(task)) is LinkLost


async def test_an_asterisk_that_started_anew_is_another_boot(peer: AmiPeer) -> None:
    async with up(peer) as (link, sink, task):
        peer.cut()
        await ends(task)
        peer.startup = "09:30:00"
        async with running(link):
            await sink.gets(f.Snapshot, 2)
        boots = [fact.boot for fact in sink.facts if isinstance(fact, f.Snapshot)]
        assert boots == ["2026-11-23 08:00:00", "2026-11-23 09:30:00"]


# --- TLS ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA of our own, and a certificate for localhost that it signed."""
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, stdin=subprocess.DEVNULL)

    key = ("-newkey", "rsa:2048", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test CA")
    openssl("req", *key, "-keyout", "pbx.key", "-out", "pbx.csr", "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    by = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
    openssl("x509", "-req", "-in", "pbx.csr", *by, "-out", "pbx.pem")
    return folder


@pytest.fixture
async def tls_peer(certificates: Path) -> AsyncIterator[AmiPeer]:
    context = tls.SSLContext(tls.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "pbx.pem", certificates / "pbx.key")
    async with AmiPeer(tls=context) as peer:
        yield peer


async def test_tls_with_a_trusted_certificate(tls_peer: AmiPeer, certificates: Path) -> None:
    changes = {"tls": True, "tls_ca_file": str(certificates / "ca.pem"), "tls_server_name": "localhost"}
    async with up(tls_peer, **changes) as (link, _, _):
        assert link.is_up


@pytest.mark.parametrize(("ca", "name"), [("", "localhost"), ("ca.pem", "other.example")])
async def test_tls_with_a_certificate_that_does_not_hold(
    tls_peer: AmiPeer, certificates: Path, ca: str, name: str
) -> None:
    file = str(certificates / ca) if ca else ""
    link = AmiLink(tls_peer.settings(tls=True, tls_ca_file=file, tls_server_name=name), Sink())
    error = await ends(asyncio.create_task(link.run()))
    assert type(error) is LinkLost
    assert "certificate" in str(error)
    assert tls_peer.actions == []


@contextlib.contextmanager
def quiet_loop() -> "contextlib.AbstractContextManager[None]":
    """asyncio tells its exception handler about the bug, too."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)
    try:
        yield
    finally:
        loop.set_exception_handler(None)
