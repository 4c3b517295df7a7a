"""Cases of session_test.py: servers that hang, servers without TLS, stanzas made to hurt."""
import asyncio
import contextlib
import ssl

from certificates import make_certificates
from patience import patient
from process import HOST, free_port, scratch
from raw_component import RawComponent

STREAM = (
    b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    b"id='1' from='localhost' version='1.0'>"
)
STARTTLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
MECHANISMS = (
    b"<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
    b'<mechanism>PLAIN</mechanism><mechanism>SCRAM-SHA-1</mechanism></mechanisms>'
)
# Each child costs the library a walk over all before it: 20,000 take it a second of a fast machine and ten of a slow one,
# 65,000 ten seconds and minutes.
EMPTY = '<x xmlns="urn:example:hostile">%s</x>' % ('<a/>' * 20000)
DEEP = '<x xmlns="urn:example:hostile">%s%s</x>'


@contextlib.asynccontextmanager
async def _server(behave):
    """A server on a port of its own: `behave(reader, writer)` for each connection."""
    port = free_port()
    server = await asyncio.start_server(behave, HOST, port)
    try:
        yield port
    finally:
        server.close()


async def _to_tls(reader, writer):
    await reader.readuntil(b'>')
    await reader.readuntil(b'>')
    writer.write(STREAM + b'<stream:features>' + STARTTLS + b'</stream:features>')
    await reader.readuntil(b'>')
    writer.write(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")


async def a_server_that_hangs_in_the_handshake_stops_nobody_else(site):
    bob, carol = site.account(), site.account()
    hung = []

    async def behave(reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await _to_tls(reader, writer)
            hung.append(writer)
            while await reader.read(65536):
                pass

    async with _server(behave) as port:
        tool = await site.tool(port=port)
        tool.want(bob)
        tool.want(carol)
        # Both are in one worker: while one waits in its handshake, the library may give the other's connection up.
        downs = [await tool.event('down', bob), await tool.event('down', carol)]
        assert [down['why'] for down in downs] == ['lost', 'lost'], downs
        assert any('handshake' in down['reason'] for down in downs), downs
        assert hung and (await tool.counts())['died'] == 0


async def a_server_that_never_answers_the_log_in_is_left(site):
    bob = site.account()
    cafile, certificate, key = make_certificates(scratch('silent-server'))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    asked = []

    async def behave(reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await _to_tls(reader, writer)
            await writer.start_tls(context)
            await reader.readuntil(b'>')
            await reader.readuntil(b'>')
            writer.write(STREAM + b'<stream:features>' + MECHANISMS + b'</stream:features>')
            asked.append(await reader.readuntil(b'</auth>'))
            while await reader.read(65536):
                pass

    async with _server(behave) as port:
        tool = await site.tool(port=port, cafile=cafile, watchdog=int(patient(300)))
        tool.want(bob)
        down = await tool.event('down', bob)
        assert (down['why'], 'did not finish the log-in' in down['reason'], len(asked)) == ('lost', True, 1), down


async def without_tls_no_password_is_sent(site):
    bob = site.account()
    said = []

    async def behave(reader, writer):
        with contextlib.suppress(ConnectionError):
            writer.write(STREAM + b'<stream:features>' + MECHANISMS + b'</stream:features>')
            while data := await reader.read(65536):
                said.append(data)

    async with _server(behave) as port:
        tool = await site.tool(port=port)
        tool.want(bob)
        down = await tool.event('down', bob)
        assert down['why'] == 'tls', down
        assert b'<auth' not in b''.join(said)


def _end(component):
    async def end():
        await component.disconnect()
        await component.writer.wait_closed()

    return end


async def _hostile(site, content):
    """Only the account that it is for is disturbed for long; whoever shared its worker is back in 10 s."""
    bob, carol, dave = site.account(), site.account(), site.account()
    tool = await site.tool(per_worker=2, watchdog=int(patient(1000)))
    full = tool.want(bob)
    tool.want(carol)
    await tool.ready(bob)
    await tool.ready(carol)
    tool.want(dave)  # in another worker
    await tool.ready(dave)
    eve = await RawComponent(site.server, site.server.component.domain).connect()
    site.open.append(_end(eve))
    mark = tool.mark()
    eve.send('<message from="eve@%s" to="%s">%s</message>' % (eve.domain, full, content))
    eve.send('<message from="eve@%s" to="%s"><body>After</body></message>' % (eve.domain, full))
    await tool.message(bob, 'After', timeout=40, after=mark)
    if tool.find(lambda e: e['event'] == 'down' and e['jid'] == carol, mark):
        await tool.ready(carol, after=mark)
    assert not tool.find(lambda e: e['event'] == 'down' and e['jid'] == dave, mark)
    while (await tool.counts())['up'] != 3:  # the server itself may have cut a session that did not answer for so long
        await asyncio.sleep(0.1)


async def a_stanza_of_20000_empty_children(site):
    await _hostile(site, EMPTY)


async def a_stanza_as_deep_as_the_server_lets_through(site):
    levels = site.server.deepest
    await _hostile(site, DEEP % ('<a>' * levels, '</a>' * levels))
