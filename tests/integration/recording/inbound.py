"""Calls from outside: to queues, to phones, to announcements."""

from tests.integration.recording.studio import SECOND, Stage, pause, scene


@scene
async def in_queue_timeout(s: Stage) -> None:
    """nobody is logged in; the queue gives up after 3 s, an announcement follows, the dialplan hangs up"""
    async with s.recorded("in_queue_timeout"):
        call = await s.calls("5010")
        await call.ended(within=15)


@scene
async def in_queue_timeout_ringing(s: Stage) -> None:
    """1001 rings and does not answer; the queue gives up after 3 s; the caller hangs up in the announcement"""
    await s.logs_in("support", "1001")
    await s.does(p1001="ring")
    async with s.recorded("in_queue_timeout_ringing"):
        call = await s.calls("5010")
        await pause(4.0)
        await call.hangs_up()


@scene
async def in_queue_overflow(s: Stage) -> None:
    """queue sales gives up after 2 s, queue support brings agent 1001, who hangs up"""
    await s.logs_in("support", "1001")
    async with s.recorded("in_queue_overflow"):
        await s.calls("5012")
        await s.talk("1001")
        await s.hangs_up("1001")


@scene
async def in_queue_then_phone(s: Stage) -> None:
    """queue support (1001 does not answer) gives up after 3 s, the dialplan rings 1002, who answers; caller hangs up"""
    await s.logs_in("support", "1001")
    await s.does(p1001="ring")
    async with s.recorded("in_queue_then_phone"):
        call = await s.calls("5013")
        await s.talk("1002")
        await call.hangs_up()


@scene
async def in_menu(s: Stage) -> None:
    """an announcement of some seconds, then queue support and agent 1001, who hangs up"""
    await s.logs_in("support", "1001")
    async with s.recorded("in_menu"):
        await s.calls("5011")
        await s.talk("1001")
        await s.hangs_up("1001")


@scene
async def in_menu_hangup(s: Stage) -> None:
    """the caller hangs up during the announcement before the queue"""
    async with s.recorded("in_menu_hangup"):
        call = await s.calls("5011")
        await call.answered()
        await pause(0.8)
        await call.hangs_up()


@scene
async def in_announcement(s: Stage) -> None:
    """closed: an announcement, then the dialplan hangs up"""
    async with s.recorded("in_announcement"):
        call = await s.calls("5014")
        await call.ended(within=15)


@scene
async def in_survey(s: Stage) -> None:
    """1001 hangs up, the customer goes on to a survey and hangs up there 2 s later"""
    await s.logs_in("support", "1001")
    async with s.recorded("in_survey"):
        call = await s.calls("5015")
        await s.talk("1001")
        await s.hangs_up("1001")
        await pause(2)
        await call.hangs_up()


@scene
async def in_rejected_busy(s: Stage) -> None:
    """1001 refuses with 486, 1002 answers and hangs up"""
    await s.logs_in("support", "1001", "1002")
    await s.does(p1001="busy")
    async with s.recorded("in_rejected_busy"):
        await s.calls()
        await s.talk("1002")
        await s.hangs_up("1002")


@scene
async def in_rejected_603(s: Stage) -> None:
    """1001 refuses with 603, 1002 answers; the caller hangs up"""
    await s.logs_in("support", "1001", "1002")
    await s.does(p1001="cause/55")
    async with s.recorded("in_rejected_603"):
        call = await s.calls()
        await s.talk("1002")
        await call.hangs_up()


@scene
async def in_no_answer_retries(s: Stage) -> None:
    """the only agent, 1001, rings 4 s, twice and a half, and never answers; the caller gives up while it rings"""
    await s.logs_in("support", "1001")
    await s.does(p1001="ring")
    async with s.recorded("in_no_answer_retries"):
        call = await s.calls()
        await pause(11.5)
        await call.hangs_up()


@scene
async def in_no_answer_then_answers(s: Stage) -> None:
    """1001 rings 4 s in vain, and answers at the second attempt; the caller hangs up"""
    await s.logs_in("support", "1001")
    await s.does(p1001="ring")
    async with s.recorded("in_no_answer_then_answers"):
        call = await s.calls()
        await pause(4.3)
        await s.does(p1001="answer/1")
        await s.talk("1001")
        await call.hangs_up()


