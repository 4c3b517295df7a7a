"""Bad input: a clear error to the one who sent it, nobody else notices, the links stay up. With Prosody.

    python3 tests/scenarios/bad_input_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import subprocess

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import run
from bad_input_site import NAMES, setup_with
from cbor import CborClient, encode
from clients import MqttClient, escape, new_id, uid_of
from lab import HOSTED
from mqtt_client import contract_violations
from process import write
from servers import Ejabberd, Prosody, ferry_program

DEVICES = ['/+#$%=', 'with space', 'quote\'"<>&', ':colon:', '..', 'ü漢', '%u', '-', 'a' * 150]
DEEP = 20000
SAME_BRACKETS = '[' * DEEP + ']' * DEEP


setup = setup_with(Prosody)


async def _refused(bob, mark, topic=None, id='-'):
    receipt = await bob.wait_topic(
        'in/receipt', lambda r: r['state'] == 'failed' and r['id'] == id, after=mark, what='refusal of %s' % topic
    )
    assert receipt.json['reason']['condition'] and (id != '-' or receipt.json['topic'] == topic), receipt
    return receipt.json['reason']


# ---- from MQTT
async def payloads_of_every_badness(site):
    alice, bob = await site.friends()
    async with site.unnoticed():
        for topic in ('out/msg', 'out/receipt', 'out/act', 'out/dev/phone/presence', 'out/text/' + uid_of(alice.bare)):
            for payload in (
                b'{',
                b'\x00',
                b'\xff\xfe',
                b'\xed\xa0\x80',
                b'{"to":"a@b","body":"\\ud800"}',
                SAME_BRACKETS.encode(),
                b'{"a":' * DEEP + b'1' + b'}' * DEEP,
                b'{"to":1e999}',
                b'\xa1\x61\x61',
                b'x' * 300_000,
                b'{"body":"' + b'y' * 5_000_000 + b'"}',
            ):
                text = topic.startswith('out/text')
                if text and payload[:1] in b'{[\xa1' and len(payload) < 200_000 and payload != b'\xa1\x61\x61':
                    continue  # is text
                mark = bob.mark()
                await bob.publish(topic, payload, retain=topic.endswith('presence'), timeout=30)
                receipt = await bob.wait_topic(
                    'in/receipt',
                    lambda r: r['state'] == 'failed',
                    after=mark,
                    what='refusal of %r on %s' % (payload[:20], topic),
                )
                assert receipt.json['id'] == '-' and receipt.json['topic'] == topic, receipt
                assert receipt.json['reason']['text'] or receipt.json['reason']['condition'], receipt
    await site.talk(alice, bob, 'still here')
    assert len(alice.all(lambda s: s.name == 'message')) == 1, 'something was carried'


async def requests_of_every_badness(site):
    _, bob = await site.strangers()
    async with site.unnoticed():
        for payload in (b'{', b'\xff', b'[]', SAME_BRACKETS.encode(), b'{"id":7,"request":"who"}' * 2, b'x' * 300_000):
            mark = bob.mark()
            await bob.publish('out/req', payload)
            await bob.wait(
                lambda p: p.topic == 'in/res/-'
                and not p.json['ok']
                or p.topic == 'in/receipt'
                and p.json['state'] == 'failed',
                after=mark,
                what='error for %r' % payload[:20],
            )
        for topic in (
            site.witness[1].base + 'in/res/phone',
            bob.base + 'in/msg',
            bob.base + 'in/res/a/b',
            'im/v1/gw/status',
            'x',
        ):
            properties = Properties(PacketTypes.PUBLISH)
            properties.ResponseTopic = topic
            id = new_id()
            await bob.publish('out/req', {'id': id, 'request': 'who'}, properties=properties)
            answer = await bob.wait(lambda p: p.json and p.json.get('id') == id, what='error for ' + topic)
            assert answer.topic == 'in/res/-' and answer.json['error']['condition'] == 'forbidden', answer


async def wrong_topics(site):
    _, bob = await site.strangers()
    async with site.unnoticed():
        for topic in (
            'out/nothing',
            'out/msg/more',
            'out/text',
            'out/text/',
            'out/text/a@b@c',
            'out/text/=2b@x',
            'out/dev/phone',
            'out/dev/a/b/presence',
            'out/dev//presence',
            'out/dev/=zz/presence',
            'out/dev/phone/state',
            'out/' + 'x/' * 50,
        ):
            mark = bob.mark()
            await bob.publish(topic, '{"state":"online","epoch":"1"}')
            await _refused(bob, mark, topic)


async def messages_to_wrong_people(site):
    alice, bob = await site.strangers()
    async with site.unnoticed():
        for to in (
            'nobody@localhost',
            'nobody@' + HOSTED,
            'someone@elsewhere.invalid',
            HOSTED,
            'localhost',
            'x' * 3000 + '@localhost',
            'a@b@c',
            '',
            '@',
            'ｂ@localhost/\u0000',
            alice.bare + '/' + 'r' * 2000,
            'white space@localhost',
        ):
            id = await bob.message(to, 'Anyone?')
            receipt = await bob.wait_receipt(id, 'failed')
            assert receipt.json['reason']['condition'], receipt
        id = await bob.message(alice.full, 'x', id='i' * 100_000)
        await bob.wait_topic('in/receipt', lambda r: r['state'] == 'failed')


async def forged_and_broken_extensions(site):
    alice, bob = await site.strangers()
    async with site.unnoticed():
        for ext in (
            '<a',
            '<a></b>',
            'text',
            '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
            '<a>&#1;</a>',
            '</message><message to="%s"><body>smuggled</body></message>' % alice.full,
            '<a xmlns="x">' * 10000 + '</a>' * 10000,
            '<sent xmlns="urn:xmpp:carbons:2"/>',
            '<forwarded xmlns="urn:xmpp:forward:0"/>',
            '<privilege xmlns="urn:xmpp:privilege:2"/>',
        ):
            id = await bob.message(alice.full, 'with an extension', ext=[ext])
            receipt = await bob.wait_receipt(id, 'failed')
            assert receipt.json['reason']['condition'], receipt
        for field in ('subject', 'thread', 'lang', 'body'):
            for value in ('\x01', '\ufffe', '\x00'):
                id = await bob.message(alice.full, **dict({'body': 'x'}, **{field: value}))
                await bob.wait_receipt(id, 'failed')
        for state in ('dancing', 7, None):
            mark = bob.mark()
            await bob.publish('out/act', {'to': alice.full, 'state': state}, qos=1)
            await _refused(bob, mark, 'out/act')
        await bob.message(alice.full, 'the end')
        await alice.wait_message('the end')
    assert [s['body'] for s in alice.events if s.name == 'message'] == ['the end']


async def retained_poison(site):
    """It is there when ferryd starts, and it is cleared."""
    alice, bob = await site.friends()
    topics = (
        'out/msg',
        'out/req',
        'out/act',
        'out/receipt',
        'out/text/a',
        'out/nothing',
        'out/dev/=zz/presence',
        'out/dev/x/presence',
    )
    await asyncio.to_thread(site.ferryd.kill)
    for topic in topics:
        await bob.publish(topic, b'\xff\x00{"poison":' + b'[' * 1000, retain=True)
    await asyncio.to_thread(site.ferryd.start)
    await site.talk(alice, bob, 'after the poison')
    await asyncio.to_thread(site.ferryd.restart)
    await site.talk(alice, bob, 'and again')
    gateway = MqttClient(site.broker, 'ferry', 'x', password=site.broker.gateway_password, clean=True, subscribe=False)
    gateway.disconnect = lambda: MqttClient.disconnect(gateway, presence=None)
    site.clients.append(gateway)
    await gateway.connect(presence=None, will=False)
    await gateway.subscribe(bob.base + 'out/#', absolute=True)
    await gateway.subscribe('im/v1/gw/status', absolute=True)
    await gateway.never(
        lambda p: b'poison' in p.payload and not p.topic.endswith('/presence'),
        gateway.wait(lambda p: p.topic == 'im/v1/gw/status'),
        what='poison',
    )
    contract_violations.clear()  # the poisoned presences, which are the client's


async def too_many_devices(site):
    alice, bob = await site.friends()
    async with site.unnoticed():
        mark = bob.mark()
        for n in range(40):
            await bob.publish('out/dev/d%d/presence' % n, {'state': 'online', 'epoch': '1'}, retain=True)
        receipt = await bob.wait_topic('in/receipt', lambda r: r['state'] == 'failed', after=mark)
        assert receipt.json['reason']['condition'] == 'resource-constraint', receipt
        for n in range(40):
            await bob.publish('out/dev/d%d/presence' % n, b'', retain=True)
        await site.talk(alice, bob, 'enough')


# ---- from XMPP
async def stanzas_of_every_badness(site):
    alice, bob = await site.friends()
    eve = await site.xmpp_user(site.addresses()[0])
    async with site.unnoticed():
        malformed = ['jid-malformed', 'bad-request']  # bad-request is ejabberd's own word for it
        for to, conditions in (
            ('nobody@' + HOSTED, ['service-unavailable']),
            (HOSTED, ['service-unavailable']),
            ('a b@' + HOSTED, malformed),
            ('x' * 1100 + '@' + HOSTED, malformed),
        ):
            id = eve.message(to, 'x')
            error = await eve.wait(
                lambda s: s.name == 'message' and s['type'] == 'error' and s['id'] == id, what='error: ' + to[:30]
            )
            assert error['error']['condition'] in conditions, error
        for to in (HOSTED, bob.jid, bob.jid + '/phone', bob.jid + '/nothing', 'nobody@' + HOSTED):
            for type in ('get', 'set'):
                answer = await eve.iq('<query xmlns="urn:example:nothing"/>', to=to, type=type, check=False)
                assert answer['type'] == 'error', answer
        id = eve.message(bob.jid, 'x', type='groupchat')
        await eve.wait(lambda s: s.name == 'message' and s['type'] == 'error' and s['id'] == id)
        eve.message(bob.jid, 'odd kind', type='dance')
        eve.message(bob.jid, 'deep', extra='<a xmlns="x">' * 200 + '</a>' * 200)
        eve.message(bob.jid, 'wide', extra='<a xmlns="x"/>' * 3000)
        eve.send('<presence to="%s" type="dance"/>' % bob.jid)
        eve.send('<message to="%s" type="error" id="e"/>' % bob.jid)
        eve.send('<message to="%s"/>' % bob.jid)
        for body in ('w' * 100_000, '"' * 30_000, '\u00a0\u2028' * 20_000):
            id = eve.message(bob.jid, body)
            await bob.wait(lambda p: p.topic == 'in/msg' and p.json.get('xmppId') == id, what='a long message')
        await site.talk(alice, bob, 'all well')


async def just_under_and_over_the_limit(site):
    """What the server lets through arrives, or its sender hears of it."""
    _, bob = await site.strangers()
    for size, character in ((255_000, 'x'), (120_000, '\u00ff'), (40_000, '"'), (40_000, '\t')):
        eve = await site.xmpp_user(site.addresses()[0])
        async with site.unnoticed():
            id = eve.message(bob.jid, character * size)
            arrived = asyncio.ensure_future(bob.wait(lambda p: p.topic == 'in/msg' and p.json.get('xmppId') == id, 30))
            refused = asyncio.ensure_future(eve.wait(lambda s: s['id'] == id and s['type'] == 'error', 30))
            done, pending = await asyncio.wait({arrived, refused}, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            assert all(not task.exception() for task in done), '%d of %r' % (size, character)


# ---- names
async def names_with_every_character(site):
    for name in NAMES:
        alice = await site.xmpp_user(site.addresses()[0], resource='/+#$%= "<>&')
        jid = '%s@%s' % (name, HOSTED)
        bob = await site.mqtt_user(jid)
        mark = alice.mark()
        await bob.request('subscribe', contact=alice.bare)
        await alice.wait_presence(jid, 'subscribe', after=mark)
        alice.presence(escape(jid), 'subscribed')
        await bob.wait_presence(alice.bare, 'online')
        alice.message(escape(jid), 'to ' + name, id='n')
        seen = await bob.wait_message('to ' + name)
        assert seen.json['from'] == alice.full and seen.json['to'] == jid, seen
        await bob.message(seen.json['from'], 'from ' + name)
        await alice.wait_message('from ' + name, jid + '/phone')


async def devices_with_every_character(site):
    alice, bob = await site.friends()
    for name in DEVICES:
        device = await site.mqtt_user(bob.jid, uid_of(name))
        await alice.wait_presence('%s/%s' % (bob.jid, name))
        await device.message(alice.full, 'from ' + name)
        stanza = await alice.wait_message('from ' + name)
        assert stanza.xml.get('from') == '%s/%s' % (bob.jid, name), stanza
        alice.message(escape(stanza.xml.get('from')), 'to ' + name)
        await device.wait_message('to ' + name)


async def emoji_device(site):
    """Prosody takes it; ejabberd does not, and the sender hears of it."""
    alice, bob = await site.friends()
    async with site.unnoticed():
        phone = await site.mqtt_user(bob.jid, '📱')
        id = await phone.message(alice.full, 'from an emoji')
        if isinstance(site.xmpp, Ejabberd):
            receipt = await phone.wait_receipt(id, 'failed')
            assert 'from' in receipt.json['reason']['text'], receipt
        else:
            await alice.wait_message('from an emoji', bob.jid + '/📱')
        await site.talk(alice, bob, 'and the other device')


# ---- CBOR
async def cbor_user(site):
    alice = await site.xmpp_user(site.addresses()[0])
    bob = CborClient(site.broker, 'c0@' + HOSTED, clean=True)
    site.clients.append(bob)
    await bob.connect()
    await bob.request('subscribe', contact=alice.bare)
    await alice.wait_presence(bob.jid, 'subscribe')
    alice.presence(bob.jid, 'subscribed')
    await bob.wait_presence(alice.bare, 'online')
    alice.message(bob.jid, 'Grüße in CBOR ☀')
    await bob.receipt(await bob.wait_message('Grüße in CBOR ☀'), 'displayed')
    id = await bob.message(alice.full, 'zurück')
    await alice.wait_message('zurück', bob.jid)
    await bob.wait_receipt(id, 'forwarded')
    async with site.unnoticed():
        for payload in (
            b'\xff',
            b'\xa1',
            b'{"to":"a@b"}',
            b'\x9f' * 10000,
            encode([1]),
            encode({'to': 7}),
            b'\x5b' + b'\xff' * 8,
        ):
            mark = bob.mark()
            await bob.publish('out/msg', payload)
            await _refused(bob, mark, 'out/msg')


# ---- configuration
async def five_mistakes_are_five_lines(site):
    lines = open(site.ferryd.configuration, encoding='utf-8').read().splitlines()
    wrong = [
        'route = dance a@b c',
        '[component]',
        'port = 70000',
        'colour = blue',
        '[limits]',
        'message-ttl = soon',
        '[nowhere]',
        'x = 1',
    ]
    path = write(site.ferryd.configuration + '.wrong', '\n'.join(lines[:1] + wrong) + '\n')
    for extra in (['--check-config'], []):
        done = await asyncio.to_thread(
            subprocess.run,
            [ferry_program('ferryd'), '--config', path, *extra],
            capture_output=True,
            text=True,
            timeout=20,
        )
        assert done.returncode == 2, done
        for n in (2, 4, 5, 7, 8):
            assert '%s:%d:' % (path, n) in done.stderr + done.stdout, 'nothing about line %d:\n%s' % (n, done.stderr)


if __name__ == '__main__':
    run.main(globals())
