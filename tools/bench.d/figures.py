"""The figures of a run as goals, ratios and tables: what report.py prints and page.py draws.

A figure that there is none of (nothing arrived, a part did not run) is None throughout.
"""
import statistics
from collections import namedtuple

from figures_workloads import ROWS, WAYS, goals_chat, ratios, workload_sections
from tables import Chart, Column, Goal, Section, Table, number, ratio

GOAL_TRANSLATOR = 2.0  # times expat's bare parse of the same bytes
GOAL_SAFE = 0.6  # of the messages/s of the experiment that never waits for the disk
GOAL_FLOOD = 2.0  # times the p99 of two people while somebody else floods
GOAL_IMPORT = 3.0  # times expat's bare parse of the same XML
GOAL_START = 5  # s over a million messages that wait
GOAL_RSS = 30  # MB with 1,000 users
GOAL_SESSION = 100  # kB of a session over TLS
GOAL_LOGIN = 60  # s of CPU, the log-in of all sessions
GOAL_DISTURBED = 1.5  # times the p99 of the others without: that they do not notice

Document = namedtuple('Document', 'title facts goals sections')


def _find(rows, **wanted):
    return next((row for row in rows if all(row[key] == value for key, value in wanted.items())), None)


def _goals_translate(part):
    out = []
    for end, floor, name in (('in', 'floor', 'stanza to publish'), ('out', 'out_floor', 'publish to stanza')):
        for kind in ('instructions', 'ns'):
            found = [ratio(line[end][kind], line[floor][kind]) for line in part['stanzas'] if end in line]
            found = [one for one in found if one is not None]
            if not found or kind == 'instructions' and part['counter'] == 'none':
                continue
            what = '%s / bare parse, %s, median of %d stanzas' % (name, kind, len(found))
            note = '%.2f to %.2f' % (min(found), max(found))
            out.append(Goal(what, statistics.median(found), 'x', GOAL_TRANSLATOR, True, note))
    return out


def _translate(part):
    columns = [Column('stanza'), Column('bytes', '%d')]
    for way in ('in', 'out'):
        columns += [Column('%s: x ins' % way, '%.2f'), Column('x ns', '%.2f')]
        columns += [Column('ins', '%.0f'), Column('ns', '%.0f')]
    rows = []
    for line in part['stanzas']:
        row = [line['name'], line['bytes']]
        for end, floor in (('in', 'floor'), ('out', 'out_floor')):
            a, b = line.get(end), line.get(floor)
            row += (
                [ratio(a['instructions'], b['instructions']), ratio(a['ns'], b['ns']), a['instructions'], a['ns']]
                if a else [None] * 4
            )
        rows.append(row)
    kind = 'instructions' if part['counter'] == 'perf_event' else 'ns'
    stages = [[line['name'], '  '.join('%s %.0f' % (name, cost[kind]) for name, cost in line['stages'].items())]
              for line in part['stanzas']]
    chart = Chart('CPU time, times expat\'s bare parse of the same bytes', (0,), (3, 7))
    note = 'in: stanza to publish; out: publish to stanza. x: over expat on the same bytes. Instructions by %s.'
    return Section('translate', 'Translators', [note % part['counter']], [
        Table('Cost of a stanza', columns, rows, [chart]),
        Table('Stages, ' + kind, [Column('stanza'), Column('stages')], stages, []),
    ])


def _table(part):
    keys = (('rows', '%d'), ('load_ms', '%.1f'), ('bytes_per_row', '%.0f'), ('by_jid_ns', '%.0f'),
            ('by_jid_instructions', '%.0f'), ('by_topic_ns', '%.0f'), ('by_topic_instructions', '%.0f'),
            ('add_ns', '%.0f'))
    columns = [Column(key.replace('_', ' '), form) for key, form in keys]
    rows = [[line[key] for key, _ in keys] for line in part]
    chart = Chart('One look-up, ns of CPU time', (0,), (3, 5))
    tables = [Table('Rows', columns, rows, [chart])]
    return Section('table', 'Mapping table', ['Exact rows; look-ups at random.'], tables)


