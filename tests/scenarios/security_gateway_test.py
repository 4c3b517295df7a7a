"""What users of the broker try with what they may write, their own out/: retained publishes, answers to other places,
others' names and ids, presence that is not theirs to see, feeds. The gateway refuses, and says so once.

    python3 tests/scenarios/security_gateway_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import json

from clients import new_id, uid_of
from security_site import BROKER, GATEWAY, HOSTED, Attacks, setup_with
from servers import Prosody

PUBLISH, REQUEST = 'publish.refused condition=', 'request.refused condition='
ROUTES = [
    'user *@%s {root}/u/{uid}' % HOSTED,
    'feed secret@%s factory/secret follow=a1@localhost' % HOSTED,
    'feed lamp@%s factory/lamp write=a1@localhost' % HOSTED,
]
attack = Attacks()
setup = setup_with(Prosody, ROUTES)


async def _told(site, mark, id='-'):
    return await site.eve.wait_topic('in/receipt', lambda r: r['state'] == 'failed' and r['id'] == id, after=mark)


def _message(site, **fields):
    return json.dumps(dict({'id': new_id(), 'to': site.alice.full, 'body': site.payload}, **fields))


# ---- retained publishes
@attack(34, 'leaves a retained message for the gateway to find', GATEWAY, PUBLISH + 'not-allowed')
async def _(site):
    mark, message = site.eve.mark(), _message(site)
    await site.eve.publish('out/msg', message, retain=True)
    await _told(site, mark, json.loads(message)['id'])


@attack(35, 'leaves a retained text, receipt and request', GATEWAY, PUBLISH + 'not-allowed', lines=3)
async def _(site):
    for topic in ('out/text/' + uid_of(site.alice.bare), 'out/receipt', 'out/req'):
        mark = site.eve.mark()
        await site.eve.publish(topic, site.payload, retain=True)
        await _told(site, mark)


# ---- answers to other places
def _answered_elsewhere(number, tried, topic):
    @attack(number, tried, GATEWAY, REQUEST + 'forbidden')
    async def _(site):
        client = await site.raw()
        id, mark = new_id(), site.eve.mark()
        request = json.dumps({'id': id, 'request': 'profile.get', 'x': site.payload})
        place = topic.format(bob=site.bob.base, eve=site.eve.base)
        await client.publish(site.eve.base + 'out/req', request, response_topic=place)
        answer = await site.eve.wait(lambda p: p.json and p.json.get('id') == id, after=mark, what='refusal')
        assert answer.topic == 'in/res/-', answer.topic


_answered_elsewhere(36, 'has its answer put among its messages: response topic in/msg', '{eve}in/msg')
_answered_elsewhere(37, "has its answer put among another user's", '{bob}in/res/phone')
_answered_elsewhere(38, "has its answer put before another user as a message", '{bob}in/msg')
_answered_elsewhere(39, 'has its answer put where the gateway says that it is there', 'im/v1/gw/status')
_answered_elsewhere(40, 'has its answer given to the broker as an order', '$CONTROL/dynamic-security/v1')
_answered_elsewhere(41, 'has its answer put to where the gateway listens', '{eve}out/msg')
_answered_elsewhere(42, 'has its answer put below its place', '{eve}in/res/a/b')
_answered_elsewhere(43, 'has its answer put everywhere: wildcards in the response topic', '{eve}in/res/#')


# ---- names and ids
@attack(44, "writes another user's address into from", GATEWAY, 'stanza.refused reason=forged-sender')
async def _(site):
    """It is carried, as what it is: a message of eve's."""
    mark = site.mallory.mark()
    await site.eve.publish('out/msg', _message(site, to=site.mallory.full, **{'from': site.bob.jid + '/phone'}))
    seen = await site.mallory.wait_message(site.payload, after=mark)
    assert seen['from'].bare == site.eve.jid, seen


@attack(45, "confirms a message that went to another user", GATEWAY, PUBLISH + 'item-not-found', lines=2)
async def _(site):
    site.alice.message(site.bob.jid, 'for bob ' + site.canary, extra='<request xmlns="urn:xmpp:receipts"/>')
    message = await site.bob.wait_message('for bob ' + site.canary)
    mark, seen = site.alice.mark(), site.eve.mark()
    for state in ('delivered', 'displayed'):
        await site.eve.publish('out/receipt', {'id': message.json['id'], 'to': site.alice.full, 'state': state})
        await _told(site, seen)
        seen = site.eve.mark()
    await site.heard()
    forged = site.alice.all(lambda s: s.name == 'message' and s['from'].bare == site.eve.jid, mark)
    assert not forged, 'alice saw %s' % forged


@attack(46, "takes the id of another user's message", GATEWAY, lines=0)
async def _(site):
    """Ids belong to their senders: both messages are carried, and each receipt goes to its own sender."""
    id = await site.bob.message(site.alice.full, 'mine')
    await site.bob.wait_receipt(id, 'forwarded')
    mark, seen = site.bob.mark(), site.eve.mark()
    await site.eve.message(site.mallory.full, 'with that id', id=id)
    await site.eve.wait_receipt(id, 'forwarded', after=seen)
    assert not site.bob.all(lambda p: p.topic == 'in/receipt' and p.json['id'] == id, mark)


@attack(47, 'claims a device name that breaks out of its place', GATEWAY, PUBLISH, lines=4)
async def _(site):
    for device in ('../bob/phone', 'a/b', '=zz', '=2bad'):  # only =2B is an escape
        mark = site.eve.mark()
        await site.eve.publish('out/dev/%s/presence' % device, {'state': 'online', 'epoch': 'x'}, retain=False)
        await _told(site, mark)


