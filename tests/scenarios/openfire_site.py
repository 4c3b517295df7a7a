"""ferryd beside the fake Openfire, and as many users as the cases want."""
import asyncio
import contextlib

from clients import MqttClient, new_id
from openfire import FakeOpenfire, LocalUser
from servers import Ferryd, Mosquitto

DOMAIN = 'mqtt.corp.example'
USERS = 40
ACL = """\
pattern read im/v1/u/%u/in/#
pattern read im/v1/gw/status
pattern write im/v1/u/%u/out/#
user ferry
topic readwrite #
"""


def body_of(element):
    return element.findtext('{jabber:component:accept}body')


class Site:
    def __init__(self, **options):
        self.srv = FakeOpenfire(idle=options.pop('idle', 360))
        self.broker = options.pop('broker', None) or Mosquitto(
            users={'b%d@%s' % (n, DOMAIN): 'pb' for n in range(USERS)}, acl=ACL
        )
        self.ferryd = Ferryd(self.broker, self.srv, options=dict({'limits': {'user-rate': 0}}, **options))
        self.clients, self.taken = [], 0

    async def start(self):
        if not self.broker.alive():
            await asyncio.to_thread(self.broker.start)
        await self.srv.listen()
        await self.ferryd.start_async()

    async def stop(self):
        await asyncio.to_thread(self.ferryd.kill)
        await self.srv.stop(hard=True)

    def print_logs(self):
        self.ferryd.print_log()

    async def pair(self):
        """alice on Openfire and bob on MQTT, new ones each time."""
        self.taken += 1
        alice = self.srv.users['a%d' % self.taken] = LocalUser(self.srv, 'a%d' % self.taken)
        bob = MqttClient(self.broker, 'b%d@%s' % (self.taken, DOMAIN))
        self.clients.append(bob)
        await bob.connect()
        await bob.request('roster.get')
        return alice, bob

    async def says(self, alice, bob, body, inner=''):
        id = new_id()
        await self.srv.send(
            "<message from='%s/spark' to='%s' id='%s' type='chat'><body>%s</body>%s</message>"
            % (alice.jid, bob.jid, id, body, inner)
        )
        return id

    async def carries_on(self, alice, bob, what=None):
        what = what or new_id()
        await self.says(alice, bob, what)
        await bob.wait_message(what, alice.jid + '/spark')
        id = await bob.message(alice.jid + '/spark', what + ' too')
        await alice.wait(lambda el: body_of(el) == what + ' too')
        await bob.wait_receipt(id, 'forwarded')

    async def after_case(self):
        for client in self.clients:
            with contextlib.suppress(Exception):
                await client.disconnect()
        self.clients.clear()
        self.srv.handlers.clear()


@contextlib.asynccontextmanager
async def a_site(**options):
    site = Site(**options)
    try:
        await site.start()
        yield site
    except Exception:
        site.print_logs()
        raise
    finally:
        await site.after_case()
        await site.stop()
        if 'broker' not in options:
            await asyncio.to_thread(site.broker.kill)
