"""MongoDB Agents: each polls for its plan, which is seldom a new one, and every few polls sends what it measured. They do so
every second in place of every ten and more, so that fewer of them make a load."""

import base64
import gzip
import itertools
import json
import random

GROUP = "5f2b0c9de4b0a1d2c3b4a596"
AUTHORIZATION = "Basic " + base64.b64encode(f"{GROUP}:0123456789abcdef0123456789abcdef".encode()).decode()
HEAD = {"Authorization": AUTHORIZATION, "User-Agent": "mongodb-mms-automation-agent/13.10", "Accept-Encoding": "gzip"}
EVERY = 1.0     # seconds from one poll to the next
POLLS = 5       # for each ping
SAMPLES = [{"metric": f"serverStatus.{n}", "value": random.Random(n).random()} for n in range(100)]
PING = gzip.compress(json.dumps(SAMPLES).encode())


class Agent:
    def __init__(self, scene, number):
        self.scene, self.number, self.tag = scene, number, None
        self.client = scene.client(HEAD)

    async def play(self):
        """From a moment of its own on."""
        await self.scene.pause(random.Random(self.number).random() * EVERY)
        for turn in itertools.count(1):
            if self.scene.over:
                break
            await (self.poll() if turn % (POLLS + 1) else self.ping())
            await self.scene.pause(EVERY)
        self.client.drop()

    async def poll(self):
        target = f"/agents/api/automation/conf/v1/{GROUP}?ah=db{self.number}.example.com&av=13.10.0.8620-1&aos=linux"
        headers = {"If-None-Match": self.tag} if self.tag else {}
        answer = await self.scene.request(self.client, "GET", target, headers, expected=(200, 304))
        if answer and "etag" in answer[1]:
            self.tag = answer[1]["etag"]
        return answer

    async def ping(self):
        await self.scene.request(self.client, "POST", f"/agents/api/automation/metrics/v1/{GROUP}",
                                 {"Content-Type": "application/json", "Content-Encoding": "gzip"}, PING)


def agents(scene):
    return [Agent(scene, number).play() for number in range(scene.options.agents)]


async def play(scene):
    await scene.for_some_time(agents(scene))
