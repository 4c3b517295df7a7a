"""The bare bridge in ferryd's place: the same server, the same load from XMPP, the same kills."""
import asyncio
import os
import sys
import time

import schedule
from breaker import Breaker
from campaign import Result, kill_again_and_again, silence
from gateway import Gateway
from journal import Reader
from place import HERE, Load, Place
from score import Score


class BareBridge(Gateway):
    """Gateway's supervision around another program."""

    name = 'bare'

    def program(self):
        component = self.sections['component']
        return [sys.executable, os.path.join(HERE, 'bare_bridge.py'), str(component['port']), component['domain'],
                self.secret, self.journal]


class BareJournal:
    """In the place of the MQTT people's load process."""

    side = 'm'

    def __init__(self, path):
        self.reader = Reader(path)

    def check(self):
        pass

    def say(self, word):
        pass


async def bare_campaign(options, server):
    result = Result(options, 'a bare bridge on ' + server)
    place = Place(options, server, bridge=BareBridge)
    place.gateway.secret, place.gateway.journal = place.xmpp.component.secret, os.path.join(place.directory, 'bare')
    try:
        await asyncio.to_thread(place.xmpp.start)
        place.supervisor = asyncio.ensure_future(place.gateway.supervise())
        await place.gateway.settled()
        place.loads = [Load('x', 'load_xmpp', place.xmpp.port, options, place.directory),
                       BareJournal(place.gateway.journal)]
        place.account.answers = False
        await place.until(lambda: len(place.account.truth['x']) == options.pairs, 60, 'XMPP people')
        began = time.monotonic()
        place.say('go')
        await asyncio.sleep(1)
        breaker = Breaker(place)
        result.steps = schedule.kills(options.seed, options.kills, 0.1 if options.stops else 0)
        await kill_again_and_again(breaker, result.steps)
        place.say('stop')
        await silence(place)
        end = time.monotonic()
        place.read()
        result.seconds, result.faults = end - began, breaker.faults
        place.account.requests.clear()  # it answers nothing
        result.score = Score(place.account, result.faults, '', end)
    finally:
        place.loads = place.loads[:1]
        await place.end()
    return result
