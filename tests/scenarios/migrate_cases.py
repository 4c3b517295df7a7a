"""Accounts that keep their JID move to MQTT and come back, on a real server, while those who were told nothing go on
talking to them."""
import asyncio
import contextlib
import os
import random
import signal

from certificates import make_certificates
from clients import MqttClient
from migrate_site import COHORT, seed, site_of
from patience import patient
from process import Failed, scratch, write

KILLS = int(os.environ.get('FERRY_TEST_KILLS') or 6)  # of which the last finds people who were back already


def _shows(client, body):
    return [e for e in client.events if getattr(e, 'topic', None) == 'in/msg' and e.json['body'] == body]


async def _soon(client, request, **fields):
    """As a client does: once more, as long as the answer says that it may help."""
    while True:
        answer = await client.request(request, check=False, **fields)
        if answer['ok'] or not answer['error'].get('retry'):
            assert answer['ok'], answer
            return
        await asyncio.sleep(0.2)  # before it tries again


async def people_move_and_come_back(server_class):
    async with site_of(server_class) as site:
        bob, carol = site.people[1], await site.xmpp(site.people[2])  # carol is told nothing
        spark = await site.xmpp(bob, 'spark')  # bob's old client stays open
        await carol.wait_presence(bob + '/spark')
        told = carol.mark()

        await site.plan(site.people[:2])
        await site.move('shadow')
        await site.sessions()
        verified = await site.said('migrate', 'verify', '--cohort', COHORT)
        assert verified['without_session'] == 0, verified
        assert (verified['compared'], verified['different'], verified['with_losses']) == (2, 0, 2), verified
        assert 'TITLE' in verified['accounts'][0]['losses'][0]['text'], verified
        assert carol.find(lambda s: s.name in ('presence', 'iq'), told) is None, carol.events[told:]

        await site.move('dual')
        phone = await site.mqtt(bob)
        await phone.wait_contact(carol.bare, lambda c: c['subscription'] == 'both' and c['groups'])
        await phone.wait_presence(carol.bare, 'online')
        carol.message(bob, 'to everybody of bob')
        await phone.wait_message('to everybody of bob', carol.bare)
        await spark.wait_message('to everybody of bob')
        await phone.message(carol.bare, 'from the phone')
        await carol.wait_message('from the phone', bob)
        await carol.wait_presence(bob, after=told)

        await site.move('moved')
        await phone.request('roster.update', contact=carol.bare, name='Carol the Great', groups=['Sea'])
        await phone.request('roster.add', contact=site.people[7], name='New', groups=[])
        await phone.request('roster.remove', contact=site.people[3])
        await phone.request('block', contact='spam@example.org')
        assert (await phone.request('blocked'))['blocked'] == ['spam@example.org']
        await spark.wait_roster(carol.bare)
        carol.message(bob, 'still there?')
        await phone.wait_message('still there?', carol.bare)
        assert len(_shows(phone, 'to everybody of bob')) == 1 and len(_shows(phone, 'still there?')) == 1
        pushes = [e for e in carol.events[told:] if e.name == 'iq' and e['type'] == 'set']
        assert not pushes, pushes

        await phone.disconnect()
        preview = await site.said('migrate', 'back', bob)
        assert (preview['writes_to_undo'], preview['need_contacts']) == (3, 1), preview
        dave = site.people[3]
        assert preview['contacts'] == [{'jid': bob, 'contact': dave, 'has_to': 'agree and ask again'}], preview
        await site.back()
        accounts = (await site.said('migrate', 'status', COHORT))['accounts']
        assert not any(account.get('trouble') for account in accounts), accounts
        writes = (await site.said('migrate', 'show', bob))['writes']
        assert [w['contact'] for w in writes if w['state'] == 'lasting'] == [dave], writes
        # Whom bob removed has to agree again, and is asked.
        dave = await site.xmpp(dave)
        await dave.wait_presence(bob, 'subscribe')
        dave.presence(bob, 'subscribed')
        dave.presence(bob, 'subscribe')
        if not server_class.preapproves:  # elsewhere bob has agreed beforehand
            await spark.wait_presence(dave.bare, 'subscribe')
            spark.presence(dave.bare, 'subscribed')
        await dave.wait_roster(bob, 'both')
        await site.as_before()
        kept = await site.kept_by_the_broker(bob)
        assert not kept, kept
        carol.message(bob, 'and now?')
        await spark.wait_message('and now?')


