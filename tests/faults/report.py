"""A result as a table for people, and as JSON."""
import schedule
from truth import LIMIT

WAYS = (('x', 'XMPP to MQTT'), ('m', 'MQTT to XMPP'))
ROWS = ('sent', 'acknowledged', 'delivered', 'failed', 'lost', 'duplicated', 'reordered', 'overtaken at the server', 'excepted',
        'repeated, same id', 'sent again', 'never acknowledged', 'failed yet delivered', 'delivered receipt, yet lost')
REQUIRED = ('lost', 'duplicated', 'reordered', 'delivered receipt, yet lost')


def percentile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))] if values else 0.0


def as_dict(result):
    options, score = result.options, result.score
    out = {'server': result.server, 'seed': str(options.seed), 'failed': result.failed, 'problems': result.problems,
           'seconds': round(result.seconds, 1), 'false presence': result.false, 'memory': result.memory}
    faults = {}
    for fault in result.faults:
        faults[fault.what] = faults.get(fault.what, 0) + 1
    out['faults'] = faults
    if score:
        out['ways'] = {name: {row: score.ways[way][row] for row in ROWS} for way, name in WAYS}
        out['latency'] = {name: {'p50': round(percentile(score.latency[way], 0.5), 4),
                                 'p99': round(percentile(score.latency[way], 0.99), 4)} for way, name in WAYS}
        out['requests'] = {'XMPP': dict(score.requests['x']), 'MQTT': dict(score.requests['m'])}
        out['exceptions'] = dict(score.exceptions)
        out['broken'] = score.bad
        out['per kill'] = {}
        for what, kinds in (('ferryd.kill', ('inbound', 'again')), ('ferryd.stop-kill', ('inbound', 'again')),
                            ('ferryd.term', ('again',)), ('xmpp.kill', ('lost in', 'forwarded', 'again'))):
            own = [f for f in result.faults if f.what == what]
            for kind in kinds if own else ():
                worst, mean, count = score.spread(kind, own)
                out['per kill']['%s: %s' % (what, kind)] = {'worst': worst, 'mean': round(mean, 2), 'of': count}
    return out


def as_text(result):
    data = as_dict(result)
    lines = ['', '%s, seed %s, %.0f s, %s' % (
        result.server, result.options.seed, result.seconds,
        ', '.join('%d x %s' % (n, what) for what, n in sorted(data['faults'].items())) or 'no fault')]
    if result.score:
        lines.append('  %-34s %14s %14s' % ('', *(name for _, name in WAYS)))
        for row in ROWS:
            values = [data['ways'][name][row] for _, name in WAYS]
            if any(values) or row in REQUIRED:
                mark = '   <<<' if row in REQUIRED and any(values) else ''
                lines.append('  %-34s %14d %14d%s' % (row, *values, mark))
        lines.append('  %-34s %14s %14s' % ('latency p50 / p99, ms', *(
            '%.0f / %.0f' % (1000 * l['p50'], 1000 * l['p99']) for l in data['latency'].values())))
        for side, counts in data['requests'].items():
            lines.append('  requests from %-4s                 asked %d, answered %d, asked again %d, unanswered %d%s' % (
                side, counts.get('asked', 0), counts.get('answered', 0), counts.get('asked again', 0),
                counts.get('unanswered', 0), '   <<<' if counts.get('unanswered') else ''))
        wrong = '   <<<' if result.false else ''
        lines.append('  false presence older than %-2.0f s     %d%s' % (LIMIT, len(result.false), wrong))
        if data['exceptions']:
            lines.append('  excepted (README.md says why):')
            lines += ['    %-50s %6d' % item for item in sorted(data['exceptions'].items())]
        if data['per kill']:
            lines.append('  per fault                                              worst    mean      of')
            lines += ['    %-50s %6d %8.2f %6d' % (what, v['worst'], v['mean'], v['of'])
                      for what, v in data['per kill'].items()]
    if result.memory:
        lines.append('  memory of ferryd: %(first)d kB in the first life, %(last)d kB in the last, %(most)d kB at most; '
                     '%(growth per minute)+d kB a minute within long lives; %(lives)d lives' % result.memory)
    if result.failed:
        lines.append('  FAILED')
        broken = result.problems + (result.score.bad if result.score else []) + result.false
        lines += ['    ' + text for text in broken[:60]]
        if len(broken) > 60:
            lines.append('    ... and %d more' % (len(broken) - 60))
    return '\n'.join(lines)


def replay(result):
    """What one needs to see it again."""
    lines = ['replay: tools/soak %s' % result.options.again(result.server), 'schedule:']
    steps = result.steps if len(result.steps) <= 200 else result.steps[:200]
    lines.append(schedule.text(steps) or '  (none)')
    if len(steps) < len(result.steps):
        lines.append('  ... %d more, from the same seed' % (len(result.steps) - len(steps)))
    return '\n'.join(lines)
