"""Mosquitto with its dynamic-security plugin, and its own tool for it."""
import json
import os
import subprocess

from patience import patient
from process import Failed, program, write
from servers import Mosquitto

PLUGIN = 'mosquitto_dynamic_security.so'
ADMIN, ADMIN_PASSWORD = 'admin', 'admin-secret'


def find_plugin():
    """Where Debian's package mosquitto has it."""
    for folder, _, files in os.walk('/usr/lib'):
        if PLUGIN in files:
            return os.path.join(folder, PLUGIN)
    raise Failed('%s is not installed: run tools/packages --test' % PLUGIN)


class Dynsec(Mosquitto):
    """It begins with an administrator alone. add_user() waits for nobody: set_password() when the client is there."""

    def __init__(self, **options):
        super().__init__(**options)
        self.plugin_file = os.path.join(self.directory, 'dynsec.json')
        subprocess.run(
            [program('mosquitto_ctrl'), 'dynsec', 'init', self.plugin_file, ADMIN, ADMIN_PASSWORD],
            check=True,
            capture_output=True,
        )
        with open(self.configuration, encoding='utf-8') as file:
            lines = [line for line in file if not line.startswith(('password_file', 'acl_file'))]
        lines += ['plugin %s\n' % find_plugin(), 'plugin_opt_config_file %s\n' % self.plugin_file]
        write(self.configuration, ''.join(lines))
        self.admin_file = write(os.path.join(self.directory, 'admin-password'), ADMIN_PASSWORD + '\n')

    def ctrl(self, *arguments):
        done = subprocess.run(
            [
                program('mosquitto_ctrl'),
                *('-h', self.host, '-p', str(self.port), '-u', ADMIN, '-P', ADMIN_PASSWORD),
                *('dynsec', *arguments),
            ],
            capture_output=True,
            text=True,
            timeout=patient(30),
            check=False,
        )
        if done.returncode != 0 or 'rror' in done.stderr:
            raise Failed('mosquitto_ctrl %s: %s%s' % (arguments, done.stdout, done.stderr))
        return done.stdout

    def set_password(self, user, password):
        self.ctrl('setClientPassword', user, password)
        self.users[user] = password

    def orders(self, text):
        """What an administrator publishes as it is."""
        subprocess.run(
            [
                program('mosquitto_pub'),
                *('-h', self.host, '-p', str(self.port), '-u', ADMIN, '-P', ADMIN_PASSWORD),
                *('-q', '1', '-t', '$CONTROL/dynamic-security/v1', '-s'),
            ],
            input=text,
            text=True,
            check=True,
            timeout=patient(30),
        )

    def state(self):
        """What the plugin has on its disk, without the administrator's."""
        with open(self.plugin_file, encoding='utf-8') as file:
            return json.load(file)

    def clients(self):
        return {c['username']: c for c in self.state().get('clients', ()) if c['username'] != ADMIN}

    def roles(self):
        return {r['rolename']: r for r in self.state().get('roles', ()) if r['rolename'].startswith('ferry-')}
