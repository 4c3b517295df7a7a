"""Judges the accounts of a run: what was lost, twice, out of order, false, unanswered; and what each fault took.

Nothing is excused because it is near a fault of any kind: an exception is one kind of message that one kind of fault
can take (README.md, "The exceptions"), and what ferryd's store knows of is never excused.
"""
import contextlib
import json
import os
import sqlite3
from collections import Counter, defaultdict

BEFORE, AFTER = 5.0, 1.0  # s: how long before a fault a request may have been asked; how far clocks of journals differ
# Faults that end the component's stream with something in it: XEP-0114 has no acknowledgement.
WINDOW = ('ferryd.kill', 'ferryd.stop-kill', 'ferryd ended', 'cut.component.')
SERVER = ('xmpp.kill', 'xmpp.term')
BROKER = ('broker.kill',)


def ledger(path):
    """What the store of ferryd knows: stanza ids and bodies of what it took from XMPP, ids of what came from MQTT."""
    stanzas, bodies, ids = set(), set(), {}
    if not os.path.exists(path):
        return stanzas, bodies, ids
    with contextlib.closing(sqlite3.connect('file:%s?mode=ro' % path, uri=True)) as store:
        for way, id, xmpp_id, payload, state in store.execute('SELECT way, id, xmpp_id, payload, state FROM message'):
            if way == 1:
                ids[id] = state
                continue
            stanzas.add(xmpp_id)
            if payload is not None:
                bodies.add(json.loads(payload).get('body', '').rsplit(' ', 1)[0])
    return stanzas, bodies, ids


