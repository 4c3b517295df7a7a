"""The report: bench.json, bench.txt and index.html. Ratios and goals first, figures after them."""
import json
import math
import os

import page
from figures import document
from figures_workloads import ROWS
from tables import aim, cell, heading, number, verdict


def finite(value):
    """What there is no figure of is null: JSON has no NaN."""
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _goal(goal):
    line = '  %-66s %9s %-7s goal %s  %s' % (goal.what, number(goal.value), goal.unit, aim(goal), verdict(goal))
    return line + (' (%s)' % goal.note if goal.note else '')


def _table(table):
    lines = [[heading(column) for column in table.columns]]
    lines += [[cell(value, column) for value, column in zip(row, table.columns)] for row in table.rows]
    widths = [max(map(len, column)) for column in zip(*lines)]
    out = []
    for line in lines:
        texts = (
            text.ljust(width) if column.form is None else text.rjust(width)
            for text, width, column in zip(line, widths, table.columns)
        )
        out.append(('  ' + '  '.join(texts)).rstrip())
    return out


def text(content):
    out = [content.title, *content.facts]
    if content.goals:
        out += ['', 'goals', *map(_goal, content.goals)]
    for section in content.sections:
        out += ['', section.title, *('  ' + note for note in section.notes)]
        for table in section.tables:
            out += ([table.title] if len(section.tables) > 1 else []) + _table(table)
    return '\n'.join(out) + '\n'


def write(result, directory):
    """Gives the text."""
    os.makedirs(directory, exist_ok=True)
    result = finite(result)
    content = document(result)
    files = {
        'bench.json': json.dumps(result, indent=1, ensure_ascii=False, allow_nan=False),
        'bench.txt': text(content),
        'index.html': page.html(content),
    }
    for name, written in files.items():
        with open(os.path.join(directory, name), 'w', encoding='utf-8') as file:
            file.write(written)
    return files['bench.txt']


def broken(result):
    """Did ferryd lose or double anything, or mix up a room?"""
    runs = [run for name in ROWS for run in result.get(name, []) if run['variant'] == 'ferryd']
    for name in ('overload', 'durability', 'tap'):
        runs += result.get(name, [])
    played = result.get('capture', {'lost': 0, 'different': 0})
    wrong = ('lost', 'doubled', 'disordered')
    return any(run.get(key) for run in runs for key in wrong) or bool(played['lost'] or played['different'])
