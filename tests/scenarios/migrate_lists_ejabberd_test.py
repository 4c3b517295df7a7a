"""The same on ejabberd 23.01 (Debian 12), which grants the right and refuses every write (processone/ejabberd#3942):
Ferry finds out, says so once, and asks.

    python3 tests/scenarios/migrate_lists_ejabberd_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import run
from migrate_site import REMOVE, new_of, site_of
from session_site import PrivilegedEjabberd


async def contacts_are_asked_where_the_right_is_of_no_use():
    async with site_of(PrivilegedEjabberd, people=8, addresses=[new_of('a1@localhost')]) as site:
        bob = site.people[1]
        new = new_of(bob)
        site.ferryd.wait_log('event=privilege.granted access=roster type=both')
        carol = await site.xmpp(site.people[2])
        phone = await site.moved(bob)
        await carol.wait_presence(new, 'subscribe')
        site.ferryd.wait_log('event=address.taken account=%s address=%s contacts=4 unasked=0' % (bob, new))
        said = [line for line in site.ferryd.log.splitlines() if 'event=privilege.useless' in line]
        print('     ' + '\n     '.join(said))
        assert len(said) == 1, said
        assert 'contact lists of the server' in (await site.plain('status')), 'ferryctl status says so'
        carol.presence(new, 'subscribed')
        carol.presence(new, 'subscribe')
        await phone.wait_contact(carol.bare, lambda c: c['subscription'] == 'both')
        await phone.message(carol.bare, 'the link is as it was')
        await carol.wait_message('the link is as it was', new)
        assert site.ferryd.log.count('event=link.down') == 0, 'the link was lost'
        await phone.disconnect()
        await site.back()
        await carol.wait_presence(new, 'unsubscribed')
        await carol.iq(REMOVE % new, type='set')
        await site.as_before()


if __name__ == '__main__':
    run.main(globals())
