"""`ferry-replay import` as a program: files made here, its capture, its summary, its exit codes."""
import gzip
import json
import os
import re
import struct
import subprocess
import sys
import unittest

from process import scratch

PROGRAM = os.path.join(os.environ.get('FERRY_BIN', 'build/bin'), 'ferry-replay')
HEAD = "<stream:stream to='x' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
MESSAGE = "<message to='juliet@capulet.example' type='chat'><body>Wherefore art thou</body></message>"
LOG = ''.join('2026-05-13T10:11:%02d.000002Z - C2S-STARTTLS /10.0.0.5:54321  - RECV - (rawDebugger): %s\n' % (n, text)
              for n, text in enumerate([HEAD, MESSAGE, '<presence/>']))


def run(*arguments, stdin=b''):
    return subprocess.run([PROGRAM, 'import', *arguments], input=stdin, capture_output=True, timeout=300, check=False)


def records(done):
    """The header, and the records behind it."""
    lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
    return lines[0], lines[1:]


def stanzas(done):
    return [r['stanza'] for r in records(done)[1] if 'stanza' in r]


def segment(client_port, seq, payload, back=False, flags=0x18):
    ports = (5347, client_port) if back else (client_port, 5347)
    addresses = b'\x0a\0\0\x02\x0a\0\0\x01' if back else b'\x0a\0\0\x01\x0a\0\0\x02'
    tcp = struct.pack('>HHIIHHHH', *ports, seq, 0, 5 << 12 | flags, 65535, 0, 0) + payload
    ip = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + addresses + tcp
    return b'm' * 12 + b'\x08\0' + ip


