"""Thousands of sessions of the session link, over TLS on one Prosody: what a log-in and a session cost, and whether the
others notice when one of its workers is killed, stopped or fed a hostile stanza."""
import asyncio
import itertools
import os
import random
import re
import resource
import signal
import time

from raw_component import RawComponent
from session_site import TlsProsody, Tool

SESSIONS = 3_000
RATE = 100  # messages/s, to sessions at random
# The last: the hostile stanza again, and no session that takes it.
PHASES = ('quiet', 'killed', 'stopped', 'hostile', 'to nobody')
CLOCK = os.sysconf('SC_CLK_TCK')
BODY = re.compile(r'<body>(\d+)</body>')
HOSTILE = '<x xmlns="urn:example:hostile">%s</x>' % ('<a/>' * 65_000)


class Listener(Tool):
    """Keeps of each event only what is measured."""

    def __init__(self, server, **options):
        super().__init__(server, **options)
        self.latency, self.down, self.up, self.sent, self.counted = [], {}, {}, 0, asyncio.Queue()

    def record(self, event):
        kind, now = event['event'], time.monotonic()
        if kind == 'stanza':
            found = BODY.search(event['stanza'])
            if found:
                self.latency.append((event['jid'], (now - int(found[1]) / 1e9) * 1000))
        elif kind == 'down':
            self.down.setdefault(event['jid'], now)
        elif kind == 'up':
            self.up[event['jid'].split('/')[0]] = now
        elif kind == 'counts':
            self.counted.put_nowait(event)

    async def counts(self):
        self.do('counts')
        return await self.counted.get()

    def forget(self):
        self.latency, self.down, self.sent = [], {}, 0


def cpu(pids):
    """Seconds, of processes that live."""
    total = 0
    for pid in pids:
        with open('/proc/%d/stat' % pid, encoding='ascii') as file:
            fields = file.read().rsplit(')', 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / CLOCK


def resident(pids):
    """kB: all; with what is shared divided by who shares it; what is the processes' own."""
    sums = {'Rss': 0, 'Pss': 0, 'Pss_Anon': 0}
    for pid in pids:
        with open('/proc/%d/smaps_rollup' % pid, encoding='ascii') as file:
            for line in file:
                name, _, rest = line.partition(':')
                if name in sums:
                    sums[name] += int(rest.split()[0])
    return {'rss': sums['Rss'], 'pss': sums['Pss'], 'anonymous': sums['Pss_Anon']}


async def _all_up(tool, names):
    began = time.monotonic()
    while (counts := await tool.counts())['up'] < len(names):
        if time.monotonic() - began > 1200:
            raise RuntimeError('%d of %d sessions are up after 20 minutes' % (counts['up'], len(names)))
        await asyncio.sleep(0.5)


async def _log_in(tool, server, names):
    began, before = time.monotonic(), cpu([server.process.pid])
    for name in names:
        tool.want('%s@localhost' % name, resource='ferry', presence='')
    await _all_up(tool, names)
    pids = [tool.process.pid, *tool.workers()]
    return {
        'seconds': time.monotonic() - began,
        'cpu_s': cpu(pids),
        'workers_cpu_s': cpu(pids[1:]),
        'server_cpu_s': cpu([server.process.pid]) - before,
    }


async def _traffic(sender, tool, names, seconds):
    """Open loop: what falls behind is late, not left out."""
    start = time.monotonic()
    for number in itertools.count():
        due = start + number / RATE
        if due > start + seconds:
            return
        if (wait := due - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        sender.send(
            '<message type="chat" from="load@%s" to="%s@localhost/ferry"><body>%d</body>'
            '<no-store xmlns="urn:xmpp:hints"/></message>' % (sender.domain, random.choice(names), time.monotonic_ns())
        )
        tool.sent += 1


async def _disturb(phase, tool, sender, names):
    victim = random.choice(tool.workers())
    if phase == 'quiet':
        return
    if phase == 'killed':
        os.kill(victim, signal.SIGKILL)
    elif phase == 'stopped':
        os.kill(victim, signal.SIGSTOP)
    else:
        to = random.choice(names) if phase == 'hostile' else 'nobody'
        sender.send('<message from="eve@%s" to="%s@localhost/ferry">%s</message>' % (sender.domain, to, HOSTILE))


async def _phase(phase, sender, tool, names, seconds):
    await _all_up(tool, names)  # what the last phase did is over
    tool.forget()
    traffic = asyncio.ensure_future(_traffic(sender, tool, names, seconds))
    await asyncio.sleep(seconds / 5)
    await _disturb(phase, tool, sender, names)
    await traffic
    await asyncio.sleep(2)
    others = sorted(ms for jid, ms in tool.latency if jid not in tool.down)
    back = sorted(tool.up[jid] - tool.down[jid] for jid in tool.down if tool.up[jid] > tool.down[jid])
    return {
        'phase': phase,
        'sent': tool.sent,
        'arrived': len(tool.latency),
        'to_others': len(others),
        'p50_ms': others[len(others) // 2] if others else float('nan'),
        'p99_ms': others[len(others) * 99 // 100] if others else float('nan'),
        'disturbed': len(tool.down),
        'back': len(back),
        'back_s_most': back[-1] if back else 0.0,
        'back_s_most_but_one': back[-2] if len(back) > 1 else 0.0,
    }


async def _measure(quick):
    names = ['u%d' % i for i in range(100 if quick else SESSIONS)]
    seconds = 15 if quick else 150
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))  # the server's
    with TlsProsody({name: 'pw-' + name for name in names}) as server:
        tool = await Listener(server, watchdog=3000, per_worker=34 if quick else 250).start()
        sender = await RawComponent(server, server.component.domain).connect()
        try:
            out = {'sessions': len(names), 'rate': RATE, 'seconds': seconds, 'login': await _log_in(tool, server, names)}
            await asyncio.sleep(5)
            workers = tool.workers()
            out['workers'] = len(workers)
            out['workers_kb'], out['link_kb'] = resident(workers), resident([tool.process.pid])
            out['phases'] = [await _phase(phase, sender, tool, names, seconds) for phase in PHASES]
            return out
        finally:
            await sender.disconnect()
            await tool.stop()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def measure(quick):
    return asyncio.run(_measure(quick))
