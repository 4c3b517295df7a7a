"""ferry-replay report: the figures of a capture counted by hand; the page says what the JSON says, and needs nothing.

    python3 tests/scenarios/replay_report_test.py [CASE …]        needs FERRY_BIN, or build/bin
"""
import html.parser
import json
import os
import subprocess
import sys
import tempfile
import unittest

from servers import ferry_program

sys.dont_write_bytecode = True

ANNA, BOB, CARL = 'anna@corp.example', 'bob@corp.example', 'carl@other.example'
ANNAS, BOBS = ANNA + '/Conversations.1', BOB + '/pidgin'
CAPS = "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://conversations.im' ver='x'/>"
WORDS = ("<body>Hi & bye</body><request xmlns='urn:xmpp:receipts'/>"
         "<active xmlns='http://jabber.org/protocol/chatstates'/>").replace('&', '&amp;')
RECEIVED = "<received xmlns='urn:xmpp:receipts' id='m1'/>"
TYPING = "<composing xmlns='http://jabber.org/protocol/chatstates'/>"
ROSTER = "<query xmlns='jabber:iq:roster'>%s</query>" % ''.join(
    "<item jid='%s' name='%s' subscription='both'/>" % (j, j[:3]) for j in (BOB, CARL, 'dora@corp.example'))


def stanza(time, stream, direction, xml):
    return {'ts': '2026-11-20T%sZ' % time, 'stream': stream, 'kind': 'client', 'dir': direction,
            'jid': ANNAS if stream == 's1' else BOBS, 'stanza': xml}


def event(time, stream, **what):
    return {'ts': '2026-11-20T%sZ' % time, 'stream': stream, 'kind': 'client', **what}


# Line 1 is the header; the stanzas stand in the lines 4 to 21.
LINES = [
    event('09:00:05', 's1', open={'to': 'corp.example'}),
    event('09:00:06', 's2', open={'to': 'corp.example'}),
    stanza('09:00:10', 's1', 'received', "<iq type='get' id='r1'><query xmlns='jabber:iq:roster'/></iq>"),
    stanza('09:00:11', 's1', 'sent', "<iq type='result' id='r1' to='%s'>%s</iq>" % (ANNAS, ROSTER)),
    stanza('09:00:12', 's1', 'received', "<presence>%s</presence>" % CAPS),
    stanza('09:00:12', 's2', 'sent', "<presence from='%s' to='%s'>%s</presence>" % (ANNAS, BOB, CAPS)),
    stanza('09:00:20', 's2', 'received', "<iq type='get' id='p1'><query xmlns='jabber:iq:private'/></iq>"),
    stanza('09:00:20', 's2', 'sent', "<iq type='error' id='p1' to='%s'><error type='cancel'><item-not-found "
           "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>" % BOBS),
    stanza('09:01:00', 's1', 'received', "<message to='%s' type='chat' id='m1'>%s</message>" % (BOB, WORDS)),
    stanza('09:01:00', 's2', 'sent', "<message from='%s' to='%s' type='chat' id='m1'>%s</message>" % (ANNAS, BOB, WORDS)),
    stanza('09:01:01', 's2', 'received', "<message to='%s' type='chat' id='m2'>%s</message>" % (ANNAS, RECEIVED)),
    stanza('09:01:01', 's1', 'sent', "<message from='%s' to='%s' type='chat' id='m2'>%s</message>" % (BOBS, ANNAS, RECEIVED)),
    stanza('09:01:02', 's2', 'received', "<message to='%s' type='chat'>%s</message>" % (ANNAS, TYPING)),
    stanza('09:01:02', 's1', 'sent', "<message from='%s' to='%s' type='chat'>%s</message>" % (BOBS, ANNAS, TYPING)),
    stanza('09:01:30', 's2', 'received', "<message to='ops@conference.corp.example' type='groupchat'><body>All?</body></message>"),
    stanza('09:02:00', 's1', 'sent', "<iq type='get' id='v1' from='%s' to='%s'><query xmlns='jabber:iq:version'/></iq>" % (BOBS, ANNAS)),
    stanza('09:02:00', 's1', 'received', "<iq type='result' id='v1' to='%s'><query xmlns='jabber:iq:version'><name>Conversations</name>"
           "<version>2.10</version><os>Android</os></query></iq>" % BOBS),
    stanza('09:02:10', 's1', 'received', "<iq type='get' id='x'><ping xmlns='urn:xmpp:ping'/></iq>"),
    stanza('09:02:10', 's1', 'sent', "<iq type='result' id='x' to='%s'/>" % ANNAS),
    stanza('09:02:20', 's2', 'received', "<presence type='subscribe' to='%s'/>" % CARL),
    'no JSON',
    stanza('09:02:30', 's2', 'received', '<message><body>cut'),
    event('09:02:40', '-', damage={'source': 'x.log', 'offset': 1, 'line': 2, 'bytes': 3, 'text': 'a whole stanza'}),
    event('09:03:00', 's2', close={'reason': 'end'}),
    event('09:03:10', 's1', close={'reason': 'end'}),
]
STANZAS = [line['stanza'] for line in LINES[2:20]]


