"""The report as one HTML page that needs nothing but itself, in the style of `ferry-replay report --html`."""
import html as escaping
import os
import re

from tables import aim, cell, heading, number, verdict

STYLE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'ferry-replay', 'report_css.cpp')
WIDTH, LABELS, NUMBERS, BAR = 880, 390, 96, 13
COLOURS = 5


def _style():
    with open(STYLE, encoding='utf-8') as file:
        return re.search(r'R"css\((.*)\)css"', file.read(), re.S)[1]


def _escape(text):
    return escaping.escape(str(text), quote=True)


def _text(x, y, kind, text):
    return '<text class="%s" x="%.1f" y="%.1f">%s</text>' % (kind, x, y, _escape(text))


def _box(x, y, width, height, series, says):
    return '<rect class="s%d" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s</title></rect>' % (
        series % COLOURS, x, y, max(width, 1), height, _escape(says))


def _label(table, chart, row):
    return ' · '.join(cell(row[c], table.columns[c]) for c in chart.label)


def _legend(table, chart):
    if len(chart.series) < 2:
        return [], 6
    out, x = [], 0
    for series, column in enumerate(chart.series):
        title = heading(table.columns[column])
        out += [_box(x, 3, 12, 12, series, title), _text(x + 18, 14, 'key', title)]
        x += 40 + 7.4 * len(title)
    return out, 28


def svg(table, chart, name):
    """Horizontal bars from nought, each with its number."""
    top = max((row[c] for row in table.rows for c in chart.series if row[c] is not None), default=0) or 1
    out, y = _legend(table, chart)
    for row in table.rows:
        height = BAR * len(chart.series)
        out.append(_text(LABELS - 10, y + height / 2 + 4.5, 'label', _label(table, chart, row)))
        for series, column in enumerate(chart.series):
            at, value, shown = y + BAR * series, row[column], cell(row[column], table.columns[column])
            width = 0 if value is None else max(value, 0) / top * (WIDTH - LABELS - NUMBERS)
            if value is not None:
                says = '%s · %s: %s' % (_label(table, chart, row), heading(table.columns[column]), shown)
                out.append(_box(LABELS, at, width, BAR - 2, series, says))
            out.append(_text(LABELS + width + 6, at + 10.5, 'number', shown))
        y += height + 9
    head = '<svg viewBox="0 0 %d %.1f" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title>' % (
        WIDTH, y, name, name, name, _escape(chart.title))
    return '%s<desc id="%s-d">The table below has the same figures.</desc>%s</svg>' % (head, name, ''.join(out))


def _row(values, columns):
    out = []
    for n, (value, column) in enumerate(zip(values, columns)):
        tag, scope = ('th', ' scope="row"') if n == 0 else ('td', '')
        raw = ' data-value="%r"' % value if isinstance(value, (int, float)) else ''
        right = ' class="n"' if column.form else ''
        out.append('<%s%s%s%s>%s</%s>' % (tag, scope, right, raw, _escape(cell(value, column)), tag))
    return '<tr>%s</tr>\n' % ''.join(out)


def _table(table, name):
    out = ['<h3 id="%s">%s</h3>\n' % (name, _escape(table.title))]
    for n, chart in enumerate(table.charts):
        if table.rows:
            picture = svg(table, chart, '%s-chart%d' % (name, n))
            out.append('<figure>%s<figcaption>%s</figcaption></figure>\n' % (picture, _escape(chart.title)))
    out.append('<div class="scroll" role="region" tabindex="0" aria-labelledby="%s"><table>' % name)
    out.append('<caption>%s</caption><thead><tr>' % _escape(table.title))
    for column in table.columns:
        out.append('<th scope="col"%s>%s</th>' % (' class="n"' if column.form else '', _escape(heading(column))))
    out.append('</tr></thead><tbody>\n')
    out += [_row(row, table.columns) for row in table.rows]
    out.append('</tbody></table></div>\n')
    return ''.join(out)


def _section(name, title, notes, tables):
    out = ['<section id="%s" aria-labelledby="%s-h"><h2 id="%s-h">%s</h2>\n' % (name, name, name, _escape(title))]
    out += ['<p>%s</p>\n' % _escape(note) for note in notes]
    out += [_table(table, '%s-%d' % (name, n)) for n, table in enumerate(tables)]
    return ''.join(out) + '</section>\n'


def _goals(goals):
    out = ['<section id="goals" aria-labelledby="goals-h"><h2 id="goals-h">Goals</h2><div class="scroll" role="region" '
           'tabindex="0" aria-labelledby="goals-h"><table><caption>Goals</caption><thead><tr>']
    out += ['<th scope="col">%s</th>' % title for title in ('', 'figure', 'unit', 'goal', '', '')]
    out.append('</tr></thead><tbody>\n')
    for g in goals:
        raw = '' if g.value is None else ' data-value="%r"' % g.value
        out.append('<tr><th scope="row">%s</th><td class="n"%s>%s</td>' % (_escape(g.what), raw, number(g.value)))
        out += ['<td>%s</td>' % _escape(text) for text in (g.unit, aim(g), verdict(g), g.note)]
        out.append('</tr>\n')
    return ''.join(out) + '</tbody></table></div></section>\n'


def html(content):
    """The policy says in the page itself that it loads nothing and runs nothing."""
    title, names = _escape(content.title), [('goals', 'Goals')] if content.goals else []
    names += [(section.name, section.title) for section in content.sections]
    return ''.join([
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">\n',
        '<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n' % (title, _style()),
        '<a class="skip" href="#main">To the report</a>\n<header class="page"><h1>%s</h1>\n' % title,
        *('<p>%s</p>\n' % _escape(fact) for fact in content.facts),
        '</header>\n<nav aria-label="Sections"><ul>',
        *('<li><a href="#%s">%s</a></li>' % (name, _escape(text)) for name, text in names),
        '</ul></nav>\n<main id="main" class="page">\n',
        _goals(content.goals) if content.goals else '',
        *(_section(*section) for section in content.sections),
        '</main>\n</body>\n</html>\n',
    ])
