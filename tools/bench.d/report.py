"""The report as text: ratios and goals first, figures after them."""
import statistics

GOAL_TRANSLATOR = 2.0  # times expat's bare parse of the same bytes
GOAL_CPU = 35  # us a message, ledger, outbox and full translation included
GOAL_NAIVE = 3.0  # times the messages of a naive Python bridge
GOAL_SAFE = 0.6  # of the messages/s of the experiment that never waits for the disk
GOAL_FLOOD = 2.0  # times the p99 of two people while somebody else floods
GOAL_RSS = 30  # MB with 1,000 users
GOAL_SESSION = 100  # kB of a session over TLS
GOAL_LOGIN = 60  # s of CPU, the log-in of all sessions
GOAL_DISTURBED = 1.5  # times the p99 of the others without: that they do not notice
WAYS = {'x2m': 'XMPP to MQTT', 'm2x': 'MQTT to XMPP', 'x2x': 'component to component', 'm2m': 'publisher to subscriber'}


def _ratio(a, b):
    return a / b if b else float('nan')


def _goal(what, value, goal, unit, below=True):
    good = value <= goal if below else value >= goal
    sign = '<=' if below else '>='
    return '  %-62s %9.2f %-9s goal %s %g  %s' % (what, value, unit, sign, goal, 'reached' if good else 'MISSED')


def _translate_ratios(lines, end, floor, kind):
    return [_ratio(line[end][kind], line[floor][kind]) for line in lines if end in line]


def _goals_translate(part):
    lines, out = part['stanzas'], []
    for end, floor, name in (('in', 'floor', 'stanza to publish'), ('out', 'out_floor', 'publish to stanza')):
        for kind in ('instructions', 'ns'):
            ratios = _translate_ratios(lines, end, floor, kind)
            if not ratios or kind == 'instructions' and part['counter'] == 'none':
                continue
            what = '%s / bare parse, %s, median of %d stanzas' % (name, kind, len(ratios))
            line = _goal(what, statistics.median(ratios), GOAL_TRANSLATOR, 'x')
            out.append(line + ' (%.2f to %.2f)' % (min(ratios), max(ratios)))
    return out


def _find(part, **wanted):
    return next((run for run in part if all(run[key] == value for key, value in wanted.items())), None)


def _goals_messages(part):
    out = []
    for server in dict.fromkeys(run['server'] for run in part):
        for way in ('x2m', 'm2x'):
            ferry = _find(part, server=server, variant='ferryd', way=way, plan='window')
            naive = _find(part, server=server, variant='naive', way=way, plan='window')
            alone = _find(part, server=server, variant='alone', way='x2x', plan='window')
            if not (ferry and naive and alone):
                continue
            name = '%s, %s: ' % (server, WAYS[way])
            cpu = ferry['processes']['ferryd']['cpu_us']
            out.append(_goal(name + 'CPU of ferryd', cpu, GOAL_CPU, 'us/msg'))
            out[-1] += ' (naive %.1f: %.1f x)' % (
                naive['processes']['naive']['cpu_us'],
                _ratio(naive['processes']['naive']['cpu_us'], cpu),
            )
            rate = ferry['messages_per_second']
            out.append(
                _goal(
                    name + 'messages/s over the naive bridge',
                    rate / naive['messages_per_second'],
                    GOAL_NAIVE,
                    'x',
                    False,
                )
            )
            out[-1] += ' (server alone: %.2f of its rate)' % _ratio(rate, alone['messages_per_second'])
            out += _safety(part, name, server, way)
    return out


def _safety(part, name, server, way):
    """What waiting for the disk costs: messages/s kept, and the p99 beside."""
    full, normal, off = (
        _find(part, server=server, variant=variant, way=way, plan='window') for variant in ('ferryd', 'relaxed', 'off')
    )
    if not (full and normal and off):
        return []
    rates = [run['messages_per_second'] for run in (full, normal, off)]
    line = _goal(name + 'messages/s at durability full over off', _ratio(rates[0], rates[2]), GOAL_SAFE, 'x', False)
    p99 = tuple(run['p99_ms'] for run in (full, normal, off))
    return [line + ' (normal %.2f; p99 full %.1f, normal %.1f, off %.1f ms)' % (_ratio(rates[1], rates[2]), *p99)]


