"""Diagnostic archives: the host says nothing while it collects, and then streams what it has."""

import asyncio

from heads import BROWSER

ARCHIVES = 4
MIB = 32
PATIENCE = 600.0


async def play(scene):
    target = f"/admin/diagnostics?silence={round(scene.options.silence * 1000)}ms&bytes={MIB * 1024 * 1024}"
    clients = [scene.client(BROWSER) for _ in range(ARCHIVES)]
    with scene.measured():
        await asyncio.gather(*(scene.request(client, "GET", target, patience=PATIENCE) for client in clients))
    for client in clients:
        client.drop()
