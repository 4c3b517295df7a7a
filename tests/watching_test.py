"""config/grafana.json and config/alerts.yml are well made, name metrics that exist, and are documented."""
import json
import re
import shutil
import subprocess
import sys
import unittest

from documents_test import REFERENCE, ROOT, metric_names, read, rows

ENDINGS = ('_bucket', '_sum', '_count')


def unknown_metrics(text):
    known = metric_names()
    for name in sorted(set(re.findall(r'\b(?:ferry|process)_[a-z_]*[a-z]\b', text))):
        bases = [name] + [name[: -len(end)] for end in ENDINGS if name.endswith(end)]
        if not any(base in known for base in bases):
            yield name


class Alerts(unittest.TestCase):
    def alerts(self):
        """[{alert, expr, for, severity, summary, description}], by the plain form that the file keeps to."""
        out = []
        for line in read('config/alerts.yml').splitlines():
            if match := re.fullmatch(r'      - alert: (\w+)', line):
                out.append({'alert': match.group(1)})
            elif out and (match := re.fullmatch(r' {8,10}(expr|for|severity|summary|description): (.+)', line)):
                out[-1][match.group(1)] = match.group(2).strip('"')
        return out

    def test_each_says_what_to_do(self):
        alerts = self.alerts()
        self.assertGreater(len(alerts), 8)
        for alert in alerts:
            self.assertEqual(set(alert), {'alert', 'expr', 'for', 'severity', 'summary', 'description'}, alert['alert'])
            self.assertIn(alert['severity'], ('page', 'ticket'), alert['alert'])
            self.assertEqual(list(unknown_metrics(alert['expr'] + alert['description'])), [], alert['alert'])

    def test_each_is_documented(self):
        documented = {row[0]: row for row in rows('Alerts')}
        self.assertEqual(
            sorted(a['alert'] for a in self.alerts()), sorted(documented), '%s, section "Alerts": one row each' % REFERENCE
        )

    def test_prometheus_takes_them(self):
        tool = shutil.which('promtool')
        if not tool:
            self.skipTest('promtool is not installed')
        done = subprocess.run([tool, 'check', 'rules', 'config/alerts.yml'], cwd=ROOT, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


class Dashboard(unittest.TestCase):
    def setUp(self):
        self.board = json.loads(read('config/grafana.json'))
        self.panels = [panel for panel in self.board['panels'] if panel['type'] != 'row']

    def test_it_needs_no_edits(self):
        self.assertTrue(self.board['title'] and self.board['uid'] and self.board['schemaVersion'] >= 36)
        self.assertNotIn('id', self.board, 'an id is the database\'s of one Grafana')
        variables = {v['name']: v['type'] for v in self.board['templating']['list']}
        self.assertEqual(variables, {'datasource': 'datasource', 'instance': 'query'})
        for panel in self.panels:
            for place in (panel, *panel['targets']):
                self.assertEqual(place['datasource'], {'type': 'prometheus', 'uid': '${datasource}'}, panel['title'])

    def test_its_panels_have_their_places(self):
        ids = [panel['id'] for panel in self.board['panels']]
        self.assertEqual(len(set(ids)), len(ids))
        taken = set()
        for panel in self.board['panels']:
            x, y, w, h = (panel['gridPos'][k] for k in 'xywh')
            self.assertLessEqual(x + w, 24, panel['title'])
            cells = {(i, j) for i in range(x, x + w) for j in range(y, y + h)}
            self.assertFalse(cells & taken, panel['title'])
            taken |= cells

    def test_its_metrics_exist(self):
        self.assertGreater(len(self.panels), 12)
        for panel in self.panels:
            for target in panel['targets']:
                self.assertEqual(list(unknown_metrics(target['expr'])), [], panel['title'])
                self.assertEqual(target['expr'].count('('), target['expr'].count(')'), target['expr'])
                self.assertIn('instance=~"$instance"', target['expr'])


if __name__ == '__main__':
    unittest.main(argv=sys.argv)
