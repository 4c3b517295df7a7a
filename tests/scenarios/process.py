"""A server process of a scenario: its port, its directory, its log, its end.

Loopback only, free ports, ended by pid. The port and the data survive stop(), kill() and restart(). Everything is gone
when the program ends, however it ends, unless it was started with detached=True.
"""
import asyncio
import atexit
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from patience import patient

HOST = '127.0.0.1'
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_port_locks = []
_running = []
_directories = []


class Failed(Exception):
    """A server did not do what was asked; the text says where its log is."""


def free_port():
    """A port that nothing uses, below the ephemeral range: no outgoing connection can take it during a restart.
    An abstract socket keeps it from other tests that run at the same time."""
    for _ in range(1000):
        port = random.randint(20000, 31999)
        lock = socket.socket(socket.AF_UNIX)
        try:
            lock.bind('\0ferry-test-port-%d' % port)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((HOST, port))
        except OSError:
            lock.close()
            continue
        _port_locks.append(lock)
        return port
    raise Failed('no free port on %s between 20000 and 31999' % HOST)


def scratch(name, parent=None, keep=False):
    """A new directory, removed at the end of the program."""
    directory = tempfile.mkdtemp(prefix='ferry-%s-' % name, dir=parent)
    if not keep:
        _directories.append(directory)
    return directory


def write(path, text, mode=0o600):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), 'w', encoding='utf-8') as file:
        file.write(text)
    return path


def program(name):
    """The full path of a program: Debian keeps servers in sbin, which is not in everyone's PATH."""
    found = shutil.which(name, path=os.environ.get('PATH', '') + ':/usr/sbin:/sbin:/usr/local/sbin')
    if not found:
        raise Failed('%s is not installed: run tools/packages --test' % name)
    return found


def children(pid):
    """Process ids, of those that it started itself."""
    with open('/proc/%d/task/%d/children' % (pid, pid), encoding='ascii') as file:
        return [int(child) for child in file.read().split()]


class Server:
    """A process, its directory, its log. Subclasses say what to run and when it is ready."""

    name = 'server'
    stop_timeout = 20

    def __init__(self, directory=None, detached=False):
        self.directory = scratch(self.name, directory, keep=detached)
        self.detached = detached
        self.log_path = os.path.join(self.directory, self.name + '.log')
        self.process = None
        self.log_start = 0

    # what subclasses give
    def command(self):
        raise NotImplementedError

    def environment(self):
        return dict(os.environ)

    def wait_ready(self, timeout=30):
        raise NotImplementedError

    # what everyone uses
    def start(self, wait=True):
        self.log_start = len(self.log)
        # The kernel ends the server when the program that started it is gone, even by SIGKILL.
        guard = [] if self.detached or not shutil.which('setpriv') else ['setpriv', '--pdeathsig', 'KILL', '--']
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen(
                guard + self.command(),
                env=self.environment(),
                cwd=self.directory,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        _running.append(self)
        if wait:
            try:
                self.wait_ready()
            except Failed:
                self.print_log()
                raise
        return self

    async def start_async(self):
        """For a server that is ready only once something in this event loop has answered it (a fake peer)."""
        self.start(wait=False)
        try:
            await asyncio.to_thread(self.wait_ready)
        except Failed:
            self.print_log()
            raise
        return self

    async def terminate_async(self, timeout=None):
        return await asyncio.to_thread(self.terminate, timeout)

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def terminate(self, timeout=None):
        """SIGTERM; the exit code."""
        if not self.process:
            return None
        if self.alive():
            self.process.terminate()
        try:
            code = self.process.wait(patient(timeout or self.stop_timeout))
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed('%s did not end within %s s of SIGTERM' % (self.name, timeout or self.stop_timeout)) from None
        self._forget()
        return code

    stop = terminate

    def kill(self):
        """SIGKILL to the whole process group: what a power cut looks like."""
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
            self._forget()

    def restart(self, hard=False):
        """Stop (or kill) and start again with the same port and data."""
        if hard:
            self.kill()
        else:
            self.terminate()
        return self.start()

    def _forget(self):
        self.process = None
        if self in _running:
            _running.remove(self)

    @property
    def log(self):
        try:
            with open(self.log_path, encoding='utf-8', errors='replace') as file:
                return file.read()
        except FileNotFoundError:
            return ''

    def print_log(self, lines=60):
        print('--- the last lines of %s' % self.log_path, file=sys.stderr)
        print('\n'.join(self.log.splitlines()[-lines:]), file=sys.stderr, flush=True)

    def wait_until(self, condition, what, timeout=30):
        """Polls until condition() is true; fails when the process has ended or the time is up."""
        deadline = time.monotonic() + patient(timeout)
        while True:
            result = condition()
            if result:
                return result
            if self.process and not self.alive():
                raise Failed(
                    '%s ended with code %s while waiting for %s (log: %s)'
                    % (self.name, self.process.returncode, what, self.log_path)
                )
            if time.monotonic() > deadline:
                raise Failed('%s: no %s within %s s (log: %s)' % (self.name, what, timeout, self.log_path))
            time.sleep(0.02)

    def wait_log(self, pattern, timeout=30, start=None):
        """Waits for a line of this run's log (or after character `start`) that the pattern finds; gives the match."""
        expression = re.compile(pattern, re.MULTILINE)
        return self.wait_until(
            lambda: expression.search(self.log, self.log_start if start is None else start),
            'line /%s/' % pattern,
            timeout,
        )

    def wait_port(self, port, timeout=30):
        def connects():
            try:
                socket.create_connection((HOST, port), timeout=1).close()
                return True
            except OSError:
                return False

        self.wait_until(connects, 'listener on port %d' % port, timeout)

    def __enter__(self):
        return self if self.alive() else self.start()

    def __exit__(self, kind, *_):
        if kind and issubclass(kind, Exception):
            self.print_log()
        self.kill()


@atexit.register
def _end_everything():
    for server in list(_running):
        if not server.detached:
            server.kill()
    for directory in _directories:
        if not os.environ.get('FERRY_KEEP_LOGS'):
            shutil.rmtree(directory, ignore_errors=True)
