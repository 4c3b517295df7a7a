"""ferry-replay serve as the legacy server of accounts on their way: a capture of clients' streams to a real ferryd,
whose sessions log in to it, and to a real Mosquitto, without any XMPP server.

    python3 tests/scenarios/replay_accounts_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import contextlib
import json
import os

import run
from certificates import make_certificates, make_client_certificate
from clients import MosquittoSub
from lab import played
from patience import patient
from process import HOST, free_port, scratch, write
from servers import Component, Ferryd, Mosquitto, ferry_program

DOMAIN, SERVER, SECRET = 'mqtt.localhost', 'localhost', 'component-secret'
BOB, ALICE = 'bob@' + SERVER, 'alice@' + SERVER
ROSTER = (
    "<iq type='result' id='r1' to='{0}/spark'><query xmlns='jabber:iq:roster'>"
    "<item jid='{1}' name='The other' subscription='both'/></query></iq>"
)
BOUND = "<iq type='result' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>%s/spark</jid></bind></iq>"


def _chat(sender, to, number, more=''):
    body = '<body>Hello %d &amp; good day, Zoë</body>' % number
    return "<message type='chat' id='m%d' from='%s/spark' to='%s/spark'>%s%s</message>" % (
        number, sender, to, body, more)


def _stanzas(messages):
    """(stream, direction, stanza) of two clients, whose owners talk with each other: their log-ins, then every message
    as its sender said it and as its recipient's client got it."""
    for own, other in ((BOB, ALICE), (ALICE, BOB)):
        yield own, 'sent', BOUND % own
        yield own, 'sent', ROSTER.format(own, other)
    yield BOB, 'sent', "<presence from='%s/spark' to='%s'><show>away</show></presence>" % (ALICE, BOB)
    for number in range(messages):
        sender, to = (ALICE, BOB) if number % 3 else (BOB, ALICE)
        more = "<request xmlns='urn:xmpp:receipts'/>" if number % 2 else ''
        stanza = _chat(sender, to, number, more)
        yield sender, 'received', stanza.replace("from='%s/spark' " % sender, '')
        yield to, 'sent', stanza
    composing = "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
    yield BOB, 'sent', "<message type='chat' from='%s/spark' to='%s/spark'>%s</message>" % (ALICE, BOB, composing)
    yield BOB, 'sent', "<presence from='%s/spark' to='%s' type='unavailable'/>" % (ALICE, BOB)
    # One that this account has carried before: its session refuses it to who sent it.
    yield BOB, 'sent', _chat(ALICE, BOB, messages, "<via xmlns='urn:ferry:via:0' hops='%s'/>" % BOB)
    # A hosted user gets hers by the component, in between.
    yield BOB, 'received', "<message type='chat' id='h1' to='carol@%s'><body>by the component</body></message>" % DOMAIN


def _expected_bodies(account, messages):
    return ['Hello %d & good day, Zoë' % n for n in range(messages) if (n % 3 > 0) == (account == BOB)]


