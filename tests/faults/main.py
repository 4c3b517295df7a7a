"""The fault harness: tools/soak is its front, faults_test.py a short run of it. See README.md beside this file."""
import argparse
import asyncio
import json
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'scenarios'))

import report  # noqa: E402
import schedule  # noqa: E402
from bare_campaign import bare_campaign  # noqa: E402
from campaign import campaign  # noqa: E402


class Options:
    """What one campaign is told; the command line's words and what follows from them."""

    start_at, trace = 0, False
    ferry = {}

    def __init__(self, **values):
        self.__dict__.update(values)
        self.groups = list(self.only) if self.only else list(schedule.GROUPS)
        self.proxied = not self.kills and 'cut' in self.groups

    def steps(self, _server):
        return schedule.mixed(self.seed, self.minutes * 60, self.groups, self.gap)

    def again(self, server):
        words = ['--seed %s --server %s --pairs %d --rate %g' % (self.seed, server, self.pairs, self.rate)]
        words += ['--kills %d' % self.kills] if self.kills else ['--minutes %g --gap %g' % (self.minutes, self.gap)]
        words += ['--only %s' % group for group in self.only or ()]
        words += [flag for flag, on in (('--forgetful', self.forgetful), ('--stops', self.stops)) if on]
        return ' '.join(words)


def command_line(arguments):
    parser = argparse.ArgumentParser(
        prog='tools/soak', formatter_class=argparse.RawDescriptionHelpFormatter,
        description='Real Prosody or ejabberd, Mosquitto and ferryd under two-way load, while a seeded schedule kills,\n'
                    'stops, restarts and cuts them. Counts what became of every message.',
        epilog='Exit code 0: nothing lost, nothing twice, nothing out of order, no false presence, no unanswered\n'
               'request, memory flat, but for what the table lists as excepted. tests/faults/README.md explains it.')
    parser.add_argument('--minutes', type=float, default=10, metavar='N', help='how long things break (default: 10)')
    parser.add_argument('--kills', type=int, default=0, metavar='N',
                        help='instead: N SIGKILLs of ferryd, about one a second, and nothing else')
    parser.add_argument('--stops', action='store_true', help='with --kills: each tenth comes after a SIGSTOP')
    parser.add_argument('--bare', action='store_true',
                        help='with --kills: afterwards the same with a component that only reads and counts')
    parser.add_argument('--seed', help='of a former run, to see it again (default: a new one, printed)')
    parser.add_argument('--server', choices=('prosody', 'ejabberd', 'both'), default='both',
                        help='both: one after the other (default)')
    parser.add_argument('--only', action='append', choices=tuple(schedule.GROUPS), metavar='GROUP',
                        help='only this kind of fault; may be repeated: ' + ', '.join(schedule.GROUPS))
    parser.add_argument('--gap', type=float, default=3, metavar='S', help='mean seconds between faults (default: 3)')
    parser.add_argument('--pairs', type=int, default=10, metavar='N', help='pairs of people (default: 10)')
    parser.add_argument('--rate', type=float, default=200, metavar='N', help='messages a second, all (default: 200)')
    parser.add_argument('--forgetful', action='store_true',
                        help='Mosquitto with its default autosave_interval: a killed one forgets everything')
    parser.add_argument('--json', metavar='FILE', help='the result as JSON, too')
    parser.add_argument('--keep', action='store_true', help='keeps logs, journals and the store, and says where')
    parser.add_argument('--trace', action='store_true', help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def say(text):
    print(text, flush=True)


def run(options, servers):
    """Gives the results; prints tables, and how to replay what failed."""
    results = []
    for server in servers:
        say('%s: seed %s' % (server, options.seed))
        result = asyncio.run(campaign(options, server, say))
        results.append(result)
        say(report.as_text(result))
        if result.failed:
            say(report.replay(result))
        if options.bare:
            say(report.as_text(asyncio.run(bare_campaign(options, server))))
    return results


def main(arguments):
    parsed = command_line(arguments)
    if parsed.seed is None:
        parsed.seed = '%d' % (time.time_ns() % 10**9 + random.randrange(1000))
    if parsed.keep:
        os.environ['FERRY_KEEP_LOGS'] = '1'
    options = Options(**vars(parsed))
    results = run(options, ('prosody', 'ejabberd') if parsed.server == 'both' else (parsed.server,))
    if parsed.json:
        with open(parsed.json, 'w', encoding='utf-8') as file:
            json.dump([report.as_dict(result) for result in results], file, indent=1)
    failed = [result.server for result in results if result.failed]
    say('seed %s: %s' % (parsed.seed, 'failed: ' + ', '.join(failed) if failed else 'all well'))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
