"""A component listener that behaves by Openfire's rules (its 4.7 and 5 sources, and XEP-0114), without a JVM.

    async with FakeOpenfire(domain='corp.example', component='mqtt.corp.example', secret='s') as srv:
        await srv.connected()
        await srv.send("<message from='alice@corp.example/spark' to='bob@mqtt.corp.example'>…</message>")
        reply = await srv.expect(lambda el: local(el) == 'message')

What it does as Openfire does: the stream's `to` is the component's own domain (or its first label); the handshake is
hex SHA-1, case-insensitive; afterwards disco#info and jabber:iq:version queries come from component.DOMAIN; a stream
that is silent for `idle` seconds is closed; `from` is never checked; a second stream is a conflict unless it says
allowMultiple; several streams get stanzas in turn, answers to an IQ go back to the stream that asked. No Openfire was
run beside it: what it proves is that the gateway lives with these rules. It can also misbehave on request: send_raw,
stop_reading, drop.
"""
import asyncio
import hashlib
import xml.etree.ElementTree as ET

from process import HOST, free_port
from recorder import TIMEOUT, Recorder, new_id
from servers import Component

NS = 'jabber:component:accept'
STREAM_ERRORS, STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-streams', 'urn:ietf:params:xml:ns:xmpp-stanzas'
DISCO, VERSION, PING = 'http://jabber.org/protocol/disco#info', 'jabber:iq:version', 'urn:xmpp:ping'
ET.register_namespace('', NS)
ET.register_namespace('stream', 'http://etherx.jabber.org/streams')


def local(element):
    """The name without its namespace."""
    return element.tag.rsplit('}', 1)[-1]


def bare(jid):
    return jid.split('/', 1)[0]


def domain_of(jid):
    return bare(jid).rsplit('@', 1)[-1]


class Stream:
    """One accepted connection."""

    def __init__(self, server, reader, writer):
        self.server, self.reader, self.writer = server, reader, writer
        self.id, self.header, self.domains, self.authenticated = new_id(), None, [], False
        self.raw = bytearray()  # every byte it sent
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.closed = asyncio.get_running_loop().create_future()

    async def run(self):
        parser, depth, root = ET.XMLPullParser(('start', 'end')), 0, None
        try:
            while not self.closed.done():
                await self.may_read.wait()
                data = await asyncio.wait_for(self.reader.read(65536), self.server.idle)
                if not data:
                    break
                self.raw += data
                parser.feed(data)
                for event, element in parser.read_events():
                    depth += 1 if event == 'start' else -1
                    if event == 'start' and depth == 1:
                        root = element
                        self.opened(element)
                    elif event == 'end' and depth == 1:
                        root.clear()
                        self.element(element)
                    elif event == 'end' and depth == 0:
                        self.close()
        except asyncio.TimeoutError:
            self.close()  # idle
        except ET.ParseError:
            self.error('not-well-formed')
        except (ConnectionError, RuntimeError):
            pass
        finally:
            self.abort()

    def opened(self, header):
        self.header = dict(header.attrib)
        to = header.get('to', '')
        if to and to != self.server.domain and not to.endswith('.' + self.server.domain):
            to += '.' + self.server.domain
        self.write(
            "<?xml version='1.0' encoding='UTF-8'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' "
            "xmlns='%s' from='%s' id='%s'>" % (NS, to, self.id)
        )
        if self.server.secrets.get(to) is None:
            self.error('host-unknown')
        elif self.server.streams(to) and header.get('allowMultiple') is None:
            self.error('conflict')
        else:
            self.domains.append(to)

    def element(self, element):
        if self.authenticated:
            if local(element) == 'bind' and element.get('name', '').endswith('.' + self.domains[0]):
                self.domains.append(element.get('name'))
                self.write('<bind/>')
            else:
                self.server.received(self, element)
            return
        wanted = self.domains and hashlib.sha1((self.id + self.server.secrets[self.domains[0]]).encode()).hexdigest()
        if local(element) != 'handshake' or (element.text or '').strip().lower() != wanted:
            self.error('not-authorized')
            return
        self.authenticated = True
        self.write('<handshake></handshake>')
        for namespace in (DISCO, VERSION):
            self.write(
                '<iq type="get" id="%s" to="%s" from="component.%s"><query xmlns="%s"/></iq>'
                % (new_id(), self.domains[0], self.server.domain, namespace)
            )
        self.server.bound(self)

    def write(self, data):
        if not self.writer.is_closing():
            self.writer.write(data.encode() if isinstance(data, str) else data)

    def error(self, condition):
        self.write('<stream:error><%s xmlns="%s"/></stream:error>' % (condition, STREAM_ERRORS))
        self.close()

    def close(self):
        """The closing tag, then the socket."""
        self.write('</stream:stream>')
        self.writer.close()
        self.ended()

    def abort(self):
        """The socket alone, as when the server's machine dies."""
        self.writer.transport.abort()
        self.ended()

    def ended(self):
        self.authenticated = False
        if not self.closed.done():
            self.closed.set_result(True)


