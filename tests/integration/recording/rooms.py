"""Conferences, parking, pick-ups, and agents who stay on the line."""

from tests.integration.recording.studio import CALLED, OUTSIDE, SECOND, Stage, in_talk, pause, scene


@scene
async def conference(s: Stage) -> None:
    """customer and 1001 are moved into a conference, 1002 joins; 1001 leaves, 1002 talks on; the customer hangs up"""
    async with s.recorded("conference"):
        call = await in_talk(s)
        customer, agent = await s.ours("trunk"), await s.ours("1001")
        room = {"Context": "cti-conference", "Exten": "12345678", "Priority": 1}
        extra = {f"Extra{key}": value for key, value in room.items()}
        await s.action("Redirect", Channel=customer["Channel"], ExtraChannel=agent["Channel"], **room, **extra)
        await pause(0.7)
        await s.originates("PJSIP/1002", **room)
        await s.talk("1002", 1.5)
        await s.hangs_up("1001")
        await pause(1)
        await call.hangs_up()
        await pause(0.5)
        await s.hangs_up("1002")


@scene
async def conference_dialled(s: Stage) -> None:
    """the customer is moved into a conference with 1001; 1002 dials into it himself; the customer hangs up"""
    async with s.recorded("conference_dialled"):
        call = await in_talk(s)
        customer, agent = await s.ours("trunk"), await s.ours("1001")
        room = {"Context": "cti-conference", "Exten": "12345678", "Priority": 1}
        extra = {f"Extra{key}": value for key, value in room.items()}
        await s.action("Redirect", Channel=customer["Channel"], ExtraChannel=agent["Channel"], **room, **extra)
        await s.dials("1002", "8412345678")
        await s.leg("1002")
        await pause(1.5)
        await call.hangs_up()
        await pause(0.5)
        await s.hangs_up("1001")
        await s.hangs_up("1002")


@scene
async def parked_and_fetched(s: Stage) -> None:
    """1001 parks the customer (blind transfer to 700); 1002 fetches him from 701; the customer hangs up"""
    async with s.recorded("parked_and_fetched"):
        call = await in_talk(s)
        await s.refers("1001", "700")
        await pause(1.5)
        await s.dials("1002", "701")
        await s.leg("1002")
        await pause(1.5)
        await call.hangs_up()


@scene
async def parked_comes_back(s: Stage) -> None:
    """1001 parks the customer; nobody fetches him for 4 s, 1001 rings again and answers; the customer hangs up"""
    async with s.recorded("parked_comes_back"):
        call = await in_talk(s)
        await s.refers("1001", "700")
        await pause(4)
        await s.leg("1001")
        await pause(1.5)
        await call.hangs_up()


@scene
async def conference_invite_no_answer(s: Stage) -> None:
    """customer and 1001 confer; 1002 is invited and does not answer; the customer hangs up"""
    await s.does(p1002="ring")
    async with s.recorded("conference_invite_no_answer") as log:
        call = await in_talk(s)
        customer, agent = await s.ours("trunk"), await s.ours("1001")
        room = {"Context": "cti-conference", "Exten": "12345678", "Priority": 1}
        extra = {f"Extra{key}": value for key, value in room.items()}
        await s.action("Redirect", Channel=customer["Channel"], ExtraChannel=agent["Channel"], **room, **extra)
        since = log.position
        await s.originates("PJSIP/1002", **room)
        await log.wait_for("OriginateResponse", since=since, within=15)
        await call.hangs_up()
        await pause(0.5)
        await s.hangs_up("1001")


@scene
async def agent_waits_in_conference(s: Stage) -> None:
    """agent 1001 waits in a conference all day; a first customer is dialled into it and hangs up, then a second one"""
    room = {"Context": "cti-conference", "Exten": "11112222", "Priority": 1}
    async with s.recorded("agent_waits_in_conference"):
        await s.originates("PJSIP/1001", uid="cti-agent-2", **room)
        await s.leg("1001")
        for number in (CALLED, OUTSIDE):
            await s.originates(f"PJSIP/{number}@trunk", **room)
            await s.talk(number, 1.5)
            await s.hangs_up(number)
            await pause(1)
        await s.hangs_up("1001")


@scene
async def out_bridged(s: Stage) -> None:
    """agent 1001 and then the customer are originated into waiting, AMI Bridge joins them; the customer hangs up"""
    async with s.recorded("out_bridged"):
        agent = await s.originates("PJSIP/1001", uid="cti-agent-1", Context="cti-wait", Exten="s", Priority=1)
        await s.talk("1001", 0.5)
        customer = await s.originates(f"PJSIP/{CALLED}@trunk", Context="cti-wait", Exten="s", Priority=1)
        await s.talk(CALLED, 0.5)
        await s.action("Bridge", Channel1=agent, Channel2=customer, Tone="no")
        await pause(1.5)
        await s.hangs_up(CALLED)


@scene
async def agent_logged_in(s: Stage) -> None:
    """1001 has logged in with AgentLogin and stays on the line; queue support brings him a caller by AgentRequest, who
    hangs up; then a second caller, and 1001 hangs up for good"""
    await s.action("QueueAdd", Queue="support", Interface="Local/1001@pool/n", StateInterface="Agent:1001")
    async with s.recorded("agent_logged_in"):
        login = await s.dials("1001", "891001")
        await login.answered()
        await pause(6)
        call = await s.calls()
        await pause(4)
        await call.hangs_up()
        await pause(1)
        await s.calls(number=SECOND, name="Li Si")
        await pause(4)
        await login.hangs_up()


@scene
async def pickup(s: Stage) -> None:
    """queue support rings 1001; 1002 picks the call up; the caller hangs up"""
    await s.logs_in("support", "1001")
    await s.does(p1001="ring")
    async with s.recorded("pickup"):
        call = await s.calls()
        await pause(1.5)
        await s.dials("1002", "*81001")
        await s.leg("1002")
        await pause(1.5)
        await call.hangs_up()


@scene
async def pickup_direct(s: Stage) -> None:
    """a caller dials 1001; 1002 picks the call up and hangs up"""
    await s.does(p1001="ring")
    async with s.recorded("pickup_direct"):
        await s.calls("5101")
        await pause(1.5)
        await s.dials("1002", "*81001")
        await s.leg("1002")
        await pause(1.5)
        await s.hangs_up("1002")
