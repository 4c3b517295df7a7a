"""ferry-replay serve: a capture to a real ferryd and Mosquitto, without any XMPP server.

    python3 tests/scenarios/replay_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import contextlib
import datetime
import json
import os
import random

import run
from lab import played
from patience import patient
from process import HOST, free_port, scratch, write
from servers import Component, Ferryd, Mosquitto, ferry_program

DOMAIN, SERVER, SECRET = 'mqtt.corp.example', 'corp.example', 'component-secret'
EARLIER = datetime.datetime(2025, 10, 9, 8, 53, 20, tzinfo=datetime.timezone.utc)
LISTENER = """
user listener
topic read im/v1/u/+/in/#
topic read im/v1/gw/#
topic write im/v1/u/+/out/#
"""


def _stanza(n, chance, last):
    alice = 'alice%d@%s/spark' % (chance.randrange(8), SERVER)
    bob = 'bob%d@%s' % (chance.randrange(8), DOMAIN)
    kind = chance.random()
    if kind < 0.6 or last:  # a message has a result for certain
        receipt = "<request xmlns='urn:xmpp:receipts'/>" if n % 3 else ''
        return "<message type='chat' id='m%d' from='%s' to='%s'><body>Hello %d &amp; good day, Zoë</body>%s</message>" % (
            n, alice, bob, n, receipt)
    if kind < 0.75:
        return (
            "<message type='chat' from='%s' to='%s'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>"
            % (alice, bob)
        )
    if kind < 0.9:
        return "<presence from='%s' to='%s'><show>%s</show></presence>" % (
            alice, bob, chance.choice(['away', 'dnd', 'xa']))
    return "<iq type='get' id='q%d' from='%s' to='%s'><query xmlns='jabber:iq:roster'/></iq>" % (n, alice, bob)


class _Scene:
    """A broker, a place where ferry-replay listens, and a capture."""

    def __init__(self, stanzas, seconds):
        self.directory = scratch('replay')
        self.component = Component(HOST, free_port(), DOMAIN, SECRET)
        self.broker = Mosquitto(users={'listener': 'listener-secret'})
        with open(self.broker.acl_file, 'a', encoding='utf-8') as file:
            file.write(LISTENER)
        self.ferryd = self.new_ferryd()
        self.capture = os.path.join(self.directory, 'capture')
        chance = random.Random(4)
        lines = [{'ferry': 'capture', 'version': 1, 'source': 'test', 'redacted': False}]
        for n in range(stanzas):
            time = EARLIER + datetime.timedelta(seconds=seconds * n / max(1, stanzas - 1))
            lines.append(
                {'ts': time.strftime('%Y-%m-%dT%H:%M:%S.%fZ'), 'stream': '1', 'kind': 'component', 'dir': 'sent',
                 'stanza': _stanza(n, chance, n == stanzas - 1)}
            )
        write(self.capture, '\n'.join(json.dumps(line) for line in lines) + '\n')

    def new_ferryd(self):
        """With an empty store."""
        return Ferryd(
            self.broker,
            self.component,
            options={
                'component': {'server': SERVER},
                'limits': {'peer-rate': 0, 'domain-rate': 0, 'request-rate': 0},
            },
        )

    async def replay(self, command, *options, configuration=None):
        """(exit code, stdout, stderr)"""
        configuration = configuration or self.ferryd.configuration
        process = await asyncio.create_subprocess_exec(
            'setpriv', '--pdeathsig', 'KILL', '--',
            ferry_program('ferry-replay'), command, self.capture, '--config', configuration, *options,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL,
        )
        out, err = await asyncio.wait_for(process.communicate(), patient(80))
        return process.returncode, out.decode(), err.decode()

    async def offline(self):
        """The output of ferry-replay run, as a file."""
        code, out, err = await self.replay('run')
        assert code == 0, err
        return write(os.path.join(self.directory, 'expected'), out)

    async def serve(self, *options):
        """(exit code, result, stderr), beside a ferryd that starts meanwhile."""
        serving = asyncio.create_task(self.replay('serve', '--json', '--patience', str(int(patient(10))), *options))
        with contextlib.ExitStack() as stack:
            stack.callback(self.ferryd.kill)
            self.ferryd.start(wait=False)
            code, out, err = await serving
        return code, json.loads(out) if out else {}, err


@contextlib.asynccontextmanager
async def _scene(stanzas=300, seconds=3.0):
    scene = _Scene(stanzas, seconds)
    async with played(scene):
        yield scene


def _is_same(code, result, err, sent):
    assert code == 0, (result, err)
    assert result['same'] and result['sent'] == sent, result
    assert result['lost'] == result['different'] == result['duplicates'] == result['out_of_order'] == 0, result
    assert result['matched'] + result['replaced'] == result['expected'] >= sent * 0.8, result
    assert result['latency_ms']['count'] > 0 and result['latency_ms']['max'] > 0, result


async def flat_out():
    """As fast as it goes: the same result as offline for every stanza, nothing lost."""
    async with _scene() as scene:
        _is_same(*await scene.serve('--fast'), 300)


async def as_recorded():
    """At the capture's own pace, by an account that may only read in/# and write out/#."""
    async with _scene(stanzas=60, seconds=2.0) as scene:
        password = write(os.path.join(scene.directory, 'listener-password'), 'listener-secret\n')
        code, result, err = await scene.serve('--broker-user', 'listener', '--broker-password-file', password)
        _is_same(code, result, err, 60)
        assert result['seconds'] >= 1.9, result  # it was not hurried