async def who_logs_in_before_dual_is_not_deaf(server_class):
    async with site_of(server_class) as site:
        bob, carol = site.people[1], await site.xmpp(site.people[2])
        told = carol.mark()
        phone = MqttClient(site.broker, bob, 'phone')  # the broker lets people in as soon as ferryctl has spoken
        site.clients.append(phone)
        await phone.connect()
        await site.plan([bob])
        await site.move('dual')
        await carol.wait_presence(bob, after=told)
        carol.message(bob, 'early bird')
        await phone.wait_message('early bird', carol.bare)


async def who_was_there_before_the_session_is_given_what_was_kept(server_class):
    async with site_of(server_class) as site:
        bob, carol = site.people[1], await site.xmpp(site.people[2])
        carol.message(bob, 'kept for you')  # who is offline
        await asyncio.sleep(1.5)  # before the move, in an archive that counts in seconds
        await site.plan([bob])
        await site.move('dual')
        site.ferryd.kill()
        phone = MqttClient(site.broker, bob, 'phone')
        site.clients.append(phone)
        await phone.connect()
        site.server.process.send_signal(signal.SIGSTOP)
        try:
            starting = asyncio.ensure_future(site.ferryd.start_async())
            await _seen_by_ferryd(site)
        finally:
            site.server.process.send_signal(signal.SIGCONT)
        await starting
        await phone.wait_message('kept for you', carol.bare)
        carol.message(bob, 'and now')
        await phone.wait_message('and now')
        assert len(_shows(phone, 'kept for you')) == 1


async def _seen_by_ferryd(site):
    """A device is online. ferryctl is asked again: it has nothing to wait with."""
    while True:
        with contextlib.suppress(Failed, ValueError):
            if (await site.said('status'))['devices_online']:
                return
        await asyncio.sleep(0.2)


async def an_account_that_is_gone_holds_up_nothing(server_class):
    async with site_of(server_class) as site:
        alice, bob = site.people[:2]
        await site.plan([alice, bob])
        await site.move('moved')
        phone = await site.mqtt(bob)
        await phone.wait_contact(alice)
        await _soon(phone, 'roster.update', contact=alice, name='Al', groups=[])
        spark = await site.xmpp(bob, 'spark')
        # The server may end the stream before it answers.
        spark.send('<iq type="set" id="bye"><query xmlns="jabber:iq:register"><remove/></query></iq>')
        await _troubled(site, bob, 'migrate back --keep')
        await phone.message(alice, 'too late')
        await site.back(bob, wait=False)
        await _troubled(site, bob, 'outbox drop --pending --all --user ' + bob)
        await site.plain('outbox', 'drop', '--pending', '--all', '--user', bob)
        await _troubled(site, bob, 'ferryctl migrate back --keep %s --apply' % bob)
        await site.plain('migrate', 'back', '--keep', bob, '--apply')
        await site.until('legacy', who=[bob])


async def _troubled(site, jid, text):
    deadline = asyncio.get_running_loop().time() + patient(30)
    while True:
        account = (await site.said('migrate', 'show', jid))['account']
        if text in account.get('trouble', ''):
            return
        assert asyncio.get_running_loop().time() < deadline, account
        await asyncio.sleep(0.2)  # ferryctl is asked again: it has nothing to wait with


async def one_of_two_goes_back(server_class):
    async with site_of(server_class) as site:
        alice, bob = site.people[:2]
        await site.plan([alice, bob])
        await site.move('moved')
        phones = [await site.mqtt(jid) for jid in (alice, bob)]
        await phones[0].wait_contact(bob)
        await phones[0].wait_presence(bob, 'online')
        await phones[0].message(bob, 'both of us moved')
        await phones[1].wait_message('both of us moved', alice)
        assert len(_shows(phones[1], 'both of us moved')) == 1
        await phones[1].disconnect()
        await site.back(bob)
        spark = await site.xmpp(bob)
        await phones[0].message(bob, 'you are back')
        await spark.wait_message('you are back', alice)
        await site.back()
        await site.as_before()


async def a_password_that_comes_later_is_tried(server_class):
    """None, then a wrong one, then the right one, while ferryd runs and nothing is started again."""
    async with site_of(server_class) as site:
        alice, bob = site.people[:2]

        def give(password):
            site.ctl('password', 'set', bob, '-', stdin=password + '\n')

        async def trouble(text):
            while True:
                account = (await site.said('migrate', 'show', bob))['account']
                if text in account.get('trouble', ''):
                    return account
                await asyncio.sleep(0.2)  # ferryctl is asked again: it has nothing to wait with

        site.ctl('password', 'remove', bob)
        await site.plan([alice, bob])
        await site.move('shadow')
        account = await trouble('ferryctl password set ' + bob)
        assert account['session'] == 'down', account
        await asyncio.to_thread(give, 'not his')
        await trouble('not-authorized')
        await asyncio.to_thread(give, site.server.accounts['a1'])
        await site.sessions()
        assert not (await site.said('migrate', 'show', bob))['account'].get('trouble')


