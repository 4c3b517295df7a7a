"""What users and components of the XMPP server try on MQTT users: others' names, others' receipts, a server's words, presence
that is not theirs to see.

    python3 tests/scenarios/security_xmpp_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio

from clients import new_id
from raw_xmpp import RawXmpp
from security_site import EVIL, GATEWAY, HOSTED, SERVER, Attacks, setup_with
from servers import Prosody

STANZA = 'stanza.refused reason='
ROUTES = [
    'user *@%s {root}/u/{uid}' % HOSTED,
    'feed secret@%s factory/secret follow=a1@localhost' % HOSTED,
    'feed lamp@%s factory/lamp write=a1@localhost' % HOSTED,
]
attack = Attacks()
setup = setup_with(Prosody, ROUTES, lax=True)


async def _sent(site, **fields):
    """A message of bob's to alice; its id, as a third party might have learned it."""
    mark = site.bob.mark()
    id = await site.bob.message(site.alice.full, 'between friends', **fields)
    await site.bob.wait_receipt(id, 'forwarded', after=mark)
    return id


async def _no_receipt(site, id, mark):
    """Nothing but the truth about this message."""
    await site.heard()
    told = site.bob.all(lambda p: p.topic == 'in/receipt' and p.json['id'] == id, mark)
    assert not told, 'bob believed it: %s' % told


# ---- in another's name
@attack(83, "sends in the name of a contact: a client's from", SERVER)
async def _(site):
    """Prosody writes the true one over it, ejabberd ends the stream."""
    stream = await RawXmpp(site.xmpp, 'a9', 'pa9').connect()
    site.raws.append(stream)
    mark = site.bob.mark()
    stream.send(
        "<message from='%s' to='%s' type='chat'><body>forged</body></message>" % (site.alice.full, site.bob.jid)
    )
    await site.heard()
    stream.drop()
    seen = site.bob.all(lambda p: p.topic == 'in/msg' and p.json.get('body') == 'forged', mark)
    assert all(p.json['from'].startswith('a9@') for p in seen), seen


@attack(84, "a component sends in the name of a contact", SERVER)
async def _(site):
    site.evil.send(
        "<message from='%s' to='%s' type='chat'><body>%s</body></message>"
        % (site.alice.full, site.bob.jid, site.payload)
    )
    await asyncio.wait({site.evil.task})


@attack(85, "a component sends in the name of an MQTT user", GATEWAY, STANZA + 'forged-sender')
async def _(site):
    """Only where the server lets it: Openfire never checks, nor does this component's host here."""
    site.lax.send(
        "<message from='%s' to='%s' type='chat'><body>%s</body></message>" % (site.eve.jid, site.bob.jid, site.payload)
    )


@attack(86, 'a component signs an MQTT user on, in their name', GATEWAY, STANZA + 'forged-sender', lines=2)
async def _(site):
    site.lax.send("<presence from='%s/phone' to='%s'/>" % (site.eve.jid, site.bob.jid))
    site.lax.send("<presence from='%s' to='%s' type='subscribe'/>" % (site.eve.jid, site.bob.jid))


@attack(87, "a component speaks in the gateway's own name", GATEWAY, STANZA + 'forged-sender', lines=2)
async def _(site):
    site.lax.send(
        "<message from='%s' to='%s'><body>%s</body></message>" % (HOSTED, site.bob.jid, site.payload)
    )
    site.lax.send("<iq from='%s' to='%s' type='result' id='%s'/>" % (HOSTED, HOSTED, new_id()))


@attack(88, 'poses as a room: type groupchat', GATEWAY, STANZA + 'groupchat')
async def _(site):
    id = site.mallory.message(site.bob.jid, site.payload, type='groupchat')
    await site.mallory.wait(lambda s: s.name == 'message' and s['id'] == id and s['type'] == 'error')


@attack(114, 'breaks the stream that everybody shares by names that the server writes wrong', GATEWAY, STANZA + 'bad-request', lines=2)
async def _(site):
    """Prosody 0.12 makes of both what is no XML with namespaces."""
    stream = await RawXmpp(site.xmpp, 'a9', 'pa9').connect()
    site.raws.append(stream)
    for id, xml in (('one', '<xml:b/>'), ('two', '<a xmlns="x" xml:foo="1"/>')):
        stream.send("<message to='%s' id='%s'><body>%s</body>%s</message>" % (site.bob.jid, id, site.payload, xml))
        await stream.until('<message[^>]*type=.error')


# ---- about messages of others
def _about(number, tried, reason, xml):
    @attack(number, tried, GATEWAY, STANZA + reason)
    async def _(site):
        id = await _sent(site)
        mark = site.bob.mark()
        site.mallory.send(xml % {'to': site.bob.jid, 'id': id})
        await _no_receipt(site, id, mark)


