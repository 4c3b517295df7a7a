"""The accounts: what became of every numbered message, read from the journals of both load processes.

One instance holds both directions. `x` goes from XMPP to MQTT, `m` from MQTT to XMPP.
"""
from collections import defaultdict


class Message:
    __slots__ = ('sent', 'id', 'puback', 'accepted', 'forwarded', 'delivered', 'failed', 'reason', 'came', 'again')

    def __init__(self, sent, id):
        self.sent, self.id = sent, id
        self.puback = self.accepted = self.forwarded = self.delivered = self.failed = self.reason = None
        self.came = []  # (time, id at the recipient)
        self.again = 0  # how often its sender sent it again

    @property
    def open(self):
        return not self.came and self.failed is None


class Account:
    def __init__(self):
        self.messages = {'x': defaultdict(dict), 'm': defaultdict(dict)}  # way: pair: n: Message
        # way: pair: (time, n, kept by the server) in order of arrival
        self.arrivals = {'x': defaultdict(list), 'm': defaultdict(list)}
        self.early = []  # read before the line of its sending was: the two files are read one after the other
        self.nameless_errors = defaultdict(list)  # pair: times; answers to what had no id, without the body
        self.requests = {}  # (side, stem): [asked, answered, how often asked again, what, last asked]
        self.truth = {'x': defaultdict(list), 'm': defaultdict(list)}  # side: pair: (time, state) as its owner said
        self.views = {'x': defaultdict(list), 'm': defaultdict(list)}  # side: pair: (time, state) as that side saw it
        self.sent = {'x': 0, 'm': 0}
        self.closed = {'x': 0, 'm': 0}
        self.last_progress = 0.0
        self.last_time = 0.0

    def read(self, reader, side):
        """side: whose journal it is, `x` the XMPP people's, `m` the MQTT people's."""
        for line in reader.lines():
            self.take(side, *line)

    def take(self, side, time, kind, pair, fields):
        self.last_time = max(self.last_time, time)
        if kind == 'S':
            self.messages[side][pair][int(fields[0])] = Message(time, fields[1])
            self.sent[side] += 1
            return
        if kind == 'R':
            way = 'm' if side == 'x' else 'x'
            message = self.messages[way][pair].get(int(fields[0]))
            self.arrivals[way][pair].append((time, int(fields[0]), fields[2:] == ['kept']))
            if message is None:
                self.early.append((way, time, pair, fields))
                return
            self.arrived(way, time, pair, fields, message)
        elif kind in 'ZKGE':
            self.fate(side, time, kind, pair, fields)
        elif kind in 'qra':
            self.request(side, time, kind, pair, fields)
        elif kind == 'T':
            self.truth[side][pair].append((time, fields[0]))
        elif kind == 'C':
            if fields[0] != 'up':
                self.truth[side][pair].append((time, 'offline'))
                self.views[side][pair].append((time, None))  # whoever is away sees nothing
            else:
                self.truth[side][pair].append((time, None))  # until it has announced itself
        elif kind == 'V':
            self.views[side][pair].append((time, fields[0]))

    def catch_up(self):
        early, self.early = self.early, []
        for way, time, pair, fields in early:
            message = self.messages[way][pair].get(int(fields[0]))
            if message is None:
                self.early.append((way, time, pair, fields))
            else:
                self.arrived(way, time, pair, fields, message)

    def arrived(self, way, time, pair, fields, message):
        if message.open:
            self.closed[way] += 1
        if not message.came:
            self.last_progress = max(self.last_progress, time)
        message.came.append((time, fields[1]))

    def fate(self, side, time, kind, pair, fields):
        if kind == 'E' and fields[0] == '-':
            self.nameless_errors[pair].append(time)
            return
        message = self.messages[side][pair].get(int(fields[0]))
        if message is None:
            return
        if kind == 'Z':
            message.again += 1
        elif kind == 'K':
            message.puback = message.puback or time
        elif kind == 'E':
            if message.open:
                self.closed[side] += 1
                self.last_progress = max(self.last_progress, time)
            message.failed, message.reason = message.failed or time, fields[1]
        else:
            setattr(message, fields[1], getattr(message, fields[1], None) or time)

    def request(self, side, time, kind, pair, fields):
        id, what = fields
        stem = id.rpartition('-')[0] if side == 'x' else id
        entry = self.requests.setdefault((side, stem), [time, None, 0, what, time])
        if kind == 'r':
            entry[2] += 1
            entry[4] = time
        elif kind == 'a' and entry[1] is None:
            entry[1] = time
            self.last_progress = max(self.last_progress, time)

    def open_requests(self):
        return sum(1 for entry in self.requests.values() if entry[1] is None)

    def outstanding(self):
        return sum(self.sent[way] - self.closed[way] for way in 'xm') + self.open_requests()
