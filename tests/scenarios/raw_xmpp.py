"""An XMPP client's stream of which each byte is ours: what libraries will not send."""
import asyncio
import base64
import re

from patience import patient
from recorder import TIMEOUT


class RawXmpp:
    """`text` is all that the server has said since the last login step."""

    def __init__(self, server, localpart, password):
        self.server, self.localpart, self.password = server, localpart, password
        self.text = ''

    async def connect(self):
        self.reader, self.writer = await asyncio.open_connection(self.server.host, self.server.port)
        await self._open()
        secret = base64.b64encode(('\0%s\0%s' % (self.localpart, self.password)).encode()).decode()
        self.send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>%s</auth>" % secret)
        await self.until('<success')
        await self._open()
        self.send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        await self.until('<jid>')
        self.send("<iq type='set' id='session'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>")
        self.send('<presence/>')
        self.text = ''
        return self

    async def _open(self):
        self.text = ''
        self.send(
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
            "xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='%s'>" % self.server.domain
        )
        await self.until('</stream:features>')

    def send(self, xml):
        self.writer.write(xml.encode(errors='surrogateescape'))

    async def until(self, pattern):
        """What the server says that the pattern finds."""

        async def read():
            while True:
                if found := re.search(pattern, self.text):
                    return found
                data = await self.reader.read(65536)
                if not data:
                    raise AssertionError('the server hung up; no /%s/ in: %s' % (pattern, self.text[-500:]))
                self.text += data.decode(errors='replace')

        return await asyncio.wait_for(read(), patient(TIMEOUT))

    async def closed(self):
        """The server has had enough; gives all that it said."""

        async def read():
            try:
                while data := await self.reader.read(65536):
                    self.text += data.decode(errors='replace')
            except ConnectionError:
                pass
            return self.text

        return await asyncio.wait_for(read(), patient(TIMEOUT))

    def drop(self):
        self.writer.close()
