"""config/reference.md says what the code does, both ways: metrics, log events, limits, errors, exit codes.

Run from the root. Each failure prints the line to add or to take away, and where.
"""
import functools
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
REFERENCE = 'config/reference.md'

LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
SECRET_TEXT = re.compile(r'[A-Za-z]{2}')  # a piece of an error's text that says something

# Functions that make an error of one condition from a text: (file, call) -> condition.
MAKERS = {
    ('translators/values/xml_reader.cpp', 'refuse'): 'policy-violation',
    ('translators/values/topic.cpp', 'unacceptable'): 'not-acceptable',
}
# Constants that are limits, in the headers of gateway/ (and what is named like one but bounds no growth).
LIMIT = re.compile(r'static constexpr [\w:]+ ((?:max|most)_\w+|\w+_limit|window|patience) = ')


def read(path):
    return (ROOT / path).read_text(encoding='utf-8')


@functools.lru_cache(maxsize=None)
def sources(*rooms, suffixes=('.cpp', '.h')):
    """[(path from the root, text without comments)]"""
    out = []
    for room in rooms:
        for file in sorted((ROOT / room).rglob('*')):
            if file.suffix in suffixes:
                text = re.sub(r'(^|[\s;{}(),])//[^\n]*', r'\1', file.read_text(encoding='utf-8'))
                out.append((str(file.relative_to(ROOT)), text))
    return out


def unescape(literal):
    return literal.replace('\\"', '"').replace('\\\\', '\\').replace('\\n', '\n')


def arguments(text, start):
    """The rest of a call's arguments: up to the parenthesis that closes it."""
    depth, i = 0, start
    while i < len(text):
        quoted = LITERAL.match(text, i) or re.compile(r"'(?:[^'\\]|\\.)'").match(text, i)
        if quoted:
            i = quoted.end()
            continue
        if text[i] in '([{':
            depth += 1
        elif text[i] in ')]}':
            depth -= 1
            if depth < 0:
                break
        elif text[i] == ';':
            break
        i += 1
    return text[start:i]


def literals(code):
    return [unescape(x) for x in LITERAL.findall(re.sub(r'"\s+"', '', code))]


# ---- the document
def section(title):
    match = re.search(r'^## %s\n(.*?)(?=^## |\Z)' % re.escape(title), read(REFERENCE), re.M | re.S)
    assert match, '%s has no section "## %s"' % (REFERENCE, title)
    return match.group(1)


def rows(title):
    """The rows of the section's tables: lists of cells, without backticks around a whole cell. Heads are left out."""
    out = []
    lines = section(title).splitlines()
    for number, line in enumerate(lines):
        if not line.startswith('|') or re.fullmatch(r'[|\s:-]+', line):
            continue
        if number + 1 < len(lines) and re.fullmatch(r'[|\s:-]+', lines[number + 1]):
            continue
        cells = [cell.strip().replace('\\|', '|') for cell in re.split(r'(?<!\\)\|', line)[1:-1]]
        out.append([re.sub(r'^`+ ?(.*?) ?`+$', r'\1', cell) for cell in cells])
    return out


# ---- the code
@functools.lru_cache(maxsize=None)
def metric_names():
    """{name: where}; gateway/metrics*.cpp names them all: counters of the brain in counter_help, the others whole."""
    names = {}
    for path, text in sources('gateway', suffixes=('.cpp',)):
        if not pathlib.Path(path).name.startswith('metrics'):
            continue
        for name, help_text in re.findall(r'^\s*\{"([a-z_]+)",\s*"([^"]*)', text, re.M):
            if not name.startswith(('ferry_', 'process_')):
                names['ferry_%s_total' % name] = help_text
        for name, help_text in re.findall(r'"((?:ferry|process)_[a-z_]+)"(?:,\s*"([^"]*)")?', text):
            names.setdefault(name, help_text)
    return names


