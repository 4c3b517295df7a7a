"""Which messages arrive, when, at which devices, and which are refused."""
import asyncio

from clients import MQTT31, MQTT311, MosquittoSub, MqttClient, mosquitto_pub, new_id
from recorder import TIMEOUT

ERROR = '<error type="cancel"><gone xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error>'


async def unknown_users(site):
    alice, bob = await site.friends()
    id = await bob.message('nobody@localhost', 'Anyone?')
    receipt = await bob.wait_receipt(id, 'failed')
    assert (
        receipt.json['reason']['condition'] in ('service-unavailable', 'item-not-found')
        and not receipt.json['reason']['retry']
    ), receipt
    id = alice.message('nobody@mqtt.localhost', 'Anyone?')
    error = await alice.wait(lambda s: s.name == 'message' and s['type'] == 'error' and s['id'] == id)
    assert error['error']['condition'] == 'service-unavailable' and error['error']['type'] == 'cancel', error
    id = await bob.message('nobody@mqtt.localhost', 'Anyone at home?')
    await bob.wait_receipt(id, 'failed')
    id = await bob.message('someone@elsewhere.invalid', 'Anyone far away?')
    await bob.wait_receipt(id, 'failed')


async def offline_mqtt_user_gets_messages_later(site):
    alice, bob = await site.friends()
    await bob.disconnect()
    await alice.wait_presence(bob.jid + '/phone', 'unavailable')
    bodies = ['while you were out %d' % n for n in range(20)]
    for body in bodies:
        alice.message(bob.jid, body)
    await alice.iq('<query xmlns="http://jabber.org/protocol/disco#info"/>', to='mqtt.localhost')  # they are there
    mark = bob.mark()
    await bob.connect(presence=None)
    await bob.wait_topic('in/waiting', lambda note: note['from'] == alice.bare, after=mark)
    await bob.presence('online')
    await bob.wait(lambda p: p.topic == 'in/waiting' and not p.payload, after=mark)
    await bob.wait_message(bodies[-1], after=mark)
    assert [p.json['body'] for p in bob.events[mark:] if p.topic == 'in/msg'] == bodies


async def new_device_gets_what_nobody_has_read(site):
    alice_jid, bob_jid = site.addresses()
    site.ferryd.ctl('user', 'add', bob_jid)
    alice = await site.xmpp_user(alice_jid)
    alice.message(bob_jid, 'For whenever you come')
    await alice.iq('<query xmlns="http://jabber.org/protocol/disco#info"/>', to='mqtt.localhost')
    bob = await site.mqtt_user(bob_jid)  # has never been connected: the broker kept nothing
    await bob.wait_message('For whenever you come', alice.full)


async def offline_xmpp_user_gets_messages_later(site):
    alice, bob = await site.friends()
    await alice.disconnect()
    await bob.wait_presence(alice.bare, 'offline')
    id = await bob.message(alice.bare, 'Good morning')
    await bob.wait_receipt(id, 'forwarded')
    again = await site.xmpp_user(alice.bare, 'again')
    stanza = await again.wait_message('Good morning', bob.jid)
    assert stanza.xml.find('{urn:xmpp:delay}delay') is not None, stanza
    assert not bob.find(lambda p: p.topic == 'in/receipt' and p.json['id'] == id and p.json['state'] == 'failed')


async def every_device_has_the_whole_conversation(site):
    alice, phone = await site.friends()
    tablet = await site.mqtt_user(phone.jid, 'tablet')
    id = await phone.message(alice.full, 'from the phone')
    own = await tablet.wait_message('from the phone')
    assert (
        own.json['id'] == id
        and own.json['from'].split('/')[0] == phone.jid
        and own.json['to'].split('/')[0] == alice.bare
    ), own
    await phone.wait_message('from the phone')  # the sending one gets it too, and drops it by id
    alice.message(phone.jid, 'to all')
    one, two = await phone.wait_message('to all'), await tablet.wait_message('to all')
    assert one.json == two.json


async def sender_is_the_topic_not_the_payload(site):
    alice, bob = await site.friends()
    await bob.message(alice.full, 'It is the king', **{'from': 'king@localhost'})
    assert (await alice.wait_message('It is the king')).xml.get('from') == bob.jid + '/phone'


async def same_id_is_carried_once(site):
    alice, bob = await site.friends()
    id = await bob.message(alice.full, 'once')
    await bob.wait_receipt(id, 'forwarded')
    mark = bob.mark()
    await bob.message(alice.full, 'once', id=id)
    await bob.wait_receipt(id, 'forwarded', after=mark)
    await bob.message(alice.full, 'then')
    await alice.wait_message('then')
    assert len(alice.all(lambda s: s.name == 'message' and s['body'] == 'once')) == 1


async def same_xmpp_id_is_no_repetition(site):
    alice, bob = await site.friends()
    alice.message(bob.jid, 'first', id='same')
    alice.message(bob.jid, 'second', id='same')
    one, two = await bob.wait_message('first'), await bob.wait_message('second')
    assert one.json['id'] != two.json['id']