def pcap(frames):
    return struct.pack('<IHHIIII', 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b''.join(
        struct.pack('<IIII', 1700000000 + n, 5, len(f), len(f)) + f for n, f in enumerate(frames))


def pcapng(frames):
    def block(kind, body):
        body += b'\0' * (-len(body) % 4)
        return struct.pack('<II', kind, len(body) + 12) + body + struct.pack('<I', len(body) + 12)
    packets = b''.join(block(6, struct.pack('<IIIII', 0, (n * 1000000) >> 32, n * 1000000 & 0xFFFFFFFF, len(f), len(f)) + f)
                       for n, f in enumerate(frames, 1700000000))
    return (block(0x0A0D0D0A, struct.pack('<IHHq', 0x1A2B3C4D, 1, 0, -1)) + block(1, struct.pack('<HHI', 1, 0, 65535)) + packets)


class Import(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = scratch('import')

    def file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, 'wb') as f:
            f.write(content if isinstance(content, bytes) else content.encode())
        return path

    def test_a_log(self):
        done = run('--no-redact', self.file('a.log', LOG))
        self.assertEqual(done.returncode, 0, done.stderr)
        header, found = records(done)
        self.assertEqual(header, {'ferry': 'capture', 'version': 1, 'source': 'openfire-debug', 'redacted': False})
        self.assertEqual(found[0]['open'], {'to': 'x'})
        self.assertEqual(found[1], {'ts': '2026-05-13T10:11:01.000002Z', 'stream': 's1', 'kind': 'client', 'dir': 'received',
                                    'remote': '10.0.0.5:54321',
                                    'stanza': MESSAGE.replace('<message', "<message xmlns='jabber:client'")})
        self.assertIn(b'2 stanzas of 1 streams; damaged places: 0', done.stderr)
        self.assertIn(b'not redacted', done.stderr)

    def test_redacted_unless_told_otherwise(self):
        path = self.file('r.log', LOG + LOG.replace(MESSAGE, "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' "
                                                    "mechanism='PLAIN'>AGp1bGlldAByMG0zMG15cjBtMzA=</auth>"))
        done = run(path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(records(done)[0]['redacted'])
        for secret in (b'juliet', b'capulet', b'Wherefore', b'AGp1bGlldAByMG0zMG15cjBtMzA'):
            self.assertNotIn(secret, done.stdout)
        self.assertIn(b'Wherefore', run('--keep', 'bodies', path).stdout)
        self.assertIn(b'juliet@capulet.example', run('--keep=jids', path).stdout)
        self.assertNotIn(b'AGp1bGlldAByMG0zMG15cjBtMzA', run('--keep=jids', '--keep=bodies', path).stdout)
        key = self.file('key', 'k' * 16)
        self.assertEqual(run('--key-file', key, path).stdout, run('--key-file', key, path).stdout)
        self.assertNotEqual(run(path).stdout, run(path).stdout)

    def test_standard_input_and_compression(self):
        plain = run('--no-redact', '-', stdin=LOG.encode())
        self.assertEqual(len(stanzas(plain)), 2)
        packed = subprocess.run(['zstd', '-q', '-c'], input=LOG.encode(), capture_output=True, check=True).stdout
        out = os.path.join(self.folder, 'out.zst')
        done = run('--no-redact', '-o', out, self.file('a.log.zst', packed))
        self.assertEqual((done.returncode, done.stdout), (0, b''), done.stderr)
        unpacked = subprocess.run(['zstd', '-q', '-d', '-c', out], capture_output=True, check=True).stdout
        self.assertEqual(unpacked, plain.stdout)
        self.assertEqual(run(self.file('short.log.zst', packed[:-9])).returncode, 3)  # nothing of it can be read
        long = subprocess.run(['zstd', '-q', '-c'], input=LOG.encode() * 2000, capture_output=True, check=True).stdout
        cut = run('--no-redact', self.file('cut.log.zst', long[:-9]))
        self.assertEqual(cut.returncode, 1, cut.stderr)
        self.assertGreater(len(stanzas(cut)), 100)

    def test_packets(self):
        component = HEAD.replace('jabber:client', 'jabber:component:accept')
        frames = [segment(999, 10, b'', flags=2), segment(999, 90, b'', back=True, flags=0x12), segment(999, 11, component.encode()),
                  segment(999, 91, component.encode(), back=True),
                  segment(999, 11 + len(component) + 5, b'ence/>'), segment(999, 11 + len(component), b'<pres'),
                  segment(998, 5, b'GET / HTTP/1.0\r\n\r\n'), segment(999, 22 + len(component), b'', flags=0x11)]
        for content in (pcap(frames), pcapng(frames)):
            done = run('--no-redact', self.file('a.pcap', content))
            self.assertEqual(done.returncode, 0, done.stderr)
            found = records(done)[1]
            self.assertEqual([next(k for k in ('open', 'stanza', 'close') if k in r) for r in found], ['open', 'open', 'stanza'])
            self.assertEqual((found[2]['stanza'], found[2]['kind'], found[2]['local'], found[2]['remote'], found[2]['jid']),
                             ("<presence xmlns='jabber:component:accept'/>", 'component', '10.0.0.2:5347', '10.0.0.1:999', 'x'))
            self.assertEqual(found[2]['ts'][:10], '2023-11-14')

    def test_damage_is_located(self):
        path = self.file('d.log', LOG + 'C2S /10.0.0.9:1  - RECV - (5): <message><body>cut\nC2S /10.0.0.9:1  - RECV - (5): <presence/>\n')
        done = run('--no-redact', path)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(stanzas(done)), 3)
        damage = [r['damage'] for r in records(done)[1] if 'damage' in r]
        self.assertEqual([(d['source'], d['line'], d['bytes']) for d in damage], [(path, 4, 18)])
        self.assertRegex(done.stderr.decode(), re.escape(path) + r':4: byte \d+: 18 bytes passed over: ')
        self.assertEqual(run('--max-damage', '1', path).returncode, 0)

    def test_pieces_of_one_log(self):
        half = LOG.index('Wherefore')
        line = LOG.rindex('\n', 0, half) + 1
        one, two = self.file('log.1', LOG[:half] + '\n'), self.file('log.2', LOG[line:line + LOG[line:].index('<message')] + LOG[half:])
        self.assertEqual(run(one, two).returncode, 1)
        done = run('--no-redact', '--rotated', one, two)
        self.assertEqual((done.returncode, len(stanzas(done))), (0, 2), done.stderr)

    def test_dates_and_zones(self):
        path = self.file('p.log', 'Sep 18 23:29:39 c2s5\tdebug\tRECV: <presence/>\n')
        done = run('--no-redact', '--date', '2025-09-17', '--zone', '+02:00', path)
        self.assertEqual(records(done)[1][0]['ts'], '2024-09-18T21:29:39.000000Z')
        self.assertEqual(run('--date', '2025-02-29', path).returncode, 2)
        self.assertEqual(run('--zone', 'CET', path).returncode, 2)

    def test_hostile_files_in_bounded_memory(self):
        script = ("import sys\nout = sys.stdout.buffer\nout.write(sys.argv[1].encode())\n"
                  "for _ in range(200): out.write(sys.argv[2].encode() * (1048576 // len(sys.argv[2])))\n")
        for begin, again in (('C2S /1.1.1.1:1  - RECV - (5): <message><body>', 'x'), (HEAD, '<iq><'), (HEAD + '<a b="', 'y'),
                             ('1.1.1 (tcp|<0.5.0>) Received XML on stream = <<"<iq>', 'z')):
            with self.subTest(begin=begin, again=again):
                with subprocess.Popen([sys.executable, '-c', script, begin, again], stdout=subprocess.PIPE) as maker:
                    with subprocess.Popen([PROGRAM, 'import', '-'], stdin=maker.stdout, stdout=subprocess.DEVNULL,
                                          stderr=subprocess.PIPE) as program:
                        maker.stdout.close()
                        said = program.stderr.read()
                        _, status, usage = os.wait4(program.pid, 0)
                        program.returncode = os.waitstatus_to_exitcode(status)
                self.assertEqual(program.returncode, 1, said[-500:])
                self.assertLess(usage.ru_maxrss, 400_000)  # kB; of 200 MB
                self.assertRegex(said, rb'damaged places: [1-9]')

    def test_entities_are_refused(self):
        bomb = '<!DOCTYPE a [<!ENTITY b "' + 'c' * 99 + '"><!ENTITY d "&b;&b;">]>' + HEAD + '<message><body>&d;</body></message><presence/>'
        done = run('--no-redact', '--format', 'xml', self.file('bomb.xml', bomb))
        self.assertEqual((done.returncode, len(stanzas(done))), (1, 1))

    def test_arguments(self):
        known = run('--list-formats')
        self.assertEqual(known.returncode, 0)
        self.assertIn('ejabberd', [line.split()[0] for line in known.stdout.decode().splitlines()])
        self.assertIn(b'--max-damage', run('--help').stdout)
        for wrong in ([], ['--odd', 'x'], ['--format', 'word', 'x'], ['--keep', 'all', 'x'], ['--output'], ['--max-damage', 'a', 'x'],
                      ['--no-redact', '--keep', 'jids', 'x'], ['--key-file', '/nonexistent', 'x']):
            self.assertEqual(run(*wrong).returncode, 2, wrong)
        for cannot in (['/nonexistent'], [self.file('text', 'hello\nworld\n')], ['-o', '/nonexistent/x', self.file('b.log', LOG)]):
            done = run(*cannot)
            self.assertEqual((done.returncode, done.stdout), (3, b''), cannot)
            self.assertTrue(done.stderr)

    def test_what_to_do_about_it_is_said(self):
        path = self.file('c.log', LOG)
        done = run('--format', 'ejabberd', path)
        self.assertEqual(done.returncode, 3)
        self.assertIn(b'begins like openfire-debug', done.stderr)
        packed, capture = gzip.compress(LOG.encode()), run(path).stdout
        for content, said in ((b'', b'empty'), (packed, b'zcat'), (capture, b'a capture already')):
            done = run(self.file('d', content))
            self.assertEqual((done.returncode, done.stdout), (3, b''), said)
            self.assertIn(said, done.stderr)

if __name__ == '__main__':
    unittest.main()