async def a_mistake_of_tls_is_seen_where_one_looks(server_class):
    async with site_of(server_class) as site:
        await site.plan(site.people[:2])
        await site.move('shadow')
        await site.sessions()
        session = site.ferryd.sections['session']
        right = session['cafile']
        session['cafile'] = os.path.join(scratch('cafile'), 'ca.pem')
        other, _, _ = await asyncio.to_thread(make_certificates, scratch('other-ca'))
        for text, reason in (('no certificate', 'holds no certificate'), (open(other, encoding='ascii').read(), 'X509_V_ERR')):
            write(session['cafile'], text)
            site.ferryd.write_configuration()
            await asyncio.to_thread(site.ferryd.restart)
            await asyncio.to_thread(site.ferryd.wait_ready)
            await _sees(site, site.people[0], reason)
        plain = await site.plain('status')
        assert 'sessions   2 wanted, 0 up, 2 down' in plain and 'session.cafile' in plain, plain
        assert 'session.cafile' in await site.plain('migrate', 'status', COHORT)
        assert 'event=account.trouble' not in site.ferryd.log, 'one mistake is no trouble of the accounts'
        write(session['cafile'], open(right, encoding='ascii').read())
        await site.sessions(timeout=150)
        accounts = (await site.said('migrate', 'status', COHORT))['accounts']
        assert all('trouble' not in a and a['errors'] == 0 for a in accounts), accounts


async def _sees(site, jid, reason):
    while True:
        shown = (await site.said('migrate', 'show', jid))['account']
        if reason in shown.get('trouble', '') and 'session.cafile' in shown['trouble']:
            return
        await asyncio.sleep(0.2)  # until the log-in, which is tried again in its own time


async def who_may_log_in_follows_the_move(server_class):
    """The broker's file, with [vault] auth-file: who was told to move is in it at once, who goes back is not."""
    async with site_of(server_class, auth_file=True) as site:
        alice, bob = site.people[:2]
        await site.plan([alice, bob])
        await site.move('shadow')
        assert not site.who_may_log_in()
        await site.move('dual')
        assert site.who_may_log_in() == {alice, bob}, site.who_may_log_in()
        await site.back(bob)
        assert site.who_may_log_in() == {alice}, site.who_may_log_in()


async def messages_survive_kills_each_once(server_class):
    """Who was told nothing and who moved write to each other while ferryd dies again and again: what the server may
    have taken before is found in its archive, and what came meanwhile as well."""
    moments = random.Random(seed())
    async with site_of(server_class) as site:
        bob, carol = site.people[1], await site.xmpp(site.people[2])
        await site.plan([bob])
        await site.move('dual')
        phone = await site.mqtt(bob)
        await phone.wait_contact(carol.bare)

        async def carol_says(body):
            carol.message(bob, 'down ' + body)

        async def bob_says(body):
            await phone.message(carol.bare, 'up ' + body)

        down, up = await site.written_while_ferryd_dies(KILLS, moments, 0.1, carol_says, bob_says)
        await carol.wait_message('up %d' % (up - 1), timeout=60)
        await phone.wait_message('down %d' % (down - 1), timeout=60)
        got = [s['body'] for s in carol.all(lambda s: s.name == 'message' and s['body'].startswith('up '))]
        assert got == ['up %d' % n for n in range(up)], got
        seen = {}  # a repeated publish is one message: its id says so
        for event in phone.all(lambda e: e.topic == 'in/msg' and e.json['body'].startswith('down ')):
            seen.setdefault(event.json['id'], event.json['body'])
        assert list(seen.values()) == ['down %d' % n for n in range(down)], list(seen.values())
        print('     %d kills, %d messages from the old side and %d from the new' % (KILLS, down, up))


async def a_kill_at_any_moment_changes_nothing(server_class):
    """ferryd, and the ferryctl that asks it, die at moments that nobody chose; what was begun goes on."""
    moments = random.Random(seed())
    async with site_of(server_class) as site:
        movers = site.people[:6]
        await site.plan(movers)
        for n in range(KILLS):
            to = ('shadow', 'dual', 'moved', 'legacy')[n % 4]
            await site.killed_on_the_way(to, moments)
            if to in ('dual', 'moved'):
                phone = await site.mqtt(movers[n % 2])
                await _soon(phone, 'roster.update', contact=movers[2], name='Name %d' % n, groups=['G%d' % n])
                await phone.disconnect()
        await site.back()
        await site.as_before()
