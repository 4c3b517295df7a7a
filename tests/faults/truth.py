"""Is anybody shown as what they are not? Ten seconds after the last fault and the last change, no."""
from patience import patient

LIMIT = patient(10)  # s
# s: so late a client writes down that its connection has ended, when others have heard it from the broker already
LATE = 1


def calm_times(faults, start, end):
    """[(from, to)]: nothing is broken."""
    times, at = [], start
    for fault in sorted(faults, key=lambda f: f.start):
        if fault.start > at:
            times.append((at, fault.start))
        at = max(at, fault.end or end)
    if end > at:
        times.append((at, end))
    return times


def spans(changes, end):
    """(from, to, value) of a list of (time, value)."""
    for index, (time, value) in enumerate(changes):
        until = changes[index + 1][0] if index + 1 < len(changes) else end
        if until > time:
            yield time, until, value


def value_at(changes, time):
    value = None
    for when, what in changes:
        if when > time:
            break
        value = what
    return value


def false_presence(account, faults, start, end):
    """Texts, one for each time that somebody saw a state that was false for longer than LIMIT."""
    found = []
    calm = [(a, b) for a, b in calm_times(faults, start, end) if b - a > LIMIT]
    for side in 'xm':
        owner = 'm' if side == 'x' else 'x'
        for pair, views in sorted(account.views[side].items()):
            truth = account.truth[owner][pair]
            here = [(time, state != 'offline') for time, state in account.truth[side][pair] if state is not None]
            for since, until, state in spans(truth, end):
                if state is None:
                    continue
                for calm_from, calm_until in calm:
                    low, high = max(since, calm_from) + LIMIT, min(until, calm_until) - LATE
                    if low >= high:
                        continue
                    moments = [low] + [time for time, _ in views if low < time < high]
                    for moment in moments:
                        # Somebody who is away, or has just come, sees nothing to complain of.
                        came = max([t for t, there in here if t <= moment] or [end])
                        if not value_at(here, moment) or moment - came < LIMIT:
                            continue
                        seen = value_at(views, moment) or 'offline'
                        if seen != state:
                            found.append('%s%d sees %s since %.3f, but it is %s since %.3f (looked at %.3f)' % (
                                'a' if side == 'x' else 'b', pair, seen,
                                max([t for t, _ in views if t <= moment] or [0]), state, since, moment))
                            break
    return found
