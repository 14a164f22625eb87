"""What else a call centre meets: other routes, other originates, other keys."""

from tests.integration.recording.outages import again
from tests.integration.recording.studio import CALLED, OUTSIDE, SECOND, Stage, in_talk, pause, scene


@scene
async def phone_out_second_route(s: Stage) -> None:
    """1001 dials out; the first route refuses with 503, the second reaches the customer, who answers and hangs up"""
    await s.does(n013900139000="cause/34")
    async with s.recorded("phone_out_second_route"):
        await s.dials("1001", f"86{CALLED}")
        await s.talk(CALLED, 1.5)
        await s.hangs_up(CALLED)


@scene
async def phone_out_two_numbers(s: Stage) -> None:
    """1001 dials; the dialplan rings two outside numbers at once, the second answers; 1001 hangs up"""
    await s.does(n13900139000="ring")
    async with s.recorded("phone_out_two_numbers"):
        await s.dials("1001", f"87{CALLED}")
        await s.talk(OUTSIDE, 1.5)
        await s.hangs_up("1001")


@scene
async def phone_out_early(s: Stage) -> None:
    """1001 dials out; the network plays sound before the answer (183), nobody answers within 3 s"""
    await s.does(n13900139000="early")
    async with s.recorded("phone_out_early"):
        await (await s.dials("1001", f"81{CALLED}")).ended()


@scene
async def phone_out_no_route(s: Stage) -> None:
    """1001 dials out; the trunk cannot be reached, so no channel to it is made at all"""
    async with s.recorded("phone_out_no_route"):
        await (await s.dials("1001", f"88{CALLED}")).ended()


@scene
async def out_agent_first_no_route(s: Stage) -> None:
    """agent 1001 first, answers; the trunk cannot be reached, so no channel to it is made at all"""
    async with s.recorded("out_agent_first_no_route"):
        await s.originates("PJSIP/1001", Context="from-phones", Exten=f"88{CALLED}", Priority=1)
        await pause(3)


@scene
async def out_first_early(s: Stage) -> None:
    """we originate to the customer first; sound before the answer (183), nobody answers within 4 s"""
    await s.does(n13900139000="early")
    async with s.recorded("out_first_early") as log:
        since = log.position
        await s.originates(f"PJSIP/{CALLED}@trunk")
        await log.wait_for("OriginateResponse", since=since, within=15)


@scene
async def out_first_no_agent(s: Stage) -> None:
    """the customer answers, hears an announcement, and the dialplan hangs up"""
    async with s.recorded("out_first_no_agent"):
        await s.originates(f"PJSIP/{CALLED}@trunk", Context="from-trunk", Exten="5014", Priority=2)
        await pause(7)


@scene
async def out_agent_dial_app(s: Stage) -> None:
    """we originate to agent 1001 with the application Dial, not an extension; 1001 does not answer"""
    await s.does(p1001="ring")
    async with s.recorded("out_agent_dial_app") as log:
        since = log.position
        await s.originates("PJSIP/1001", Application="Dial", Data=f"PJSIP/{CALLED}@trunk,20")
        await log.wait_for("OriginateResponse", since=since, within=15)


@scene
async def out_agent_dial_app_answered(s: Stage) -> None:
    """the same, and both answer; the customer hangs up"""
    async with s.recorded("out_agent_dial_app_answered"):
        await s.originates("PJSIP/1001", Application="Dial", Data=f"PJSIP/{CALLED}@trunk,20")
        await s.talk(CALLED, 1.5)
        await s.hangs_up(CALLED)


@scene
async def out_local_agent_no_answer(s: Stage) -> None:
    """Originate Local/1001@agents/n to the dialplan's dial-out: 1001 does not answer within 4 s"""
    await s.does(p1001="ring")
    async with s.recorded("out_local_agent_no_answer") as log:
        since = log.position
        await s.originates("Local/1001@agents/n", Context="dial-out", Exten=CALLED, Priority=1)
        await log.wait_for("OriginateResponse", since=since, within=15)


@scene
async def internal_originated(s: Stage) -> None:
    """we originate to 1001, who answers and is sent to 1002, who answers and hangs up"""
    async with s.recorded("internal_originated"):
        await s.originates("PJSIP/1001", Context="from-phones", Exten="1002", Priority=1)
        await s.talk("1002", 1.5)
        await s.hangs_up("1002")


