"""Calls to outside: dialled by an agent's phone, or originated by us."""

from tests.integration.recording.studio import CALLED, Stage, pause, scene

TRUNK = f"PJSIP/{CALLED}@trunk"


def _phone_dials(name: str, what: str, truth: str, number: str = CALLED) -> None:
    async def play(s: Stage) -> None:
        await s.does(**{f"n{CALLED}": what})
        async with s.recorded(name):
            call = await s.dials("1001", number)
            await call.ended(within=15)

    play.__name__, play.__doc__ = name, f"1001 dials out through the trunk: {truth}"
    scene(play)


for _name, _what, _truth in (
    ("phone_out_busy", "busy", "busy, 486"),
    ("phone_out_603", "cause/55", "refused, 603"),
    ("phone_out_403", "reject", "refused, 403"),
    ("phone_out_404", "cause/1", "no such number, 404"),
    ("phone_out_503", "cause/34", "service unavailable, 503"),
    ("phone_out_484", "cause/28", "number incomplete, 484"),
    ("phone_out_480", "cause/19", "temporarily unavailable, 480"),
    ("phone_out_500", "cause/38", "server error, 500"),
):
    _phone_dials(_name, _what, _truth)
_phone_dials("phone_out_no_answer", "ring", "rings 3 s until the dialplan gives up", f"81{CALLED}")
_phone_dials("phone_out_dead", "", "no SIP answer at all; the dialplan gives up after 3 s", f"82{CALLED}")


@scene
async def phone_out_answered(s: Stage) -> None:
    """1001 dials out, the customer answers after 1 s; 1001 hangs up"""
    async with s.recorded("phone_out_answered"):
        call = await s.dials("1001", CALLED)
        await s.talk(CALLED, 1.5)
        await call.hangs_up()


@scene
async def phone_out_customer_ends(s: Stage) -> None:
    """1001 dials out, the customer answers, is put on hold for 1.5 s, and hangs up"""
    async with s.recorded("phone_out_customer_ends"):
        await s.dials("1001", CALLED)
        await s.talk(CALLED, 1)
        await s.holds("1001")
        await pause(1.5)
        await s.unholds("1001")
        await pause(1)
        await s.hangs_up(CALLED)


@scene
async def phone_out_cancelled(s: Stage) -> None:
    """1001 dials out and gives up while it rings"""
    await s.does(n13900139000="ring")
    async with s.recorded("phone_out_cancelled"):
        call = await s.dials("1001", CALLED)
        await pause(2)
        await call.hangs_up()


def _customer_first(name: str, what: str, truth: str, channel: str = TRUNK) -> None:
    async def play(s: Stage) -> None:
        await s.does(**{f"n{CALLED}": what})
        async with s.recorded(name) as log:
            since = log.position
            await s.originates(channel)
            await log.wait_for("OriginateResponse", since=since, within=15)
            await pause(0.5)

    play.__name__, play.__doc__ = name, f"we originate to the customer first: {truth}"
    scene(play)


for _name, _what, _truth in (
    ("out_first_603", "cause/55", "refused, 603"),
    ("out_first_403", "reject", "refused, 403"),
    ("out_first_404", "cause/1", "no such number, 404"),
    ("out_first_503", "cause/34", "service unavailable, 503"),
    ("out_first_480", "cause/19", "temporarily unavailable, a true 480"),
    ("out_first_486", "busy", "busy, 486"),
    ("out_first_500", "cause/38", "server error, 500"),
    ("out_first_408", "cause/18", "408"),
    ("out_first_410", "cause/22", "number changed, 410"),
    ("out_first_ring", "ring", "rings 4 s until we give up"),
):
    _customer_first(_name, _what, _truth)
_customer_first("out_first_dead", "", "no SIP answer at all within 4 s", f"PJSIP/{CALLED}@blackhole")
_customer_first("out_first_no_endpoint", "", "an endpoint that does not exist", f"PJSIP/{CALLED}@nowhere")
_customer_first("out_local_busy", "busy", "through Local/…@dial-out, optimised: busy", f"Local/{CALLED}@dial-out")
_customer_first("out_local_n_busy", "busy", "through Local/…@dial-out/n: busy", f"Local/{CALLED}@dial-out/n")
_customer_first("out_local_ring", "ring", "through Local/…@dial-out/n: rings 4 s", f"Local/{CALLED}@dial-out/n")


