"""The workloads of many people: a presence storm, a feed that floods, phones whose connection flaps, rosters that are
downloaded. Each through ferryd, through the naive bridge and by the servers alone, as far as those can do it at all.

All variants take turns in each round on fresh servers: what else happens on the machine meets all of them alike.
"""
import time

from messages import BROKER, LIMITS, LOAD, SENTINEL, SERVERS, SINK, NaiveBridge, Rows, load
from people import DOMAIN, befriend, fill_roster, follow
from servers import DEFAULT_ACL, Ferryd, Mosquitto, Prosody

FEED, FEED_TOPIC = 'alarm@' + DOMAIN, 'factory/line1/alarm'
ROUTES = ['user *@%s {root}/u/{uid}' % DOMAIN, 'feed %s %s follow=%s' % (FEED, FEED_TOPIC, LOAD)]
ACL = DEFAULT_ACL.format(root='im/v1', gateway='ferry') + 'topic readwrite factory/#\n'
BOB = 'bob@' + DOMAIN


def ferryd(broker, server):
    return Ferryd(broker, server, routes=ROUTES, options={'limits': {**LIMITS, 'roster-items': 1_000_000}})


def naive(broker, server):
    return NaiveBridge(broker, server, feed=FEED_TOPIC)


def rounds(quick, classes, one_round):
    rows = Rows('server', 'variant', 'way', 'plan')
    for _ in range(1 if quick else 3):
        for server_class in classes:
            with Mosquitto(users={BOB: 'bob-secret'}, acl=ACL, conf=BROKER) as broker:
                with server_class(components=(LOAD, SINK)) as server:
                    one_round(broker, server, rows.add)
    return rows.rows()


def gateways(broker, server, *starts):
    """Each in turn, with its name."""
    for start in starts or (ferryd, naive):
        with start(broker, server) as gateway:
            if start is ferryd:
                time.sleep(SENTINEL)
            yield start.__name__, gateway, [broker, server, gateway]
            gateway.terminate()


def storm(quick):
    """Everything is on its way at once: the p99 is how long it takes until nearly all have seen it."""
    users, contacts = (20, 5) if quick else (500, 20)
    pairs = {'kind': 'presence', 'users': users, 'contacts': contacts, 'bytes': 60}
    each = {**pairs, 'count': users * contacts, 'window': users * contacts}
    one = {**pairs, 'count': users, 'window': users}
    plan = '%dx%d' % (users, contacts)

    def one_round(broker, server, add):
        add(server.name, 'alone', 'x2x', plan, load(broker, server, 'x2x', [server], **each))
        add(server.name, 'alone', 'm2m', plan, load(broker, server, 'm2m', [broker], **each))
        for variant, _, watched in gateways(broker, server):
            if variant == 'ferryd':
                admin = befriend(broker, server, LOAD, users, contacts)
                if len(admin.online) < users * contacts:
                    raise RuntimeError('%d of %d contacts are there' % (len(admin.online), users * contacts))
                admin.close()
                admin.people.socket.close()
            add(server.name, variant, 'x2m', plan, load(broker, server, 'x2m', watched, **each))
            if variant == 'ferryd':
                add(server.name, variant, 'm2x', plan, load(broker, server, 'm2x', watched, **one))

    return rounds(quick, SERVERS.values(), one_round)


def feed(quick):
    followers, values = (10, 30) if quick else (100, 300)
    plan = '%d followers' % followers
    one = {'kind': 'feed', 'feed': FEED_TOPIC, 'followers': followers, 'count': values, 'window': 20}
    each = {**one, 'count': values * followers, 'window': 20 * followers}

    def one_round(broker, server, add):
        add(server.name, 'alone', 'x2x', plan, load(broker, server, 'x2x', [server], **each))
        add(server.name, 'alone', 'm2m', plan, load(broker, server, 'm2m', [broker], **one))
        for variant, _, watched in gateways(broker, server):
            follow(server, LOAD, FEED, followers)
            add(server.name, variant, 'm2x', plan, load(broker, server, 'm2x', watched, **one))

    return rounds(quick, SERVERS.values(), one_round)


def flapping(quick):
    users, each, cycles = (10, 5, 2) if quick else (100, 10, 5)
    plan = '%d phones' % users
    visits = {'visits': 'flapping', 'users': users, 'each': each, 'cycles': cycles, 'window': 20}

    def one_round(broker, server, add):
        add(server.name, 'alone', 'm2m', plan, load(broker, server, 'm2m', [broker], **visits))
        for variant, _, watched in gateways(broker, server):
            add(server.name, variant, 'x2m', plan, load(broker, server, 'x2m', watched, **visits))

    return rounds(quick, SERVERS.values(), one_round)


def roster(quick):
    """The retained topics are the broker's work, with ferryd or when it has gone; beside them the same roster asked
    from ferryd, page by page."""
    users, contacts, cycles = (2, 50, 2) if quick else (5, 1000, 10)
    visits = {'users': users, 'each': contacts, 'cycles': cycles, 'window': users}

    def one_round(broker, server, add):
        for _, _, watched in gateways(broker, server, ferryd):
            fill_roster(broker, users, contacts)
            for plan in ('retained', 'request'):
                result = load(broker, server, 'm2m', watched, visits=plan, **visits)
                add(server.name, 'ferryd', 'm2m', plan, result)
        result = load(broker, server, 'm2m', [broker], visits='retained', **visits)
        add(server.name, 'alone', 'm2m', 'retained', result)

    return rounds(quick, [Prosody], one_round)
