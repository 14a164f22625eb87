"""Transfers, consultations, conferences, parking."""

from tests.integration.recording.studio import OUTSIDE, Stage, in_talk, pause, scene


@scene
async def blind_to_agent(s: Stage) -> None:
    """1001 transfers blind, by REFER, to 1002, who answers; the customer hangs up"""
    async with s.recorded("blind_to_agent"):
        call = await in_talk(s)
        await s.refers("1001", "1002")
        await s.talk("1002")
        await call.hangs_up()


@scene
async def blind_to_busy(s: Stage) -> None:
    """1001 transfers blind to 1002, who is busy; the call ends"""
    await s.does(p1002="busy")
    async with s.recorded("blind_to_busy"):
        call = await in_talk(s)
        await s.refers("1001", "1002")
        await call.ended()


@scene
async def blind_no_answer(s: Stage) -> None:
    """1001 transfers blind to 1002, who does not answer; the customer gives up"""
    await s.does(p1002="ring")
    async with s.recorded("blind_no_answer"):
        call = await in_talk(s)
        await s.refers("1001", "1002")
        await pause(2.5)
        await call.hangs_up()


@scene
async def blind_to_queue(s: Stage) -> None:
    """1001 transfers blind to queue sales, where 1002 answers and hangs up"""
    await s.logs_in("sales", "1002")
    async with s.recorded("blind_to_queue"):
        await in_talk(s)
        await s.refers("1001", "5001")
        await s.talk("1002")
        await s.hangs_up("1002")


@scene
async def blind_to_queue_abandoned(s: Stage) -> None:
    """1001 transfers blind to queue sales, where nobody comes; the customer gives up after 2 s"""
    async with s.recorded("blind_to_queue_abandoned"):
        call = await in_talk(s)
        await s.refers("1001", "5001")
        await pause(2.5)
        await call.hangs_up()


@scene
async def blind_to_same_queue(s: Stage) -> None:
    """1001 transfers blind back to queue support, where 1002 answers and hangs up"""
    async with s.recorded("blind_to_same_queue"):
        await in_talk(s)
        await s.logs_in("support", "1002")
        await s.does(p1001="busy")
        await s.refers("1001", "5000")
        await s.talk("1002")
        await s.hangs_up("1002")


@scene
async def blind_to_outside(s: Stage) -> None:
    """1001 transfers blind to an outside number, who answers; the customer hangs up"""
    async with s.recorded("blind_to_outside"):
        call = await in_talk(s)
        await s.refers("1001", OUTSIDE)
        await s.talk(OUTSIDE, 1.5)
        await call.hangs_up()


@scene
async def blind_to_nowhere(s: Stage) -> None:
    """1001 transfers blind to an extension that does not exist: refused; 1001 hangs up"""
    async with s.recorded("blind_to_nowhere"):
        call = await in_talk(s)
        await s.refers("1001", "4711")  # which hangs up when it is refused
        await call.ended()


@scene
async def blind_by_keys(s: Stage) -> None:
    """1001 presses ## 1002: a blind transfer by key; 1002 answers and hangs up"""
    async with s.recorded("blind_by_keys"):
        await in_talk(s)
        await s.presses("1001", "##1002")
        await s.talk("1002", 1.5)
        await s.hangs_up("1002")


@scene
async def blind_of_outbound(s: Stage) -> None:
    """1001 dials a customer, then transfers him blind to 1002, who answers; the customer hangs up"""
    async with s.recorded("blind_of_outbound"):
        await s.dials("1001", "13900139000")
        await s.talk("13900139000")
        await s.refers("1001", "1002")
        await s.talk("1002", 1.5)
        await s.hangs_up("13900139000")


async def _consults(s: Stage, whom: str, seconds: float = 1.5) -> None:
    await s.holds("1001")
    await pause(0.4)
    await s.dials("1001", whom)
    await pause(seconds)