class Score:
    def __init__(self, account, faults, store, end):
        self.account, self.faults, self.end = account, faults, end
        self.stanzas, self.bodies, self.ids = ledger(store)
        self.ways = {way: Counter() for way in 'xm'}
        self.exceptions = Counter()
        self.bad = []  # texts: each is one broken promise
        self.latency = {'x': [], 'm': []}
        self.per_fault = defaultdict(Counter)  # id of a fault: what it took
        for way in 'xm':
            for pair in account.messages[way]:
                self.pair(way, pair)
        self.requests = self.judge_requests()

    def covering(self, low, high, kinds):
        """The fault of these kinds that can have met what was under way from `low`, and not later than `high`: everything
        between two people travels in order, so what comes after it in their conversation has passed the same places."""
        return next((f for f in self.faults
                     if f.what.startswith(kinds) and f.start <= high and (f.end or self.end) + AFTER >= low), None)

    def passed(self, way, pair):
        """n: when the first message after n of this pair arrived."""
        times, soonest = {}, self.end
        messages = self.account.messages[way][pair]
        for n in sorted(messages, reverse=True):
            times[n] = soonest
            if messages[n].came:
                soonest = min(soonest, messages[n].came[0][0])
        return times

    def latest(self, time):
        return max((f for f in self.faults if f.start <= time), key=lambda f: f.start, default=None)

    def pair(self, way, pair):
        counts, messages = self.ways[way], self.account.messages[way][pair]
        passed = self.passed(way, pair)
        answered = self.nameless(messages, self.account.nameless_errors[pair]) if way == 'x' else ()
        for n in sorted(messages):
            message = messages[n]
            counts['sent'] += 1
            counts['acknowledged'] += bool(message.puback or message.accepted)
            counts['sent again'] += message.again
            counts['delivered'] += bool(message.came)
            counts['failed'] += message.failed is not None
            if message.came:
                self.copies(way, pair, n, message)
                counts['failed yet delivered'] += message.failed is not None
                self.latency[way].append(message.came[0][0] - message.sent)
            elif message.failed is None:
                if n in answered:
                    counts['failed'] += 1
                else:
                    self.missing(way, pair, n, message, passed[n])
        highest, here = {False: -1, True: -1}, set()  # not by times: copies come within a tenth of a millisecond
        for time, n, kept in self.account.arrivals[way][pair]:
            if n not in here and n < highest[kept]:
                counts['reordered'] += 1
                self.bad.append('%s pair %d: %d came after %d (%s)' % (way, pair, n, highest[kept], self.where(time)))
            elif n not in here and n < highest[not kept]:
                counts['overtaken at the server'] += 1
            here.add(n)
            highest[kept] = max(highest[kept], n)

    @staticmethod
    def nameless(messages, errors):
        """Which messages without an id the errors without one answer: each the latest that was not answered yet. Not the
        oldest: that one may have been lost long before, and would leave another without its answer."""
        missing = [(m.sent, n) for n, m in messages.items() if m.id == '-' and not m.came and m.failed is None]
        answered, open_ = set(), []
        for _, n in sorted(missing + [(time, None) for time in errors], key=lambda event: event[0]):
            if n is not None:
                open_.append(n)
            elif open_:
                answered.add(open_.pop())
        return answered

    def copies(self, way, pair, n, message):
        counts = self.ways[way]
        ids = {id for _, id in message.came}
        if len(ids) > 1:
            counts['duplicated'] += len(ids) - 1
            self.bad.append('%s pair %d: %d came under %d ids: %s (%s)' % (
                way, pair, n, len(ids), message.came, self.where(message.came[-1][0])))
        repeated = len(message.came) - len(ids)
        counts['repeated, same id'] += repeated
        if repeated and way == 'm':
            for time, _ in message.came[1:]:
                fault = self.latest(time)
                if fault:
                    self.per_fault[id(fault)]['again'] += 1

    def missing(self, way, pair, n, message, high):
        counts = self.ways[way]
        if way == 'x':
            known = message.id in self.stanzas if message.id != '-' else 'x %d %d' % (pair, n) in self.bodies
            if not known:
                fault = self.covering(message.sent, high, WINDOW)
                if fault:
                    self.except_(way, 'inbound window: ' + fault.what.replace('cut.component.', 'cut, '), fault)
                    return
                fault = self.covering(message.sent, high, SERVER)
                if fault:
                    self.except_(way, 'lost in an XMPP server that ended', fault)
                    return
            why = 'ferryd had stored it' if known else 'no fault explains it'
        else:
            if message.id == '-' and message.puback is None:
                counts['never acknowledged'] += 1
                return
            if message.forwarded is not None:
                fault = self.covering(message.forwarded - AFTER, high, SERVER)
                if fault:
                    self.except_(way, 'forwarded, then the XMPP server ended', fault)
                    counts['delivered receipt, yet lost'] += message.delivered is not None
                    return
            if message.id == '-':
                fault = self.covering(message.sent, high, BROKER)
                if fault:
                    self.except_(way, 'without id, acknowledged by a broker that was killed', fault)
                    return
            why = 'accepted' if message.accepted else 'acknowledged, not accepted' if message.puback else 'published'
            why += ', state in the store: %s' % self.ids.get(message.id)
        counts['lost'] += 1
        self.bad.append('%s pair %d: %d is lost, sent %.3f; %s (%s)' % (
            way, pair, n, message.sent, why, self.where(message.sent)))

    def except_(self, way, kind, fault):
        self.ways[way]['excepted'] += 1
        self.exceptions[kind] += 1
        self.per_fault[id(fault)][kind] += 1

    def where(self, time):
        fault = self.latest(time)
        return 'before any fault' if not fault else '%.2f s after %s at %.3f' % (time - fault.start, fault.what,
                                                                               fault.start)

    def judge_requests(self):
        counts = {side: Counter() for side in 'xm'}
        for (side, stem), (asked, answered, again, what, _) in self.account.requests.items():
            counts[side]['asked'] += 1
            counts[side]['answered'] += answered is not None
            counts[side]['asked again'] += again > 0
            if answered is None:
                counts[side]['unanswered'] += 1
                self.bad.append('request %s %s (%s) was never answered, asked %d times (%s)' % (
                    side, stem, what, again + 1, self.where(asked)))
            elif again and not any(f.start <= asked + 10 and (f.end or self.end) >= asked - BEFORE
                                   for f in self.faults):
                counts[side]['unanswered'] += 1
                self.bad.append('request %s %s (%s) had to be asked again without a fault' % (side, stem, what))
        return counts

    def spread(self, kind, faults):
        """(worst, mean, how many faults) of what each of these faults took."""
        values = [sum(count for what, count in self.per_fault[id(f)].items() if what.startswith(kind)) for f in faults]
        return (max(values), sum(values) / len(values), len(values)) if values else (0, 0.0, 0)
