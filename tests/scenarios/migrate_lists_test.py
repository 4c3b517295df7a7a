"""People of a Prosody server who get a new address, where the server lets Ferry write their contacts' lists (XEP-0356:
mod_privilege of prosody-modules): nobody is asked.

    python3 tests/scenarios/migrate_lists_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import random
import time

import run
from migrate_site import REMOVE, new_of, seed, site_of
from session_site import PrivilegedProsody

KILLS = 4


def _friends(site, n):
    return [site.people[(n + further) % len(site.people)] for further in (-2, -1, 1, 2)]


def _of(item, jid):
    """An item of a store as it would be about somebody else."""
    attributes, groups = item
    return dict(attributes, jid=jid), groups


def _asked(client, who):
    """Subscription stanzas of theirs."""
    return client.all(
        lambda s: s.name == 'presence' and s.xml.get('from') == who and s['type'] in ('subscribe', 'unsubscribe')
    )


async def nobody_is_asked_and_nothing_remains():
    async with site_of(PrivilegedProsody, people=8, addresses=[new_of('a1@localhost')]) as site:
        bob = site.people[1]
        new = new_of(bob)
        site.ferryd.wait_log('event=privilege.granted access=roster type=both')
        carol, dave = await site.xmpp(site.people[2]), await site.xmpp(site.people[3])
        start = time.monotonic()
        phone = await site.moved(bob)
        for friend in _friends(site, 1):
            item = (await phone.wait_contact(friend, lambda c: c['subscription'] == 'both')).json
            assert 'ask' not in item and 'approved' not in item, item
        print('     %d contacts, none asked, after %.1f s' % (len(_friends(site, 1)), time.monotonic() - start))
        site.ferryd.wait_log(r'event=address.taken account=%s address=%s contacts=4 unasked=4' % (bob, new))
        for client in (carol, dave):
            await client.wait_roster(new, 'both')
            await client.wait_presence(new, 'available')
        await phone.wait_presence(carol.bare, 'online')
        held = await site.stores()
        for friend in _friends(site, 1):
            there = held[friend]
            assert there['contact ' + new] == _of(there['contact ' + bob], new), there
        assert await site.says_where(carol, bob) == [new]

        carol.message(new, 'found you')
        assert (await phone.wait_message('found you', carol.bare)).json['to'] == new
        await phone.message(carol.bare, 'from where I am')
        assert (await carol.wait_message('from where I am'))['from'].bare == new
        mark = phone.mark()
        await dave.disconnect()
        await phone.wait_presence(dave.bare, 'offline', after=mark)
        dave = await site.xmpp(dave.bare)
        await phone.wait_presence(dave.bare, 'online', after=mark)
        await dave.wait_presence(new, 'available')

        gone = carol.mark()
        await phone.disconnect()
        await carol.wait_presence(new, 'unavailable', after=gone)
        await site.back()
        await carol.wait_roster(new, 'remove', after=gone)
        for client in (carol, dave):
            assert not _asked(client, new), _asked(client, new)
        await site.as_before()
        kept = await site.kept_by_the_broker(new)
        assert not kept, kept


async def what_a_contact_had_of_the_new_address_is_put_back():
    async with site_of(PrivilegedProsody, people=8, addresses=[new_of('a1@localhost')]) as site:
        bob = site.people[1]
        new = new_of(bob)
        carol = await site.xmpp(site.people[2])
        await carol.add_contact(new, 'Robert', ['Old', 'Töchter'])
        site.before = await site.stores()
        phone = await site.moved(bob)
        await phone.wait_contact(carol.bare, lambda c: c['subscription'] == 'both')
        item = await carol.wait_roster(new, 'both')
        assert item.get('name') == 'Robert', item.attrib
        await carol.wait_presence(new, 'available')
        await site.back()
        await site.as_before()


async def who_has_put_him_off_their_list_gets_nothing():
    async with site_of(PrivilegedProsody, people=8, addresses=[new_of('a1@localhost')]) as site:
        bob = site.people[1]
        carol = await site.xmpp(site.people[2])
        await site.plan_new(bob)
        await site.move('shadow')
        await carol.iq(REMOVE % bob, type='set')
        await site.move('dual')
        site.ferryd.wait_log(r'event=address.taken account=%s .* unasked=3' % bob)
        assert 'contact ' + new_of(bob) not in (await site.stores())[carol.bare]
        assert not _asked(carol, new_of(bob)), 'he did not see her any more, and need not ask'


async def a_kill_at_any_moment_changes_nothing():
    """Three who know each other get new addresses and come back, while ferryd dies at moments that nobody chose."""
    moments = random.Random(seed())
    async with site_of(PrivilegedProsody, people=8, addresses=[new_of('a%d@localhost' % n) for n in range(3)]) as site:
        movers, stays = site.people[:3], site.people[3:]
        await site.plan_new(*movers)
        for n in range(KILLS):
            to = ('dual', 'legacy')[n % 2]
            await site.killed_on_the_way(to, moments)
            if to == 'legacy':
                await site.as_before()
                continue
            for mover in movers:
                phone = await site.mqtt(new_of(mover))
                for friend in set(_friends(site, site.people.index(mover))) & set(stays):
                    await phone.wait_contact(friend, lambda c: c['subscription'] == 'both', timeout=60)
                await phone.disconnect()
            held = await site.stores()
            for mover in movers:
                for friend in set(_friends(site, site.people.index(mover))) & set(stays):
                    there = held[friend]
                    assert there['contact ' + new_of(mover)] == _of(there['contact ' + mover], new_of(mover)), there


if __name__ == '__main__':
    run.main(globals())