def _translate(part):
    out = ['translators (instructions by %s; ns of CPU time; x: over expat on the same bytes)' % part['counter']]
    out.append('  %-34s %5s | %31s | %31s' % ('', '', 'stanza to publish', 'publish to stanza'))
    out.append(
        '  %-34s %5s | %6s %6s %8s %8s | %6s %6s %8s %8s' % (('stanza', 'bytes') + ('x ins', 'x ns', 'ins', 'ns') * 2)
    )
    for line in part['stanzas']:
        text = '  %-34s %5d' % (line['name'], line['bytes'])
        for end, floor in (('in', 'floor'), ('out', 'out_floor')):
            if end in line:
                a, b = line[end], line[floor]
                text += ' | %6.2f %6.2f %8.0f %8.0f' % (
                    _ratio(a['instructions'], b['instructions']),
                    _ratio(a['ns'], b['ns']),
                    a['instructions'],
                    a['ns'],
                )
        out.append(text)
    kind = 'instructions' if part['counter'] == 'perf_event' else 'ns'
    out += ['', 'stages of the translators, ' + kind]
    for line in part['stanzas']:
        stages = '  '.join('%s %.0f' % (name, cost[kind]) for name, cost in line['stages'].items())
        out.append('  %-34s %s' % (line['name'], stages))
    return out


def _table(part):
    out = ['mapping table (exact rows; look-ups at random)']
    out.append(
        '  %9s %9s %7s %10s %8s %12s %8s %8s'
        % ('rows', 'load ms', 'B/row', 'by_jid ns', 'ins', 'by_topic ns', 'ins', 'add ns')
    )
    for line in part:
        out.append(
            '  %(rows)9d %(load_ms)9.1f %(bytes_per_row)7.0f %(by_jid_ns)10.0f %(by_jid_instructions)8.0f '
            '%(by_topic_ns)12.0f %(by_topic_instructions)8.0f %(add_ns)8.0f' % line
        )
    return out


def _messages(part):
    out = ['messages (QoS 1, 200 bytes; window of 200, then open loops; CPU of each process in us a message)']
    out.append('  ferryd: store.durability = full; relaxed: normal, which does not wait for the disk at each commit;')
    out.append('  off: an experiment, normal with fsync and fdatasync that do nothing')
    out.append('  the rate ends with the last receipt and copy that follow from the messages')
    head = (
        'server',
        'variant',
        'way',
        'plan',
        'msg/s',
        'p50 ms',
        'p99 ms',
        'gw',
        'server',
        'broker',
        'RSS MB',
        'idle',
        'lost',
        'dbl',
    )
    row = '  %-9s %-7s %-4s %-7s %8s %8s %8s %7s %7s %7s %7s %5s %5s %5s'
    out.append(row % head)
    for run in sorted(
        part, key=lambda r: (r['server'], ('window', '500/s', '2000/s').index(r['plan']), r['way'], r['variant'])
    ):
        processes = run['processes']
        gateway = processes.get(
            'naive' if run['variant'] == 'naive' else 'ferryd', {'cpu_us': float('nan'), 'rss_kb': float('nan')}
        )

        def cpu(name):
            return '%.1f' % processes[name]['cpu_us'] if name in processes else ''

        has = run['variant'] != 'alone'
        out.append(
            row
            % (
                run['server'],
                run['variant'],
                run['way'],
                run['plan'],
                '%.0f' % run['messages_per_second'],
                '%.2f' % run['p50_ms'],
                '%.2f' % run['p99_ms'],
                '%.1f' % gateway['cpu_us'] if has else '',
                cpu(run['server']),
                cpu('mosquitto'),
                '%.1f' % (gateway['rss_kb'] / 1024) if has else '',
                '%.0f%%' % (100 * run['generator_idle']),
                run['lost'],
                run['doubled'],
            )
        )
    return out


def _overload_middle(part, way, flood, key):
    return statistics.median(run[key] for run in part if (run['way'], run['flood']) == (way, flood))


def _goals_overload(part):
    out = []
    for way in ('x2m', 'm2x'):
        for flood in ('x2m', 'm2x'):
            quiet, loud = (_overload_middle(part, way, f, 'p99_ms') for f in ('nobody', flood))
            what = 'p99 %s beside a flood %s / without' % (WAYS[way], WAYS[flood])
            out.append(_goal(what, _ratio(loud, quiet), GOAL_FLOOD, 'x'))
    return out


def _overload(part):
    out = ['two people at 40 messages/s while another sends 2,000/s']
    out.append('  %-5s %-7s %9s %9s %9s %7s %5s' % ('way', 'flood', 'p50 ms', 'p99 ms', 'max ms', 'RSS MB', 'lost'))
    for way in ('x2m', 'm2x'):
        for flood in ('nobody', 'x2m', 'm2x'):
            figures = (_overload_middle(part, way, flood, key) for key in ('p50_ms', 'p99_ms', 'max_ms', 'rss_mb'))
            lost = sum(run['lost'] for run in part if (run['way'], run['flood']) == (way, flood))
            out.append('  %-5s %-7s %9.2f %9.2f %9.2f %7.1f %5d' % (way, flood, *figures, lost))
    return out


