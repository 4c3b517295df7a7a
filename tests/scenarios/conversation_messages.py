"""Messages both ways, with all that belongs to them, and what each side learns about their way."""
import re

from clients import CHATSTATES, MARKERS, RECEIPTS, new_id, text

TS = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z')
ASKS = '<request xmlns="%s"/><markable xmlns="%s"/>' % (RECEIPTS, MARKERS)
TEXTS = (
    'x',
    'Grüße ☀ 👩‍🚀',
    '<b>&amp; "quoted" \'too\'</b>',
    'two\nlines\tand a tab',
    ' spaces ',
    '0',
    'ن' * 2000,
    '{"body":1}',
    '\\u0041',
)


async def xmpp_to_mqtt(site):
    alice, bob = await site.friends()
    id = alice.message(bob.jid, 'Where are you?', extra=ASKS)
    message = (await bob.wait_message('Where are you?')).json
    assert message['from'] == alice.full and message['to'] == bob.jid and message['kind'] == 'chat', message
    assert message['xmppId'] == id and message['id'] != id and TS.fullmatch(message['ts']), message
    assert sorted(message['want']) == ['delivered', 'displayed'], message


async def mqtt_to_xmpp(site):
    alice, bob = await site.friends()
    id = await bob.message(alice.full, 'At sea')
    stanza = await alice.wait_message('At sea')
    assert stanza.xml.get('from') == bob.jid + '/phone' and stanza['type'] == 'chat' and stanza['id'] == id, stanza
    assert (
        stanza.xml.find('{%s}request' % RECEIPTS) is not None and stanza.xml.find('{%s}markable' % MARKERS) is not None
    )
    await bob.message(alice.bare, 'no device, no wishes', want=(), device=None)
    stanza = await alice.wait_message('no device, no wishes')
    assert stanza.xml.get('from') == bob.jid and stanza.xml.find('{%s}request' % RECEIPTS) is None, stanza


async def text_crosses_unchanged(site):
    alice, bob = await site.friends()
    for body in TEXTS:
        alice.message(bob.jid, body)
        await bob.wait_message(body)
        await bob.message(alice.full, body)
        await alice.wait_message(body)


async def receipts_for_the_mqtt_sender(site):
    alice, bob = await site.friends()
    id = await bob.message(alice.full, 'Read me')
    stanza = await alice.wait_message('Read me')
    for state in ('accepted', 'forwarded'):
        await bob.wait_receipt(id, state)
    alice.send(
        '<message to="%s" type="chat"><received xmlns="%s" id="%s"/></message>'
        % (stanza['from'], RECEIPTS, stanza['id'])
    )
    receipt = await bob.wait_receipt(id, 'delivered')
    assert receipt.json['from'].split('/')[0] == alice.bare, receipt
    alice.send(
        '<message to="%s" type="chat"><displayed xmlns="%s" id="%s"/></message>'
        % (stanza['from'], MARKERS, stanza['id'])
    )
    await bob.wait_receipt(id, 'displayed')
    states = [p.json['state'] for p in bob.all(lambda p: p.topic == 'in/receipt' and p.json['id'] == id)]
    assert states == ['accepted', 'forwarded', 'delivered', 'displayed'], states


async def receipts_for_the_xmpp_sender(site):
    alice, bob = await site.friends()
    id = alice.message(bob.jid, 'Read me', extra=ASKS)
    message = await bob.wait_message('Read me')
    assert not alice.find(
        lambda s: s.name == 'message' and s.xml.find('{%s}received' % RECEIPTS) is not None
    ), 'inferred'
    await bob.receipt(message, 'delivered')
    stanza, received = await alice.wait_child('{%s}received' % RECEIPTS)
    assert received.get('id') == id and stanza.xml.get('from').split('/')[0] == bob.jid, stanza
    await bob.receipt(message, 'displayed')
    stanza, displayed = await alice.wait_child('{%s}displayed' % MARKERS)
    assert displayed.get('id') == id, stanza


async def chat_states(site):
    alice, bob = await site.friends()
    for state in ('composing', 'paused', 'inactive', 'gone', 'active'):
        mark = bob.mark()
        alice.send('<message to="%s" type="chat"><%s xmlns="%s"/></message>' % (bob.jid, state, CHATSTATES))
        act = await bob.wait_topic('in/act', lambda a: a['state'] == state, after=mark)
        assert act.json['from'] == alice.full and act.qos == 0, act
        mark = alice.mark()
        await bob.act(alice.full, state)
        await alice.wait_child('{%s}%s' % (CHATSTATES, state), after=mark)
    assert not bob.find(lambda p: p.topic == 'in/msg'), 'a chat state alone is no message'