class _Scene:
    def __init__(self, messages, seconds):
        self.directory = scratch('replay-accounts')
        self.messages = messages
        self.cafile, self.certificate, self.key = make_certificates(self.directory)
        self.component = Component(HOST, free_port(), DOMAIN, SECRET)
        self.broker = Mosquitto(users={BOB: 'b', ALICE: 'a'})
        self.ferryd = Ferryd(
            self.broker,
            self.component,
            options={
                'component': {'server': SERVER},
                'session': {'host': HOST, 'port': free_port(), 'cafile': self.cafile},
                'vault': {'key-file': os.path.join(self.directory, 'vault.key'), 'keep-passwords': 'true'},
                'limits': {'peer-rate': 0, 'domain-rate': 0, 'request-rate': 0},
            },
        )
        self.capture = os.path.join(self.directory, 'capture')
        lines = [{'ferry': 'capture', 'version': 1, 'source': 'test', 'redacted': False}]
        stanzas = list(_stanzas(messages))
        for n, (stream, direction, stanza) in enumerate(stanzas):
            time = '2025-10-09T08:53:%09.6fZ' % (20 + seconds * n / len(stanzas))
            lines.append({'ts': time, 'stream': stream, 'kind': 'client', 'dir': direction, 'stanza': stanza})
        write(self.capture, '\n'.join(json.dumps(line) for line in lines) + '\n')

    async def replay(self, command, *options):
        """(exit code, stdout, stderr)"""
        process = await asyncio.create_subprocess_exec(
            'setpriv', '--pdeathsig', 'KILL', '--',
            ferry_program('ferry-replay'), command, self.capture, '--config', self.ferryd.configuration, *options,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL,
        )
        try:
            out, err = await asyncio.wait_for(process.communicate(), patient(80))
        except asyncio.CancelledError:
            process.kill()
            raise
        return process.returncode, out.decode(), err.decode()

    def serve(self, *options, account=SERVER, patience=15):
        """The same for `serve`, as a task."""
        options += ('--account', account, '--patience', str(int(patient(patience))))
        return asyncio.create_task(self.replay('serve', '--cert', self.certificate, '--key', self.key, *options))

    async def ctl(self, *arguments, stdin=''):
        return await asyncio.to_thread(self.ferryd.ctl, *arguments, stdin=stdin)

    async def keep_passwords(self, *accounts):
        await self.ctl('vault', 'init')
        for account in accounts:
            await self.ctl('password', 'set', account, '-', stdin='any-secret\n')

    async def move(self, *accounts):
        """A ferryd starts, and its accounts go as far as `dual`."""
        await self.ferryd.start_async()
        await asyncio.to_thread(self.ferryd.wait_ready)
        await self.ctl('migrate', 'plan', '--cohort', 'monday', '--apply', *accounts)
        await self.ctl('migrate', 'start', '--cohort', 'monday', '--to', 'dual', '--apply')

    def watching(self, account):
        """What arrives at the broker for this account."""
        return MosquittoSub(self.broker, account, topic='in/msg')


@contextlib.asynccontextmanager
async def _scene(messages=60, seconds=2.0):
    scene = await asyncio.to_thread(_Scene, messages, seconds)
    async with played(scene):
        yield scene


async def _arrived(device, bodies):
    """All of them, each once, in this order."""
    await device.wait(lambda e: e.json['body'] == bodies[-1], what='the last message')
    came = [e.json['body'] for e in device.events]
    assert came == bodies, came


def _is_same(code, result, err, sent):
    assert code == 0, (result, err)
    assert result['same'] and result['sent'] == sent, result
    assert result['lost'] == result['different'] == result['duplicates'] == result['out_of_order'] == 0, result
    assert result['matched'] + result['replaced'] == result['expected'], result
    assert result['latency_ms']['count'] > 0 and result['latency_ms']['max'] > 0, result
    assert result['session_reconnects'] == 0, result


async def as_fast_as_it_goes():
    """Two accounts' sessions, and the component beside them: the same result as offline, and each message once."""
    async with _scene() as scene:
        await scene.keep_passwords(BOB, ALICE)
        async with scene.watching(BOB) as bob, scene.watching(ALICE) as alice:
            serving = scene.serve('--fast', '--json')
            await scene.move(BOB, ALICE)
            code, out, err = await serving
            result = json.loads(out) if out else {}
            _is_same(code, result, err, scene.messages + 5)
            assert result['sessions'] == 2 and result['people'] == 3, result
            await _arrived(bob, _expected_bodies(BOB, scene.messages))
            await _arrived(alice, _expected_bodies(ALICE, scene.messages))


async def as_recorded_with_a_histogram():
    """One account, at the capture's own pace; and what people read at the end."""
    async with _scene(messages=30) as scene:
        await scene.keep_passwords(BOB)
        async with scene.watching(BOB) as bob:
            serving = scene.serve(account=BOB)
            await scene.move(BOB)
            code, out, err = await serving
            assert code == 0, (out, err)
            for line in ('1  accounts had a session', '0  lost', '0  came twice', '0  came out of order'):
                assert ' ' + line in out, out
            assert 'from stanza to result: p50' in out and '#' in out, out
            await _arrived(bob, _expected_bodies(BOB, scene.messages))
            seconds = float(out.split('  s, ')[0].split()[-1])
            assert seconds >= 1.5, out  # it was not hurried


async def by_certificate():
    """SASL EXTERNAL: no password is kept for either of them."""
    async with _scene(messages=20) as scene:
        folder = scratch('client-certificates')
        for account in (BOB, ALICE):
            certificate, key = await asyncio.to_thread(make_client_certificate, scene.directory, account)
            os.rename(certificate, os.path.join(folder, account + '.crt'))
            os.rename(key, os.path.join(folder, account + '.key'))
        scene.ferryd.sections['session']['certificates'] = folder
        scene.ferryd.write_configuration()
        serving = scene.serve('--fast', '--json')
        await scene.move(BOB, ALICE)
        code, out, err = await serving
        _is_same(code, json.loads(out) if out else {}, err, scene.messages + 5)


