"""What is made to break parsers: JSON, CBOR, XML inside JSON, and XML streams. Nothing of it is carried.

    python3 tests/scenarios/security_parsers_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import json

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from clients import new_id
from raw_xmpp import RawXmpp
from security_site import GATEWAY, SERVER, Attacks, setup_with
from servers import Prosody

PUBLISH = 'publish.refused condition='
OVER = 'stanza.refused reason=over-limit'
attack = Attacks()
setup = setup_with(Prosody)


async def _refused(site, payload, topic='out/msg', properties=None):
    """It gets an error, whatever could be read of it."""
    mark = site.eve.mark()
    await site.eve.publish(topic, payload, properties=properties, timeout=30)
    await site.eve.wait_topic('in/receipt', lambda r: r['state'] == 'failed', after=mark, what='refusal of %r' % payload[:40])


# ---- JSON
def _json(number, tried, *payloads):
    """%TO: a recipient; %X: the canary, in quotes."""

    @attack(number, tried, GATEWAY, PUBLISH, lines=len(payloads))
    async def _(site):
        for payload in payloads:
            for name, value in (('%TO', site.alice.full), ('%X', site.payload)):
                payload = payload.replace(name, json.dumps(value))
            await _refused(site, payload)


DEEP = 20_000
_json(
    61,
    'JSON of great depth',
    '{"to":%TO,"body":%X,"x":' + '[' * DEEP + ']' * DEEP + '}',
    '{"to":%TO,"body":%X,"x":' + '{"a":' * DEEP + '1' + '}' * DEEP + '}',
    '[' * 200_000,
)
_json(62, 'JSON numbers beyond all measure', '{"to":%TO,"body":%X,"n":1e999}', '{"to":%TO,"body":%X,"n":-1e999}')
_json(
    63,
    'JSON with a key twice: two recipients, two bodies',
    '{"to":"eve@localhost","to":%TO,"body":%X}',
    '{"to":%TO,"body":"a","body":%X}',
    '{"to":%TO,"body":%X,"a":{"b":1,"b":2}}',
)
_json(64, 'JSON with lone surrogates', '{"to":%TO,"body":"\\ud800"}', '{"to":%TO,"body":%X,"\\udc00":1}')
_json(
    65,
    'JSON with NUL and what XML cannot carry',
    '{"to":%TO,"body":"\\u0000"}',
    '{"to":%TO,"body":%X,"subject":"\\u0001"}',
    '{"to":%TO,"body":"\\uffff"}',
    '{"to":%TO,"body":%X,"id":"\\u0000"}',
)
_json(
    66,
    'JSON of other shapes, with something after it, or cut off',
    '"to"',
    'null',
    '[{"to":%TO,"body":%X}]',
    '{"to":%TO,"body":%X}{"to":%TO,"body":%X}',
    '{"to":%TO,"body":%X',
    '{"to":[%TO],"body":%X}',
    '{"to":%TO,"body":{"a":%X}}',
)


@attack(67, 'bytes that are no UTF-8: overlong, cut off, surrogates, UTF-16', GATEWAY, PUBLISH, lines=5)
async def _(site):
    whole = '{"to":"%s","body":"%s\xfc"}' % (site.alice.full, site.payload)
    for payload in (
        whole.encode('latin-1'),
        whole.encode('utf-16'),
        whole.encode().replace(b'\xc3\xbc', b'\xc0\xaf'),
        whole.encode().replace(b'\xc3\xbc', b'\xed\xa0\x80'),
        whole.encode().replace(b'\xc3\xbc', b'\xf4\x90\x80\x80'),
    ):
        await _refused(site, payload)


@attack(68, 'CBOR bombs', GATEWAY, PUBLISH, lines=6)
async def _(site):
    properties = Properties(PacketTypes.PUBLISH)
    properties.ContentType = 'application/cbor'
    for payload in (
        b'\x9f' * 10_000,  # arrays without end
        b'\x81' * 10_000,
        b'\xbf' * 10_000,
        b'\x5b' + b'\xff' * 8,  # 2^64 bytes to come
        b'\xbb' + b'\xff' * 8,
        b'\xa1\x62to\xc1\xfb\x7f\xf0' + b'\0' * 6,
    ):
        await _refused(site, payload, properties=properties)


@attack(69, 'messages beyond the limit, and nothing at all', GATEWAY, PUBLISH, lines=3)
async def _(site):
    await _refused(site, json.dumps({'to': site.alice.full, 'body': site.payload * 40_000}))
    await _refused(site, json.dumps({'id': 'i' * 100_000, 'to': site.alice.full, 'body': site.payload}))
    await _refused(site, b'')


# ---- XML inside JSON
def _ext(number, tried, *texts):
    @attack(number, tried, GATEWAY, PUBLISH, lines=len(texts))
    async def _(site):
        for text in texts:
            await _refused(
                site,
                json.dumps({'id': new_id(), 'to': site.alice.full, 'ext': [text.replace('%X', site.payload)]}),
            )


_ext(
    70,
    'ext with a DTD and entities',
    '<!DOCTYPE a [<!ENTITY b "%X">]><a xmlns="x">&b;</a>',
    '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a xmlns="x">&b;</a>',
    '<a xmlns="x">&nbsp;</a>',
    '<a xmlns="x">&#1;</a>',
)
_ext(
    71,
    'ext that ends the stanza and begins another',
    '</message><message to="a1@localhost"><body>%X</body></message>',
    '<a xmlns="x"/><message to="a1@localhost"><body>%X</body></message>',
    '<a xmlns="x"/></stream:stream>',
    '<a xmlns="x">',
)
_ext(
    72,
    'ext of great depth, width and number of attributes',
    '<a xmlns="x">' * 10_000 + '</a>' * 10_000,
    '<a xmlns="x">' + '<b/>' * 30_000 + '</a>',
    '<a xmlns="x" %s/>' % ' '.join('a%d=""' % n for n in range(1_000)),
)
_ext(
    73,
    'ext with prefixes from nowhere, and what has a field of its own',
    '<stream:error/>',
    '<a:b/>',
    '<xml:b/>',  # Prosody makes of these two what ends its recipient's connection
    '<a xmlns="x"><b xml:foo="1"/></a>',
    '<stream:b xmlns:stream="http://etherx.jabber.org/streams"/>',
    '<body xmlns="jabber:client">%X</body>',
    '<a xmlns="x"><?php x?></a>',
    '<a xmlns="x"><!-- %X --></a>',
)


# ---- XML streams: the XMPP server is the first to read them
def _stream(number, tried, xml):
    @attack(number, tried, SERVER)
    async def _(site):
        stream = await _open(site)
        data = xml.replace('%TO', site.bob.jid).replace('%X', site.payload)
        stream.send(data)
        assert 'error' in await stream.closed(), stream.text


async def _open(site):
    stream = await RawXmpp(site.xmpp, 'a9', 'pa9').connect()
    site.raws.append(stream)
    return stream


_stream(74, 'an XML stream with a DTD', '<!DOCTYPE a [<!ENTITY b "%X">]><message to="%TO"><body>&b;</body></message>')
_stream(75, 'an XML stream with an entity of its own', '<message to="%TO"><body>%X &lol;</body></message>')
_stream(76, 'an XML stream with a prefix from nowhere', '<message to="%TO"><body>%X</body><a:b/></message>')
_stream(77, 'an XML stream with bytes that are no UTF-8', '<message to="%TO"><body>%X\udcc0</body></message>')


@attack(78, 'a stream in a stream', SERVER)
async def _(site):
    stream = await _open(site)
    stream.send(
        "<stream:stream xmlns='jabber:client' to='%s'><message to='%s'><body>smuggled</body></message></stream:stream>"
        % (site.xmpp.domain, site.bob.jid)
    )
    mark = site.bob.mark()
    await site.heard()
    assert not site.bob.find(lambda p: b'smuggled' in p.payload, mark)


def _over(number, tried, extra):
    @attack(number, tried, GATEWAY, OVER)
    async def _(site):
        # Prosody's archive cannot store the deep one, and drops it.
        id = site.mallory.message(site.bob.jid, site.payload, extra='<no-store xmlns="urn:xmpp:hints"/>' + extra)
        error = await site.mallory.wait(lambda s: s['id'] == id and s['type'] == 'error', what='error')
        assert 'policy-violation' in str(error), error


_over(79, 'a stanza of great depth', '<a xmlns="x">' * 200 + '</a>' * 200)
_over(80, 'a stanza of great width', '<a xmlns="x"/>' * 12_000)
_over(81, 'an element of many attributes', '<a xmlns="x" %s/>' % ' '.join('a%d=""' % n for n in range(200)))
_over(82, 'a name of a hundred namespaces', '<a %s/>' % ' '.join('xmlns:n%d="x%d" n%d:a=""' % (n, n, n) for n in range(100)))


if __name__ == '__main__':
    attack.main(setup)
