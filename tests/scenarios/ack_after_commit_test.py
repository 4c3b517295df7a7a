"""A PUBACK means "on disk": what ferryd had read and not stored when it died comes again, and arrives."""
import asyncio
import contextlib
import os
import sqlite3
import stat

import run
from clients import MqttClient, XmppClient, new_id
from servers import Ferryd, Mosquitto, Prosody

BOB = 'bob@mqtt.localhost'
KILLS, PER_KILL = 5, 60


class Site(tuple):
    """broker, xmpp, ferryd"""

    async def after_case(self):
        pass


@contextlib.asynccontextmanager
async def setup():
    with Mosquitto(users={BOB: 'pb'}) as broker, Prosody(accounts={'alice': 'pa'}) as xmpp:
        with Ferryd(broker, xmpp) as ferryd:
            yield Site((broker, xmpp, ferryd))


@contextlib.asynccontextmanager
async def users(broker, xmpp):
    alice, bob = XmppClient(xmpp, 'alice@localhost', 'pa'), MqttClient(broker, BOB, 'phone', password='pb')
    await alice.connect()
    await bob.connect()
    await bob.request('roster.get')
    try:
        yield alice, bob
    finally:
        await bob.disconnect()
        await alice.disconnect()


async def _ended(ferryd):
    for _ in range(500):
        if not ferryd.alive():
            return ferryd.process.wait()
        await asyncio.sleep(0.02)
    raise AssertionError('ferryd still runs')


async def a_store_that_cannot_be_written_acknowledges_nothing(site):
    broker, xmpp, ferryd = site
    async with users(broker, xmpp) as (alice, bob):
        with contextlib.closing(sqlite3.connect(ferryd.sections['store']['path'], isolation_level=None)) as lock:
            lock.execute('BEGIN IMMEDIATE')  # nobody else can write
            id = await bob.message(alice.full, 'precious')  # acknowledged by the broker
            assert await _ended(ferryd) == 1
            lock.execute('ROLLBACK')
        assert 'event=store.failed' in ferryd.log, ferryd.log
        assert not [s for s in alice.all(lambda s: 'precious' in str(s))], 'sent before it was stored'
        ferryd.start()
        stanza = await alice.wait_message('precious')
        assert stanza['id'] == id, stanza
        await bob.wait_receipt(id, 'forwarded')


async def what_comes_from_xmpp_while_the_store_cannot_be_written_goes_back(site):
    """There is no acknowledgement on a component's stream: an error is how a sender sees that it was not kept."""
    broker, xmpp, ferryd = site
    async with users(broker, xmpp) as (alice, bob):
        with contextlib.closing(sqlite3.connect(ferryd.sections['store']['path'], isolation_level=None)) as lock:
            lock.execute('BEGIN IMMEDIATE')
            sent = [alice.message(BOB, 'kept or given back %d' % n) for n in range(100)]
            for id in sent:
                error = await alice.wait(lambda s: s.name == 'message' and s['id'] == id and s['type'] == 'error',
                                         what='the error for %s' % id)
                assert error['error']['condition'] == 'resource-constraint', error
                assert error['error']['type'] == 'wait', error
            assert await _ended(ferryd) == 1
            lock.execute('ROLLBACK')
        assert 'event=stanzas.given-back' in ferryd.log, ferryd.log
        ferryd.start()
        alice.message(BOB, 'kept')
        await bob.wait_message('kept')
        assert not [m for m in bob.all(lambda m: 'given back' in str(m))], 'delivered although it came back'


async def what_was_read_when_it_was_killed_arrives(site):
    broker, xmpp, ferryd = site
    async with users(broker, xmpp) as (alice, bob):
        sent = []
        for round in range(KILLS):
            for n in range(PER_KILL):
                sent.append(new_id())
                await bob.publish('out/msg', {'id': sent[-1], 'to': alice.full, 'kind': 'chat', 'body': '%d.%d' % (round, n)})
                if n == PER_KILL // 2:
                    ferryd.kill()
                    ferryd.start(wait=False)
            await asyncio.to_thread(ferryd.wait_ready)
        for id in sent:
            await alice.wait(lambda s: s.name == 'message' and s['id'] == id, what='message %s' % id)
        first = list(dict.fromkeys(s['id'] for s in alice.all(lambda s: s.name == 'message' and s['id'] in sent)))
        assert first == sent, 'the order of first arrivals'


async def the_control_socket_is_private(site):
    path = site[2].sections['store']['path'] + '.sock'
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


if __name__ == '__main__':
    run.main(globals())