def _overload_rows(part):
    for way in ('x2m', 'm2x'):
        for flood in ('nobody', 'x2m', 'm2x'):
            runs = [run for run in part if (run['way'], run['flood']) == (way, flood)]
            middle = {}
            for key in ('p50_ms', 'p99_ms', 'max_ms', 'rss_mb'):
                values = [run[key] for run in runs if run[key] is not None]
                middle[key] = statistics.median(values) if values else None
            yield {'way': way, 'flood': flood, **middle, 'lost': sum(run['lost'] for run in runs)}


def _goals_overload(part):
    rows, out = list(_overload_rows(part)), []
    for way in ('x2m', 'm2x'):
        quiet = _find(rows, way=way, flood='nobody')['p99_ms']
        for flood in ('x2m', 'm2x'):
            what = 'p99 %s beside a flood %s / without' % (WAYS[way], WAYS[flood])
            loud = _find(rows, way=way, flood=flood)['p99_ms']
            out.append(Goal(what, ratio(loud, quiet), 'x', GOAL_FLOOD, True, ''))
    return out


def _overload(part):
    columns = [Column('way'), Column('flood'), Column('p50', '%.2f', 'ms'), Column('p99', '%.2f', 'ms'),
               Column('max', '%.2f', 'ms'), Column('RSS', '%.1f', 'MB'), Column('lost', '%d')]
    keys = ('p50_ms', 'p99_ms', 'max_ms', 'rss_mb', 'lost')
    rows = [[WAYS[r['way']], WAYS.get(r['flood'], r['flood']), *(r[key] for key in keys)] for r in _overload_rows(part)]
    chart = Chart('From sending to arrival, ms', (0, 1), (2, 3))
    return Section('overload', 'Beside a flood', ['Two people at 40 messages/s while another sends 2,000/s.'],
                   [Table('Latency of the two', columns, rows, [chart])])


def _goals_durability(part):
    out = []
    for way in ('x2m', 'm2x'):
        rows = [_find(part, variant=name, way=way) for name in ('full', 'normal', 'off')]
        if None in rows:
            continue
        rates = [row['messages_per_second'] for row in rows]
        note = 'normal %s; p99 full %s, normal %s, off %s ms' % (
            number(ratio(rates[1], rates[2])), *(number(row['p99_ms'], '%.1f') for row in rows))
        what = '%s: messages/s at durability full over off' % WAYS[way]
        out.append(Goal(what, ratio(rates[0], rates[2]), 'x', GOAL_SAFE, False, note))
    return out


def _side_by_side(name, title, note, part, last):
    """Variants of ferryd; each over the last one."""
    columns = [Column('way'), Column(name), Column('rate', '%.0f', 'messages/s'), Column('x ' + last, '%.2f'),
               Column('p50', '%.2f', 'ms'), Column('p99', '%.2f', 'ms'), Column('CPU', '%.1f', 'us/message'),
               Column('x ' + last, '%.2f'), Column('idle', '%.0f', '%'), Column('lost', '%d')]
    rows = []
    for row in sorted(part, key=lambda r: r['way'], reverse=True):
        base = _find(part, variant=last, way=row['way'])
        cpu, base_cpu = (one['processes']['ferryd']['cpu_us'] for one in (row, base))
        rows.append([WAYS[row['way']], row['variant'], row['messages_per_second'],
                     ratio(row['messages_per_second'], base['messages_per_second']), row['p50_ms'], row['p99_ms'],
                     cpu, ratio(cpu, base_cpu), 100 * row['generator_idle'], row['lost']])
    charts = [Chart('Messages a second', (0, 1), (2,)), Chart('From sending to arrival, ms', (0, 1), (4, 5)),
              Chart('CPU of ferryd, us a message', (0, 1), (6,))]
    return Section(name, title, [note], [Table('Side by side', columns, rows, charts)])


def _durability(part):
    note = ('store.durability; off: an experiment, normal with fsync and fdatasync that do nothing. ejabberd, a window '
            'of 200 messages of 200 bytes.')
    return _side_by_side('durability', 'What waiting for the disk costs', note, part, 'off')


def _tap(part):
    note = '[capture] records every stanza and publish. ejabberd, a window of 200 messages of 200 bytes.'
    return _side_by_side('tap', 'What recording costs', note, part, 'none')