_about(
    89,
    "says that another's message was delivered",
    'receipt-by-no-recipient',
    '<message to="%(to)s" type="chat"><received xmlns="urn:xmpp:receipts" id="%(id)s"/></message>',
)
_about(
    90,
    "says that another's message was read",
    'receipt-by-no-recipient',
    '<message to="%(to)s" type="chat"><displayed xmlns="urn:xmpp:chat-markers:0" id="%(id)s"/></message>',
)
_about(
    91,
    "says that another's message failed",
    'error-by-no-recipient',
    '<message to="%(to)s" type="error" id="%(id)s"><error type="cancel">'
    '<gone xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></message>',
)


@attack(92, "changes and retracts another's message", GATEWAY, lines=0)
async def _(site):
    """It is carried as what it is, a message of mallory's: whose message it names, bob's client sees by the sender."""
    id, mark = await _sent(site), site.bob.mark()
    site.mallory.message(site.bob.jid, 'changed', extra='<replace xmlns="urn:xmpp:message-correct:0" id="%s"/>' % id)
    seen = await site.bob.wait_message('changed', after=mark)
    assert seen.json['from'] == site.mallory.full, seen


# ---- what only a server says
def _server_says(number, tried, extra, body=True):
    @attack(number, tried, GATEWAY, STANZA + 'forged-element')
    async def _(site):
        forwarded = (
            '<forwarded xmlns="urn:xmpp:forward:0"><message xmlns="jabber:client" from="%s" to="%s" type="chat">'
            '<body>%s</body></message></forwarded>' % (site.alice.full, site.bob.jid, site.payload)
        )
        xml = extra % {'forwarded': forwarded, 'bob': site.bob.jid, 'canary': site.payload}
        mark = site.bob.mark()
        site.mallory.send(
            '<message to="%s" type="chat">%s%s%s</message>'
            % (site.bob.jid, xml, '<body>plain</body>' if body else '', xml if body else '')
        )
        if body:
            await site.bob.wait_message('plain', site.mallory.full, after=mark)
        else:
            await site.heard()
            new = site.bob.all(lambda p: p.topic == 'in/msg' and p.json['from'] == site.mallory.full, mark)
            assert not new, new


_server_says(93, 'forges a carbon copy', '<received xmlns="urn:xmpp:carbons:2">%(forwarded)s</received>', False)
_server_says(94, "forges an archive's result", '<result xmlns="urn:xmpp:mam:2" id="1">%(forwarded)s</result>', False)
_server_says(95, 'forges a privileged message', '<privilege xmlns="urn:xmpp:privilege:2">%(forwarded)s</privilege>', False)
_server_says(96, 'hides a forwarded stanza beside a body', '%(forwarded)s')
_server_says(
    97, "forges stanza ids by the victim's own server, twice", '<stanza-id xmlns="urn:xmpp:sid:0" id="%(canary)s" by="%(bob)s"/>'
)
_server_says(98, "forges a room's occupant ids, twice", '<occupant-id xmlns="urn:xmpp:occupant-id:0" id="%(canary)s"/>')

ROSTER = '<query xmlns="jabber:iq:roster"><item jid="boss@localhost" subscription="both"/></query>'


@attack(99, 'pushes a contact onto the roster', GATEWAY, STANZA + 'iq-set')
async def _(site):
    answer = await site.mallory.iq(ROSTER, to=site.bob.jid, type='set', check=False)
    assert answer['type'] == 'error', answer
    contacts = (await site.bob.request('roster.get'))['contacts']
    assert [c['jid'] for c in contacts] == [site.alice.bare], contacts


@attack(100, "pushes a contact onto a device's roster", GATEWAY, STANZA + 'not-a-watcher')
async def _(site):
    answer = await site.mallory.iq(ROSTER, to=site.bob.jid + '/phone', type='set', check=False)
    assert answer['type'] == 'error', answer


@attack(101, 'answers a request of the user that nobody asked', GATEWAY, STANZA + 'answer-to-nothing')
async def _(site):
    site.mallory.send(
        '<iq type="result" id="%s" to="%s"><vCard xmlns="vcard-temp"><FN>%s</FN></vCard></iq>'
        % (new_id(), site.bob.jid, site.payload)
    )


@attack(102, "answers the gateway's question in the server's place", GATEWAY, STANZA + 'answer-to-nothing', lines=2)
async def _(site):
    for to in (HOSTED, site.bob.jid):
        site.evil.send('<iq type="result" id="%s" from="%s" to="%s"/>' % (new_id(), EVIL, to))


# ---- presence
async def _sees_nothing(site, who, mark):
    await site.bob.presence('away')
    await site.bob.presence('online')
    await site.heard()
    shown = [who.show(e) for e in who.events[mark:] if site.bob.jid in who.show(e)]
    shown = [text for text in shown if '<presence' in text or ':presence' in text]
    assert not [text for text in shown if 'type="uns' not in text], shown