def statement_around(text, position):
    """Where a log line is made: from the end of the statement before to the end of this one."""
    start = max(text.rfind(mark, 0, position) for mark in (';', '{\n', '}\n'))
    end = position
    while end < len(text) and text[end] not in ';':
        quoted = LITERAL.match(text, end) if text[end] == '"' else None
        end = quoted.end() if quoted else end + 1
    return text[start + 1 : end]


@functools.lru_cache(maxsize=None)
def log_events():
    """{event: {'levels': …, 'fields': …, 'where': …}}"""
    events = {}
    for path, text in sources('gateway', 'tools'):
        for match in re.finditer(r'"event=([^\s"]+)', text):
            statement = statement_around(text, match.start())
            event = events.setdefault(match.group(1), {'levels': set(), 'fields': set(), 'where': path})
            event['levels'] |= set(re.findall(r'Level::(\w+)', statement))
            for literal in literals(statement):
                event['fields'] |= set(re.findall(r'(?:^|\s)([a-z][a-z_-]*)=', literal)) - {'event'}
    return events


def example_keys():
    """{section.key: default or what it is set to}, from the example file, which a test holds to the table of keys."""
    keys, current = {}, ''
    for line in read('config/ferry.conf.example').splitlines():
        if match := re.fullmatch(r'\[(\w+)\]', line):
            current = match.group(1)
        elif current and (match := re.fullmatch(r'#?([a-z][a-z-]*) =\s*(.*)', line)):
            keys['%s.%s' % (current, match.group(1))] = match.group(2)
    return keys


def fixed_limits():
    """{file_stem.constant: file}"""
    found = {}
    for path, text in sources('gateway', suffixes=('.h',)):
        for name in LIMIT.findall(text):
            found['%s.%s' % (pathlib.Path(path).stem, name)] = path
    return found


def error_texts():
    """{(condition, piece of its text): where}"""
    found = {}
    for path, text in sources('translators', 'config', 'gateway', suffixes=('.cpp',)):
        calls = [(m.group(1).replace('_', '-'), m) for m in re.finditer(r'\bCondition::([a-z_]+)\s*,', text)]
        calls += [
            (condition, m)
            for (file, call), condition in MAKERS.items()
            if file == path
            for m in re.finditer(r'\b%s\(' % call, text)
        ]
        for condition, match in calls:
            if path.endswith('values/error.cpp'):
                continue  # the table of conditions itself
            for piece in literals(arguments(text, match.end())):
                if SECRET_TEXT.search(piece):
                    found[condition, piece.strip()] = '%s:%d' % (path, text.count('\n', 0, match.start()) + 1)
    return found


def documented_pieces(text):
    return [piece.strip() for piece in text.split('…') if SECRET_TEXT.search(piece)]