class LocalUser(Recorder):
    """A user of the server, driven by the test. events: what was routed to him. roster: {jid: to|from|both|none}."""

    def __init__(self, server, localpart):
        super().__init__()
        self.server, self.jid = server, '%s@%s' % (localpart, server.domain)
        self.name, self.roster, self.resources = self.jid, {}, {}

    def online(self, resource='spark', inner=''):
        """Available presence of a resource: the server probes and broadcasts by the roster, as Openfire does."""
        first, self.resources[resource] = not self.resources, inner
        full = '%s/%s' % (self.jid, resource)
        for contact, subscription in self.roster.items():
            if (
                first
                and subscription in ('to', 'both')
                and not self.server.route("<presence type='probe' from='%s' to='%s'/>" % (full, contact), contact)
            ):
                self.server.probes[full] = contact  # one for each prober: a later one replaces it
            if subscription in ('from', 'both'):
                self.server.route("<presence from='%s' to='%s'>%s</presence>" % (full, contact, inner), contact)

    def offline(self, resource='spark'):
        self.resources.pop(resource, None)
        for contact, subscription in self.roster.items():
            if subscription in ('from', 'both'):
                presence = "<presence type='unavailable' from='%s/%s' to='%s'/>" % (self.jid, resource, contact)
                self.server.route(presence, contact)