@attack(103, 'asks for presence without being a watcher: a probe by a component', GATEWAY, STANZA + 'probe-by-no-watcher')
async def _(site):
    mark = site.evil.mark()
    site.evil.send("<presence from='x@%s' to='%s' type='probe'/>" % (EVIL, site.bob.jid))
    await _sees_nothing(site, site.evil, mark)


@attack(104, 'asks for presence without being a watcher: a probe by a client', GATEWAY, STANZA + 'probe-by-no-watcher')
async def _(site):
    mark = site.mallory.mark()
    site.mallory.presence(site.bob.jid, 'probe')
    await _sees_nothing(site, site.mallory, mark)


@attack(105, 'asks since when the user is away', GATEWAY, STANZA + 'not-a-watcher')
async def _(site):
    answer = await site.mallory.iq('<query xmlns="jabber:iq:last"/>', to=site.bob.jid, check=False)
    assert answer['type'] == 'error' and answer['error']['condition'] == 'forbidden', answer


@attack(106, 'asks a device for its version, its time, its features, or for a ping', GATEWAY, STANZA + 'not-a-watcher', lines=4)
async def _(site):
    """A device that is not there gets the same answer."""
    for payload in (
        '<query xmlns="jabber:iq:version"/>',
        '<time xmlns="urn:xmpp:time"/>',
        '<query xmlns="http://jabber.org/protocol/disco#info"/>',
        '<ping xmlns="urn:xmpp:ping"/>',
    ):
        answers = [
            (await site.mallory.iq(payload, to='%s/%s' % (site.bob.jid, device), check=False))['error']
            for device in ('phone', 'nothing')
        ]
        assert len({(a['condition'], a['type'], a['text']) for a in answers}) == 1, answers


@attack(107, 'asks for the list of devices', GATEWAY, lines=0)
async def _(site):
    """The answer is that of a user without any."""
    answer = await site.mallory.iq('<query xmlns="http://jabber.org/protocol/disco#items"/>', to=site.bob.jid)
    assert 'phone' not in str(answer), answer


@attack(108, 'shows itself to the user, to be shown the user', GATEWAY, lines=0)
async def _(site):
    mark = site.mallory.mark()
    site.mallory.presence(site.bob.jid)
    site.mallory.presence(site.bob.jid, 'subscribe')
    await site.bob.wait_contact(site.mallory.bare, lambda c: c.get('request'))
    await _sees_nothing(site, site.mallory, mark)
    await site.bob.request('deny', contact=site.mallory.bare)
    site.mallory.presence(site.bob.jid, 'unavailable')


@attack(109, 'grants what nobody asked for: subscribed', GATEWAY, STANZA + 'nobody-asked')
async def _(site):
    site.evil.send("<presence from='x@%s' to='%s' type='subscribed'/>" % (EVIL, site.bob.jid))
    await site.heard()
    contacts = (await site.bob.request('roster.get'))['contacts']
    assert [c['jid'] for c in contacts] == [site.alice.bare], contacts


@attack(110, 'fills the user\'s screen with strangers', GATEWAY, STANZA + 'too-many-strangers', lines=6)
async def _(site):
    for type in ('', " type='unavailable'"):
        for n in range(70):  # 64 are shown
            site.evil.send("<presence from='s%d@%s/x' to='%s'%s/>" % (n, EVIL, site.bob.jid, type))
        await site.heard()


@attack(111, "fills the user's screen with resources of one stranger", GATEWAY, STANZA + 'too-many-resources', lines=6)
async def _(site):
    for type in ('', " type='unavailable'"):
        for n in range(70):
            site.evil.send("<presence from='s@%s/%d' to='%s'%s/>" % (EVIL, n, site.bob.jid, type))
        await site.heard()


# ---- feeds
@attack(112, 'follows a feed that is for others, from XMPP', GATEWAY, STANZA + 'not-a-follower', lines=3)
async def _(site):
    mark, feed = site.evil.mark(), 'secret@' + HOSTED
    for type in ('subscribe', 'probe'):
        site.evil.send("<presence from='x@%s' to='%s' type='%s'/>" % (EVIL, feed, type))
    site.evil.send("<message from='x@%s' to='%s' id='last' type='chat'><body>?</body></message>" % (EVIL, feed))
    await site.heard()
    said = [e for e in site.evil.events[mark:] if e.get('from') == feed]
    assert said and all(e.get('type') in ('unsubscribed', 'error') for e in said), [site.evil.show(e) for e in said]


@attack(113, 'writes to a feed that is for others, from XMPP', GATEWAY, STANZA + 'not-a-writer')
async def _(site):
    id = site.mallory.message('lamp@' + HOSTED, site.payload)
    error = await site.mallory.wait(lambda s: s.name == 'message' and s['id'] == id and s['type'] == 'error')
    assert error['error']['condition'] == 'forbidden', error


if __name__ == '__main__':
    attack.main(setup)
