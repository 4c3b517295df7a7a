"""The memory of ferryd with 1,000 users on one device each, who have 20 contacts each, all mutual and all online."""
import hashlib
import json
import re
import select
import socket
import time

import paho.mqtt.client as mqtt
from messages import BROKER, LIMITS, LOAD
from servers import DEFAULT_ACL, Ferryd, Mosquitto, Prosody

CONTACTS = 20
USERS = 1_000
DOMAIN = 'mqtt.localhost'
ACL = DEFAULT_ACL + '\nuser admin\ntopic readwrite {root}/#\n'
STANZA = re.compile(rb"<presence\b[^>]*?(?:/>|>.*?</presence>)", re.S)
ATTRIBUTE = re.compile(rb"\b(from|to|type)=['\"]([^'\"]*)['\"]")


class Contacts:
    """The component load.localhost: everyone there agrees to every subscription and wants one, too."""

    def __init__(self, server):
        self.socket = socket.create_connection((server.component.host, server.component.port))
        self.socket.sendall(
            b"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='%s'>"
            % LOAD.encode()
        )
        self.buffer = b''
        identity = self._wait(rb"\bid=['\"]([^'\"]*)['\"]")[1].decode()
        digest = hashlib.sha1((identity + server.component.secret).encode()).hexdigest()
        self.socket.sendall(b'<handshake>%s</handshake>' % digest.encode())
        self._wait(rb'<handshake\s*/>|</handshake>')
        self.buffer = b''
        self.socket.setblocking(False)
        self.out = b''

    def _wait(self, pattern):
        while True:
            found = re.search(pattern, self.buffer)
            if found:
                return found
            data = self.socket.recv(65536)
            if not data:
                raise RuntimeError('the server refused %s: %r' % (LOAD, self.buffer))
            self.buffer += data

    def turn(self, timeout):
        _, writable, _ = select.select([self.socket], [self.socket] if self.out else [], [], timeout)
        if writable:
            self.out = self.out[self.socket.send(self.out) :]
        try:
            self.buffer += self.socket.recv(1 << 20)
        except BlockingIOError:
            return
        end = 0
        for stanza in STANZA.finditer(self.buffer):
            end = stanza.end()
            attributes = dict(ATTRIBUTE.findall(stanza[0][: stanza[0].index(b'>')]))
            self._answer(attributes.get(b'type', b''), attributes[b'to'].split(b'/')[0], attributes[b'from'])
        self.buffer = self.buffer[end:]

    def _answer(self, kind, me, them):
        bare = them.split(b'/')[0]
        if kind == b'subscribe':
            self.out += b"<presence type='subscribed' from='%s' to='%s'/>" % (me, bare)
            self.out += b"<presence type='subscribe' from='%s' to='%s'/>" % (me, bare)
            self._online(me, bare)
        elif kind == b'probe':
            self._online(me, bare)

    def _online(self, me, them):
        self.out += b"<presence from='%s/spark' to='%s'><show>away</show><status>Lunch</status></presence>" % (me, them)


class Admin:
    """One MQTT client that speaks for all users (its ACL lets it) and sees what they see."""

    def __init__(self, broker):
        self.client = mqtt.Client('bench-admin')
        self.client.username_pw_set('admin', broker.users['admin'])
        self.client.max_inflight_messages_set(1000)
        self.both = set()  # (user, contact) with subscription both
        self.online = set()
        self.client.on_message = self.on_message
        self.connected = False
        self.client.on_connect = self.on_connect
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()

    def on_connect(self, client, *_):
        client.subscribe('im/v1/u/+/in/contact/#', qos=1)

    def on_message(self, client, userdata, publish):
        levels = publish.topic.split('/')
        key = (levels[3], levels[6])
        if not publish.payload:
            return
        item = json.loads(publish.payload)
        if levels[-1] == 'presence':
            (self.online.add if item['state'] != 'offline' else self.online.discard)(key)
            return
        if item['subscription'] == 'both':
            self.both.add(key)
        elif item.get('request'):
            self.request(levels[3], {'request': 'approve', 'contact': item['jid']})

    def request(self, user, body):
        body['id'] = 'r'
        self.client.publish('im/v1/u/%s/out/req' % user, json.dumps(body), qos=1)

    def online_device(self, user):
        topic = 'im/v1/u/%s/out/dev/phone/presence' % user
        self.client.publish(topic, '{"state":"online","epoch":"1"}', qos=1, retain=True)


def resident(pid):
    with open('/proc/%d/status' % pid, encoding='ascii') as file:
        fields = dict(line.split(':', 1) for line in file)
    return {name: int(fields[name].split()[0]) for name in ('VmRSS', 'VmHWM', 'RssAnon', 'RssFile')}


def measure(quick):
    users = ['user%04d@%s' % (i, DOMAIN) for i in range(50 if quick else USERS)]
    acl = ACL.format(root='im/v1', gateway='ferry')
    with Mosquitto(users={'admin': 'admin-secret'}, acl=acl, conf=BROKER) as broker:
        with Prosody(components=(LOAD,)) as server, Ferryd(broker, server, options={'limits': LIMITS}) as gateway:
            empty = resident(gateway.process.pid)
            contacts, admin = Contacts(server), Admin(broker)
            wanted = len(users) * CONTACTS
            deadline = time.monotonic() + 300
            for number, user in enumerate(users):
                admin.online_device(user)
                for i in range(CONTACTS):
                    contact = 'contact%04d@%s' % ((number * 7 + i) % max(len(users), CONTACTS), LOAD)
                    body = {'request': 'subscribe', 'contact': contact}
                    admin.request(user, body)
                contacts.turn(0)
            while (len(admin.both) < wanted or len(admin.online) < wanted) and time.monotonic() < deadline:
                contacts.turn(0.1)
            full, both, online = resident(gateway.process.pid), len(admin.both), len(admin.online)
            restarted = _again(gateway)
            admin.client.loop_stop()
            return {
                'users': len(users),
                'contacts': CONTACTS,
                'wanted': wanted,
                'both': both,
                'online': online,
                'empty_kb': empty,
                'full_kb': full,
                'restarted_kb': restarted,
            }


def _again(gateway):
    """What the same users take after a restart: without the traces of the 20,000 subscriptions."""
    gateway.terminate()
    gateway.start()
    time.sleep(5)  # the retained presences of a thousand devices; the contacts stay offline
    return resident(gateway.process.pid)
