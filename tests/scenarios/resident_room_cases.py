"""Rooms of people of the gateway's own domain, on a real server, with occupants who were told nothing."""
import asyncio
import os
import random
from functools import partial

from clients import MosquittoSub, mosquitto_pub
from lab import lab, mqtt_back, written_while_ferryd_dies
from migrate_site import seed
from rooms import ISLAND, SEA, bodies, each_comes_once, enter, invite, kick, shown, topic_of

KILLS = int(os.environ.get('FERRY_TEST_KILLS') or 3)
MEANWHILE = 10


async def _joins(phone, room, nick, **fields):
    mark = phone.mark()
    await phone.request('room.join', room=room, nick=nick, **fields)
    return await phone.wait_topic(topic_of(room), lambda r: r['state'] == 'joined', after=mark)


async def one_occupant_hears_and_speaks(server_class):
    async with lab(server_class, users=4) as site:
        carol, phone = await site.strangers()
        tablet = await site.mqtt_user(phone.jid, 'tablet')
        await enter(carol, SEA, 'carol')
        carol.message(SEA, 'before', type='groupchat')
        await carol.wait_message('before')
        mark = carol.mark()
        joined = await _joins(phone, SEA, 'Bob')
        assert joined.json['nick'] == 'Bob' and joined.json['occupants'] == 2, joined.json
        await carol.wait_presence(SEA + '/Bob', after=mark)
        old = await phone.wait_message('before', SEA + '/carol')
        assert old.json['delayed'] and old.json['room'] == SEA and old.json['nick'] == 'carol', old.json

        carol.message(SEA, 'hello, Bob', type='groupchat')
        for device in (phone, tablet):
            heard = await device.wait_message('hello, Bob', SEA + '/carol')
            assert heard.json['kind'] == 'groupchat' and 'delayed' not in heard.json, heard.json
        await phone.receipt(heard, 'displayed')
        for device in (phone, tablet):
            said = await device.message(SEA, 'hello from ' + device.device, kind='groupchat', device=device.device)
            await device.wait_receipt(said, 'forwarded')
            seen = await carol.wait_message('hello from ' + device.device, SEA + '/Bob')
            assert phone.jid not in carol.show(seen), carol.show(seen)
        carol.message(SEA + '/Bob', 'psst')
        await phone.wait_message('psst', SEA + '/carol')
        await phone.message(SEA + '/carol', 'what?')
        await carol.wait_message('what?', SEA + '/Bob')
        carol.send('<message to="%s" type="groupchat"><subject>Ships</subject></message>' % SEA)
        await phone.wait_topic(topic_of(SEA), lambda r: r.get('subject') == 'Ships')
        occupants = (await phone.request('room.occupants', room=SEA))['occupants']
        assert [o['nick'] for o in occupants] == ['Bob', 'carol'], occupants

        # None of his devices is online: he is in the room all the same, and has it when he comes.
        mark = carol.mark()
        for device in (phone, tablet):
            await device.disconnect()
        carol.message(SEA, 'while you were away', type='groupchat')
        await mqtt_back(phone)
        await phone.wait_message('while you were away', SEA + '/carol')
        assert not carol.all(lambda s: s.name == 'presence' and s.xml.get('from') == SEA + '/Bob', after=mark)

        await phone.request('room.leave', room=SEA)
        await carol.wait_presence(SEA + '/Bob', 'unavailable', after=mark)
        assert bodies(carol, 'hello from') == ['hello from phone', 'hello from tablet'], bodies(carol, 'hello from')
        assert shown(phone, 'hello from phone') == ['hello from phone'], 'its reflection is no second message'
        for device in (phone, tablet):
            contacts = device.all(lambda e: e.topic.startswith('in/contact/'))
            assert not contacts, contacts


async def invited_put_out_removed(server_class):
    async with lab(server_class, users=4) as site:
        carol, phone = await site.strangers()
        await enter(carol, ISLAND, 'carol')
        invite(carol, ISLAND, phone.jid, 'Come')
        invited = await phone.wait_topic(topic_of(ISLAND), lambda r: r['state'] == 'invited')
        assert invited.json['text'] == 'Come' and invited.json['by'].startswith((carol.bare, ISLAND)), invited.json
        await _joins(phone, ISLAND, 'Crusoe')
        carol.message(phone.jid, '', extra='<x xmlns="jabber:x:conference" jid="%s" reason="Ships"/>' % SEA)
        await phone.wait_topic(topic_of(SEA), lambda r: r['state'] == 'invited' and r['by'] == carol.bare)
        await enter(carol, SEA, 'carol')
        await _joins(phone, SEA, 'carol')  # whose name is another's
        shown_as = await phone.wait_topic(topic_of(SEA), lambda r: r['state'] == 'joined')
        assert shown_as.json['nick'] == 'carol_', shown_as.json

        mark = phone.mark()
        await kick(carol, ISLAND, 'Crusoe', 'Out!')
        out = await phone.wait_topic(topic_of(ISLAND), lambda r: r['state'] == 'failed', after=mark)
        assert 'Out!' in out.json['error']['text'] and not out.json['error']['retry'], out.json
        failed = await phone.message(ISLAND, 'let me in', kind='groupchat')
        await phone.wait_receipt(failed, 'failed')
        assert await site.ferryd.terminate_async() == 0
        await site.ferryd.start_async()
        await asyncio.to_thread(site.ferryd.wait_ready)
        await phone.wait_topic(topic_of(SEA), lambda r: r['state'] == 'joined', after=mark)
        await phone.request('who')
        occupants = await carol.iq('<query xmlns="http://jabber.org/protocol/disco#items"/>', to=ISLAND, check=False)
        assert 'Crusoe' not in carol.show(occupants), carol.show(occupants)

        mark, phones = carol.mark(), phone.mark()
        await asyncio.to_thread(site.ferryd.ctl, 'user', 'remove', phone.jid)
        await carol.wait_presence(SEA + '/carol_', 'unavailable', after=mark)
        for room in (SEA, ISLAND):
            await phone.wait(lambda p, t=topic_of(room): p.topic == t and not p.payload, after=phones)