class Documents(unittest.TestCase):
    longMessage = False

    def compare(self, title, code, documented, new_row):
        """Both ways, with the rows to add and to take away."""
        add = [new_row(key) for key in sorted(set(code) - set(documented))]
        remove = sorted(str(key) for key in set(documented) - set(code))
        text = ''
        if add:
            text += '\n%s, section "%s": add\n  %s' % (REFERENCE, title, '\n  '.join(add))
        if remove:
            text += '\n%s, section "%s": nothing in the code is called\n  %s' % (REFERENCE, title, '\n  '.join(remove))
        self.assertFalse(text, text)

    def test_metrics(self):
        code = metric_names()
        self.assertGreater(len(code), 30)
        documented = {row[0].split('{')[0]: row for row in rows('Metrics')}
        self.compare('Metrics', code, documented, lambda name: '| `%s` | %s |' % (name, code[name] or 'what it says'))

    def test_log_events(self):
        code = log_events()
        self.assertGreater(len(code), 20)
        wrong = sorted(name for name in code if not re.fullmatch(r'[a-z]+\.[a-z]+(-[a-z0-9]+)*', name))
        self.assertFalse(wrong, 'names of events are noun.verb: %s' % [(name, code[name]['where']) for name in wrong])
        documented = {row[0]: row for row in rows('Log events')}
        self.compare(
            'Log events',
            code,
            documented,
            lambda name: '| `%s` | %s | %s | what it means, what to do |'
            % (name, ', '.join(sorted(code[name]['levels'])), ' '.join('`%s`' % f for f in sorted(code[name]['fields']))),
        )
        for name, event in code.items():
            levels, fields = set(re.findall(r'\w+', documented[name][1])), documented[name][2]
            self.assertLessEqual(
                event['levels'], levels, '%s: level of %s in %s: %s' % (REFERENCE, name, event['where'], event['levels'])
            )
            missing = event['fields'] - set(re.findall(r'[a-z][a-z_-]*', fields))
            self.assertFalse(missing, '%s: fields of %s, add %s' % (REFERENCE, name, sorted(missing)))

    def test_limits(self):
        keys = {key: value for key, value in example_keys().items() if key.startswith('limits.')}
        self.assertGreater(len(keys), 8)
        documented = {row[0]: row for row in rows('Limits') if row[0].startswith('limits.')}
        self.compare(
            'Limits',
            keys,
            documented,
            lambda key: '| `%s` | %s | what its sender sees | `ferry_…_total` |' % (key, keys[key]),
        )
        for key, row in documented.items():
            self.assertEqual(row[1].replace(',', ''), keys[key], '%s: the default of %s is %s' % (REFERENCE, key, keys[key]))
        fixed = fixed_limits()
        self.assertGreater(len(fixed), 10)
        documented = {row[0] for row in rows('Limits') if not row[0].startswith('limits.')}
        self.compare('Limits', fixed, documented, lambda name: '| `%s` | value | what happens beyond it |' % name)

    def test_errors(self):
        code = error_texts()
        self.assertGreater(len(code), 60)
        table = rows('Errors')
        add = []
        for (condition, piece), where in sorted(code.items()):
            if not any(row[0] == condition and piece in row[1] for row in table):
                add.append('| `%s` | `%s` | who sees it and why |      (%s)' % (condition, piece, where))
        self.assertFalse(add, '\n%s, section "Errors": add\n  %s' % (REFERENCE, '\n  '.join(add)))
        said = {}
        for condition, piece in code:
            said.setdefault(condition, []).append(piece)
        for row in table:
            for piece in documented_pieces(row[1]):
                self.assertTrue(
                    any(piece in text for text in said.get(row[0], [])),
                    '\n%s, section "Errors": nothing in the code says\n  %s: %s' % (REFERENCE, row[0], piece),
                )

    def test_every_metric_that_is_named_exists(self):
        known = set(metric_names())
        endings = ('_bucket', '_sum', '_count')
        for path in ('README.md', REFERENCE):
            for name in set(re.findall(r'\b(?:ferry|process)_[a-z_]+[a-z]\b(?!\.)', read(path))):
                base = next((name[: -len(e)] for e in endings if name.endswith(e) and name[: -len(e)] in known), name)
                self.assertTrue(base in known, '%s names the metric %s, which does not exist' % (path, name))

    def test_every_key_that_is_named_exists(self):
        keys = example_keys()
        sections = {key.split('.')[0] for key in keys}
        for path in ('README.md', 'CHANGELOG.md', *sorted(pages())):
            for name in re.findall(r'`(?:--)?((?:%s)\.[a-z][a-z-]*[a-z])(?: ?=[^`]*)?`' % '|'.join(sections), read(path)):
                if name in log_events():
                    continue
                self.assertIn(name, keys, '%s names the key %s, which does not exist' % (path, name))

    def test_exit_codes(self):
        table = {(row[0], row[1]) for row in rows('Exit codes')}
        for program, codes in (('ferryd', '012'), ('ferryctl', '012')):
            for code in codes:
                self.assertIn((program, code), table, '%s, section "Exit codes": %s %s' % (REFERENCE, program, code))


def pages():
    return [str(path.relative_to(ROOT)) for path in (ROOT / 'config').glob('*.md')]


if __name__ == '__main__':
    unittest.main(argv=sys.argv)
