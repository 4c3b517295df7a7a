"""Rooms of accounts that move, on a real server, with occupants who were told nothing."""
import os
import random
import xml.etree.ElementTree as ET
from functools import partial

from clients import XmppClient
from migrate_site import seed, site_of
from rooms import ISLAND, SEA, bodies, each_comes_once, enter, invite, kick, shown, topic_of

KILLS = int(os.environ.get('FERRY_TEST_KILLS') or 3)
PEOPLE = 8


async def _bookmark(site, jid, room, nick):
    """As an old client of theirs has left it."""
    client = XmppClient(site.server, jid, resource='bookmarks')
    await client.connect(presence=None, roster=False)
    if site.server.publishes_bookmarks:
        conference = '<conference xmlns="urn:xmpp:bookmarks:1" name="Sea" autojoin="true"><nick>%s</nick></conference>'
        await client.iq(
            '<pubsub xmlns="http://jabber.org/protocol/pubsub"><publish node="urn:xmpp:bookmarks:1">'
            '<item id="%s">%s</item></publish></pubsub>' % (room, conference % nick),
            type='set',
        )
    else:
        await client.iq(
            '<query xmlns="jabber:iq:private"><storage xmlns="storage:bookmarks">'
            '<conference jid="%s" name="Sea" autojoin="true"><nick>%s</nick></conference></storage></query>'
            % (room, nick),
            type='set',
        )
    await client.disconnect()


async def _bookmarks(site, jid):
    """Both kinds, as the server has them."""
    client = XmppClient(site.server, jid, resource='bookmarks')
    await client.connect(presence=None, roster=False)
    held = []
    for payload in (
        '<pubsub xmlns="http://jabber.org/protocol/pubsub"><items node="urn:xmpp:bookmarks:1"/></pubsub>',
        '<query xmlns="jabber:iq:private"><storage xmlns="storage:bookmarks"/></query>',
    ):
        answer = await client.iq(payload, check=False)
        held.append(ET.canonicalize(ET.tostring(answer.xml[0]), strip_text=True) if len(answer.xml) else '')
    await client.disconnect()
    return held


async def an_account_is_in_its_rooms_hears_and_speaks(server_class):
    async with site_of(server_class, people=PEOPLE) as site:
        bob, carol = site.people[1], await site.xmpp(site.people[2])
        await _bookmark(site, bob, SEA, 'Robert')
        bookmarks = await _bookmarks(site, bob)
        assert any(SEA in kind for kind in bookmarks), bookmarks
        await enter(carol, SEA, 'carol')
        carol.message(SEA, 'before', type='groupchat')
        await carol.wait_message('before')
        await site.plan([bob])
        await site.move('dual')
        await carol.wait_presence(SEA + '/Robert')
        mark = carol.mark()
        phone = await site.mqtt(bob)
        joined = await phone.wait_topic(topic_of(SEA), lambda r: r['state'] == 'joined')
        assert joined.json['nick'] == 'Robert', joined.json
        # Again: the first time that his device is there, the session logs in anew.
        await carol.wait_presence(SEA + '/Robert', after=mark)
        old = await phone.wait_message('before', SEA + '/carol')
        assert old.json['delayed'] and old.json['room'] == SEA and old.json['nick'] == 'carol', old.json

        carol.message(SEA, 'hello, Robert', type='groupchat')
        heard = await phone.wait_message('hello, Robert', SEA + '/carol')
        assert heard.json['kind'] == 'groupchat' and 'delayed' not in heard.json, heard.json
        await phone.receipt(heard, 'displayed')
        said = await phone.message(SEA, 'hello, carol', kind='groupchat')
        await phone.wait_receipt(said, 'forwarded')
        seen = await carol.wait_message('hello, carol', SEA + '/Robert')
        assert bob not in carol.show(seen), carol.show(seen)

        carol.message(SEA + '/Robert', 'psst')
        await phone.wait_message('psst', SEA + '/carol')
        await phone.message(SEA + '/carol', 'what?')
        await carol.wait_message('what?', SEA + '/Robert')
        carol.send('<message to="%s" type="groupchat"><subject>Ships</subject></message>' % SEA)
        await phone.wait_topic(topic_of(SEA), lambda r: r.get('subject') == 'Ships')
        occupants = (await phone.request('room.occupants', room=SEA))['occupants']
        assert [o['nick'] for o in occupants] == ['Robert', 'carol'], occupants

        await enter(carol, ISLAND, 'carol')
        invite(carol, ISLAND, bob, 'Come')
        invited = await phone.wait_topic(topic_of(ISLAND), lambda r: r['state'] == 'invited')
        assert invited.json['text'] == 'Come' and invited.json['by'].startswith((carol.bare, ISLAND)), invited.json
        await phone.request('room.join', room=ISLAND, nick='Crusoe')
        await phone.wait_topic(topic_of(ISLAND), lambda r: r['state'] == 'joined' and r['nick'] == 'Crusoe')
        await carol.wait_presence(ISLAND + '/Crusoe')
        verified = await site.said('migrate', 'verify', '--cohort', 'monday')
        assert not [loss for a in verified['accounts'] for loss in a['losses'] if loss['kind'] == 'room'], verified

        # Nobody of his is online: he goes on hearing, and has it when he comes.
        await phone.disconnect()
        carol.message(SEA, 'while you were away', type='groupchat')
        again = await site.mqtt(bob)
        await again.wait_message('while you were away', SEA + '/carol')

        mark = again.mark()
        carol.presence(ISLAND + '/carol', inner='<status>here</status>')
        await kick(carol, ISLAND, 'Crusoe', 'Out!')
        out = await again.wait_topic(topic_of(ISLAND), lambda r: r['state'] == 'failed', after=mark)
        assert 'Out!' in out.json['error']['text'] and not out.json['error']['retry'], out.json
        failed = await again.message(ISLAND, 'let me in', kind='groupchat')
        await again.wait_receipt(failed, 'failed')

        await again.disconnect()
        mark = carol.mark()
        await site.back()
        await carol.wait_presence(SEA + '/Robert', 'unavailable', after=mark)
        assert bodies(carol, 'hello, carol') == ['hello, carol']
        assert shown(phone, 'hello, carol') == ['hello, carol'], 'its reflection is no second message'
        await site.as_before()
        assert await _bookmarks(site, bob) == bookmarks
        kept = await site.kept_by_the_broker(bob)
        assert not kept, kept


