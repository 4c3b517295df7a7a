"""What is broken when: a list of steps from a seed. The same seed and options give the same list."""
import random
from collections import namedtuple

# at: seconds from the start of the faults; what: a name of GROUPS; seconds: how long it lasts
Step = namedtuple('Step', 'at what seconds')

# group: {name: (how often beside the others, from, to seconds)}
GROUPS = {
    'kill': {'ferryd.kill': (6, 0, 0), 'ferryd.term': (2, 0, 0), 'ferryd.stop': (2, 0.3, 4),
             'ferryd.stop-kill': (2, 0.2, 2)},
    'broker': {'broker.kill': (3, 0, 1.5), 'broker.term': (1, 0, 1.5), 'broker.stop': (2, 0.3, 5)},
    'xmpp': {'xmpp.kill': (2, 0, 1.5), 'xmpp.term': (1, 0, 1.5), 'xmpp.stop': (2, 0.3, 5)},
    'cut': {'cut.%s.%s' % (link, kind): (1, low, high)
            for link in ('component', 'broker')
            for kind, low, high in (('hole', 0.5, 4), ('delay', 0.5, 4), ('trickle', 0.5, 3), ('half', 0.2, 2),
                                    ('reset', 0, 0))},
    'disk': {'disk.full': (2, 0.5, 4), 'store.locked': (2, 0.3, 5), 'store.readonly': (1, 0.5, 2)},
    'clock': {'clock.forward': (1, 0.5, 5), 'clock.back': (1, 0.5, 5)},
}
CALM, CALM_EVERY = 14, 60  # s: presence has to be true 10 s after the last fault, so there must be such times


def mixed(seed, seconds, groups, gap, calm=True):
    """Faults of these groups at random moments, `gap` seconds apart in the mean; some come on top of one another."""
    chance = random.Random('schedule %s' % seed)
    names = {name: values for group in groups for name, values in GROUPS[group].items()}
    steps, at, calm_at = [], 0.5, CALM_EVERY
    while True:
        at += chance.expovariate(1 / gap)
        if calm and at > calm_at:
            at += CALM
            calm_at = at + CALM_EVERY
        if at >= seconds:
            return steps
        # First the group, so that one with many names is not all there is.
        group = chance.choice(sorted(groups))
        own = sorted(name for name in names if name in GROUPS[group])
        name = chance.choices(own, [names[n][0] for n in own])[0]
        low, high = names[name][1:]
        steps.append(Step(round(at, 3), name, round(chance.uniform(low, high), 3)))


def kills(seed, count, stops=0.0):
    """`count` SIGKILLs of ferryd: most at a random moment of its work, some while it still starts. `at` is not a time
    here but how long after its previous start's `ready` (or, negative: after the start itself) the next one comes."""
    chance = random.Random('kills %s' % seed)
    steps = []
    for _ in range(count):
        starting = chance.random() < 0.1
        at = -chance.uniform(0.001, 0.3) if starting else chance.uniform(0.0, 1.2)
        if not starting and chance.random() < stops:
            steps.append(Step(round(at, 3), 'ferryd.stop-kill', round(chance.uniform(0.1, 1.5), 3)))
        else:
            steps.append(Step(round(at, 3), 'ferryd.kill', 0))
    return steps


def text(steps):
    return '\n'.join('  %8.3f s  %-22s %s' % (s.at, s.what, '%.3f s' % s.seconds if s.seconds else '') for s in steps)
