"""Cases of session_test.py: what a session does while everybody behaves."""
import asyncio
import os
import re
import signal

from certificates import make_certificates
from patience import patient
from process import scratch, write
from session_site import CLIENT, Proxy, element, end


async def logs_in_with_a_password_and_learns_what_the_server_can(site):
    bob = site.account()
    tool = await site.tool()
    full = tool.want(bob)
    up = await tool.ready(bob)
    assert up['jid'] == full, up
    for feature in ('acknowledges', 'carbons', 'archive', 'blocking'):
        assert up[feature], '%s is missing: %s' % (feature, up)
    assert not up['resumed']
    roster = await tool.wait(lambda e: e['event'] == 'stanza' and 'ferry-roster' in e['stanza'], what='roster')
    assert roster['jid'] == bob
    await tool.wait(lambda e: e['event'] == 'stanza' and 'ferry-blocklist' in e['stanza'], what='block list')


async def the_password_is_in_no_process_list_and_no_log(site):
    bob = site.account()
    password = site.server.accounts[bob.split('@')[0]]
    tool = await site.tool()
    tool.want(bob)
    await tool.ready(bob)
    for pid in [tool.process.pid, *tool.workers()]:
        for file in ('cmdline', 'environ'):
            try:
                with open('/proc/%d/%s' % (pid, file), 'rb') as data:
                    assert password.encode() not in data.read(), file
            except PermissionError:
                pass  # a worker is not to be looked into, not even by its own user
    assert not any(password in str(event) for event in tool.events)


async def a_certificate_that_the_pinned_ca_did_not_sign_is_refused(site):
    bob = site.account()
    other, _, _ = make_certificates(scratch('other-ca'))
    tool = await site.tool(cafile=other)
    tool.want(bob)
    down = await tool.event('down', bob)
    assert down['why'] == 'tls' and 'cafile' in down['advice'], down
    assert (await tool.counts())['up'] == 0


async def a_file_of_ours_that_is_none_is_named_and_not_the_server(site):
    bob = site.account()
    file = write(os.path.join(scratch('files'), 'file.pem'), 'neither certificate nor key\n')
    tool = await site.tool(cafile=file)
    tool.want(bob)
    down = await tool.event('down', bob)
    assert down['why'] == 'tls' and file in down['reason'] and 'holds no certificate' in down['reason'], down
    assert 'session.cafile' in down['advice'], down


async def the_key_of_the_certificate_of_the_user_is_named_where_it_is_none(site):
    bob = site.account()
    file = write(os.path.join(scratch('files'), 'file.pem'), 'neither certificate nor key\n')
    certificate, key = await asyncio.to_thread(site.server.client_certificate, bob)
    tool = await site.tool()
    tool.want(bob, certificate=certificate, key=file)
    down = await tool.event('down', bob)
    assert down['why'] == 'tls' and file in down['reason'] and 'holds no private key' in down['reason'], down
    with open(key, encoding='ascii') as right:
        write(file, right.read())
    await tool.ready(bob)  # by itself


async def a_wrong_password_is_reported_once_and_not_tried_again(site):
    bob, carol = site.account(), site.account()
    tool = await site.tool()
    tool.want(bob, password='wrong', resource='one')
    down = await tool.event('down', bob)
    assert down['why'] == 'auth-failed', down
    tool.want(carol)
    await tool.ready(carol)  # it disturbs nobody else
    assert (await tool.counts())['refused'] == 1
    tool.want(bob, password='wrong', resource='one')  # nothing new: nothing happens
    mark = tool.mark()
    tool.want(bob, resource='one')
    await tool.ready(bob, after=mark)
    assert len(tool.all(lambda e: e['event'] == 'down' and e['jid'] == bob)) == 1


async def logs_in_with_the_certificate_of_the_user_and_no_password(site):
    bob = site.account()
    certificate, key = await asyncio.to_thread(site.server.client_certificate, bob)
    tool = await site.tool()
    tool.want(bob, certificate=certificate, key=key)
    up = await tool.ready(bob)
    assert up['jid'].startswith(bob)


async def the_certificate_of_the_user_does_not_open_another_account(site):
    bob, carol = site.account(), site.account()
    certificate, key = await asyncio.to_thread(site.server.client_certificate, carol)
    tool = await site.tool()
    tool.want(bob, certificate=certificate, key=key)
    down = await tool.event('down', bob)
    assert down['why'] == 'auth-failed', down
    assert not tool.find(lambda e: e['event'] in ('up', 'stanza')), 'it was taken for his'


