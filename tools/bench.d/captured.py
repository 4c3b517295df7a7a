"""Captured traffic: how fast it is imported and played, beside expat's bare parse of the same XML."""
import collections
import itertools
import json
import os
import re
import resource
import statistics
import subprocess
import time

from messages import BROKER, LIMITS
from process import HOST, Failed, free_port, scratch
from servers import Component, Ferryd, Mosquitto, ferry_program

SERVER, DOMAIN = 'corp.example', 'mqtt.corp.example'
WORDS = 'Where are you? The meeting has moved to the large room on the third floor.'
STATES = 'http://jabber.org/protocol/chatstates'
GIVEN = None  # --capture FILE


LINE = '%s - ExComp /10.0.0.5:54321  - SENT - (   12345678): %s\n'  # Openfire's XML Debugger


def stanzas(count):
    """What a company's server sends to a component: six messages in ten, else typing, receipts and presence."""
    for n in range(count):
        alice, bob = 'alice%d@%s/spark' % (n % 40, SERVER), 'bob%d@%s' % (n * 7 % 40, DOMAIN)
        kind = n % 10
        head = "from='%s' to='%s'" % (alice, bob)
        if kind < 6:
            yield (
                "<message type='chat' id='m%d' %s><body>%d %s</body><request xmlns='urn:xmpp:receipts'/>"
                "<active xmlns='%s'/></message>" % (n, head, n, WORDS, STATES)
            )
        elif kind < 8:
            state = 'composing' if n % 20 < 10 else 'paused'
            yield "<message type='chat' %s><%s xmlns='%s'/></message>" % (head, state, STATES)
        elif kind == 8:
            yield "<presence %s><show>%s</show><status>Lunch %d</status></presence>" % (head, ('away', 'dnd')[n % 2], n)
        else:
            yield "<iq type='get' id='q%d' %s><ping xmlns='urn:xmpp:ping'/></iq>" % (n, head)


