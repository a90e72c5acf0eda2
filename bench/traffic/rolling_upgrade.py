"""A rolling upgrade while agents poll and send: one host after the other answers health checks with 500, goes away, and comes
back with another version."""

import asyncio

from traffic.agents import agents


async def upgrade(host, step):
    """Each step is long enough for a proxy that checks hosts to notice."""
    control = asyncio.to_thread
    await control(host.control, "health?mode=500")
    await asyncio.sleep(step)
    await control(host.control, f"upgrade?grace=1&seconds={round(step * 1000)}ms&version=8.0.1")
    await asyncio.sleep(1 + step)
    await control(host.control, "health?mode=ok")
    await asyncio.sleep(step)


async def play(scene):
    with scene.measured():
        async with scene.going_on(agents(scene)):
            for host in scene.proxy.hosts:
                await upgrade(host, scene.options.step)
