"""What ferry-replay report says that a translator loses is what the translator's own file says, and what it says that
the gateway answers is what the gateway answers.

Run from the root. Each failure prints the line to write.
"""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
TABLE = 'tools/ferry-replay/report_losses.cpp'
NAMESPACES = 'tools/ferry-replay/report_namespaces.cpp'

# {"body", "what it loses", "its specification"},
ROW = re.compile(r'Loss\{"(\w+)",\s*((?:"(?:[^"\\]|\\.)*"\s*)+),\s*"((?:[^"\\]|\\.)*)"\}')
PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"')
HEAD = re.compile(r'Maps: (.+?) Loses: (.+?) Spec: (.+?)\.? Example: ', re.S)


def head_of(path):
    """(loses, spec) of the comment that a translator opens with, or None."""
    lines = []
    for line in path.read_text(encoding='utf-8').split('\n'):
        if not line.startswith('//'):
            break
        lines.append(line[2:].strip())
    found = HEAD.search(re.sub(r'\s+', ' ', ' '.join(lines)) + ' ')
    return (found[2].rstrip('.'), found[3].rstrip('.')) if found else None


def heads():
    out = {}
    for path in sorted([*(ROOT / 'translators').glob('*.cpp'), *(ROOT / 'translators').glob('*.h')]):
        head = head_of(path)
        if head:
            out[path.stem] = head
    return out


def unescape(literal):
    return literal.replace('\\"', '"').replace('\\\\', '\\')


def table():
    out = {}
    for name, loses, spec in ROW.findall((ROOT / TABLE).read_text(encoding='utf-8')):
        out[name] = (unescape(''.join(PIECE.findall(loses))), unescape(spec))
    return out


class Losses(unittest.TestCase):
    def test_every_translator_has_a_head(self):
        found = heads()
        for path in sorted((ROOT / 'translators').glob('*.cpp')):
            if 'Loses:' in path.read_text(encoding='utf-8'):
                self.assertIn(path.stem, found, f'{path.name}: expected "Maps: … Loses: … Spec: … Example: …" on top')
        self.assertGreater(len(found), 20)

    def test_the_table_is_what_the_files_say(self):
        said, written = heads(), table()
        wrong = []
        for name in sorted(said.keys() | written.keys()):
            if name not in written:
                wrong.append(f'{TABLE}: {name} is missing')
            elif name not in said:
                wrong.append(f'{TABLE}: {name}: no such translator')
            elif said[name] != written[name]:
                wrong.append(f'{TABLE}: {name}: expected {said[name]}, found {written[name]}')
        self.assertEqual(wrong, [], '\n'.join(wrong))


class Namespaces(unittest.TestCase):
    def answered_by_gateway(self):
        text = (ROOT / 'gateway/brain/services.cpp').read_text(encoding='utf-8')
        names = dict(re.findall(r'string_view (\w+) = "([^"]+)";', text))
        rows = text[text.index('Services::rows[]'):]
        rows = rows[:rows.index('};')]
        return {names.get(space.strip('"'), space.strip('"'))
                for space in re.findall(r'\{"\w+", ("?[^,]+), "get", &Services::', rows)}

    def test_answered(self):
        """What the report counts as answered is what the gateway has a row for."""
        text = (ROOT / NAMESPACES).read_text(encoding='utf-8')
        said = {space for space, fate in re.findall(r'\{"([^"]+)",\s*Fate::(\w+),', text) if fate == 'answered'}
        gateway = self.answered_by_gateway()
        self.assertGreater(len(gateway), 5)
        self.assertEqual(said | {'vcard-temp'}, gateway | {'vcard-temp'})

    def test_requests(self):
        """Every request that the report names is one of the gateway's."""
        text = (ROOT / NAMESPACES).read_text(encoding='utf-8')
        known = set(re.findall(r'\{"([a-z]+\.?[a-z]*)", &Requests::',
                               (ROOT / 'gateway/brain/requests.cpp').read_text(encoding='utf-8'))) | {'profile.get'}
        named = set(re.findall(r'\b(?:roster|profile|presence|feed)\.[a-z]+\b', text))
        self.assertTrue(named)
        self.assertEqual(named - known, set())


if __name__ == '__main__':
    unittest.main()
