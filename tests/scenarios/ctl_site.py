"""ferryctl with a configuration of its own, and with a gateway that runs."""
import contextlib
import json
import os
import subprocess

from process import HOST, free_port, write
from servers import Component, Ferryd, Mosquitto, Prosody, ferry_program

HOSTED = 'mqtt.localhost'
ANNA, BERT = 'probe-a@' + HOSTED, 'probe-b@' + HOSTED
BY_RULE = 'user *@%s {root}/u/{uid}' % HOSTED


class Nothing:
    """A broker and an XMPP server that are not there."""

    host, port, root, gateway, gateway_password, cafile = HOST, free_port(), 'im/v1', 'ferry', 'secret', None
    component = Component(HOST, free_port(), HOSTED, 'secret')


class Ctl:
    """ferryctl with one configuration."""

    def __init__(self, broker=Nothing, component=Nothing, routes=None):
        self.ferryd = Ferryd(broker, component, routes=routes)
        self.directory = self.ferryd.directory

    def __call__(self, *arguments, code=0, stdin=None):
        done = subprocess.run(
            [ferry_program('ferryctl'), '--config', self.ferryd.configuration, *arguments],
            capture_output=True,
            text=True,
            timeout=80,
            input=stdin if stdin is not None else '',
        )
        text = 'ferryctl %s: exit code %d\n%s%s' % (' '.join(arguments), done.returncode, done.stdout, done.stderr)
        assert done.returncode == code, text
        return done

    def json(self, *arguments, code=0, stdin=None):
        return json.loads(self('--json', *arguments, code=code, stdin=stdin).stdout)

    def rows(self):
        return [row['row'] for row in self.json('map', 'list')['rows'] if row['from'] == 'store']

    def file(self, name, text):
        return write(os.path.join(self.directory, name), text)


def plain(*arguments, code, environment=None):
    done = subprocess.run(
        [ferry_program('ferryctl'), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env=dict(os.environ, **(environment or {})),
    )
    assert done.returncode == code, (arguments, done)
    return done


@contextlib.contextmanager
def running(acl=None):
    with Mosquitto(users={ANNA: 'pa', BERT: 'pb'}, acl=acl) as broker, Prosody(accounts={'alice': 'pa'}) as xmpp:
        ctl = Ctl(broker, xmpp)
        with ctl.ferryd:
            yield ctl, broker, xmpp
