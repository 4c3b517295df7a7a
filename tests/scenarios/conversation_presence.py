"""Presence both ways: one resource for each device towards XMPP, one state for each contact towards MQTT."""
from clients import MqttClient, text


async def xmpp_states_reach_mqtt(site):
    alice, bob = await site.friends()
    for show, status, priority in (
        ('away', 'Lunch', 5),
        ('xa', 'Über Nacht', 0),
        ('dnd', 'In a <meeting>', -1),
        ('chat', '', 127),
    ):
        mark = bob.mark()
        inner = '<show>%s</show><priority>%d</priority>' % (show, priority)
        if status:
            inner += '<status>%s</status>' % status.replace('<', '&lt;')
        alice.presence(inner=inner)
        seen = (await bob.wait_presence(alice.bare, show, after=mark)).json
        assert seen.get('status', '') == status, seen
        device = [d for d in seen['devices'] if d['device'] == 'desk']
        assert device and device[0]['state'] == show and device[0].get('priority', 0) == priority, seen


async def mqtt_states_reach_xmpp(site):
    alice, bob = await site.friends()
    for state, status, priority in (
        ('away', 'Mittag', 3),
        ('xa', '', 0),
        ('dnd', 'x & <y>', -5),
        ('chat', 'Hi', 10),
        ('online', '', 0),
    ):
        mark = alice.mark()
        await bob.presence(state, **{k: v for k, v in (('status', status), ('priority', priority)) if v})
        show = '' if state == 'online' else state
        stanza = await alice.wait_presence(bob.jid + '/phone', show=show, status=status, after=mark)
        assert int(text(stanza, 'priority') or 0) == priority, stanza


async def xmpp_user_leaves_and_comes_back(site):
    alice, bob = await site.friends()
    mark = bob.mark()
    await alice.disconnect()
    await bob.wait_presence(alice.bare, 'offline', after=mark)
    mark = bob.mark()
    again = await site.xmpp_user(alice.bare)
    await bob.wait_presence(alice.bare, 'online', after=mark)
    await again.wait_presence(bob.jid + '/phone')  # by the server's probe


async def mqtt_user_leaves_and_comes_back(site):
    alice, bob = await site.friends()
    mark = alice.mark()
    await bob.disconnect()
    await alice.wait_presence(bob.jid + '/phone', 'unavailable', after=mark)
    mark = alice.mark()
    await bob.connect()
    await alice.wait_presence(bob.jid + '/phone', after=mark)


async def lost_connection_is_unavailable(site):
    alice, bob = await site.friends()
    mark = alice.mark()
    bob.drop()
    await alice.wait_presence(bob.jid + '/phone', 'unavailable', after=mark)


async def will_of_an_older_connection_is_ignored(site):
    alice, bob = await site.friends()
    old = bob.epoch
    again = MqttClient(
        site.broker, bob.jid, 'phone'
    )  # the same client id: the broker ends the first and sends its Will
    site.clients.append(again)
    await again.connect(presence='online')
    mark = alice.mark()
    await again.publish('out/dev/phone/presence', {'state': 'offline', 'epoch': old}, retain=True)
    await again.message(alice.full, 'I am still here')
    await alice.never(
        lambda s: s.name == 'presence' and s['type'] == 'unavailable',
        alice.wait_message('I am still here', after=mark),
        mark,
    )


async def several_xmpp_devices_are_one_contact(site):
    alice, bob = await site.friends()
    alice.presence(inner='<show>away</show>')
    await bob.wait_presence(alice.bare, 'away')
    mark = bob.mark()
    laptop = await site.xmpp_user(alice.bare, 'laptop')
    seen = await bob.wait_presence(alice.bare, 'online', after=mark, fits=lambda p: len(p['devices']) == 2)
    assert {d['device']: d['state'] for d in seen.json['devices']} == {'desk': 'away', 'laptop': 'online'}, seen
    mark = bob.mark()
    await laptop.disconnect()
    seen = await bob.wait_presence(alice.bare, 'away', after=mark)
    assert [d['device'] for d in seen.json['devices'] if d['state'] != 'offline'] == ['desk'], seen


async def highest_priority_speaks(site):
    alice, bob = await site.friends()
    alice.presence(inner='<show>dnd</show><priority>10</priority>')
    await bob.wait_presence(alice.bare, 'dnd')
    mark = bob.mark()
    await site.xmpp_user(alice.bare, 'laptop', presence='<presence><priority>1</priority></presence>')
    seen = await bob.wait_presence(alice.bare, 'dnd', after=mark, fits=lambda p: len(p['devices']) == 2)
    assert seen.json['state'] == 'dnd'


async def several_mqtt_devices_are_resources(site):
    alice, bob = await site.friends()
    mark = alice.mark()
    tablet = await site.mqtt_user(bob.jid, 'tablet', presence='away', status='On the sofa')
    await alice.wait_presence(bob.jid + '/tablet', show='away', status='On the sofa', after=mark)
    mark = alice.mark()
    await tablet.disconnect()
    await alice.wait_presence(bob.jid + '/tablet', 'unavailable', after=mark)
    assert not alice.find(lambda s: s.name == 'presence' and s.xml.get('from') == bob.jid + '/phone', mark)


async def strangers_see_nothing(site):
    alice, bob = await site.strangers()
    await bob.presence('away')
    alice.presence(inner='<show>dnd</show>')
    alice.message(bob.jid, 'Hello?')
    await bob.never(lambda p: p.topic.endswith('/presence'), bob.wait_message('Hello?'), what='presence')
    await bob.message(alice.full, 'Yes?')
    await alice.never(
        lambda s: s.name == 'presence' and s.xml.get('from', '').startswith(bob.jid),
        alice.wait_message('Yes?'),
        what='presence',
    )


async def unchanged_presence_does_not_travel(site):
    alice, bob = await site.friends()
    await bob.presence('away', status='Tea')
    await alice.wait_presence(bob.jid + '/phone', show='away')
    mark = alice.mark()
    for _ in range(3):
        await bob.presence('away', status='Tea')
    await bob.message(alice.full, 'tea is ready')
    await alice.never(lambda s: s.name == 'presence', alice.wait_message('tea is ready', after=mark), mark, 'presence')


async def presence_directed_at_a_stranger(site):
    alice, bob = await site.strangers()
    await bob.request('presence.send', contact=alice.bare, state='away', status='Just for you')
    await alice.wait_presence(bob.jid, show='away', status='Just for you')


async def bad_presence_breaks_nothing(site):
    alice, bob = await site.friends()
    for payload in (
        b'',
        b'{',
        b'[]',
        b'{"state":7}',
        b'{"state":"sleeping","epoch":"x"}',
        b'\xff\xfe',
        b'{"state":"away"}' * 2,
    ):
        await bob.publish('out/dev/phone/presence', payload, retain=True)
    mark = alice.mark()
    await bob.presence('xa')
    await alice.wait_presence(bob.jid + '/phone', show='xa', after=mark)
