"""Everything that a run is made of: broker, XMPP server, ferryd, the proxies between them, the two load processes."""
import asyncio
import os
import subprocess
import sys

from account import Account
from gateway import Gateway
from journal import Reader
from process import HOST, Failed, scratch
from proxy import Proxy
from servers import Component, Ejabberd, Mosquitto, Prosody

HERE = os.path.dirname(os.path.abspath(__file__))
HOSTED = 'mqtt.localhost'
# Beside the README's lines for Mosquitto; a log of every packet would be gigabytes.
BROKER = 'log_type none\nlog_type error\nlog_type warning\nlog_type notice\nmax_inflight_messages 1000\n'
FORGETFUL = 'autosave_interval 1800\n'  # Mosquitto's default
# The README's advice; and no archive, which nothing here asks for: Prosody's own storage reads all of it for each
# message, and after half an hour it does nothing else.
PROSODY = 'component_conflict_resolve = "kick_old"\ndefault_archive_policy = false'


class Endpoint:
    """What Gateway needs of a server, with the proxy's port where there is one."""

    def __init__(self, server, port):
        self.host, self.port, self.root, self.cafile = HOST, port, server.root, None
        self.gateway, self.gateway_password = server.gateway, server.gateway_password


class Load:
    """One load process."""

    def __init__(self, side, script, port, options, directory):
        self.side, self.path = side, os.path.join(directory, script + '.journal')
        self.reader = Reader(self.path)
        self.errors = os.path.join(directory, script + '.log')
        with open(self.errors, 'wb') as log:
            self.process = subprocess.Popen(
                [sys.executable, os.path.join(HERE, script + '.py'), '--port', str(port), '--pairs', str(options.pairs),
                 '--rate', str(options.rate / 2), '--seed', str(options.seed), '--journal', self.path],
                stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
            )

    def say(self, word):
        try:
            self.process.stdin.write(word.encode() + b'\n')
            self.process.stdin.flush()
        except BrokenPipeError:
            pass

    def check(self):
        if self.process.poll() is not None:
            with open(self.errors, encoding='utf-8', errors='replace') as log:
                raise Failed('the load process %s ended: %s' % (self.side, log.read()[-2000:]))


class Place:
    def __init__(self, options, server, bridge=Gateway):
        self.options = options
        self.directory = scratch('faults', keep=bool(options.keep))
        pairs = range(options.pairs)
        self.broker = Mosquitto(
            users={'b%d@%s' % (n, HOSTED): 'pb%d' % n for n in pairs},
            conf=BROKER + (FORGETFUL if options.forgetful else ''), directory=self.directory,
        )
        accounts = {'a%d' % n: 'pa%d' % n for n in pairs}
        if server == 'prosody':
            self.xmpp = Prosody(accounts=accounts, extra=PROSODY, level='warn', directory=self.directory)
        else:
            self.xmpp = Ejabberd(accounts=accounts, directory=self.directory)
        component, broker = self.xmpp.component, self.broker
        self.proxies = {}
        if options.proxied:
            self.proxies = {
                'component': Proxy(component.port, '%s component' % options.seed),
                'broker': Proxy(broker.port, '%s broker' % options.seed),
            }
            component = Component(HOST, self.proxies['component'].port, component.domain, component.secret)
            broker = Endpoint(broker, self.proxies['broker'].port)
        self.store = os.path.join(self.directory, 'store')
        os.mkdir(self.store)
        self.gateway = bridge(
            broker, component, directory=self.directory,
            options={'limits': {'user-rate': 0}, 'store': {'path': os.path.join(self.store, 'ferry.db')},
                     **options.ferry},
        )
        self.loads, self.account, self.supervisor = [], Account(), None
        self.ended = False  # the load processes were told to end

    async def start(self):
        for proxy in self.proxies.values():
            await proxy.start()
        await asyncio.gather(asyncio.to_thread(self.broker.start), asyncio.to_thread(self.xmpp.start))
        self.supervisor = asyncio.ensure_future(self.gateway.supervise())
        await self.gateway.settled()
        self.loads = [
            Load('x', 'load_xmpp', self.xmpp.port, self.options, self.directory),
            Load('m', 'load_mqtt', self.broker.port, self.options, self.directory),
        ]
        await self.until(self.friends, 60, 'friends: everybody sees everybody')

    def friends(self):
        """Everybody sees their counterpart."""
        return all(
            len([1 for pair in self.account.views[side].values() if pair and pair[-1][1] not in (None, 'offline')])
            == self.options.pairs
            for side in 'xm'
        )

    def read(self):
        for load in self.loads:
            if not self.ended:
                load.check()
            self.account.read(load.reader, load.side)
        self.account.catch_up()

    async def until(self, condition, timeout, what):
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while True:
            self.read()
            if condition():
                return
            if loop.time() > deadline:
                raise Failed('no %s within %d s; logs: %s' % (what, timeout, self.directory))
            await asyncio.sleep(0.1)

    def say(self, word):
        for load in self.loads:
            load.say(word)

    async def end(self):
        if self.ended:
            return
        self.ended = True
        self.say('end')
        for load in self.loads:
            try:
                await asyncio.to_thread(load.process.wait, 5)
            except subprocess.TimeoutExpired:
                load.process.kill()
                load.process.wait()
        if self.supervisor:
            self.supervisor.cancel()
            await asyncio.wait([self.supervisor])
        for proxy in self.proxies.values():
            proxy.close()
        self.xmpp.kill()
        self.broker.kill()
