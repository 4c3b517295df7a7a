"""A site where two people talk all the time, and must not notice what the others do."""
import asyncio
import contextlib

from clients import uid_of
from lab import HOSTED, Lab

NAMES = ['a+b#c', '$sys', '%u%c', 'x=2by', '{root}', 'ü.漢', 'a!b~c^d*e(f)[g]{h}|i\\j;k,l?m`n', '-dash', '..']


class Watched(Lab):
    """carol and ben talk all the time, and must not notice anything."""

    async def open(self):
        self.witness = await self.friends()
        self.clients.clear()  # they stay
        self.rounds = 0

    async def converse(self):
        carol, ben = self.witness
        while not self.enough:
            self.rounds += 1
            carol.message(ben.jid, 'from carol %d' % self.rounds)
            await ben.wait_message('from carol %d' % self.rounds)
            await ben.message(carol.full, 'from ben %d' % self.rounds)
            await carol.wait_message('from ben %d' % self.rounds)

    @contextlib.asynccontextmanager
    async def unnoticed(self):
        carol, ben = self.witness
        marks = carol.mark(), ben.mark()
        before, rounds = self.count('event=link.') + self.count('ready '), self.rounds
        self.enough = False
        talk = asyncio.ensure_future(self.converse())
        try:
            yield
            while self.rounds < rounds + 3 and not talk.done():
                await asyncio.wait({talk}, timeout=0.02)
        finally:
            self.enough = True
            await talk  # an error of the conversation is the case's
        assert self.ferryd.alive() and self.count('event=link.') + self.count('ready ') == before, 'a link was lost'
        others = [
            s
            for s in carol.events[marks[0] :]
            if s.name in ('presence', 'message') and s['type'] in ('unavailable', 'error')
        ]
        others += [p for p in ben.events[marks[1] :] if p.json and p.json.get('state') in ('offline', 'failed')]
        assert not others, 'the others noticed: %s' % others


def setup_with(server_class):
    @contextlib.asynccontextmanager
    async def setup():
        routes = ['user *@%s {root}/u/{uid}' % HOSTED, 'user c0@%s {root}/u/{uid} format=cbor' % HOSTED]
        site = Watched(server_class, routes=routes, options={'limits': {'user-rate': 0}})
        site.broker.add_user('c0@' + HOSTED, 'pc')
        for name in NAMES:
            site.broker.add_user(uid_of('%s@%s' % (name, HOSTED)), 'pn')
        try:
            await asyncio.to_thread(site.start)
            await site.open()
            yield site
        finally:
            site.stop()

    return setup
