"""Two sides that know each other: users of MQTT and contacts of a component, all mutual and all online."""
import hashlib
import json
import re
import select
import socket
import time

import paho.mqtt.client as mqtt

DOMAIN = 'mqtt.localhost'
STANZA = re.compile(rb"<presence\b[^>]*?(?:/>|>.*?</presence>)", re.S)
ATTRIBUTE = re.compile(rb"\b(from|to|type)=['\"]([^'\"]*)['\"]")


class Contacts:
    """A component: everyone there agrees to every subscription and wants one, too."""

    def __init__(self, server, domain):
        self.domain = domain
        self.socket = socket.create_connection((server.component.host, server.component.port))
        self.socket.sendall(
            b"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='%s'>"
            % domain.encode()
        )
        self.buffer = b''
        identity = self._wait(rb"\bid=['\"]([^'\"]*)['\"]")[1].decode()
        digest = hashlib.sha1((identity + server.component.secret).encode()).hexdigest()
        self.socket.sendall(b'<handshake>%s</handshake>' % digest.encode())
        self._wait(rb'<handshake\s*/>|</handshake>')
        self.buffer = b''
        self.socket.setblocking(False)
        self.out = b''
        self.answered = set()  # who agreed to a subscription of ours: the feeds

    def _wait(self, pattern):
        while True:
            found = re.search(pattern, self.buffer)
            if found:
                return found
            data = self.socket.recv(65536)
            if not data:
                raise RuntimeError('the server refused %s: %r' % (self.domain, self.buffer))
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
        elif kind == b'subscribed':
            self.answered.add(me)
        elif kind == b'probe':
            self._online(me, bare)

    def _online(self, me, them):
        self.out += b"<presence from='%s/spark' to='%s'><show>away</show><status>Lunch</status></presence>" % (me, them)


class Admin:
    """One MQTT client that speaks for all users (its ACL lets it) and sees what they see."""

    def __init__(self, broker):
        self.client = mqtt.Client('bench-admin')
        self.client.username_pw_set(broker.gateway, broker.gateway_password)
        self.client.max_inflight_messages_set(1000)
        self.both = set()  # (user, contact) with subscription both
        self.online = set()
        self.known = set()  # (user, contact) of any roster
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
        self.known.add(key)
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

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def user(number):
    return 'user%04d@%s' % (number, DOMAIN)


def population(users, contacts):
    """How many contacts there are in all: as bench_load counts (load_plan.h)."""
    return contacts * -(-users // contacts)


def befriend(broker, server, domain, users, contacts, patience=300):
    """Gives the Admin, with whom became mutual and was seen online. What comes later to `domain` must be taken by
    somebody else: the connection of the component ends here."""
    people, admin = Contacts(server, domain), Admin(broker)
    wanted = users * contacts
    deadline = time.monotonic() + patience
    for number in range(users):
        admin.online_device(user(number))
        for i in range(contacts):
            contact = 'contact%04d@%s' % ((number * 7 + i) % population(users, contacts), domain)
            admin.request(user(number), {'request': 'subscribe', 'contact': contact})
        people.turn(0)
    while (len(admin.both) < wanted or len(admin.online) < wanted) and time.monotonic() < deadline:
        people.turn(0.1)
    admin.people = people
    return admin


def follow(server, domain, feed, followers, patience=60):
    people = Contacts(server, domain)
    for number in range(followers):
        people.out += b"<presence type='subscribe' from='follower%04d@%s' to='%s'/>" % (
            number, domain.encode(), feed.encode())
    deadline = time.monotonic() + patience
    while len(people.answered) < followers:
        if time.monotonic() > deadline:
            raise RuntimeError('%d of %d may follow %s' % (len(people.answered), followers, feed))
        people.turn(0.1)
    people.socket.close()


def fill_roster(broker, users, contacts, patience=300):
    admin = Admin(broker)
    for number in range(users):
        for i in range(contacts):
            body = {'request': 'roster.add', 'contact': 'contact%05d@localhost' % i, 'name': 'Contact %d' % i}
            admin.request(user(number), {**body, 'groups': ['Colleagues']})
    deadline = time.monotonic() + patience
    while len(admin.known) < users * contacts:
        if time.monotonic() > deadline:
            raise RuntimeError('%d of %d contacts' % (len(admin.known), users * contacts))
        time.sleep(0.05)
    admin.close()