async def messages_go_both_ways_and_the_server_acknowledges(site):
    bob, alice = site.account(), site.account()
    tool = await site.tool()
    full = tool.want(bob)
    await tool.ready(bob)
    person = await site.user(alice)
    person.message(full, 'To Bob', extra='<x xmlns="urn:example" xml:lang="de"><deep lang="en">&lt;&amp;\u00e9</deep></x>')
    event = await tool.message(bob, 'To Bob')
    assert event['source'] == 'live'
    extension = element(event).find('{urn:example}x')
    assert extension.get('{http://www.w3.org/XML/1998/namespace}lang') == 'de', event
    assert extension.findtext('{urn:example}deep') == '<&\u00e9', event
    tool.do('send', jid=bob, token=7, stanza='<message to="%s" type="chat"><body>To Alice</body></message>' % alice)
    await tool.event('sent', bob, token=7)
    await person.wait_message('To Alice', bob)


async def presence_has_the_priority_that_was_given(site):
    bob = site.account()
    tool = await site.tool()
    full = tool.want(bob, presence='<presence><priority>-1</priority></presence>')
    await tool.ready(bob)
    person = await site.user(bob)  # another resource of his own sees him
    seen = await person.wait(lambda s: s.name == 'presence' and s.xml.get('from') == full, what='his presence')
    assert seen.xml.findtext(CLIENT + 'priority') == '-1'
    mark = person.mark()
    tool.do('presence', jid=bob, stanza='<presence><show>away</show><priority>3</priority></presence>')
    seen = await person.wait_presence(full, after=mark, show='away')
    assert seen.xml.findtext(CLIENT + 'priority') == '3'


async def what_his_other_clients_say_and_hear_comes_as_carbons(site):
    bob, alice = site.account(), site.account()
    tool = await site.tool()
    tool.want(bob)
    await tool.ready(bob)
    desk = await site.user(bob, presence='<presence><priority>50</priority></presence>')
    person = await site.user(alice)
    desk.message(alice, 'From the desk')
    await tool.message(bob, 'From the desk', source='sent')
    person.message(desk.full, 'To the desk')
    await tool.message(bob, 'To the desk', source='received')


async def a_carbon_that_somebody_forged_is_not_believed(site):
    bob, eve = site.account(), site.account()
    tool = await site.tool()
    full = tool.want(bob)
    await tool.ready(bob)
    person = await site.user(eve)
    person.send(
        '<message to="%s"><received xmlns="urn:xmpp:carbons:2"><forwarded xmlns="urn:xmpp:forward:0">'
        '<message xmlns="jabber:client" from="ceo@localhost/x" to="%s"><body>Pay</body></message>'
        '</forwarded></received></message>' % (full, full)
    )
    person.message(full, 'After')
    await tool.message(bob, 'After')
    assert 'Pay' not in tool.bodies(bob)
    assert (await tool.counts())['stanzas_refused'] >= 1


async def a_roster_push_is_answered_and_given(site):
    bob, alice = site.account(), site.account()
    tool = await site.tool()
    tool.want(bob)
    await tool.ready(bob)
    desk = await site.user(bob)
    mark = tool.mark()
    await desk.add_contact(alice, 'Alice')
    await tool.wait(
        lambda e: e['event'] == 'stanza' and alice in e['stanza'] and 'jabber:iq:roster' in e['stanza'], after=mark
    )


async def a_cut_connection_is_resumed_and_nothing_is_lost(site):
    bob, alice = site.account(), site.account()
    async with Proxy(site.server.port) as proxy:
        tool = await site.tool(port=proxy.port)
        full = tool.want(bob)
        await tool.ready(bob)
        person = await site.user(alice)
        person.message(full, 'before')
        await tool.message(bob, 'before')
        mark = tool.mark()
        proxy.cut()
        await tool.event('down', bob, after=mark)
        for n in range(10):
            person.message(full, 'while away %d' % n)
        await person.iq('<query xmlns="jabber:iq:roster"/>')  # they are on their way
        await proxy.open()
        up = await tool.event('up', bob, after=mark)
        assert up['resumed'], up
        for n in range(10):
            await tool.message(bob, 'while away %d' % n, after=mark)
        bodies = tool.bodies(bob)
        assert len(bodies) == len(set(bodies)) == 11, bodies
        tool.do('send', jid=bob, token=9, stanza='<message to="%s" type="chat"><body>back</body></message>' % alice)
        await tool.event('sent', bob, token=9)
        await person.wait_message('back', bob)


