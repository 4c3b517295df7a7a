"""One run: everything is started, people talk, things break by the schedule, people fall silent, accounts are read."""
import asyncio
import shutil
import time

import schedule
from breaker import Breaker, Fault
from place import Place
from patience import patient
from score import Score
from surroundings import Disk, WallClock
from truth import false_presence

QUIET = patient(12)  # s: nothing has arrived for so long: what is still missing is missing
LONGEST = patient(120)  # s: for everything to arrive at the end
GIVING_BACK = 5  # s: ferryd ends that much later than its store failed, where the XMPP server stands still (tick.cpp)
SETTLE = patient(11)  # s of calm at the end, in which presence must become true


class Result:
    """What a report is made of."""

    def __init__(self, options, server):
        self.options, self.server = options, server
        self.score = self.lives = None
        self.faults, self.problems, self.false = [], [], []
        self.steps, self.seconds, self.memory = [], 0.0, None

    @property
    def failed(self):
        return bool(self.problems or self.false or self.score is None or self.score.bad)


async def campaign(options, server, say):
    result = Result(options, server)
    place = Place(options, server)
    disk = Disk(place.store, options.minutes * 60 * options.rate) if 'disk' in options.groups else None
    wall = WallClock(place.gateway) if 'clock' in options.groups else None
    breaker = Breaker(place, disk, wall)
    try:
        await place.start()
        began = time.monotonic()
        place.say('go')
        await asyncio.sleep(1)
        if options.kills:
            result.steps = schedule.kills(options.seed, options.kills, 0.1 if options.stops else 0)
            work = kill_again_and_again(breaker, result.steps)
        else:
            result.steps = options.steps(server)
            work = by_the_clock(breaker, result.steps, options.minutes * 60, options.start_at)
        await either(work, progress(place, breaker, began, say))
        place.say('stop')
        await silence(place)
        end = time.monotonic()
        result.seconds = end - began
        result.lives = place.gateway.lives
        await place.end()
        place.read()
        judge(result, place, breaker, began, end)
    except Exception as problem:
        result.problems.append('%s: %s' % (type(problem).__name__, problem))
        if options.trace:
            raise
    finally:
        await place.end()
        if disk:
            if options.keep:  # the small disk goes
                shutil.copytree(place.store, place.store + '-kept', ignore=shutil.ignore_patterns('*.sock'))
            disk.close()
    return result


async def either(work, watch):
    """Until the work is done, or the watch finds what ends it: a load that died."""
    tasks = [asyncio.ensure_future(work), asyncio.ensure_future(watch)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()


async def kill_again_and_again(breaker, steps):
    gateway = breaker.place.gateway
    for step in steps:
        if step.at >= 0:
            await gateway.settled(90)
            await asyncio.sleep(step.at)
        else:
            await asyncio.sleep(-step.at)
        # Not run(): it waits until everything is well again, and this goes for the moments before, too.
        fault = Fault(step.what)
        breaker.faults.append(fault)
        life = len(gateway.lives)
        await getattr(breaker, step.what.replace('.', '_').replace('-', '_'))(step.seconds)
        while len(gateway.lives) == life:
            await asyncio.sleep(0.005)
        fault.end = time.monotonic()
    await gateway.settled(90)


async def by_the_clock(breaker, steps, seconds, start_at):
    loop = asyncio.get_running_loop()
    began = loop.time() - start_at
    tasks = []
    for step in steps:
        await asyncio.sleep(max(0, began + step.at - loop.time()))
        tasks.append(asyncio.ensure_future(breaker.run(step)))
        for task in tasks:
            if task.done():
                task.result()
        tasks = [task for task in tasks if not task.done()]
    await asyncio.sleep(max(0, began + seconds - loop.time()))
    if tasks:
        await asyncio.gather(*tasks)


async def silence(place):
    """Until nothing is missing any more, or nothing has come for a long time; and the calm that presence needs."""
    began = time.monotonic()
    while True:
        await asyncio.sleep(0.2)
        place.read()
        now = time.monotonic()
        calm = now - began
        quiet = now - max(began, place.account.last_progress)
        if calm > SETTLE and (place.account.outstanding() == 0 or quiet > QUIET or calm > LONGEST):
            return


async def progress(place, breaker, began, say):
    while True:
        await asyncio.sleep(5)
        place.read()
        account = place.account
        say('  %5.0f s  %4d faults  XMPP to MQTT %6d of %6d  MQTT to XMPP %6d of %6d  requests open %d' % (
            time.monotonic() - began, len(breaker.faults), account.closed['x'], account.sent['x'],
            account.closed['m'], account.sent['m'], account.open_requests()))


def judge(result, place, breaker, began, end):
    faults = result.faults = list(breaker.faults)
    lives = place.gateway.lives
    for when, code, line in place.gateway.ended_by_itself:
        after = next((life.ready for life in lives if life.ready and life.ready > when), None)
        own = Fault('ferryd ended')
        own.start, own.end, own.note = when, after, line
        if not any(
            f.what.startswith(('disk.', 'store.')) and f.start <= when <= (f.end or end) + GIVING_BACK for f in faults
        ):
            result.problems.append('ferryd ended by itself with code %s at %.3f: %s' % (code, when, line))
        faults.append(own)
    for fault in faults:  # until it is ready again, whoever killed it does not wait for that
        if fault.what.startswith('ferryd'):
            back = next((life.ready for life in lives if life.ready and life.ready > fault.start), end)
            fault.end = max(fault.end or back, back)
    faults.sort(key=lambda f: f.start)
    result.false = false_presence(place.account, faults, began, end)
    result.score = Score(place.account, faults, place.gateway.sections['store']['path'], end)
    result.memory = memory(lives)
    if result.memory and not result.memory['flat']:
        result.problems.append('memory grows: %s' % result.memory)


PAGE_CACHE = 4096  # kB, of ferryd's store (gateway/store/store.cpp); it fills as the store grows


def memory(lives):
    """Within the lives that were long enough, and from life to life."""
    long = [life.memory for life in lives if len(life.memory) > 60]
    ends = [life.memory[-1][1] for life in lives if life.memory]
    if not ends:
        return None
    found = {'first': ends[0], 'last': ends[-1], 'most': max(ends), 'lives': len(lives), 'growth per minute': 0}
    too_much = False
    for samples in long:
        # The first half is warming up: caches, pages of the allocator.
        half = samples[len(samples) // 2:]
        minutes = (half[-1][0] - half[0][0]) / 60
        growth = (half[-1][1] - half[0][1]) / minutes
        too_much = too_much or growth * minutes > 512 * minutes + PAGE_CACHE
        if abs(growth) > abs(found['growth per minute']):
            found['growth per minute'] = round(growth)
    found['flat'] = not too_much and ends[-1] < max(2 * ends[0], ends[0] + 32768)
    return found