@scene
async def attended_refer(s: Stage) -> None:
    """1001 holds, consults 1002 (answers after 1 s), completes by REFER with Replaces; 1002 hangs up"""
    async with s.recorded("attended_refer"):
        await in_talk(s)
        await _consults(s, "1002", 2.5)
        await s.completes("1001", "1002")
        await pause(1.5)
        await s.hangs_up("1002")


@scene
async def attended_refer_outbound(s: Stage) -> None:
    """1001 dials a customer, consults 1002, completes by REFER with Replaces; 1002 hangs up"""
    async with s.recorded("attended_refer_outbound"):
        await s.dials("1001", "13900139000")
        await s.talk("13900139000")
        await _consults(s, "1002", 2.5)
        await s.completes("1001", "1002")
        await pause(1.5)
        await s.hangs_up("1002")


@scene
async def attended_ringing(s: Stage) -> None:
    """1001 completes while 1002 still rings (1002 answers after 4 s); the customer hangs up"""
    await s.does(p1002="answer/4")
    async with s.recorded("attended_ringing"):
        call = await in_talk(s)
        await _consults(s, "1002")
        await s.completes("1001", "1002", up=False)
        await s.talk("1002", 1.5)
        await call.hangs_up()


@scene
async def attended_into_queue(s: Stage) -> None:
    """1001 consults queue sales, completes while waiting there, 1002 logs in, answers and hangs up"""
    async with s.recorded("attended_into_queue"):
        await in_talk(s)
        await _consults(s, "5001")
        await s.completes("1001", "5001")
        await pause(1)
        await s.logs_in("sales", "1002")
        await s.talk("1002", 1.5)
        await s.hangs_up("1002")


@scene
async def attended_to_outside(s: Stage) -> None:
    """1001 consults an outside number, completes; the customer hangs up"""
    async with s.recorded("attended_to_outside"):
        call = await in_talk(s)
        await _consults(s, OUTSIDE, 2.5)
        await s.completes("1001", OUTSIDE)
        await pause(1.5)
        await call.hangs_up()


@scene
async def consult_aborted(s: Stage) -> None:
    """1001 holds, consults 1002, hangs up with 1002, returns to the customer and hangs up"""
    async with s.recorded("consult_aborted"):
        await in_talk(s)
        await _consults(s, "1002", 2.5)
        await s.hangs_up("1001", 1)
        await pause(0.5)
        await s.unholds("1001")
        await pause(1)
        await s.hangs_up("1001")


@scene
async def consult_busy(s: Stage) -> None:
    """1001 holds, tries to consult 1002, who is busy, returns to the customer, who hangs up"""
    await s.does(p1002="busy")
    async with s.recorded("consult_busy"):
        call = await in_talk(s)
        await _consults(s, "1002", 1)
        await s.unholds("1001")
        await pause(1)
        await call.hangs_up()


@scene
async def consult_outside_aborted(s: Stage) -> None:
    """1001 holds, consults an outside number, who hangs up; 1001 returns to the customer, who hangs up"""
    async with s.recorded("consult_outside_aborted"):
        call = await in_talk(s)
        await _consults(s, OUTSIDE, 2.5)
        await s.hangs_up(OUTSIDE)
        await pause(0.5)
        await s.unholds("1001")
        await pause(1)
        await call.hangs_up()


@scene
async def consult_customer_leaves(s: Stage) -> None:
    """1001 holds, consults 1002; the customer hangs up meanwhile; 1001 and 1002 talk on for 1.5 s, 1002 hangs up"""
    async with s.recorded("consult_customer_leaves"):
        call = await in_talk(s)
        await _consults(s, "1002", 2.5)
        await call.hangs_up()
        await pause(1.5)
        await s.hangs_up("1002")


@scene
async def atxfer_ami(s: Stage) -> None:
    """AMI Atxfer of 1001 to 1002, who answers; 1001 hangs up and so completes; 1002 hangs up"""
    async with s.recorded("atxfer_ami"):
        await in_talk(s)
        await s.action("Atxfer", Channel=(await s.ours("1001"))["Channel"], Exten="1002", Context="from-phones")
        await s.talk("1002", 1.5)
        await s.hangs_up("1001")
        await pause(2)
        await s.hangs_up("1002")


