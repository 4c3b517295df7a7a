"""What settings of ferryd cost: the same load with each of them in turn, side by side.

durability: how long a message waits for the disk. `off` is an experiment that never waits (nosync.c).
tap: the recording of every stanza and publish ([capture]).
"""
import os
import shutil
import subprocess
import time

from messages import BOB, BROKER, LIMITS, LOAD, SENTINEL, SINK, WINDOW, Rows, load
from process import Failed, scratch
from servers import Ejabberd, Ferryd, Mosquitto, ferry_program


class Off(Ferryd):
    """Nothing waits for the disk at all: what the two durabilities cost is measured against it."""

    def environment(self):
        return {**super().environment(), 'LD_PRELOAD': _nosync()}


def _nosync():
    """From the build, or of this one file by whatever compiler is there."""
    try:
        return ferry_program('bench_nosync.so')
    except Failed:
        if not shutil.which('cc'):
            raise
    path = os.path.join(scratch('nosync'), 'bench_nosync.so')
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'nosync.c')
    subprocess.run(['cc', '-shared', '-fPIC', '-O2', '-o', path, source], check=True)
    return path


def _capture(name, **more):
    return {'capture': {'file': os.path.join(scratch('tap'), name), **more}}


DURABILITY = (  # the last is what the others are measured against
    ('full', Ferryd, lambda: {}),
    ('normal', Ferryd, lambda: {'store': {'durability': 'normal'}}),
    ('off', Off, lambda: {'store': {'durability': 'normal'}}),
)
TAP = (
    ('redacted', Ferryd, lambda: _capture('capture.jsonl')),
    ('redacted, zst', Ferryd, lambda: _capture('capture.jsonl.zst')),
    ('not redacted', Ferryd, lambda: _capture('capture.jsonl', redact='no')),
    ('none', Ferryd, lambda: {}),
)


def _measure(quick, variants):
    rows = Rows('server', 'variant', 'way', 'plan')
    count = 3_000 if quick else 20_000
    for _ in range(1 if quick else 5):
        with Mosquitto(users={BOB: 'bob-secret'}, conf=BROKER) as broker, Ejabberd(components=(LOAD, SINK)) as server:
            for name, ferryd, options in variants:
                more = options()
                store = more.pop('store', {})
                with ferryd(broker, server, options={'limits': LIMITS, 'store': store, **more}) as gateway:
                    time.sleep(SENTINEL)
                    for way in ('x2m', 'm2x'):
                        watched = [broker, server, gateway]
                        result = load(broker, server, way, watched, count=count, window=WINDOW)
                        rows.add(server.name, name, way, 'window', result)
                    gateway.terminate()
    return rows.rows()


def durability(quick):
    return _measure(quick, DURABILITY)


def tap(quick):
    return _measure(quick, TAP)
