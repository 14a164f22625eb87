"""Supervisors: listening, whispering, taking over, being asked."""

from tests.integration.recording.studio import Stage, in_talk, pause, scene


async def _spies(s: Stage, agent: str, options: str = "uqESd", *, uid: str = "cti-spy-1") -> None:
    spyee = (await s.ours(agent))["Uniqueid"]
    await s.originates("PJSIP/1901", uid=uid, Application="ChanSpy", Data=f"{spyee},{options}")


@scene
async def spy_listen(s: Stage) -> None:
    """1901 listens to 1001 for 2 s and hangs up; the customer hangs up"""
    async with s.recorded("spy_listen"):
        call = await in_talk(s)
        await _spies(s, "1001")
        await s.talk("1901", 2)
        await s.hangs_up("1901")
        await pause(1)
        await call.hangs_up()


@scene
async def spy_foreign(s: Stage) -> None:
    """another program than ours lets 1901 whisper (its own ids); the call ends first"""
    async with s.recorded("spy_foreign"):
        call = await in_talk(s)
        await _spies(s, "1001", "uqESw", uid=f"other-{id(s)}-1")
        await s.talk("1901", 2)
        await call.hangs_up()


@scene
async def spy_barge(s: Stage) -> None:
    """1901 barges in for 2 s, everybody hears everybody; 1001 hangs up"""
    async with s.recorded("spy_barge"):
        await in_talk(s)
        await _spies(s, "1001", "uqESB", uid="cti-spy-2")
        await s.talk("1901", 2)
        await s.hangs_up("1001")


@scene
async def spy_moves(s: Stage) -> None:
    """two calls, of 1001 and 1002; 1901 listens to 1001, then is sent to listen to 1002; both customers hang up"""
    await s.logs_in("support", "1001", "1002")
    async with s.recorded("spy_moves"):
        first = await s.calls()
        await pause(0.4)
        second = await s.calls(number="13800000002", name="Li Si")
        await s.talk("1001", 0.5)
        await s.talk("1002", 0.5)
        await _spies(s, "1001", uid="cti-spy-3")
        await s.talk("1901", 1.5)
        target = (await s.ours("1002"))["Uniqueid"]
        await s.action("Setvar", Channel="cti-spy-3", Variable="SPYEE", Value=target)
        await s.action(
            "Redirect", Channel=(await s.ours("1901"))["Channel"], Context="trace-spy", Exten="s", Priority=1
        )
        await pause(1.5)
        await first.hangs_up()
        await pause(0.7)
        await second.hangs_up()


@scene
async def spy_dialled(s: Stage) -> None:
    """1901 dials a spy extension on its own phone and listens to 1001; 1901 hangs up, then the customer"""
    async with s.recorded("spy_dialled"):
        call = await in_talk(s)
        spy = await s.dials("1901", "851")
        await pause(2)
        await spy.hangs_up()
        await pause(0.7)
        await call.hangs_up()


def _unanswered(name: str, what: str, truth: str, uid: str) -> None:
    async def play(s: Stage) -> None:
        await s.does(p1901=what)
        async with s.recorded(name) as log:
            call = await in_talk(s)
            since = log.position
            await _spies(s, "1001", uid=uid)
            await log.wait_for("OriginateResponse", since=since, within=15)
            await pause(0.5)
            await call.hangs_up()

    play.__name__, play.__doc__ = name, truth
    scene(play)


_unanswered("spy_no_answer", "ring", "1901 is rung to listen, and does not answer; the customer hangs up", "cti-spy-4")
_unanswered("spy_foreign_no_answer", "ring", "the same, by another program with its own ids", "other-4711.4")
_unanswered("spy_rejected", "busy", "1901 is rung to listen, and rejects; the customer hangs up", "cti-spy-5")


@scene
async def spy_too_late(s: Stage) -> None:
    """1901 is rung to listen, the call ends before 1901 answers: 1901 is hung up at once"""
    await s.does(p1901="answer/2")
    async with s.recorded("spy_too_late"):
        call = await in_talk(s)
        await _spies(s, "1001", uid="cti-spy-6")
        await pause(1)
        await call.hangs_up()
        await pause(3)


@scene
async def takeover_conference(s: Stage) -> None:
    """1901 takes over: customer and 1001 are moved into a conference, 1901 joins, 1001 is kicked; 1901 talks on for 2 s
    and hangs up"""
    async with s.recorded("takeover_conference"):
        call = await in_talk(s)
        customer, agent = await s.ours("trunk"), await s.ours("1001")
        room = {"Context": "cti-conference", "Exten": "87654321", "Priority": 1}
        extra = {f"Extra{key}": value for key, value in room.items()}
        await s.action("Redirect", Channel=customer["Channel"], ExtraChannel=agent["Channel"], **room, **extra)
        await pause(0.5)
        await s.originates("PJSIP/1901", uid="cti-spy-7", **room)
        await s.talk("1901", 1)
        await s.action("ConfbridgeKick", Conference="87654321", Channel=agent["Channel"])
        await pause(2)
        await s.hangs_up("1901")
        await pause(0.5)
        await call.hangs_up()


@scene
async def takeover_bridge(s: Stage) -> None:
    """1901 is originated into Wait, then AMI Bridge joins it with the customer; 1001 is out; the customer hangs up"""
    async with s.recorded("takeover_bridge"):
        call = await in_talk(s)
        await s.originates("PJSIP/1901", uid="cti-spy-8", Context="cti-wait", Exten="s", Priority=1)
        await s.talk("1901", 0.7)
        customer, supervisor = await s.ours("trunk"), await s.ours("1901")
        await s.action("Bridge", Channel1=customer["Channel"], Channel2=supervisor["Channel"], Tone="no")
        await pause(2)
        await call.hangs_up()


@scene
async def transfer_to_supervisor(s: Stage) -> None:
    """1001 transfers the customer blind to the supervisor 1901, who answers; the customer hangs up"""
    async with s.recorded("transfer_to_supervisor"):
        call = await in_talk(s)
        await s.refers("1001", "1901")
        await s.talk("1901", 1.5)
        await call.hangs_up()


@scene
async def did_supervisor(s: Stage) -> None:
    """the queue gives up, a caller is redirected to the supervisor 1901 before any agent came; the caller hangs up"""
    async with s.recorded("did_supervisor"):
        call = await s.calls()
        await call.answered()
        await pause(1)
        trunk = await s.ours("trunk")
        await s.action("Redirect", Channel=trunk["Channel"], Context="from-phones", Exten="1901", Priority=1)
        await s.talk("1901", 1.5)
        await call.hangs_up()


@scene
async def supervisor_consulted(s: Stage) -> None:
    """1001 holds and asks supervisor 1901, returns to the customer, who hangs up"""
    async with s.recorded("supervisor_consulted"):
        call = await in_talk(s)
        await s.holds("1001")
        await s.dials("1001", "1901")
        await s.talk("1901", 1.5)
        await s.hangs_up("1001", 1)
        await pause(0.4)
        await s.unholds("1001")
        await pause(1)
        await call.hangs_up()
