"""An XMPP server whose people move: accounts with contacts, groups, pending requests and cards, a ferryd that may log in
as them, and what the server's stores hold of them, for a comparison."""
import asyncio
import contextlib
import json
import os
import random
import xml.etree.ElementTree as ET

from clients import MqttClient, XmppClient
from lab import written_while_ferryd_dies
from patience import patient
from process import Failed, scratch
from servers import DEFAULT_ACL, Ferryd, Mosquitto

PEOPLE = int(os.environ.get('FERRY_TEST_PEOPLE') or 12)  # accounts; each has the two before and the two after as contacts
AT_ONCE = 8  # log-ins of the harness at a time
COHORT = 'monday'
ROSTER = '{jabber:iq:roster}'
REMOVE = '<query xmlns="jabber:iq:roster"><item jid="%s" subscription="remove"/></query>'
MOVED = '{urn:xmpp:moved:1}'
STATEMENT = '<pubsub xmlns="http://jabber.org/protocol/pubsub"><items node="urn:xmpp:moved:1"/></pubsub>'


def seed():
    chosen = int(os.environ.get('FERRY_TEST_SEED') or random.randrange(1 << 32))
    print('     FERRY_TEST_SEED=%d' % chosen)
    return chosen


def new_of(jid):
    """The address that they get at the gateway's domain."""
    return jid.split('@')[0] + '@mqtt.localhost'