def _goals_import(part):
    return [
        Goal('import of %s, %s, to %s / bare parse, CPU' % (row['source'], row['redaction'], row['output']),
             row['times_bare'], 'x', GOAL_IMPORT, True, '')
        for row in part['rows']
    ]


def _import(part):
    columns = [Column('source'), Column('redaction'), Column('output'), Column('x bare parse', '%.2f'),
               Column('CPU', '%.2f', 's'), Column('wall', '%.2f', 's'), Column('rate', '%.1f', 'MB/s of the log'),
               Column('rate', '%.0f', 'stanzas/s'), Column('imported', '%d'), Column('written', '%.1f', 'MB')]
    rows = [[r['source'], r['redaction'], r['output'], r['times_bare'], r['cpu_s'], r['wall_s'],
             ratio(r['log_bytes'] / 1e6, r['wall_s']), ratio(r['stanzas'], r['wall_s']), r['stanzas'],
             r['bytes_out'] / 1e6]
            for r in part['rows']]
    note = '%d stanzas, %.1f MB of XML; expat parses it bare in %.3f s of CPU time.'
    chart = Chart('CPU time, times expat\'s bare parse', (0, 1, 2), (3,))
    return Section('import', 'Importing logs', [note % (part['stanzas'], part['xml_bytes'] / 1e6, part['bare_cpu_s'])],
                   [Table('ferry-replay import', columns, rows, [chart])])


def _memory(part):
    columns = [Column('when'), *(Column(name, '%.1f', 'MB') for name in ('RSS', 'anonymous', 'peak'))]
    moments = (('without users', 'empty_kb'), ('with them', 'full_kb'), ('after a restart', 'restarted_kb'))
    rows = [[name, *(part[key][field] / 1024 for field in ('VmRSS', 'RssAnon', 'VmHWM'))] for name, key in moments]
    note = '%(users)d users of %(contacts)d contacts each: %(both)d of %(wanted)d mutual, %(online)d online.' % part
    return Section('memory', 'Memory of ferryd', [note], [Table('RSS', columns, rows, [Chart('MB', (0,), (1, 2))])])


def _goals_memory(part):
    rss = part['full_kb']['VmRSS'] / 1024
    return [Goal('RSS of ferryd with %d users' % part['users'], rss, 'MB', GOAL_RSS, True, '')]


def _goals_queued(part):
    what = 'start of ferryd over %d messages that wait' % part['messages']
    return [Goal(what, part['full']['seconds'], 's', GOAL_START, True, '')]


def _queued(part):
    columns = [Column('store'), Column('start', '%.2f', 's'), Column('CPU', '%.2f', 's'), Column('RSS', '%.1f', 'MB'),
               Column('peak', '%.1f', 'MB')]
    rows = [[name, part[key]['seconds'], part[key].get('cpu_seconds'), part[key]['VmRSS'] / 1024,
             part[key]['VmHWM'] / 1024]
            for name, key in (('without them', 'empty'), ('with them', 'full'), ('one takes hers', 'back'))]
    note = '%d messages of %d bytes wait for %d people; one of them comes back and takes %d of %d.'
    filled = note % (part['messages'], part['payload'], part['users'], part['back']['came'], part['back']['wanted'])
    return Section('queued', 'Messages that wait', [filled], [Table('A start, and one person back', columns, rows, [])])


def _goals_sessions(part):
    p99 = {run['phase']: run['p99_ms'] for run in part['phases']}
    what = 'proportional RSS of a session, of %d in %d workers' % (part['sessions'], part['workers'])
    return [
        Goal(what, ratio(part['workers_kb']['pss'], part['sessions']), 'kB', GOAL_SESSION, True, ''),
        Goal('CPU of the log-in of all', part['login']['cpu_s'], 's', GOAL_LOGIN, True, ''),
    ] + [
        Goal('p99 of the others, a worker %s / quiet' % phase, ratio(p99[phase], p99['quiet']), 'x', GOAL_DISTURBED,
             True, '')
        for phase in ('killed', 'stopped')
    ] + [
        Goal('p99 of the others, the hostile stanza to a worker / to another client',
             ratio(p99['hostile'], p99['to another']), 'x', GOAL_DISTURBED, True,
             'the server itself stands still: %.1f x of quiet' % ratio(p99['to another'], p99['quiet'])),
    ]


