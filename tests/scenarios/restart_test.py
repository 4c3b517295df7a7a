"""Each of the four servers stops, cleanly and by SIGKILL, and comes back: everything comes back by itself.

    python3 tests/scenarios/restart_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import os
import signal

import run
from clients import new_id
from lab import Stopwatch, lab, mqtt_back
from servers import Ejabberd, Prosody

NOTICED = 30  # s: a generous time for what is away to be shown away; ferryd waits 3 s
MEANWHILE = 12  # messages while something is away
UNLIMITED = {'limits': {'user-rate': 0}}


def _bodies(client, prefix):
    """Of the messages that came, each id once."""
    seen = {}
    for event in client.events:
        if getattr(event, 'topic', None) == 'in/msg' and event.json['body'].startswith(prefix):
            seen.setdefault(event.json['id'], event.json['body'])
        elif (
            getattr(event, 'name', None) == 'message' and event['type'] != 'error' and event['body'].startswith(prefix)
        ):
            seen.setdefault(event['id'], event['body'])
    return list(seen.values())


def _copies(client, prefix):
    """How many messages came, repetitions counted."""
    return sum(
        getattr(e, 'topic', None) == 'in/msg'
        and e.json['body'].startswith(prefix)
        or getattr(e, 'name', None) == 'message'
        and e['type'] != 'error'
        and e['body'].startswith(prefix)
        for e in client.events
    )


async def _end(server, hard):
    await asyncio.to_thread(server.kill if hard else server.terminate)


# ---- the XMPP server
async def _xmpp_server_goes(server_class, hard):
    async with lab(server_class, users=4, options=UNLIMITED) as site:
        alice, bob = await site.friends()
        if hard:
            alice = await _written(site, alice, bob)
        mark = bob.mark()
        await _end(site.xmpp, hard)
        await bob.wait_presence(alice.bare, 'offline', NOTICED, mark)
        await bob.wait_topic('in/state', lambda s: s['links']['xmpp'] == 'down', after=mark)
        for n in range(MEANWHILE):
            id = await bob.message(alice.bare, 'meanwhile %d' % n)
            await bob.wait_receipt(id, 'accepted')
        mark = bob.mark()
        await asyncio.to_thread(site.xmpp.start)
        alice = await site.xmpp_back(alice)
        watch = Stopwatch()
        if hard:
            roster = await alice.iq('<query xmlns="jabber:iq:roster"/>')
            assert 'subscription="both"' in str(roster), 'the server forgot a contact: %s' % roster
        await bob.wait_presence(alice.bare, 'online', watch.left, mark)
        await alice.wait_presence(bob.jid + '/phone', timeout=watch.left)
        print('     presence is true after %s' % watch)
        await bob.wait_receipt(id, 'forwarded', 30)
        await site.talk(alice, bob, 'and on')
        bodies, copies = await _all_of(site, alice, ['meanwhile %d' % n for n in range(MEANWHILE)])
        assert bodies == ['meanwhile %d' % n for n in range(MEANWHILE)], bodies
        assert copies == MEANWHILE, 'repeated'
        await bob.wait_topic('in/state', lambda s: s['links']['xmpp'] == 'up', after=mark)


async def _all_of(site, alice, expected):
    """COMPAT(ejabberd): a message that is routed in the moment in which its recipient becomes available can be put in
    the offline store just after that was emptied, and waits there for the next log-in. Gives the bodies and how often
    they came."""
    bodies, copies = _bodies(alice, 'meanwhile'), _copies(alice, 'meanwhile')
    early = [body for body in expected if body not in bodies]
    if site.xmpp.name != 'ejabberd' or not early or early + bodies != expected:
        return bodies, copies
    alice = await site.xmpp_back(alice)
    await alice.wait_message(early[-1])
    return _bodies(alice, 'meanwhile') + bodies, _copies(alice, 'meanwhile') + copies


async def _written(site, alice, bob):
    """COMPAT(ejabberd): after a SIGKILL its database finds any version of what was written since its start: seen, a
    contact as it was one step before. So it stops cleanly first, and writes nothing more."""
    mark = bob.mark()
    await _end(site.xmpp, False)
    await bob.wait_presence(alice.bare, 'offline', NOTICED, mark)
    mark = bob.mark()
    await asyncio.to_thread(site.xmpp.start)
    alice = await site.xmpp_back(alice)
    await bob.wait_presence(alice.bare, 'online', NOTICED, mark)
    return alice


async def prosody_stops():
    await _xmpp_server_goes(Prosody, False)


async def prosody_is_killed():
    await _xmpp_server_goes(Prosody, True)


async def ejabberd_stops():
    await _xmpp_server_goes(Ejabberd, False)


async def ejabberd_is_killed():
    await _xmpp_server_goes(Ejabberd, True)


# ---- the broker
async def _broker_goes(hard):
    async with lab(users=4, options=UNLIMITED) as site:
        alice, bob = await site.friends()
        mark = alice.mark()
        await _end(site.broker, hard)
        await alice.wait_presence(bob.jid + '/phone', 'unavailable', NOTICED, mark)
        for n in range(MEANWHILE):
            alice.message(bob.jid, 'meanwhile %d' % n)
        await alice.iq('<ping xmlns="urn:xmpp:ping"/>', to='mqtt.localhost')  # ferryd has them all
        mark, bobs = alice.mark(), bob.mark()
        await asyncio.to_thread(site.broker.start)
        await mqtt_back(bob)
        watch = Stopwatch()
        await alice.wait_presence(bob.jid + '/phone', timeout=watch.left, after=mark)
        await bob.wait_presence(alice.bare, 'online', watch.left, bobs)
        print('     presence is true after %s' % watch)
        await bob.wait_message('meanwhile %d' % (MEANWHILE - 1), timeout=30)
        await site.talk(alice, bob, 'and on')
        assert _bodies(bob, 'meanwhile') == ['meanwhile %d' % n for n in range(MEANWHILE)], _bodies(bob, 'meanwhile')
        assert hard or _copies(bob, 'meanwhile') == MEANWHILE, 'repeated'  # a killed broker gets them again, same ids


async def mosquitto_stops():
    await _broker_goes(False)


async def mosquitto_is_killed():
    await _broker_goes(True)


async def mosquitto_forgets_what_it_had_acknowledged():
    """autosave_interval 1800: everything since its start is gone, sessions and retained publishes too."""
    async with lab(users=4, options=UNLIMITED, conf='autosave_interval 1800') as site:
        alice, bob = await site.friends()
        for n in range(5):
            alice.message(bob.jid, 'read %d' % n)
            await bob.receipt(await bob.wait_message('read %d' % n), 'delivered')
        await bob.disconnect()
        await alice.wait_presence(bob.jid + '/phone', 'unavailable')
        for n in range(20):
            alice.message(bob.jid, 'lost %d' % n)
        await alice.iq('<ping xmlns="urn:xmpp:ping"/>', to='mqtt.localhost')
        await _acknowledged(site, bob, 20)
        await _end(site.broker, True)
        await asyncio.to_thread(site.broker.start)
        mark, alices = bob.mark(), alice.mark()
        await mqtt_back(bob)
        watch = Stopwatch()
        assert not bob.session_present, 'the broker has not forgotten: this case proves nothing'
        await alice.wait_presence(bob.jid + '/phone', timeout=watch.left, after=alices)
        await bob.wait_presence(alice.bare, 'online', watch.left, mark)
        await bob.wait_message('lost 19', timeout=30)
        await site.talk(alice, bob, 'and on')
        assert _bodies(bob, 'lost') == ['lost %d' % n for n in range(20)], _bodies(bob, 'lost')
        assert _copies(bob, 'read') == 5, 'what had a receipt came again'


async def mosquitto_forgets_messages_and_knows_the_session():
    """The session was there when it wrote its file, its messages were not: they come before those of the new life."""
    async with lab(users=4, options=UNLIMITED, conf='autosave_interval 1800') as site:
        alice, bob = await site.friends()
        await bob.disconnect()
        await alice.wait_presence(bob.jid + '/phone', 'unavailable')
        await _end(site.broker, False)
        await asyncio.to_thread(site.broker.start)
        for n in range(20):
            alice.message(bob.jid, 'in order %02d' % n)
        await _acknowledged(site, bob, 20)
        await _end(site.broker, True)
        for n in range(20, 30):
            alice.message(bob.jid, 'in order %02d' % n)
        await asyncio.to_thread(site.broker.start)
        for n in range(30, 60):
            alice.message(bob.jid, 'in order %02d' % n)
        await mqtt_back(bob)
        assert bob.session_present, 'the broker has forgotten the session too: this case proves nothing'
        await bob.wait_message('in order 59', timeout=30)
        await site.talk(alice, bob, 'and on')
        assert _bodies(bob, 'in order') == ['in order %02d' % n for n in range(60)], _bodies(bob, 'in order')


async def mosquitto_has_kept_a_presence_that_is_over():
    """An online whose end came after it wrote its file, and one whose Will died with it: nobody comes back by that."""
    async with lab(users=4, options=UNLIMITED, conf='autosave_interval 1800') as site:
        alice, bob = await site.friends()
        site.broker.process.send_signal(signal.SIGUSR1)  # it writes its file
        file = os.path.join(site.broker.directory, 'db', 'mosquitto.db')
        await asyncio.to_thread(site.broker.wait_until, lambda: os.path.exists(file), file)
        await site.talk(alice, bob, 'not in the file')
        await asyncio.sleep(2)  # the gateway makes a mark about a second later
        await bob.disconnect()
        await alice.wait_presence(bob.jid + '/phone', 'unavailable')
        alices = alice.mark()
        for _ in range(2):  # what it has read it has not unlearned
            await _end(site.broker, True)
            await asyncio.to_thread(site.broker.start)
            await asyncio.to_thread(site.ferryd.wait_log, 'event=broker.forgot')
            await asyncio.sleep(3)
            await asyncio.to_thread(site.ferryd.restart, True)
            await asyncio.sleep(3)
        seen = [s for s in alice.events[alices:] if s.name == 'presence' and s['from'] == bob.jid + '/phone']
        assert all(s['type'] == 'unavailable' for s in seen), seen
        await mqtt_back(bob)
        await alice.wait_presence(bob.jid + '/phone', after=alices)


async def _acknowledged(site, bob, count):
    """The broker has acknowledged them: a later message on the same connection has gone all the way."""
    topic = "/u/%s/in/msg'" % bob.uid
    await asyncio.to_thread(
        site.broker.wait_until, lambda: site.broker.log.count(topic) >= count, 'PUBLISH of %d messages' % count
    )
    await site.talk(*await site.strangers(), 'fence')


# ---- the gateway
async def ferryd_stops():
    async with lab(users=4, options=UNLIMITED) as site:
        alice, bob = await site.friends()
        alices, bobs = alice.mark(), bob.mark()
        assert await site.ferryd.terminate_async() == 0
        await alice.wait_presence(bob.jid + '/phone', 'unavailable', after=alices)
        await bob.wait_presence(alice.bare, 'offline', after=bobs)
        await bob.wait(lambda p: p.topic == 'im/v1/gw/status' and p.json['state'] == 'offline', after=bobs)
        id = alice.message(bob.jid, 'too early')
        await alice.wait(lambda s: s.name == 'message' and s['type'] == 'error' and s['id'] == id, what='error')
        await _ferryd_comes_back(site, alice, bob)


async def ferryd_is_killed():
    async with lab(users=4, options=UNLIMITED) as site:
        alice, bob = await site.friends()
        bobs = bob.mark()
        await _end(site.ferryd, True)
        await bob.wait(lambda p: p.topic == 'im/v1/gw/status' and p.json['state'] == 'offline', after=bobs)
        # Changes that it cannot see.
        alice.presence(inner='<show>dnd</show>')
        await bob.presence('away')
        await _ferryd_comes_back(site, alice, bob, 'dnd', 'away')


async def presence_that_changed_while_ferryd_was_dead():
    async with lab(users=4, options=UNLIMITED) as site:
        alice, bob = await site.friends()
        alices, bobs = alice.mark(), bob.mark()
        await _end(site.ferryd, True)
        await bob.wait(lambda p: p.topic == 'im/v1/gw/status' and p.json['state'] == 'offline', after=bobs)
        await bob.disconnect()
        await asyncio.to_thread(site.ferryd.start)
        watch = Stopwatch()
        await alice.wait_presence(bob.jid + '/phone', 'unavailable', watch.left, alices)
        await _end(site.ferryd, True)
        await mqtt_back(bob)
        await alice.disconnect()
        mark = bob.mark()
        await asyncio.to_thread(site.ferryd.start)
        watch = Stopwatch()
        await bob.wait_presence(alice.bare, 'offline', watch.left, mark)


async def _ferryd_comes_back(site, alice, bob, hers='online', his='online'):
    for n in range(MEANWHILE):
        await bob.message(alice.full, 'meanwhile %d' % n)
    alices, bobs = alice.mark(), bob.mark()
    await asyncio.to_thread(site.ferryd.start)
    watch = Stopwatch()
    await alice.wait_presence(bob.jid + '/phone', timeout=watch.left, after=alices, show='' if his == 'online' else his)
    await bob.wait_presence(alice.bare, hers, watch.left, bobs)
    print('     presence is true after %s' % watch)
    await bob.wait(lambda p: p.topic == 'im/v1/gw/status' and p.json['state'] == 'online', after=bobs)
    await alice.wait_message('meanwhile %d' % (MEANWHILE - 1), timeout=30)
    await site.talk(alice, bob, 'and on')
    assert _bodies(alice, 'meanwhile') == ['meanwhile %d' % n for n in range(MEANWHILE)], _bodies(alice, 'meanwhile')
    assert _copies(alice, 'meanwhile') == MEANWHILE, 'repeated'


async def ferryd_is_killed_under_load():
    """MQTT to XMPP: nothing lost, first arrivals in order, repetitions bear the same id. XMPP to MQTT: what the
    component's connection held is lost, as the README says; nothing else, nothing twice by id, nothing out of order."""
    kills, count = 5, 400
    async with lab(users=4, options=UNLIMITED) as site:
        alice, bob = await site.friends()
        ids, stop = [], asyncio.Event()

        async def from_bob():
            for n in range(count):
                ids.append(new_id())
                await bob.message(alice.full, 'b%d' % n, id=ids[-1], want=())
                await asyncio.sleep(0.01)  # the pace of the stream
            stop.set()

        sent = []

        async def from_alice():
            while not stop.is_set():
                sent.append('a%d' % len(sent))
                alice.message(bob.jid, sent[-1], id=sent[-1])
                await asyncio.sleep(0.01)

        async def killer():
            for n in range(kills):
                while len(ids) < (n + 1) * count // (kills + 1):
                    await asyncio.sleep(0.01)
                await _end(site.ferryd, True)
                await asyncio.to_thread(site.ferryd.start)

        await asyncio.gather(from_bob(), from_alice(), killer())
        await alice.wait(lambda s: s.name == 'message' and s['id'] == ids[-1], 60, what='the last message')
        await site.talk(alice, bob, 'end')
        came = [s for s in alice.all(lambda s: s.name == 'message' and s['type'] != 'error' and s['body'][:1] == 'b')]
        first = list(dict.fromkeys(s['id'] for s in came))
        assert first == ids, 'MQTT to XMPP: %d of %d came, in order: %s' % (
            len(first),
            count,
            first == sorted(first, key=ids.index),
        )
        bounced = {s['id'] for s in alice.all(lambda s: s.name == 'message' and s['type'] == 'error')}
        arrived = _bodies(bob, 'a')
        assert len(arrived) == len(set(arrived)), 'XMPP to MQTT: one message under two ids'
        assert arrived == sorted(arrived, key=lambda body: int(body[1:])), 'XMPP to MQTT: order'
        lost = [body for body in sent if body not in arrived and body not in bounced]
        print(
            '     MQTT to XMPP: %d sent, %d came twice, none lost; XMPP to MQTT: %d sent, %d refused while it '
            'was away, %d lost in %d kills' % (count, len(came) - len(first), len(sent), len(bounced), len(lost), kills)
        )
        assert len(lost) <= 20 * kills, 'more is lost than a connection holds: %s' % lost


if __name__ == '__main__':
    run.main(globals())
