"""What both load processes have in common: their pace, their commands, their journal.

A load process is told on its standard input, a line each: `go` (talk), `stop` (say nothing new, be present, finish what
is open), `end`. Its end is also the end of the input: no client outlives the harness.
"""
import argparse
import asyncio
import random
import sys

from journal import Writer

RETRY = 10  # s: after so long without an answer a client asks again
PADDING = '.' * 120


def arguments(text):
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--pairs', type=int, required=True)
    parser.add_argument('--rate', type=float, required=True, help='messages a second of all pairs together')
    parser.add_argument('--seed', required=True)
    parser.add_argument('--journal', required=True)
    parser.add_argument('--domain', default='localhost')
    parser.add_argument('--hosted', default='mqtt.localhost')
    parser.add_argument('--no-receipts', action='store_true')
    return parser.parse_args()


def body(letter, pair, n):
    return '%s %d %d %s' % (letter, pair, n, PADDING)


def parse_body(text, letter):
    """(pair, n), or None when it is none of ours."""
    parts = (text or '').split(' ', 3)
    return (int(parts[1]), int(parts[2])) if len(parts) == 4 and parts[0] == letter else None


class Load:
    """People: objects with keep(), say(), ask(), change_presence(), settle(), retry(); pair is their number."""

    def __init__(self, options, person):
        self.options, self.log = options, Writer(options.journal)
        self.random = random.Random('%s %s' % (options.seed, person.__name__))
        self.talking = self.stopped = False
        self.people = [person(self, pair) for pair in range(options.pairs)]

    async def run(self):
        keepers = [asyncio.ensure_future(person.keep()) for person in self.people]
        commands = asyncio.ensure_future(self.commands())
        tasks = [asyncio.ensure_future(task) for task in (self.talk(), self.fidget(), self.housekeeping())]
        done, _ = await asyncio.wait([commands, *tasks, *keepers], return_when=asyncio.FIRST_COMPLETED)
        self.log.flush()
        for task in done:
            task.result()  # a fault of this program is not silent

    async def commands(self):
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while True:
            line = (await reader.readline()).decode().strip()
            if line in ('', 'end'):
                return
            self.talking, self.stopped = line == 'go', line == 'stop'
            if line == 'stop':
                for person in self.people:
                    person.settle()

    async def talk(self):
        """Messages at the wanted pace, from people taken at random, in little bursts as people write."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            await asyncio.sleep(0.01)
            if not self.talking:
                due = loop.time()
            while self.talking and due < loop.time():
                due += self.random.expovariate(self.options.rate)
                self.random.choice(self.people).say()

    async def fidget(self):
        """Presence changes and requests: each person about every four seconds."""
        while True:
            await asyncio.sleep(4 / max(1, len(self.people)))
            if self.talking:
                person = self.random.choice(self.people)
                person.change_presence() if self.random.random() < 0.4 else person.ask()

    async def housekeeping(self):
        while True:
            await asyncio.sleep(0.25)
            for person in self.people:
                person.retry()
            self.log.flush()