async def order_is_kept(site):
    alice, bob = await site.friends()
    count = 200
    for n in range(count):
        alice.message(bob.jid, 'a%d' % n)
    await asyncio.gather(*(bob.message(alice.full, 'b%d' % n) for n in range(count)))
    await bob.wait_message('a%d' % (count - 1), timeout=TIMEOUT * 2)
    await alice.wait_message('b%d' % (count - 1), timeout=TIMEOUT * 2)
    assert [s['body'] for s in alice.events if s.name == 'message' and s['body'][:1] == 'b'] == [
        'b%d' % n for n in range(count)
    ]
    assert [p.json['body'] for p in bob.events if p.topic == 'in/msg' and p.json['body'][0] == 'a'] == [
        'a%d' % n for n in range(count)
    ]


async def shell_is_enough(site):
    alice, bob = await site.friends()
    async with MosquittoSub(site.broker, bob.jid) as sub:
        await mosquitto_pub(site.broker, bob.jid, 'out/text/' + alice.bare, 'Grüße from a shell')
        stanza = await alice.wait_message('Grüße from a shell')
        assert stanza.xml.get('from').split('/')[0] == bob.jid and stanza['type'] == 'chat', stanza
        alice.message(bob.jid, 'Hello shell')
        await sub.wait(lambda p: p.topic == 'in/msg' and p.json['body'] == 'Hello shell')
        await sub.wait(lambda p: p.topic == 'in/contact/' + alice.bare and p.retain)
    for version in ('mqttv31', 'mqttv5'):
        await mosquitto_pub(site.broker, bob.jid, 'out/text/' + alice.bare, 'over ' + version, version)
        await alice.wait_message('over ' + version)


async def older_mqtt_versions(site):
    for version in (MQTT31, MQTT311):
        alice, bob = await site.friends(version)
        alice.message(bob.jid, 'Hello')
        message = await bob.wait_message('Hello')
        await bob.receipt(message, 'displayed')
        id = await bob.message(alice.full, 'Hello yourself')
        await alice.wait_message('Hello yourself')
        await bob.wait_receipt(id, 'forwarded')


async def two_mqtt_users_talk(site):
    _, bob = await site.strangers()
    _, ben = await site.strangers()
    id = await bob.message(ben.jid, 'Hello Ben')
    message = await ben.wait_message('Hello Ben', bob.jid)
    await ben.receipt(message, 'displayed')
    await bob.wait_receipt(id, 'displayed')


async def bad_messages_are_refused_by_name(site):
    alice, bob = await site.friends()
    for payload in (
        b'',
        b'{',
        b'[1]',
        b'"x"',
        b'\xff\xfe',
        b'{"to":7}',
        b'{"id":"-","to":"a@b","body":"x"}',
        b'null',
        b'[' * 10000,
    ):
        mark = bob.mark()
        await bob.publish('out/msg', payload)
        receipt = await bob.wait_topic(
            'in/receipt', lambda r: r['state'] == 'failed', after=mark, what='refusal of %r' % payload[:40]
        )
        assert receipt.json['id'] == '-' and receipt.json['topic'].endswith('out/msg'), receipt
    for fields in ({'to': 'a@b@c'}, {'to': ''}, {'body': None}, {'kind': 'shout'}, {'body': 'a\x00b'}, {'body': 7}):
        mark = bob.mark()
        message = dict({'to': alice.full, 'body': 'x', 'id': new_id()}, **fields)
        await bob.publish('out/msg', {k: v for k, v in message.items() if v is not None})
        receipt = await bob.wait_topic(
            'in/receipt', lambda r, m=message: r['id'] == m['id'], after=mark, what='refusal of %s' % fields
        )
        assert receipt.json['state'] == 'failed', receipt
    id = await bob.message(alice.full, 'still alive')
    await alice.wait_message('still alive')
    assert len(alice.all(lambda s: s.name == 'message')) == 1, 'a refused message was carried'
    await bob.wait_receipt(id, 'forwarded')


async def retained_message_is_refused_and_cleared(site):
    alice, bob = await site.friends()
    await bob.publish('out/msg', {'id': 'r1', 'to': alice.full, 'body': 'for ever'}, retain=True)
    gateway = MqttClient(site.broker, 'ferry', password=site.broker.gateway_password, subscribe=False, clean=True)
    site.clients.append(gateway)
    await gateway.connect(presence=None, will=False)
    await bob.wait_receipt('r1', 'failed')
    id = await bob.message(alice.full, 'now')
    await bob.wait_receipt(id, 'forwarded')
    await gateway.subscribe('im/v1/u/%s/out/msg' % bob.uid, absolute=True)
    await gateway.subscribe('im/v1/gw/status', absolute=True)
    await gateway.never(
        lambda p: p.topic.endswith('out/msg'),
        gateway.wait(lambda p: p.topic == 'im/v1/gw/status'),
        what='retained message',
    )
    assert not alice.find(lambda s: s.name == 'message' and s['body'] == 'for ever')


async def errors_are_not_answered(site):
    alice, bob = await site.friends()
    alice.send('<message to="nobody@mqtt.localhost" type="error" id="e1"><body>x</body>%s</message>' % ERROR)
    fence = alice.iq('<query xmlns="http://jabber.org/protocol/disco#info"/>', to='mqtt.localhost')
    await alice.never(lambda s: s['id'] == 'e1', fence, what='answer to an error')
