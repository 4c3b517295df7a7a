"""What a report is made of: goals, and sections of tables and charts. A figure is a number, or None: there is none."""
from collections import namedtuple

Goal = namedtuple('Goal', 'what value unit goal below note')
Section = namedtuple('Section', 'name title notes tables')
Table = namedtuple('Table', 'title columns rows charts')
# label, series: numbers of columns
Chart = namedtuple('Chart', 'title label series')
Column = namedtuple('Column', 'title form unit', defaults=(None, ''))  # form None: text


def ratio(a, b):
    return None if a is None or not b else a / b


def number(value, form='%.2f'):
    return '-' if value is None else form % value


def cell(value, column):
    if column.form is None:
        return '-' if value is None else str(value)
    return number(value, column.form)


def heading(column):
    return column.title + (', ' + column.unit if column.unit else '')


def verdict(goal):
    if goal.value is None:
        return 'NO FIGURE'
    return 'reached' if (goal.value <= goal.goal if goal.below else goal.value >= goal.goal) else 'MISSED'


def aim(goal):
    return '%s %g' % ('<=' if goal.below else '>=', goal.goal)
