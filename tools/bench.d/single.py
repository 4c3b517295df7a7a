"""The parts that are one C++ program each: the translators and the mapping table."""
import json
import os
import re
import shutil
import subprocess
import tempfile

from servers import ferry_program


def _run(name, quick):
    with tempfile.TemporaryDirectory(prefix='ferry-bench-') as directory:
        path = os.path.join(directory, 'out.json')
        subprocess.run(
            [ferry_program(name), '--json', path] + (['--quick'] if quick else []),
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with open(path, encoding='utf-8') as file:
            return json.load(file)


def table(quick):
    return _run('bench_table', quick)


def translate(quick):
    result = _run('bench_translate', quick)
    if result['counter'] == 'none' and shutil.which('valgrind'):
        result['counter'] = 'callgrind'
        for number, line in enumerate(result['stanzas']):
            for key, what in (('floor', 'floor'), ('in', 'in'), ('out', 'out')):
                if key in line:
                    line[key]['instructions'] = _callgrind(what, number)
            if 'out_floor' in line:  # nearly the same bytes as the floor's: scaled by the time of both
                line['out_floor']['instructions'] = (
                    line['floor']['instructions'] * line['out_floor']['ns'] / line['floor']['ns']
                )
    return result


def _callgrind(what, sample):
    """Instructions of one stanza: the difference of two run lengths, so that start and end do not count."""
    short, long = 200, 1200

    def total(count):
        done = subprocess.run(
            ['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', ferry_program('bench_translate')]
            + ['--loop', what, '--sample', str(sample), '--count', str(count)],
            capture_output=True,
            text=True,
            check=True,
        )
        return int(re.search(r'Collected : (\d+)', done.stderr)[1])

    return (total(long) - total(short)) / (long - short)
