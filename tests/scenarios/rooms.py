"""What cases about rooms (XEP-0045) have in common."""
from mqtt_client import uid_of

SEA, ISLAND = 'sea@rooms.localhost', 'island@rooms.localhost'
MUC, USER, OWNER = ('http://jabber.org/protocol/muc' + part for part in ('', '#user', '#owner'))


def topic_of(room):
    return 'in/room/' + uid_of(room)


async def enter(client, room, nick, config=''):
    """The first who comes makes it: an instant room (XEP-0045 section 10.1.2)."""
    mark = client.mark()
    client.presence('%s/%s' % (room, nick), inner='<x xmlns="%s"/>' % MUC)
    seen = await client.wait_presence('%s/%s' % (room, nick), after=mark)
    if seen.xml.find('{%s}x/{%s}status[@code="201"]' % (USER, USER)) is not None:
        form = '<x xmlns="jabber:x:data" type="submit">%s</x>' % config
        await client.iq('<query xmlns="%s">%s</query>' % (OWNER, form), to=room, type='set')


async def kick(client, room, nick, reason):
    item = '<item nick="%s" role="none"><reason>%s</reason></item>' % (nick, reason)
    await client.iq('<query xmlns="%s#admin">%s</query>' % (MUC, item), to=room, type='set')


def invite(client, room, jid, reason):
    client.send(
        '<message to="%s"><x xmlns="%s"><invite to="%s"><reason>%s</reason></invite></x></message>'
        % (room, USER, jid, reason)
    )


def bodies(client, prefix):
    said = client.all(lambda s: s.name == 'message' and s['type'] == 'groupchat' and s['body'].startswith(prefix))
    return [s['body'] for s in said]


def shown(phone, prefix):
    """Bodies by id: a repeated publish is one message."""
    seen = {}
    for event in phone.all(lambda e: e.topic == 'in/msg' and (e.json.get('body') or '').startswith(prefix)):
        seen.setdefault(event.json['id'], event.json['body'])
    return list(seen.values())


async def each_comes_once(carol, phone, kills, written_while_ferryd_dies):
    """Both sides write into the sea. written_while_ferryd_dies(carol_says, bob_says) gives how many from each."""
    async def carol_says(body):
        carol.message(SEA, 'down ' + body, type='groupchat')

    async def bob_says(body):
        await phone.message(SEA, 'up ' + body, kind='groupchat')

    down, up = await written_while_ferryd_dies(carol_says, bob_says)
    await carol.wait_message('up %d' % (up - 1), timeout=120)
    await phone.wait_message('down %d' % (down - 1), timeout=120)
    await phone.wait_message('up %d' % (up - 1), timeout=120)  # as the room shows it to all
    assert bodies(carol, 'up ') == ['up %d' % n for n in range(up)], bodies(carol, 'up ')
    assert shown(phone, 'down ') == ['down %d' % n for n in range(down)], shown(phone, 'down ')
    assert shown(phone, 'up ') == ['up %d' % n for n in range(up)], shown(phone, 'up ')
    failed = phone.all(lambda e: e.topic == 'in/receipt' and e.json['state'] == 'failed')
    assert not failed, failed
    print('     %d kills, %d messages from the room and %d into it' % (kills, down, up))
