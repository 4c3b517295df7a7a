"""ferryd beside a component listener that behaves by Openfire's rules, and one that misbehaves.

    python3 tests/scenarios/openfire_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import contextlib
import hashlib
import re

import run
from clients import RECEIPTS, new_id
from openfire import DISCO, PING, VERSION, LocalUser, local
from openfire_site import DOMAIN, a_site, body_of
from process import HOST
from servers import Mosquitto

STREAM_ERRORS = (
    'bad-format bad-namespace-prefix conflict connection-timeout host-gone host-unknown improper-addressing '
    'internal-server-error invalid-from invalid-id invalid-namespace invalid-xml not-authorized not-well-formed '
    'policy-violation remote-connection-failed reset resource-constraint restricted-xml see-other-host system-shutdown '
    'undefined-condition unsupported-encoding unsupported-stanza-type unsupported-version of-tomorrow'
).split()
BROKEN = [  # what ends a stream, because nobody can know where the next stanza begins
    b'\x00\x01\x02',
    b'<<<',
    b'</message>',
    b'<message></presence>',
    b'<message from="a@corp.example" to="b@%s"><body>\xff\xfe</body></message>' % DOMAIN.encode(),
    b'<message from="a@corp.example" to="b@%s"><body>\xed\xa0\x80</body></message>' % DOMAIN.encode(),
    b'<message><body>&#0;</body></message>',
    b'<message><body>&undeclared;</body></message>',
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><message>&b;</message>',
    b'<?xml version="1.0"?>',
    b'<?target a processing instruction?>',
    b'<!-- a comment -->',
    b'text',
    b'<message a="1" a="2"/>',
    b'</stream:stream>',
]


setup = a_site


def _condition(element):
    error = element.find('{jabber:component:accept}error')
    return None if error is None else local(error[0])


# ---- Openfire's rules
async def it_answers_the_first_queries(site):
    stream = await site.srv.connected()
    assert 'allowMultiple' not in stream.header and stream.header['to'] == DOMAIN, stream.header
    for namespace in (DISCO, VERSION):
        answer = await site.srv.expect(
            lambda el, n=namespace: local(el) == 'iq' and len(el) and el[0].tag == '{%s}query' % n, what=namespace
        )
        assert answer.get('type') == 'result' and answer.get('to') == 'component.corp.example', answer
        assert answer.get('from') == DOMAIN and len(answer[0]), answer


async def idle_streams_are_kept_alive(_):
    async with a_site(idle=3, component={'keepalive': 1}) as site:
        stream = await site.srv.connected()
        await asyncio.wait({stream.closed}, timeout=7)  # the time is the case
        assert not stream.closed.done(), 'closed as idle'
    async with a_site(idle=1, component={'keepalive': 0}) as site:
        stream = await site.srv.connected()
        mark = site.srv.bindings.mark()
        await stream.closed
        await site.srv.connected(after=mark)


async def contacts_presence_messages(site):
    srv = site.srv
    alice, bob = await site.pair()
    await srv.send("<presence type='subscribe' from='%s' to='%s'/>" % (alice.jid, bob.jid))
    await bob.wait_contact(alice.jid, lambda c: c.get('request'))
    await bob.request('approve', contact=alice.jid)
    await alice.wait(lambda el: el.get('type') == 'subscribed')
    alice.roster[bob.jid] = 'to'
    await alice.wait(lambda el: local(el) == 'presence' and el.get('from') == bob.jid + '/phone' and not el.get('type'))
    await bob.request('subscribe', contact=alice.jid)
    await alice.wait(lambda el: el.get('type') == 'subscribe')
    await srv.send("<presence type='subscribed' from='%s' to='%s'/>" % (alice.jid, bob.jid))
    alice.roster[bob.jid] = 'both'
    await bob.wait_contact(alice.jid, lambda c: c['subscription'] == 'both')
    alice.online(inner='<show>away</show>')
    await bob.wait_presence(alice.jid, 'away')
    id = await site.says(alice, bob, 'Seen?', '<request xmlns="%s"/>' % RECEIPTS)
    await bob.receipt(await bob.wait_message('Seen?'), 'delivered')
    await alice.wait(lambda el: any(c.tag == '{%s}received' % RECEIPTS and c.get('id') == id for c in el))
    alice.offline()
    await bob.wait_presence(alice.jid, 'offline')
    # Openfire forgets whom it probed, but not that it has to: it sends presence when the component is back.
    mark, stream = srv.bindings.mark(), srv.streams()[0]
    await asyncio.to_thread(site.ferryd.kill)
    await stream.closed
    alice.online('again')
    assert srv.probes, 'the server remembers no probe: this case proves nothing'
    mark_bob, mark_alice = bob.mark(), alice.mark()
    await site.ferryd.start_async()
    await srv.connected(after=mark)
    await bob.wait_presence(alice.jid, 'online', after=mark_bob)
    await alice.wait(
        lambda el: local(el) == 'presence' and el.get('from') == bob.jid + '/phone' and not el.get('type'),
        after=mark_alice,
    )


async def nobody_there(site):
    _, bob = await site.pair()
    id = await bob.message('nobody@corp.example', 'Anyone?')
    receipt = await bob.wait_receipt(id, 'failed')
    assert receipt.json['reason']['condition'] == 'service-unavailable', receipt
    id = await bob.message('someone@elsewhere.example', 'Anyone?')
    receipt = await bob.wait_receipt(id, 'failed')
    assert receipt.json['reason']['condition'] == 'remote-server-not-found', receipt


# ---- streams that end
async def every_way_to_end_a_stream(_):
    """Stream errors of each condition and XML that cannot be read: it comes back, and nothing is lost."""
    ways = [
        ('<stream:error><%s xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error></stream:stream>' % c).encode()
        for c in STREAM_ERRORS
    ]
    queue = [*ways, *BROKEN]
    broker = Mosquitto(users={}, acl='user ferry\ntopic readwrite #\n')

    async def gateway(n):
        async with a_site(broker=broker) as site:
            while queue:
                way = queue.pop(0)
                mark = site.srv.bindings.mark()
                await site.srv.send_raw(way)
                try:
                    await site.srv.connected(20, mark)
                except AssertionError:
                    raise AssertionError('it did not come back after %r' % way) from None
            assert 'event=link.down link=component' in site.ferryd.log

    with broker:
        await asyncio.gather(*(gateway(n) for n in range(10)))


async def conflict(_):
    async with a_site() as site:
        await site.ferryd.terminate_async()
        reader, writer = await asyncio.open_connection(HOST, site.srv.component.port)
        writer.write(b"<stream:stream xmlns='jabber:component:accept' xmlns:stream='x' to='mqtt.corp.example'>")
        id = re.search(
            rb"id='([^']+)'", await reader.readuntil(b"'jabber:component:accept'") + await reader.readuntil(b'>')
        )
        writer.write(b'<handshake>%s</handshake>' % hashlib.sha1(id[1] + b's').hexdigest().encode())
        await reader.readuntil(b'</handshake>')
        site.ferryd.start(wait=False)
        await asyncio.to_thread(site.ferryd.wait_log, 'reason="stream error conflict".*advice=')
        mark = site.srv.bindings.mark()
        writer.close()
        await site.srv.connected(20, mark)


async def wrong_secret_is_said_and_retried(_):
    async with a_site() as site:
        await site.ferryd.terminate_async()
        site.srv.secrets[DOMAIN] = 'another'
        site.ferryd.start(wait=False)
        await asyncio.to_thread(site.ferryd.wait_log, 'reason="stream error not-authorized".*advice=.*secret')
        mark = site.srv.bindings.mark()
        site.srv.secrets[DOMAIN] = 's'
        await site.srv.connected(20, mark)


async def half_closed_and_dropped(site):
    alice, bob = await site.pair()
    for end in (lambda s: s.writer.write_eof(), lambda s: s.writer.transport.abort(), lambda s: s.close()):
        mark = site.srv.bindings.mark()
        stream = site.srv.streams()[0]
        end(stream)
        id = await bob.message(alice.jid, 'while it was away')
        await site.srv.connected(20, mark)
        await bob.wait_receipt(id, 'forwarded', 20)
        await site.carries_on(alice, bob)


# ---- streams that must not end
@contextlib.asynccontextmanager
async def _undisturbed(site, alice, bob):
    """The same stream before and after, and it carries."""
    mark, stream = site.srv.bindings.mark(), site.srv.streams()[0]
    yield
    await site.carries_on(alice, bob)
    assert site.srv.bindings.mark() == mark and not stream.closed.done(), 'a new stream'


async def too_deep_too_big(site):
    alice, bob = await site.pair()
    eve = site.srv.users['eve'] = LocalUser(site.srv, 'eve')
    async with _undisturbed(site, alice, bob):
        for id, inner in (
            ('deep', '<a>' * 20000 + '</a>' * 20000),
            ('big', '<body>' + 'x' * (1 << 20) + '</body>'),
            ('many', '<a/>' * 200000),
            ('attributes', '<a %s/>' % ' '.join('a%d="1"' % n for n in range(50000))),
            ('name', '<%s/>' % ('n' * 600000)),
        ):
            await site.srv.send(
                "<message from='%s/x' to='%s' id='%s' type='chat'>%s</message>" % (eve.jid, bob.jid, id, inner)
            )
            error = await eve.wait(lambda el, i=id: el.get('id') == i, 20, what='error for ' + id)
            assert error.get('type') == 'error' and _condition(error), (id, error)


async def unknown_and_incomplete(site):
    alice, bob = await site.pair()
    bad = [
        '<unknown/>',
        "<unknown xmlns='urn:x'><message from='a@corp.example' to='b@%s'/></unknown>" % DOMAIN,
        '<message/>',
        '<iq/>',
        '<presence/>',
        "<message from='%s'><body>x</body></message>" % alice.jid,
        "<message to='%s'><body>x</body></message>" % bob.jid,
        "<iq type='get' from='%s' to='%s'><ping xmlns='%s'/></iq>" % (alice.jid, DOMAIN, PING),
        "<iq type='dance' id='1' from='%s' to='%s'/>" % (alice.jid, DOMAIN),
        "<iq type='get' id='2' from='%s' to='%s'/>" % (alice.jid, DOMAIN),
        "<iq type='set' id='3' from='%s' to='%s'><a xmlns='x'/><b xmlns='x'/></iq>" % (alice.jid, DOMAIN),
        "<presence type='dance' from='%s' to='%s'/>" % (alice.jid, bob.jid),
        "<message from='@@@' to='%s'><body>x</body></message>" % bob.jid,
        "<message from='%s' to='someone@corp.example'><body>not yours</body></message>" % alice.jid,
        "<message from='%s' to='%s' type='error'><body>x</body></message>" % (alice.jid, bob.jid),
        '<db:result xmlns:db="jabber:server:dialback" from="corp.example" to="%s">x</db:result>' % DOMAIN,
        '<handshake/>',
        '<bind/>',
        ' \n\t ',
    ]
    for xml in bad:
        try:
            async with _undisturbed(site, alice, bob):
                await site.srv.send_raw(xml)
        except AssertionError as problem:
            raise AssertionError('after %s: %s' % (xml, problem)) from None


async def a_bad_stanza_gets_an_error(site):
    alice, bob = await site.pair()
    eve = site.srv.users['eve'] = LocalUser(site.srv, 'eve')
    async with _undisturbed(site, alice, bob):
        for to, condition in (
            ('a b@' + DOMAIN, 'jid-malformed'),
            ('nobody@' + DOMAIN, 'service-unavailable'),
            (bob.jid + '/' + 'x' * 1100, 'jid-malformed'),
            ('x' * 1100 + '@' + DOMAIN, 'jid-malformed'),
        ):
            id = new_id()
            await site.srv.send("<message from='%s/x' to='%s' id='%s'><body>x</body></message>" % (eve.jid, to, id))
            error = await eve.wait(lambda el, i=id: el.get('id') == i, what='error for ' + to[:20])
            assert _condition(error) == condition, (to[:20], _condition(error))


async def split_at_every_byte(site):
    alice, bob = await site.pair()
    stanza = "<message from='%s/spark' to='%s' id='x'><body>Grüße &amp; 👋</body></message>" % (alice.jid, bob.jid)
    async with _undisturbed(site, alice, bob):
        data = stanza.encode()
        await site.srv.send_raw(data, pieces=range(1, len(data)))
        await bob.wait_message('Grüße & 👋')
        await site.srv.send_raw(''.join(stanza.replace('Gr', '%d Gr' % n) for n in range(300)))  # and all in one piece
        await bob.wait_message('299 Grüße & 👋')


async def only_the_server_proves_that_it_has_taken_a_message(site):
    alice, bob = await site.pair()
    asked = []

    def withhold(element):
        if local(element) == 'iq' and element.get('type') == 'get' and element.get('to') == 'corp.example':
            asked.append(element.get('id'))
            return ' '
        return None

    site.srv.handlers.append(withhold)
    id = await bob.message(alice.jid, 'Sure?')
    await alice.wait(lambda el: body_of(el) == 'Sure?')
    await site.srv.wait(lambda el: el.get('id') in asked)
    for sender in (
        'eve@corp.example/x',
        'corp.example.evil.example',
        'component.corp.example',
        alice.jid,
        DOMAIN,
        bob.jid,
    ):
        await site.srv.send(
            "<iq type='result' id='%s' from='%s' to='%s'/>" % (asked[-1], sender, DOMAIN), site.srv.streams()[0]
        )
    await site.says(alice, bob, 'fence')
    await bob.never(
        lambda p: p.json and p.json.get('state') == 'forwarded', bob.wait_message('fence'), what='forwarded'
    )
    site.srv.handlers.clear()
    for answer in asked:
        await site.srv.send(
            "<iq type='result' id='%s' from='corp.example' to='%s'/>" % (answer, DOMAIN), site.srv.streams()[0]
        )
    await bob.wait_receipt(id, 'forwarded')


async def a_server_that_stops_reading(site):
    """It goes on reading, messages wait on disk, and everything arrives once, in order."""
    alice, bob = await site.pair()
    site.srv.stop_reading()
    try:
        body = 'x' * 20000
        for n in range(400):  # more than the kernel's buffers hold
            id = await bob.message(alice.jid, '%d %s' % (n, body))
        await bob.wait_receipt(id, 'accepted', 20)
        await site.says(alice, bob, 'I can still talk')
        await bob.wait_message('I can still talk')
    finally:
        site.srv.resume_reading()
    await bob.wait_receipt(id, 'forwarded', 60)
    numbers = [int(body_of(el).split()[0]) for el in alice.events if (body_of(el) or '').endswith('xxx')]
    assert numbers == list(range(400)), numbers


if __name__ == '__main__':
    run.main(globals())
