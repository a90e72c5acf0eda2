"""A reconnect storm: the network was away for a moment, all agents have lost their connections, and all come back at once."""

import asyncio

from traffic.agents import Agent

TOGETHER = 50   # connect at a time before it


async def play(scene):
    agents = [Agent(scene, number) for number in range(scene.options.storm)]
    gate = asyncio.Semaphore(TOGETHER)

    async def first_poll(agent):
        async with gate:
            await agent.poll()
    await asyncio.gather(*(first_poll(agent) for agent in agents))
    for agent in agents:
        agent.client.drop()
    with scene.measured():
        await asyncio.gather(*(agent.poll() for agent in agents))
    for agent in agents:
        agent.client.drop()
