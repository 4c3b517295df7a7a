"""How long a message of two people takes while somebody else floods, on either side; with the limits as they are.

The two stay within every limit. The flood takes its share of the machine's processors, too: with fewer than four of
them the figures are the machine's as much as ferryd's.
"""
import contextlib
import os
import subprocess
import time

from messages import BOB, BROKER, LOAD, SENTINEL, SINK, command, load
from servers import Ferryd, Mosquitto, Prosody

EVE = 'eve@mqtt.localhost'
RATE = 40  # a second: within limits.user-rate
FLOOD = 2_000  # a second


@contextlib.contextmanager
def flood(broker, server, way):
    """One user of one side sends all the time, to one user of the other."""
    plan = {'count': FLOOD * 600, 'warm-up': 0, 'rate': FLOOD}
    arguments = command(broker, server, way, component=SINK, bob=EVE, **plan)
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
    try:
        time.sleep(2)  # until its burst is used up
        assert process.poll() is None, 'the flood has ended'
        yield
        assert process.poll() is None, 'the flood has ended'
    finally:
        process.kill()
        process.wait()


def resident_mb(server):
    with open('/proc/%d/statm' % server.process.pid, encoding='ascii') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE') / 1e6


def measure(quick):
    count = RATE * (3 if quick else 25)
    runs = []
    users = {BOB: 'bob-secret', EVE: 'eve-secret'}
    with Mosquitto(users=users, conf=BROKER) as broker, Prosody(components=(LOAD, SINK)) as server:
        with Ferryd(broker, server) as gateway:
            time.sleep(SENTINEL)
            watched = [broker, server, gateway]
            for number in range(1 if quick else 3):
                for way in ('x2m', 'm2x'):
                    for flooded in ('nobody', 'm2x', 'x2m'):
                        with flood(broker, server, flooded) if flooded != 'nobody' else contextlib.nullcontext():
                            result = load(broker, server, way, watched, count=count, rate=RATE)
                            runs.append({'round': number, 'way': way, 'flood': flooded, 'rss_mb': resident_mb(gateway)})
                            runs[-1].update(result)
                        print('.', end='', flush=True)
            gateway.terminate()
    print(flush=True)
    return runs
