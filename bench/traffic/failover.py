"""Failover: one of the two hosts dies while agents poll and send."""

import asyncio
import time

from traffic.agents import agents


async def play(scene):
    """A third of the time before it, the rest after."""
    with scene.measured():
        async with scene.going_on(agents(scene)):
            await asyncio.sleep(scene.options.seconds / 3)
            scene.proxy.hosts[1].kill()
            killed = time.monotonic()
            await asyncio.sleep(scene.options.seconds * 2 / 3)
    last = scene.tally.last_error
    scene.more = {"recovered": max(0.0, last - killed) if last else 0.0}
