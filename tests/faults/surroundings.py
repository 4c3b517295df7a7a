"""What ferryd stands on and a fault can take away: room on its disk, the wall clock."""
import asyncio
import glob
import os
import resource
import subprocess

from servers import sanitizer

SMALLEST = 48  # MB
A_MESSAGE = 1 / 1000  # MB: the ledger remembers each for days


class Disk:
    """A small tmpfs where this user may mount one; else a limit on the size of ferryd's files."""

    def __init__(self, path, messages):
        size = SMALLEST + messages * A_MESSAGE
        self.path, self.filler = path, os.path.join(path, 'filler')
        self.mounted = os.geteuid() == 0 and subprocess.run(
            ['mount', '-t', 'tmpfs', '-o', 'size=%dm' % size, 'ferry-faults', path], capture_output=True
        ).returncode == 0

    def close(self):
        if self.mounted:
            subprocess.run(['umount', '-l', self.path], capture_output=True)

    async def fill(self, gateway):
        if self.mounted:
            with open(self.filler, 'wb', buffering=0) as file:
                size = 1 << 20
                while size >= 1:  # to the last byte
                    try:
                        file.write(b'\0' * size)
                    except OSError:
                        size //= 2
                    await asyncio.sleep(0)
            return
        gateway.prefix = ['prlimit', '--fsize=4096', '--']
        self.limit(gateway, 4096)

    def free(self, gateway):
        if self.mounted:
            os.remove(self.filler)
            return
        gateway.prefix = []
        self.limit(gateway, resource.RLIM_INFINITY)

    @staticmethod
    def limit(gateway, size):
        if gateway.process is not None and gateway.process.poll() is None:
            resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


class WallClock:
    """ferryd's, by libfaketime; what measures durations is not touched."""

    def __init__(self, gateway):
        libraries = glob.glob('/usr/lib/*/faketime/libfaketime.so.1')
        self.works = bool(libraries) and not sanitizer()  # the two libraries wait for each other
        self.file = os.path.join(gateway.directory, 'clock')
        self.write(0)
        if self.works:
            gateway.extra = {
                'LD_PRELOAD': libraries[0], 'FAKETIME_TIMESTAMP_FILE': self.file, 'FAKETIME_NO_CACHE': '1',
                'FAKETIME_DONT_FAKE_MONOTONIC': '1', 'DONT_FAKE_MONOTONIC': '1',
            }

    def write(self, seconds):
        with open(self.file + '.new', 'w', encoding='ascii') as file:
            file.write('%+d\n' % seconds)
        os.replace(self.file + '.new', self.file)  # ferryd may read it at any moment

    async def jump(self, by, seconds):
        self.write(by)
        await asyncio.sleep(seconds)
        self.write(0)
