"""What the broker goes on with while ferryctl cannot read the keys of some or of all.

    python3 tests/scenarios/lost_vault_key_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import os

import run
from auth_plugin import HOSTED, Passwords
from passwords_test import PEOPLE, UID
from process import write
from raw_mqtt import NOT_AUTHORIZED, RawMqtt


async def a_lost_vault_key_locks_nobody_out():
    """Not even by the advice that comes with it, taken step by step."""
    site = Passwords()
    await asyncio.to_thread(site.prepare, {UID[name]: PEOPLE[name] for name in ('bob', 'carol', 'eve')})
    key, copy = (os.path.join(site.directory, name) for name in ('vault.key', 'copy'))
    apply = ('broker', 'apply', '--auth-file', site.auth_file)
    log_in = lambda jid, password: RawMqtt(site.broker, jid, password, jid + ':x').connect()
    login = lambda name: log_in(UID[name], PEOPLE[name])
    with open(site.auth_file, 'rb') as file:
        before = file.read()
    os.rename(key, copy)
    said = site.ctl(*apply, code=1).stderr
    assert 'put its copy back' in said and 'with: ferryctl vault init' not in said, said
    said = site.ctl('vault', 'init', code=1).stderr
    assert '6 credentials' in said and 'copy' in said and 'vault init --lost' in said and not os.path.exists(key), said
    assert 'vault broker-key' in site.ctl('vault', 'init', '--lost').stdout
    said = site.ctl(*apply, code=1).stderr
    assert '3 people' in said and 'bob@' in said and '--force' in said, said
    assert 'which the key file does not have; put the line of that key' in said, said
    with open(site.auth_file, 'rb') as file:
        assert file.read() == before
    write(site.auth_file, before[:-9].decode())
    said = site.ctl(*apply, code=1).stderr
    assert 'stays as it is' in said and 'cut off' in said and UID['eve'] in said and '--force' in said, said
    with open(site.auth_file, 'rb') as file:
        assert file.read() == before[:-9]
    write(site.auth_file, before.decode())
    said = site.ctl('password', 'set', 'frank@' + HOSTED, stdin='first\n', code=1).stderr
    assert UID['bob'] in said and UID['eve'] in said and 'vault broker-key' in said and 'frank' not in said, said
    assert 'old keys stay' in site.ctl('vault', 'broker-key', site.key_file).stdout
    assert 'old keys stay' in site.ctl('vault', 'broker-key', site.key_file).stdout  # taken twice
    with site.broker:
        assert await login('bob') == 0 and await login('eve') == 0
        assert await log_in('frank@' + HOSTED, 'first') == 0, 'others are no reason to keep him away'
        site.ctl('password', 'set', UID['eve'], stdin='changed\n', code=1)
        assert await login('eve') == NOT_AUTHORIZED and await log_in(UID['eve'], 'changed') == 0
        said = site.ctl('password', 'remove', UID['carol'], code=1).stderr
        assert '1 person' in said and UID['bob'] in said and 'carol' not in said, said
        assert await login('carol') == NOT_AUTHORIZED and await login('bob') == 0
        with open(copy) as file:
            found = file.read()
        with open(key, 'a') as file:
            file.write(found)
        site.ctl('vault', 'broker-key', site.key_file)
        site.ctl(*apply)
        assert await login('bob') == 0 and await log_in('frank@' + HOSTED, 'first') == 0
        with open(key) as file:
            newest = [line for line in file if not line.startswith('#')][0]
        with open(key, 'w') as file:
            file.write(newest)
        said = site.ctl(*apply, '--force')
        assert 'bob@' in said.stderr and '2 people can log in' in said.stdout, said
        assert await login('bob') == NOT_AUTHORIZED


if __name__ == '__main__':
    run.main(globals())
