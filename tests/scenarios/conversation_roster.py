"""Contacts and who may see whom (RFC 6121, sections 2 and 3), as both sides see it."""
from clients import MqttClient
from conversation_site import befriend


async def xmpp_user_adds_mqtt_user(site):
    alice, bob = await site.strangers()
    await alice.add_contact(bob.jid, 'Bob', ['Friends'])
    alice.send('<presence to="%s" type="subscribe"><status>It is me</status></presence>' % bob.jid)
    wish = await bob.wait_contact(alice.bare, lambda c: c.get('request') is True)
    assert wish.json['subscription'] == 'none', wish
    await bob.request('approve', contact=alice.bare)
    await alice.wait_presence(bob.jid, 'subscribed')
    await alice.wait_roster(bob.jid, 'to')
    await bob.wait_contact(alice.bare, lambda c: c['subscription'] == 'from' and not c.get('request'))
    await alice.wait_presence(bob.jid + '/phone')


async def mqtt_user_adds_xmpp_user(site):
    alice, bob = await site.strangers()
    await bob.request('roster.add', contact=alice.bare, name='Alice', groups=['Friends', 'Töchter'])
    item = await bob.wait_contact(alice.bare, lambda c: c['name'] == 'Alice')
    assert sorted(item.json['groups']) == ['Friends', 'Töchter'] and item.json['subscription'] == 'none', item
    await bob.request('subscribe', contact=alice.bare, text='It is me')
    wish = await alice.wait_presence(bob.jid, 'subscribe')
    assert wish.xml.get('from') == bob.jid, 'a subscription is between bare JIDs'
    await bob.wait_contact(alice.bare, lambda c: c.get('ask') == 'subscribe')
    alice.presence(bob.jid, 'subscribed')
    item = await bob.wait_contact(alice.bare, lambda c: c['subscription'] == 'to')
    assert 'ask' not in item.json and item.json['name'] == 'Alice', item
    await bob.wait_presence(alice.bare, 'online')
    await alice.wait_roster(bob.jid, 'from')


async def subscription_both_ways(site):
    await site.friends()


async def approval_is_given_once_only(site):
    alice, bob = await site.friends()
    mark = bob.mark()
    alice.presence(bob.jid, 'subscribe')  # again: there is nothing to ask bob
    alice.message(bob.jid, 'still friends?')
    await bob.never(
        lambda p: p.topic.startswith('in/contact/') and p.json and p.json.get('request'),
        bob.wait_message('still friends?', after=mark),
        mark,
        'wish',
    )


async def mqtt_user_denies(site):
    alice, bob = await site.strangers()
    await alice.add_contact(bob.jid)
    alice.presence(bob.jid, 'subscribe')
    await bob.wait_contact(alice.bare, lambda c: c.get('request'))
    await bob.request('deny', contact=alice.bare)
    await alice.wait_presence(bob.jid, 'unsubscribed')
    await bob.wait_cleared('in/contact/' + alice.bare)


async def xmpp_user_denies(site):
    alice, bob = await site.strangers()
    await bob.request('subscribe', contact=alice.bare)
    await alice.wait_presence(bob.jid, 'subscribe')
    mark = bob.mark()
    alice.presence(bob.jid, 'unsubscribed')
    await bob.wait(
        lambda p: p.topic == 'in/contact/' + alice.bare
        and (not p.payload or p.json and p.json['subscription'] == 'none' and 'ask' not in p.json),
        after=mark,
        what='the end of the wish',
    )


async def mqtt_user_unsubscribes(site):
    alice, bob = await site.friends()
    mark, alices = bob.mark(), alice.mark()
    await bob.request('unsubscribe', contact=alice.bare)
    await alice.wait_roster(bob.jid, 'to', after=alices)
    await bob.wait_contact(alice.bare, lambda c: c['subscription'] == 'from', after=mark)
    await bob.wait_cleared('in/contact/%s/presence' % alice.bare, after=mark)


async def xmpp_user_unsubscribes(site):
    alice, bob = await site.friends()
    mark, bobs = alice.mark(), bob.mark()
    alice.presence(bob.jid, 'unsubscribe')
    await bob.wait_contact(alice.bare, lambda c: c['subscription'] == 'to', after=bobs)
    await alice.wait_presence(bob.jid + '/phone', 'unavailable', after=mark)


