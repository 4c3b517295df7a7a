"""Thousands of sessions of the session link, over TLS on one Prosody: what a log-in and a session cost, and whether the
others notice when one of its workers is killed, stopped or fed a hostile stanza."""
import asyncio
import hashlib
import hmac
import itertools
import os
import random
import re
import resource
import signal
import sys
import time

from process import write
from raw_component import RawComponent
from session_site import TlsProsody, Tool

SESSIONS = 3_000
WATCHDOG = 3_000  # ms
RATE = 100  # messages/s, to sessions at random
# The last two: the hostile stanza again, to a client of another make that ends by it as a worker does and logs in
# again, and to nobody.
PHASES = ('quiet', 'killed', 'stopped', 'hostile', 'to another', 'to nobody')
BYSTANDER = 'bystander@localhost/here'
SALT, ITERATIONS = 'a salt of sixteen', 10_000  # as Prosody counts
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


class HashedProsody(TlsProsody):
    """As Debian installs it, it keeps SCRAM keys. With the passwords it would make those anew at each log-in, and what
    a log-in costs it would be mostly that."""

    def __init__(self, accounts):
        super().__init__(accounts, host_extra='  authentication = "internal_hashed"')

    def add_account(self, localpart, password):
        super().add_account(localpart, password)
        salted = hashlib.pbkdf2_hmac('sha1', password.encode(), SALT.encode(), ITERATIONS)
        stored, server = (hmac.digest(salted, text, 'sha1') for text in (b'Client Key', b'Server Key'))
        keys = (hashlib.sha1(stored).hexdigest(), server.hex(), SALT, ITERATIONS)
        write(
            os.path.join(self.directory, self.domain, 'accounts', localpart + '.dat'),
            'return { stored_key = "%s"; server_key = "%s"; salt = "%s"; iteration_count = %d; };\n' % keys,
        )


class Bystander:
    """That client."""

    def __init__(self, server):
        self.server, self.process = server, None

    async def start(self):
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'bystander.py')
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, program, self.server.host, str(self.server.port), BYSTANDER,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )
        self.process.stdin.write(self.server.accounts[BYSTANDER.split('@')[0]].encode() + b'\n')
        if await self.process.stdout.readline() != b'up\n':
            raise RuntimeError('the client of another make did not log in')
        return self

    async def end(self):
        self.process.kill()
        await self.process.wait()


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


async def _disturb(phase, tool, sender, names, bystander):
    victim = random.choice(tool.workers())
    if phase == 'quiet':
        return
    if phase == 'killed':
        os.kill(victim, signal.SIGKILL)
    elif phase == 'stopped':
        os.kill(victim, signal.SIGSTOP)
    else:
        session = '%s@localhost/ferry' % random.choice(names)
        to = {'hostile': session, 'to another': BYSTANDER, 'to nobody': 'nobody@localhost'}[phase]
        sender.send('<message from="eve@%s" to="%s">%s</message>' % (sender.domain, to, HOSTILE))
        if to == BYSTANDER:
            await asyncio.sleep(WATCHDOG / 1000)
            await bystander.end()
            await bystander.start()


async def _phase(phase, sender, tool, names, seconds, bystander):
    await _all_up(tool, names)  # what the last phase did is over
    tool.forget()
    traffic = asyncio.ensure_future(_traffic(sender, tool, names, seconds))
    await asyncio.sleep(seconds / 5)
    await _disturb(phase, tool, sender, names, bystander)
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


async def _away(tool, server, names, poll, seconds):
    """What it costs to ask for each of them, now and then, what waits (session.away-poll), beyond what idle sessions
    cost."""
    ours, theirs = [tool.process.pid, *tool.workers()], [server.process.pid]

    async def spent():
        before = cpu(ours), cpu(theirs)
        await asyncio.sleep(seconds)
        return cpu(ours) - before[0], cpu(theirs) - before[1]

    idle = await spent()
    for name in names:
        tool.do('presence', jid='%s@localhost' % name, stanza='<presence type="unavailable"/>')
    await asyncio.sleep(2 * poll)  # by then everybody takes turns
    asking = await spent()
    looks = len(names) * seconds / poll
    ms, server_ms = (1000 * (busy - quiet) / looks for busy, quiet in zip(asking, idle))
    return {'looks': looks, 'ms': ms, 'server_ms': server_ms}


async def _measure(quick):
    names = ['u%d' % i for i in range(100 if quick else SESSIONS)]
    seconds, poll = (15, 1) if quick else (150, 20)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65_536), hard))  # the server's
    accounts = {name: 'pw-' + name for name in (*names, BYSTANDER.split('@')[0])}
    with HashedProsody(accounts) as server:
        bystander = await Bystander(server).start()
        tool = await Listener(server, watchdog=WATCHDOG, per_worker=34 if quick else 250,
                              away_poll=1000 * poll).start()
        sender = await RawComponent(server, server.component.domain).connect()
        try:
            out = {'sessions': len(names), 'rate': RATE, 'seconds': seconds}
            out['login'] = await _log_in(tool, server, names)
            await asyncio.sleep(5)
            workers = tool.workers()
            out['workers'] = len(workers)
            out['workers_kb'], out['link_kb'] = resident(workers), resident([tool.process.pid])
            out['phases'] = [await _phase(phase, sender, tool, names, seconds, bystander) for phase in PHASES]
            await _all_up(tool, names)
            out['away'] = await _away(tool, server, names, poll, 3 * poll)
            return out
        finally:
            await sender.disconnect()
            await tool.stop()
            await bystander.end()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def measure(quick):
    return asyncio.run(_measure(quick))
