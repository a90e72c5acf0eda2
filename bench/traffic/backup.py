"""Backup agents that send blocks of data, compressed, one after the other on each of a few connections."""

import itertools
import random

from traffic.agents import GROUP, HEAD

AGENTS = 8
BLOCK = b"\x1f\x8b" + random.Random(1).randbytes(4 * 1024 * 1024)   # as gzip begins; the host looks no further


async def send_blocks(scene, agent):
    client = scene.client(HEAD)
    for number in itertools.count():
        if scene.over:
            break
        await scene.request(client, "POST", f"/agents/api/backup/blocks/v1/{GROUP}/{agent}/{number}",
                            {"Content-Type": "application/octet-stream", "Content-Encoding": "gzip"}, BLOCK, sent=len(BLOCK))
    client.drop()


async def play(scene):
    await scene.for_some_time([send_blocks(scene, agent) for agent in range(AGENTS)])
