"""The memory of ferryd with 1,000 users on one device each, who have 20 contacts each, all mutual and all online."""
import time

from messages import BROKER, LIMITS, LOAD
from people import befriend
from servers import Ferryd, Mosquitto, Prosody

CONTACTS = 20
USERS = 1_000


def resident(pid):
    with open('/proc/%d/status' % pid, encoding='ascii') as file:
        fields = dict(line.split(':', 1) for line in file)
    return {name: int(fields[name].split()[0]) for name in ('VmRSS', 'VmHWM', 'RssAnon', 'RssFile')}


def measure(quick):
    users = 50 if quick else USERS
    with Mosquitto(conf=BROKER) as broker:
        with Prosody(components=(LOAD,)) as server, Ferryd(broker, server, options={'limits': LIMITS}) as gateway:
            empty = resident(gateway.process.pid)
            admin = befriend(broker, server, LOAD, users, CONTACTS)
            full, both, online = resident(gateway.process.pid), len(admin.both), len(admin.online)
            restarted = _again(gateway)
            admin.close()
            return {
                'users': users,
                'contacts': CONTACTS,
                'wanted': users * CONTACTS,
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
