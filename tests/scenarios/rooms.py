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
