"""One XMPP server, one broker, one gateway, and as many users as the cases want: each case takes fresh ones."""
import contextlib

from clients import MQTT5, MqttClient, XmppClient
from servers import Ferryd, Mosquitto

USERS = 100
HOSTED = 'mqtt.localhost'


class Site:
    def __init__(self, server_class):
        accounts = {'a%d' % n: 'pa%d' % n for n in range(USERS)}
        self.broker = Mosquitto(users={'b%d@%s' % (n, HOSTED): 'pb%d' % n for n in range(USERS)})
        self.xmpp = server_class(accounts=accounts)
        self.ferryd = Ferryd(self.broker, self.xmpp)
        self.servers = [self.broker, self.xmpp, self.ferryd]
        self.clients = []
        self.taken = 0

    def start(self):
        for server in self.servers:
            server.start()

    def stop(self):
        for server in reversed(self.servers):
            server.kill()

    def print_logs(self):
        self.ferryd.print_log()

    def addresses(self):
        """An XMPP user's and an MQTT user's, new ones each time."""
        self.taken += 1
        return 'a%d@localhost' % self.taken, 'b%d@%s' % (self.taken, HOSTED)

    async def xmpp_user(self, jid, resource='desk', **connect):
        client = XmppClient(self.xmpp, jid, resource=resource)
        self.clients.append(client)
        return await client.connect(**connect)

    async def mqtt_user(self, jid, device='phone', version=MQTT5, clean=False, **connect):
        client = MqttClient(self.broker, jid, device, version=version, clean=clean)
        self.clients.append(client)
        await client.connect(**connect)
        await client.request('roster.get')  # the answer proves that the gateway knows the user by now
        return client

    async def strangers(self, version=MQTT5):
        """alice on XMPP and bob on MQTT, both online, not in each other's contacts."""
        alice, bob = self.addresses()
        return await self.xmpp_user(alice), await self.mqtt_user(bob, version=version)

    async def friends(self, version=MQTT5):
        """The same with a subscription both ways, each seeing the other online."""
        alice, bob = await self.strangers(version)
        await befriend(alice, bob)
        return alice, bob

    async def after_case(self):
        for client in self.clients:
            with contextlib.suppress(Exception):  # a case may have broken it on purpose
                await client.disconnect()
        self.clients.clear()


async def befriend(alice, bob):
    await alice.add_contact(bob.jid, 'Bob')
    alice.presence(bob.jid, 'subscribe')
    await bob.wait_contact(alice.bare, lambda c: c.get('request'))
    await bob.request('approve', contact=alice.bare)
    await alice.wait_roster(bob.jid, 'to')
    await bob.request('subscribe', contact=alice.bare)
    await alice.wait_presence(bob.jid, 'subscribe')
    alice.presence(bob.jid, 'subscribed')
    await bob.wait_contact(alice.bare, lambda c: c['subscription'] == 'both')
    await alice.wait_roster(bob.jid, 'both')
    await alice.wait_presence('%s/%s' % (bob.jid, bob.device))
    await bob.wait_presence(alice.bare, 'online')


def setup_with(server_class):
    @contextlib.asynccontextmanager
    async def setup():
        site = Site(server_class)
        try:
            site.start()
            yield site
        finally:
            site.stop()

    return setup
