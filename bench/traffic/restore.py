"""Restores: hosts that fetch a snapshot each, as one long stream."""

from traffic.agents import HEAD

RESTORES = 4
PATIENCE = 600.0


async def fetch(scene, size):
    client = scene.client(HEAD)
    while not scene.over:
        await scene.request(client, "GET", f"/_sim/download?bytes={size}&sum=0", patience=PATIENCE)
    client.drop()


async def play(scene):
    """Until each has fetched what it began."""
    size = scene.options.body * 1024 * 1024 // RESTORES
    await scene.for_some_time([fetch(scene, size) for _ in range(RESTORES)])
