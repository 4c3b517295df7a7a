"""tools/bench's report of fixed runs: the figures are in it, text and page, and a run in which nothing arrived is valid
JSON and a readable report.

Run from the root.
"""
import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'tools' / 'bench.d'))

import report  # noqa: E402  (after the path)
from figures_workloads import NOTES, ROWS  # noqa: E402

NAN = float('nan')


def run(server, variant, way, rate, cpu, p99=3.5, lost=0, **more):
    """As bench_load prints it."""
    who = {'ferryd': 'ferryd', 'naive': 'naive'}.get(variant)
    processes = {server: {'cpu_us': 20.0, 'cpu_s': 1.0, 'rss_kb': 90_000}}
    if who:
        processes[who] = {'cpu_us': cpu, 'cpu_s': 1.0, 'rss_kb': 20_480}
    return {
        'server': server, 'variant': variant, 'way': way, 'plan': 'window', 'count': 1000, 'lost': lost, 'doubled': 0,
        'foreign': 0, 'errors': 0, 'messages_per_second': rate, 'p50_ms': 1.25, 'p99_ms': p99, 'max_ms': 9.0,
        'generator_idle': 0.625, 'processes': processes, **more,
    }


def said(variant, way, lines, fan, cpu=None, **more):
    """A run in a room: `fan` people hear each line."""
    row = run('prosody', variant, way, lines * fan, cpu, disordered=0, lines_per_second=lines, **more)
    if variant == 'ferryd':
        row['processes']['ferry-session'] = {'cpu_us': 24.5, 'cpu_s': 1.0, 'rss_kb': 13_000}
        row['processes']['mosquitto'] = {'cpu_us': 33.5, 'cpu_s': 1.0, 'rss_kb': 9_000}
    return row


def flooded(way, flood, p99, lost=0):
    return {'round': 0, 'way': way, 'flood': flood, 'rss_mb': 21.0, 'p50_ms': 1.0, 'p99_ms': p99, 'max_ms': 11.0,
            'lost': lost, 'doubled': 0}


def result():
    machine = {
        'cpu': 'A <fast> & "good" one', 'family': '6', 'processors': 4, 'kernel': '6.1', 'load_before': 0.01,
        'load_after': 0.02, 'fdatasync_p50_ms': 0.5, 'fdatasync_p99_ms': 2.5, 'versions': {'mosquitto': '2.0'},
    }
    both = [(way, flood) for way in ('x2m', 'm2x') for flood in ('nobody', 'x2m', 'm2x')]
    return {
        'date': '2026-11-20T10:00:00+00:00',
        'quick': False,
        'machine': machine,
        'chat': [
            run('prosody', 'alone', 'x2x', 40_000.0, None),
            run('prosody', 'ferryd', 'x2m', 24_000.0, 12.5),
            run('prosody', 'naive', 'x2m', 6_000.0, 50.0, p99=14.0),
        ],
        'groupchat': [
            said('alone', 'x2x', 400.0, 50),
            said('alone', 'm2m', 1000.0, 50),
            said('ferryd', 'x2m', 100.0, 50, 61.5),
            said('ferryd', 'm2x', 200.0, 59, 62.5),
        ],
        'durability': [
            {**run('ejabberd', 'ferryd', way, rate, 12.5, p99=p99), 'variant': variant}
            for way in ('x2m', 'm2x')
            for variant, rate, p99 in (('full', 700.0, 8.5), ('normal', 900.0, 4.5), ('off', 1000.0, 2.5))
        ],
        'overload': [flooded(way, flood, 4.0 if flood == 'nobody' else 6.0) for way, flood in both],
        'cannot': {'groupchat': {'naive': 'has never heard of rooms'}},
    }


class Written:
    def __init__(self, given):
        with tempfile.TemporaryDirectory() as directory:
            report.write(given, directory)
            path = pathlib.Path(directory)
            self.json = path.joinpath('bench.json').read_text(encoding='utf-8')
            self.text = path.joinpath('bench.txt').read_text(encoding='utf-8')
            self.page = path.joinpath('index.html').read_text(encoding='utf-8')

    def strict(self):
        def refuse(name):
            raise ValueError('%s is no JSON' % name)

        return json.loads(self.json, parse_constant=refuse)

    def tree(self):
        """As XML: all but two tags of the page are written so that it is."""
        page = re.sub(r'<(meta [^>]*)>', r'<\1/>', self.page).replace('<!DOCTYPE html>', '')
        return xml.etree.ElementTree.fromstring(page)