async def two_of_ours_and_a_script(server_class):
    async with lab(server_class, users=4) as site:
        (carol, bob), (_, anna) = await site.strangers(), await site.strangers()
        await enter(carol, SEA, 'carol')
        await _joins(bob, SEA, 'Bob')
        await _joins(anna, SEA, 'Anna')
        async with MosquittoSub(site.broker, anna.jid) as script:
            room = await script.wait(lambda p: p.topic == topic_of(SEA))
            assert room.retain and room.json['state'] == 'joined' and room.json['occupants'] == 3, room
            await mosquitto_pub(site.broker, bob.jid, 'out/text/' + SEA, 'in plain text')
            await script.wait(lambda p: p.topic == 'in/msg' and p.json['body'] == 'in plain text', 10)
        await carol.wait_message('in plain text', SEA + '/Bob')
        await anna.wait_message('in plain text', SEA + '/Bob')
        await anna.message(SEA, 'and back', kind='groupchat')
        await bob.wait_message('and back', SEA + '/Anna')
        said = [body for body in bodies(carol, '') if body]  # but for the subject
        assert said == ['in plain text', 'and back'], said


async def each_message_comes_once_while_ferryd_dies(server_class):
    moments = random.Random(seed())
    async with lab(server_class, users=4) as site:
        carol, phone = await site.strangers()
        await enter(carol, SEA, 'carol')
        await _joins(phone, SEA, 'Bob')
        await each_comes_once(carol, phone, KILLS, partial(written_while_ferryd_dies, site.ferryd, KILLS, moments, 0.2))


async def ferryd_stops_and_is_seen_to_go(server_class):
    async with lab(server_class, users=4) as site:
        carol, phone = await site.strangers()
        await enter(carol, SEA, 'carol')
        await _joins(phone, SEA, 'Bob')
        mark = carol.mark()
        assert await site.ferryd.terminate_async() == 0
        await carol.wait_presence(SEA + '/Bob', 'unavailable', after=mark)
        for n in range(MEANWHILE):
            carol.message(SEA, 'down %d' % n, type='groupchat')
            await phone.message(SEA, 'up %d' % n, kind='groupchat')
        mark = carol.mark()
        await site.ferryd.start_async()
        await carol.wait_presence(SEA + '/Bob', after=mark)
        await phone.wait_message('down %d' % (MEANWHILE - 1), timeout=30)
        await carol.wait_message('up %d' % (MEANWHILE - 1), timeout=30)
        assert bodies(carol, 'up ') == ['up %d' % n for n in range(MEANWHILE)], bodies(carol, 'up ')
        assert shown(phone, 'down ') == ['down %d' % n for n in range(MEANWHILE)], shown(phone, 'down ')


async def the_server_is_killed_and_comes_back(server_class):
    """With it goes what its rooms knew; who comes first makes the room again."""
    async with lab(server_class, users=4) as site:
        carol, phone = await site.strangers()
        await enter(carol, SEA, 'carol')
        await _joins(phone, SEA, 'Bob')
        mark = phone.mark()
        await asyncio.to_thread(site.xmpp.kill)
        await phone.wait_topic('in/state', lambda s: s['links']['xmpp'] == 'down', after=mark)
        ids = [await phone.message(SEA, 'up %d' % n, kind='groupchat') for n in range(MEANWHILE)]
        await phone.wait_receipt(ids[-1], 'accepted')
        mark = phone.mark()
        await asyncio.to_thread(site.xmpp.start)
        await phone.wait_topic(topic_of(SEA), lambda r: r['state'] == 'joined', timeout=60, after=mark)
        await phone.wait_receipt(ids[-1], 'forwarded', 30)
        carol = await site.xmpp_back(carol)
        await enter(carol, SEA, 'carol')
        carol.message(SEA, 'here again', type='groupchat')
        await phone.wait_message('here again', SEA + '/carol', timeout=30)
        await phone.message(SEA, 'up and on', kind='groupchat')
        await carol.wait_message('up and on', SEA + '/Bob', timeout=30)
        await phone.wait_message('up and on')
        expected = ['up %d' % n for n in range(MEANWHILE)] + ['up and on']
        assert bodies(carol, 'up ') == expected, bodies(carol, 'up ')
        assert shown(phone, 'up ') == expected, shown(phone, 'up ')