async def nothing_is_acknowledged_before_the_commit(site):
    """The gateway dies with messages that it has and has not committed: they come again."""
    bob, alice = site.account(), site.account()
    tool = await site.tool()
    full = tool.want(bob, resource='fixed')
    caught = await tool.event('caught-up', bob)
    person = await site.user(alice)
    person.message(full, 'committed')
    event = await tool.message(bob, 'committed')
    tool.do('hold')
    person.message(full, 'not committed')
    await tool.message(bob, 'not committed')
    await tool.stop()
    again = await site.tool()
    again.want(bob, resource='fixed', archive_id=event['archive_id'] or caught['archive_id'])
    await again.ready(bob)
    await again.message(bob, 'not committed')
    assert again.bodies(bob).count('not committed') == 1, again.bodies(bob)
    assert 'committed' not in again.bodies(bob), again.bodies(bob)


async def what_came_while_nobody_was_there_is_fetched_from_the_archive(site):
    """More than one page, in order, each once; before what is live."""
    bob, alice = site.account(), site.account()
    tool = await site.tool()
    tool.want(bob)
    caught = await tool.event('caught-up', bob)
    await tool.stop()
    person = await site.user(alice)
    sent = ['missed %d' % n for n in range(120)]
    for body in sent:
        person.message(bob, body)
    await person.iq('<query xmlns="jabber:iq:roster"/>')
    again = await site.tool()
    start = None if caught['archive_id'] else '2020-01-01T00:00:00Z'
    again.want(bob, **({'archive_id': caught['archive_id']} if caught['archive_id'] else {'archive_start': start}))
    done = await again.event('caught-up', bob, timeout=30)
    assert done['complete'] and done['archive_id'], done
    bodies = [body for body in again.bodies(bob) if body.startswith('missed')]
    assert bodies == sent, bodies
    stamps = [e['stamp'] for e in again.events if e.get('source') == 'archive']
    assert stamps and all(re.match(r'20\d\d-', stamp) for stamp in stamps)


async def an_archive_id_that_the_server_has_forgotten_falls_back_to_the_time(site):
    bob, alice = site.account(), site.account()
    person = await site.user(alice)
    person.message(bob, 'old')
    await person.iq('<query xmlns="jabber:iq:roster"/>')
    tool = await site.tool()
    tool.want(bob, archive_id='1234567890123456', archive_start='2020-01-01T00:00:00Z')
    await tool.event('caught-up', bob)
    await tool.message(bob, 'old')
    assert tool.bodies(bob).count('old') == 1


async def a_dead_worker_takes_nobody_else_along(site):
    accounts = [site.account() for _ in range(6)]
    tool = await site.tool(per_worker=3)
    for jid in accounts:
        tool.want(jid)
    for jid in accounts:
        await tool.ready(jid)
    workers = tool.workers()
    assert len(workers) == 2, workers
    mark = tool.mark()
    end(workers[0])
    await tool.wait(lambda e: len(tool.all(lambda x: x['event'] == 'up', mark)) == 3, after=mark, what='three back')
    lost = {e['jid'] for e in tool.all(lambda e: e['event'] == 'down', mark)}
    back = {e['jid'].split('/')[0] for e in tool.all(lambda e: e['event'] == 'up', mark)}
    assert lost == back and len(lost) == 3, (lost, back)


async def a_stopped_worker_is_replaced(site):
    bob = site.account()
    tool = await site.tool(watchdog=int(patient(1000)))
    tool.want(bob)
    await tool.ready(bob)
    mark = tool.mark()
    (worker,) = tool.workers()
    os.kill(worker, signal.SIGSTOP)
    down = await tool.event('down', bob, after=mark)
    assert 'hung' in down['reason'], down
    await tool.ready(bob, after=mark)


async def logs_out(site):
    bob = site.account()
    tool = await site.tool()
    tool.want(bob)
    session = (await tool.ready(bob))['jid']
    desk = await site.user(bob)
    await desk.wait_presence(session)  # else the server may not know yet that the desk is there
    mark = desk.mark()
    tool.do('unwant', jid=bob)
    assert (await tool.event('down', bob))['why'] == 'unwanted'
    await desk.wait_presence(session, type='unavailable', after=mark)
    assert tool.workers() == []
