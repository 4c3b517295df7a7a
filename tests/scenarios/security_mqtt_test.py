"""What users of the broker try on each other and on the gateway, and Mosquitto refuses by the ACL that ferryctl writes.

    python3 tests/scenarios/security_mqtt_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import json

from clients import new_id
from raw_mqtt import NOT_AUTHORIZED
from security_site import BROKER, GATEWAY, Attacks, setup_with
from servers import Prosody

BAD_LOGIN = (0x86, 0x87)  # bad user name or password, not authorized
attack = Attacks()
setup = setup_with(Prosody)


# ---- reading
async def _reads(site, topic):
    """A SUBACK proves nothing: what matters is what comes."""
    spy = await site.raw()
    await spy.subscribe(topic)
    await site.talk(site.alice, site.bob, 'whispered ' + site.canary)
    await site.bob.presence('dnd', status=site.canary)
    await site.alice.wait_presence(site.bob.jid + '/phone', status=site.canary)
    await site.bob.presence('online')
    await site.bob.request('roster.get')
    await spy.ping()
    own = ('%sin/' % site.eve.base, 'im/v1/gw/status')
    seen = [topic for topic, _ in spy.received if not topic.startswith(own)]
    assert not seen, 'eve saw %s' % seen


def _reader(number, tried, topic):
    @attack(number, tried, BROKER)
    async def _(site):
        await _reads(site, topic.format(bob=site.bob.base))


_reader(1, 'reads what another user receives', '{bob}in/#')
_reader(2, 'reads what another user sends', '{bob}out/#')
_reader(3, 'reads everything: the filter #', '#')
_reader(4, "reads everybody's messages: + in the user's place", 'im/v1/u/+/in/msg')
_reader(5, "reads the gateway's own topics", 'im/v1/gw/#')
_reader(6, "reads the broker's state: $SYS", '$SYS/#')
_reader(7, "reads the broker's control topics", '$CONTROL/#')


@attack(8, "joins another user's messages by a shared subscription", BROKER)
async def _(site):
    await _reads(site, '$share/g/%sin/msg' % site.bob.base)
    for n in range(10):
        site.alice.message(site.bob.jid, 'shared %d' % n)
    for n in range(10):
        await site.bob.wait_message('shared %d' % n)


@attack(9, "joins what the gateway receives by a shared subscription", BROKER)
async def _(site):
    await _reads(site, '$share/ferry/im/v1/u/+/out/#')
    for n in range(10):
        await site.bob.message(site.alice.full, 'to all %d' % n)
    for n in range(10):
        await site.alice.wait_message('to all %d' % n)


@attack(10, 'hides that a user is away by a subscription to #', BROKER)
async def _(site):
    """Then the broker says that somebody wanted the message. It waits for its recipient all the same."""
    ben = await site.mqtt_user(site.addresses()[1], clean=True)
    await ben.disconnect()
    spy = await site.raw()
    await spy.subscribe('#')
    site.alice.message(ben.jid, 'for ben ' + site.canary)
    await site.talk(site.alice, site.bob, 'meanwhile')
    ben = await site.mqtt_user(ben.jid, 'tablet')
    await ben.wait_message('for ben ' + site.canary)


# ---- writing
def _writer(number, tried, topic, retain=False, **fields):
    @attack(number, tried, BROKER)
    async def _(site):
        client = await site.raw()
        payload = json.dumps(
            dict({'id': new_id(), 'to': site.alice.full, 'from': site.alice.full, 'body': site.payload}, **fields)
        )
        name = topic.format(bob=site.bob.base, eve=site.eve.base, alice=site.alice.bare)
        code = await client.publish(name, payload, retain)
        assert code == NOT_AUTHORIZED, 'PUBACK %s' % code
        reader = await site.raw(client_id=new_id())  # who comes later finds nothing
        await reader.subscribe('im/v1/gw/status')
        await reader.ping()
        assert [json.loads(payload)['state'] for _, payload in reader.received] == ['online'], reader.received


_writer(11, 'sends a message in the name of another user', '{bob}out/msg')
_writer(12, 'sends a text in the name of another user', '{bob}out/text/{alice}')
_writer(13, 'signs another user off', '{bob}out/dev/phone/presence', True, state='offline')
_writer(14, "removes another user's contact", '{bob}out/req', request='roster.remove', contact='a1@localhost')
_writer(15, 'confirms what another user received', '{bob}out/receipt', state='displayed')
_writer(16, 'puts a message before another user, past the gateway', '{bob}in/msg')
_writer(17, "forges a receipt for another user's message", '{bob}in/receipt', state='displayed')
_writer(18, "forges a contact on another user's roster", '{bob}in/contact/boss@localhost', True, subscription='both')
_writer(19, "forges a contact's presence", '{bob}in/contact/{alice}/presence', True, state='offline')
_writer(20, "forges another user's account state", '{bob}in/state', True, account='retired')
_writer(21, 'writes where only the gateway writes to this user', '{eve}in/msg')
_writer(22, 'says that the gateway is gone', 'im/v1/gw/status', True, state='offline')
_writer(23, "turns the gateway's mark back", 'im/v1/gw/mark', True)
_writer(24, 'gives the broker orders', '$CONTROL/dynamic-security/v1', commands=[])
_writer(25, "forges the broker's uptime", '$SYS/broker/uptime')


@attack(26, 'leaves a will in the name of another user', BROKER)
async def _(site):
    for topic in ('out/msg', 'in/msg', 'out/dev/phone/presence'):
        will = json.dumps({'id': new_id(), 'to': site.alice.full, 'state': 'offline', 'body': site.payload})
        mark = site.alice.mark()
        client = await site.raw((site.bob.base + topic, will))
        client.drop()
        await site.heard()
        gone = site.alice.all(lambda s: s.name == 'presence' and s['type'] == 'unavailable', mark)
        assert not gone, 'alice saw bob go'


@attack(27, "has wildcards in a topic's name", BROKER)
async def _(site):
    for topic in ('im/v1/u/+/in/msg', 'im/v1/u/#', site.eve.base + 'out/+', '%sout/text/#' % site.eve.base):
        client = await site.raw()
        assert await client.publish(topic, site.payload) in (None, 0x82, 0x90, NOT_AUTHORIZED)


@attack(28, "has NUL or broken UTF-8 in a topic's name", BROKER)
async def _(site):
    base = site.eve.base.encode() + b'out/text/'
    for topic in (base + b'a\0b', base + b'\xff', base + b'\xed\xa0\x80', base + b'\xc0\xaf', b''):
        client = await site.raw()
        assert await client.publish(topic, site.payload) in (None, 0x81, 0x82, 0x90)


# ---- who one is
async def _not_let_in(site, **who):
    for code in BAD_LOGIN:
        try:
            await site.raw(code=code, **who)
            return
        except AssertionError:
            pass
    raise AssertionError('let in: %s' % who)


@attack(29, 'logs in as another user with its own password', BROKER)
async def _(site):
    await _not_let_in(site, user=site.bob.uid, client_id='%s:phone' % site.bob.uid)
    await _not_let_in(site, user=site.bob.uid.upper())


@attack(30, 'logs in as the gateway', BROKER)
async def _(site):
    await _not_let_in(site, user=site.broker.gateway)
    await _not_let_in(site, user=site.broker.gateway, password='')


@attack(31, 'logs in as nobody, or as a wildcard', BROKER)
async def _(site):
    for user in ('', '+', '#', '%u', '+/#'):
        await _not_let_in(site, user=user)


@attack(32, "takes the gateway's session by guessing its client id", BROKER)
async def _(site):
    for guess in ('ferry', 'ferryd', 'gateway', 'ferry:ferryd', site.broker.gateway + ':' + site.broker.gateway):
        client = await site.raw(client_id=guess)
        await client.ping()
        assert not client.received


@attack(33, "takes another user's session by its client id: documented; reads nothing, and nothing is lost", GATEWAY, lines=0)
async def _(site):
    """Without a plugin Mosquitto does not tie a client id to a user. The owner is thrown out and the queue is gone."""
    ben = await site.mqtt_user(site.addresses()[1])
    site.alice.message(ben.jid, 'before')
    since = await ben.wait_message('before')
    await ben.disconnect()
    site.alice.message(ben.jid, 'queued ' + site.canary)
    await site.talk(site.alice, site.bob, 'meanwhile')
    thief = await site.raw(client_id='%s:phone' % ben.uid)
    await thief.subscribe(ben.base + 'in/#')
    await thief.ping()
    assert not thief.received, thief.received
    thief.drop()
    await ben.connect(since=since.json['id'])
    assert not ben.session_present, 'nothing was taken'
    await ben.wait_message('queued ' + site.canary)
    site.clients.append(ben)


if __name__ == '__main__':
    attack.main(setup)
