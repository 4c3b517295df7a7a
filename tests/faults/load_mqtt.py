"""The MQTT half of the load: b<N>@HOSTED talks with a<N>@DOMAIN, for N from 0. A process of its own, over paho.

What a client does that wants nothing lost, as the README tells it: a persistent session, a Will, presence with a new
epoch after each CONNECT; a message is kept until its `accepted` receipt and sent again, same id, in order, after a
reconnect; nothing is said before gw/status has been seen (a broker that forgot everything has no gateway yet). Every
second person sends `delivered` receipts. Every fourth writes to out/text, without ids: what they write counts as sent
with the PUBACK. Every fifth speaks MQTT 3.1.1.
"""
import asyncio
import json
import select
import time

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from load_common import RETRY, Load, arguments, body, parse_body

ROOT = 'im/v1'
REQUESTS = ('roster.get', 'who', 'profile.get')
KEPT = 2000  # unaccepted messages of one person; then they wait before they write more


class Person:
    def __init__(self, load, pair):
        self.load, self.log, self.pair = load, load.log, pair
        self.uid = 'b%d@%s' % (pair, load.options.hosted)
        self.peer = 'a%d@%s' % (pair, load.options.domain)
        self.base = '%s/u/%s/' % (ROOT, self.uid)
        self.version = paho.MQTTv311 if pair % 5 == 4 else paho.MQTTv5
        self.with_id = pair % 4 != 3
        self.confirms = pair % 2 == 0 and not load.options.no_receipts
        self.client, self.up, self.gone = None, False, None
        self.epochs = self.sent = self.asked = self.changes = 0
        self.state = 'online'
        self.unaccepted = {}  # n: when it was sent last
        self.texts = {}  # packet id: n, of what has no id
        self.open, self.seen, self.wished = {}, {}, False

    # ---- the connection
    async def keep(self):
        self.loop = asyncio.get_running_loop()
        while True:
            self.gone = self.loop.create_future()
            try:
                self.connect()
                # Its own select() fifty times a second: told of its sockets, asyncio meets numbers used again.
                while not self.gone.done() and self.turn():
                    await asyncio.sleep(0.02)
            except OSError:
                pass
            self.lost()
            await asyncio.sleep(0.3)
            while self.state == 'offline' and not self.load.stopped:  # away on purpose
                await asyncio.sleep(0.1)

    def turn(self):
        """All that has come; False: the connection is lost."""
        for _ in range(1000):  # a call of loop() reads one packet
            if self.client.loop(0) != paho.MQTT_ERR_SUCCESS:
                return False
            sock = self.client.socket()
            if sock is None or sock.fileno() < 0 or self.gone.done():
                return False
            if not select.select([sock], [], [], 0)[0]:
                break
        return True

    def connect(self):
        self.epochs += 1
        five = self.version == paho.MQTTv5
        self.client = client = paho.Client(
            self.uid + ':phone', protocol=self.version, **({} if five else {'clean_session': False})
        )
        client.username_pw_set(self.uid, 'pb%d' % self.pair)
        client.will_set(
            self.base + 'out/dev/phone/presence',
            json.dumps({'state': 'offline', 'epoch': 'e%d' % self.epochs}), 1, True,
        )
        client.max_inflight_messages_set(1000)
        client.on_connect, client.on_message = self.on_connect, self.on_message
        client.on_publish = lambda c, _, mid, *rest: self.on_puback(mid)
        client.on_disconnect = lambda *_: self.gone.done() or self.gone.set_result(True)
        more = {}
        if five:
            more = {'clean_start': False, 'properties': Properties(PacketTypes.CONNECT)}
            more['properties'].SessionExpiryInterval = 86400
        client.connect('127.0.0.1', self.load.options.port, keepalive=30, **more)

    def on_connect(self, client, _userdata, _flags, code, *_):
        if (code.value if hasattr(code, 'value') else code) != 0 or client is not self.client:
            return self.gone.done() or self.gone.set_result(True)
        client.subscribe([(self.base + 'in/#', 1), (ROOT + '/gw/status', 1)])  # gw/status comes: then we may talk

    def lost(self):
        if self.up:
            self.log('C', self.pair, 'gone' if self.state == 'offline' else 'down')
        self.up = False
        client, self.client = self.client, None
        if client is not None and client.socket() is not None:
            client.socket().close()

    def begin(self):
        """The gateway has been heard of in this session."""
        if self.up:
            return
        self.up = True
        self.log('C', self.pair, 'up')
        self.texts.clear()
        if self.state != 'offline':
            self.announce()
        if not self.wished:
            self.ask('subscribe', contact=self.peer)
        for n in self.unaccepted:
            self.put(n, 'Z')

    def publish(self, leaf, value, qos=1, retain=False, properties=None):
        payload = value if isinstance(value, str) else json.dumps(value)
        more = {'properties': properties} if properties is not None else {}
        try:
            return self.client.publish(self.base + leaf, payload, qos, retain, **more).mid
        except OSError:  # paho has closed its socket and has not said so yet
            self.gone.done() or self.gone.set_result(True)
            return None

    # ---- messages
    def say(self):
        if not self.up or len(self.unaccepted) >= KEPT:
            return
        n = self.sent
        self.sent += 1
        if self.with_id:
            return self.put(n, 'S')
        self.log('S', self.pair, n, '-')
        self.texts[self.publish('out/text/' + self.peer, body('m', self.pair, n))] = n

    def put(self, n, kind):
        id = 'm-%d-%d' % (self.pair, n)
        self.unaccepted[n] = time.monotonic()
        self.log(kind, self.pair, n, id)
        mid = self.publish('out/msg', {
            'id': id, 'to': self.peer, 'kind': 'chat', 'body': body('m', self.pair, n),
            'want': ['delivered'] if self.pair % 2 == 0 else [],
        })
        self.texts[mid] = n

    def on_puback(self, mid):
        n = self.texts.pop(mid, None)
        if n is not None:
            self.log('K', self.pair, n)

    def on_message(self, client, _userdata, message):
        if client is not self.client:
            return
        if message.topic == ROOT + '/gw/status':
            return self.begin() if message.payload else None
        leaf = message.topic[len(self.base):]
        value = json.loads(message.payload) if message.payload else {}
        if leaf == 'in/msg':
            self.on_in_msg(value)
        elif leaf == 'in/receipt':
            self.on_receipt(value)
        elif leaf.startswith('in/res/') and value.get('id') in self.open:
            del self.open[value['id']]
            outcome = 'result' if value['ok'] else value['error']['condition']
            self.log('a', self.pair, value['id'], outcome)
        elif leaf == 'in/contact/%s/presence' % self.peer:
            state = value.get('state', 'offline')
            self.log('V', self.pair, state + (':' + value['status'] if value.get('status') else ''))
        elif leaf == 'in/contact/' + self.peer and value.get('request'):
            self.ask('approve', contact=self.peer)

    def on_in_msg(self, value):
        ours = parse_body(value.get('body'), 'm')
        if ours:  # the copy of what this person wrote to out/text tells the id it got
            self.seen[value['id']] = ours[1]
            return
        ours = parse_body(value.get('body'), 'x')
        if ours:
            self.log('R', ours[0], ours[1], value['id'])
            if self.confirms:
                self.publish('out/receipt', {'id': value['id'], 'to': value['from'], 'state': 'delivered'})

    def on_receipt(self, value):
        id, state = value['id'], value['state']
        n = int(id.split('-')[2]) if id.startswith('m-') else self.seen.get(id)
        if n is None:
            return
        self.unaccepted.pop(n, None)
        if state == 'failed':
            self.log('E', self.pair, n, value.get('reason', {}).get('condition'))
        else:
            self.log('G', self.pair, n, state)

    # ---- presence
    def announce(self):
        kind, _, status = self.state.partition(':')
        value = {'state': kind, 'epoch': 'e%d' % self.epochs}
        if status:
            value['status'] = status
        self.log('T', self.pair, self.state)
        self.publish('out/dev/phone/presence', value, retain=True)

    def change_presence(self):
        self.changes += 1
        kind = self.load.random.choice(('online', 'away', 'dnd', 'xa', 'offline', 'drop'))
        if kind == 'drop':  # the connection breaks, the Will speaks, and it is back at once
            if self.up:
                self.client.socket().close()
                self.gone.done() or self.gone.set_result(True)
            return
        was, self.state = self.state, kind if kind == 'offline' else '%s:p%d' % (kind, self.changes)
        if self.up and was != 'offline':
            self.announce()
            if kind == 'offline':
                self.client.disconnect()

    def settle(self):
        self.changes += 1
        self.state = 'online:p%d' % self.changes
        if self.up:
            self.announce()

    # ---- requests
    def ask(self, request=None, **fields):
        if not self.up:
            return
        request = request or self.load.random.choice(REQUESTS)
        if request == 'profile.get':
            fields['contact'] = self.peer
        self.asked += 1
        self.question('q-%d-%d' % (self.pair, self.asked), dict(fields, request=request), 'q')

    def question(self, id, value, kind):
        self.open[id] = [value, time.monotonic()]
        self.log(kind, self.pair, id, value['request'])
        self.wished = self.wished or value['request'] == 'subscribe'
        self.publish('out/req', dict(value, id=id, device='phone'))

    def retry(self):
        now = time.monotonic()
        if not self.up:
            return
        for id, (value, since) in list(self.open.items()):
            if now - since > RETRY:
                self.question(id, value, 'r')
        oldest = next(iter(self.unaccepted.values()), now)
        if now - oldest > RETRY:
            for n in list(self.unaccepted):
                self.put(n, 'Z')


if __name__ == '__main__':
    asyncio.run(Load(arguments(__doc__), Person).run())
