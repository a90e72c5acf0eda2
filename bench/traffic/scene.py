"""Where Ops Manager's traffic is played: a proxy, what comes of it, and until when."""

import asyncio
import contextlib
import ssl

from errors import WrongStatus
from fronts import NAME
from meter import Meter
from traffic.client import Client
from traffic.tally import Tally

PATIENCE = 30.0     # for an answer
BUFFER = 512 * 1024


class Scene:
    def __init__(self, proxy, front, options):
        self.proxy, self.front, self.options = proxy, front, options
        self.tally, self.spent, self.ended, self.more = Tally(), None, None, {}
        self.contexts = {}

    @contextlib.contextmanager
    def measured(self):
        """The part that is counted."""
        self.tally = Tally()
        with Meter(self.proxy) as self.spent:
            yield

    @contextlib.asynccontextmanager
    async def going_on(self, players):
        """Those play meanwhile, until they have noticed that it is over; what is wrong with one ends all."""
        self.ended = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for player in players:
                group.create_task(player)
            try:
                yield
            finally:
                self.ended.set()

    @property
    def over(self):
        return self.ended.is_set()

    async def pause(self, seconds):
        """Or less, if it is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.ended.wait()

    async def for_some_time(self, players):
        """What is played the whole time, and counted."""
        with self.measured():
            async with self.going_on(players):
                await asyncio.sleep(self.options.seconds)

    def client(self, headers):
        return Client(self, headers)

    async def request(self, client, *request, expected=(200,), patience=PATIENCE, sent=0):
        """One request, counted. Its answer as Client.request returns it; nothing after an error."""
        answer = None
        async with self.tally.one(patience):
            found = await client.request(*request)
            if found[0] not in expected:
                raise WrongStatus(found[0])
            answer = found
            self.tally.bytes += found[2] + sent
        return answer

    async def connect(self, protocol):
        """The two ends of a new connection. Nothing is verified, which would be work for the core of the load alone;
        same_work.py has seen to it."""
        if not self.front.tls:
            return await asyncio.open_connection("127.0.0.1", self.proxy.ports[self.front.port], limit=BUFFER)
        if protocol not in self.contexts:
            self.contexts[protocol] = ssl.create_default_context()
            self.contexts[protocol].check_hostname = False
            self.contexts[protocol].verify_mode = ssl.CERT_NONE
            self.contexts[protocol].set_alpn_protocols([protocol])
        return await asyncio.open_connection("127.0.0.1", self.proxy.ports["TLS"], ssl=self.contexts[protocol],
                                             server_hostname=NAME, limit=BUFFER)

    def figure(self, by_bytes):
        return {**self.tally.figure(self.spent, by_bytes), **self.more}


def played(play, by_bytes=False):
    """A measurement: `play(scene)` once, with an event loop of its own."""
    def measure(proxy, front, options):
        scene = Scene(proxy, front, options)
        asyncio.run(play(scene))
        return scene.figure(by_bytes)
    return measure
