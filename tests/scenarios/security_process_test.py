"""Who ferryd is, and its secret files: root is given up, what others can read is refused.

    python3 tests/scenarios/security_process_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import contextlib
import os
import pwd
import re
import stat

import run
from lab import lab
from process import program, write
from servers import Ferryd, Mosquitto, Prosody

ROOT_ONLY = os.geteuid() == 0
USER = 'daemon'  # of Debian's base system, and nobody else runs as it here


def _give(ferryd, user):
    """All that ferryd needs is this user's."""
    entry = pwd.getpwnam(user)
    for folder, _, files in os.walk(ferryd.directory):
        for path in (folder, *(os.path.join(folder, file) for file in files if file != 'ferryd.log')):
            os.chown(path, entry.pw_uid, entry.pw_gid)
    return entry


def _status(ferryd):
    with open('/proc/%d/status' % ferryd.process.pid, encoding='utf-8') as file:
        return dict(re.findall(r'^(\w+):\s*(.*)$', file.read(), re.MULTILINE))


async def _ends(ferryd, *said):
    """Exit code 2 before anything was opened, and a line that says why."""
    start = len(ferryd.log)
    ferryd.start(wait=False)
    code = await asyncio.to_thread(ferryd.process.wait, 60)
    log = ferryd.log[start:]
    assert code == 2, (code, log)
    for text in said:
        assert text in log, 'nothing of %r in:\n%s' % (text, log)
    assert 'event=link.up' not in log and 'ready ' not in log, log
    for secret in ('component-secret\n', 'gateway-secret'):
        assert secret not in log, 'a secret in the log'


@contextlib.asynccontextmanager
async def _gateway(**options):
    """Nothing but ferryd, and peers that are not there: it must end before it looks for them."""
    broker, xmpp = Mosquitto(), Prosody()
    ferryd = Ferryd(broker, xmpp, options=options)
    try:
        yield ferryd
    finally:
        ferryd.kill()


# ---- root
async def root_is_given_up():
    if not ROOT_ONLY:
        return
    async with lab(users=4, options={'process': {'user': USER}}, start=False) as site:
        entry = _give(site.ferryd, USER)
        await site.ferryd.start_async()
        status = _status(site.ferryd)
        assert status['Uid'].split() == [str(entry.pw_uid)] * 4, status['Uid']
        assert status['Gid'].split() == [str(entry.pw_gid)] * 4, status['Gid']
        assert '0' not in status['Groups'].split(), status['Groups']
        for capabilities in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb'):
            assert int(status[capabilities], 16) == 0, status
        assert status['NoNewPrivs'] == '1', status
        # Not dumpable: what the kernel shows of it belongs to root, whoever it is.
        assert os.stat('/proc/%d/environ' % site.ferryd.process.pid).st_uid == 0
        assert 'event=process.root' not in site.ferryd.log
        alice, bob = await site.friends()
        await site.talk(alice, bob, 'as ' + USER)
        for file in os.listdir(site.ferryd.directory):
            info = os.stat(os.path.join(site.ferryd.directory, file))
            if file.startswith('ferry.db'):
                assert info.st_uid == entry.pw_uid and not info.st_mode & 0o077, (file, oct(info.st_mode))
        await asyncio.to_thread(site.ferryd.restart)  # what it has written it can read again
        await site.talk(alice, bob, 'and again')


async def root_that_stays_is_said():
    if not ROOT_ONLY:
        return
    async with lab(users=4) as site:
        assert site.count('event=process.root') == 1 and 'process' in site.ferryd.log


async def files_of_root_are_named():
    """What the user cannot read, and what it would need."""
    if not ROOT_ONLY:
        return
    async with _gateway(process={'user': USER}) as ferryd:
        _give(ferryd, USER)
        for section, key in (('component', 'secret-file'), ('broker', 'password-file')):
            path = ferryd.sections[section][key]
            os.chown(path, 0, 0)
            await _ends(ferryd, '[%s] %s' % (section, key), path, 'cannot be read by ' + USER, 'owner ' + USER)
            _give(ferryd, USER)
        os.chown(ferryd.directory, 0, 0)
        os.chmod(ferryd.directory, 0o755)
        await _ends(ferryd, '[store] path', 'cannot be written by ' + USER)


async def users_that_ferryd_cannot_be():
    if not ROOT_ONLY:
        return
    for name, why in (('nobody-of-that-name', 'there is no user'), ('root', 'is root')):
        async with _gateway(process={'user': name}) as ferryd:
            await _ends(ferryd, '[process] user', why)


async def only_root_becomes_another():
    if not ROOT_ONLY:
        return
    async with _gateway(process={'user': USER}) as ferryd:
        nobody = pwd.getpwnam('nobody')
        _give(ferryd, 'nobody')
        command = ferryd.command()
        reuid = ['--reuid', str(nobody.pw_uid), '--regid', str(nobody.pw_gid), '--clear-groups']
        ferryd.command = lambda: [program('setpriv'), *reuid, '--', *command]
        if not _may_run(command[0], nobody):
            print('     %s is not for others to run: not tried' % command[0])
            return
        await _ends(ferryd, '[process] user', 'only root can become')


def _may_run(path, entry):
    """The tree of a build may be closed to others."""
    while path != '/':
        info = os.stat(path)
        if info.st_uid != entry.pw_uid and not info.st_mode & 0o001:
            return False
        path = os.path.dirname(path)
    return True


# ---- secrets
async def secrets_that_others_can_read_are_refused():
    for section, key in (('component', 'secret-file'), ('broker', 'password-file')):
        async with _gateway() as ferryd:
            path = ferryd.sections[section][key]
            for mode in (0o640, 0o604, 0o660, 0o666, 0o620):
                os.chmod(path, mode)
                await _ends(ferryd, path, 'chmod 600')
            os.chmod(path, 0o600)
            for content, why in (('', ''), ('x' * 5000, '4096')):
                write(path, content)
                await _ends(ferryd, path, why)
            os.remove(path)
            await _ends(ferryd, path)
            os.mkdir(path, 0o700)
            await _ends(ferryd, path, 'not a file')


async def secrets_are_not_shown():
    """Not in the log, not in the process list, not by ferryctl, and nobody else reads the store."""
    async with lab(users=4, options={'log': {'level': 'debug'}}) as site:
        alice, bob = await site.friends()
        await site.talk(alice, bob, 'between us')
        with open('/proc/%d/cmdline' % site.ferryd.process.pid, 'rb') as file:
            shown = file.read().decode()
        shown += site.ferryd.log
        for arguments in (('status',), ('--json', 'status'), ('user', 'show', bob.jid), ('outbox', 'list'), ('map', 'list')):
            shown += (await asyncio.to_thread(site.ferryd.ctl, *arguments)).stdout
        for secret in (site.xmpp.component.secret, site.broker.gateway_password, 'between us'):
            assert secret not in shown.replace(site.ferryd.sections['component']['secret-file'], ''), secret
        with open(site.broker.log_path, encoding='utf-8', errors='replace') as file:
            ids = set(re.findall(r"as (\S+) \(p\d, c\d, k\d+, u'%s'\)" % site.broker.gateway, file.read()))
        assert ids and all(len(id) >= 16 for id in ids), ids
        for id in ids:
            assert id not in shown, "the gateway's client id is shown"
        for file in os.listdir(site.ferryd.directory):
            mode = stat.S_IMODE(os.stat(os.path.join(site.ferryd.directory, file)).st_mode)
            assert not file.startswith('ferry.db') or not mode & 0o077, (file, oct(mode))


if __name__ == '__main__':
    run.main(globals())
