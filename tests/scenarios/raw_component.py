"""A component that says what it likes: somebody else's, on the same XMPP server."""
import asyncio
import hashlib
import re
import xml.etree.ElementTree as ET

from recorder import Recorder, new_id


class RawComponent(Recorder):
    """Events are Elements. Whoever is at `domain` speaks through send()."""

    def __init__(self, server, domain):
        super().__init__()
        self.server, self.domain, self.name = server, domain, domain

    async def connect(self):
        place, mark = self.server.component, self.mark()
        self.reader, self.writer = await asyncio.open_connection(place.host, place.port)
        self.send(
            "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='%s'>"
            % self.domain
        )
        header = (await self.reader.readuntil(b'>')).decode()
        while '<stream:stream' not in header:
            header += (await self.reader.readuntil(b'>')).decode()
        id = re.search(r'\bid=[\'"]([^\'"]+)', header).group(1)
        self.send('<handshake>%s</handshake>' % hashlib.sha1((id + place.secret).encode()).hexdigest())
        self.task = asyncio.ensure_future(self.run())
        await self.wait(lambda e: e.tag.endswith('}handshake'), after=mark, what='handshake')
        return self

    async def run(self):
        parser, depth = ET.XMLPullParser(('start', 'end')), 0
        parser.feed(
            "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>"
        )
        while data := await self.reader.read(65536):
            parser.feed(data)
            for event, element in parser.read_events():
                depth += 1 if event == 'start' else -1
                if event == 'end' and depth == 1:
                    self.record(element)

    def send(self, xml):
        self.writer.write(xml.encode())

    async def iq(self, payload, to, frm=None, type='get'):
        """A request; its answer, error or not."""
        id = new_id()
        self.send('<iq type="%s" id="%s" from="%s" to="%s">%s</iq>' % (type, id, frm or 'eve@' + self.domain, to, payload))
        return await self.wait(lambda e: e.tag.endswith('}iq') and e.get('id') == id, what='answer to ' + payload)

    async def disconnect(self):
        self.task.cancel()
        self.writer.close()

    def show(self, event):
        return ET.tostring(event, encoding='unicode')