@scene
async def out_first_hangup(s: Stage) -> None:
    """we originate to the customer first; it rings, we cancel by AMI Hangup after 2 s"""
    await s.does(n13900139000="ring")
    async with s.recorded("out_first_hangup"):
        uid = await s.originates(TRUNK)
        await pause(2)
        await s.action("Hangup", Channel=uid)


@scene
async def out_first_abandoned(s: Stage) -> None:
    """the customer answers, waits 2 s in queue sales without an agent, and hangs up"""
    async with s.recorded("out_first_abandoned"):
        await s.originates(TRUNK)
        await s.talk(CALLED, 2)
        await s.hangs_up(CALLED)


@scene
async def out_first_abandoned_ringing(s: Stage) -> None:
    """the customer answers, 1001 rings, the customer hangs up"""
    await s.logs_in("sales", "1001")
    await s.does(p1001="ring")
    async with s.recorded("out_first_abandoned_ringing"):
        await s.originates(TRUNK)
        await s.talk(CALLED, 2)
        await s.hangs_up(CALLED)


@scene
async def out_first_answered(s: Stage) -> None:
    """the customer answers, waits in queue sales, 1001 answers and hangs up"""
    await s.logs_in("sales", "1001")
    async with s.recorded("out_first_answered"):
        await s.originates(TRUNK)
        await s.talk("1001", 1.5)
        await s.hangs_up("1001")


def _local_first(name: str, suffix: str) -> None:
    async def play(s: Stage) -> None:
        await s.logs_in("sales", "1001")
        async with s.recorded(name):
            await s.originates(f"Local/{CALLED}@dial-out{suffix}")
            await s.talk("1001", 2)
            await s.hangs_up(CALLED)

    play.__name__ = name
    play.__doc__ = f"originated through Local/…@dial-out{suffix}; queue sales, 1001 answers; the customer hangs up"
    scene(play)


_local_first("out_local_answered", "")
_local_first("out_local_n_answered", "/n")


@scene
async def out_local_agent_first(s: Stage) -> None:
    """Originate Local/1001@agents/n to the dialplan's dial-out: 1001 answers, then the customer; 1001 hangs up"""
    async with s.recorded("out_local_agent_first"):
        await s.originates("Local/1001@agents/n", Context="dial-out", Exten=CALLED, Priority=1)
        await s.talk(CALLED, 1.5)
        await s.hangs_up("1001")


@scene
async def out_agent_no_answer(s: Stage) -> None:
    """we originate to agent 1001 first, who does not answer within 4 s"""
    await s.does(p1001="ring")
    async with s.recorded("out_agent_no_answer") as log:
        since = log.position
        await s.originates("PJSIP/1001", Context="dial-out", Exten=CALLED, Priority=1)
        await log.wait_for("OriginateResponse", since=since, within=15)


@scene
async def out_agent_rejects(s: Stage) -> None:
    """we originate to agent 1001 first, who rejects with 486"""
    await s.does(p1001="busy")
    async with s.recorded("out_agent_rejects") as log:
        since = log.position
        await s.originates("PJSIP/1001", Context="dial-out", Exten=CALLED, Priority=1)
        await log.wait_for("OriginateResponse", since=since, within=15)


@scene
async def out_agent_unregistered(s: Stage) -> None:
    """we originate to an agent's phone that is not registered"""
    async with s.recorded("out_agent_unregistered") as log:
        since = log.position
        await s.originates("PJSIP/1101", Context="dial-out", Exten=CALLED, Priority=1)
        await log.wait_for("OriginateResponse", since=since, within=15)


def _agent_first(name: str, what: str, truth: str) -> None:
    async def play(s: Stage) -> None:
        await s.does(**{f"n{CALLED}": what})
        async with s.recorded(name):
            await s.originates("PJSIP/1001", Context="from-phones", Exten=f"81{CALLED}", Priority=1)
            await pause(5)

    play.__name__, play.__doc__ = name, f"agent 1001 first, answers; the customer: {truth}"
    scene(play)


_agent_first("out_agent_first_busy", "busy", "busy, 486")
_agent_first("out_agent_first_ring", "ring", "rings 3 s until the dialplan gives up")
_agent_first("out_agent_first_404", "cause/1", "no such number, 404")


@scene
async def out_agent_first_gives_up(s: Stage) -> None:
    """agent 1001 first, answers, and hangs up while the customer's phone rings"""
    await s.does(n13900139000="ring")
    async with s.recorded("out_agent_first_gives_up"):
        await s.originates("PJSIP/1001", Context="dial-out", Exten=CALLED, Priority=1)
        await s.talk("1001", 2)
        await s.hangs_up("1001")
