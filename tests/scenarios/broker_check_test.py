"""`ferryctl broker check`: the proof that a broker keeps people apart.

    python3 tests/scenarios/broker_check_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import os

import run
from clients import MqttClient
from ctl_site import ANNA, BERT, HOSTED, Ctl, running
from process import write
from servers import Mosquitto


def probes(directory):
    return [
        '--probe=%s:%s' % (user, write(os.path.join(directory, 'password-' + user), password + '\n'))
        for user, password in ((ANNA, 'pa'), (BERT, 'pb'))
    ]


def trials(ctl, code):
    answer = ctl.json('broker', 'check', *probes(ctl.directory), code=code)
    assert answer['ok'] is (code == 0), answer
    return {trial['tried']: trial for trial in answer['trials']}


async def a_good_broker_passes():
    with Mosquitto(users={ANNA: 'pa', BERT: 'pb'}) as broker:
        ctl = Ctl(broker)
        broker.set_acl(ctl('acl').stdout)
        found = trials(ctl, 0)
        assert len(found) == 20, found.keys()
        ctl('broker', 'check', *probes(ctl.directory), '--broker.protocol=4')
        done = ctl('broker', 'check', *probes(ctl.directory))
        assert 'FAILED' not in done.stdout and done.stdout.count(' OK\n') == 20, done.stdout


async def an_open_broker_fails():
    with Mosquitto(users={ANNA: 'pa', BERT: 'pb'}, acl='topic readwrite #\npattern readwrite #\n') as broker:
        ctl = Ctl(broker)
        bad = {tried for tried, trial in trials(ctl, 1).items() if not trial['ok']}
        base = 'im/v1/u/%s/' % BERT
        expected = {'A publishes to ' + what for what in ("B's out/", "B's in/", "B's in/res/", 'its own in/')}
        expected |= {'A publishes to gw/status, retained', 'A publishes to gw/mark'}
        expected |= {'A subscribes to ' + what for what in (base + 'in/#', base + 'out/#', '#', '+/#', 'im/v1/#')}
        shared = {tried for tried in bad if tried.startswith('A subscribes to $share/')}
        assert len(shared) == 1 and bad - shared == expected, bad ^ expected
        done = ctl('broker', 'check', *probes(ctl.directory), code=1)
        assert 'FAILED: people can read' in done.stdout, done.stdout
        # nothing stays behind
        anna = await MqttClient(broker, ANNA, clean=True, subscribe=False).connect(presence=None, will=False)
        await anna.subscribe('im/v1/#', absolute=True)
        await anna.subscribe('im/v1/none', absolute=True)
        assert not anna.events, anna.events
        await anna.disconnect()


async def one_hole_is_found():
    """Each line more in the ACL fails the trials that it should, and no other."""
    holes = [
        ('pattern read {root}/u/+/in/#', {"/in/#", '#', '+/#', 'im/v1/#', '$share'}),
        ('pattern read {root}/u/+/out/#', {"/out/#", '#', '+/#', 'im/v1/#'}),
        ('pattern write {root}/u/+/out/#', {"B's out/"}),
        ('pattern write {root}/u/+/in/res/#', {"B's in/res/"}),
        ('pattern write {root}/gw/mark', {'gw/mark'}),
        ('pattern write {root}/gw/status', {'gw/status, retained'}),
        ('pattern read $SYS/#', {'$SYS/#'}),
    ]
    with Mosquitto(users={ANNA: 'pa', BERT: 'pb'}) as broker:
        ctl = Ctl(broker)
        good = ctl('acl').stdout
        for line, expected in holes:
            broker.set_acl(good + line.format(root='im/v1') + '\n')
            bad = {tried for tried, trial in trials(ctl, 1).items() if not trial['ok']}
            assert len(bad) == len(expected), (line, bad)
            for end in expected:
                assert any(tried.endswith(end) or ' to ' + end in tried for tried in bad), (line, end, bad)


async def anonymous_clients_are_noticed():
    broker = Mosquitto(users={ANNA: 'pa', BERT: 'pb'})
    with open(broker.configuration, encoding='utf-8') as file:
        text = file.read().replace('allow_anonymous false', 'allow_anonymous true')
    write(broker.configuration, text)
    with broker:
        ctl = Ctl(broker)
        broker.set_acl(ctl('acl').stdout)
        bad = [tried for tried, trial in trials(ctl, 1).items() if not trial['ok']]
        assert bad == ['somebody without a name connects'], bad


async def what_a_check_needs():
    with Mosquitto(users={ANNA: 'pa', BERT: 'other'}) as broker:
        ctl = Ctl(broker)
        a, b = probes(ctl.directory)
        rows = [
            ((), 2, 'needs two accounts'),
            ((a, a), 2, 'two different accounts'),
            ((a, '--probe=x'), 2, 'UID:PASSWORD-FILE'),
            ((a, '--probe=%s:/nowhere' % BERT), 2, 'cannot be read'),
            ((a, b.replace('probe-b@' + HOSTED + ':', 'b@elsewhere:')), 2, 'no user row'),
            ((a, b), 1, 'refuses the second probe'),
        ]
        for arguments, code, words in rows:
            done = ctl('broker', 'check', *arguments, code=code)
            assert words in done.stderr, (arguments, done)
        nowhere = Ctl()
        done = nowhere('broker', 'check', *probes(nowhere.directory), code=1)
        assert 'no connection to the broker as the gateway' in done.stderr, done


async def a_check_leaves_a_running_gateway_alone():
    for acl in (None, 'topic readwrite #\npattern readwrite #\n'):
        with running(acl) as (ctl, broker, _xmpp):
            watcher = MqttClient(broker, ANNA, clean=True, subscribe=False)
            await watcher.connect(presence=None, will=False)
            await watcher.subscribe('im/v1/gw/status', absolute=True)
            before = await watcher.wait(lambda e: e.topic == 'im/v1/gw/status' and e.retain)
            start = len(ctl.ferryd.log)
            trials(ctl, 1 if acl else 0)
            ctl('user', 'list')
            assert ctl.json('user', 'list')['users'] == []
            assert 'link.down' not in ctl.ferryd.log[start:], ctl.ferryd.log[start:]
            assert ctl.json('status')['broker'].startswith('up')
            again = MqttClient(broker, BERT, clean=True, subscribe=False)
            await again.connect(presence=None, will=False)
            await again.subscribe('im/v1/gw/status', absolute=True)
            after = await again.wait(lambda e: e.topic == 'im/v1/gw/status' and e.retain)
            assert after.payload == before.payload, (before, after)
            for client in (watcher, again):
                await client.disconnect()


if __name__ == '__main__':
    run.main(globals())
