"""The ACL that ferryctl writes: everybody has their own subtree and nothing else. By delivery: a SUBACK proves nothing.

    python3 tests/scenarios/acl_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import contextlib

import run
from clients import MqttClient, new_id, uid_of
from lab import HOSTED, Lab
from process import write

STRANGE = 'anna+news#1%u@' + HOSTED  # its uid is escaped: it must be a name like any other
ROUTES = [
    'user *@%s {root}/u/{uid}' % HOSTED,
    'feed alarm@%s factory/alarm' % HOSTED,
    'feed lamp@%s factory/lamp write=localhost' % HOSTED,
]


@contextlib.asynccontextmanager
async def setup():
    site = Lab(routes=ROUTES)
    try:
        acl = await asyncio.to_thread(site.ferryd.ctl, 'acl')
        site.broker.set_acl(acl.stdout, reload=False)
        site.broker.add_user(uid_of(STRANGE), 'ps')
        site.start()
        yield site
    finally:
        site.stop()


async def _gateway(site):
    """Another client with the gateway's account: it sees and writes what the gateway can."""
    client = MqttClient(site.broker, 'ferry', 'x', password=site.broker.gateway_password, clean=True, subscribe=False)
    client.disconnect = lambda: MqttClient.disconnect(client, presence=None)
    site.clients.append(client)
    await client.connect(presence=None, will=False)
    return client


async def everything_works_with_it(site):
    alice, bob = await site.friends()
    await site.talk(alice, bob, 'hello')
    assert site.count('subscribe-refused') == 0
    mark = alice.mark()
    bob.drop()  # the Will may be written
    await alice.wait_presence(bob.jid + '/phone', 'unavailable', after=mark)


async def an_escaped_name_has_its_own_subtree(site):
    alice = await site.xmpp_user(site.addresses()[0])
    anna = await site.mqtt_user(STRANGE)
    await anna.message(alice.full, 'from a strange name')
    stanza = await alice.wait_message('from a strange name')
    alice.message(stanza['from'].bare, 'to a strange name')
    await anna.wait_message('to a strange name')


async def nobody_reads_what_is_not_theirs(site):
    _, bob = await site.friends()
    _, eve = await site.strangers()
    topics = [
        '#',
        '+/#',
        'im/#',
        'im/v1/#',
        bob.base + '#',
        bob.base + 'in/msg',
        'im/v1/u/+/in/#',
        'im/v1/gw/#',
        '$SYS/#',
        'im/v1/u/+/out/#',
        eve.base + 'out/#',
        '$share/g/im/v1/u/#',
        'factory/#',
    ]
    for topic in topics:
        await eve.subscribe(topic, absolute=True)  # granted, and worth nothing
    mark = eve.mark()
    alice, _ = await site.strangers()
    alice.message(bob.jid, 'a secret')
    await bob.receipt(await bob.wait_message('a secret'), 'delivered')
    gateway = await _gateway(site)
    await gateway.publish('im/v1/gw/mark-test', 'x', absolute=True)
    alice.message(eve.jid, 'fence')
    await eve.wait_message('fence')
    allowed = lambda p: p.topic.startswith('in/') or p.topic == 'im/v1/gw/status'  # noqa: E731
    seen = [p.topic for p in eve.events[mark:] if not allowed(p)]
    assert not seen, 'eve saw %s' % seen


async def nobody_writes_what_is_not_theirs(site):
    alice, bob = await site.friends()
    _, eve = await site.strangers()
    gateway = await _gateway(site)
    gateway.feeds = ['factory/alarm', 'factory/lamp']
    await gateway.subscribe('im/v1/#', absolute=True)
    await gateway.wait(lambda p: p.topic == 'im/v1/gw/status')
    id = new_id()
    evil = {'id': id, 'to': alice.full, 'kind': 'chat', 'body': 'I am bob'}
    bobs = bob.mark()
    for topic in (
        bob.base + 'out/msg',
        bob.base + 'in/msg',
        bob.base + 'in/state',
        bob.base + 'in/contact/x@localhost',
        'im/v1/gw/status',
        'im/v1/gw/mark',
        'im/v1/u/nobody@mqtt.localhost/out/msg',
        'factory/alarm',
        'factory/lamp',
        eve.base + 'in/msg',
        '%sout/dev/phone/presence' % bob.base,
    ):
        await eve.publish(topic, evil, absolute=True)
        await eve.publish(topic, evil, absolute=True, retain=True)
    await eve.message(alice.full, 'fence')
    await alice.wait_message('fence')
    await gateway.never(
        lambda p: id.encode() in p.payload,
        gateway.wait(lambda p: isinstance(p.json, dict) and p.json.get('body') == 'fence'),
        what='publish of eve',
    )
    assert not alice.find(lambda s: s.name == 'message' and s['body'] == 'I am bob')
    await site.talk(alice, bob, 'undisturbed')
    assert not [p for p in bob.events[bobs:] if id.encode() in p.payload]


async def nobody_takes_messages_by_a_shared_subscription(site):
    alice, bob = await site.friends()
    _, eve = await site.strangers()
    await eve.subscribe('$share/g/%sin/msg' % bob.base, absolute=True)
    await eve.subscribe('$share/ferry/im/v1/u/+/out/#', absolute=True)
    for n in range(20):
        alice.message(bob.jid, 'in %d' % n)
        await bob.message(alice.full, 'out %d' % n)
    for n in range(20):
        await bob.wait_message('in %d' % n)
        await alice.wait_message('out %d' % n)
    assert not eve.find(lambda p: p.topic.startswith('im/v1/u/')), 'eve saw them'


async def ferryctl_proves_it(site):
    passwords = site.ferryd.directory + '/p%d'
    probes = []
    for n in (1, 2):
        write(passwords % n, 'pb%d\n' % n)
        probes += ['--probe', 'b%d@%s:%s' % (n, HOSTED, passwords % n)]
    done = await asyncio.to_thread(lambda: site.ferryd.ctl('broker', 'check', *probes, check=False))
    assert done.returncode == 0, (done.stdout, done.stderr)
    site.broker.set_acl('topic readwrite #\n')
    try:
        done = await asyncio.to_thread(lambda: site.ferryd.ctl('broker', 'check', *probes, check=False))
        assert done.returncode != 0, 'an ACL that allows everything was not noticed: %s' % done.stdout
    finally:
        acl = await asyncio.to_thread(site.ferryd.ctl, 'acl')
        site.broker.set_acl(acl.stdout)


if __name__ == '__main__':
    run.main(globals())
