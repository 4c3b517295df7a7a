"""A site for cases that break things: its own servers with what a test wants of them, and people who come back."""
import asyncio
import contextlib
import time

from clients import MQTT5, MqttClient, XmppClient
from conversation_site import HOSTED, Site
from patience import patient
from servers import Ferryd, Mosquitto, Prosody

TRUE_AGAIN = 10  # s: presence after everything is back


class Lab(Site):
    """server: the class of the XMPP server, or an object that has .component. feeds: topics whose payloads are free."""

    def __init__(self, server=Prosody, users=30, broker=None, routes=None, options=None, feeds=(), **broker_options):
        accounts = {'a%d' % n: 'pa%d' % n for n in range(users)}
        people = {'b%d@%s' % (n, HOSTED): 'pb%d' % n for n in range(users)}
        self.broker = broker or Mosquitto(users=people, **broker_options)
        self.xmpp = server(accounts=accounts) if isinstance(server, type) else server
        self.ferryd = Ferryd(self.broker, self.xmpp, routes, options)
        self.servers = [s for s in (self.broker, self.xmpp, self.ferryd) if hasattr(s, 'start')]
        self.clients, self.taken, self.feeds = [], 0, feeds

    async def mqtt_user(self, jid, device='phone', version=MQTT5, clean=False, **connect):
        client = MqttClient(self.broker, jid, device, version=version, clean=clean)
        client.feeds = self.feeds
        self.clients.append(client)
        await client.connect(**connect)
        await client.request('roster.get')  # the answer proves that the gateway knows the user by now
        return client

    async def xmpp_back(self, old, timeout=30):
        """The same resource again, after its connection was lost."""
        client = XmppClient(self.xmpp, old.bare, resource=old.name.split('/')[1])
        self.clients.append(client)
        return await client.connect(timeout=timeout)

    async def talk(self, alice, bob, what):
        """One message each way: both links carry."""
        alice.message(bob.jid, what + ' from alice')
        await bob.wait_message(what + ' from alice', timeout=30)
        await bob.message(alice.full, what + ' from bob')
        await alice.wait_message(what + ' from bob', timeout=30)

    def count(self, pattern):
        """How often a text stands in this run's log of ferryd."""
        return self.ferryd.log[self.ferryd.log_start :].count(pattern)


@contextlib.asynccontextmanager
async def lab(*arguments, start=True, **options):
    """A site of a case's own. start=False: all but ferryd is started."""
    site = Lab(*arguments, **options)
    try:
        for server in site.servers:
            if server.alive() or server is site.ferryd and not start:
                continue
            if server is site.ferryd:
                await server.start_async()
            else:
                await asyncio.to_thread(server.start)
        yield site
    except Exception:
        site.print_logs()
        raise
    finally:
        await site.after_case()
        for server in reversed(site.servers):
            server.kill()


async def mqtt_back(client, timeout=30, **connect):
    """The same device again, as soon as the broker lets it in."""
    deadline = time.monotonic() + patient(timeout)
    while True:
        try:
            await client.connect(**connect)
            return client
        except (OSError, asyncio.TimeoutError):
            assert time.monotonic() < deadline, '%s cannot come back' % client.name
            await asyncio.sleep(0.1)  # what a client waits before it tries again


class Stopwatch:
    """`since` the start; `left` of the seconds that something may take."""

    def __init__(self, seconds=TRUE_AGAIN):
        self.started, self.seconds = time.monotonic(), seconds

    @property
    def left(self):
        return max(0.001, self.seconds - (time.monotonic() - self.started))

    def __str__(self):
        return '%.1f s' % (time.monotonic() - self.started)


async def written_while_ferryd_dies(ferryd, kills, moments, pace, *sends):
    """Each of sends writes 0, 1, 2 … until the last of the kills is over; gives how many each wrote."""
    ended = asyncio.Event()

    async def writes(send):
        n = 0
        while not ended.is_set():
            await send('%d' % n)
            n += 1
            await asyncio.sleep(moments.uniform(0, pace))  # people's pace
        return n

    load = [asyncio.ensure_future(writes(send)) for send in sends]
    try:
        for _ in range(kills):
            await asyncio.sleep(moments.uniform(0, 2))  # the moment
            ferryd.kill()
            await ferryd.start_async()
            await asyncio.to_thread(ferryd.wait_ready)
    finally:
        ended.set()
    return await asyncio.gather(*load)


__all__ = ['HOSTED', 'Lab', 'Stopwatch', 'lab', 'mqtt_back', 'written_while_ferryd_dies']


@contextlib.asynccontextmanager
async def played(scene):
    """What ferry-replay plays to: a broker, and a ferryd that the scene starts when there is somebody to connect to."""
    with scene.broker:
        try:
            yield scene
        except Exception:
            scene.ferryd.print_log()
            raise
        finally:
            scene.ferryd.kill()
