"""A whole server's people move and come back, while others write and ferryd dies: the case, for each server.

FERRY_TEST_PEOPLE=500 FERRY_TEST_PATIENCE=20 makes it the real thing; without, a dozen people do the same steps.
FERRY_TEST_KILLS=100: no step begins before its share of so many kills, of ferryd and ferryctl together.
"""
import asyncio
import contextlib
import itertools
import os
import random

from clients import MqttClient
from migrate_site import ROSTER, held_item, seed, site_of
from process import Failed

PAIRS = 3  # who write to each other all the time, and are told nothing
RATE = ('--rate', '50')
KILLS = int(os.environ.get('FERRY_TEST_KILLS') or 0)
STEPS = 7


class Interrupted:
    """ferryctl, killed a few times at moments that nobody chose, then until a ferryd is there that hears it."""

    def __init__(self, site, moments):
        self.site, self.moments, self.count = site, moments, 0

    async def migrate(self, *arguments):
        for _ in range(self.moments.randrange(1, 5)):
            seconds = self.moments.uniform(0, 0.03)  # it is quick
            self.count += await asyncio.to_thread(self.site.ferryd.ctl_killed, seconds, 'migrate', *arguments)
        return await _insist(self.site, *arguments)


async def _insist(site, *arguments):
    while True:
        try:
            return await site.said('migrate', *arguments)
        except (Failed, ValueError):
            await asyncio.sleep(0.2)


async def _phone(site, jid):
    """Not as site.mqtt(): a request may go under with the ferryd that was to answer it."""
    phone = MqttClient(site.broker, jid, 'phone')
    site.clients.append(phone)
    return await phone.connect()


class Deaths:
    """ferryd is killed at moments that nobody chose, and comes again."""

    def __init__(self, site, moments):
        self.site, self.moments, self.count = site, moments, 0
        self.task = asyncio.ensure_future(self._go_on())

    async def _go_on(self):
        while True:
            # The moment; so seldom that a server of two cores can log all of them in in between.
            await asyncio.sleep(self.moments.uniform(0, 3 + len(self.site.people) / 25))
            self.site.ferryd.kill()
            await self.site.ferryd.start_async()
            await asyncio.to_thread(self.site.ferryd.wait_ready)
            self.count += 1

    async def end(self):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task
        if self.site.ferryd.process.poll() is not None:
            await self.site.ferryd.start_async()
        await asyncio.to_thread(self.site.ferryd.wait_ready)


class Talk:
    """One of a pair writes to the other, who has an XMPP client all the time and a phone for a while."""

    def __init__(self, writer, reader, pace):
        self.writer, self.reader, self.phone, self.count, self.pace = writer, reader, None, 0, pace

    async def go_on(self, moments, ended):
        while not ended.is_set():
            self.writer.message(self.reader.bare, 'talk %d' % self.count)
            self.count += 1
            await asyncio.sleep(moments.uniform(0, self.pace))

    def check(self, before, left_once):
        """left_once: these went back in between."""
        bodies = ['talk %d' % n for n in range(self.count)]
        desk = [s['body'] for s in self.reader.all(lambda s: s.name == 'message' and s['body'].startswith('talk '))]
        seen = {}  # a repeated publish is one message: its id says so
        for event in self.phone.all(lambda e: e.topic == 'in/msg' and e.json['body'].startswith('talk ')):
            seen.setdefault(event.json['id'], event.json['body'])
        for where, got in (('desk', desk), ('phone', list(seen.values()))):
            order = [bodies.index(body) for body in got]
            assert order == sorted(set(order)), '%s of %s: %s' % (where, self.reader.bare, order)
            if order and (where == 'desk' or self.reader.bare not in left_once):
                assert len(order) == order[-1] - order[0] + 1, '%s of %s: %s' % (where, self.reader.bare, order)
        missing = set(bodies) - set(desk) - set(seen.values())
        assert not missing, missing
        for client in (self.reader, self.writer):  # Prosody pushes what nobody has changed
            for push in client.all(lambda s: s.name == 'iq' and s['type'] == 'set'):
                for item in push.xml.iter(ROSTER + 'item'):
                    assert held_item(item) == before[client.bare]['contact ' + item.get('jid')], push
        return len(desk), len(seen)


async def everybody_moves_and_comes_back(server_class):
    moments = random.Random(seed())
    async with site_of(server_class) as site:
        people = site.people
        clients = [await site.xmpp(jid) for jid in people[: 2 * PAIRS]]
        # People's pace, and slower where it takes long: each message costs ejabberd's archive (Mnesia) as much again as
        # all that it has of that account, and behind a thousand of them it stands still for minutes.
        pace = 0.4 * max(1, len(people) / 50)
        talks = [Talk(clients[2 * n], clients[2 * n + 1], pace) for n in range(PAIRS)]
        clients[0].message(people[-1], 'kept for you')  # who is offline
        ended = asyncio.Event()
        load = [asyncio.ensure_future(talk.go_on(moments, ended)) for talk in talks]

        ferryctl = Interrupted(site, moments)
        if site.server.name == 'prosody':  # the other keeps its data in Mnesia, which only an export reads
            await ferryctl.migrate('import', '--apply', site.server.directory)
        await ferryctl.migrate('plan', '--cohort', 'all', '--apply', *people)
        assert len((await site.said('migrate', 'status', 'all'))['accounts']) == len(people)
        deaths = Deaths(site, moments)
        steps = itertools.count(1)

        async def killed_enough():
            share = KILLS * next(steps) // STEPS
            while deaths.count + ferryctl.count < share:
                await asyncio.sleep(0.5)

        async def go(to, whom):
            await ferryctl.migrate('start', '--to', to, '--apply', *RATE, *whom)
            await killed_enough()
            await site.until(to, 'all', who=() if whom[0] == '--cohort' else whom)

        first, tenth = people[:10], people[: max(2, len(people) // 10)]
        await go('shadow', ('--cohort', 'all'))
        await go('dual', first)
        for talk in talks:
            talk.phone = await _phone(site, talk.reader.bare)
        await go('moved', tenth)
        await ferryctl.migrate('back', '--apply', *tenth[-2:])
        await killed_enough()
        await site.until('legacy', 'all', who=tenth[-2:])
        await go('shadow', tenth[-2:])  # their cohort goes on without them otherwise
        await go('moved', ('--cohort', 'all'))
        late = await _phone(site, people[-1])
        await late.wait_message('kept for you', timeout=60)
        await late.disconnect()
        clients[0].message(people[-1], 'while you were away')
        late = await _phone(site, people[-1])
        await late.wait_message('while you were away', timeout=60)

        await ferryctl.migrate('back', '--apply', '--cohort', 'all')
        await killed_enough()
        await site.until('legacy', 'all')
        await deaths.end()
        await site.until('legacy', 'all')
        ended.set()
        await asyncio.gather(*load)
        for talk in talks:
            await talk.reader.wait_message('talk %d' % (talk.count - 1), timeout=60)
        await site.as_before()
        counts = list(itertools.chain.from_iterable(talk.check(site.before, tenth[-2:]) for talk in talks))
        print('     %d people, %d deaths of ferryd, %d of ferryctl, messages at desk and phone: %s'
              % (len(people), deaths.count, ferryctl.count, counts))
