"""ferryd under supervision: started again whenever it ends, its lives and its memory written down."""
import asyncio
import os
import shutil
import signal
import subprocess
import time

from patience import patient
from servers import Ferryd, ferry_program

RESTART = 0.1  # s: what a supervisor waits


class Life:
    def __init__(self):
        self.start, self.ready, self.end, self.code, self.memory = time.monotonic(), None, None, None, []


class Gateway(Ferryd):
    """wanted: whether the supervisor keeps it running. environment_extra, prefix: for the next starts."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.lives, self.wanted = [], False
        self.extra, self.prefix = {}, []
        self.ended_by_itself = []  # (time, code, last log line)
        self._offset = 0
        self.ready = asyncio.Event()
        self.expected = False  # its end is somebody's doing
        self.hardest = None

    def environment(self):
        return dict(os.environ, **self.extra)

    def program(self):
        return [ferry_program('ferryd'), '--config', self.configuration]

    def spawn(self):
        guard = ['setpriv', '--pdeathsig', 'KILL', '--'] if shutil.which('setpriv') else []
        self._offset = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        self.ready.clear()
        self.expected = False
        self.lives.append(Life())
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen(
                guard + self.prefix + self.program(),
                env=self.environment(), cwd=self.directory, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    async def supervise(self):
        """Runs until cancelled; then ferryd is gone too."""
        try:
            self.wanted, pause = True, 0
            while True:
                if self.process is None and self.wanted:
                    self.spawn()
                elif self.process is not None and self.process.poll() is not None:
                    self.note_end()
                    pause = RESTART
                elif self.process is not None:
                    self.look()
                await asyncio.sleep(pause or 0.01)
                pause = 0
        finally:
            self.wanted = False
            if self.process is not None:
                self.expected = True
                self.process.kill()
                self.process.wait()
                self.note_end()

    def note_end(self):
        life = self.lives[-1]
        life.end, life.code = time.monotonic(), self.process.returncode
        if not self.expected:
            lines = self.new_log().strip().splitlines()
            self.ended_by_itself.append((life.end, life.code, lines[-1] if lines else ''))
        self.process = None
        self.ready.clear()

    def new_log(self):
        with open(self.log_path, 'rb') as log:
            log.seek(self._offset)
            return log.read().decode(errors='replace')

    def look(self):
        if not self.ready.is_set():
            text = '\n' + self.new_log()
            if '\nready ' in text:
                self.lives[-1].ready = time.monotonic()
                self.ready.set()
        life = self.lives[-1]
        if self.ready.is_set() and (not life.memory or time.monotonic() - life.memory[-1][0] > 1):
            life.memory.append((time.monotonic(), self.rss()))

    def rss(self):
        """kB"""
        try:
            with open('/proc/%d/status' % self.process.pid, encoding='ascii') as status:
                return next(int(line.split()[1]) for line in status if line.startswith('VmRSS'))
        except (OSError, StopIteration, AttributeError):
            return 0

    def signal(self, number):
        """False: it was not there to hear it."""
        if self.process is None or self.process.poll() is not None:
            return False
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.expected = True
        self.process.send_signal(number)
        return True

    async def gone(self, process):
        while self.process is process and process is not None:
            await asyncio.sleep(0.005)

    async def settled(self, timeout=60):
        await asyncio.wait_for(self.ready.wait(), patient(timeout))