class FakeOpenfire(Recorder):
    """events: every stanza that the component sent, as Elements, in order of arrival."""

    name = 'the fake Openfire'

    def __init__(
        self, domain='corp.example', component='mqtt.corp.example', secret='s', idle=360, users=(), secrets=None
    ):
        super().__init__()
        self.domain, self.idle = domain, idle
        self.secrets = dict(secrets or {}, **{component: secret})  # of every allowed component
        self.component = Component(HOST, free_port(), component, secret)
        self.users = {name: LocalUser(self, name) for name in users}
        self.probes = {}  # prober: probed, while the component was away
        self.asked = {}  # id of an IQ that a stream sent: that stream
        self.bindings = Recorder()  # every stream that authenticated
        self.bindings.name = self.name
        self.handlers = []  # callables(element): XML of an answer, or None; they come before the server's own rules
        self._streams, self._tasks, self._listener, self._turn, self._taken = [], set(), None, 0, set()

    async def __aenter__(self):
        await self.listen()
        return self

    async def __aexit__(self, *_):
        await self.stop()

    async def listen(self):
        self._listener = await asyncio.start_server(self._accept, HOST, self.component.port)

    async def stop(self, hard=False):
        """Ends the listener and every stream; listen() starts again on the same port."""
        self._listener.close()
        for stream in list(self._streams):
            stream.abort() if hard or stream.closed.done() else stream.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        stream = Stream(self, reader, writer)
        self._streams.append(stream)
        try:
            await stream.run()
        except asyncio.CancelledError:
            pass  # stop()
        finally:
            self._streams.remove(stream)
            self._tasks.discard(asyncio.current_task())

    def streams(self, domain=None):
        """The authenticated streams of a component, oldest first."""
        return [s for s in self._streams if s.authenticated and (domain or self.component.domain) in s.domains]

    async def connected(self, timeout=TIMEOUT, after=0):
        """A stream that is authenticated and alive; after: bindings.mark() from before a break."""
        return await self.bindings.wait(lambda stream: stream.authenticated, timeout, after, 'component stream')

    def bound(self, stream):
        for prober, probed in [(p, to) for p, to in self.probes.items() if domain_of(to) in stream.domains]:
            del self.probes[prober]
            stream.write("<presence from='%s' to='%s'/>" % (prober, probed))  # not a probe: its manager sends it so
        self.bindings.record(stream)

    # towards the component
    async def send(self, xml, stream=None):
        """One stanza to the component, to the next stream in turn; an answer goes to the stream that asked."""
        answer = ET.fromstring(xml) if xml.startswith('<iq') else None
        if stream is None and answer is not None and answer.get('type') in ('result', 'error'):
            stream = self.asked.pop(answer.get('id'), None)
        assert self.route(xml, self.component.domain, stream), 'no component stream'
        await self.drain()

    async def send_raw(self, data, stream=None, pieces=None):
        """Any bytes. pieces: offsets at which the bytes are split into writes of their own."""
        stream = stream or self.streams()[0]
        data = data.encode() if isinstance(data, str) else data
        cuts = [0, *(pieces or ()), len(data)]
        for start, end in zip(cuts, cuts[1:]):
            stream.write(data[start:end])
            await self.drain()

    async def drain(self):
        for stream in self.streams():
            await stream.writer.drain()

    def route(self, xml, to, stream=None):
        streams = [stream] if stream else self.streams(domain_of(to))
        if streams:
            self._turn += 1
            streams[self._turn % len(streams)].write(xml)
        return bool(streams)

    def stop_reading(self):
        for stream in self._streams:
            stream.may_read.clear()
            stream.writer.transport.pause_reading()

    def resume_reading(self):
        for stream in self._streams:
            stream.writer.transport.resume_reading()
            stream.may_read.set()

    def drop(self):
        for stream in list(self._streams):
            stream.abort()

    # from the component
    async def expect(self, predicate, timeout=TIMEOUT, what=''):
        """The next stanza that fits and that no expect() has given before."""
        found = await self.wait(lambda el: id(el) not in self._taken and predicate(el), timeout, 0, what)
        self._taken.add(id(found))
        return found

    def received(self, stream, element):
        self.record(element)
        to, sender, kind = element.get('to', ''), element.get('from', ''), element.get('type', '')
        answer = next((text for text in (handler(element) for handler in self.handlers) if text), None)
        if answer:
            return stream.write(answer)
        if not to:
            return None
        request = local(element) == 'iq' and kind in ('get', 'set')
        if request:
            self.asked[element.get('id')] = stream
        if domain_of(to) in self.secrets:
            if self.route(ET.tostring(element, 'unicode'), to):
                return None
            return self.bounce(stream, element, 'remote-server-not-found', 'cancel')
        if domain_of(to) not in (self.domain, 'component.' + self.domain):
            return self.bounce(stream, element, 'remote-server-not-found', 'cancel')
        if '@' not in to:
            payload = element[0].tag if len(element) else ''
            if request and payload == '{%s}ping' % PING:
                return stream.write('<iq type="result" id="%s" from="%s" to="%s"/>' % (element.get('id'), to, sender))
            if request and payload == '{%s}query' % DISCO:
                identity = '<identity category="server" type="im" name="Openfire Server"/><feature var="%s"/>' % PING
                return stream.write(
                    '<iq type="result" id="%s" from="%s" to="%s"><query xmlns="%s">%s</query></iq>'
                    % (element.get('id'), to, sender, DISCO, identity)
                )
            return self.bounce(stream, element, 'service-unavailable', 'cancel') if request else None
        user = self.users.get(to.split('@')[0])
        if not user:
            return self.bounce(stream, element, 'service-unavailable', 'cancel')
        user.record(element)
        if local(element) == 'presence' and kind == 'probe' and user.roster.get(bare(sender)) in ('from', 'both'):
            for resource, inner in user.resources.items():
                stream.write("<presence from='%s/%s' to='%s'>%s</presence>" % (user.jid, resource, sender, inner))
        elif request:
            return self.bounce(stream, element, 'service-unavailable', 'cancel')
        return None

    def bounce(self, stream, element, condition, kind):
        """An error answer: to messages and requests only, never to an error."""
        if local(element) == 'presence' or element.get('type') in ('error', 'result'):
            return
        stream.write(
            '<%s type="error" id="%s" from="%s" to="%s"><error type="%s"><%s xmlns="%s"/></error></%s>'
            % (
                local(element),
                element.get('id', ''),
                element.get('to'),
                element.get('from', ''),
                kind,
                condition,
                STANZA_ERRORS,
                local(element),
            )
        )

    def show(self, event):
        return ET.tostring(event, 'unicode') if isinstance(event, ET.Element) else str(event)