async def a_second_move_brings_no_new_ids(server_class):
    async with site_of(server_class, people=PEOPLE) as site:
        bob, carol = site.people[1], await site.xmpp(site.people[2])
        await _bookmark(site, bob, SEA, 'Robert')
        await enter(carol, SEA, 'carol')
        carol.message(SEA, 'sea: before', type='groupchat')
        await carol.wait_message('sea: before')
        await site.plan([bob])
        known = {}
        for turn in range(2):
            await site.move('dual')
            phone = await site.mqtt(bob)
            await phone.wait_topic(topic_of(SEA), lambda r: r['state'] == 'joined')
            if turn == 0:
                await phone.wait_message('sea: before', SEA + '/carol')
                carol.message(SEA, 'sea: live', type='groupchat')
                await phone.wait_message('sea: live', SEA + '/carol')
                await phone.wait_receipt(await phone.message(SEA, 'sea: mine', kind='groupchat'), 'forwarded')
                await phone.wait_message('sea: mine')
            carol.message(SEA, 'sea: last %d' % turn, type='groupchat')
            await phone.wait_message('sea: last %d' % turn, SEA + '/carol')
            found = {
                e.json['body']: e.json['id']
                for e in phone.all(lambda e: e.topic == 'in/msg' and (e.json.get('body') or '').startswith('sea: '))
            }
            again = {body: id for body, id in found.items() if body in known}
            assert again == {body: known[body] for body in again}, (known, again)
            print('     %d messages, of which %d came again' % (len(found), len(again)))
            known.update(found)
            await phone.disconnect()
            await site.back()


async def in_a_room_each_message_comes_once_while_ferryd_dies(server_class):
    moments = random.Random(seed())
    async with site_of(server_class, people=PEOPLE) as site:
        bob, carol = site.people[1], await site.xmpp(site.people[2])
        await _bookmark(site, bob, SEA, 'Robert')
        await enter(carol, SEA, 'carol')
        await site.plan([bob])
        await site.move('dual')
        phone = await site.mqtt(bob)
        await phone.wait_topic(topic_of(SEA), lambda r: r['state'] == 'joined')
        await each_comes_once(carol, phone, KILLS, partial(site.written_while_ferryd_dies, KILLS, moments, 0.2))
