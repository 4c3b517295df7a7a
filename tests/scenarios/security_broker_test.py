"""The broker's side: ferryctl acl, broker apply --acl-file, --dynsec, against Mosquitto and its dynamic-security plugin.

    python3 tests/scenarios/security_broker_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import json
import os
import stat

import run
from clients import new_id
from dynsec import ADMIN, Dynsec
from lab import HOSTED, lab
from process import free_port, write
from raw_mqtt import NOT_AUTHORIZED, RawMqtt
from servers import Mosquitto

PEOPLE = ['b%d@%s' % (n, HOSTED) for n in range(1, 4)]


async def _ctl(site, *arguments, code=0):
    done = await asyncio.to_thread(lambda: site.ferryd.ctl(*arguments, check=False))
    text = done.stdout + done.stderr
    assert done.returncode == code, 'ferryctl %s: exit code %s\n%s' % (' '.join(arguments), done.returncode, text)
    assert 'admin-secret' not in text and 'gateway-secret' not in text, 'a password is printed: ' + text
    return text if code else done.stdout


def _dynsec(site, *more, admin=None):
    return ('broker', 'apply', '--dynsec', admin or '%s:%s' % (ADMIN, site.broker.admin_file), *more)


async def _with_everybody(site, *more, added=False):
    """The plugin knows everybody, and everybody has a password."""
    if not added:
        await _ctl(site, 'user', 'add', *PEOPLE)
    text = await _ctl(site, *_dynsec(site, *more))
    for n, jid in enumerate(PEOPLE, 1):
        await asyncio.to_thread(site.broker.set_password, jid, 'pb%d' % n)
    return text


# ---- the plugin
async def dynsec_makes_a_broker_that_works_and_keeps_people_apart():
    async with lab(broker=Dynsec(), users=4, start=False) as site:
        text = await _with_everybody(site)
        assert 'create client %s' % PEOPLE[0] in text, text
        await site.ferryd.start_async()
        assert site.count('subscribe-refused') == 0
        alice, bob = await site.friends()
        await site.talk(alice, bob, 'with the plugin')
        mark = alice.mark()
        bob.drop()  # the Will may be written
        await alice.wait_presence(bob.jid + '/phone', 'unavailable', after=mark)
        probes = []
        for n in (2, 3):
            file = write(os.path.join(site.ferryd.directory, 'p%d' % n), 'pb%d\n' % n)
            probes += ['--probe', '%s:%s' % (PEOPLE[n - 1], file)]
        await _ctl(site, 'broker', 'check', *probes)


async def dynsec_refuses_what_the_file_refuses():
    async with lab(broker=Dynsec(), users=4, start=False) as site:
        await _with_everybody(site)
        await site.ferryd.start_async()
        alice, bob = await site.friends()
        eve = RawMqtt(site.broker, PEOPLE[1], 'pb2', new_id())
        assert await eve.connect() == 0
        for topic in (bob.base + 'out/msg', bob.base + 'in/msg', 'im/v1/gw/status', 'im/v1/gw/mark', 'x'):
            assert await eve.publish(topic, 'forged') == NOT_AUTHORIZED, topic
        assert await eve.publish('$CONTROL/dynamic-security/v1', '{"commands":[]}') == NOT_AUTHORIZED
        for topic in (bob.base + 'in/#', '#', '+/#', '$share/g/%sin/msg' % bob.base, '$SYS/#', '$CONTROL/#'):
            code = await eve.subscribe(topic)
            assert code == NOT_AUTHORIZED, 'SUBACK %s for %s' % (code, topic)  # the plugin says it, a file does not
        await site.talk(alice, bob, 'undisturbed')
        await eve.ping()
        assert not eve.received, eve.received
        eve.drop()


async def dynsec_changes_only_what_differs():
    async with lab(broker=Dynsec(), users=4, start=False) as site:
        await _ctl(site, 'user', 'add', *PEOPLE)
        before = site.broker.state()
        text = await _ctl(site, *_dynsec(site, '--dry-run'))
        assert 'would be changed' in text and site.broker.state() == before, text
        await _with_everybody(site, added=True)
        assert 'has all of it already' in await _ctl(site, *_dynsec(site))
        await asyncio.to_thread(site.broker.ctrl, 'addRoleACL', 'ferry-user:' + PEOPLE[0], 'publishClientSend', '#', 'allow')
        await asyncio.to_thread(site.broker.ctrl, 'createRole', 'own')
        await asyncio.to_thread(site.broker.ctrl, 'addClientRole', PEOPLE[0], 'own')
        text = await _ctl(site, *_dynsec(site))
        assert 'change role ferry-user:' + PEOPLE[0] in text, text
        assert {'own', 'ferry-user:' + PEOPLE[0]} == {
            r['rolename'] for r in site.broker.clients()[PEOPLE[0]]['roles']
        }, "an administrator's own role is gone"
        acls = site.broker.roles()['ferry-user:' + PEOPLE[0]]['acls']
        assert not [a for a in acls if a['topic'] == '#'], acls
        await _ctl(site, 'user', 'remove', PEOPLE[2])
        assert 'ferry-user:' + PEOPLE[2] in site.broker.roles()
        await _ctl(site, *_dynsec(site, '--prune'))
        assert 'ferry-user:' + PEOPLE[2] not in site.broker.roles()
        # The plugin of 2.0.11 leaves rubbish with a client whose role is deleted.
        assert not site.broker.clients()[PEOPLE[2]]['roles'], site.broker.clients()[PEOPLE[2]]


async def dynsec_binds_client_ids():
    """Nobody takes over a session by its client id, not even with the owner's password."""
    async with lab(broker=Dynsec(), users=4, start=False) as site:
        await _with_everybody(site, '--bind-device', 'phone')
        await site.ferryd.start_async()
        alice, bob = await site.friends()
        for user, password in ((PEOPLE[1], 'pb2'), (PEOPLE[0], 'pb1')):
            for client_id in ('%s:phone' % bob.uid, '%s:x' % bob.uid, new_id()):
                if user == PEOPLE[0] and client_id.endswith(':phone'):
                    continue
                thief = RawMqtt(site.broker, user, password, client_id)
                code = await thief.connect()
                assert code is None or code >= 0x80, 'CONNACK %s: %s as %s' % (code, client_id, user)
        await site.talk(alice, bob, 'still here')