async def many_users_and_a_file():
    """Three of everybody, compared with what `run` had written before."""
    async with _scene(stanzas=100) as scene:
        code, out, err = await scene.replay('run', '--users', '3')
        assert code == 0, err
        expected = write(os.path.join(scene.directory, 'expected'), out)
        code, result, err = await scene.serve('--fast', '--users', '3', '--expect', expected)
        _is_same(code, result, err, 300)
        assert result['people'] % 3 == 0, result


async def a_difference_is_seen():
    """One expected body is another one, and one publish more is expected: exit code 1, both named."""
    async with _scene(stanzas=50) as scene:
        with open(await scene.offline(), encoding='utf-8') as file:
            lines = file.read().splitlines()
        changed = next(n for n, line in enumerate(lines) if '"body":"Hello' in line)
        more = dict(json.loads(lines[changed]), line=51)
        more['publish']['topic'] = 'im/v1/u/nobody@%s/in/msg' % DOMAIN
        lines[changed] = lines[changed].replace('"body":"Hello', '"body":"Goodbye')
        expected = write(os.path.join(scene.directory, 'changed'), '\n'.join(lines + [json.dumps(more)]) + '\n')
        junit = os.path.join(scene.directory, 'junit.xml')
        code, result, err = await scene.serve('--fast', '--expect', expected, '--junit', junit)
        assert code == 1, (result, err)
        assert result['different'] == 1 and result['lost'] == 1 and not result['same'], result
        assert 'body: "Goodbye' in err and 'nobody@' in err, err
        with open(junit, encoding='utf-8') as file:
            assert file.read().count('<failure') == 2


async def a_wrong_secret_is_refused():
    """Nothing is played to a component that does not know the secret."""
    async with _scene(stanzas=5) as scene:
        with open(scene.ferryd.configuration, encoding='utf-8') as file:
            text = file.read()
        secret = write(os.path.join(scene.directory, 'other-secret'), 'another\n')
        mine = os.path.join(scene.ferryd.directory, 'component-secret')
        other = write(os.path.join(scene.directory, 'other.conf'), text.replace(mine, secret))
        serving = asyncio.create_task(scene.replay('serve', '--patience', '5', configuration=other))
        scene.ferryd.start(wait=False)
        code, out, err = await serving
        assert code == 3 and not out, (code, out, err)
        assert 'no gateway connected' in err and 'not-authorized' in err, err


if __name__ == '__main__':
    run.main(globals())
