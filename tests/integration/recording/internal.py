"""Calls between our own phones."""

from tests.integration.recording.studio import Stage, pause, scene


@scene
async def internal_answered(s: Stage) -> None:
    """1001 calls 1002, who answers; 1001 hangs up"""
    async with s.recorded("internal_answered"):
        call = await s.dials("1001", "1002")
        await s.talk("1002")
        await call.hangs_up()


@scene
async def internal_busy(s: Stage) -> None:
    """1001 calls 1002, who is busy"""
    await s.does(p1002="busy")
    async with s.recorded("internal_busy"):
        await (await s.dials("1001", "1002")).ended()


@scene
async def internal_no_answer(s: Stage) -> None:
    """1001 calls 1002, who does not answer within 2 s"""
    await s.does(p1002="ring")
    async with s.recorded("internal_no_answer"):
        await (await s.dials("1001", "831002")).ended()


@scene
async def internal_cancelled(s: Stage) -> None:
    """1001 calls 1002 and gives up while it rings"""
    await s.does(p1002="ring")
    async with s.recorded("internal_cancelled"):
        call = await s.dials("1001", "1002")
        await pause(1.5)
        await call.hangs_up()


@scene
async def internal_echo(s: Stage) -> None:
    """1001 calls an application (an echo test) and hangs up"""
    async with s.recorded("internal_echo"):
        call = await s.dials("1001", "850")
        await call.answered()
        await pause(1)
        await call.hangs_up()


@scene
async def internal_into_queue(s: Stage) -> None:
    """1002 calls queue support as an agent may, 1001 answers and hangs up"""
    await s.logs_in("support", "1001")
    async with s.recorded("internal_into_queue"):
        await s.dials("1002", "5000")
        await s.leg("1001")
        await pause(1)
        await s.hangs_up("1001")