class Report(unittest.TestCase):
    def test_figures_in_text(self):
        text = Written(result()).text
        goals = [line.split() for line in text.splitlines() if 'goal' in line and 'x ' in line]
        self.assertTrue(any('over the naive bridge' in ' '.join(line) and '4.00' in line for line in goals), text)
        self.assertRegex(text, r'CPU of ferryd +12\.50 us/msg +goal <= 35  reached \(naive 50\.0: 4\.0 x\)')
        self.assertRegex(text, r'XMPP to MQTT: messages/s at durability full over off +0\.70 .*normal 4\.5, off 2\.5')
        self.assertRegex(text, r'beside a flood XMPP to MQTT / without +1\.50 x')
        ratios = next(line for line in text.splitlines() if line.startswith('  chat  '))
        self.assertEqual(ratios.split()[-5:], ['4.00', '0.25', '0.25', '0.60', '-'])
        self.assertIn('has never heard of rooms', text)
        self.assertIn('idle for at least 62 %', text)
        self.assertIn('62', next(line for line in text.splitlines() if ' naive ' in line and 'window' in line))

    def test_a_room_beside_the_servers_alone(self):
        text = Written(result()).text
        ratios = [line.split() for line in text.splitlines() if line.startswith('  groupchat  ')]
        # of lines: those who count are more on the way from MQTT
        self.assertEqual([line[-5:] for line in ratios],
                         [['-', '-', '-', '0.25', '0.10'], ['-', '-', '-', '0.50', '0.20']])
        table = text[text.index('\nGroup chat\n') :].splitlines()
        heading = next(line for line in table if line.startswith('  server '))
        self.assertEqual(heading.count('us/delivery'), 4)
        self.assertTrue(heading.endswith('doubled  disordered'), heading)
        ferryd = next(line.split() for line in table if ' ferryd ' in line and 'XMPP to MQTT' in line)
        self.assertEqual(ferryd[6:-3], ['5000', '1.25', '3.50', '61.5', '24.5', '20.0', '33.5', '20.0', '62'])
        self.assertEqual(ferryd[-3:], ['0', '0', '0'])
        chat = next(line for line in text[text.index('\nChat\n') :].splitlines() if line.startswith('  server '))
        self.assertNotRegex(chat, 'sessions|disordered')

    def test_page(self):
        written = Written(result())
        tree = written.tree()
        values = [node.get('data-value') for node in tree.iter() if node.get('data-value')]
        for figure in ('24000.0', '6000.0', '12.5', '0.7', '1.5'):
            self.assertIn(figure, values)
        self.assertGreater(len(list(tree.iter('svg'))), 5)
        self.assertGreater(len(list(tree.iter('rect'))), 20)
        self.assertNotRegex(written.page, r'(?i)<script|src=|url\(|@import|https?://')
        self.assertIn('A &lt;fast&gt; &amp; &quot;good&quot; one', written.page)
        targets = {node.get('id') for node in tree.iter()}
        self.assertEqual([a.get('href') for a in tree.iter('a') if a.get('href')[1:] not in targets], [])

    def test_bars_have_the_length_of_their_figures(self):
        tree = Written(result()).tree()
        figure = next(f for f in tree.iter('figure') if f.find('figcaption').text == 'Messages a second')
        widths = {rect.find('title').text.split(': ')[-1]: float(rect.get('width')) for rect in figure.iter('rect')}
        self.assertAlmostEqual(widths['24000'] / widths['40000'], 0.6, places=2)
        self.assertAlmostEqual(widths['6000'] / widths['24000'], 0.25, places=2)

    def test_nothing_arrived(self):
        given = result()
        for row in given['chat'] + given['durability']:
            row.update(lost=1000, messages_per_second=0.0, p50_ms=None, p99_ms=None, max_ms=None)
            for process in row['processes'].values():
                process['cpu_us'] = None
        for row in given['overload']:
            row.update(lost=120, p50_ms=None, p99_ms=NAN, max_ms=None)
        written = Written(given)
        self.assertIsNone(written.strict()['overload'][0]['p99_ms'])
        self.assertIn('NO FIGURE', written.text)
        self.assertNotRegex(written.text, r'\bnan\b|None|reached')
        self.assertNotRegex(''.join(written.tree().itertext()), r'\bnan\b|None')
        self.assertTrue(report.broken(given))

    def test_nothing_given_is_changed(self):
        given = result()
        before = copy.deepcopy(given)
        Written(given)
        self.assertEqual(given, before)

    def test_broken_is_only_what_ferryd_lost(self):
        given = result()
        self.assertFalse(report.broken(given))
        given['chat'][2]['lost'] = 5  # the naive bridge
        self.assertFalse(report.broken(given))
        given['chat'][1]['doubled'] = 1
        self.assertTrue(report.broken(given))

    def test_broken_is_a_room_that_was_told_otherwise(self):
        for what in ('lost', 'doubled', 'disordered'):
            given = result()
            given['groupchat'][0][what] = 1  # the server alone
            self.assertFalse(report.broken(given))
            given['groupchat'][3][what] = 1
            self.assertTrue(report.broken(given), what)


class Workloads(unittest.TestCase):
    def test_each_is_listed_described_and_drawn(self):
        listed = subprocess.run([str(ROOT / 'tools' / 'bench'), '--list'], capture_output=True, text=True, check=True)
        usage = subprocess.run([str(ROOT / 'tools' / 'bench'), '--help'], capture_output=True, text=True, check=True)
        names = re.findall(r'^(\w+)', listed.stdout, re.M)
        self.assertEqual(set(names), {*ROWS, 'capture'})
        self.assertEqual(set(ROWS), set(NOTES))
        for name in names:
            self.assertRegex(usage.stdout, r'(?m) %s  +\w' % name)
        self.assertRegex(listed.stdout, r'(?m)^groupchat .*\n +cannot: naive: knows no rooms$')


if __name__ == '__main__':
    unittest.main()
