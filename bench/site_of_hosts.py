"""The hosts, and the proxies before them, each started when a scenario first needs it."""

import contextlib
import functools
import itertools

import certificates
import hosts
import same_work
from proxies import Proxy

HOSTS = ("ops1", "ops2")


class Place:
    """Where proxies and hosts run: programs of a build, a core for the proxies, certificates, and directories of their own."""

    def __init__(self, build, directory, core, key):
        self.build, self.directory, self.core = build, directory, core
        self.certificates = directory / "certificates"
        self.certificates.mkdir()
        certificates.make(self.certificates, key)
        self._numbers = itertools.count(1)

    def new_directory(self, name):
        made = self.directory / f"{name}-{next(self._numbers)}"
        made.mkdir()
        return made


class Site:
    def __init__(self, options, place, cleanup):
        self.options, self.place, self.cleanup = options, place, cleanup
        self.running, self.checked = {}, set()
        self.configurations = {}

    @functools.cached_property
    def plain(self):
        return [self.cleanup.add(hosts.Simulator(self.place.build, name)).address for name in HOSTS]

    @functools.cached_property
    def tls(self):
        return self.cleanup.add(hosts.TlsHosts(self.plain, self.place)).addresses

    def start(self, name, setup, **more):
        proxy = Proxy(name, self.place, self.tls if setup.hosts == "https" else self.plain, setup, **more)
        self.configurations.setdefault(name, proxy.configuration)
        return proxy

    def proxy(self, name, scenario):
        """As a context: one of its own for a scenario that wants that, else the one that runs anyway."""
        if scenario.kind.own_hosts:
            return self.with_own_hosts(name, scenario)
        if scenario.kind.fresh:
            return contextlib.closing(self.start(name, scenario.setup))
        key = name, scenario.setup
        if key not in self.running:
            self.running[key] = self.cleanup.add(self.start(*key))
        if (key, scenario.front) not in self.checked:
            same_work.check(self.running[key], scenario.front)
            self.checked.add((key, scenario.front))
        return contextlib.nullcontext(self.running[key])

    @contextlib.contextmanager
    def with_own_hosts(self, name, scenario):
        with contextlib.ExitStack() as stack:
            started = [stack.enter_context(contextlib.closing(hosts.Simulator(self.place.build, host))) for host in HOSTS]
            proxy = stack.enter_context(contextlib.closing(
                Proxy(name, self.place, [host.address for host in started], scenario.setup)))
            self.configurations.setdefault(name, proxy.configuration)
            proxy.hosts = started
            yield proxy
