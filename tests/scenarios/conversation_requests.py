"""What an MQTT client asks for on out/req, and what an XMPP client asks of an MQTT user and of the gateway."""
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from clients import MQTT311, new_id

DISCO = 'http://jabber.org/protocol/disco#info'


async def roster_requests(site):
    alice, bob = await site.strangers()
    assert (await bob.request('roster.get'))['contacts'] == []
    await bob.request('roster.add', contact=alice.bare, name='Al', groups=['Sea'])
    await bob.request('roster.update', contact=alice.bare, name='Alice', groups=['Land', 'Sea'])
    await bob.wait_contact(alice.bare, lambda c: c['name'] == 'Alice')
    contacts = (await bob.request('roster.get'))['contacts']
    assert (
        len(contacts) == 1 and contacts[0]['name'] == 'Alice' and sorted(contacts[0]['groups']) == ['Land', 'Sea']
    ), contacts
    await bob.request('roster.remove', contact=alice.bare)
    assert (await bob.request('roster.get'))['contacts'] == []


async def requests_over_mqtt_311(site):
    alice, bob = await site.friends(MQTT311)
    contacts = (await bob.request('roster.get'))['contacts']
    assert [c['jid'] for c in contacts] == [alice.bare], contacts
    mark = alice.mark()
    await bob.request('unsubscribe', contact=alice.bare)
    await bob.request('deny', contact=alice.bare)
    await alice.wait_roster(bob.jid, 'none', after=mark)


async def request_that_names_no_device(site):
    _, bob = await site.strangers()
    await bob.publish('out/req', {'id': 'q1', 'request': 'who'})
    await bob.wait_topic('in/res/-', lambda r: r['id'] == 'q1' and r['ok'])


async def response_topic_of_someone_else_is_refused(site):
    _, bob = await site.strangers()
    _, eve = await site.strangers()
    for topic in (bob.base + 'in/res/phone', bob.base + 'in/msg', 'im/v1/gw/status', eve.base + 'in/msg'):
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = topic
        await eve.publish('out/req', {'id': 'evil', 'request': 'who'}, properties=properties)
    await eve.request('who')
    await bob.request('who')
    assert not bob.find(lambda p: p.json and p.json.get('id') == 'evil'), 'eve wrote to bob through the gateway'
    found = eve.find(lambda p: p.json and p.json.get('id') == 'evil' and not p.topic.startswith('in/res/'))
    assert not found, found


async def who_am_i(site):
    _, bob = await site.strangers()
    me = await bob.request('who')
    assert me['jid'] == bob.jid and me['uid'] == bob.uid and me['domain'] == 'mqtt.localhost', me
    assert [d['device'] for d in me['devices'] if d['state'] == 'online'] == ['phone'], me


async def profile_of_mqtt_user(site):
    alice, bob = await site.friends()
    await bob.request('profile.set', profile={'name': 'Bob Böttcher', 'nickname': 'Bob', 'email': 'bob@example.org'})
    assert (await bob.request('profile.get'))['profile']['name'] == 'Bob Böttcher'
    card = await alice.iq('<vCard xmlns="vcard-temp"/>', to=bob.jid)
    vcard = card.xml.find('{vcard-temp}vCard')
    assert vcard.findtext('{vcard-temp}FN') == 'Bob Böttcher' and vcard.findtext('{vcard-temp}NICKNAME') == 'Bob', card


async def profile_of_xmpp_user(site):
    alice, bob = await site.friends()
    await alice.iq('<vCard xmlns="vcard-temp"><FN>Alice Ä.</FN><NICKNAME>Al</NICKNAME></vCard>', type='set')
    profile = (await bob.request('profile.get', contact=alice.bare))['profile']
    assert profile['name'] == 'Alice Ä.' and profile['nickname'] == 'Al', profile


async def profile_of_nobody(site):
    _, bob = await site.strangers()
    answer = await bob.request('profile.get', contact='nobody@localhost', check=False)
    assert answer['ok'] is False and answer['error']['condition'] in ('item-not-found', 'service-unavailable'), answer


async def bad_requests_get_an_error(site):
    _, bob = await site.strangers()
    for request, fields in (
        ('dance', {}),
        ('subscribe', {}),
        ('subscribe', {'contact': 'a@b@c'}),
        ('roster.add', {'contact': 7}),
        ('roster.add', {'contact': 'x@localhost', 'groups': 'Sea'}),
        ('roster.update', {'contact': 'stranger@localhost', 'name': 'x'}),
        ('profile.set', {'profile': 'x'}),
    ):
        answer = await bob.request(request, check=False, **fields)
        assert answer['ok'] is False and answer['error']['condition'], (request, fields, answer)
    await bob.publish('out/req', b'{')
    await bob.wait_topic('in/res/-', lambda r: r['ok'] is False)
    await bob.request('who')


async def gateway_introduces_itself(site):
    alice, _ = await site.strangers()
    info = await alice.iq('<query xmlns="%s"/>' % DISCO, to='mqtt.localhost')
    identities = {(i.get('category'), i.get('type')) for i in info.xml.iter('{%s}identity' % DISCO)}
    assert any(category == 'gateway' for category, _ in identities), info
    features = {f.get('var') for f in info.xml.iter('{%s}feature' % DISCO)}
    assert {DISCO, 'urn:xmpp:ping', 'jabber:iq:version'} <= features, features
    await alice.iq('<ping xmlns="urn:xmpp:ping"/>', to='mqtt.localhost')
    version = await alice.iq('<query xmlns="jabber:iq:version"/>', to='mqtt.localhost')
    assert version.xml.findtext('{jabber:iq:version}query/{jabber:iq:version}name'), version


async def users_answer_queries(site):
    alice, bob = await site.friends()
    info = await alice.iq('<query xmlns="%s"/>' % DISCO, to=bob.jid + '/phone')
    features = {f.get('var') for f in info.xml.iter('{%s}feature' % DISCO)}
    assert {'urn:xmpp:receipts', 'http://jabber.org/protocol/chatstates'} <= features, features
    await alice.iq('<ping xmlns="urn:xmpp:ping"/>', to=bob.jid + '/phone')
    info = await alice.iq('<query xmlns="%s"/>' % DISCO, to=bob.jid)
    assert any(i.get('category') == 'account' for i in info.xml.iter('{%s}identity' % DISCO)), info


async def queries_to_nobody_get_an_error(site):
    alice, bob = await site.strangers()
    for to in ('nobody@mqtt.localhost', 'nobody@mqtt.localhost/x', bob.jid + '/no-such-device'):
        answer = await alice.iq('<ping xmlns="urn:xmpp:ping"/>', to=to, check=False)
        assert answer['type'] == 'error' and answer['error']['condition'] == 'service-unavailable', answer
    answer = await alice.iq('<query xmlns="urn:example:unknown"/>', to=bob.jid, check=False)
    assert answer['error']['condition'] in ('service-unavailable', 'feature-not-implemented'), answer


async def whole_id_comes_back(site):
    _, bob = await site.strangers()
    id = 'ü ' + new_id() + '"\\'
    await bob.publish('out/req', {'id': id, 'request': 'who', 'device': 'phone'})
    await bob.wait_topic('in/res/phone', lambda r: r['id'] == id)
