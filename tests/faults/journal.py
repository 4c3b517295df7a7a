"""What the load clients saw, as lines of text: time, kind, pair, fields, with tabs between them.

The time is CLOCK_MONOTONIC, which all processes of one machine share. The harness reads the files while they grow.

    S pair n id        sent (id "-": without one)                    C pair up|down|gone   connection (gone: on purpose)
    Z pair n id        sent again with the same id                   T pair state          own presence, as said
    K pair n           PUBACK of the broker                          V pair state          the other's presence, as seen
    G pair n state     receipt: accepted forwarded delivered ...     q pair id what        request sent
    E pair n reason    failed receipt, error stanza                  r pair id what        the same request, again
    R pair n id        received                                      a pair id outcome     answered
"""
import time


class Writer:
    def __init__(self, path):
        self.file = open(path, 'w', encoding='utf-8')

    def __call__(self, kind, pair, *fields):
        self.file.write('\t'.join(('%.4f' % time.monotonic(), kind, str(pair), *map(str, fields))) + '\n')

    def flush(self):
        self.file.flush()


class Reader:
    """The whole lines that have come since the last call."""

    def __init__(self, path):
        self.path, self.file, self.rest = path, None, ''

    def lines(self):
        if self.file is None:
            try:
                self.file = open(self.path, encoding='utf-8')
            except FileNotFoundError:
                return
        text = self.rest + self.file.read()
        whole, newline, self.rest = text.rpartition('\n')
        if newline:
            for line in whole.split('\n'):
                time_text, kind, pair, *fields = line.split('\t')
                yield float(time_text), kind, int(pair), fields
