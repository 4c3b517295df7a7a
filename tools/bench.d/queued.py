"""A start of ferryd over a million messages that wait for people who are away, and one of them coming back.

One message takes the real way into the store; the others are rows like it, for ferryd does the same with each.
"""
import contextlib
import json
import os
import sqlite3
import time

import paho.mqtt.client as mqtt
from memory import resident
from messages import BROKER, LIMITS, LOAD
from people import DOMAIN, Contacts
from servers import Ferryd, Mosquitto, Prosody

USERS = 1_000
EACH = 1_000
SPREAD = 6 * 24 * 3600 * 1000  # ms, less than a message lives
BODY = 'Are we still meeting at the station at ten? I have the tickets, and the others come by car.'


def _first(gateway, server, user):
    """A message for a user who was never there: the broker has nobody for it, so it waits in the store."""
    contacts = Contacts(server, LOAD)
    contacts.socket.sendall(
        b"<message from='a@%s' to='%s' type='chat' id='m1'><body>%s</body></message>"
        % (LOAD.encode(), user.encode(), BODY.encode())
    )
    deadline = time.monotonic() + 60
    while '"seq"' not in gateway.ctl('--json', 'outbox', 'list', '--waiting').stdout:
        if time.monotonic() > deadline:
            raise RuntimeError('the first message does not wait')
        time.sleep(0.1)


def _fill(path, users, each):
    """Came in the last six days, one by one to each in turn, as far as their times to live tell."""
    with contextlib.closing(sqlite3.connect(path)) as store, store:
        store.execute('PRAGMA synchronous = OFF')
        store.execute('PRAGMA cache_size = -800000')  # kB: the whole of it, or each row of an index is a page read
        columns = [row[1] for row in store.execute('PRAGMA table_info(message)')]
        first = store.execute('SELECT * FROM message WHERE state = 3').fetchone()
        row = dict(zip(columns, first))
        row['expires'] -= SPREAD
        keys = [key for key, in store.execute('SELECT key FROM user ORDER BY key')]
        step = SPREAD // (users * each)

        def rows():
            for n in range(1, users * each):
                identity = '01ZZ%022d' % n
                changed = {
                    'seq': row['seq'] + n,
                    'user': keys[n % len(keys)],
                    'id': identity,
                    'payload': row['payload'].replace(row['id'].encode(), identity.encode()),
                    'expires': row['expires'] + n * step,
                }
                yield tuple({**row, **changed}.values())

        store.execute('UPDATE message SET expires = ?', (row['expires'],))
        store.executemany('INSERT INTO message VALUES(%s)' % ','.join('?' * len(columns)), rows())
        return len(row['payload'])


def _start(gateway):
    """From the start of the process to its line "ready": all links up, the queues counted."""
    begun = time.monotonic()
    gateway.start()
    seconds = time.monotonic() - begun
    with open('/proc/%d/stat' % gateway.process.pid, encoding='ascii') as file:
        fields = file.read().rsplit(')', 1)[1].split()
    cpu = (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
    return {'seconds': seconds, 'cpu_seconds': cpu, **resident(gateway.process.pid)}


def _fetch(broker, gateway, user, wanted):
    """One of them comes back, and takes all that waits for her."""
    client, ids = mqtt.Client('%s:phone' % user), set()
    client.username_pw_set(user, broker.users[user])
    client.on_message = lambda _client, _data, publish: ids.add(json.loads(publish.payload)['id'])
    client.connect(broker.host, broker.port)
    begun = time.monotonic()
    client.subscribe('im/v1/u/%s/in/msg' % user, qos=1)
    client.publish('im/v1/u/%s/out/dev/phone/presence' % user, '{"state":"online","epoch":"1"}', qos=1, retain=True)
    while len(ids) < wanted and time.monotonic() < begun + 120:
        client.loop(0.1)
    seconds = time.monotonic() - begun
    client.disconnect()
    return {'wanted': wanted, 'came': len(ids), 'seconds': seconds, **resident(gateway.process.pid)}


def measure(quick):
    users, each = (20, 100) if quick else (USERS, EACH)
    names = ['user%04d@%s' % (n, DOMAIN) for n in range(users)]
    with Mosquitto(users={names[0]: 'a-secret'}, conf=BROKER) as broker:
        with Prosody(components=(LOAD,)) as server, Ferryd(broker, server, options={'limits': LIMITS}) as gateway:
            for name in names:
                gateway.ctl('user', 'add', name)
            _first(gateway, server, names[0])
            gateway.terminate()
            empty = _start(gateway)
            gateway.terminate()
            payload = _fill(gateway.sections['store']['path'], users, each)
            full = _start(gateway)
            back = _fetch(broker, gateway, names[0], each)
    return {'users': users, 'messages': users * each, 'payload': payload, 'empty': empty, 'full': full, 'back': back}
