"""People log in to a real Mosquitto, whose plugin is ferry_auth.so, with the passwords that they always had.

    python3 tests/scenarios/passwords_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import base64
import contextlib
import grp
import os
import pwd
import stat
import subprocess
import threading

import paho.mqtt.client as paho
import run
from auth_plugin import HOSTED, Passwords, ScramMqtt
from certificates import make_certificates
from patience import patient
from process import Server, program, scratch, write
from raw_mqtt import NOT_AUTHORIZED, RawMqtt
from servers import Prosody, ferry_program
from session_site import TlsProsody

# Passwords of real servers (the first three), of the RFCs' examples, and what SASLprep and the escapes have to do with.
PEOPLE = {
    'anna': 'ThisPasswordShouldDo!@',
    'bob': 'jas502n',
    'carol': 'admin',
    'user': 'pencil',
    'dora+news': 'Gr\u00fc\u00dfe, \u2168!',
    'eve': 'evil',
}
UID = {name: '%s@%s' % (name.replace('+', '=2B'), HOSTED) for name in PEOPLE}


@contextlib.asynccontextmanager
async def setup():
    site = Passwords()
    await asyncio.to_thread(site.prepare, {'%s@%s' % (name, HOSTED): password for name, password in PEOPLE.items()})
    with site.broker:
        yield site


async def _paho(site, login, password, client_id, protocol=paho.MQTTv311):
    """The CONNACK's code by the library that most people use; None: the broker hung up without one."""
    result, ended = [], threading.Event()
    client = paho.Client(client_id, protocol=protocol)
    client.username_pw_set(login, password)

    def on_connect(_client, _data, _flags, code, _properties=None):
        result.append(getattr(code, 'value', code))
        ended.set()

    client.on_connect = on_connect
    client.on_disconnect = lambda *_: ended.set()
    client.connect(site.broker.host, site.broker.port)
    client.loop_start()
    await asyncio.to_thread(ended.wait, patient(20))
    client.disconnect()
    client.loop_stop()
    return result[0] if result else None


async def old_passwords_log_in(site):
    for name, password in PEOPLE.items():
        for protocol in (paho.MQTTv311, paho.MQTTv5):
            code = await _paho(site, UID[name], password, UID[name] + ':phone', protocol)
            assert code == 0, (name, protocol, code)


async def wrong_passwords_do_not(site):
    for name, password in PEOPLE.items():
        for wrong in ('', password + ' ', password.swapcase(), password[:-1], PEOPLE['eve' if name != 'eve' else 'bob']):
            code = await RawMqtt(site.broker, UID[name], wrong, UID[name] + ':phone').connect()
            assert code == NOT_AUTHORIZED, (name, code)
    code = await RawMqtt(site.broker, UID['bob'], None, UID['bob'] + ':phone').connect()
    assert code == NOT_AUTHORIZED, code
    for nobody in ('nobody@' + HOSTED, 'BOB@' + HOSTED, 'bob', '#'):
        code = await RawMqtt(site.broker, nobody, PEOPLE['bob'], nobody + ':phone').connect()
        assert code != 0, (nobody, code)
    # Twenty wrong ones at once is the limit for a user; who logged in before is let in whatever others try.
    assert await RawMqtt(site.broker, UID['anna'], PEOPLE['anna'], UID['anna'] + ':phone').connect() == 0


async def scram_logs_in(site):
    for name in ('anna', 'user', 'dora+news'):
        for method in ('SCRAM-SHA-1', 'SCRAM-SHA-256'):
            prepared = PEOPLE[name].replace('\u2168', 'IX')  # SASLprep is the client's part
            client = ScramMqtt(site.broker, UID[name], prepared, UID[name] + ':phone')
            assert await client.login(method) == 0 and client.proved, (name, method)
            # The user name is known from here on: the own topics are open, others' are not.
            assert await client.subscribe('im/v1/u/%s/in/#' % UID[name]) == 1
            assert await client.subscribe('im/v1/u/%s/in/#' % UID['bob']) == NOT_AUTHORIZED
            client.drop()