@scene
async def spy_local(s: Stage) -> None:
    """1901 is reached through Local/1901@agents/n to listen to 1001; the customer hangs up"""
    async with s.recorded("spy_local"):
        call = await in_talk(s)
        spyee = (await s.ours("1001"))["Uniqueid"]
        await s.originates("Local/1901@agents/n", uid="other-spy-1", Application="ChanSpy", Data=f"{spyee},uqESd")
        await s.talk("1901", 1.5)
        await call.hangs_up()


@scene
async def spy_local_no_answer(s: Stage) -> None:
    """1901 is rung through Local/1901@agents/n to listen to 1001 and does not answer; the customer hangs up"""
    await s.does(p1901="ring")
    async with s.recorded("spy_local_no_answer") as log:
        call = await in_talk(s)
        spyee = (await s.ours("1001"))["Uniqueid"]
        since = log.position
        await s.originates("Local/1901@agents/n", uid="other-spy-2", Application="ChanSpy", Data=f"{spyee},uqESd")
        await log.wait_for("OriginateResponse", since=since, within=15)
        await call.hangs_up()


@scene
async def atxfer_abort_key(s: Stage) -> None:
    """1001 presses *2 1002, who answers; 1001 presses *1 and is back with the customer, and hangs up"""
    async with s.recorded("atxfer_abort_key"):
        await in_talk(s)
        await s.presses("1001", "*21002")
        await s.talk("1002", 1.5)
        await s.presses("1001", "*1")
        await pause(2)
        await s.hangs_up("1001")


@scene
async def atxfer_threeway_key(s: Stage) -> None:
    """1001 presses *2 1002, who answers; 1001 presses *3: all three talk; 1001 hangs up, then the customer"""
    async with s.recorded("atxfer_threeway_key"):
        call = await in_talk(s)
        await s.presses("1001", "*21002")
        await s.talk("1002", 1.5)
        await s.presses("1001", "*3")
        await pause(2)
        await s.hangs_up("1001")
        await pause(1.5)
        await call.hangs_up()


@scene
async def attended_back(s: Stage) -> None:
    """1001 transfers attended to 1002; 1002 transfers blind back to 1001; the customer hangs up"""
    async with s.recorded("attended_back"):
        call = await in_talk(s)
        await s.holds("1001")
        await s.dials("1001", "1002")
        await s.talk("1002", 1)
        await s.completes("1001", "1002")
        await pause(1)
        await s.refers("1002", "1001")
        await s.leg("1001", up=False)
        await s.talk("1001", 1)
        await call.hangs_up()


@scene
async def hold_agent_hangs_up(s: Stage) -> None:
    """1001 puts the customer on hold for 1.5 s and hangs up"""
    async with s.recorded("hold_agent_hangs_up"):
        await in_talk(s)
        await s.holds("1001")
        await pause(1.5)
        await s.hangs_up("1001")


@scene
async def did_rejected_mailbox(s: Stage) -> None:
    """1001 rejects, a voice mailbox answers, and the dialplan hangs up after some seconds"""
    await s.does(p1001="busy")
    async with s.recorded("did_rejected_mailbox"):
        await (await s.calls("5020")).ended(within=15)


@scene
async def blind_to_announcement(s: Stage) -> None:
    """1001 transfers blind to an echo test; the customer hangs up there after 2 s"""
    async with s.recorded("blind_to_announcement"):
        call = await in_talk(s)
        await s.refers("1001", "850")
        await pause(2.5)
        await call.hangs_up()


@scene
async def internal_consulted(s: Stage) -> None:
    """1001 calls 1002, 1002 holds and asks 1003, then transfers 1001 to 1003 by REFER with Replaces; 1003 hangs up"""
    async with s.recorded("internal_consulted"):
        await s.dials("1001", "1002")
        await s.talk("1002", 1)
        await s.holds("1002")
        await s.dials("1002", "1003")
        await s.talk("1003", 1)
        await s.completes("1002", "1003")
        await pause(1.5)
        await s.hangs_up("1003")