@attack(48, 'signs devices on without end', GATEWAY, PUBLISH + 'resource-constraint', lines=4)
async def _(site):
    mark = site.eve.mark()
    for n in range(35):  # 32 are allowed, and there is the phone
        await site.eve.publish('out/dev/d%d/presence' % n, {'state': 'online', 'epoch': 'x'}, retain=True)
    await _told(site, mark)
    for n in range(35):
        await site.eve.publish('out/dev/d%d/presence' % n, b'', retain=True)


@attack(49, 'writes to addresses that are filters, topics or nothing', GATEWAY, PUBLISH + 'jid-malformed', lines=5)
async def _(site):
    for to in ('@', '', 'a@b@c', '+@', 'a@#@c/d'):
        mark, message = site.eve.mark(), _message(site, to=to)
        await site.eve.publish('out/msg', message)
        await _told(site, mark, json.loads(message)['id'])


@attack(50, 'sends to topics that are not there', GATEWAY, PUBLISH + 'item-not-found', lines=4)
async def _(site):
    for topic in ('out/admin', 'out/msg/more', 'out/gw/status', 'out/$CONTROL/dynamic-security/v1'):
        mark = site.eve.mark()
        await site.eve.publish(topic, _message(site))
        await _told(site, mark)


@attack(51, 'speaks to the gateway itself as if it took orders', GATEWAY, lines=0)
async def _(site):
    id = await site.eve.message(HOSTED, site.payload)
    await site.eve.wait_receipt(id, 'failed')


# ---- presence
def _bobs_presence(p):
    return p.json is not None and p.topic.endswith('/presence') and 'b1@' in p.topic


@attack(52, "sees another user's presence by asking and not waiting for the answer", GATEWAY, lines=0)
async def _(site):
    mark = site.eve.mark()
    await site.eve.request('subscribe', contact=site.bob.jid)
    await site.bob.wait_contact(site.eve.jid, lambda c: c.get('request'))
    await site.eve.request('approve', contact=site.bob.jid, check=False)  # her own wish
    await site.eve.request('presence.send', contact=site.bob.jid, state='online')
    await site.bob.presence('away')
    await site.bob.presence('online')
    await site.heard()
    assert not site.eve.find(_bobs_presence, mark), 'she saw it'
    await site.bob.request('deny', contact=site.eve.jid)
    await site.eve.request('roster.remove', contact=site.bob.jid)


@attack(53, "approves for another user", GATEWAY, lines=0)
async def _(site):
    """A request is its sender's, whatever it says of users: mallory asks bob, eve says yes."""
    site.mallory.presence(site.bob.jid, 'subscribe')
    await site.bob.wait_contact(site.mallory.bare, lambda c: c.get('request'))
    mark = site.mallory.mark()
    await site.eve.request('approve', contact=site.mallory.bare, check=False, user=site.bob.jid, **{'from': site.bob.jid})
    await site.heard()
    shown = site.mallory.all(lambda s: s.name == 'presence' and s['from'].bare == site.bob.jid, mark)
    assert not shown, 'mallory saw %s' % shown
    await site.bob.request('deny', contact=site.mallory.bare)


# ---- feeds
@attack(54, 'follows a feed that is for others', GATEWAY, 'stanza.refused reason=not-a-follower')
async def _(site):
    await site.eve.request('subscribe', contact='secret@' + HOSTED)
    await site.eve.wait_contact('secret@' + HOSTED, lambda c: 'ask' not in c)
    await site.eve.request('roster.remove', contact='secret@' + HOSTED)


@attack(55, "asks for the last value of a feed that is for others", GATEWAY, REQUEST + 'forbidden')
async def _(site):
    answer = await site.eve.request('feed.last', contact='secret@' + HOSTED, check=False)
    assert answer['ok'] is False, answer


@attack(56, "asks a feed that is for others: a message ?", GATEWAY, 'stanza.refused reason=not-a-follower')
async def _(site):
    id = await site.eve.message('secret@' + HOSTED, '?')
    await site.eve.wait_receipt(id, 'failed')


@attack(57, 'switches a lamp that is for others', GATEWAY, 'stanza.refused reason=not-a-writer')
async def _(site):
    id = await site.eve.message('lamp@' + HOSTED, site.payload)
    await site.eve.wait_receipt(id, 'failed')


@attack(58, "writes to a feed's topic past the gateway", BROKER)
async def _(site):
    client = await site.raw()
    for topic in ('factory/secret', 'factory/lamp'):
        assert await client.publish(topic, site.payload) == 0x87


@attack(59, 'publishes under the address of a feed as if it were a user', BROKER)
async def _(site):
    client = await site.raw()
    assert await client.publish('im/v1/u/lamp@%s/out/msg' % HOSTED, _message(site)) == 0x87


@attack(60, 'hands on a message of a server in ext: carbons, archive, privileges', GATEWAY, PUBLISH + 'forbidden', lines=5)
async def _(site):
    inner = '<forwarded xmlns="urn:xmpp:forward:0"><message from="%s"><body>x</body></message></forwarded>' % site.bob.jid
    for ext in (
        '<sent xmlns="urn:xmpp:carbons:2">%s</sent>' % inner,
        '<result xmlns="urn:xmpp:mam:2" id="1">%s</result>' % inner,
        inner,
        '<privilege xmlns="urn:xmpp:privilege:2">%s</privilege>' % inner,
        '<occupant-id xmlns="urn:xmpp:occupant-id:0" id="1"/>',
    ):
        id = await site.eve.message(site.alice.full, site.payload, ext=[ext])
        await site.eve.wait_receipt(id, 'failed')


if __name__ == '__main__':
    attack.main(setup)