async def scram_refuses(site):
    bob = lambda password=PEOPLE['bob'], client_id=UID['bob'] + ':x': ScramMqtt(site.broker, UID['bob'], password, client_id)
    assert await bob('wrong').login() == NOT_AUTHORIZED
    assert await bob(client_id=UID['eve'] + ':x').login() == NOT_AUTHORIZED, "another user's client id"
    assert await bob().login(first='p=tls-unique,,n=x,r=x') == NOT_AUTHORIZED
    assert await bob().login(first='nonsense') == NOT_AUTHORIZED
    assert await bob().login(final='c=biws,r=another,p=AAAA') == NOT_AUTHORIZED
    assert await bob().login(final='') == NOT_AUTHORIZED
    assert await bob().login() == 0
    # Who is not there looks like who is: the same form, the same each time, another for another name.
    seen = []
    for user in ('nobody', 'nobody', 'nobody2', UID['bob'], UID['bob']):
        client = ScramMqtt(site.broker, user, 'x', user + ':x')
        assert await client.login() == NOT_AUTHORIZED
        parts = dict(part.split('=', 1) for part in client.challenge.split(','))
        seen.append((len(base64.b64decode(parts['s'])), parts['i'], parts['s']))
    assert seen[0] == seen[1] and seen[3] == seen[4] and len(set(seen)) == 3, seen
    assert len({shape[:2] for shape in seen}) == 1, seen


async def a_session_is_not_taken_over(site):
    bob = RawMqtt(site.broker, UID['bob'], PEOPLE['bob'], UID['bob'] + ':phone')
    assert await bob.connect() == 0
    assert await bob.subscribe('im/v1/u/%s/in/#' % UID['bob']) == 1
    thief = RawMqtt(site.broker, UID['eve'], PEOPLE['eve'], UID['bob'] + ':phone')
    assert await thief.connect() == NOT_AUTHORIZED
    gateway = RawMqtt(site.broker, site.broker.gateway, site.broker.gateway_password, UID['bob'] + ':phone')
    assert await gateway.connect() != 0, 'nor by a technical user'
    assert await bob.ping() is not None, 'bob is still there'
    for client_id in ('', 'phone', UID['eve'], UID['eve'] + ':'):
        code = await RawMqtt(site.broker, UID['eve'], PEOPLE['eve'], client_id).connect()
        assert code == NOT_AUTHORIZED, (client_id, code)


async def topics_are_ones_own(site):
    bob, eve = UID['bob'], UID['eve']
    client = RawMqtt(site.broker, eve, PEOPLE['eve'], eve + ':pc')
    assert await client.connect() == 0
    for topic in ('#', 'im/v1/#', 'im/v1/u/+/in/#', 'im/v1/u/%s/in/#' % bob, '$SYS/#', '$share/g/im/v1/u/%s/in/#' % bob):
        assert await client.subscribe(topic) == NOT_AUTHORIZED, topic
    for topic in ('im/v1/u/%s/in/#' % eve, 'im/v1/gw/status'):
        assert await client.subscribe(topic) == 1, topic
    for topic in ('im/v1/u/%s/out/msg' % bob, 'im/v1/u/%s/in/msg' % eve, 'im/v1/gw/status', 'factory/lamp'):
        assert await client.publish(topic, 'x') == NOT_AUTHORIZED, topic
    gateway = RawMqtt(site.broker, site.broker.gateway, site.broker.gateway_password, 'gateway')
    assert await gateway.connect() == 0, "the gateway's password is Mosquitto's business"
    assert await gateway.subscribe('im/v1/u/+/out/#') == 1
    assert await client.publish('im/v1/u/%s/out/msg' % eve, 'hello') in (0, 0x10)
    await gateway.ping()
    assert gateway.received == [('im/v1/u/%s/out/msg' % eve, b'hello')], gateway.received
    await gateway.publish('im/v1/u/%s/in/msg' % eve, 'for eve')
    await gateway.publish('im/v1/u/%s/in/msg' % bob, 'for bob')
    await client.ping()
    assert client.received == [('im/v1/u/%s/in/msg' % eve, b'for eve')], client.received


async def a_change_counts_at_once(site):
    site.ctl('password', 'set', 'frank@' + HOSTED, stdin='first\n')
    frank = 'frank@' + HOSTED
    login = lambda password: RawMqtt(site.broker, frank, password, frank + ':phone').connect()
    assert await login('first') == 0
    listed = site.ctl('password', 'list', frank).stdout
    assert 'SCRAM-SHA-1' in listed and 'SCRAM-SHA-256' in listed and 'ferryctl' in listed, listed
    file = write(os.path.join(site.directory, 'new-password'), 'second\n')
    site.ctl('password', 'set', frank, file)
    assert await login('first') == NOT_AUTHORIZED
    assert await login('second') == 0
    site.ctl('password', 'remove', frank)
    assert await login('second') != 0
    site.ctl('password', 'remove', frank, code=1)
    site.ctl('password', 'set', frank, stdin='\n', code=2)
    site.ctl('password', 'set', 'nobody', stdin='x\n', code=2)


async def keys_rotate(site):
    site.ctl('vault', 'init', code=1)
    site.ctl('vault', 'init', '--rotate')
    site.ctl('vault', 'broker-key', site.key_file)
    assert 'sealed again' in site.ctl('vault', 'reseal').stdout
    assert await RawMqtt(site.broker, UID['carol'], PEOPLE['carol'], UID['carol'] + ':phone').connect() == 0
    assert '0 credentials' in site.ctl('vault', 'reseal').stdout