def _sessions(part):
    sizes = tuple(part['workers_kb'][kind] / 1024 for kind in ('rss', 'pss', 'anonymous'))
    notes = [
        '%d sessions over TLS on one Prosody, %d messages/s to them at random, %d s each.'
        % (part['sessions'], part['rate'], part['seconds']),
        'Log-in of all: %(seconds).0f s, CPU %(cpu_s).1f s (the server %(server_cpu_s).1f s).' % part['login'],
        'A look what waits for somebody away (%(looks).0f): CPU %(ms).2f ms, the server %(server_ms).2f ms.'
        % part['away'],
        '%d workers: RSS %.1f MB; shared pages counted once %.1f MB, their own %.1f MB; what drives them %.1f MB.'
        % (part['workers'], *sizes, part['link_kb']['rss'] / 1024),
        'To another: the hostile stanza to a client of another make (slixmpp, in a process of its own) that is killed '
        '3 s later and logs in again, alone. To nobody: to an address without a session.',
    ]
    keys = (('worker', 'phase', None, ''), ('sent', 'sent', '%d', ''), ('arrived', 'arrived', '%d', ''),
            ('to others', 'to_others', '%d', ''), ('p50', 'p50_ms', '%.2f', 'ms'), ('p99', 'p99_ms', '%.2f', 'ms'),
            ('disturbed', 'disturbed', '%d', ''), ('back', 'back', '%d', ''), ('last in', 'back_s_most', '%.1f', 's'),
            ('but one', 'back_s_most_but_one', '%.1f', 's'))
    columns = [Column(title, form, unit) for title, _, form, unit in keys]
    rows = [[run[key] for _, key, _, _ in keys] for run in part['phases']]
    chart = Chart('The others\' messages, ms', (0,), (4, 5))
    tables = [Table('While a worker is disturbed', columns, rows, [chart])]
    return Section('sessions', 'Sessions of accounts', notes, tables)


PARTS = (  # (name, goals, section), in the order of the report
    ('translate', _goals_translate, _translate),
    ('table', None, _table),
    ('overload', _goals_overload, _overload),
    ('durability', _goals_durability, _durability),
    ('tap', None, _tap),
    ('import', _goals_import, _import),
    ('memory', _goals_memory, _memory),
    ('queued', _goals_queued, _queued),
    ('sessions', _goals_sessions, _sessions),
)


def _idle(result):
    """Was the load generator ever the bottleneck?"""
    runs = [(row['generator_idle'], name, row) for name in (*ROWS, 'durability', 'tap') for row in result.get(name, [])]
    if not runs:
        return []
    least, name, row = min(runs, key=lambda run: run[0])
    what = (100 * least, name, row['server'], row['variant'], WAYS[row['way']], row['plan'])
    return ['The load generator was idle for at least %.0f %% of a run (%s: %s, %s, %s, %s)' % what]


def document(result):
    machine = result['machine']
    facts = [
        '%(cpu)s (family %(family)s), %(processors)s processors, Linux %(kernel)s, '
        'load %(load_before).2f before, %(load_after).2f after' % machine,
        'fdatasync of 16 kB: p50 %(fdatasync_p50_ms).2f ms, p99 %(fdatasync_p99_ms).2f ms' % machine,
        ', '.join('%s %s' % item for item in machine['versions'].items()),
    ]
    facts += _idle(result)
    goals, sections = goals_chat(result.get('chat', [])), []
    compared = ratios(result)
    if compared.rows:
        note = 'Of ferryd over each peer, on the same load in the same round. -: that peer cannot do it.'
        sections.append(Section('ratios', 'Beside what one would pick instead', [note], [compared]))
    sections += workload_sections(result)
    for name, goals_of, section_of in PARTS:
        if name in result:
            goals += goals_of(result[name]) if goals_of else []
            sections.append(section_of(result[name]))
    title = 'Ferry benchmark, ' + result['date'] + (', --quick: figures mean little' if result['quick'] else '')
    return Document(title, facts, goals, sections)
