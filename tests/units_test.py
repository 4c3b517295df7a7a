"""The units for systemd: one sandbox, and files that systemd understands.

Run from the root.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
UNITS = ('ferryd.service', 'ferry-login-check.service')
# What they have apart: who they are, what they run and write, what they listen on.
OWN = {'Type', 'NotifyAccess', 'WatchdogSec', 'Group', 'ExecStart', 'ExecReload', 'ExecPaths', 'KillSignal', 'TimeoutStopSec',
       'LimitNOFILE', 'StateDirectory', 'StateDirectoryMode', 'RuntimeDirectory', 'RuntimeDirectoryMode', 'ReadWritePaths',
       'SocketBindAllow'}


def service(name):
    """[(key, value)] of its [Service]."""
    text = (ROOT / 'config' / name).read_text(encoding='utf-8')
    section = re.search(r'^\[Service\]\n(.*?)^\[', text, re.M | re.S)[1]
    return re.findall(r'^(\w+)=(.*)$', section, re.M)


class Units(unittest.TestCase):
    def test_one_sandbox(self):
        shared = [sorted(item for item in service(name) if item[0] not in OWN) for name in UNITS]
        self.assertEqual(*shared)
        self.assertGreater(len(shared[0]), 30)

    def test_what_they_run_may_be_executed(self):
        for name in UNITS:
            values = dict(service(name))
            self.assertIn(values['ExecStart'].split()[0], values['ExecPaths'].split(), name)

    @unittest.skipUnless(shutil.which('systemd-analyze'), 'no systemd here')
    def test_systemd_understands_them(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in UNITS:
                text = (ROOT / 'config' / name).read_text(encoding='utf-8')
                path = pathlib.Path(folder) / name
                # The programs need not be installed here.
                path.write_text(re.sub(r'^(Exec(?:Start|Reload)=)\S+', r'\1' + sys.executable, text, flags=re.M), encoding='utf-8')
                done = subprocess.run(['systemd-analyze', 'verify', path], capture_output=True, text=True, check=False)
                own = [line for line in done.stderr.splitlines() if name in line]
                self.assertEqual(own, [], done.stderr)


if __name__ == '__main__':
    unittest.main()
