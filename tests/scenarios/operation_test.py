"""What an operator sees: the service manager, a store in trouble, reload, status, one message's way, a backup.

    python3 tests/scenarios/operation_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import contextlib
import fcntl
import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import threading

import run
from clients import new_id
from lab import lab
from process import HOST, Failed, free_port, scratch
from servers import Ferryd, ferry_program

WATCHDOG = 400_000  # µs: ferryd answers each half of it


class Manager:
    """What systemd is for a Type=notify service: a datagram socket, and what came on it.

    It reads all the time, as systemd does: the socket holds ten, and who sends the next one waits.
    """

    def __init__(self):
        self.path = os.path.join(scratch('notify'), 'socket')
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.said = []
        self.more = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            said = self.socket.recv(65536).decode()
            with self.more:
                self.said.append(said)
                self.more.notify_all()

    def _find(self, wanted, after):
        return next((n for n in range(after, len(self.said)) if re.search(wanted, self.said[n], re.M)), None)

    def wait(self, wanted, after=0, timeout=30):
        """Waits for a message that has this text; gives its number."""
        with self.more:
            self.more.wait_for(lambda: self._find(wanted, after) is not None, timeout)
            number = self._find(wanted, after)
        assert number is not None, 'no %r: %s' % (wanted, self.said[after:])
        return number

    def drain(self):
        """The number of what is said from here on: all that was sent by now has been read."""
        mark = 'DRAINED=%d' % len(self.said)
        with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as own:
            own.sendto(mark.encode(), self.path)
        return self.wait('^%s$' % mark) + 1


class Managed(Ferryd):
    manager = None

    def environment(self):
        environment = super().environment()
        if self.manager:
            environment.update(NOTIFY_SOCKET=self.manager.path, WATCHDOG_USEC=str(WATCHDOG))
        return environment


def _listening():
    return {'http': {'listen': '%s:%d' % (HOST, free_port())}}


async def _get(ferryd, path):
    """(status, body)"""
    reader, writer = await asyncio.open_connection(*ferryd.http.rsplit(':', 1))
    writer.write(b'GET %s HTTP/1.0\r\n\r\n' % path.encode())
    answer = (await reader.read()).decode()
    writer.close()
    return int(answer.split()[1]), answer.split('\r\n\r\n', 1)[1]


@contextlib.asynccontextmanager
async def _managed(**options):
    async with lab(start=False, users=4, **options) as site:
        site.ferryd.__class__ = Managed
        site.ferryd.manager = Manager()
        yield site, site.ferryd, site.ferryd.manager


async def the_service_manager_is_told():
    async with _managed() as (site, ferryd, manager):
        broker = site.broker
        await asyncio.to_thread(broker.terminate)
        ferryd.start(wait=False)  # without a broker: the process is ready all the same, and its status says what is not
        await asyncio.to_thread(manager.wait, '^READY=1$')
        await asyncio.to_thread(manager.wait, '^STATUS=component up, broker down: .+')
        await asyncio.to_thread(broker.start)
        up = await asyncio.to_thread(manager.wait, '^STATUS=component up, broker up$')
        await asyncio.to_thread(broker.terminate)
        await asyncio.to_thread(manager.wait, '^STATUS=component up, broker down', up)
        await asyncio.to_thread(broker.start)

        mark = manager.drain()
        ferryd.process.send_signal(signal.SIGHUP)
        mark = await asyncio.to_thread(manager.wait, r'^RELOADING=1\nMONOTONIC_USEC=\d+$', mark)
        await asyncio.to_thread(manager.wait, '^READY=1$', mark)
        ferryd.process.terminate()
        mark = await asyncio.to_thread(manager.wait, '^STOPPING=1$', mark)
        await asyncio.to_thread(manager.wait, r'^EXTEND_TIMEOUT_USEC=\d+$', mark)
        assert await asyncio.to_thread(ferryd.process.wait, 20) == 0


async def the_watchdog_is_answered_by_what_turns():
    async with _managed() as (_, ferryd, manager):
        await ferryd.start_async()
        for _ in range(5):
            await asyncio.to_thread(manager.wait, '^WATCHDOG=1$', manager.drain(), 20)
        ferryd.process.send_signal(signal.SIGSTOP)
        await asyncio.to_thread(lambda: os.waitid(os.P_PID, ferryd.process.pid, os.WSTOPPED | os.WNOWAIT))
        mark = manager.drain()
        await asyncio.sleep(5 * WATCHDOG / 1e6)
        assert not manager.said[mark:], 'a stopped process says that it turns'
        ferryd.process.send_signal(signal.SIGCONT)
        await asyncio.to_thread(manager.wait, '^WATCHDOG=1$', manager.drain())


async def a_start_waits_for_a_store_that_cannot_be_written():
    async with _managed(options=_listening()) as (site, ferryd, manager):
        await ferryd.start_async()
        await asyncio.to_thread(ferryd.terminate)
        with contextlib.closing(sqlite3.connect(ferryd.sections['store']['path'], isolation_level=None)) as lock:
            lock.execute('BEGIN IMMEDIATE')  # nobody else can write
            mark = manager.drain()
            ferryd.start(wait=False)
            await asyncio.to_thread(ferryd.wait_log, 'event=store.unavailable reason=".*locked.*" advice=')
            await asyncio.to_thread(manager.wait, '^STATUS=waiting for the store: .*locked', mark)
            extended = await asyncio.to_thread(manager.wait, '^EXTEND_TIMEOUT_USEC=', mark)
            await asyncio.to_thread(manager.wait, '^WATCHDOG=1$', extended)
            status, body = await _get(ferryd, '/readyz')
            assert status == 503 and re.search(r'^store: .*locked', body, re.M), (status, body)
            assert (await _get(ferryd, '/healthz')) == (200, 'ok\n')
            assert '\nferry_store_available 0\n' in (await _get(ferryd, '/metrics'))[1]
            refused = await asyncio.to_thread(ferryd.ctl, 'user', 'list', check=False)
            assert refused.returncode == 1 and 'waits for its store' in refused.stderr, refused
            lock.execute('ROLLBACK')
        ready = await asyncio.to_thread(manager.wait, '^READY=1$', mark)
        await asyncio.to_thread(ferryd.wait_ready)
        log = ferryd.log[ferryd.log_start :]
        assert log.count('event=store.unavailable') == 1 and 'event=store.available' in log, log
        assert log.index('event=store.available') < log.index('event=link.up'), 'no link without a store'
        assert not [s for s in manager.said[mark:ready] if 'component' in s], manager.said
        alice, bob = await site.friends()
        await site.talk(alice, bob, 'after it')


async def a_disk_that_is_nearly_full_is_not_ready():
    async with lab(start=False, users=1, options=_listening()) as site:
        ferryd = site.ferryd
        free = os.statvfs(ferryd.directory)
        free = free.f_bavail * free.f_frsize
        ferryd.sections['store']['least-free'] = free * 4  # not even a quarter: enough to begin, not to be ready
        ferryd.write_configuration()
        await ferryd.start_async()
        await asyncio.to_thread(ferryd.wait_log, r'event=store\.low free=\d+ least=%d ' % (free * 4))
        status, body = await _get(ferryd, '/readyz')
        assert status == 503 and re.search(r'^store: only \d+ bytes free$', body, re.M), (status, body)
        await asyncio.to_thread(ferryd.terminate)
        ferryd.sections['store']['least-free'] = free * 32
        ferryd.write_configuration()
        ferryd.start(wait=False)
        await asyncio.to_thread(ferryd.wait_log, r'event=store\.unavailable reason="store: only \d+ bytes are free')
        assert await asyncio.to_thread(ferryd.terminate) == 0, 'it can be stopped while it waits'
        assert site.count('event=link.') == 0


async def a_store_that_is_taken_or_nowhere_is_an_error():
    async with lab(users=1) as site:
        second = subprocess.run(
            [ferry_program('ferryd'), '--config', site.ferryd.configuration], capture_output=True, text=True, timeout=60
        )
        assert second.returncode == 1, second
        assert 'a ferryd or ferryctl (pid %d) works on this store' % site.ferryd.process.pid in second.stderr, second.stderr
        nowhere = subprocess.run(
            [ferry_program('ferryd'), '--config', site.ferryd.configuration, '--store.path=/no/such/folder/a.db'],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert nowhere.returncode == 1 and '/no/such/folder' in nowhere.stderr, nowhere


async def a_store_that_is_taken_for_a_moment_is_waited_for():
    async with lab(users=1) as site:
        ferryd = site.ferryd
        assert await asyncio.to_thread(ferryd.terminate) == 0
        with open(ferryd.sections['store']['path'] + '.lock', encoding='ascii') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # as ferryctl does where it finds no ferryd
            ferryd.start(wait=False)
            asked = asyncio.ensure_future(asyncio.to_thread(ferryd.ctl, 'status'))
            await asyncio.sleep(0.5)  # nothing to await: both wait
            assert ferryd.process.poll() is None and not asked.done()
        await asyncio.to_thread(ferryd.wait_ready)
        await asked


async def reload_says_what_needs_a_restart():
    async with lab(users=1) as site:
        ferryd = site.ferryd

        async def reload(section, key, value):
            start = len(ferryd.log)
            ferryd.sections.setdefault(section, {})[key] = value
            ferryd.write_configuration()
            ferryd.process.send_signal(signal.SIGHUP)
            await asyncio.to_thread(ferryd.wait_log, 'event=reload.done', 30, start)
            return ferryd.log[start:]

        log = await reload('log', 'level', 'debug')
        assert 'needs-restart' not in log, log
        log = await reload('limits', 'user-rate', 7)
        assert 'level=warning event=reload.needs-restart keys=limits.user-rate ' in log, log
        log = await reload('broker', 'max-in-flight', 7)
        assert 'keys=broker.max-in-flight,limits.user-rate ' in log, log


async def status_shows_links_queues_and_rates():
    async with lab(users=4) as site:
        alice, bob = await site.friends()
        await site.talk(alice, bob, 'counted')
        text = (await asyncio.to_thread(site.ferryd.ctl, 'status')).stdout
        for pattern in (
            r'^gateway    running, version \S+, for \d+ s, pid %d$' % site.ferryd.process.pid,
            r'^XMPP       up since 20\S+Z, 127\.0\.0\.1:%d$' % site.xmpp.component.port,
            r'^broker     up since 20\S+Z, 127\.0\.0\.1:%d$' % site.broker.port,
            r'^store      %s, [\d.]+ kB and a log of [\d.]+ (bytes|kB), [\d.]+ [MGT]B free$' % site.ferryd.sections['store']['path'],
            r'^users      1, 1 of them online with 1 device$',
            r'^to XMPP, on disk until the server confirms +0$',
        ):
            assert re.search(pattern, text, re.M), (pattern, text)
        await asyncio.to_thread(site.broker.terminate)
        await asyncio.to_thread(site.ferryd.wait_log, 'event=link.down link=broker')
        known = json.loads((await asyncio.to_thread(site.ferryd.ctl, '--json', 'status')).stdout)
        broker = next(link for link in known['links'] if link['link'] == 'broker')
        assert known['ok'] and not broker['up'] and broker['reason'], known
        assert known['queues']['to_xmpp'] == 0 and known['counters']['messages_from_xmpp'] == 1, known
        text = (await asyncio.to_thread(site.ferryd.ctl, 'status')).stdout
        assert re.search(r'^broker     down since .*\n +because: .+', text, re.M), text


async def a_backup_of_a_gateway_under_load_has_what_was_accepted():
    async with lab(users=6, options={'limits': {'user-rate': 0}}) as site:
        ferryd = site.ferryd
        alice, bob = await site.friends()
        folder = scratch('backup')
        copy = os.path.join(folder, 'copy.db')
        await asyncio.to_thread(site.xmpp.terminate)  # what bob sends has to wait
        await asyncio.to_thread(ferryd.wait_log, 'event=link.down link=component')
        accepted, done = [], asyncio.Event()

        async def load():
            while not done.is_set():
                id = await bob.message(alice.bare, 'kept')
                await bob.wait_receipt(id, 'accepted')
                accepted.append(id)

        loading = asyncio.create_task(load())
        while len(accepted) < 20:
            await asyncio.sleep(0)
            assert not loading.done(), loading
        before = list(accepted)
        made = await asyncio.to_thread(ferryd.ctl, 'backup', copy)
        done.set()
        await loading
        assert 'copied: ' in made.stdout and stat.S_IMODE(os.stat(copy).st_mode) == 0o600, made
        assert os.listdir(folder) == ['copy.db'], os.listdir(folder)
        again = await asyncio.to_thread(ferryd.ctl, 'backup', copy, check=False)
        assert again.returncode == 1 and 'File exists' in again.stderr and '--force' in again.stderr, again
        await asyncio.to_thread(ferryd.ctl, 'backup', '--force', copy)
        await asyncio.to_thread(ferryd.terminate)
        with contextlib.closing(sqlite3.connect(copy)) as database:
            ids = {row[0] for row in database.execute('SELECT id FROM message')}
        assert set(before) <= ids, 'accepted before, and not in the copy'
        stopped = os.path.join(folder, 'stopped.db')
        await asyncio.to_thread(ferryd.ctl, 'backup', stopped)

        for name in os.listdir(ferryd.directory):  # the store is lost
            if name.startswith('ferry.db'):
                os.remove(os.path.join(ferryd.directory, name))
        os.rename(copy, ferryd.sections['store']['path'])
        await asyncio.to_thread(site.xmpp.start)
        back = await site.xmpp_back(alice)
        await ferryd.start_async()
        for id in before:
            await back.wait(lambda s: s.name == 'message' and s['id'] == id, what='message %s' % id)


if __name__ == '__main__':
    run.main(globals())