def _memory(part):
    def mb(key):
        fields = part[key]
        return '%.1f MB RSS (%.1f anonymous), peak %.1f' % tuple(
            fields[f] / 1024 for f in ('VmRSS', 'RssAnon', 'VmHWM')
        )

    return [
        'memory of ferryd, %d users of %d contacts each' % (part['users'], part['contacts']),
        '  %d of %d mutual, %d online' % (part['both'], part['wanted'], part['online']),
        '  without users           ' + mb('empty_kb'),
        '  with them               ' + mb('full_kb'),
        '  after a restart         ' + mb('restarted_kb'),
    ]


def _goals_sessions(part):
    count, login = part['sessions'], part['login']
    quiet = part['phases'][0]['p99_ms']
    return [
        _goal(
            'proportional RSS of a session, of %d in %d workers' % (count, part['workers']),
            part['workers_kb']['pss'] / count,
            GOAL_SESSION,
            'kB',
        ),
        _goal('CPU of the log-in of all', login['cpu_s'], GOAL_LOGIN, 's'),
    ] + [
        _goal('p99 of the others, a worker %s / quiet' % run['phase'], _ratio(run['p99_ms'], quiet), GOAL_DISTURBED, 'x')
        for run in part['phases'][1:]
    ]


def _sessions(part):
    login, link_mb = part['login'], part['link_kb']['rss'] / 1024
    sizes = tuple(part['workers_kb'][kind] / 1024 for kind in ('rss', 'pss', 'anonymous'))
    out = [
        '%d sessions over TLS on one Prosody, %d messages/s to them at random, %d s each'
        % (part['sessions'], part['rate'], part['seconds']),
        '  log-in of all: %(seconds).0f s, CPU %(cpu_s).1f s (the server %(server_cpu_s).1f s)' % login,
        '  %d workers: RSS %.1f MB; shared pages counted once %.1f MB, their own %.1f MB; what drives them %.1f MB'
        % (part['workers'], *sizes, link_mb),
    ]
    row = '  %-8s %7s %8s %9s %8s %8s %10s %6s %10s %10s'
    head = ('worker', 'sent', 'arrived', 'to others', 'p50 ms', 'p99 ms', 'disturbed', 'back', 'last in s', 'but one')
    out.append(row % head)
    for run in part['phases']:
        figures = tuple('%.2f' % run[key] for key in ('p50_ms', 'p99_ms'))
        back = tuple('%.1f' % run[key] for key in ('back_s_most', 'back_s_most_but_one'))
        counted = tuple(run[key] for key in ('phase', 'sent', 'arrived', 'to_others'))
        out.append(row % (*counted, *figures, run['disturbed'], run['back'], *back))
    return out


def text(result):
    goals = []
    if 'translate' in result:
        goals += _goals_translate(result['translate'])
    if 'messages' in result:
        goals += _goals_messages(result['messages'])
    if 'overload' in result:
        goals += _goals_overload(result['overload'])
    if 'memory' in result:
        memory = result['memory']
        goals.append(
            _goal('RSS of ferryd with %d users' % memory['users'], memory['full_kb']['VmRSS'] / 1024, GOAL_RSS, 'MB')
        )
    if 'sessions' in result:
        goals += _goals_sessions(result['sessions'])
    machine = result['machine']
    out = ['Ferry benchmark, %s%s' % (result['date'], ', --quick: figures mean little' if result['quick'] else '')]
    out.append(
        '%(cpu)s (family %(family)s), %(processors)s processors, Linux %(kernel)s, '
        'load %(load_before).2f before, %(load_after).2f after' % machine
    )
    out.append('fdatasync of 16 kB: p50 %(fdatasync_p50_ms).2f ms, p99 %(fdatasync_p99_ms).2f ms' % machine)
    out.append(', '.join('%s %s' % item for item in machine['versions'].items()))
    out += ['', 'goals', *goals]
    parts = (
        ('translate', _translate),
        ('table', _table),
        ('messages', _messages),
        ('overload', _overload),
        ('memory', _memory),
        ('sessions', _sessions),
    )
    for name, lines in parts:
        if name in result:
            out += ['', *lines(result[name])]
    return '\n'.join(out) + '\n'


def broken(result):
    """Did ferryd lose or double anything?"""
    runs = [run for run in result.get('messages', []) if run['variant'] in ('ferryd', 'relaxed', 'off')]
    return any(run['lost'] or run['doubled'] for run in runs + result.get('overload', []))