def _time(n):
    return '2026-11-20T10:%02d:%02d.%06dZ' % (n // 60_000 % 60, n // 1000 % 60, n % 1000 * 1000)


def _write(path, lines):
    with open(path, 'w', encoding='utf-8') as file:
        file.writelines(lines)
    return path


def run(*command, ok=(0,)):
    """(stdout, CPU s, wall s) of one program."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in ok:
        raise Failed('%s: exit code %d\n%s' % (command[0], done.returncode, done.stderr[-2000:]))
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def bare_parse(xml):
    return json.loads(run(ferry_program('bench_parse'), xml)[0])


def imports(quick):
    """Openfire's debugger log, a good part of which is not XML, and the same stanzas as a bare stream."""
    count, directory = 5_000 if quick else 200_000, scratch('import')
    xml = _write(os.path.join(directory, 'bare.xml'), stanzas(count))
    log = _write(
        os.path.join(directory, 'xmldebugger.log'),
        (LINE % (_time(n), stanza) for n, stanza in enumerate(stanzas(count))),
    )
    head = "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' from='%s'>\n"
    stream = itertools.chain([head % DOMAIN], stanzas(count), ['</stream:stream>\n'])
    raw = _write(os.path.join(directory, 'raw.xml'), stream)
    cases = [
        (source, options, out)
        for source, path in (('Openfire log', log), ('bare XML', raw))
        for options, out in (
            (('--no-redact',), os.path.join(directory, 'plain.jsonl')),
            ((), os.path.join(directory, 'redacted.jsonl')),
            ((), os.path.join(directory, 'redacted.jsonl.zst')),
        )
    ]
    paths = {'Openfire log': log, 'bare XML': raw}
    runs, floors = collections.defaultdict(list), []
    for _ in range(1 if quick else 3):
        floors.append(bare_parse(xml))
        for source, options, out in cases:
            _, cpu, wall = run(ferry_program('ferry-replay'), 'import', *options, '--quiet', '-o', out, paths[source])
            name = (source, 'not redacted' if options else 'redacted', os.path.splitext(out)[1][1:])
            runs[name].append({'cpu_s': cpu, 'wall_s': wall, 'stanzas': _stanzas_in(out)})
            runs[name][-1]['bytes_out'] = os.path.getsize(out)
            print('.', end='', flush=True)
    print(flush=True)
    floor = statistics.median(f['cpu_s'] for f in floors)
    rows = []
    for (source, redaction, form), done in runs.items():
        cpu = statistics.median(one['cpu_s'] for one in done)
        rows.append(
            {
                'source': source,
                'redaction': redaction,
                'output': form,
                'cpu_s': cpu,
                'wall_s': statistics.median(one['wall_s'] for one in done),
                'times_bare': cpu / floor,
                'stanzas': done[0]['stanzas'],
                'log_bytes': os.path.getsize(paths[source]),
                'bytes_out': done[0]['bytes_out'],
            }
        )
    return {'stanzas': count, 'xml_bytes': floors[0]['bytes'], 'bare_cpu_s': floor, 'rows': rows}


def _stanzas_in(path):
    """How many records have one; by grep, which is not what is measured."""
    reader = ['zstdcat', path] if path.endswith('.zst') else ['cat', path]
    with subprocess.Popen(reader, stdout=subprocess.PIPE) as cat:
        count = subprocess.run(['grep', '-c', '"stanza":'], stdin=cat.stdout, stdout=subprocess.PIPE, check=False)
    return int(count.stdout)


def _records(path):
    reader = ['zstdcat', path] if path.endswith('.zst') else ['cat', path]
    with subprocess.Popen(reader, stdout=subprocess.PIPE, text=True, encoding='utf-8') as cat:
        for line in cat.stdout:
            yield json.loads(line)


def _domains(records):
    """(the component's, the server's) of a capture of a component's stream: from what was sent to it most."""
    to, of = collections.Counter(), collections.Counter()
    for record in itertools.islice((r for r in records if 'stanza' in r), 2000):
        if record.get('kind') != 'component':
            continue
        for key, count in (('to', to), ('from', of)):
            found = re.search(r"""^<[^>]*? %s=(['"])(.*?)\1""" % key, record['stanza'])
            if found and record.get('dir') == 'sent':
                count[found[2].split('/')[0].split('@')[-1]] += 1
    if not to or not of:
        raise Failed('the capture has no stanzas of a component: ferry-replay import, or ferryd\'s own [capture]')
    return to.most_common(1)[0][0], of.most_common(1)[0][0]


def capture(quick):
    """A capture, played flat out to a ferryd with an empty store; no XMPP server is there."""
    directory, path = scratch('capture'), GIVEN
    if not path:
        header = {'ferry': 'capture', 'version': 1, 'source': 'tools/bench', 'redacted': False}
        rest = {'stream': '1', 'kind': 'component', 'dir': 'sent'}
        lines = ({'ts': _time(n), **rest, 'stanza': s} for n, s in enumerate(stanzas(3_000 if quick else 100_000)))
        path = os.path.join(directory, 'capture.jsonl')
        _write(path, (json.dumps(line) + '\n' for line in itertools.chain([header], lines)))
    xml = _write(os.path.join(directory, 'bare.xml'), (r['stanza'] for r in _records(path) if 'stanza' in r))
    domain, server = _domains(_records(path))
    floor, rows = bare_parse(xml), []
    for _ in range(1 if quick else 3):
        component = Component(HOST, free_port(), domain, 'component-secret')
        with Mosquitto(conf=BROKER) as broker:
            gateway = Ferryd(broker, component, options={'component': {'server': server}, 'limits': LIMITS})
            rows.append(_play(gateway, broker, path, os.path.join(directory, 'expected.jsonl')))
        print('.', end='', flush=True)
    print(flush=True)
    keys = [key for key in rows[0] if isinstance(rows[0][key], (int, float))]
    middle = {key: statistics.median(row[key] for row in rows if row[key] is not None) for key in keys}
    return {**middle, 'file': os.path.basename(path), 'generated': not GIVEN, 'bare': floor, 'rounds': rows}


def _play(gateway, broker, path, expected):
    replay = ferry_program('ferry-replay')
    config = ['--config', gateway.configuration]
    offline = run(replay, 'run', path, *config, '--output', expected)
    gateway.start(wait=False)
    try:
        before = _cpu(broker)
        out, cpu, wall = run(replay, 'serve', path, *config, '--fast', '--expect', expected, '--json', ok=(0, 1))
        result, after = json.loads(out), _cpu(broker)
        if not result['sent']:
            raise Failed('nothing of the capture was played: %s' % result['not_played'])
        seconds, latency = result['seconds'], result['latency_ms']
        return {
            'sent': result['sent'],
            'lost': result['lost'],
            'different': result['different'] + result['unexpected'] + result['duplicates'] + result['out_of_order'],
            'seconds': seconds,
            'stanzas_per_second': result['sent'] / seconds if seconds else None,
            'p50_ms': latency['p50'],
            'p99_ms': latency['p99'],
            'ferryd_cpu_us': _cpu(gateway) * 1e6 / result['sent'],
            'mosquitto_cpu_us': (after - before) * 1e6 / result['sent'],
            'generator_idle': 1 - cpu / wall if wall else None,
            'offline_cpu_us': offline[1] * 1e6 / result['sent'],
            'not_played': result['not_played'],
        }
    finally:
        gateway.kill()


def _cpu(server):
    with open('/proc/%d/stat' % server.process.pid, encoding='ascii') as file:
        fields = file.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