def capture(directory, lines=LINES, redacted=True):
    path = os.path.join(directory, 'small.capture')
    with open(path, 'w', encoding='utf-8') as file:
        header = {'ferry': 'capture', 'version': 1, 'source': 'by hand', 'redacted': redacted}
        for line in [header, *lines]:
            file.write((line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)) + '\n')
    return path


def report(*arguments, code=0, stdin=None):
    done = subprocess.run([ferry_program('ferry-replay'), 'report', *arguments], capture_output=True, text=True,
                          timeout=300, input=stdin)
    assert done.returncode == code, (done.returncode, done.stderr)
    return done


class Page(html.parser.HTMLParser):
    """Tables as rows of cells (a number where the cell has one), facts, and what a page must not have."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.facts, self.forbidden, self.ids, self.targets, self.open = {}, {}, [], [], [], []
        self.keys, self.cell, self.charts, self.into = {}, None, 0, None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag in ('script', 'link', 'img', 'iframe', 'object', 'embed', 'base', 'form', 'audio', 'video'):
            self.forbidden.append(tag)
        for name, value in a.items():
            if name.startswith('on') or name in ('src', 'srcset', 'action', 'xlink:href', 'style'):
                self.forbidden.append('%s %s' % (tag, name))
            if name == 'href':
                self.targets.append(value)
                if not value.startswith('#'):
                    self.forbidden.append(value)
            if name == 'id':
                self.ids.append(value)
        if tag != 'meta':
            self.open.append(tag)
        if 'data-table' in a:
            self.into = a['data-table']
            self.tables[self.into], self.keys[self.into] = [], []
        if tag == 'th' and 'data-key' in a:
            self.keys[self.into].append(a['data-key'])
        elif tag == 'tr' and self.keys.get(self.into):
            self.tables[self.into].append([])
        elif tag in ('td', 'th') and self.into and self.tables[self.into]:
            self.cell = [a.get('data-value'), '']
        if tag == 'dd' and 'data-fact' in a:
            self.cell, self.fact = [a.get('data-value'), ''], a['data-fact']
        if tag == 'svg':
            self.charts += 1

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_data(self, data):
        if self.cell:
            self.cell[1] += data

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, 'unbalanced: ' + tag
        if tag in ('td', 'th', 'dd') and self.cell:
            value = float(self.cell[0]) if self.cell[0] is not None else self.cell[1]
            if tag == 'dd':
                self.facts[self.fact] = value
            else:
                self.tables[self.into][-1].append(value)
            self.cell = None
        if tag == 'table':
            self.into = None


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.path = capture(cls.scratch.name)
        cls.page_path = os.path.join(cls.scratch.name, 'page.html')
        cls.text = report(cls.path).stdout
        cls.json = json.loads(report('--json', '--html', cls.page_path, cls.path).stdout)
        with open(cls.page_path, encoding='utf-8') as file:
            cls.page_text = file.read()
        cls.page = Page(cls.page_text)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def rows(self, section, table, *keys):
        return [tuple(row[key] for key in keys) for row in self.json['sections'][section]['tables'][table]]

    def facts(self, section):
        return self.json['sections'][section]['facts']

    def test_summary(self):
        facts = self.facts('summary')
        self.assertEqual(
            {key: facts[key] for key in ('stanzas', 'users', 'conversations', 'streams', 'from', 'to', 'bytes', 'damaged')},
            {'stanzas': 18, 'users': 3, 'conversations': 1, 'streams': 2, 'from': '2026-11-20 09:00',
             'to': '2026-11-20 09:03', 'bytes': sum(len(s.encode()) for s in STANZAS), 'damaged': 3})
        self.assertEqual(self.rows('summary', 'fates', 'fate', 'stanzas'),
                         [('carried whole', 7), ('answered here', 4), ('carried with loss', 4), ('not carried', 3)])

    def test_gaps(self):
        self.assertEqual(
            self.rows('gaps', 'gaps', 'gap', 'what', 'fate', 'who', 'stanzas', 'users', 'conversations'),
            [(1, '<c/> http://jabber.org/protocol/caps in a presence', 'carried with loss', 'programs', 2, 2, 1),
             (2, 'jabber:iq:private in an iq', 'not carried', 'people', 2, 1, 0),
             (3, '<active/> http://jabber.org/protocol/chatstates in a message', 'carried with loss', 'programs', 2, 2, 1),
             (4, 'message of type groupchat', 'not carried', 'people', 1, 1, 0)])
        self.assertEqual(self.rows('gaps', 'examples', 'gap', 'line'),
                         [(1, 6), (1, 7), (2, 8), (2, 9), (3, 10), (3, 11), (4, 16)])
        for number, line, shown in self.rows('gaps', 'examples', 'gap', 'line', 'stanza'):
            self.assertEqual(shown, STANZAS[line - 4])  # the capture says that it is redacted

    def test_types(self):
        self.assertEqual(self.rows('traffic', 'types', 'type', 'stanzas'),
                         [('message chat', 6), ('iq get', 4), ('iq result', 3), ('presence available', 2),
                          ('iq error', 1), ('message groupchat', 1), ('presence subscribe', 1)])
        spaces = dict(self.rows('traffic', 'namespaces', 'payload', 'stanzas'))
        self.assertEqual(spaces['<c/> http://jabber.org/protocol/caps'], 2)
        self.assertEqual(spaces['<query/> jabber:iq:roster'], 2)

    def test_clients(self):
        self.assertEqual(self.rows('clients', 'caps', 'client', 'users', 'stanzas'), [('https://conversations.im', 1, 2)])
        self.assertEqual(self.rows('clients', 'versions', 'client', 'users'), [('Conversations 2.10 Android', 1)])

    def test_people(self):
        facts = self.facts('people')
        self.assertEqual([facts[k] for k in ('roster_median', 'roster_most', 'watchers_median', 'watchers_most', 'copies')],
                         [3, 3, 1, 1, 1])
        domains = {name: (users, online) for name, users, online in
                   self.rows('people', 'domains', 'domain', 'users', 'online')}
        self.assertEqual(domains['corp.example'], (2, 2))
        self.assertEqual(domains['other.example'], (1, 0))
        self.assertIn('domain = mqtt.corp.example\n', self.json['sections']['configure']['config'])

    def test_time(self):
        facts = self.facts('time')
        self.assertEqual([facts[k] for k in ('busiest', 'busiest_stanzas', 'streams_at_once', 'streams_active')],
                         ['2026-11-20 09:01', 7, 2, 2])
        self.assertEqual(self.rows('time', 'minutes', 'begins', 'message', 'presence', 'iq'),
                         [('09:00', 0, 2, 4), ('09:01', 7, 0, 0), ('09:02', 0, 1, 4)])
        self.assertEqual(self.rows('time', 'hours', 'hour', 'message')[9], ('09', 7))

    def test_bytes(self):
        rows = {row['purport']: row for row in self.json['sections']['bytes']['tables']['purports']}
        self.assertEqual({name: row['stanzas'] for name, row in rows.items()},
                         {'messages': 2, 'receipts, markers': 2, 'typing': 2, 'presence': 2, 'subscriptions': 1,
                          'roster': 2, 'pings': 2, 'log-in, features': 2, 'not carried': 3})
        self.assertEqual(rows['messages']['xmpp'], len(STANZAS[6]) + len(STANZAS[7]))
        self.assertEqual((rows['pings']['json'], rows['pings']['cbor']), (4, 4))
        self.assertEqual((rows['not carried']['json'], rows['log-in, features']['json']), (0, 0))
        # Out: {"to":"…","state":"composing"} without a receipt, in: the same with "from"; 2 + 2 + topic, no properties but
        # the content type (3 + 16), its length in one byte.
        topics = [len('im/v1/u/%s/out/act' % BOB), len('im/v1/u/%s/in/act' % ANNA)]
        payloads = [len(json.dumps({'to': ANNA, 'state': 'composing'}, separators=(',', ':'))),
                    len(json.dumps({'from': BOBS, 'state': 'composing'}, separators=(',', ':')))]
        self.assertEqual(rows['typing']['json'], sum(topics) + sum(payloads) + 2 * (2 + 2 + 1 + 19))
        as_is, tls = self.json['sections']['bytes']['tables']['wire']
        self.assertEqual(tls['xmpp'] - as_is['xmpp'], 22 * 13)

    def test_damage(self):
        self.assertEqual(sorted(line for line, in self.rows('damage', 'damages', 'line')), [22, 23, 24])

    def test_page_needs_nothing(self):
        self.assertEqual(self.page.forbidden, [])
        self.assertEqual(self.page.open, [])
        self.assertEqual(len(self.page.ids), len(set(self.page.ids)))
        self.assertEqual({t for t in self.page.targets if t[1:] not in self.page.ids}, set())
        style = self.page_text[self.page_text.index('<style>'):self.page_text.index('</style>')]
        for word in ('url(', '@import', '//'):
            self.assertNotIn(word, style)
        for word in ('prefers-color-scheme:dark', '@media print'):
            self.assertIn(word, style)
        self.assertGreater(self.page.charts, 6)

    def test_page_says_what_the_json_says(self):
        seen = 0
        for name, section in self.json['sections'].items():
            for key, value in section['facts'].items():
                self.assertEqual(self.page.facts[key], value, key)
            for table, rows in section['tables'].items():
                self.assertEqual(len(self.page.tables[table]), len(rows), table)
                for shown, row in zip(self.page.tables[table], rows):
                    self.assertEqual(self.page.keys[table], list(row), table)
                    for on_page, value in zip(shown, row.values()):
                        seen += 1
                        if isinstance(value, float):
                            self.assertAlmostEqual(on_page, value, places=9)
                        else:
                            self.assertEqual(on_page, value, table)
        self.assertGreater(seen, 200)

    def test_text_fits(self):
        self.assertEqual([line for line in self.text.split('\n') if len(line) > 100], [])
        for word in ('Readiness report', 'What would be lost', 'message of type groupchat', '2026-11-20 09:01'):
            self.assertIn(word, self.text)

    def test_twice_the_same(self):
        self.assertEqual(report('--json', self.path).stdout, report('--json', self.path).stdout)

    def test_from_standard_input(self):
        with open(self.path, encoding='utf-8') as file:
            facts = json.loads(report('--json', '-', stdin=file.read()).stdout)['sections']['summary']['facts']
        self.assertEqual(facts, self.facts('summary'))

    def test_an_unredacted_capture_shows_nobody(self):
        with tempfile.TemporaryDirectory() as directory:
            out = report('--json', capture(directory, redacted=False)).stdout
        open_one = json.loads(out)['sections']
        for example in open_one['gaps']['tables']['examples']:
            self.assertNotRegex(example['stanza'], r'anna@|bob@|Hi &amp; bye|All\?')
        for section in ('summary', 'gaps', 'time', 'people', 'bytes'):
            for table, rows in open_one[section]['tables'].items():
                if table != 'examples':
                    self.assertEqual(rows, self.json['sections'][section]['tables'][table], table)

    def test_hostile_names_stay_text(self):
        evil = "<presence from='%s' to='%s'><c xmlns='http://jabber.org/protocol/caps' node='&lt;script&gt;alert(1)&lt;/script&gt;\"&apos;'/></presence>"
        with tempfile.TemporaryDirectory() as directory:
            path, page = capture(directory, [stanza('09:00:00', 's1', 'sent', evil % (BOBS, ANNA))]), directory + '/p.html'
            report('--html', page, path)
            with open(page, encoding='utf-8') as file:
                seen = Page(file.read())
        self.assertEqual(seen.forbidden, [])
        self.assertIn('<script>', str(seen.tables['caps']))

    def test_an_empty_capture(self):
        with tempfile.TemporaryDirectory() as directory:
            out = json.loads(report('--json', '--html', directory + '/p.html', capture(directory, [])).stdout)
            report(capture(directory, []))
        self.assertEqual(out['sections']['summary']['facts']['stanzas'], 0)

    def test_exit_codes(self):
        report('--strict', self.path, code=1)
        report('--nonsense', self.path, code=2)
        report(code=2)
        report('--operations', self.path, code=2)
        report('/nowhere/at/all', code=3)
        report('--html', '/nowhere/at/all/p.html', self.path, code=3)
        self.assertIn('--html', report('--help').stdout)

    def test_operations(self):
        section = json.loads(report('--operations', '--json').stdout)['sections']['operations']
        rows = section['tables']['operations']
        self.assertEqual(len(rows), 10)
        first = section['tables']['operations_sum'][0]
        for wire in ('xmpp', 'json', 'cbor'):
            self.assertEqual(sum(row[wire] for row in rows), first[wire])
        anatomy = section['tables']['anatomy']
        savings = section['tables']['savings']
        self.assertEqual((savings[0]['json'], savings[0]['cbor']), (first['json'], first['cbor']))
        self.assertLess(savings[-1]['json'], min(row['json'] for row in savings[:-1]))
        for row, parts in zip(rows, anatomy):
            self.assertEqual(row['json'], sum(v for k, v in parts.items() if k != 'operation'), row['operation'])


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *(a for a in sys.argv[1:])])
