"""An MQTT client for scenarios, over paho-mqtt: versions 3.1, 3.1.1 and 5."""
import asyncio
import json
import time
from collections import namedtuple

import paho.mqtt.client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

import payloads
from patience import patient
from recorder import TIMEOUT, Recorder, new_id


def uid_of(bare_jid):
    """The bare JID as one topic level: `+ # / $ % =`, space and control characters become =HH."""
    return ''.join('=%02X' % ord(c) if c in '+#/$%= ' or ord(c) < 32 or ord(c) == 127 else c for c in bare_jid)


# topic: below {root}/u/{uid}/ for the user's own topics, else whole. json: None where the payload is not JSON.
Publish = namedtuple('Publish', 'topic payload json retain qos properties')

# Publishes received that break the contract (config/schema), from all clients; run.py empties it and fails the case.
contract_violations = []

MQTT31, MQTT311, MQTT5 = paho.MQTTv31, paho.MQTTv311, paho.MQTTv5


class MqttClient(Recorder):
    """One device of one user, in the running asyncio loop (no thread). The Will says offline, as the
    contract asks; a persistent session unless clean=True."""

    def __init__(
        self, broker, jid, device='phone', password=None, version=MQTT5, clean=False, subscribe=True, client_id=None
    ):
        super().__init__()
        self.broker, self.jid, self.uid, self.device, self.version = broker, jid, uid_of(jid), device, version
        self.name = '%s/%s' % (jid, device)
        self.base = '%s/u/%s/' % (broker.root, self.uid)
        self.password = password if password is not None else broker.users[self.uid]
        self.clean, self.subscribes = clean, subscribe
        self.feeds = ()  # topics of feeds, whose payloads are free
        self.client_id = client_id or '%s:%s' % (self.uid, device)
        self.epoch = None
        self.client = None
        self.session_present = None
        self._acks = {}
        self._connected = None

    # connection
    async def connect(self, presence='online', will=True, timeout=TIMEOUT, **presence_fields):
        loop = asyncio.get_running_loop()
        five = self.version == MQTT5
        self.client = client = paho.Client(
            self.client_id, protocol=self.version, **({} if five else {'clean_session': self.clean})
        )
        client.username_pw_set(self.uid, self.password)
        if self.broker.cafile:
            client.tls_set(self.broker.cafile)
        self.epoch = new_id()
        if will:
            client.will_set(
                self.base + 'out/dev/%s/presence' % self.device,
                json.dumps({'state': 'offline', 'epoch': self.epoch}),
                1,
                True,
            )
        self._connected = loop.create_future()
        self._loop = loop
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_publish = lambda _c, _u, mid, *_: self._ack(mid)
        client.on_subscribe = lambda _c, _u, mid, *_: self._ack(mid)
        client.on_socket_open = self._on_socket_open
        client.on_socket_close = lambda _c, _u, sock: loop.remove_reader(sock)
        client.on_socket_register_write = lambda _c, _u, sock: loop.add_writer(sock, client.loop_write)
        client.on_socket_unregister_write = lambda _c, _u, sock: loop.remove_writer(sock)
        arguments = {}
        if five:
            arguments['clean_start'] = self.clean
            arguments['properties'] = Properties(PacketTypes.CONNECT)
            arguments['properties'].SessionExpiryInterval = 0 if self.clean else 86400
        client.connect(self.broker.host, self.broker.port, keepalive=30, **arguments)
        await asyncio.wait_for(self._connected, patient(timeout))
        if self.subscribes:
            await self.subscribe('in/#')
            await self.subscribe('%s/gw/status' % self.broker.root, absolute=True)
        if presence:
            await self.presence(presence, **presence_fields)
        return self

    def _on_socket_open(self, client, _userdata, sock):
        def readable():
            client.loop_read()
            while (
                client.socket() is sock and getattr(sock, 'pending', int)()
            ):  # TLS keeps bytes that select does not see
                client.loop_read()

        self._loop.add_reader(sock, readable)
        self._loop.call_later(1, self._housekeeping, client)

    def _housekeeping(self, client):
        if client is self.client and client.loop_misc() == paho.MQTT_ERR_SUCCESS:
            self._loop.call_later(1, self._housekeeping, client)

    def _on_connect(self, _client, _userdata, flags, code, *_):
        self.session_present = bool(flags.get('session present'))
        if self._connected.done():
            return
        if (code.value if hasattr(code, 'value') else code) == 0:
            self._connected.set_result(True)
        else:
            self._connected.set_exception(
                AssertionError('%s: the broker refused the connection: %s' % (self.name, code))
            )

    def _on_message(self, _client, _userdata, message):
        try:
            payloads.validate(message.topic, message.payload, self.broker.root, self.feeds)
        except AssertionError as problem:
            contract_violations.append('%s: %s' % (message.topic, problem))
        topic = message.topic[len(self.base) :] if message.topic.startswith(self.base) else message.topic
        try:
            value = json.loads(message.payload)
        except ValueError:
            value = None
        self.record(
            Publish(
                topic, message.payload, value, bool(message.retain), message.qos, getattr(message, 'properties', None)
            )
        )

    def _ack(self, mid):
        future = self._acks.setdefault(mid, self._loop.create_future())
        if not future.done():
            future.set_result(True)

    async def _acknowledged(self, mid, timeout, what):
        try:
            await asyncio.wait_for(self._acks.setdefault(mid, self._loop.create_future()), patient(timeout))
        except asyncio.TimeoutError:
            raise AssertionError(
                '%s: the broker did not acknowledge %s within %s s' % (self.name, what, timeout)
            ) from None
        del self._acks[mid]

    async def disconnect(self, presence='offline'):
        """As a good client leaves: offline first."""
        if self.client and self.client.socket():
            if presence:
                await self.presence(presence)
            gone = asyncio.get_running_loop().create_future()
            self.client.on_disconnect = lambda *_: gone.done() or gone.set_result(True)
            self.client.disconnect()
            await asyncio.wait_for(gone, patient(TIMEOUT))
        self.client = None

    def drop(self):
        """The connection breaks: no DISCONNECT, so the broker publishes the Will."""
        sock = self.client.socket()
        self._loop.remove_reader(sock)
        self._loop.remove_writer(sock)
        self.client.on_socket_close = self.client.on_socket_unregister_write = None
        sock.close()
        self.client = None

    async def subscribe(self, topic, qos=1, absolute=False):
        _, mid = self.client.subscribe(topic if absolute else self.base + topic, qos)
        await self._acknowledged(mid, TIMEOUT, 'SUBSCRIBE ' + topic)

    # what a user does
    async def publish(self, topic, payload, qos=1, retain=False, properties=None, absolute=False, timeout=TIMEOUT):
        """payload: str, bytes or an object for JSON. At QoS 1 it returns with the PUBACK."""
        if isinstance(payload, (dict, list)):
            payload = json.dumps(payload, ensure_ascii=False)
        info = self.client.publish(
            topic if absolute else self.base + topic,
            payload,
            qos,
            retain,
            **({'properties': properties} if self.version == MQTT5 else {})
        )
        if qos:
            await self._acknowledged(info.mid, timeout, 'PUBLISH ' + topic)

    async def message(self, to, body, id=None, want=('delivered', 'displayed'), **fields):
        """Gives the id. Without device=None the message carries this device's name."""
        message = dict(
            {
                'id': id or new_id(),
                'to': to,
                'kind': 'chat',
                'body': body,
                'ts': now(),
                'want': list(want),
                'device': self.device,
            },
            **fields
        )
        await self.publish('out/msg', {key: value for key, value in message.items() if value is not None})
        return message['id']

    async def receipt(self, message, state):
        """message: the Publish of `in/msg`."""
        await self.publish('out/receipt', {'id': message.json['id'], 'to': message.json['from'], 'state': state})

    async def act(self, to, state, **fields):
        await self.publish('out/act', dict({'to': to, 'state': state, 'device': self.device}, **fields), qos=0)

    async def presence(self, state, **fields):
        await self.publish(
            'out/dev/%s/presence' % self.device, dict({'state': state, 'epoch': self.epoch}, **fields), retain=True
        )

    async def request(self, request, timeout=TIMEOUT, check=True, **fields):
        """Gives the answer's `result`, or the whole answer with check=False. MQTT 5 has a response topic, others "device"."""
        id = new_id()
        body = dict({'id': id, 'request': request}, **fields)
        properties = None
        if self.version == MQTT5:
            properties = Properties(PacketTypes.PUBLISH)
            properties.ResponseTopic = self.base + 'in/res/' + self.device
            properties.CorrelationData = id.encode()
        else:
            body['device'] = self.device
        mark = self.mark()
        await self.publish('out/req', body, properties=properties)
        answer = await self.wait(
            lambda p: p.topic == 'in/res/' + self.device and p.json and p.json.get('id') == id,
            timeout,
            mark,
            'answer to ' + request,
        )
        if self.version == MQTT5:
            assert getattr(answer.properties, 'CorrelationData', None) == id.encode(), (
                'the answer to %s lacks the correlation data' % request
            )
        if not check:
            return answer.json
        assert answer.json.get('ok') is True, '%s failed: %s' % (request, answer.json)
        return answer.json.get('result')

    # what a user waits for
    async def wait_topic(self, topic, fits=lambda value: True, timeout=TIMEOUT, after=0, what=''):
        """A publish with a JSON object on this topic (below the user's) for which fits(object)."""
        return await self.wait(
            lambda p: p.topic == topic and p.json is not None and fits(p.json), timeout, after, what or topic
        )

    wait_for = Recorder.wait

    async def wait_message(self, body=None, frm=None, timeout=TIMEOUT, after=0):
        return await self.wait_topic(
            'in/msg',
            lambda m: (body is None or m.get('body') == body) and (frm is None or same(m.get('from', ''), frm)),
            timeout,
            after,
            'message %r from %s' % (body, frm or 'anyone'),
        )

    async def wait_receipt(self, id, state, timeout=TIMEOUT, after=0):
        return await self.wait_topic(
            'in/receipt',
            lambda r: r.get('id') == id and r.get('state') == state,
            timeout,
            after,
            '%s receipt for %s' % (state, id),
        )

    async def wait_contact(self, jid, fits=lambda value: True, timeout=TIMEOUT, after=0):
        return await self.wait_topic('in/contact/' + uid_of(jid), fits, timeout, after, 'contact ' + jid)

    async def wait_presence(self, jid, state, timeout=TIMEOUT, after=0, fits=lambda value: True):
        return await self.wait_topic(
            'in/contact/%s/presence' % uid_of(jid),
            lambda p: p.get('state') == state and fits(p),
            timeout,
            after,
            '%s presence of %s' % (state, jid),
        )

    async def wait_cleared(self, topic, timeout=TIMEOUT, after=0):
        """The empty payload that deletes a retained topic."""
        return await self.wait(lambda p: p.topic == topic and not p.payload, timeout, after, 'deletion of ' + topic)

    def show(self, event):
        return '%s %s%s' % (event.topic, event.payload.decode(errors='replace'), ' (retained)' if event.retain else '')

    async def __aenter__(self):
        return await self.connect()

    async def __aexit__(self, *_):
        if self.client:
            await self.disconnect()


def same(sender, jid):
    return sender == jid or ('/' not in jid and sender.split('/')[0] == jid)


def now():
    seconds = time.time()
    return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds)) + '.%03dZ' % (seconds * 1000 % 1000)
