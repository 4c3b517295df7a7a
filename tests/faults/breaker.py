"""Breaks what the schedule says, and writes down from when to when it was broken."""
import asyncio
import os
import signal
import sqlite3
import stat
import time


class Fault:
    """One fault as it was. end: everything that it touched was back; None while it lasts."""

    def __init__(self, what, note=''):
        self.what, self.start, self.end, self.note = what, time.monotonic(), None, note
        self.window, self.seen_again = 0, 0  # filled by the score


class Breaker:
    def __init__(self, place, disk=None, wall=None):
        self.place, self.disk, self.wall = place, disk, wall
        self.faults, self.locks = [], {}

    async def run(self, step):
        """One step; faults of one target wait for one another."""
        target, _, how = step.what.partition('.')
        name = {'disk': 'ferryd', 'store': 'ferryd', 'clock': 'clock'}.get(target, target)
        if target == 'cut':
            name = step.what.rpartition('.')[0]
        async with self.locks.setdefault(name, asyncio.Lock()):
            fault = Fault(step.what)
            self.faults.append(fault)
            action = getattr(self, target if target in ('cut', 'clock') else '%s_%s' % (target, how.replace('-', '_')))
            try:
                await (action(step.seconds, how) if target in ('cut', 'clock') else action(step.seconds))
                await self.place.gateway.settled(90)
            finally:
                fault.end = time.monotonic()
        return fault

    # ---- ferryd
    async def end_ferryd(self, number):
        gateway = self.place.gateway
        process = gateway.process
        if gateway.signal(number):
            await gateway.gone(process)

    async def ferryd_kill(self, _):
        await self.end_ferryd(signal.SIGKILL)

    async def ferryd_term(self, _):
        await self.end_ferryd(signal.SIGTERM)

    async def ferryd_stop(self, seconds):
        gateway = self.place.gateway
        process = gateway.process
        if gateway.signal(signal.SIGSTOP):
            await asyncio.sleep(seconds)
            if gateway.process is process:
                gateway.signal(signal.SIGCONT)

    async def ferryd_stop_kill(self, seconds):
        if self.place.gateway.signal(signal.SIGSTOP):
            await asyncio.sleep(seconds)
        await self.end_ferryd(signal.SIGKILL)

    # ---- the servers
    async def server_away(self, server, end, seconds):
        await asyncio.to_thread(end)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(server.start)
        await self.linked()

    async def linked(self):
        """ferryd sees every link up: its last word on each link is link.up."""
        gateway = self.place.gateway
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if gateway.process is not None:
                words = {'component': '', 'broker': ''}
                for line in gateway.new_log().splitlines():
                    for link in words:
                        if 'link=%s ' % link in line and 'event=link.' in line:
                            words[link] = 'up' if 'event=link.up' in line else 'down'
                if all(word == 'up' for word in words.values()):
                    gateway.ready.set()
                    return
            await asyncio.sleep(0.02)

    async def stopped(self, server, seconds):
        process = server.process
        os.killpg(process.pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        os.killpg(process.pid, signal.SIGCONT)
        await self.linked()

    async def broker_kill(self, seconds):
        await self.server_away(self.place.broker, self.place.broker.kill, seconds)

    async def broker_term(self, seconds):
        await self.server_away(self.place.broker, self.place.broker.terminate, seconds)

    async def broker_stop(self, seconds):
        await self.stopped(self.place.broker, seconds)

    async def xmpp_kill(self, seconds):
        await self.server_away(self.place.xmpp, self.place.xmpp.kill, seconds)

    async def xmpp_term(self, seconds):
        await self.server_away(self.place.xmpp, self.place.xmpp.terminate, seconds)

    async def xmpp_stop(self, seconds):
        await self.stopped(self.place.xmpp, seconds)

    # ---- the network
    async def cut(self, seconds, how):
        link, _, kind = how.partition('.')
        await self.place.proxies[link].cut(kind, seconds)
        await asyncio.sleep(0.05)
        await self.linked()

    # ---- the store
    async def disk_full(self, seconds):
        await self.disk.fill(self.place.gateway)
        await asyncio.sleep(seconds)
        self.disk.free(self.place.gateway)

    async def store_locked(self, seconds):
        path = self.place.gateway.sections['store']['path']
        lock = sqlite3.connect(path, isolation_level=None, timeout=0)
        try:
            deadline = time.monotonic() + 5
            while True:
                try:
                    lock.execute('BEGIN EXCLUSIVE')
                    break
                except sqlite3.OperationalError:  # ferryd writes just now
                    if time.monotonic() > deadline:
                        return
                    await asyncio.sleep(0.001)
            await asyncio.sleep(seconds)
            lock.execute('ROLLBACK')
        finally:
            lock.close()

    async def store_readonly(self, seconds):
        """Only at a start: what is open stays writable. Without the capability root is bound by the modes, too."""
        gateway, folder = self.place.gateway, self.place.store
        gateway.wanted = False
        await self.end_ferryd(signal.SIGTERM)
        files = [os.path.join(folder, name) for name in os.listdir(folder)] + [folder]
        files = [path for path in files if not stat.S_ISSOCK(os.stat(path).st_mode)]
        modes = [(path, stat.S_IMODE(os.stat(path).st_mode)) for path in files]
        prefix = gateway.prefix
        if os.geteuid() == 0:
            gateway.prefix = ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--', *prefix]
        try:
            for path, mode in modes:
                os.chmod(path, mode & ~0o222)
            gateway.wanted = True
            await asyncio.sleep(seconds)
        finally:
            for path, mode in modes:
                os.chmod(path, mode)
            gateway.prefix = prefix

    # ---- the clock
    async def clock(self, seconds, how):
        await self.wall.jump(3600 if how == 'forward' else -3600, seconds)