@scene
async def customer_swapped(s: Stage) -> None:
    """1001 talks with one customer, takes a second call on hold of the first, ends it; the first is transferred blind
    to 1002, who hangs up"""
    async with s.recorded("customer_swapped"):
        await s.calls("5101")
        await s.talk("1001")
        await s.holds("1001")
        await s.calls("5101", SECOND, name="Li Si")
        await s.leg("1001", 1)
        await pause(1)
        await s.hangs_up("1001", 1)
        await pause(0.5)
        await s.refers("1001", "1002")
        await s.talk("1002")
        await s.hangs_up("1002")


@scene
async def agent_dials_after_call(s: Stage) -> None:
    """1001's customer hangs up; 1001 dials another one at once: two calls, no consultation"""
    async with s.recorded("agent_dials_after_call"):
        call = await in_talk(s)
        await call.hangs_up()
        await pause(0.3)
        await s.dials("1001", CALLED)
        await s.talk(CALLED, 1)
        await s.hangs_up("1001")


@scene
async def agent_rung_while_dialling(s: Stage) -> None:
    """1001 dials out and it rings; meanwhile a caller's direct call rings at 1001 and gives up; the customer answers"""
    await s.does(n13900139000="answer/4")
    async with s.recorded("agent_rung_while_dialling"):
        await s.dials("1001", CALLED)
        await pause(1)
        await s.does(p1001="ring")
        second = await s.calls("5101", SECOND, name="Li Si")
        await pause(1.5)
        await second.hangs_up()
        await s.talk(CALLED, 1)
        await s.hangs_up(CALLED)


@scene
async def did_forwarded(s: Stage) -> None:
    """a caller dials 1001, whose phone forwards (302) to 1002, who answers; the caller hangs up"""
    sip = s.switch.facts["sip"]
    target = f"sip:1002@{sip['host']}:{sip['port']}"
    await s.switch.world.action("Setvar", Variable="FORWARD_TO", Value=target)
    await s.does(p1001="forward")
    async with s.recorded("did_forwarded"):
        call = await s.calls("5021")
        await s.talk("1002", 1.5)
        await call.hangs_up()


@scene
async def spy_again(s: Stage) -> None:
    """1901 listens to 1001, hangs up, is rung again and whispers; the customer hangs up"""
    async with s.recorded("spy_again"):
        call = await in_talk(s)
        spyee = (await s.ours("1001"))["Uniqueid"]
        for uid, options in (("cti-spy-30", "uqES"), ("cti-spy-31", "uqESw")):
            await s.originates("PJSIP/1901", uid=uid, Application="ChanSpy", Data=f"{spyee},{options}")
            await s.talk("1901", 1)
            if uid == "cti-spy-30":
                await s.hangs_up("1901")
                await pause(0.5)
        await call.hangs_up()


@scene
async def killed_unasked(s: Stage) -> None:
    """kill -9 while they talk; the next connection is told nothing but that Asterisk booted; a new caller gives up"""
    async with s.recorded("killed_unasked", tail=0.2):
        await in_talk(s)
        await s.switch.kill9()
    await pause(3)
    await s.switch.restart()
    await again(s, "killed_unasked_after", number="13800000003", asks=False)


@scene
async def cut_many(s: Stage) -> None:
    """three connections: cut in the queue, cut while 1001 talks, and the last sees 1001 hang up"""
    await s.logs_in("support", "1001")
    await s.does(p1001="answer/2")
    async with s.recorded("cut_many", lost=True):
        await s.calls()
        await pause(1)
    async with s.recorded("cut_many_second", lost=True) as log:
        await s.snapshot(log)
        await s.talk("1001", 1)
    async with s.recorded("cut_many_third") as log:
        await s.snapshot(log)
        await pause(1)
        await s.hangs_up("1001")


@scene
async def begins_unasked(s: Stage) -> None:
    """the recording begins while a customer waits in queue support, without a snapshot; 1001 answers and hangs up"""
    await s.calls()
    await pause(1)
    async with s.recorded("begins_unasked"):
        await s.logs_in("support", "1001")
        await s.talk("1001", 1)
        await s.hangs_up("1001")


@scene
async def begins_held(s: Stage) -> None:
    """the recording begins while a customer is on hold; 1001 takes him back and hangs up"""
    await in_talk(s)
    await s.holds("1001")
    await pause(0.5)
    async with s.recorded("begins_held") as log:
        await s.snapshot(log)
        await pause(1)
        await s.unholds("1001")
        await pause(1)
        await s.hangs_up("1001")