async def what_run_wrote_is_what_is_expected():
    """--expect, and one body changed in it: that one is named."""
    async with _scene(messages=20) as scene:
        code, out, err = await scene.replay('run', '--account', SERVER)
        assert code == 0 and '"topic":"im/v1/u/%s/in/msg"' % BOB in out and '"session":"%s"' % BOB in out, (out, err)
        expected = write(os.path.join(scene.directory, 'expected'), out.replace('Hello 7 ', 'Goodbye 7 '))
        await scene.keep_passwords(BOB, ALICE)
        serving = scene.serve('--fast', '--json', '--expect', expected)
        await scene.move(BOB, ALICE)
        code, out, err = await serving
        result = json.loads(out)
        assert code == 1 and result['different'] == 1 and result['lost'] == 0, (result, err)
        assert 'Goodbye 7' in err, err


async def a_bad_client_disturbs_nobody():
    """Nonsense, no TLS, half a handshake and silence at the door, while others log in and hear everything."""
    async with _scene(messages=40) as scene:
        await scene.keep_passwords(BOB, ALICE)
        port = scene.ferryd.sections['session']['port']
        serving = scene.serve('--fast', '--json')
        await scene.ferryd.start_async()
        await asyncio.to_thread(scene.ferryd.wait_ready)
        header = b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost'>"
        sockets = []
        other = header.replace(b'localhost', b'example.org')
        for first in (b'\x16\x03\x01nonsense', header + b'<presence/>', other, b'<!DOCTYPE x>'):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(first)
            answer = await asyncio.wait_for(reader.read(), patient(10))  # it is closed, and said why
            assert b'<stream:error>' in answer and answer.endswith(b'</stream:stream>'), answer
            writer.close()
        for first in (b'', header + b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(first)
            sockets.append(writer)
        await asyncio.wait_for(reader.readuntil(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"), patient(10))
        writer.write(b'this is no TLS')
        await asyncio.wait_for(reader.read(), patient(10))
        await scene.ctl('migrate', 'plan', '--cohort', 'monday', '--apply', BOB, ALICE)
        await scene.ctl('migrate', 'start', '--cohort', 'monday', '--to', 'dual', '--apply')
        code, out, err = await serving
        _is_same(code, json.loads(out) if out else {}, err, scene.messages + 5)
        for writer in sockets:
            writer.close()


async def without_a_session_nothing_is_played():
    """Who is missing is named, and what there is to do; nothing was played."""
    async with _scene(messages=5) as scene:
        await scene.keep_passwords(BOB)
        serving = scene.serve(patience=5)
        await scene.move(BOB)
        code, out, err = await serving
        assert code == 3 and not out, (code, out, err)
        assert 'no session of 1 of 2 accounts, %s for one' % ALICE in err and 'ferryctl migrate' in err, err


async def the_door_says_what_is_wrong():
    """Each wrong option is named, with what was expected: exit code 2."""
    async with _scene(messages=1) as scene:
        other = scratch('other-certificates')
        _, _, other_key = await asyncio.to_thread(make_certificates, other)
        good = {'--account': SERVER, '--cert': scene.certificate, '--key': scene.key}
        for change, words in (
            ({'--cert': 'nowhere.pem'}, ('--cert', 'PEM', 'nowhere.pem')),
            ({'--cert': scene.key}, ('--cert', 'PEM', scene.key)),
            ({'--key': scene.certificate}, ('--key', 'private key', scene.certificate)),
            ({'--key': other_key}, ('--key', 'is not the key of')),
            ({'--cert': scene.cafile, '--key': os.path.join(scene.directory, 'ca.key')}, ('--cert', SERVER)),
            ({'--cert': None}, ('--cert FILE and --key FILE',)),
            ({'--account': None}, ('--cert', '--account')),
            ({'--account': 'bob@example.org'}, ('--account', '@' + SERVER)),
            ({'--c2s-listen': 'example.org'}, ('--c2s-listen', 'HOST:PORT')),
        ):
            given = [word for name, value in {**good, **change}.items() if value for word in (name, value)]
            code, out, err = await scene.replay('serve', *given)
            assert code == 2 and all(word in err for word in words), (change, code, err)


if __name__ == '__main__':
    run.main(globals())
