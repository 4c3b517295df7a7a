"""The figures of the named workloads: ferryd beside its peers."""
from tables import Chart, Column, Goal, Section, Table, number, ratio

GOAL_CPU = 35  # us a message, ledger, outbox and full translation included
GOAL_NAIVE = 3.0  # times the messages of a naive Python bridge
WAYS = {'x2m': 'XMPP to MQTT', 'm2x': 'MQTT to XMPP', 'x2x': 'component to component', 'm2m': 'publisher to subscriber'}
# name: (title, unit, many of them)
ROWS = {
    'chat': ('Chat', 'message', 'Messages'),
    'storm': ('Presence storm', 'presence', 'Presences'),
    'feed': ('A feed floods its followers', 'delivery', 'Deliveries'),
    'flapping': ('Phones that connect, take what waits, and drop', 'message', 'Messages'),
    'roster': ('Roster download', 'contact', 'Contacts'),
    'groupchat': ('Group chat', 'delivery', 'Deliveries'),
}
NOTES = {
    'chat': ['QoS 1, 200 bytes; a window of 200, then open loops. The rate ends with the last receipt and copy that '
             'follow from the messages.'],
    'storm': ['All are on their way at once: p99 is how long it takes until nearly all have been seen.'],
    'feed': ['A window of 20 values. From MQTT one value is published and reaches everybody; the servers alone have a '
             'message for each follower.'],
    'flapping': ['Latencies are those of a visit: from before the connection to the last message that waited. The '
                 'rate is that of the visits; CPU includes what brought the messages to the broker. The naive bridge '
                 'takes neither the presences nor the receipts of the phones.'],
    'roster': ['Latencies are those of a whole download, from before the connection. retained: in/contact/+, which '
               'the broker serves by itself; request: roster.get, page by page. alone: ferryd has gone, the topics are '
               'still there.'],
    'groupchat': ['One line is told to everybody in the room. On MQTT are accounts, each by a session of its own over '
                  'TLS (sessions: the processes that hold them). Counted is a line at one person: XMPP to MQTT at '
                  'those on MQTT, MQTT to XMPP at everybody but the speaker. A window of 20 lines, then open loops.',
                  'component to component: the same room of the server alone, and instead of those on MQTT a component '
                  'that only counts, without TLS and sessions. publisher to subscriber: one publish to as many '
                  'subscribers of one topic: no room, no memory, nobody\'s name. Ratios of rates are of lines.'],
}

IDLE = ('CPU: of each process. idle: the load generator\'s own share of idle time; near 0 % it was the generator that '
        'was measured.')


def gateway(row):
    return row['processes'].get('naive' if row['variant'] == 'naive' else 'ferryd')


def find(rows, **wanted):
    return next((row for row in rows if all(row[key] == value for key, value in wanted.items())), None)


def goals_chat(rows):
    out = []
    for server in dict.fromkeys(row['server'] for row in rows):
        for way in ('x2m', 'm2x'):
            ferry, naive = (find(rows, server=server, variant=v, way=way, plan='window') for v in ('ferryd', 'naive'))
            alone = find(rows, server=server, variant='alone', way='x2x', plan='window')
            if not (ferry and naive and alone):
                continue
            name = '%s, %s: ' % (server, WAYS[way])
            cpu, other = gateway(ferry)['cpu_us'], gateway(naive)['cpu_us']
            times = ratio(other, cpu)
            note = 'naive %s: %s x' % (number(other, '%.1f'), number(times, '%.1f'))
            out.append(Goal(name + 'CPU of ferryd', cpu, 'us/msg', GOAL_CPU, True, note))
            rate = ferry['messages_per_second']
            share = ratio(rate, alone['messages_per_second'])
            note = 'server alone: %s of its rate' % number(share)
            value = ratio(rate, naive['messages_per_second'])
            out.append(Goal(name + 'messages/s over the naive bridge', value, 'x', GOAL_NAIVE, False, note))
    return out


def ratios(result):
    columns = [Column('workload'), Column('server'), Column('way'), Column('plan'), Column('rate / naive', '%.2f'),
               Column('p99 / naive', '%.2f'), Column('CPU / naive', '%.2f'), Column('rate / XMPP server alone', '%.2f'),
               Column('rate / Mosquitto alone', '%.2f')]
    out = []
    for name in ROWS:
        rows = result.get(name, [])
        for row in rows:
            if row['variant'] != 'ferryd':
                continue
            same = {'server': row['server'], 'plan': row['plan']}
            naive = find(rows, variant='naive', way=row['way'], **same)
            server, broker = (find(rows, variant='alone', way=way, **same) for way in ('x2x', 'm2m'))

            def over(key, other):
                return ratio(row[key], other[key]) if other else None

            pace = 'lines_per_second' if 'lines_per_second' in row else 'messages_per_second'
            cpu = ratio(gateway(row)['cpu_us'], gateway(naive)['cpu_us']) if naive else None
            out.append([name, row['server'], WAYS[row['way']], row['plan'], over(pace, naive), over('p99_ms', naive),
                        cpu, over(pace, server), over(pace, broker)])
    return Table('Ratios', columns, out, [])


