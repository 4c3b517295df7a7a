"""What [capture] records of a conversation: everything both sides saw, readable without Ferry; and nothing of it redacted.

    python3 tests/scenarios/capture_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import json
import os
import re
import signal
import stat
import subprocess
import xml.etree.ElementTree as ET

import jsonschema

import run
from lab import HOSTED, lab
from migrate_site import site_of
from process import ROOT, scratch
from servers import ferry_program
from session_site import TlsProsody

BODY, ANSWER = 'Where is Zwiebelfisch?', 'Behind Quasimodo'
with open(os.path.join(ROOT, 'config', 'schema', 'capture.json'), encoding='utf-8') as _file:
    SCHEMA = jsonschema.Draft7Validator(json.load(_file))


def _recording(name='capture.jsonl', **more):
    """A site's options; the path is set when its directory is known."""
    return {'capture': {'file': name, **more}}


async def _place(site):
    """The capture lies beside the store. Gives its path."""
    capture = site.ferryd.sections['capture']
    capture['file'] = os.path.join(site.ferryd.directory, capture['file'])
    site.ferryd.write_configuration()
    await asyncio.to_thread(site.ferryd.start)
    await asyncio.to_thread(site.ferryd.wait_ready)
    return capture['file']


def _read(path):
    text = open(path, 'rb').read()
    if path.endswith('.zst'):
        text = subprocess.run(['zstd', '-dcq'], input=text, capture_output=True, check=True).stdout
    lines = [json.loads(line) for line in text.decode('utf-8').splitlines()]
    for line in lines:
        SCHEMA.validate(line)
    assert lines[0]['ferry'] == 'capture' and lines[0]['source'] == 'ferryd', lines[0]
    return lines


async def _stopped(site):
    """ferryd has ended, cleanly: the capture is whole."""
    await asyncio.to_thread(site.ferryd.terminate)


def _bodies(records, direction):
    """[(from, to, body)] of the messages that went that way on the component's streams."""
    out = []
    for record in records:
        if record.get('kind') == 'component' and record.get('dir') == direction and 'stanza' in record:
            stanza = ET.fromstring(record['stanza'])
            body = stanza.find('{jabber:client}body')
            if stanza.tag == '{jabber:client}message' and body is not None:
                out.append((stanza.get('from'), stanza.get('to'), body.text))
    return out


def _payloads(records, direction, ending):
    """{topic: [payload]} of the publishes that went that way on topics that end so."""
    out = {}
    for record in records:
        publish = record.get('publish')
        if publish and record['dir'] == direction and publish['topic'].endswith(ending) and publish['payload']:
            out.setdefault(publish['topic'], []).append(json.loads(publish['payload']))
    return out


async def _conversation(site):
    alice, bob = await site.friends()
    alice.message(bob.jid, BODY)
    seen = await bob.wait_message(BODY)
    sent = await bob.message(alice.full, ANSWER)
    await alice.wait_message(ANSWER)
    await bob.wait_receipt(sent, 'forwarded')
    return alice, bob, seen.json, sent


async def a_conversation_is_recorded_as_it_was_seen():
    for name in ('capture.jsonl', 'capture.jsonl.zst'):
        async with lab(users=4, options=_recording(name, redact='no'), start=False) as site:
            path = await _place(site)
            alice, bob, seen, sent = await _conversation(site)
            await _stopped(site)
            assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
            header, *records = _read(path)
            assert header['redacted'] is False
            assert (alice.full, bob.jid, BODY) in _bodies(records, 'sent'), _bodies(records, 'sent')
            assert [b for b in _bodies(records, 'received') if b[2] == ANSWER][0][1] == alice.full
            user = 'im/v1/u/%s/' % bob.jid
            assert seen in _payloads(records, 'received', '/in/msg')[user + 'in/msg']
            answers = _payloads(records, 'sent', '/out/msg')[user + 'out/msg']
            assert [(a['id'], a['body']) for a in answers] == [(sent, ANSWER)], answers
            streams = {r['stream']: [] for r in records}
            for record in records:
                streams[record['stream']].append(next(k for k in ('open', 'close', 'stanza', 'publish') if k in record))
            assert set(streams) == {'component-1', 'broker-1'}, set(streams)
            for kinds in streams.values():
                assert kinds[-1] == 'close' and kinds.count('open') == kinds.count('close') == 1, kinds
            times = [r['ts'] for r in records]
            assert times == sorted(times)