async def corrections(site):
    alice, bob = await site.friends()
    first = alice.message(bob.jid, 'Fryday')
    original = await bob.wait_message('Fryday')
    alice.message(bob.jid, 'Friday', extra='<replace xmlns="urn:xmpp:message-correct:0" id="%s"/>' % first)
    assert (await bob.wait_message('Friday')).json['replaces'] == original.json['id']
    id = await bob.message(alice.full, 'At nin')
    first = await alice.wait_message('At nin')
    await bob.message(alice.full, 'At nine', replaces=id)
    stanza = await alice.wait_message('At nine')
    assert stanza.xml.find('{urn:xmpp:message-correct:0}replace').get('id') == first['id'], stanza


async def retractions(site):
    alice, bob = await site.friends()
    first = alice.message(bob.jid, 'Oops')
    original = await bob.wait_message('Oops')
    alice.send(
        '<message to="%s" type="chat" id="%s"><retract xmlns="urn:xmpp:message-retract:1" id="%s"/></message>'
        % (bob.jid, new_id(), first)
    )
    await bob.wait_topic('in/msg', lambda m: m.get('retracts') == original.json['id'])
    id = await bob.message(alice.full, 'Oops too')
    first = await alice.wait_message('Oops too')
    await bob.message(alice.full, None, retracts=id)
    _, retract = await alice.wait_child('{urn:xmpp:message-retract:1}retract')
    assert retract.get('id') == first['id']


async def reactions(site):
    alice, bob = await site.friends()
    id = await bob.message(alice.full, 'We have landed')
    first = await alice.wait_message('We have landed')
    alice.send(
        '<message to="%s" type="chat" id="%s"><reactions xmlns="urn:xmpp:reactions:0" id="%s"><reaction>🎉</reaction>'
        '<reaction>👍</reaction></reactions></message>' % (bob.jid, new_id(), first['id'])
    )
    seen = await bob.wait_topic('in/msg', lambda m: 'reacts' in m)
    assert seen.json['reacts'] == {'id': id, 'emoji': ['🎉', '👍']}, seen
    sent = alice.message(bob.jid, 'Congratulations')
    original = await bob.wait_message('Congratulations')
    await bob.message(alice.full, None, reacts={'id': original.json['id'], 'emoji': ['❤️']})
    _, element = await alice.wait_child('{urn:xmpp:reactions:0}reactions')
    assert element.get('id') == sent and [r.text for r in element] == ['❤️']


async def replies(site):
    alice, bob = await site.friends()
    id = await bob.message(alice.full, 'Tea or coffee?')
    first = await alice.wait_message('Tea or coffee?')
    alice.message(
        bob.jid, 'Tea', extra='<reply xmlns="urn:xmpp:reply:0" to="%s" id="%s"/>' % (first['from'], first['id'])
    )
    seen = await bob.wait_message('Tea')
    assert seen.json['replyTo']['id'] == id, seen
    sent = alice.message(bob.jid, 'Milk?')
    original = await bob.wait_message('Milk?')
    await bob.message(alice.full, 'Please', replyTo={'id': original.json['id'], 'to': original.json['from']})
    stanza = await alice.wait_message('Please')
    assert stanza.xml.find('{urn:xmpp:reply:0}reply').get('id') == sent, stanza


async def subject_thread_language(site):
    alice, bob = await site.friends()
    alice.send(
        '<message to="%s" type="normal" id="n1" xml:lang="de"><subject>Betreff</subject><body>Hallo</body>'
        '<body xml:lang="en">Hello</body><thread>t-1</thread></message>' % bob.jid
    )
    seen = (await bob.wait_topic('in/msg', lambda m: m.get('subject') == 'Betreff')).json
    assert seen['kind'] == 'normal' and seen['thread'] == 't-1' and seen['lang'] == 'de', seen
    assert seen['body'] == 'Hallo' and seen['bodies'].get('en') == 'Hello', seen
    await bob.message(
        alice.full, 'Hallo', kind='normal', subject='Antwort', thread='t-1', lang='de', bodies={'en': 'Hello'}
    )
    stanza = await alice.wait(lambda s: s.name == 'message' and text(s, 'subject') == 'Antwort')
    assert stanza['type'] in ('normal', '') and text(stanza, 'thread') == 't-1', stanza
    bodies = {
        b.get('{http://www.w3.org/XML/1998/namespace}lang'): b.text for b in stanza.xml.findall('{jabber:client}body')
    }
    assert 'Hello' in bodies.values() and 'Hallo' in bodies.values() and bodies.get('en') == 'Hello', stanza


async def unknown_extensions_cross_as_they_are(site):
    alice, bob = await site.friends()
    extra = '<location xmlns="urn:example:place" kind="sea"><lat>54.3</lat></location>'
    alice.message(bob.jid, 'Here', extra=extra)
    seen = await bob.wait_message('Here')
    assert any('urn:example:place' in e and '54.3' in e for e in seen.json['ext']), seen
    await bob.message(alice.full, 'Here too', ext=seen.json['ext'])
    stanza = await alice.wait_message('Here too')
    assert stanza.xml.findtext('{urn:example:place}location/{urn:example:place}lat') == '54.3', stanza
