"""The XMPP half of the load: a<N>@DOMAIN talks with b<N>@HOSTED, for N from 0. A process of its own, over slixmpp.

Every second person sends their messages with an id and asks for receipts (XEP-0184), every fourth sends without an id.
"""
import asyncio
import logging
import time
from xml.sax.saxutils import escape

import slixmpp

from load_common import RETRY, Load, arguments, body, parse_body

logging.disable(logging.CRITICAL)
CLIENT, RECEIPTS, DELAY = '{jabber:client}', '{urn:xmpp:receipts}', '{urn:xmpp:delay}delay'
QUESTIONS = {
    'ping': '<ping xmlns="urn:xmpp:ping"/>',
    'disco': '<query xmlns="http://jabber.org/protocol/disco#info"/>',
    'version': '<query xmlns="jabber:iq:version"/>',
    'vcard': '<vCard xmlns="vcard-temp"/>',
}


class Person:
    def __init__(self, load, pair):
        self.load, self.log, self.pair = load, load.log, pair
        self.peer = 'b%d@%s' % (pair, load.options.hosted)
        self.jid = 'a%d@%s' % (pair, load.options.domain)
        self.with_id, self.wants_receipt = pair % 4 != 3, pair % 2 == 0
        self.stream, self.up, self.down = None, False, None
        self.sent = self.asked = self.changes = 0
        self.state, self.open = 'online', {}

    # ---- the connection
    async def keep(self):
        while True:
            loop = asyncio.get_running_loop()
            started, self.down = loop.create_future(), loop.create_future()
            stream = self.stream = slixmpp.ClientXMPP(self.jid + '/desk', 'pa%d' % self.pair, sasl_mech='PLAIN')
            stream['feature_mechanisms'].unencrypted_plain = True
            stream.auto_authorize = stream.auto_subscribe = None
            stream.add_filter('in', self.incoming)
            stream.add_event_handler('session_start', lambda _: started.done() or started.set_result(True))
            for event in ('disconnected', 'connection_failed', 'failed_all_auth'):
                stream.add_event_handler(event, lambda _, down=self.down: down.done() or down.set_result(True))
            stream.connect(('127.0.0.1', self.load.options.port), False, False, True)
            await asyncio.wait([started, self.down], timeout=20, return_when=asyncio.FIRST_COMPLETED)
            if started.done() and not self.down.done():
                self.up = True
                self.log('C', self.pair, 'up')
                stream.send_raw('<iq type="get" id="roster"><query xmlns="jabber:iq:roster"/></iq>')
                self.announce()
                await self.down
                self.up = False
                self.log('C', self.pair, 'down')
            stream.abort()
            filters = getattr(stream, '_run_out_filters', None)  # slixmpp leaves it behind
            if filters:
                filters.cancel()
            await asyncio.sleep(0.3)

    def send(self, xml):
        try:
            self.stream.send_raw(xml)
            return True
        except Exception:  # slixmpp: not connected any more, in one of several ways
            return False

    def incoming(self, stanza):
        xml = stanza.xml
        kind = xml.tag.rpartition('}')[2]
        if kind == 'message':
            self.on_message(xml)
        elif kind == 'presence':
            self.on_presence(xml)
        elif kind == 'iq' and xml.get('id', '').startswith('q-') and xml.get('type') in ('result', 'error'):
            if self.open.pop(xml.get('id'), None):
                self.log('a', self.pair, xml.get('id'), xml.get('type'))
        else:
            return stanza
        return None

    # ---- messages
    def say(self):
        if not self.up or self.stream.transport is None:
            return
        n = self.sent
        self.sent += 1
        id = 'x-%d-%d' % (self.pair, n) if self.with_id else '-'
        self.log('S', self.pair, n, id)
        self.send(
            '<message to="%s" type="chat"%s><body>%s</body>%s</message>'
            % (
                self.peer,
                ' id="%s"' % id if self.with_id else '',
                body('x', self.pair, n),
                '<request xmlns="urn:xmpp:receipts"/>' if self.wants_receipt and self.with_id else '',
            )
        )

    def on_message(self, xml):
        id, text = xml.get('id', ''), xml.findtext(CLIENT + 'body')
        if xml.get('type') == 'error':
            ours = parse_body(text, 'x') or (id.startswith('x-') and tuple(map(int, id.split('-')[1:])))
            error = xml.find(CLIENT + 'error')
            reason = error[0].tag.rpartition('}')[2] if error is not None and len(error) else 'error'
            self.log('E', self.pair, ours[1] if ours else '-', reason)
            return
        received = xml.find(RECEIPTS + 'received')
        if received is not None and received.get('id', '').startswith('x-'):
            self.log('G', self.pair, received.get('id').split('-')[2], 'delivered')
        ours = parse_body(text, 'm')
        if not ours:
            return
        kept = any(delay.get('from') == self.load.options.domain for delay in xml.iter(DELAY))  # while we were away
        self.log('R', ours[0], ours[1], id or '-', *(['kept'] if kept else []))
        if xml.find(RECEIPTS + 'request') is not None and id:
            self.send(
                '<message to="%s" type="chat"><received xmlns="urn:xmpp:receipts" id="%s"/></message>'
                % (xml.get('from'), escape(id, {'"': '&quot;'}))
            )

    # ---- presence
    def announce(self):
        kind, _, status = self.state.partition(':')
        if kind == 'offline':
            xml = '<presence type="unavailable"/>'
        else:
            show = '' if kind == 'online' else '<show>%s</show>' % kind
            xml = '<presence>%s%s</presence>' % (show, '<status>%s</status>' % status if status else '')
        if self.send(xml):
            self.log('T', self.pair, self.state)

    def change_presence(self):
        self.changes += 1
        kind = self.load.random.choice(('online', 'away', 'dnd', 'xa', 'offline'))
        self.state = kind if kind == 'offline' else '%s:p%d' % (kind, self.changes)
        if self.up:
            self.announce()

    def settle(self):
        self.changes += 1
        self.state = 'online:p%d' % self.changes
        if self.up:
            self.announce()

    def on_presence(self, xml):
        kind, sender = xml.get('type'), xml.get('from', '')
        if sender.split('/')[0] != self.peer:
            return
        if kind == 'subscribe':  # everybody is welcome, and wants to see in return
            self.send('<presence to="%s" type="subscribed"/><presence to="%s" type="subscribe"/>' % ((self.peer,) * 2))
        elif kind == 'unavailable':
            self.log('V', self.pair, 'offline')
        elif kind is None:
            status = xml.findtext(CLIENT + 'status')
            state = xml.findtext(CLIENT + 'show') or 'online'
            self.log('V', self.pair, state + (':' + status if status else ''))

    # ---- requests
    def ask(self):
        if self.up:
            what = self.load.random.choice(tuple(QUESTIONS))
            to = self.load.options.hosted if self.load.random.random() < 0.3 and what != 'vcard' else self.peer
            self.asked += 1
            self.question('q-%d-%d-0' % (self.pair, self.asked), what, to, 'q')

    def question(self, id, what, to, kind):
        self.open[id] = (what, to, time.monotonic())
        self.log(kind, self.pair, id, what)
        self.send('<iq type="get" id="%s" to="%s">%s</iq>' % (id, to, QUESTIONS[what]))

    def retry(self):
        for id, (what, to, since) in list(self.open.items()):
            if self.up and time.monotonic() - since > RETRY:
                del self.open[id]
                stem, _, times = id.rpartition('-')
                self.question('%s-%d' % (stem, int(times) + 1), what, to, 'r')


if __name__ == '__main__':
    asyncio.run(Load(arguments(__doc__), Person).run())
