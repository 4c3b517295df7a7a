"""The named workloads: what each is, who cannot do it at all, and what runs it."""
from collections import namedtuple

import captured
import crowd
import groupchat
import messages

# cannot: {who: why}
Workload = namedtuple('Workload', 'title unit measure cannot')

NO_ROSTER = 'keeps no roster'
WORKLOADS = {
    'chat': Workload(
        'two people write to each other: a window of 200 messages, then 500 and 2,000 a second', 'message',
        messages.measure, {},
    ),
    'storm': Workload(
        'nine o\'clock: the presences of 500 people with 20 contacts each, all at once', 'presence', crowd.storm,
        {'naive, MQTT to XMPP': NO_ROSTER},
    ),
    'feed': Workload(
        'one topic floods 100 followers', 'delivery', crowd.feed, {},
    ),
    'flapping': Workload(
        '100 phones connect, take the 10 messages that wait, and drop without a word', 'message', crowd.flapping,
        {'the XMPP servers alone': 'a component has no offline storage', 'all, MQTT to XMPP': 'nothing waits there'},
    ),
    'roster': Workload(
        'devices download rosters of 1,000 contacts: retained topics, and roster.get', 'contact', crowd.roster,
        {'naive': NO_ROSTER, 'the XMPP servers alone': 'a component has no roster'},
    ),
    'groupchat': Workload(
        'a room of the server\'s own: 50 accounts on MQTT and 10 people on XMPP, one of them speaks', 'delivery',
        groupchat.measure,
        {'naive': 'knows no rooms', 'ferryd, people of the gateway\'s own domain': groupchat.NO_ROOMS},
    ),
    'capture': Workload(
        'a capture (--capture FILE, or a generated one) played flat out to ferryd by ferry-replay serve', 'stanza',
        captured.capture, {'naive': 'has another tree of topics: its results would not compare'},
    ),
}