async def dynsec_by_hand():
    """ferryctl acl --format dynsec is what an administrator may publish; no password is in it."""
    async with lab(broker=Dynsec(), users=4, start=False) as site:
        await _ctl(site, 'user', 'add', *PEOPLE)
        orders = await _ctl(site, 'acl', '--format', 'dynsec')
        assert json.loads(orders)['commands'] and 'password' not in orders.lower(), orders
        await asyncio.to_thread(site.broker.orders, orders)
        assert set(site.broker.clients()) == {*PEOPLE, site.broker.gateway}, site.broker.state()
        await asyncio.to_thread(site.broker.set_password, site.broker.gateway, site.broker.gateway_password)
        assert 'has all of it already' in await _ctl(site, *_dynsec(site))
        await site.ferryd.start_async()


async def dynsec_says_why_not():
    async with lab(broker=Dynsec(), users=4, start=False) as site:
        await _with_everybody(site)
        wrong = write(os.path.join(site.ferryd.directory, 'wrong'), 'x\n')
        assert 'refuses admin' in await _ctl(site, *_dynsec(site, admin=ADMIN + ':' + wrong), code=1)
        own = site.ferryd.sections['broker']['password-file']
        await _ctl(site, *_dynsec(site, admin='%s:%s' % (site.broker.gateway, own)), code=2)
        user = write(os.path.join(site.ferryd.directory, 'user'), 'pb1\n')
        assert 'administrator' in await _ctl(site, *_dynsec(site, admin='%s:%s' % (PEOPLE[0], user)), code=1)
        os.chmod(wrong, 0o644)
        assert 'chmod 600' in await _ctl(site, *_dynsec(site, admin=ADMIN + ':' + wrong), code=2)
        await _ctl(site, 'broker', 'apply', '--dynsec', ADMIN, code=2)
        await _ctl(site, 'broker', 'apply', code=2)
        await _ctl(site, *_dynsec(site, '--acl-file', 'x'), code=2)
    broker = Mosquitto(users={ADMIN: 'admin-secret'}, acl='user admin\ntopic readwrite #\ntopic readwrite $CONTROL/#\n')
    broker.admin_file = write(os.path.join(broker.directory, 'admin-password'), 'admin-secret\n')
    async with lab(broker=broker, users=4, start=False) as site:
        assert 'plugin' in await _ctl(site, *_dynsec(site), code=1)


