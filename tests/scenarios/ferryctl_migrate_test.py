"""What ferryctl says of a migration beside a ferryd that comes and goes.

    python3 tests/scenarios/ferryctl_migrate_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import os
import subprocess
import time

import run
from ctl_site import HOSTED, Ctl, plain
from patience import patient
from process import write
from servers import ferry_program, free_port


async def _until(condition, what):
    deadline = time.monotonic() + patient(30)
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.1)  # another process's doing: there is nothing to await


async def a_watch_keeps_nobody_from_the_store():
    """Started without a ferryd, it lets one start, and goes on while that one is started again."""
    ctl = Ctl()
    ctl('migrate', 'plan', '--cohort', 'monday', '--apply', 'a@localhost', 'b@localhost')
    path = os.path.join(ctl.directory, 'watch')
    command = [ferry_program('ferryctl'), '--config', ctl.ferryd.configuration, 'migrate', 'status', 'monday']
    with open(path, 'wb') as out:
        watch = subprocess.Popen([*command, '--watch'], stdout=out, stderr=subprocess.DEVNULL)

    def seen():
        with open(path, encoding='utf-8') as file:
            return file.read()

    def rounds():  # each begins with the time, and shows the cohort's accounts
        return sum(line.startswith('20') and line.endswith('Z') for line in seen().split('\n'))

    def answers():
        return 'not running' not in ctl('status').stdout

    try:
        await _until(lambda: rounds() >= 1, 'no round')
        for _ in range(2):
            ctl.ferryd.start(wait=False)
            await _until(answers, 'ferryd does not start')
            before = rounds()
            await _until(lambda: rounds() >= before + 2, 'the watch stands still while ferryd runs')
            await asyncio.to_thread(ctl.ferryd.terminate)
            before = rounds()
            await _until(lambda: rounds() >= before + 2, 'the watch stands still while ferryd does not run')
        assert watch.poll() is None and 'a@localhost' in seen(), seen()
    finally:
        watch.kill()
        watch.wait()
    assert 'there is no cohort x' in ctl('migrate', 'status', 'x', '--watch', code=1).stderr


async def a_configuration_without_sessions_is_said():
    ctl = Ctl()
    ctl('migrate', 'plan', '--cohort', 'monday', '--apply', 'a@localhost')
    lacking = '[session] host is not set'
    for _ in range(2):
        ctl.ferryd.start(wait=False)
        await _until(lambda: 'not running' not in ctl('status').stdout, 'ferryd does not start')
        said = ctl('migrate', 'start', 'a@localhost', '--to', 'shadow', '--apply').stderr
        assert lacking in said, said
        await _until(lambda: lacking in ctl('status').stdout, 'status does not say it')
        shown = ctl('migrate', 'status', 'monday').stdout
        assert shown.count(lacking) == 2 and 'advice: set [session] host' in shown, shown  # of all, and as TROUBLE
        await asyncio.to_thread(ctl.ferryd.terminate)
    assert 'event=session.unconfigured accounts=1 ' in ctl.ferryd.log, ctl.ferryd.log


async def a_server_that_is_not_there_is_everybodys_trouble():
    ctl = Ctl()
    port = free_port()
    place = lambda name: os.path.join(ctl.directory, name)
    ctl.ferryd.sections['session'] = {'host': '127.0.0.1', 'port': port, 'cafile': write(place('ca.pem'), 'none yet\n')}
    ctl.ferryd.sections['vault'] = {'key-file': place('vault.key'), 'keep-passwords': 'true'}
    ctl.ferryd.write_configuration()
    ctl('vault', 'init')
    ctl('password', 'set', 'a@localhost', stdin='hunter2\n')
    ctl('migrate', 'plan', '--cohort', 'monday', '--apply', 'a@localhost')
    ctl.ferryd.start(wait=False)
    await _until(lambda: 'not running' not in ctl('status').stdout, 'ferryd does not start')
    ctl('migrate', 'start', 'a@localhost', '--to', 'shadow', '--apply')
    why = "Connection refused; is the server's listener for clients on 127.0.0.1:%d?" % port
    await _until(lambda: why in ctl('migrate', 'status', 'monday').stdout, 'no TROUBLE says why')
    assert 'advice: is the server' in ctl('status').stdout
    titles, monday = ctl('migrate', 'status').stdout.splitlines()[:2]
    assert titles.split()[-3:] == ['ERRORS', 'TROUBLE', 'DIFFER'] and monday.split()[-3:] == ['0', '1', '0'], monday
    await asyncio.to_thread(ctl.ferryd.terminate)


async def who_goes_back_by_name_is_named():
    ctl = Ctl()
    plan = ('migrate', 'plan', '--cohort', 'monday', '--apply', 'a@localhost', 'b@localhost')
    start = ('migrate', 'start', '--cohort', 'monday', '--to', 'shadow')
    ctl(*plan)
    said = ctl('migrate', 'back', 'a@localhost').stdout
    assert 'no start of a cohort' in said, said
    assert 'left out' not in ctl(*start).stdout, 'nothing was applied'
    ctl('migrate', 'back', 'a@localhost', '--apply')
    said = ctl(*start).stdout
    assert '1 account goes on' in said and 'left out: a@localhost went back by name' in said, said
    assert 'whose starts leave it out' in ctl('migrate', 'show', 'a@localhost').stdout
    assert 'whose starts' not in ctl('migrate', 'show', 'b@localhost').stdout
    said = ctl('migrate', 'status', 'monday').stdout
    assert 'monday goes on without 1 account' in said and said.count('by name') == 2, said
    page = os.path.join(ctl.directory, 'page.html')
    ctl('migrate', 'report', page)
    with open(page, encoding='utf-8') as file:
        assert '1 went back by name.' in file.read()
    assert 'a@localhost went back by name, and moves with monday again' in ctl(*plan).stdout
    assert '2 accounts go on' in ctl(*start).stdout
    assert 'by name' not in ctl('migrate', 'status', 'monday').stdout


async def words_that_help():
    ctl = Ctl()
    people = write(os.path.join(ctl.directory, 'people'), 'a@localhost\n\nb@elsewhere.example\n')
    plan = ('migrate', 'plan', '--cohort', 'monday', '--list')
    assert people + ':3: b@elsewhere.example' in ctl(*plan, people, code=1).stderr
    assert 'No such file' in ctl(*plan, people + 'x', code=1).stderr
    ctl('migrate', 'plan', '--cohort', 'monday', '--apply', 'a@localhost')
    assert '--to move: expected' in ctl('migrate', 'start', 'a@localhost', '--to', 'move', code=2).stderr
    assert 'at rest' in ctl('migrate', 'status').stdout
    said = ctl('migrate', 'verify', 'a@localhost', code=1).stdout
    assert '1 has no session in this state' in said, said
    assert 'on its way' not in ctl('migrate', 'show', 'a@localhost').stdout

    keys = ['--vault.key-file', os.path.join(ctl.directory, 'vault.key')]
    assert not ctl(*keys, 'vault', 'init').stderr
    done = ctl(*keys, 'password', 'set', 'a@localhost', 'hunter2', code=2)
    assert 'never an argument' in done.stderr and 'hunter2' not in done.stderr, done
    assert 'a@localhost' in ctl(*keys, 'password', 'ask', 'a@localhost').stdout
    assert 'a@localhost' in ctl(*keys, 'password', 'remove', 'a@localhost').stdout
    assert 'has no credentials' in ctl(*keys, 'password', 'list', 'a@localhost', code=1).stderr

    session = [*keys, '--session.host', 'localhost', '--session.cafile', people]
    for jid in ('a@localhost', 'zoe@elsewhere.example'):
        said = ctl(*session, 'password', 'set', jid, '-', stdin='hunter2\n').stderr
        assert 'keys only: a session needs [vault] keep-passwords' in said, said
    said = ctl(*session, 'migrate', 'start', 'a@localhost').stderr
    assert '1 account has neither a certificate nor a password' in said, said
    said = ctl(*keys, 'broker', 'apply', '--auth-file', os.path.join(ctl.directory, 'auth')).stderr
    assert '1 person has credentials' in said and 'zoe@elsewhere.example' in said, said  # a is in a plan

    secret = write(os.path.join(ctl.directory, 'secret'), 'hunter2\n')
    assert 'hunter2' not in plain('--config', secret, 'status', code=2).stderr
    done = plain('--config', '/nowhere/at/all', 'status', code=2)
    assert done.stderr.count('\n') == 1, done
    feeds = Ctl(routes=['feed a@%s x' % HOSTED])
    assert 'no row makes a user of anybody at ' + HOSTED in feeds('map', 'check').stdout


if __name__ == '__main__':
    run.main(globals())