@scene
async def in_abandoned_early(s: Stage) -> None:
    """nobody is logged in; the caller gives up after 1.5 s in the queue"""
    async with s.recorded("in_abandoned_early"):
        call = await s.calls()
        await call.answered()
        await pause(1.5)
        await call.hangs_up()


@scene
async def in_ringall_three(s: Stage) -> None:
    """queue all rings 1001, 1002 and 1003; 1003 answers; the caller hangs up"""
    await s.logs_in("all", "1001", "1002", "1003")
    await s.does(p1001="ring", p1002="answer/3", p1003="answer/1")
    async with s.recorded("in_ringall_three"):
        call = await s.calls("5002")
        await s.talk("1003")
        await call.hangs_up()


@scene
async def in_local_member(s: Stage) -> None:
    """the member is Local/1001@agents (optimised away); 1001 answers and hangs up"""
    await s.logs_in("support", "Local/1001@agents")
    async with s.recorded("in_local_member"):
        await s.calls()
        await s.talk("1001", 2)
        await s.hangs_up("1001")


@scene
async def in_local_member_n(s: Stage) -> None:
    """the member is Local/1001@agents/n (the halves stay); the caller hangs up"""
    await s.logs_in("support", "Local/1001@agents/n")
    async with s.recorded("in_local_member_n"):
        call = await s.calls()
        await s.talk("1001", 2)
        await call.hangs_up()


@scene
async def in_local_member_no_answer(s: Stage) -> None:
    """member Local/1001@agents/n does not answer, member Local/1002@agents/n does; 1002 hangs up"""
    await s.logs_in("support", "Local/1001@agents/n", "Local/1002@agents/n")
    await s.does(p1001="ring")
    async with s.recorded("in_local_member_no_answer"):
        await s.calls()
        await s.talk("1002", 1)
        await s.hangs_up("1002")


@scene
async def in_two_calls(s: Stage) -> None:
    """two callers overlap; 1001 takes the first from queue support and 1002 the second from sales; the second hangs up
    first, then 1001 ends the other call"""
    await s.logs_in("support", "1001")
    await s.logs_in("sales", "1002")
    async with s.recorded("in_two_calls"):
        await s.calls()
        await pause(0.4)
        second = await s.calls("5001", SECOND, name="Li Si")
        await s.talk("1002", 1.5)
        await second.hangs_up()
        await pause(0.5)
        await s.hangs_up("1001")


@scene
async def in_anonymous(s: Stage) -> None:
    """a caller who hides his number; 1001 answers, the caller hangs up"""
    await s.logs_in("support", "1001")
    async with s.recorded("in_anonymous"):
        await s.switch.stranger_calls('"Anonymous" <sip:anonymous@anonymous.invalid>', pause=3)
        await s.talk("1001", 3)


@scene
async def in_call_waiting(s: Stage) -> None:
    """1001 talks; a second caller dials 1001's own number, 1001 holds the first and takes it; the second hangs up, then
    1001 returns to the first and hangs up"""
    async with s.recorded("in_call_waiting"):
        await s.calls("5101")
        await s.talk("1001")
        second = await s.calls("5101", SECOND, name="Li Si")
        await pause(0.5)
        await s.holds("1001")
        await s.leg("1001", 1)
        await pause(1.5)
        await second.hangs_up()
        await pause(0.5)
        await s.unholds("1001")
        await pause(1)
        await s.hangs_up("1001")


@scene
async def in_call_waiting_ignored(s: Stage) -> None:
    """1001 talks; a second caller dials 1001's own number and gives up while it rings; the first caller hangs up"""
    async with s.recorded("in_call_waiting_ignored"):
        first = await s.calls("5101")
        await s.talk("1001")
        await s.does(p1001="ring")
        second = await s.calls("5101", SECOND, name="Li Si")
        await pause(1.5)
        await second.hangs_up()
        await pause(0.7)
        await first.hangs_up()


@scene
async def in_hold_hangup(s: Stage) -> None:
    """1001 puts the customer on hold; the customer hangs up on hold"""
    await s.logs_in("support", "1001")
    async with s.recorded("in_hold_hangup"):
        call = await s.calls()
        await s.talk("1001")
        await s.holds("1001")
        await pause(2)
        await call.hangs_up()