async def mqtt_user_withdraws_approval(site):
    alice, bob = await site.friends()
    mark = alice.mark()
    await bob.request('deny', contact=alice.bare)
    await alice.wait_presence(bob.jid, 'unsubscribed', after=mark)
    await alice.wait_roster(bob.jid, 'from', after=mark)
    await alice.wait_presence(bob.jid + '/phone', 'unavailable', after=mark)


async def xmpp_user_withdraws_approval(site):
    alice, bob = await site.friends()
    mark = bob.mark()
    alice.presence(bob.jid, 'unsubscribed')
    await bob.wait_contact(alice.bare, lambda c: c['subscription'] == 'from', after=mark)
    await bob.wait(
        lambda p: p.topic == 'in/contact/%s/presence' % alice.bare and (not p.payload or p.json['state'] == 'offline'),
        after=mark,
        what='that alice is gone',
    )


async def mqtt_user_removes_contact(site):
    alice, bob = await site.friends()
    mark, alices = bob.mark(), alice.mark()
    await bob.request('roster.remove', contact=alice.bare)
    await bob.wait_cleared('in/contact/' + alice.bare, after=mark)
    await bob.wait_cleared('in/contact/%s/presence' % alice.bare, after=mark)
    await alice.wait_roster(bob.jid, 'none', after=alices)


async def xmpp_user_removes_contact(site):
    alice, bob = await site.friends()
    mark = bob.mark()
    await alice.iq(
        '<query xmlns="jabber:iq:roster"><item jid="%s" subscription="remove"/></query>' % bob.jid, type='set'
    )
    await bob.wait_contact(alice.bare, lambda c: c['subscription'] == 'none', after=mark)


async def removed_contact_stays_removed(site):
    alice, bob = await site.friends()
    await bob.request('roster.remove', contact=alice.bare)
    await bob.wait_cleared('in/contact/' + alice.bare)
    mark = bob.mark()
    alice.presence(inner='<show>away</show>')
    alice.message(bob.jid, 'do you see me?')
    await bob.never(
        lambda p: p.topic.startswith('in/contact/'), bob.wait_message('do you see me?', after=mark), mark, 'contact'
    )


async def contact_can_come_back(site):
    alice, bob = await site.friends()
    mark = alice.mark()
    await bob.request('roster.remove', contact=alice.bare)
    await alice.wait_roster(bob.jid, 'none', after=mark)
    alice.events.clear()
    bob.events.clear()
    await befriend(alice, bob)


async def whole_roster_without_a_request(site):
    alice, bob = await site.friends()
    await bob.request('roster.update', contact=alice.bare, name='Alice', groups=['Sea'])
    tablet = MqttClient(site.broker, bob.jid, 'tablet')
    site.clients.append(tablet)
    await tablet.connect(presence=None)
    item = await tablet.wait_contact(alice.bare)
    assert item.retain and item.json['name'] == 'Alice' and item.json['groups'] == ['Sea'], item
    presence = await tablet.wait_presence(alice.bare, 'online')
    assert presence.retain, presence
    assert (await tablet.wait_topic('in/state')).retain
    status = await tablet.wait(lambda p: p.topic == 'im/v1/gw/status')
    assert status.retain and status.json['state'] == 'online', status


async def wish_survives_until_the_user_comes(site):
    alice_jid, bob_jid = site.addresses()
    site.ferryd.ctl('user', 'add', bob_jid)
    alice = await site.xmpp_user(alice_jid)
    alice.presence(bob_jid, 'subscribe')
    alice.message(bob_jid, 'and a word')
    await alice.iq('<query xmlns="http://jabber.org/protocol/disco#info"/>', to='mqtt.localhost')
    bob = await site.mqtt_user(bob_jid)
    await bob.wait_contact(alice_jid, lambda c: c.get('request'))


async def subscription_to_a_user_that_does_not_exist(site):
    alice, _ = await site.strangers()
    alice.presence('nobody@mqtt.localhost', 'subscribe')
    await alice.wait_presence('nobody@mqtt.localhost', 'unsubscribed')


async def two_mqtt_users_are_contacts(site):
    _, bob = await site.strangers()
    _, ben = await site.strangers()
    await bob.request('subscribe', contact=ben.jid)
    await ben.wait_contact(bob.jid, lambda c: c.get('request'))
    await ben.request('approve', contact=bob.jid)
    await bob.wait_contact(ben.jid, lambda c: c['subscription'] == 'to')
    await bob.wait_presence(ben.jid, 'online')
    await ben.presence('away', status='Tea')
    await bob.wait_presence(ben.jid, 'away', fits=lambda p: p.get('status') == 'Tea')
