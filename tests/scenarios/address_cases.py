"""People who get a new address at the gateway's own domain, with a real server's accounts: the cases, for each server."""
import random

from migrate_site import MOVED, new_of, seed, site_of

KILLS = 4


def _bodies(client, start):
    seen = {}  # a repeated publish is one message: its id says so
    for event in client.all(lambda e: getattr(e, 'topic', None) == 'in/msg' and e.json['body'].startswith(start)):
        seen.setdefault(event.json['id'], event.json['body'])
    return list(seen.values())


async def a_person_gets_a_new_address_and_comes_back(server_class):
    async with site_of(server_class, people=8, addresses=[new_of('a1@localhost')]) as site:
        bob = site.people[1]
        new = new_of(bob)
        carol = await site.xmpp(site.people[2])
        phone = await site.moved(bob)
        item = (await phone.wait_contact(carol.bare, lambda c: c.get('ask') == 'subscribe')).json
        assert item['name'] and item['groups'] and item['approved'], item

        asked = await carol.wait_presence(new, 'subscribe')
        assert [e.text for e in asked.xml.iter(MOVED + 'old-jid')] == [bob], asked
        if server_class.publishes_bookmarks:  # there is PEP
            assert await site.says_where(carol, bob) == [new]
        else:
            site.ferryd.wait_log('event=address.unstated account=' + bob)
        carol.presence(new, 'subscribed')
        carol.presence(new, 'subscribe')
        await phone.wait_contact(carol.bare, lambda c: c['subscription'] == 'both')
        await carol.wait_presence(new, 'available')
        await carol.wait_presence(bob, 'available')  # at the old address too, as long as they are there

        id = carol.message(bob, 'to where you were', extra='<request xmlns="urn:xmpp:receipts"/>')
        shown = await phone.wait_message('to where you were', carol.bare)
        assert shown.json['to'] == bob, shown.json
        await phone.receipt(shown, 'delivered')
        _, received = await carol.wait_child('{urn:xmpp:receipts}received', frm=bob)
        assert received.get('id') == id
        mark = carol.mark()
        await phone.message(carol.bare, 'from where I am')
        assert (await carol.wait_message('from where I am', after=mark))['from'].bare == new
        carol.message(new, 'found you')
        assert (await phone.wait_message('found you', carol.bare)).json['to'] == new

        await phone.disconnect()
        await carol.wait_presence(bob, 'unavailable', after=mark)
        await site.back()
        await carol.wait_presence(new, 'unsubscribed')
        assert not await site.says_where(carol, bob)
        await carol.iq(
            '<query xmlns="jabber:iq:roster"><item jid="%s" subscription="remove"/></query>' % new, type='set'
        )
        await site.as_before()
        kept = await site.kept_by_the_broker(new)
        assert not kept, kept


async def what_comes_to_the_old_address_comes_once_while_ferryd_dies(server_class):
    moments = random.Random(seed())
    async with site_of(server_class, people=8, addresses=[new_of('a1@localhost')]) as site:
        bob, carol = site.people[1], await site.xmpp(site.people[2])
        phone = await site.moved(bob)
        await carol.wait_presence(bob, 'available')

        async def carol_says(body):
            carol.message(bob, 'down ' + body)

        (down,) = await site.written_while_ferryd_dies(KILLS, moments, 0.1, carol_says)
        await phone.wait_message('down %d' % (down - 1), timeout=60)
        assert _bodies(phone, 'down ') == ['down %d' % n for n in range(down)], _bodies(phone, 'down ')
        print('     %d kills, %d messages' % (KILLS, down))
        await site.back()
        await site.as_before()
