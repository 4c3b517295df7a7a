"""Accounts that keep their JID, whose devices come and go while others write to them and other clients of theirs
read."""
import asyncio
import random

from migrate_site import seed, site_of

TIMES = 12  # that a phone goes and comes back


async def what_other_clients_took_meanwhile_comes_in_order(server_class):
    """Not every server copies what comes for the desk to a session whose phone is away."""
    async with site_of(server_class) as site:
        bob, carol = site.people[1], await site.xmpp(site.people[2])
        desk = await site.xmpp(bob)
        await site.plan([bob])
        await site.move('dual')
        phone = await site.mqtt(bob)
        await carol.wait(_session_is('available', bob))
        said = []

        async def carol_says(count):
            for _ in range(count):
                said.append('said %d' % len(said))
                carol.message(bob, said[-1])
                await desk.wait_message(said[-1])

        await carol_says(2)
        await phone.wait_message(said[-1])
        for ferryd_dies in (False, True):
            mark = carol.mark()
            await phone.disconnect()
            await carol.wait(_session_is('unavailable', bob), after=mark)
            await carol_says(2)
            if ferryd_dies:
                site.ferryd.kill()
                await carol_says(2)
                await site.ferryd.start_async()
                await asyncio.to_thread(site.ferryd.wait_ready)
                await site.sessions()
                await carol_says(2)
            mark = carol.mark()
            await phone.connect()
            await carol.wait(_session_is('available', bob), after=mark)
            await carol_says(2)
            await phone.wait_message(said[-1])
        shown = {e.json['id']: e.json['body'] for e in phone.all(lambda e: e.topic == 'in/msg')}  # each id counts once
        assert list(shown.values()) == said, shown


def _session_is(type, bare):
    """Ferry's resource of the account."""
    return lambda s: s.name == 'presence' and s['type'] == type and str(s['from']).startswith(bare + '/ferry.')


async def whoever_wakes_phones_hears_that_something_waits(server_class):
    """Of what the old server keeps while nobody is there; who appears is given it, and the note goes."""
    async with site_of(server_class, session={'away-poll': 1}) as site:
        bob, carol = site.people[1], await site.xmpp(site.people[2])
        push = await site.push_service()
        await site.plan([bob])
        await site.move('moved')
        note = '%s/u/%s/in/waiting' % (site.broker.root, bob)
        carol.message(bob, 'before he ever came')
        said = await push.wait_topic(note)
        assert (said.json['from'], said.json['kind'], b'came' in said.payload) == (carol.bare, 'chat', False), said
        phone = await site.mqtt(bob)
        await push.wait(lambda p: p.topic == note and not p.payload)
        await phone.wait_message('before he ever came', carol.bare)
        for ferryd_dies in (False, True):
            mark, heard = carol.mark(), push.mark()
            await phone.disconnect()
            await carol.wait(_session_is('unavailable', bob), after=mark)
            if ferryd_dies:
                site.ferryd.kill()
                await site.ferryd.start_async()
                await asyncio.to_thread(site.ferryd.wait_ready)
                await site.sessions()
            said = carol.message(bob, 'while away %d' % ferryd_dies, extra='<request xmlns="urn:xmpp:receipts"/>')
            await push.wait_topic(note, after=heard)
            heard = push.mark()
            await phone.connect()
            await phone.receipt(await phone.wait_message('while away %d' % ferryd_dies, carol.bare), 'delivered')
            _, received = await carol.wait_child('{urn:xmpp:receipts}received', frm=bob, after=mark)
            assert received.get('id') == said, 'nobody else has told her'
            await push.wait(lambda p: p.topic == note and not p.payload, after=heard)
        shown = [e.json['body'] for e in phone.all(lambda e: e.topic == 'in/msg')]
        assert shown == ['before he ever came', 'while away 0', 'while away 1'], shown
        await site.back()
        assert not await site.kept_by_the_broker(bob)


async def whose_phone_comes_and_goes_misses_nothing(server_class):
    """Others write all the time, several at once, and the desk is there as well: what is on its way when the phone
    appears was sent to the desk alone, and may not be in the archive yet."""
    moments = random.Random(seed())
    async with site_of(server_class) as site:
        bob = site.people[1]
        friends = [await site.xmpp(site.people[n]) for n in (0, 2, 3)]
        desk = await site.xmpp(bob)
        await site.plan([bob])
        await site.move('dual')
        phone = await site.mqtt(bob)
        ended, said = asyncio.Event(), {friend.bare: [] for friend in friends}

        async def all_write():
            while not ended.is_set():
                for friend in friends:
                    said[friend.bare].append('%s %d' % (friend.bare, len(said[friend.bare])))
                    friend.message(bob, said[friend.bare][-1])
                await asyncio.sleep(moments.uniform(0, 0.3))  # people's pace

        writing = asyncio.ensure_future(all_write())
        for _ in range(TIMES):
            await asyncio.sleep(moments.uniform(0, 1.5))  # the moment
            await phone.disconnect()
            await asyncio.sleep(moments.uniform(0, 1))
            await phone.connect()
        ended.set()
        await writing
        shown = {friend.bare: {} for friend in friends}  # each id counts once
        for friend in friends:
            for body in said[friend.bare]:
                await desk.wait_message(body, friend.bare)
                await phone.wait_message(body, friend.bare)
            for event in phone.all(lambda e, of=friend.bare: e.topic == 'in/msg' and e.json['body'].startswith(of)):
                shown[friend.bare].setdefault(event.json['id'], event.json['body'])
            bodies = list(shown[friend.bare].values())
            if not server_class.archives_in_order:
                bodies.sort(key=said[friend.bare].index)
            assert bodies == said[friend.bare], (bodies, said[friend.bare])
        print('     %d messages' % sum(map(len, said.values())))
