"""HTTP: is the service alive, is it ready, and how is it doing."""

import asyncio

from aiohttp import web

from cti.calls.parties import extension_of
from cti.services.clock import milliseconds
from cti.services.pops import Figures
from cti.web import api
from cti.web.context import CONTEXT, Context, answer, identify, is_local, permitted
from cti.web.metrics import CONTENT_TYPE
from cti.web.permissions import Action, can


async def healthz(request: web.Request) -> web.Response:
    """The process lives and its loop turns; nothing else is asked."""
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.Response:
    parts = _parts(request.app[CONTEXT])
    ready = all(part.ok for part in parts)
    return answer(api.Ready(ready, parts), 200 if ready else 503)


async def metrics(request: web.Request) -> web.Response:
    """For this machine, for administrators, and for all where the settings say so."""
    context = request.app[CONTEXT]
    if not (context.settings.metrics_open or is_local(request)):
        who = await identify(request)
        if who is None or not can(who.actor, Action.SEE_OPERATIONS):
            raise web.HTTPForbidden
    text = await asyncio.get_running_loop().run_in_executor(None, context.metrics.text)
    return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})


async def ops(request: web.Request) -> web.Response:
    context = request.app[CONTEXT]
    await permitted(request, Action.SEE_OPERATIONS)
    screens = [screen.actor.user for screen in context.hub.connected()]
    stages = context.pops.figures()
    return answer(
        api.Ops(
            now=context.clock.now(),
            version=context.version,
            started_at=context.started_at,
            link=context.assist.link,
            parts=_parts(context),
            screens=len(screens),
            people=len(set(screens)),
            calls=context.assist.calls,
            pops=stages["dispatched"].count,
            window_seconds=context.pops.window_seconds,
            stages=tuple(_stage(stage, figures) for stage, figures in stages.items()),
            loop_lag=_stage("loop_lag", context.lag.figures()),
            content=tuple(
                api.ContentFault(
                    fault.file,
                    fault.place.line,
                    fault.place.column,
                    fault.severity,
                    fault.said("zh"),
                    fault.said("en"),
                )
                for fault in context.content.faults
            ),
        )
    )


async def live(request: web.Request) -> web.Response:
    """What the service believes to live on the switch."""
    await permitted(request, Action.SEE_OPERATIONS)
    calls, channels = request.app[CONTEXT].live()
    return answer(
        api.Live(
            calls=tuple(
                api.LiveCall(
                    call=call.id,
                    direction=call.direction,
                    started_at=milliseconds(call.started_at),
                    agents=tuple(extension_of(device) for device in call.agents),
                    queue=call.queues[-1] if call.queues else "",
                    channels=tuple(call.connections),
                )
                for call in calls
            ),
            channels=tuple(sorted(channels)),
        )
    )


def _parts(context: Context) -> tuple[api.PartHealth, ...]:
    link = context.assist.link
    switch = api.PartHealth("switch", link.up, "" if link.up else "no link to the telephone system")
    return (switch, *context.health())


def _stage(stage: api.StageName, figures: Figures) -> api.StageFigures:
    return api.StageFigures(stage, figures.count, figures.p50, figures.p95, figures.p99)
