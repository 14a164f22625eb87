"""The AMI connection is cut, Asterisk is restarted or killed, sound stays away, a recording begins in the middle."""

from pathlib import Path

from tests.integration.recording.studio import CALLED, SECOND, Stage, in_talk, pause, scene


@scene
async def cut_ringing(s: Stage) -> None:
    """cut while 1001 rings; in the gap 1001 answers; afterwards they talk, 1001 hangs up"""
    await s.logs_in("support", "1001")
    await s.does(p1001="answer/3")
    async with s.recorded("cut_ringing", lost=True):
        await s.calls()
        await pause(1.5)
    await s.talk("1001", 1)
    async with s.recorded("cut_ringing_after") as log:
        await s.snapshot(log)
        await pause(1)
        await s.hangs_up("1001")


@scene
async def cut_talking(s: Stage) -> None:
    """cut while they talk; in the gap the call ends and another one begins, which 1001 answers and hangs up after"""
    async with s.recorded("cut_talking", lost=True):
        call = await in_talk(s)
    await call.hangs_up()
    await pause(1)
    await s.calls(number=SECOND, name="Li Si")
    await s.talk("1001", 0.5)
    async with s.recorded("cut_talking_after") as log:
        await s.snapshot(log)
        await pause(1)
        await s.hangs_up("1001")


@scene
async def cut_holding(s: Stage) -> None:
    """cut while the customer is on hold; in the gap nothing happens; afterwards 1001 takes him back and hangs up"""
    async with s.recorded("cut_holding", lost=True):
        await in_talk(s)
        await s.holds("1001")
        await pause(1)
    await pause(1)
    async with s.recorded("cut_holding_after") as log:
        await s.snapshot(log)
        await pause(1)
        await s.unholds("1001")
        await pause(1)
        await s.hangs_up("1001")


@scene
async def cut_transfer(s: Stage) -> None:
    """cut while they talk; in the gap 1001 transfers blind to 1002, who answers; afterwards the customer hangs up"""
    async with s.recorded("cut_transfer", lost=True):
        call = await in_talk(s)
    await s.refers("1001", "1002")
    await s.talk("1002", 0.7)
    async with s.recorded("cut_transfer_after") as log:
        await s.snapshot(log)
        await pause(1)
        await call.hangs_up()


@scene
async def cut_consulting(s: Stage) -> None:
    """cut while 1001 consults 1002; in the gap 1001 completes by REFER; afterwards 1002 hangs up"""
    async with s.recorded("cut_consulting", lost=True):
        await in_talk(s)
        await s.holds("1001")
        await s.dials("1001", "1002")
        await s.talk("1002", 0.7)
    await s.completes("1001", "1002")
    await pause(1)
    async with s.recorded("cut_consulting_after") as log:
        await s.snapshot(log)
        await pause(1)
        await s.hangs_up("1002")


@scene
async def cut_consulting_goes_on(s: Stage) -> None:
    """cut while 1001 consults 1002; nothing happens in the gap; afterwards 1001 completes, 1002 hangs up"""
    async with s.recorded("cut_consulting_goes_on", lost=True):
        await in_talk(s)
        await s.holds("1001")
        await s.dials("1001", "1002")
        await s.talk("1002", 0.7)
    await pause(0.5)
    async with s.recorded("cut_consulting_goes_on_after") as log:
        await s.snapshot(log)
        await pause(0.5)
        await s.completes("1001", "1002")
        await pause(1)
        await s.hangs_up("1002")


@scene
async def cut_queued(s: Stage) -> None:
    """cut while two callers wait; in the gap the first gives up; afterwards 1001 logs in, takes the second, hangs up"""
    async with s.recorded("cut_queued", lost=True):
        first = await s.calls()
        await s.calls(number=SECOND, name="Li Si")
        await pause(1.5)
    await first.hangs_up()
    await pause(1)
    async with s.recorded("cut_queued_after") as log:
        await s.snapshot(log)
        await s.logs_in("support", "1001")
        await s.talk("1001")
        await s.hangs_up("1001")


@scene
async def cut_outbound(s: Stage) -> None:
    """cut while the number that 1001 dialled rings; in the gap it is answered; afterwards the customer hangs up"""
    await s.does(n13900139000="answer/3")
    async with s.recorded("cut_outbound", lost=True):
        await s.dials("1001", CALLED)
        await pause(1.5)
    await s.talk(CALLED, 1)
    async with s.recorded("cut_outbound_after") as log:
        await s.snapshot(log)
        await pause(1)
        await s.hangs_up(CALLED)


@scene
async def cut_silent(s: Stage) -> None:
    """cut while they talk and never asked again: the next connection takes no snapshot; the customer hangs up in it"""
    async with s.recorded("cut_silent", lost=True):
        call = await in_talk(s)
    await pause(0.5)
    async with s.recorded("cut_silent_after"):
        await pause(0.5)
        await call.hangs_up()


