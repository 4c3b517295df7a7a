"""An XMPP client for scenarios, over slixmpp."""
import asyncio
import logging

logging.getLogger("slixmpp").setLevel(logging.CRITICAL)  # it warns on import

from slixmpp import ClientXMPP  # noqa: E402
from slixmpp.xmlstream import tostring  # noqa: E402

from patience import patient  # noqa: E402
from recorder import TIMEOUT, Recorder, new_id  # noqa: E402

RECEIPTS, MARKERS = 'urn:xmpp:receipts', 'urn:xmpp:chat-markers:0'
CHATSTATES = 'http://jabber.org/protocol/chatstates'


class XmppClient(Recorder):
    """One XMPP resource. Events are slixmpp stanzas. Subscriptions are driven by hand, no stanza is answered by itself
    except IQ requests."""

    def __init__(self, server, jid, password=None, resource='desk'):
        super().__init__()
        self.name = '%s/%s' % (jid, resource)
        self.bare, self.server = jid, server
        password = password if password is not None else server.accounts[jid.split('@')[0]]
        self.stream = ClientXMPP('%s/%s' % (jid, resource), password, sasl_mech=None)
        self.stream['feature_mechanisms'].unencrypted_plain = True
        self.stream.auto_authorize = self.stream.auto_subscribe = None
        self.stream.add_filter('in', self._incoming)

    def _incoming(self, stanza):
        if stanza.name in ('message', 'presence', 'iq'):
            self.record(stanza)
        return stanza

    async def connect(self, presence='<presence/>', roster=True, timeout=TIMEOUT):
        started = asyncio.get_running_loop().create_future()
        self.stream.add_event_handler(
            'session_start', lambda _: started.done() or started.set_result(True), disposable=True
        )
        self.stream.add_event_handler(
            'failed_all_auth',
            lambda _: started.done() or started.set_exception(AssertionError('%s: wrong password' % self.name)),
        )
        self.stream.connect(
            (self.server.host, self.server.port), use_ssl=False, force_starttls=False, disable_starttls=True
        )
        await asyncio.wait_for(started, patient(timeout))
        if roster:
            await self.iq('<query xmlns="jabber:iq:roster"/>')
        if presence:
            self.send(presence)
        return self

    @property
    def full(self):
        return self.stream.boundjid.full

    def send(self, xml):
        self.stream.send_raw(xml)

    def message(self, to, body, id=None, extra='', type='chat'):
        """Sends a message; gives its id. `extra` is XML beside the body."""
        id = id or new_id()
        self.send(
            '<message to="%s" type="%s" id="%s"><body>%s</body>%s</message>' % (to, type, id, escape(body), extra)
        )
        return id

    def presence(self, to=None, type=None, inner=''):
        self.send(
            '<presence%s%s>%s</presence>' % (' to="%s"' % to if to else '', ' type="%s"' % type if type else '', inner)
        )

    async def iq(self, payload, to=None, type='get', timeout=TIMEOUT, check=True):
        """Sends a request, gives the answer; an error is a failure unless check=False."""
        id = new_id()
        mark = self.mark()
        self.send('<iq type="%s" id="%s"%s>%s</iq>' % (type, id, ' to="%s"' % to if to else '', payload))
        answer = await self.wait(
            lambda s: s.name == 'iq' and s['id'] == id and s['type'] in ('result', 'error'),
            timeout,
            mark,
            'answer to ' + payload,
        )
        assert not check or answer['type'] == 'result', 'error answer: %s' % answer
        return answer

    async def add_contact(self, jid, name='', groups=()):
        await self.iq(
            '<query xmlns="jabber:iq:roster"><item jid="%s"%s>%s</item></query>'
            % (
                jid,
                ' name="%s"' % escape(name) if name else '',
                ''.join('<group>%s</group>' % escape(group) for group in groups),
            ),
            type='set',
        )

    async def wait_message(self, body=None, frm=None, timeout=TIMEOUT, after=0):
        return await self.wait(
            lambda s: s.name == 'message'
            and (body is None or s['body'] == body)
            and (frm is None or comes_from(s, frm)),
            timeout,
            after,
            'message %r from %s' % (body, frm or 'anyone'),
        )

    async def wait_presence(self, frm, type='available', timeout=TIMEOUT, after=0, show=None, status=None):
        """type: available, unavailable, subscribe, …; show: '' stands for no <show/>."""

        def fits(s):
            return (
                s.name == 'presence'
                and comes_from(s, frm)
                and (s.xml.get('type') or 'available') == type
                and (show is None or text(s, 'show') == show)
                and (status is None or text(s, 'status') == status)
            )

        return await self.wait(fits, timeout, after, '%s presence from %s' % (type, frm))

    async def wait_roster(self, jid, subscription=None, timeout=TIMEOUT, after=0):
        """A roster push (or result) that holds this item; gives the item element."""

        def item(s):
            return (
                next(
                    (
                        i
                        for i in s.xml.iter('{jabber:iq:roster}item')
                        if i.get('jid') == jid and (subscription is None or i.get('subscription') == subscription)
                    ),
                    None,
                )
                if s.name == 'iq'
                else None
            )

        return item(
            await self.wait(lambda s: item(s) is not None, timeout, after, 'roster item %s (%s)' % (jid, subscription))
        )

    async def wait_child(self, tag, timeout=TIMEOUT, after=0, frm=None):
        """A message with this child, '{namespace}name'; gives (stanza, child)."""
        stanza = await self.wait(
            lambda s: s.name == 'message' and s.xml.find(tag) is not None and (frm is None or comes_from(s, frm)),
            timeout,
            after,
            'message with ' + tag,
        )
        return stanza, stanza.xml.find(tag)

    async def disconnect(self):
        if self.stream.transport:
            await self.stream.disconnect(wait=1.0)
        self._end_tasks()

    def drop(self):
        """The connection breaks, without a closing tag."""
        if self.stream.transport:
            self.stream.abort()
        self._end_tasks()

    def _end_tasks(self):
        filters = getattr(self.stream, '_run_out_filters', None)  # slixmpp leaves it behind, and asyncio complains
        if filters:
            filters.cancel()

    def show(self, event):
        return tostring(event.xml)

    async def __aenter__(self):
        return await self.connect()

    async def __aexit__(self, *_):
        await self.disconnect()


def escape(data):
    return data.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;').replace('"', '&quot;')


def comes_from(stanza, jid):
    """jid: full, or bare for any resource."""
    sender = stanza.xml.get('from', '')
    return sender == jid or ('/' not in jid and sender.split('/')[0] == jid)


def text(stanza, tag, namespace='jabber:client'):
    return stanza.xml.findtext('{%s}%s' % (namespace, tag)) or ''
