"""Feeds: any topic is a contact that one can follow, and where its row allows it, write to.

    python3 tests/scenarios/feeds_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import contextlib

import run
from clients import RECEIPTS, MqttClient
from lab import HOSTED, Lab
from servers import DEFAULT_ACL

RATE, BURST = 4, 20
ROUTES = """\
user *@mqtt.localhost {root}/u/{uid}
feed alarm@mqtt.localhost factory/line1/alarm
feed kept@mqtt.localhost factory/kept
feed lamp@mqtt.localhost factory/lamp write=localhost,mqtt.localhost
feed readonly@mqtt.localhost factory/readonly
feed secret@mqtt.localhost factory/secret follow=a0@localhost
feed hall@mqtt.localhost factory/hall/+/door
feed busy@mqtt.localhost factory/busy
feed quiet@mqtt.localhost factory/quiet
feed passing@mqtt.localhost factory/passing
""".splitlines()
ACL = DEFAULT_ACL + 'topic readwrite factory/#\n\nuser machine\ntopic readwrite factory/#\n'


@contextlib.asynccontextmanager
async def setup():
    acl = ACL.format(root='im/v1', gateway='ferry')
    site = Lab(routes=ROUTES, acl=acl, options={'limits': {'feed-rate': RATE, 'feed-burst': BURST}})
    site.broker.add_user('machine', 'pm')
    try:
        site.start()
        yield site
    finally:
        site.stop()


def _feed(name):
    return '%s@%s' % (name, HOSTED)


async def _machine(site, topic=None):
    """A client of the broker that knows nothing of Ferry. topic: what it listens to."""
    machine = MqttClient(site.broker, 'machine', 'x', password='pm', clean=True, subscribe=False)
    machine.feeds = [topic]
    machine.disconnect = lambda: MqttClient.disconnect(machine, presence=None)
    site.clients.append(machine)
    await machine.connect(presence=None, will=False)
    if topic:
        await machine.subscribe(topic, absolute=True)
    return machine


async def _follow(user, name):
    """Adds the feed as any contact; its presence shows that it is followed."""
    await user.add_contact(_feed(name))
    mark = user.mark()
    user.presence(_feed(name), 'subscribe')
    await user.wait_presence(_feed(name), 'subscribed', after=mark)
    await user.wait_presence(_feed(name), after=mark)
    return user


async def _say(machine, topic, payload, **options):
    await machine.publish('factory/' + topic, payload, absolute=True, **options)


async def text_as_it_is(site):
    alice = await _follow(await site.xmpp_user(site.addresses()[0]), 'alarm')
    machine = await _machine(site)
    for value in ('Fire!', 'Größe 5 <b>&', 'two\nlines', '21.5', '"quoted"'):
        await _say(machine, 'line1/alarm', value)
        stanza = await alice.wait_message(value, _feed('alarm'))
        assert stanza['type'] == 'chat', stanza


async def json_readably(site):
    alice = await _follow(await site.xmpp_user(site.addresses()[0]), 'alarm')
    await _say(await _machine(site), 'line1/alarm', {'temperature': 21.5, 'place': {'hall': 3}, 'ok': True})
    body = (await alice.wait(lambda s: s.name == 'message' and 'temperature' in s['body']))['body']
    assert body.splitlines()[0] == 'temperature: 21.5' and '{' not in body and 'hall: 3' in body, body


async def binary_and_empty_and_long(site):
    alice = await _follow(await site.xmpp_user(site.addresses()[0]), 'alarm')
    machine = await _machine(site)
    await _say(machine, 'line1/alarm', b'\x00\xff\xfe')
    await alice.wait(lambda s: s.name == 'message' and '3 bytes' in s['body'])
    await _say(machine, 'line1/alarm', b'')
    await _say(machine, 'line1/alarm', 'ü' * 30000)
    body = (await alice.wait(lambda s: s.name == 'message' and 'üüü' in s['body']))['body']
    assert body.startswith('üüü') and '60000 bytes' in body and len(body) < 20000, body[-60:]


async def last_value_on_request(site):
    alice = await _follow(await site.xmpp_user(site.addresses()[0]), 'passing')
    alice.message(_feed('passing'), '?')
    await alice.wait_message(frm=_feed('passing'))  # nothing yet, and it says so
    machine = await _machine(site)
    await _say(machine, 'passing', 'the last')
    await alice.wait_message('the last')
    mark = alice.mark()
    alice.message(_feed('passing'), '?')
    await alice.wait_message('the last', _feed('passing'), after=mark)
    bob = await site.mqtt_user(site.addresses()[1])
    await bob.request('subscribe', contact=_feed('passing'))
    await bob.wait_message('the last', _feed('passing'))  # who begins to follow gets it
    mark = bob.mark()
    await bob.request('feed.last', contact=_feed('passing'))
    await bob.wait_message('the last', _feed('passing'), after=mark)


async def retained_value_is_known_after_a_restart_and_is_no_news(site):
    alice = await _follow(await site.xmpp_user(site.addresses()[0]), 'kept')
    machine = await _machine(site)
    await _say(machine, 'kept', 'kept value', retain=True)
    await alice.wait_message('kept value')
    mark = alice.mark()
    await site.ferryd.terminate_async()
    await alice.wait_presence(_feed('kept'), 'unavailable', after=mark)
    await asyncio.to_thread(site.ferryd.start)
    await alice.wait_presence(_feed('kept'), after=mark)
    assert not alice.find(lambda s: s.name == 'message', mark), 'an old value is no news'
    alice.message(_feed('kept'), '?')
    await alice.wait_message('kept value', _feed('kept'), after=mark)
    await _say(machine, 'kept', 'next')  # and it is still followed
    await alice.wait_message('next', _feed('kept'), after=mark)


async def two_followers(site):
    alice, _ = site.addresses()
    carol, _ = site.addresses()
    alice, carol = await site.xmpp_user(alice), await site.xmpp_user(carol)
    await _follow(alice, 'alarm')
    await _follow(carol, 'alarm')
    machine = await _machine(site)
    await _say(machine, 'line1/alarm', 'for both')
    await alice.wait_message('for both')
    await carol.wait_message('for both')
    alice.presence(_feed('alarm'), 'unsubscribe')
    await alice.wait_presence(_feed('alarm'), 'unavailable')
    await _say(machine, 'line1/alarm', 'for carol')
    await carol.wait_message('for carol')
    mark = alice.mark()
    alice.message(_feed('alarm'), '?')
    await alice.wait_message('for carol', after=mark)
    assert len(alice.all(lambda s: s.name == 'message' and s['body'] == 'for carol')) == 1, 'only the answer to ?'


async def mqtt_user_follows(site):
    bob = await site.mqtt_user(site.addresses()[1])
    await bob.request('subscribe', contact=_feed('alarm'))
    await bob.wait_contact(_feed('alarm'), lambda c: c['subscription'] == 'to')
    await bob.wait_presence(_feed('alarm'), 'online')
    machine = await _machine(site)
    await _say(machine, 'line1/alarm', 'Fire for bob')
    await bob.wait_message('Fire for bob', _feed('alarm'))
    await bob.request('unsubscribe', contact=_feed('alarm'))
    await bob.wait_contact(_feed('alarm'), lambda c: c['subscription'] == 'none')


async def follow_policy(site):
    alice, bob = await site.strangers()
    alice.presence(_feed('secret'), 'subscribe')
    await alice.wait_presence(_feed('secret'), 'unsubscribed')
    mark = alice.mark()
    alice.message(_feed('secret'), '?')
    error = await alice.wait(lambda s: s.name == 'message' and s['type'] == 'error', after=mark)
    assert error['error']['condition'] == 'forbidden', error
    await bob.request('subscribe', contact=_feed('secret'))
    await bob.wait_contact(_feed('secret'), lambda c: c['subscription'] == 'none' and not c.get('ask'))
    answer = await bob.request('feed.last', check=False, contact=_feed('secret'))
    assert not answer['ok'] and answer['error']['condition'] == 'forbidden', answer
    allowed = await site.xmpp_user('a0@localhost')
    await _follow(allowed, 'secret')
    await _say(await _machine(site), 'secret', 'for a0 alone')
    await allowed.wait_message('for a0 alone')
    assert not alice.find(lambda s: s.name == 'message' and s['body'] == 'for a0 alone')


async def write_back(site):
    """The topic gets it, the writer gets a receipt, and no echo."""
    alice = await _follow(await site.xmpp_user(site.addresses()[0]), 'lamp')
    listener = await _machine(site, 'factory/lamp')
    id = alice.message(_feed('lamp'), 'on', extra='<request xmlns="%s"/>' % RECEIPTS)
    await listener.wait(lambda p: p.topic == 'factory/lamp' and p.payload == b'on')
    _, received = await alice.wait_child('{%s}received' % RECEIPTS, frm=_feed('lamp'))
    assert received.get('id') == id
    await _say(listener, 'lamp', 'lit')
    await alice.wait_message('lit', _feed('lamp'))
    assert not alice.find(lambda s: s.name == 'message' and s['body'] == 'on'), 'an echo'
    bob = await site.mqtt_user(site.addresses()[1])
    await bob.message(_feed('lamp'), 'off')
    await listener.wait(lambda p: p.topic == 'factory/lamp' and p.payload == b'off')


async def writing_is_refused(site):
    alice, bob = await site.strangers()
    listener = await _machine(site, 'factory/readonly')
    await listener.subscribe('factory/hall/#', absolute=True)
    for name in ('readonly', 'hall'):
        id = alice.message(_feed(name), 'mine')
        error = await alice.wait(lambda s: s.name == 'message' and s['type'] == 'error' and s['id'] == id)
        assert error['error']['condition'] == 'forbidden', error
    id = await bob.message(_feed('readonly'), 'mine')
    receipt = await bob.wait_receipt(id, 'failed')
    assert receipt.json['reason']['condition'] == 'forbidden', receipt
    fence = listener.wait(lambda p: p.payload == b'fence')
    await _say(listener, 'readonly', 'fence')
    await listener.never(lambda p: p.payload == b'mine', fence)


async def filter_feed_names_the_topic(site):
    alice = await _follow(await site.xmpp_user(site.addresses()[0]), 'hall')
    machine = await _machine(site)
    await _say(machine, 'hall/1/door', 'open')
    await _say(machine, 'hall/2/door', 'shut')
    await alice.wait_message('factory/hall/1/door: open', _feed('hall'))
    await alice.wait_message('factory/hall/2/door: shut', _feed('hall'))


async def too_much_is_left_out_and_says_so(site):
    alice = await _follow(await site.xmpp_user(site.addresses()[0]), 'busy')
    await _follow(alice, 'quiet')
    machine = await _machine(site)
    await asyncio.gather(*(_say(machine, 'busy', 'value %d' % n) for n in range(100)))
    await _say(machine, 'quiet', 'still here')
    await alice.wait_message('still here', _feed('quiet'))

    async def knock():
        for n in range(100):  # until the rate has room again
            await _say(machine, 'busy', 'knock %d' % n)
            await asyncio.sleep(0.1)

    knocking = asyncio.ensure_future(knock())
    noted = await alice.wait(
        lambda s: s.name == 'message' and 'left out' in s['body'], 20, what='note of what is missing'
    )
    knocking.cancel()
    came = alice.all(lambda s: s.name == 'message' and s['body'].startswith('value'))
    assert BURST <= len(came) < 90, len(came)
    assert noted['body'].startswith(('knock', 'value')), noted


async def row_added_while_running(site):
    alice = await site.xmpp_user(site.addresses()[0])
    alice.presence(_feed('later'), 'subscribe')
    await alice.wait_presence(_feed('later'), 'unsubscribed')
    await asyncio.to_thread(site.ferryd.ctl, 'map', 'add', 'feed later@mqtt.localhost factory/later/#')
    await _follow(alice, 'later')
    machine = await _machine(site)
    await _say(machine, 'later/x', 'here I am')
    await alice.wait_message('factory/later/x: here I am', _feed('later'))
    await asyncio.to_thread(site.ferryd.ctl, 'map', 'remove', _feed('later'))
    id = alice.message(_feed('later'), '?')
    error = await alice.wait(lambda s: s.name == 'message' and s['type'] == 'error' and s['id'] == id)
    assert error['error']['condition'] == 'service-unavailable', error


async def disco_and_probe_of_a_feed(site):
    alice = await site.xmpp_user(site.addresses()[0])
    info = await alice.iq('<query xmlns="http://jabber.org/protocol/disco#info"/>', to=_feed('alarm'))
    assert info.xml.find('.//{http://jabber.org/protocol/disco#info}identity') is not None, info
    await _follow(alice, 'alarm')
    again = await site.xmpp_user(alice.bare, 'again')  # her server probes
    await again.wait_presence(_feed('alarm'))


async def broker_away_is_feed_away(site):
    alice = await _follow(await site.xmpp_user(site.addresses()[0]), 'alarm')
    mark = alice.mark()
    await asyncio.to_thread(site.broker.kill)
    await alice.wait_presence(_feed('alarm'), 'unavailable', 30, mark)
    id = alice.message(_feed('lamp'), 'on')
    error = await alice.wait(lambda s: s.name == 'message' and s['type'] == 'error' and s['id'] == id)
    assert error['error']['condition'] == 'recipient-unavailable', error
    mark = alice.mark()
    await asyncio.to_thread(site.broker.start)
    await alice.wait_presence(_feed('alarm'), 'available', 10, mark)
    await _say(await _machine(site), 'line1/alarm', 'back')
    await alice.wait_message('back', _feed('alarm'))


if __name__ == '__main__':
    run.main(globals())