# ---- the file
async def an_acl_file_is_put_where_the_broker_reads_it():
    async with lab(users=4, acl='topic readwrite #\n', start=False) as site:
        before = open(site.broker.acl_file).read()
        os.chmod(site.broker.acl_file, 0o640)
        pid_file = write(os.path.join(site.ferryd.directory, 'mosquitto.pid'), '%d\n' % site.broker.process.pid)
        arguments = ('broker', 'apply', '--acl-file', site.broker.acl_file)
        text = await _ctl(site, *arguments, '--dry-run')
        assert '- topic readwrite #' in text and '+ pattern read im/v1/u/%u/in/#' in text, text
        assert open(site.broker.acl_file).read() == before, 'a dry run wrote'
        start = len(site.broker.log)
        await _ctl(site, *arguments, '--pid-file', pid_file)
        await asyncio.to_thread(site.broker.wait_log, 'Reloading config', start=start)
        await asyncio.to_thread(site.broker.wait_port, site.broker.port)
        assert open(site.broker.acl_file).read() == await _ctl(site, 'acl')
        assert open(site.broker.acl_file + '.bak').read() == before
        assert stat.S_IMODE(os.stat(site.broker.acl_file).st_mode) == 0o640, 'the mode is another'
        assert 'as it should be' in await _ctl(site, *arguments)
        eve = RawMqtt(site.broker, 'b2@' + HOSTED, 'pb2', new_id())
        await eve.connect()
        assert await eve.publish('im/v1/u/b1@%s/in/msg' % HOSTED, 'x') == NOT_AUTHORIZED
        eve.drop()
        await site.ferryd.start_async()
        alice, bob = await site.friends()
        await site.talk(alice, bob, 'hello')


async def user_names_as_client_ids_bind_them_too():
    """use_username_as_clientid on the people's listener: what config/security.md says of it, for Mosquitto alone."""
    port = free_port()
    with Mosquitto(
        users={'b1@x': 'pb1', 'b2@x': 'pb2'},
        conf='listener %d 127.0.0.1\nuse_username_as_clientid true\n' % port,
    ) as broker:
        broker.port = port
        bob = RawMqtt(broker, 'b1@x', 'pb1', 'b1@x:phone')
        assert await bob.connect() == 0
        thief = RawMqtt(broker, 'b2@x', 'pb2', 'b1@x:phone')
        assert await thief.connect() == 0
        for thing in (bob, thief):
            assert await thing.ping() is not None, 'thrown out'
            thing.drop()


async def an_acl_file_says_why_not():
    async with lab(users=4, start=False) as site:
        there = site.ferryd.directory
        for path, why in ((os.path.join(there, 'no', 'acl'), 'cannot write'), (there, '')):
            assert why in await _ctl(site, 'broker', 'apply', '--acl-file', path, code=1)
        for text, why in (('x', 'no process id'), ('1', 'no process id'), (str(os.getpid()), 'not mosquitto')):
            pid_file = write(os.path.join(there, 'pid'), text + '\n')
            file = ('broker', 'apply', '--acl-file', os.path.join(there, 'acl'), '--pid-file', pid_file)
            assert why in await _ctl(site, *file, code=1), text
        os.symlink('/etc/hostname', os.path.join(there, 'acl2.new'))  # somebody else's link in the way
        await _ctl(site, 'broker', 'apply', '--acl-file', os.path.join(there, 'acl2'))
        assert not os.path.islink(os.path.join(there, 'acl2'))


if __name__ == '__main__':
    run.main(globals())