def _session_bodies(records, account):
    """[(direction, body)] of the messages of its session."""
    found = []
    for record in records:
        if record.get('kind') == 'client' and record['jid'].startswith(account + '/') and 'stanza' in record:
            stanza = ET.fromstring(record['stanza'])
            found += [(record['dir'], body.text) for body in stanza.iterfind('{jabber:client}body')]
    return found


async def the_session_of_an_account_is_recorded_and_can_be_replayed():
    path = os.path.join(scratch('capture'), 'capture.jsonl')
    async with site_of(TlsProsody, options={'capture': {'file': path, 'redact': 'no'}}) as site:
        bob, carol = site.people[1], await site.xmpp(site.people[2])
        await site.plan([bob])
        await site.move('dual')
        phone = await site.mqtt(bob)
        await phone.wait_presence(carol.bare, 'online')
        carol.message(bob, BODY)
        await phone.wait_message(BODY)
        await phone.message(carol.bare, ANSWER)
        await carol.wait_message(ANSWER)
        await _stopped(site)
        _, *records = _read(path)
        said = _session_bodies(records, bob)
        assert said == [('sent', BODY), ('received', ANSWER)], said
        streams = {r['stream']: [] for r in records if r.get('kind') == 'client'}
        for record in records:
            if record['stream'] in streams:
                streams[record['stream']].append(next(k for k in ('open', 'close', 'stanza') if k in record))
        assert streams and all(s.startswith('session-') for s in streams), streams
        for kinds in streams.values():
            assert kinds[0] == 'open' and kinds[-1] == 'close' and kinds.count('open') == kinds.count('close'), kinds
        password = 'pa%s' % bob.split('@')[0][1:]
        assert password not in re.findall(r'\w+', open(path, encoding='utf-8').read())
        replayed = await asyncio.to_thread(
            subprocess.run,
            [ferry_program('ferry-replay'), 'run', path, '--config', site.ferryd.configuration, '--account', bob],
            capture_output=True, text=True,
        )
        assert replayed.returncode == 0, replayed.stderr
        published = [json.loads(line).get('publish') for line in replayed.stdout.splitlines()]
        bodies = [p['payload']['body'] for p in published if p and p['topic'].endswith('/in/msg')]
        assert BODY in bodies, bodies


async def nothing_of_it_is_left_in_a_redacted_one():
    async with lab(users=4, options=_recording(), start=False) as site:
        path = await _place(site)
        alice, bob, _, sent = await _conversation(site)
        await _stopped(site)
        header, *records = _read(path)
        assert header['redacted'] is True
        text = open(path, encoding='utf-8').read().lower()
        for word in (BODY, ANSWER, 'zwiebelfisch', 'quasimodo', alice.bare, bob.jid, HOSTED, '/desk', '/phone'):
            assert word.lower() not in text, word
        assert sent in text, 'ids stay'
        (said,) = [b for b in _bodies(records, 'sent') if b[2] and len(b[2]) == len(BODY)]
        (back,) = [b for b in _bodies(records, 'received') if b[2] and len(b[2]) == len(ANSWER)]
        assert said[0] == back[1] and said[1] == back[0].split('/')[0], 'the same people: %s, %s' % (said, back)
        topic = 'im/v1/u/%s/in/msg' % said[1]
        (message,) = _payloads(records, 'received', '/in/msg')[topic][:1]
        assert message['body'] == said[2] and message['from'] == said[0], 'the same words on both sides'


async def sighup_opens_the_file_again():
    async with lab(users=4, options=_recording(redact='no'), start=False) as site:
        path = await _place(site)
        alice, bob, _, _ = await _conversation(site)
        os.rename(path, path + '.old')
        start = len(site.ferryd.log)
        site.ferryd.process.send_signal(signal.SIGHUP)
        await asyncio.to_thread(site.ferryd.wait_log, 'event=reload.done', 30, start)
        await site.talk(alice, bob, 'after it')
        await _stopped(site)
        before, after = _read(path + '.old'), _read(path)
        assert BODY in [b[2] for b in _bodies(before, 'sent')]
        assert [b[2] for b in _bodies(after, 'sent')] == ['after it from alice'], after


async def a_file_that_takes_nothing_disturbs_nobody():
    for where, why in (('/dev/full', 'No space left'), ('/no/such/folder/x', 'No such file')):
        async with lab(users=4, options={'capture': {'file': where}, 'log': {'level': 'info'}}) as site:
            alice, bob, _, _ = await _conversation(site)
            await site.talk(alice, bob, 'all the same')
            assert site.count('event=capture.failed') == 1, site.ferryd.log
            assert why in site.ferryd.log


if __name__ == '__main__':
    run.main(globals())