def _rows_section(name, rows, cannot):
    title, unit, many = ROWS[name]
    sessions, ordered = any('ferry-session' in row['processes'] for row in rows), 'disordered' in rows[0]
    columns = [Column('server'), Column('way'), Column('plan'), Column('variant'), Column('rate', '%.0f', unit + '/s'),
               Column('p50', '%.2f', 'ms'), Column('p99', '%.2f', 'ms'), Column('CPU gateway', '%.1f', 'us/' + unit)]
    columns += [Column('sessions', '%.1f', 'us/' + unit)] if sessions else []
    columns += [Column('server', '%.1f', 'us/' + unit), Column('broker', '%.1f', 'us/' + unit)]
    processors = range(7, len(columns))
    columns += [Column('RSS', '%.1f', 'MB'), Column('idle', '%.0f', '%'), Column('lost', '%d'), Column('doubled', '%d')]
    columns += [Column('disordered', '%d')] if ordered else []
    plans = list(dict.fromkeys(row['plan'] for row in rows))
    table = []
    for row in sorted(rows, key=lambda r: (r['server'], plans.index(r['plan']), r['way'], r['variant'])):
        own, processes = gateway(row), row['processes']

        def cpu(who):
            return processes[who]['cpu_us'] if who in processes else None

        table.append([row['server'], WAYS[row['way']], row['plan'], row['variant'], row['messages_per_second'],
                      row['p50_ms'], row['p99_ms'], own and own['cpu_us']])
        table[-1] += [cpu('ferry-session')] if sessions else []
        table[-1] += [cpu(row['server']), cpu('mosquitto'), own and own['rss_kb'] / 1024, 100 * row['generator_idle'],
                      row['lost'], row['doubled']]
        table[-1] += [row['disordered']] if ordered else []
    label = (0, 1, 2, 3) if len(plans) > 1 else (0, 1, 3)
    charts = [Chart(many + ' a second', label, (4,)), Chart('p50 and p99, ms', label, (5, 6)),
              Chart('CPU, us a %s' % unit, label, tuple(processors))]
    notes = NOTES[name] + [IDLE] + _cannot(cannot)
    return Section(name, title, notes, [Table('Runs', columns, table, charts)])


def _cannot(cannot):
    return ['Cannot: %s (%s).' % item for item in cannot.items()]


def _capture(part, cannot):
    keys = (('rate', 'stanzas_per_second', '%.0f', 'stanzas/s'), ('p50', 'p50_ms', '%.2f', 'ms'),
            ('p99', 'p99_ms', '%.2f', 'ms'), ('ferryd', 'ferryd_cpu_us', '%.1f', 'us/stanza'),
            ('Mosquitto', 'mosquitto_cpu_us', '%.1f', 'us/stanza'), ('offline', 'offline_cpu_us', '%.1f', 'us/stanza'),
            ('idle', 'generator_idle', '%.2f', ''), ('sent', 'sent', '%d', ''), ('lost', 'lost', '%d', ''),
            ('otherwise', 'different', '%d', ''))
    bare = ratio(part['bare']['cpu_s'] * 1e6, part['sent'])
    columns = [Column(title, form, unit) for title, _, form, unit in keys] + [
        Column('bare parse', '%.1f', 'us/stanza'), Column('ferryd / bare parse', '%.1f')]
    row = [part[key] for _, key, _, _ in keys] + [bare, ratio(part['ferryd_cpu_us'], bare)]
    notes = ['%s, played flat out by ferry-replay serve; %.1f MB of XML. offline: ferry-replay run, without links and '
             'disk.' % ('A generated capture' if part['generated'] else part['file'], part['bare']['bytes'] / 1e6)]
    return Section('capture', 'A capture, played flat out', notes + _cannot(cannot), [Table('Run', columns, [row], [])])


def workload_sections(result):
    cannot = result.get('cannot', {})
    out = [_rows_section(name, result[name], cannot.get(name, {})) for name in ROWS if name in result]
    if 'capture' in result:
        out.append(_capture(result['capture'], cannot.get('capture', {})))
    return out
