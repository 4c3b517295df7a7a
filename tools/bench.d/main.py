"""Runs the parts of tools/bench and writes the report. See tools/bench --help."""
import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, 'tests', 'scenarios'))

import captured  # noqa: E402  (after the path)
import memory  # noqa: E402
import overload  # noqa: E402
import queued  # noqa: E402
import report  # noqa: E402
import sessions  # noqa: E402
import settings  # noqa: E402
import single  # noqa: E402
from workloads import WORKLOADS  # noqa: E402

PARTS = {
    'translate': single.translate,
    'table': single.table,
    **{name: workload.measure for name, workload in WORKLOADS.items()},
    'overload': overload.measure,
    'durability': settings.durability,
    'tap': settings.tap,
    'import': captured.imports,
    'memory': memory.measure,
    'queued': queued.measure,
    'sessions': sessions.measure,
}


def machine():
    def first(path, prefix):
        with open(path, encoding='utf-8') as file:
            return next((line.split(':', 1)[1].strip() for line in file if line.startswith(prefix)), '?')

    packages = ['libexpat1', 'libmosquitto1', 'libsqlite3-0', 'mosquitto', 'prosody', 'ejabberd', 'python3-slixmpp']
    listed = subprocess.run(
        ['dpkg-query', '-W', '-f', '${Package} ${Version}\n', *packages], capture_output=True, text=True, check=False
    )
    return {
        'cpu': first('/proc/cpuinfo', 'model name'),
        'family': first('/proc/cpuinfo', 'cpu family'),
        'processors': os.cpu_count(),
        'kernel': platform.release(),
        'load_before': os.getloadavg()[0],
        'versions': dict(line.split(' ', 1) for line in listed.stdout.splitlines() if ' ' in line),
    }


def disk():
    """What one commit costs here: fdatasync after 16 kB, four pages of a log, in ms."""
    times = []
    with tempfile.TemporaryFile() as file:
        for _ in range(300):
            file.write(b'x' * 16480)
            file.flush()
            time.sleep(0.001)  # as a gateway meets it: not warm
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    times.sort()
    return {'fdatasync_p50_ms': times[150], 'fdatasync_p99_ms': times[297]}


def arguments():
    parser = argparse.ArgumentParser(prog='tools/bench')
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--only', action='append', default=[], choices=list(PARTS))
    parser.add_argument('--workload', action='append', default=[], choices=list(WORKLOADS))
    parser.add_argument('--capture', metavar='FILE')
    parser.add_argument('--list', action='store_true')
    options = parser.parse_args()
    if options.capture:
        if not os.path.isfile(options.capture):
            parser.error('--capture: %s is not there' % options.capture)
        captured.GIVEN = os.path.abspath(options.capture)
        options.workload.append('capture')
    return options


def main():
    options = arguments()
    if options.list:
        for name, workload in WORKLOADS.items():
            print('%-10s %s' % (name, workload.title))
            for who, why in workload.cannot.items():
                print('%-10s   cannot: %s: %s' % ('', who, why))
        return
    wanted = options.only + options.workload
    result = {
        'date': datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds'),
        'quick': options.quick,
        'machine': {**machine(), **disk()},
    }
    for name, part in PARTS.items():
        if not wanted or name in wanted:
            print('measuring: ' + name, flush=True)
            result[name] = part(options.quick)
    result['cannot'] = {
        name: workload.cannot
        for name, workload in WORKLOADS.items()
        if workload.cannot and (not wanted or name in wanted)
    }
    result['machine']['load_after'] = os.getloadavg()[0]
    print('\n' + report.write(result, os.path.join(ROOT, 'bench-report')))
    sys.exit(1 if report.broken(result) else 0)


if __name__ == '__main__':
    main()
