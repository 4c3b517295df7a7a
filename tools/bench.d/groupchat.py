"""Group chat: a room at the XMPP server's own service. Who is on MQTT is in it with the account that they keep, by a
session of its own over TLS: the only way that Ferry has, for people of the gateway's own domain are in no rooms. Beside
it the same room of the server alone, with a component instead of the sessions, and one topic of Mosquitto's.
"""
import json
import time
from types import SimpleNamespace

from messages import BOB, BROKER, LIMITS, LOAD, SENTINEL, SINK, Rows, load
from people import Admin
from process import Failed, children, scratch
from servers import Ferryd, Mosquitto
from session_site import TlsEjabberd, TlsProsody

ROOM = 'hall@rooms.localhost'
SERVERS = (TlsEjabberd, TlsProsody)
NO_ROOMS = 'they are in rooms by the stream of the component: not measured here, only accounts are'


class Sessions(Ferryd):
    """With a session for each account of the server."""

    def __init__(self, broker, server):
        key = scratch('vault') + '/vault.key'
        session = {'host': server.host, 'port': server.port, 'cafile': server.cafile, 'logins-per-second': 100}
        vault = {'key-file': key, 'keep-passwords': 'true'}
        super().__init__(broker, server, options={'limits': LIMITS, 'session': session, 'vault': vault})
        self.server = server
        self.people = ['%s@%s' % (name, server.domain) for name in server.accounts]

    def start(self, wait=True):
        self.ctl('vault', 'init')
        for jid, password in zip(self.people, self.server.accounts.values()):
            self.ctl('password', 'set', jid, '-', stdin=password + '\n')
        return super().start(wait)

    def move(self, patience=120):
        """Every account has its session."""
        self.ctl('migrate', 'plan', '--cohort', 'bench', '--apply', *self.people)
        self.ctl('migrate', 'start', '--cohort', 'bench', '--to', 'dual', '--apply')
        deadline = time.monotonic() + patience
        while True:
            accounts = json.loads(self.ctl('--json', 'migrate', 'status', 'bench').stdout)['accounts']
            late = [a for a in accounts if (a['state'], a['session']) != ('dual', 'up')]
            if not late:
                return
            if time.monotonic() > deadline:
                raise Failed('%d of %d sessions are not there: %s' % (len(late), len(accounts), late[0]))
            time.sleep(0.2)

    def workers(self):
        """As what is watched: they have a name and a process."""
        pids = children(self.process.pid)
        return [SimpleNamespace(name='ferry-session', process=SimpleNamespace(pid=pid)) for pid in pids]


class Occupants(Admin):
    """One MQTT client that speaks for all of them."""

    def __init__(self, broker, people):
        self.people, self.here = people, {}
        super().__init__(broker)

    def on_connect(self, client, *_):
        client.subscribe('im/v1/u/+/in/room/+', qos=1)

    def on_message(self, client, userdata, publish):
        room = json.loads(publish.payload) if publish.payload else {'state': 'gone'}
        self.here[publish.topic.split('/')[3]] = room

    def enter(self, room, patience=120):
        """Everybody is in it and sees everybody."""
        for jid in self.people:
            self.online_device(jid)
            self.request(jid, {'request': 'room.join', 'room': room, 'nick': jid.split('@')[0]})
        deadline = time.monotonic() + patience
        while True:
            late = [jid for jid in self.people if not self._sees_all(jid)]
            if not late:
                return
            if time.monotonic() > deadline:
                raise Failed('%d of %d are not in %s: %s' % (len(late), len(self.people), room, self.here.get(late[0])))
            time.sleep(0.1)

    def _sees_all(self, jid):
        room = self.here.get(jid, {})
        return room.get('state') == 'joined' and room.get('occupants') == len(self.people)


def measure(quick):
    users, persons = (8, 3) if quick else (50, 10)
    count, seconds = (100, 2) if quick else (200, 5)
    who = {'kind': 'room', 'room': ROOM, 'hosted': 'localhost', 'users': users, 'people': persons}
    plans = [('window', {**who, 'count': count, 'window': 20})]
    plans += [('%d lines/s' % rate, {**who, 'count': rate * seconds, 'rate': rate}) for rate in (5, 20)]
    accounts = {'user%04d' % n: 'secret-%d' % n for n in range(users)}
    rows = Rows('server', 'variant', 'way', 'plan')
    for _ in range(1 if quick else 3):
        for server_class in SERVERS:
            with Mosquitto(users={BOB: 'bob-secret'}, conf=BROKER) as broker:
                with server_class(accounts, components=(LOAD, SINK)) as server:
                    _one_round(broker, server, plans, rows.add)
    return rows.rows()


def _one_round(broker, server, plans, add):
    for plan, options in plans:
        add(server.name, 'alone', 'x2x', plan, load(broker, server, 'x2x', [server], **options))
        add(server.name, 'alone', 'm2m', plan, load(broker, server, 'm2m', [broker], **options))
    with Sessions(broker, server) as gateway:
        gateway.move()
        occupants = Occupants(broker, gateway.people)
        occupants.enter(ROOM)
        occupants.close()
        time.sleep(SENTINEL)
        watched = [broker, server, gateway, *gateway.workers()]
        for plan, options in plans:
            for way in ('x2m', 'm2x'):
                add(server.name, 'ferryd', way, plan, load(broker, server, way, watched, **options))
        gateway.terminate()