class MigrationSite:
    def __init__(self, server_class, people=PEOPLE, auth_file=False, addresses=(), options=(), session=()):
        self.people = ['a%d@localhost' % n for n in range(people)]
        self.server = server_class({'a%d' % n: 'pa%d' % n for n in range(people)})
        self.broker = Mosquitto(users={jid: 'm-' + jid for jid in [*self.people, *addresses]})
        vault = os.path.join(scratch('vault'), 'vault.key')
        options = {
            'session': {'host': self.server.host, 'port': self.server.port, 'cafile': self.server.cafile,
                        'logins-per-second': 100, **dict(session)},
            'vault': {'key-file': vault, 'keep-passwords': 'true'},
            'limits': {'user-rate': 0},
            **dict(options),
        }
        self.auth_file = os.path.join(os.path.dirname(vault), 'ferry.auth')
        if auth_file:
            options['vault']['auth-file'] = self.auth_file
        self.ferryd = Ferryd(self.broker, self.server, options=options)
        self.servers = [self.broker, self.server, self.ferryd]
        self.clients = []

    async def start(self):
        for server in self.servers[:2]:
            await asyncio.to_thread(server.start)
        await asyncio.to_thread(self._vault)
        await self.make_friends()
        self.before = await self.stores()
        await self.ferryd.start_async()
        await asyncio.to_thread(self.ferryd.wait_ready)
        return self

    def _vault(self):
        self.ctl('vault', 'init')
        for jid in self.people:
            self.ctl('password', 'set', jid, '-', stdin=self.server.accounts[jid.split('@')[0]] + '\n')

    def ctl(self, *arguments, **options):
        return self.ferryd.ctl(*arguments, **options)

    async def said(self, *arguments):
        """What ferryctl answers, as JSON."""
        return json.loads((await asyncio.to_thread(self.ctl, '--json', *arguments)).stdout)

    async def plain(self, *arguments):
        return (await asyncio.to_thread(self.ctl, *arguments)).stdout

    def who_may_log_in(self):
        with open(self.auth_file, encoding='utf-8') as file:
            text = file.read()
        return {jid for jid in self.people if jid in text}

    # ---- people
    async def xmpp(self, jid, resource='desk', **connect):
        client = XmppClient(self.server, jid, resource=resource)
        self.clients.append(client)
        return await client.connect(timeout=30, **connect)

    async def mqtt(self, jid, device='phone'):
        client = MqttClient(self.broker, jid, device)
        self.clients.append(client)
        await client.connect()
        await client.request('roster.get')
        return client

    async def push_service(self):
        """It may read that something waits, of everybody, and nothing else."""
        root = self.broker.root
        acl = DEFAULT_ACL.format(root=root, gateway=self.broker.gateway)
        self.broker.set_acl(acl + 'user push\ntopic read %s/u/+/in/waiting\n' % root)
        self.broker.add_user('push', 'm-push')
        client = MqttClient(self.broker, 'push', subscribe=False)
        self.clients.append(client)
        await client.connect(presence=None, will=False)
        await client.subscribe('%s/u/+/in/waiting' % root, absolute=True)
        return client

    async def make_friends(self):
        """Contacts both ways, in groups; a request that nobody has answered; cards."""
        clients = {}
        for jid in self.people:
            clients[jid] = await self.xmpp(jid, 'setup')
        for n, jid in enumerate(self.people):
            for further in (1, 2):
                other = self.people[(n + further) % len(self.people)]
                await self._befriend(clients[jid], clients[other])
        asker, asked = clients[self.people[0]], clients[self.people[5]]
        asker.presence(asked.bare, 'subscribe')
        await asked.wait_presence(asker.bare, 'subscribe')
        await asker.wait_roster(asked.bare, 'none')
        for jid in self.people[:3]:
            card = '<vCard xmlns="vcard-temp"><FN>%s</FN><TITLE>Sailor</TITLE></vCard>' % jid.split('@')[0]
            await clients[jid].iq(card, type='set')
        for client in clients.values():
            await client.disconnect()
        self.clients.clear()

    async def _befriend(self, a, b):
        await a.add_contact(b.bare, b.bare.split('@')[0].upper(), ['Team', 'Töchter'])
        for one, other, before, after in ((a, b, 'none', 'to'), (b, a, 'from', 'both')):
            mark = other.mark()
            one.presence(other.bare, 'subscribe')
            await other.wait_presence(one.bare, 'subscribe', after=mark)
            other.presence(one.bare, 'subscribed')
            await one.wait_roster(other.bare, after)
        await a.wait_roster(b.bare, 'both')

    # ---- what goes on while they move
    async def written_while_ferryd_dies(self, kills, moments, pace, *sends):
        return await written_while_ferryd_dies(self.ferryd, kills, moments, pace, *sends)

    async def killed_on_the_way(self, to, moments):
        """The cohort gets there, although ferryd dies after it was asked: what was not heard is asked again."""
        go = self.back if to == 'legacy' else self.move
        arguments = {} if to == 'legacy' else {'to': to}
        asked = asyncio.ensure_future(go(wait=False, **arguments))
        await asyncio.sleep(moments.uniform(0, 1.5))  # the moment
        self.ferryd.kill()
        await asyncio.gather(asked, return_exceptions=True)
        await self.ferryd.start_async()
        await asyncio.to_thread(self.ferryd.wait_ready)
        await go(wait=False, **arguments)
        await self.until(to)

    async def kept_by_the_broker(self, jid):
        """What a new device of theirs is given; the gateway's own topic, subscribed to afterwards, is the end of it."""
        device = MqttClient(self.broker, jid, 'later', clean=True)
        self.clients.append(device)
        await device.connect()
        end = self.broker.root + '/gw/status'
        await device.subscribe(end, absolute=True)
        await device.wait_topic(end)
        return [device.show(p) for p in device.all(lambda p: p.retain and p.payload and p.topic != end)]

    # ---- what the server keeps
    async def stores(self):
        """Of each account what its server holds, in an order of ours."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def store(jid):
            async with turn:
                client = XmppClient(self.server, jid, resource='reader')
                await client.connect(presence=None, roster=False, timeout=60)
                try:
                    return jid, await _store(client)
                finally:
                    await client.disconnect()

        return dict(await asyncio.gather(*map(store, self.people)))

    async def as_before(self):
        after = await self.stores()
        differences = [
            '%s: %s was %s, is %s' % (jid, part, held.get(part), after[jid].get(part))
            for jid, held in self.before.items()
            for part in sorted(set(held) | set(after[jid]))
            if held.get(part) != after[jid].get(part)
        ]
        assert not differences, '\n'.join(differences)

    # ---- the move
    async def plan(self, jids, cohort=COHORT):
        answer = await self.said('migrate', 'plan', '--cohort', cohort, '--apply', *jids)
        assert answer['added'] == len(jids) and not answer['problems'], answer

    async def plan_new(self, *jids, cohort=COHORT):
        """Everybody gets an address of the gateway's domain."""
        answer = await self.said('migrate', 'plan', '--cohort', cohort, '--new-address', '--apply', *jids)
        assert answer['added'] == len(jids) and not answer['problems'], answer

    async def moved(self, jid):
        """They have their new address; gives their phone."""
        await self.plan_new(jid)
        await self.move('dual')
        return await self.mqtt(new_of(jid))

    async def says_where(self, client, jid):
        """What the old account answers to anybody who verifies the move."""
        answer = await client.iq(STATEMENT, to=jid, check=False)
        return [e.text for e in answer.xml.iter(MOVED + 'new-jid')]

    async def move(self, to, cohort=COHORT, wait=True):
        answer = await self.said('migrate', 'start', '--cohort', cohort, '--to', to, '--apply')
        assert answer['done'], answer
        if wait:
            await self.until(to, cohort)

    async def back(self, *whom, wait=True):
        answer = await self.said('migrate', 'back', *(whom or ('--cohort', COHORT)), '--apply')
        assert answer['done'], answer
        if wait:
            await self.until('legacy', who=[jid for jid in whom if '@' in jid])

    async def until(self, state, cohort=COHORT, who=(), timeout=60):
        """Everybody (of these) is there. ferryctl is asked again: it has nothing to wait with."""
        deadline = asyncio.get_running_loop().time() + patient(timeout)
        while True:
            try:
                accounts = (await self.said('migrate', 'status', cohort))['accounts']
                late = [a for a in accounts if a['state'] != state and (not who or a['jid'] in who)]
                if not late:
                    return accounts
            except (Failed, ValueError) as error:  # ferryd is away
                late = str(error)
            assert asyncio.get_running_loop().time() < deadline, 'not yet %s: %s' % (state, late)
            await asyncio.sleep(0.2)

    async def sessions(self, cohort=COHORT, timeout=60):
        """Everybody's is up."""
        deadline = asyncio.get_running_loop().time() + patient(timeout)
        while True:
            accounts = (await self.said('migrate', 'status', cohort))['accounts']
            if all(a['session'] == 'up' for a in accounts):
                return
            assert asyncio.get_running_loop().time() < deadline, accounts
            await asyncio.sleep(0.2)

    async def after_case(self):
        for client in self.clients:
            with contextlib.suppress(Exception):
                await client.disconnect()
        self.clients.clear()

    def print_logs(self):
        for server in self.servers[1:]:
            server.print_log()


def held_item(item):
    return dict(sorted(item.items())), sorted(group.text or '' for group in item.iter(ROSTER + 'group'))


async def _store(client):
    held = {}
    roster = await client.iq('<query xmlns="jabber:iq:roster"/>', timeout=30)
    for item in roster.xml.iter(ROSTER + 'item'):
        held['contact ' + item.get('jid')] = held_item(item)
    for what, payload in (('card', '<vCard xmlns="vcard-temp"/>'), ('blocked', '<blocklist xmlns="urn:xmpp:blocking"/>')):
        answer = await client.iq(payload, timeout=30, check=False)
        held[what] = ET.canonicalize(ET.tostring(answer.xml[0]), strip_text=True) if len(answer.xml) else None
    return held


@contextlib.asynccontextmanager
async def site_of(server_class, **options):
    site = MigrationSite(server_class, **options)
    try:
        yield await site.start()
    except Exception:
        site.print_logs()
        raise
    finally:
        await site.after_case()
        for server in reversed(site.servers):
            server.kill()
