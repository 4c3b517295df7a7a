"""Messages through ferryd, through a naive Python bridge and the servers alone: how many, how soon, at what cost.

All variants take turns in each round on fresh servers: what else happens on the machine meets all of them alike.
"""
import json
import os
import statistics
import subprocess
import time

from servers import Ejabberd, Ferryd, Mosquitto, Prosody, Server, ferry_program

BOB = 'bob@mqtt.localhost'
SERVERS = {'ejabberd': Ejabberd, 'prosody': Prosody}
LOAD, SINK = 'load.localhost', 'sink.localhost'
# What config/mosquitto.conf.example advises, and no line of log for each packet.
BROKER = 'log_type none\nlog_type error\nmax_inflight_messages 1000\nmax_queued_messages 100000\n'
# Limits off: what is measured is the gateway and not its patience with one busy user.
LIMITS = {
    'user-rate': 0,
    'peer-rate': 0,
    'domain-rate': 0,
    'presence-rate': 0,
    'request-rate': 0,
    'subscription-rate': 0,
    'feed-rate': 0,
    'user-outbox-rows': 100_000_000,
    'user-outbox-bytes': 1 << 40,
    'outbox-rows': 100_000_000,
    'outbox-bytes': 1 << 40,
}
WINDOW = 200
BYTES = 200
# A broker that has just started may have forgotten what it was sent: ferryd asks it for this long (Sentinel), then
# sends again what went out meanwhile. Nothing outside shows when it has decided.
SENTINEL = 3  # s


class NaiveBridge(Server):
    name = 'naive'

    def __init__(self, broker, server, feed='', **place):
        super().__init__(**place)
        self.options = ['--xmpp', str(server.component.port), '--domain', server.component.domain]
        self.options += ['--secret', server.component.secret, '--mqtt', str(broker.port)]
        self.options += ['--username', broker.gateway, '--password', broker.gateway_password, '--feed', feed]

    def command(self):
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'naive_bridge.py')
        return ['/usr/bin/python3', script, *self.options]

    def wait_ready(self, timeout=30):
        self.wait_log('^ready', timeout)


def ferryd(broker, server):
    return Ferryd(broker, server, options={'limits': LIMITS})


def command(broker, server, way, component=LOAD, bob=BOB, watched=(), **plan):
    """The generator, between a user of a component and one of the broker."""
    arguments = [ferry_program('bench_load'), '--way', way, '--mqtt', str(broker.port), '--bytes', str(BYTES)]
    arguments += ['--xmpp', str(server.component.port), '--secret', server.component.secret]
    arguments += ['--component', component, '--sink', SINK, '--bob', bob, '--bob-password', broker.users[bob]]
    arguments += ['--gateway', broker.gateway, '--gateway-password', broker.gateway_password]
    arguments += ['--watch', ','.join('%s=%d' % (p.name, p.process.pid) for p in watched)]
    for key, value in plan.items():
        arguments += ['--' + key, str(value)]
    return arguments


def load(broker, server, way, watched, **plan):
    """One run of the generator; its JSON."""
    arguments = command(broker, server, way, watched=watched, **plan)
    done = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def plans(quick):
    """(name, options of the generator)"""
    count, seconds = (3_000, 1) if quick else (20_000, 5)
    yield 'window', {'count': count, 'window': WINDOW}
    for rate in (500, 2000):
        yield '%d/s' % rate, {'count': rate * seconds, 'rate': rate}


def one_round(server_class, quick, record):
    with Mosquitto(users={BOB: 'bob-secret'}, conf=BROKER) as broker, server_class(components=(LOAD, SINK)) as server:
        alone = [('x2x', [server]), ('m2m', [broker])]
        for way, watched in alone:
            for plan, options in plans(quick):
                record(server.name, 'alone', way, plan, load(broker, server, way, watched, **options))
        for variant, start in (('ferryd', ferryd), ('naive', NaiveBridge)):
            with start(broker, server) as gateway:
                if gateway.name == 'ferryd':
                    time.sleep(SENTINEL)
                for plan, options in plans(quick):
                    for way in ('x2m', 'm2x'):
                        result = load(broker, server, way, [broker, server, gateway], **options)
                        record(server.name, variant, way, plan, result)
                gateway.terminate()


def middle(runs):
    """The median of each figure that there is; what went wrong is added up."""
    sums = ('lost', 'doubled', 'foreign', 'errors', 'disordered')
    out = {}
    for key, value in runs[0].items():
        if isinstance(value, dict):
            out[key] = {name: middle([run[key][name] for run in runs]) for name in value}
        elif isinstance(value, (int, float)) or value is None:
            values = [run[key] for run in runs if run[key] is not None]
            out[key] = sum(values) if key in sums else statistics.median(values) if values else None
    return out


class Rows:
    """Collects runs; gives one row of medians for each name."""

    def __init__(self, *names):
        self.names, self.runs = names, {}

    def add(self, *values_and_result):
        *values, result = values_and_result
        self.runs.setdefault(tuple(values), []).append(result)
        print('.', end='', flush=True)

    def rows(self):
        print(flush=True)
        return [{**dict(zip(self.names, values)), **middle(runs), 'rounds': runs} for values, runs in self.runs.items()]


def measure(quick):
    rows = Rows('server', 'variant', 'way', 'plan')
    for _ in range(1 if quick else 3):
        for server_class in SERVERS.values():
            one_round(server_class, quick, rows.add)
    return rows.rows()