async def who_is_asked_for_is_sent_to_try_again(site):
    """Without ferry-login-check: no CONNACK, which clients take for a broken connection, and a line that says why."""
    grace = 'grace@' + HOSTED
    site.ctl('password', 'ask', grace)
    assert await RawMqtt(site.broker, grace, 'any', grace + ':phone').connect() is None
    await asyncio.to_thread(site.broker.wait_log, 'plugin_opt_login_check')
    site.ctl('password', 'remove', grace)


class LoginCheck(Server):
    name = 'ferry-login-check'

    def __init__(self, configuration, socket):
        super().__init__()
        self.arguments = ['--config', configuration, '--socket', socket]

    def command(self):
        return [ferry_program('ferry-login-check'), *self.arguments]

    def wait_ready(self, timeout=30):
        self.wait_log('^ready ', timeout)


async def _answer(site, login, password):
    """The broker hangs up until it knows: as clients do, once more."""
    for _ in range(100):
        code = await RawMqtt(site.broker, login, password, login + ':phone').connect()
        if code is not None:
            return code
        await asyncio.sleep(0.2)  # what a client waits before it tries again
    raise AssertionError('no answer for ' + login)


async def the_old_server_is_asked_once(_site):
    grace, ferry = 'grace@localhost', 'an old password'
    with TlsProsody({'grace': ferry, 'heidi': 'another one', 'ida': 'a third'}) as xmpp:
        socket = os.path.join(scratch('login-check'), 'socket')
        session = {'host': xmpp.host, 'port': xmpp.port, 'cafile': xmpp.cafile}
        site = Passwords(xmpp.component, 'plugin_opt_login_check ' + socket, {'session': session})
        site.ctl('vault', 'init')
        site.ctl('vault', 'broker-key', site.key_file)
        for jid in (grace, 'heidi@localhost', 'ida@localhost'):
            site.ctl('map', 'add', 'user %s {root}/u/{uid}' % jid)
        site.ctl('password', 'ask', grace, 'heidi@localhost', 'ida@localhost')
        with site.broker:
            with LoginCheck(site.ferryd.configuration, socket) as check:
                assert await _answer(site, grace, 'a guess') == NOT_AUTHORIZED
                assert await _answer(site, grace, ferry) == 0
                os.mkdir(site.auth_file + '.new')  # nothing can be put in its place
                assert await _answer(site, 'ida@localhost', 'a third') == 0
                await asyncio.to_thread(check.wait_log, 'jid=ida@localhost result=not-kept reason=.*%s' % site.auth_file)
                os.rmdir(site.auth_file + '.new')
                assert ferry not in check.log and 'a guess' not in check.log, check.log
            assert await _answer(site, grace, ferry) == 0, 'the keys are kept'
            assert await _answer(site, grace, 'a guess') == NOT_AUTHORIZED
            assert 'login' in site.ctl('password', 'list', grace).stdout
            assert await RawMqtt(site.broker, 'heidi@localhost', 'another one', 'heidi@localhost:x').connect() is None


async def broker_check_tries_with_people_of_the_plugin(site):
    probes = []
    for name in ('bob', 'eve'):
        file = write(os.path.join(scratch('probes'), name), PEOPLE[name] + '\n')
        probes += ['--probe', '%s:%s' % (UID[name], file)]
    said = site.ctl('broker', 'check', *probes).stdout
    assert 'The broker keeps people apart.' in said, said
    write(file, 'not her password\n')
    said = site.ctl('broker', 'check', *probes, code=1).stderr
    assert '--probe %s:PASSWORD-FILE' % UID['eve'] in said and 'broker.username' not in said, said


async def who_leaves_the_file_is_disconnected(site):
    henry = 'henry@' + HOSTED
    site.ctl('password', 'set', henry, stdin='here and there\n')
    client, bob = (RawMqtt(site.broker, login, password, login + ':phone')
                   for login, password in ((henry, 'here and there'), (UID['bob'], PEOPLE['bob'])))
    assert await client.connect() == 0 and await bob.connect() == 0
    assert await client.publish('im/v1/u/%s/out/msg' % henry, 'x') in (0, 0x10)
    site.ctl('password', 'remove', henry)
    await asyncio.to_thread(site.broker.wait_log, henry + '" is in .* no more')
    assert await client.publish('im/v1/u/%s/out/msg' % henry, 'lost') is None, 'he is still there'
    assert await bob.ping() is not None, 'nobody else is'