@scene
async def in_hold_customer(s: Stage) -> None:
    """the customer's side holds for 1.5 s and comes back; 1001 hangs up"""
    await s.logs_in("support", "1001")
    async with s.recorded("in_hold_customer"):
        call = await s.calls()
        await s.talk("1001")
        world = s.switch.world
        channel = next(c["Channel"] for c in await world.listed("CoreShowChannels") if c["Uniqueid"] == call.channel_id)
        await world.action("Redirect", Channel=channel, Context="hold", Exten="s", Priority=1)
        await pause(1.5)
        await world.action("Redirect", Channel=channel, Context="talk", Exten="more", Priority=1)
        await pause(1)
        await s.hangs_up("1001")


@scene
async def did_cancelled(s: Stage) -> None:
    """a caller dials 1001 and gives up while it rings"""
    await s.does(p1001="ring")
    async with s.recorded("did_cancelled"):
        call = await s.calls("5101")
        await pause(2)
        await call.hangs_up()


@scene
async def did_no_answer(s: Stage) -> None:
    """a caller dials 1001, who does not answer within the 2 s of the dialplan, which hangs up"""
    await s.does(p1001="ring")
    await s.switch.cli("dialplan set global DIRECT_RING 2")
    async with s.recorded("did_no_answer"):
        call = await s.calls("5101")
        await call.ended(within=15)
    await s.switch.cli("dialplan set global DIRECT_RING 30")


@scene
async def did_busy(s: Stage) -> None:
    """a caller dials 1001, who is busy"""
    await s.does(p1001="busy")
    async with s.recorded("did_busy"):
        await (await s.calls("5101")).ended()


@scene
async def did_rejected(s: Stage) -> None:
    """a caller dials 1001, who rejects with 603"""
    await s.does(p1001="cause/55")
    async with s.recorded("did_rejected"):
        await (await s.calls("5101")).ended()


@scene
async def did_unreachable(s: Stage) -> None:
    """a caller dials a phone that is not registered"""
    async with s.recorded("did_unreachable"):
        await (await s.calls("5016")).ended()


@scene
async def did_second_phone(s: Stage) -> None:
    """1001 does not answer within 2 s, the dialplan rings 1002, who answers; the caller hangs up"""
    await s.does(p1001="ring")
    async with s.recorded("did_second_phone"):
        call = await s.calls("5017")
        await s.talk("1002")
        await call.hangs_up()


@scene
async def did_two_phones(s: Stage) -> None:
    """1001 and 1002 ring at once, 1002 answers and hangs up"""
    await s.does(p1001="ring")
    async with s.recorded("did_two_phones"):
        await s.calls("5018")
        await s.talk("1002")
        await s.hangs_up("1002")


@scene
async def did_mailbox(s: Stage) -> None:
    """1001 does not answer, a voice mailbox does; the caller hangs up after speaking"""
    await s.does(p1001="ring")
    async with s.recorded("did_mailbox"):
        call = await s.calls("5020")
        await call.answered()
        await pause(1.5)
        await call.hangs_up()


@scene
async def in_forwarded_outside(s: Stage) -> None:
    """the dialplan sends the caller to an outside number, who answers; the caller hangs up"""
    async with s.recorded("in_forwarded_outside"):
        call = await s.calls("5019")
        await call.answered()
        await pause(1.5)
        await call.hangs_up()


@scene
async def in_invalid(s: Stage) -> None:
    """the caller dials a number that leads nowhere: refused as unallocated"""
    async with s.recorded("in_invalid"):
        await (await s.calls("5009")).ended()


@scene
async def in_no_such_number(s: Stage) -> None:
    """the caller dials a number that is not in the dialplan at all: refused before there is a channel"""
    async with s.recorded("in_no_such_number"):
        await (await s.calls("7777")).ended()


@scene
async def withdrawn(s: Stage) -> None:
    """the caller waits in queue support; an AMI Redirect sends him straight to 1002, who answers and hangs up"""
    async with s.recorded("withdrawn"):
        call = await s.calls()
        await call.answered()
        await pause(1.5)
        trunk = await s.ours("trunk")
        await s.action("Redirect", Channel=trunk["Channel"], Context="from-phones", Exten="1002", Priority=1)
        await s.talk("1002")
        await s.hangs_up("1002")