async def _begins(s: Stage, name: str) -> None:
    async with s.recorded(name) as log:
        await s.snapshot(log)
        await pause(1)
        await s.hangs_up("1001")


@scene
async def begins_talking(s: Stage) -> None:
    """the recording begins while a customer from queue support and 1001 talk; 1001 hangs up"""
    await in_talk(s)
    await _begins(s, "begins_talking")


@scene
async def begins_ringing(s: Stage) -> None:
    """the recording begins while 1001 rings for a customer in queue support; 1001 answers and hangs up"""
    await s.logs_in("support", "1001")
    await s.does(p1001="answer/3")
    await s.calls()
    await pause(1.5)
    async with s.recorded("begins_ringing") as log:
        await s.snapshot(log)
        await s.talk("1001", 1)
        await s.hangs_up("1001")


@scene
async def begins_outbound(s: Stage) -> None:
    """the recording begins while 1001 and a customer whom he dialled talk; 1001 hangs up"""
    await s.dials("1001", CALLED)
    await s.talk(CALLED)
    await _begins(s, "begins_outbound")


@scene
async def begins_originated(s: Stage) -> None:
    """the recording begins while an originated customer and 1001 of queue sales talk; 1001 hangs up"""
    await s.logs_in("sales", "1001")
    await s.originates(f"PJSIP/{CALLED}@trunk")
    await s.talk("1001")
    await _begins(s, "begins_originated")


@scene
async def begins_internal(s: Stage) -> None:
    """the recording begins while 1001 and 1002, whom he called, talk; 1001 hangs up"""
    await s.dials("1001", "1002")
    await s.talk("1002")
    await _begins(s, "begins_internal")


@scene
async def begins_consulting(s: Stage) -> None:
    """the recording begins while 1001 consults 1002 about a held customer; 1001 completes, 1002 hangs up"""
    await in_talk(s)
    await s.holds("1001")
    await s.dials("1001", "1002")
    await s.talk("1002", 0.7)
    async with s.recorded("begins_consulting") as log:
        await s.snapshot(log)
        await pause(0.7)
        await s.completes("1001", "1002")
        await pause(1)
        await s.hangs_up("1002")


@scene
async def begins_spying(s: Stage) -> None:
    """the recording begins while 1901 listens to 1001; the customer hangs up"""
    call = await in_talk(s)
    spyee = (await s.ours("1001"))["Uniqueid"]
    await s.originates("PJSIP/1901", uid="cti-spy-20", Application="ChanSpy", Data=f"{spyee},uqESd")
    await s.talk("1901", 0.5)
    async with s.recorded("begins_spying") as log:
        await s.snapshot(log)
        await pause(1)
        await call.hangs_up()


@scene
async def rtp_timeout(s: Stage) -> None:
    """the customer's sound stays away; after 3 s the switch ends the call"""
    config = Path(s.switch.facts["paths"]["etc"]) / "pjsip.conf"
    text = config.read_text()
    config.write_text(text.replace("rtp_timeout = 60", "rtp_timeout = 3"))
    await s.switch.cli("module reload res_pjsip.so")
    await pause(1)
    await s.logs_in("support", "1001")
    try:
        async with s.recorded("rtp_timeout"):
            caller = await s.switch.stranger_calls('"Zhang San" <sip:13800138000@127.0.0.2>', pause=30)
            await s.talk("1001", 1)
            await pause(6)
        await caller.stop()
    finally:
        config.write_text(text)
        await s.switch.cli("module reload res_pjsip.so")
        await pause(1)


@scene
async def restarted(s: Stage) -> None:
    """`core restart now` while they talk; the next connection finds nothing"""
    async with s.recorded("restarted", tail=1):
        await in_talk(s)
        await s.switch.cli("core restart now")
    await again(s, "restarted_after")


@scene
async def killed(s: Stage) -> None:
    """kill -9 while one customer talks with 1001 and another waits; the next connection finds nothing; a new
    caller talks with 1001 and hangs up"""
    async with s.recorded("killed", tail=0.2):
        await in_talk(s)
        await s.calls(number=SECOND, name="Li Si")
        await pause(1)
        await s.switch.kill9()
    await s.switch.restart()
    await again(s, "killed_after", number="13800000003")


async def again(s: Stage, name: str, number: str = "", *, asks: bool = True) -> None:
    """Record the first connection after Asterisk came back."""
    await s.switch.ami.close()
    for _ in range(40):
        await pause(0.25)
        try:
            s.switch.ami = await type(s.switch.ami).connect(s.switch.facts["ami"])
            break
        except OSError:
            continue
    await pause(0.5)
    async with s.recorded(name) as log:
        if asks:
            await s.snapshot(log)
        if number:
            call = await s.calls(number=number, name="Wang Wu")
            await pause(1.5)
            await call.hangs_up()