async def a_key_file_that_is_none_is_named_once_and_with_what_makes_it(site):
    for text, what in (('vault', 'expected "ID KEY"'), (None, 'No such file')):
        broken = Passwords()
        broken.prepare({'bob@' + HOSTED: PEOPLE['bob']})
        os.remove(broken.key_file)
        if text:
            write(broken.key_file, text)
        broken.broker.start(wait=False)
        await asyncio.to_thread(broken.broker.process.wait, patient(20))
        line = next(line for line in broken.broker.log.splitlines() if 'ferry_auth: ' in line)
        assert what in line and 'ferryctl vault broker-key FILE' in line and line.count(broken.key_file) == 1, line


async def what_login_check_cannot_do_is_said_at_its_start(_site):
    if os.geteuid() != 0:
        return
    certificates = scratch('certificates')
    cafile, _, _ = await asyncio.to_thread(make_certificates, certificates)
    site = Passwords(sections={'session': {'host': '127.0.0.1', 'port': 1, 'cafile': cafile}})
    site.prepare({'bob@' + HOSTED: PEOPLE['bob']})
    entry = pwd.getpwnam('daemon')
    for top in (site.directory, site.ferryd.directory, certificates):
        for path in (top, *(os.path.join(top, name) for name in os.listdir(top))):
            os.chown(path, entry.pw_uid, entry.pw_gid)
    run_folder = scratch('run')
    socket = os.path.join(run_folder, 'login-check.sock')

    def start(group):
        check = LoginCheck(site.ferryd.configuration, socket)
        command = check.command()
        identity = ['--reuid', 'daemon', '--regid', group, '--clear-groups']
        check.command = lambda: [program('setpriv'), *identity, '--', *command]
        return check

    async def refused(code, *said):
        check = start('daemon')
        check.start(wait=False)
        assert await asyncio.to_thread(check.process.wait, patient(20)) == code, check.log
        for text in said:
            assert text in check.log, (text, check.log)

    os.chmod(run_folder, 0o755)
    await refused(1, socket, 'daemon cannot make files in ' + run_folder, 'install -d -o daemon')
    os.chown(run_folder, entry.pw_uid, entry.pw_gid)
    with start('daemon') as check:
        assert 'cannot be mosquitto' in check.log and 'Group=mosquitto' in check.log, check.log
    with start('mosquitto') as check:
        info = os.stat(socket)
        assert info.st_gid == grp.getgrnam('mosquitto').gr_gid and stat.S_IMODE(info.st_mode) == 0o660, info
        assert 'Group=' not in check.log, check.log
    os.chown(site.directory, 0, 0)
    os.chmod(site.directory, 0o755)
    await refused(2, '[vault] auth-file', 'daemon cannot make files in ' + site.directory, 'auth-file = ')
    version = await asyncio.to_thread(subprocess.run, [ferry_program('ferry-login-check'), '--version'], capture_output=True)
    assert version.returncode == 0 and version.stdout.startswith(b'ferry-login-check '), version


async def no_password_is_left_anywhere(site):
    await asyncio.to_thread(site.broker.stop)
    places = 0
    for name, content in site.everything_kept():
        places += 1
        for password in [*PEOPLE.values(), 'first', 'second']:
            if password in ('admin', 'evil', 'first', 'second'):
                continue  # words of their own
            assert password.encode() not in content, name
            assert base64.b64encode(password.encode()) not in content, name
    assert places > 6, places
    modes = {path: os.stat(path).st_mode & 0o777 for path in (site.key_file, site.auth_file)}
    assert modes == {site.key_file: 0o600, site.auth_file: 0o640}, modes
    await asyncio.to_thread(site.broker.start)


async def the_gateway_works_beside_the_plugin(_site):
    with Prosody({'alice': 'secret'}) as xmpp:
        site = Passwords(component=xmpp.component)
        await asyncio.to_thread(site.prepare, {'bob@' + HOSTED: 'jas502n'})
        with site.broker, site.ferryd:
            bob = RawMqtt(site.broker, UID['bob'], 'jas502n', UID['bob'] + ':phone')
            assert await bob.connect() == 0
            assert await bob.subscribe('im/v1/u/%s/in/#' % UID['bob']) == 1
            message = '{"id":"1","to":"nobody@localhost","body":"hello"}'
            assert await bob.publish('im/v1/u/%s/out/msg' % UID['bob'], message) == 0
            while not any(topic.endswith('/in/receipt') for topic, _ in bob.received):
                await bob.ping()
            # Also while the gateway runs.
            site.ctl('password', 'set', 'new@' + HOSTED, stdin='n3w-word\n')
            new = 'new@' + HOSTED
            assert await RawMqtt(site.broker, new, 'n3w-word', new + ':phone').connect() == 0


if __name__ == '__main__':
    run.main(globals())
