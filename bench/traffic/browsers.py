"""Browsers that open pages: a connection of HTTP/2 over TLS for each, the page, and then all that it asks for at once."""

import h2_client
from fronts import NAME

BROWSERS = 16
PATIENCE = 30.0
PAGE = ["/user/login"]
RESOURCES = ["/static/login.css", *(f"/_sim/download?bytes={20000 + 1000 * n}" for n in range(16)),
             *(f"/_sim/plain?widget={n}" for n in range(8))]


async def open_page(scene):
    """All of it is one thing that is timed; its requests are counted."""
    reader, writer = await scene.connect("h2")
    try:
        writer.write(h2_client.OPENING)
        numbers = iter(range(1, 1000, 2))
        for together in (PAGE, RESOURCES):
            streams = {next(numbers) for _ in together}
            for stream, path in zip(sorted(streams), together):
                writer.write(h2_client.request(stream, scene.front.scheme, NAME, path))
            while streams:
                scene.tally.bytes += await h2_client.take_frame(reader, writer, streams)
    finally:
        writer.transport.abort()


async def browse(scene):
    while not scene.over:
        async with scene.tally.one(PATIENCE):
            await open_page(scene)


async def play(scene):
    await scene.for_some_time([browse(scene) for _ in range(BROWSERS)])
    scene.more = {"pages": scene.tally.done}
    scene.tally.done *= len(PAGE + RESOURCES)