@scene
async def atxfer_keys(s: Stage) -> None:
    """1001 presses *2 1002, 1002 answers; 1001 hangs up and so completes; the customer hangs up"""
    async with s.recorded("atxfer_keys"):
        call = await in_talk(s)
        await s.presses("1001", "*21002")
        await s.talk("1002", 1.5)
        await s.hangs_up("1001")
        await pause(2)
        await call.hangs_up()


@scene
async def atxfer_keys_ringing(s: Stage) -> None:
    """1001 presses *2 1002 and hangs up while 1002 rings; 1002 answers; the customer hangs up"""
    await s.does(p1002="answer/4")
    async with s.recorded("atxfer_keys_ringing"):
        call = await in_talk(s)
        await s.presses("1001", "*21002")
        await s.leg("1002", up=False)
        await pause(0.8)
        await s.hangs_up("1001")
        await s.talk("1002", 1.5)
        await call.hangs_up()


@scene
async def atxfer_keys_aborted(s: Stage) -> None:
    """1001 presses *2 1002, who answers and hangs up again: 1001 is back with the customer, who hangs up"""
    async with s.recorded("atxfer_keys_aborted"):
        call = await in_talk(s)
        await s.presses("1001", "*21002")
        await s.talk("1002", 1.5)
        await s.hangs_up("1002")
        await pause(2)
        await call.hangs_up()


@scene
async def atxfer_keys_busy(s: Stage) -> None:
    """1001 presses *2 1002, who is busy: 1001 is back with the customer, and hangs up"""
    await s.does(p1002="busy")
    async with s.recorded("atxfer_keys_busy"):
        await in_talk(s)
        await s.presses("1001", "*21002")
        await pause(4)
        await s.hangs_up("1001")


@scene
async def atxfer_customer_leaves(s: Stage) -> None:
    """1001 presses *2 1002, who answers; the customer hangs up meanwhile; 1002 hangs up 1.5 s later"""
    async with s.recorded("atxfer_customer_leaves"):
        call = await in_talk(s)
        await s.presses("1001", "*21002")
        await s.talk("1002", 1.5)
        await call.hangs_up()
        await pause(1.5)
        await s.hangs_up("1002")


@scene
async def redirect_to_queue(s: Stage) -> None:
    """AMI Redirect of the customer from 1001 to queue sales, where 1002 answers; the customer hangs up"""
    await s.logs_in("sales", "1002")
    async with s.recorded("redirect_to_queue"):
        call = await in_talk(s)
        trunk = await s.ours("trunk")
        await s.action("Redirect", Channel=trunk["Channel"], Context="queues", Exten="5001", Priority=1)
        await s.talk("1002")
        await call.hangs_up()


@scene
async def redirect_to_agent(s: Stage) -> None:
    """AMI Redirect of the customer from 1001 to 1002, who answers and hangs up"""
    async with s.recorded("redirect_to_agent"):
        await in_talk(s)
        trunk = await s.ours("trunk")
        await s.action("Redirect", Channel=trunk["Channel"], Context="from-phones", Exten="1002", Priority=1)
        await s.talk("1002")
        await s.hangs_up("1002")


@scene
async def two_transfers(s: Stage) -> None:
    """1001 transfers blind to 1002, 1002 transfers blind to 1003, who hangs up"""
    async with s.recorded("two_transfers"):
        await in_talk(s)
        await s.refers("1001", "1002")
        await s.talk("1002")
        await s.refers("1002", "1003")
        await s.talk("1003")
        await s.hangs_up("1003")


@scene
async def blind_internal(s: Stage) -> None:
    """1001 calls 1002; 1002 transfers 1001 blind to 1003, who answers and hangs up"""
    async with s.recorded("blind_internal"):
        await s.dials("1001", "1002")
        await s.talk("1002")
        await s.refers("1002", "1003")
        await s.talk("1003")
        await s.hangs_up("1003")
