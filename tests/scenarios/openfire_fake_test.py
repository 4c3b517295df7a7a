"""The fake Openfire keeps its own rules: a component of thirty lines talks to it. No gateway is needed."""
import asyncio
import hashlib
import re

import run
from openfire import FakeOpenfire, local
from process import HOST

HEADER = "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='%s'%s>"


class Peer:
    """The least component that can be."""

    def __init__(self, server):
        self.server, self.seen = server, ''

    async def open(self, to='mqtt.corp.example', extra='', secret='s', change=str.lower):
        self.reader, self.writer = await asyncio.open_connection(HOST, self.server.component.port)
        self.say(HEADER % (to, extra))
        stream_id = (await self.sees("id='([^']+)'")).group(1)
        self.say('<handshake>%s</handshake>' % change(hashlib.sha1((stream_id + secret).encode()).hexdigest()))
        return self

    def say(self, xml):
        self.writer.write(xml.encode())

    async def sees(self, pattern, timeout=5):
        async def until():
            while True:
                match = re.search(pattern, self.seen)
                if match:
                    return match
                data = await self.reader.read(65536)
                assert data, 'closed; it had said: ' + self.seen
                self.seen += data.decode(errors='replace')

        return await asyncio.wait_for(until(), timeout)

    async def sees_end(self, timeout=5):
        try:
            while data := await asyncio.wait_for(self.reader.read(65536), timeout):
                self.seen += data.decode(errors='replace')
        except ConnectionError:
            pass


async def handshake_in_capitals_then_queries():
    async with FakeOpenfire() as srv:
        peer = await Peer(srv).open(change=str.upper)
        await peer.sees('<handshake></handshake>.*component.corp.example.*disco#info.*jabber:iq:version')
        assert (await srv.connected()).domains == ['mqtt.corp.example']


async def short_name_is_bound_in_full():
    async with FakeOpenfire() as srv:
        await (await Peer(srv).open(to='mqtt')).sees('</handshake>')
        assert srv.streams()[0].domains == ['mqtt.corp.example']


async def wrong_secret_unknown_host_conflict():
    async with FakeOpenfire() as srv:
        await (await Peer(srv).open(secret='x')).sees('not-authorized.*</stream:stream>')
        await (await Peer(srv).open(to='other.corp.example')).sees('host-unknown')
        await (await Peer(srv).open(to='corp.example')).sees('host-unknown')
        await (await Peer(srv).open()).sees('</handshake>')
        await (await Peer(srv).open()).sees('conflict')
        await (await Peer(srv).open(extra=" allowMultiple='1'")).sees('</handshake>')


async def streams_in_turn_and_answers_to_the_asker():
    async with FakeOpenfire() as srv:
        peers = [await Peer(srv).open(extra=" allowMultiple=''") for _ in range(2)]
        for peer in peers:
            await peer.sees('</handshake>')
        for n in range(4):
            await srv.send('<message to="x@mqtt.corp.example" id="m%d"/>' % n)
        await peers[0].sees('m1.*m3|m0.*m2')
        await peers[1].sees('m1.*m3|m0.*m2')
        peers[1].say('<iq type="get" id="q" from="mqtt.corp.example" to="alice@corp.example/x"><query xmlns="x"/></iq>')
        srv.handlers.append(lambda el: None)
        await srv.expect(lambda el: el.get('id') == 'q')
        for n in range(2):
            srv.asked['q%d' % n] = srv.streams()[1]
            await srv.send('<iq type="result" id="q%d" from="a@corp.example/x" to="mqtt.corp.example"/>' % n)
        await peers[1].sees('"q0".*"q1"')


async def server_answers_pings_and_bounces():
    async with FakeOpenfire(users=['alice']) as srv:
        peer = await Peer(srv).open()
        await srv.connected()
        peer.say('<iq type="get" id="p1" from="mqtt.corp.example" to="corp.example"><ping xmlns="urn:xmpp:ping"/></iq>')
        await peer.sees('type="result" id="p1"')
        peer.say('<message from="bob@mqtt.corp.example" to="nobody@corp.example" id="m1"><body>x</body></message>')
        await peer.sees('type="error" id="m1".*service-unavailable')
        peer.say('<message from="bob@mqtt.corp.example" to="x@elsewhere.example" id="m2"><body>x</body></message>')
        await peer.sees('id="m2".*remote-server-not-found')
        peer.say('<message from="whoever@corp.example" to="alice@corp.example" id="m3"><body>hi</body></message>')
        await srv.users['alice'].wait(lambda el: el.get('id') == 'm3')  # no check of `from`


async def idle_stream_is_closed_and_whitespace_keeps_it():
    async with FakeOpenfire(idle=2) as srv:
        peer = await Peer(srv).open()
        stream = await srv.connected()
        for _ in range(10):
            await asyncio.wait({stream.closed}, timeout=0.25)
            assert not stream.closed.done()
            peer.say(' ')
        await peer.sees_end()
        assert peer.seen.endswith('</stream:stream>')


async def roster_probes_and_remembered_probes():
    async with FakeOpenfire(users=['alice']) as srv:
        alice = srv.users['alice']
        alice.roster['bob@mqtt.corp.example'] = 'both'
        alice.online()
        peer = await Peer(srv).open()
        await peer.sees("<presence from='alice@corp.example/spark' to='bob@mqtt.corp.example'/>")
        alice.offline()
        alice.online(inner='<show>away</show>')
        await peer.sees("type='probe'.*<show>away</show>")
        peer.say('<presence type="probe" from="bob@mqtt.corp.example" to="alice@corp.example"/>')
        await peer.sees('away.*away')


async def raw_bytes_stop_reading_and_drop():
    async with FakeOpenfire() as srv:
        peer = await Peer(srv).open()
        await srv.connected()
        await srv.send_raw('<message to="ü@mqtt.corp.example"/>', pieces=[14, 15, 16])
        await peer.sees('ü@mqtt.corp.example')
        await srv.send_raw(b'<!DOCTYPE x [<!ENTITY a "b">]>\x00\xff')
        await peer.sees('ENTITY')
        srv.stop_reading()
        peer.say('<message id="late" to="corp.example"/>')
        srv.resume_reading()
        el = await srv.expect(lambda el: local(el) == 'message')
        assert el.get('id') == 'late' and b'late' in srv.streams()[0].raw
        mark = srv.bindings.mark()
        srv.drop()
        await peer.sees_end()
        await srv.stop()
        await srv.listen()
        await Peer(srv).open()
        await srv.connected(after=mark)


if __name__ == '__main__':
    run.main(globals())
