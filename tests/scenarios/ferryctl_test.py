"""The administrator's tool: with a gateway that does not run (its store), and with one that does (its socket).

    python3 tests/scenarios/ferryctl_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import json
import os
import subprocess

import run
from clients import MqttClient, XmppClient
from ctl_site import ANNA, BERT, BY_RULE, HOSTED, Ctl, plain, running
from process import HOST, write


# usage
async def usage_and_help():
    done = plain('--help', code=0)
    for words in ('map import', 'broker check', 'user show', 'outbox requeue', 'status', 'exit codes'):
        assert words in done.stdout, done.stdout
    done = plain('map', '--help', code=0)
    assert 'map explain' in done.stdout and 'user add' not in done.stdout
    done = plain('map', 'import', '--help', code=0)
    assert 'bad lines' in done.stdout and 'map explain' not in done.stdout
    rows = [
        (('frob',), 'no command frob'),
        ((), 'what is to be done'),
        (('map',), 'which command'),
        (('map', 'frob'), 'no command map frob'),
        (('map', 'add'), 'ferryctl map add ROW'),
        (('map', 'list', 'x'), 'ferryctl map list'),
        (('map', 'list', '--frob'), 'no flag --frob'),
        (('map', 'list', '--replace'), 'flag of another command'),
        (('--json=yes', 'status'), 'takes no value'),
        (('status', '--config'), 'needs a value'),
        (('--config', '/nowhere/at/all', 'status'), '/nowhere/at/all'),
        (('status', '--config=' + os.devnull), 'broker'),
    ]
    for arguments, words in rows:
        done = plain(*arguments, code=2)
        assert words in done.stderr and not done.stdout, (arguments, done)


async def options_come_from_flags_and_environment():
    ctl = Ctl()
    done = plain('status', code=0, environment={'FERRY_CONFIG': ctl.ferryd.configuration})
    assert 'not running' in done.stdout, done
    done = ctl('acl', '--broker.root=other', '--broker.username', 'gate')
    assert 'user gate' in done.stdout and 'pattern read other/u/%u/in/#' in done.stdout, done.stdout
    ctl('acl', '--broker.port=frob', code=2)


# a gateway that does not run
async def looking_makes_no_store():
    ctl = Ctl()
    before = sorted(os.listdir(ctl.directory))
    done = ctl('map', 'list')
    assert 'not running' in done.stderr
    assert done.stdout.split('\n')[0].split() == ['KIND', 'JID', 'TOPIC', 'SETTINGS', 'FROM']
    assert done.stdout.split('\n')[1].split() == ['user', '*@' + HOSTED, '{root}/u/{uid}', 'configuration']
    ctl('map', 'check')
    ctl('map', 'explain', 'a@' + HOSTED)
    assert sorted(os.listdir(ctl.directory)) == before
    ctl('map', 'add', 'feed a@%s x/y' % HOSTED)
    assert oct(os.stat(os.path.join(ctl.directory, 'ferry.db')).st_mode & 0o777) == '0o600'


async def rows_come_and_go():
    ctl = Ctl()
    feed = 'feed alarm@%s factory/line1/alarm' % HOSTED
    assert ctl('map', 'add', *feed.split()).stdout == 'added: %s\n' % feed
    ctl('map', 'add', 'user bob@%s {root}/bob format=cbor' % HOSTED, 'feed b@%s x/#' % HOSTED)
    assert ctl.rows() == [feed, 'feed b@%s x/#' % HOSTED, 'user bob@%s {root}/bob format=cbor' % HOSTED], ctl.rows()
    refused = [
        ('feed alarm@%s other' % HOSTED, 'alarm@' + HOSTED),  # the JID is taken
        ('feed other@%s factory/line1/alarm' % HOSTED, 'factory/line1/alarm'),  # the topic is
        ('frob a@b c', 'not a kind of row'),
        ('feed a@b', 'KIND JID TOPIC'),
    ]
    for row, words in refused:
        done = ctl('map', 'add', row, code=1)
        assert words in done.stderr and not done.stdout, (row, done)
        assert ctl.json('map', 'add', row, code=1)['ok'] is False
    ctl('map', 'remove', 'ALARM@%s' % HOSTED)
    done = ctl('map', 'remove', 'alarm@' + HOSTED, code=1)
    assert 'no row' in done.stderr
    done = ctl('map', 'remove', '*@' + HOSTED, code=1)
    assert 'configuration file' in done.stderr
    done = ctl('map', 'add', 'feed good@%s good' % HOSTED, 'feed bad', code=1)  # the good one of two
    assert 'feed bad: ' in done.stderr and 'added: feed good' in done.stdout
    assert len(ctl.rows()) == 3


async def an_export_can_be_imported():
    ctl, other = Ctl(), Ctl()
    ctl('map', 'add', 'feed öl@%s werk/öl write=corp.example follow=none' % HOSTED, 'user bob@%s {root}/b' % HOSTED)
    exported = ctl('map', 'export').stdout
    assert exported.startswith('#') and len(exported.splitlines()) == 3, exported
    file = os.path.join(ctl.directory, 'rows')
    assert '2 rows written' in ctl('map', 'export', '--all', file).stdout
    with open(file, encoding='utf-8') as rows:
        assert '# configuration: ' + BY_RULE in rows.read().splitlines()
    assert other('map', 'import', '-', stdin=exported).stdout == '2 rows added\n'
    assert other.rows() == ctl.rows()
    assert other('map', 'import', file).stdout == '0 rows added, 2 were there already\n'
    assert other('map', 'export').stdout == exported


async def an_import_names_each_bad_line():
    ctl = Ctl()
    ctl('map', 'add', 'feed old@%s old/topic' % HOSTED)
    lines = [
        '\ufefffeed one@%s one\r' % HOSTED,
        '# a comment',
        '',
        'feed',
        '  feed two@%s  two  ' % HOSTED,
        'feed three@%s one' % HOSTED,  # a topic that line 1 has
        'feed old@%s old/topic' % HOSTED,
        'feed old@%s new/topic' % HOSTED,
        'x' * 5000,
        'feed four@%s four' % HOSTED,  # without a line break at the end
    ]
    file = ctl.file('rows', '\n'.join(lines))
    done = ctl('map', 'import', file, code=1)
    assert done.stdout == '3 rows added, 1 was there already, 4 lines refused\n', done
    problems = [line.split(': ')[1] for line in done.stderr.splitlines() if file in line]
    assert problems == ['%s:%d' % (file, n) for n in (4, 6, 8, 9)], done.stderr
    answer = ctl.json('map', 'import', '--replace', file, code=1)
    assert (answer['added'], answer['unchanged'], answer['replaced']) == (0, 4, 1), answer
    assert 'feed old@%s new/topic' % HOSTED in ctl.rows()
    with open(file, 'wb') as broken:
        broken.write(b'feed five@%s five\nfeed \xff@x y\n' % HOSTED.encode())
    done = ctl('map', 'import', file, code=1)
    assert ':2: the row is not UTF-8' in done.stderr and done.stdout.startswith('1 row added'), done
    ctl('map', 'import', '/nowhere/at/all', code=2)


async def many_rows():
    """More than one command of the control socket holds, and more than one page of a list."""
    ctl = Ctl(routes=['user *@other.localhost {root}/u/{uid}'])
    count = 60_000
    text = ''.join('user u%06d@%s {root}/u/{uid}\n' % (n, HOSTED) for n in range(count))
    done = await asyncio.to_thread(ctl, 'map', 'import', '-', stdin=text)
    assert done.stdout == '60,000 rows added\n', done
    exported = await asyncio.to_thread(ctl, 'map', 'export')
    assert exported.stdout.split('\n', 1)[1] == text
    assert '60,001 rows' in ctl('map', 'check').stdout


async def check_finds_what_is_wrong():
    good = Ctl()
    assert good('map', 'check').stdout == 'the mapping table is good: 1 row\n'
    tie = Ctl(routes=[BY_RULE, 'user a*@%s {root}/a/{uid}' % HOSTED, 'user *b@%s {root}/b/{uid}' % HOSTED])
    done = tie('map', 'check', code=1)
    assert 'error' in done.stdout and 'a*@' + HOSTED in done.stdout and '*b@' + HOSTED in done.stdout, done.stdout
    assert tie.json('map', 'check', code=1)['good'] is False


async def explain_says_which_row_fires():
    ctl = Ctl()
    ctl('map', 'add', 'user bob@%s {root}/b' % HOSTED)
    done = ctl('map', 'explain', 'bob@' + HOSTED)
    assert 'base   im/v1/b\n' in done.stdout and 'exact rows win' in done.stdout, done.stdout
    done = ctl('map', 'explain', 'im/v1/u/anna=2Bnews@%s/out/msg' % HOSTED)
    assert 'JID    anna+news@%s\n' % HOSTED in done.stdout, done.stdout
    assert 'not mapped' in ctl('map', 'explain', 'x@elsewhere').stdout
    assert ctl.json('map', 'explain', 'bob@' + HOSTED)['topic'] == 'im/v1/b'


async def users_come_and_go():
    ctl = Ctl()
    assert 'no users yet' in ctl('user', 'list').stderr
    done = ctl('user', 'add', 'bob@' + HOSTED, 'anna+news@' + HOSTED)
    assert 'im/v1/u/anna=2Bnews@' + HOSTED in done.stdout, done.stdout
    assert ctl('user', 'list').stdout == 'anna+news@%s\nbob@%s\n' % (HOSTED, HOSTED)
    assert 'waiting  0 messages' in ctl('user', 'show', 'bob@' + HOSTED).stdout
    for command, jid, words in (
        ('add', 'bob@' + HOSTED, 'exists already'),
        ('add', 'bob@elsewhere', 'no user row covers'),
        ('add', HOSTED, 'bare JID'),
        ('show', 'x@' + HOSTED, 'no user'),
        ('remove', 'x@' + HOSTED, 'no user'),
    ):
        assert words in ctl('user', command, jid, code=1).stderr, (command, jid)
    ctl('user', 'remove', 'bob@' + HOSTED)
    assert ctl.json('user', 'list')['users'] == ['anna+news@' + HOSTED]
    assert ctl.json('status')['users'] == 1


# a gateway that runs
async def changes_apply_to_a_running_gateway():
    with running() as (ctl, broker, xmpp):
        done = ctl('status')
        assert 'running, version' in done.stdout and 'broker     up since ' in done.stdout and not done.stderr, done
        ctl('map', 'add', 'feed alarm@%s factory/alarm follow=localhost' % HOSTED)
        broker.set_acl(ctl('acl').stdout + 'user sensor\ntopic write factory/#\n')
        broker.add_user('sensor', 'ps')
        alice = await XmppClient(xmpp, 'alice@localhost').connect()
        alice.presence('alarm@' + HOSTED, 'subscribe')
        await alice.wait_presence('alarm@' + HOSTED, 'subscribed')
        publisher = subprocess.Popen(
            ['mosquitto_pub', '-h', HOST, '-p', str(broker.port), '-u', 'sensor', '-P', 'ps']
            + ['-q', '1', '-t', 'factory/alarm', '-m', 'fire']
        )
        assert await asyncio.to_thread(publisher.wait) == 0
        await alice.wait_message('fire', 'alarm@' + HOSTED)
        await alice.disconnect()
        ctl('user', 'add', 'bob@' + HOSTED)
        text = ''.join('feed f%d@%s many/%d\n' % (n, HOSTED, n) for n in range(15_000)) + 'feed bad\n'
        done = await asyncio.to_thread(ctl, 'map', 'import', '-', stdin=text, code=1)
        assert done.stdout == '15,000 rows added, 1 line refused\n' and 'standard input:15001' in done.stderr, done
        ctl.ferryd.terminate()
        done = ctl('user', 'list')
        assert 'not running' in done.stderr and done.stdout == 'bob@%s\n' % HOSTED
        assert len(ctl.rows()) == 15_001


async def dead_letters_are_listed_requeued_and_dropped():
    with running() as (ctl, broker, _xmpp):
        broker.set_acl(ctl('acl').stdout)
        ctl('user', 'add', BERT)
        anna = await MqttClient(broker, ANNA).connect()
        await anna.message('nobody@localhost', 'a secret', id='m1')
        await anna.wait_receipt('m1', 'failed')
        await anna.message('nobody@localhost', 'another', id='m2')
        await anna.wait_receipt('m2', 'failed')

        done = ctl('outbox', 'list')
        assert 'dead letters: 2' in done.stdout and 'service-unavailable' in done.stdout, done.stdout
        listed = ctl.json('outbox', 'list')
        assert [m['id'] for m in listed['messages']] == ['m1', 'm2'] and listed['dead'] == 2, listed
        assert [link['link'] for link in listed['links']] == ['to-xmpp', 'to-mqtt'], listed
        first_only = ctl.json('outbox', 'list', '--dead', '--limit', '1')['messages']  # older by a second, perhaps
        assert [dict(m, age=0) for m in first_only] == [dict(m, age=0) for m in listed['messages'][:1]], first_only
        assert ctl.json('outbox', 'list', '--user', BERT)['messages'] == []
        first, second = (str(m['seq']) for m in listed['messages'])
        shown = ctl('outbox', 'show', first).stdout
        for text in (done.stdout, shown, json.dumps(listed)):
            assert 'secret' not in text, text
        assert 'm1' in shown and 'a dead letter' in shown and 'nobody@localhost' in shown, shown

        mark = len(anna.events)
        done = ctl('outbox', 'requeue', first, '999999', code=1)
        assert done.stdout == 'requeued: 1 message\n' and '999999: no such message here' in done.stderr, done
        await anna.wait_receipt('m1', 'accepted', after=mark)
        await anna.wait_receipt('m1', 'failed', after=mark)  # there is still nobody
        assert ctl('outbox', 'drop', second).stdout == 'dropped: 1 message\n'
        assert [m['id'] for m in ctl.json('outbox', 'list')['messages']] == ['m1']
        await anna.disconnect()
        ctl.ferryd.terminate()

        done = ctl('outbox', 'requeue', '--all', '--user', ANNA)  # over the store
        assert done.stdout == 'requeued: 1 message\n', done
        assert [m['id'] for m in ctl.json('outbox', 'list', '--pending')['messages']] == ['m1']
        assert ctl('outbox', 'drop', '--pending', '--all', '--user', ANNA).stdout == 'dropped: 1 message\n'
        listed = ctl.json('outbox', 'list')
        assert listed['messages'] == [] and listed['dead'] == 0, listed
        for arguments, words in [
            (('outbox', 'drop'), 'or --all'),
            (('outbox', 'drop', 'x'), 'no number'),
            (('outbox', 'drop', '--pending', '--all'), '--user JID'),
            (('outbox', 'drop', '1', '--user', ANNA), 'go with --all'),
            (('outbox', 'list', '--dead', '--pending'), 'one of them'),
            (('outbox', 'list', '--limit', '0'), 'above 0'),
            (('outbox', 'show', '1', '--all'), 'flag of another command'),
        ]:
            assert words in ctl(*arguments, code=2).stderr, arguments


if __name__ == '__main__':
    run.main(globals())
