"""One user floods, on either side: hears so, loses nothing that was accepted, and two others talk on beside it.

The limits of XMPP users are lower than the defaults, so that a flood can be short. How long the others' messages take
before and meanwhile is printed; only what nobody would call a conversation any more is a failure.

    python3 tests/scenarios/overload_flood_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import contextlib
import json
import statistics
import time
import urllib.request

import run
from bad_input_site import Watched
from clients import escape, new_id
from process import HOST, free_port
from servers import Prosody

USER_BURST, REQUEST_BURST = 200, 100  # the defaults
PEER_BURST = 100
LIMITS = {'peer-rate': 30, 'peer-burst': PEER_BURST, 'subscription-burst': 20}
ROUNDS = 20  # of the others' conversation, before a flood
PAUSE = 0.05  # s between two rounds: people are not that fast
SANE = 10  # s, the median while somebody floods
PATIENCE = 60  # s for the last of a flood to be answered


class Timed(Watched):
    to_mqtt, to_xmpp = [], []  # seconds

    async def converse(self):
        carol, ben = self.witness
        while not self.enough:
            self.rounds += 1
            started = time.monotonic()
            carol.message(ben.jid, 'from carol %d' % self.rounds)
            await ben.wait_message('from carol %d' % self.rounds, timeout=PATIENCE)
            between = time.monotonic()
            await ben.message(carol.full, 'from ben %d' % self.rounds)
            await carol.wait_message('from ben %d' % self.rounds, timeout=PATIENCE)
            self.to_mqtt.append(between - started)
            self.to_xmpp.append(time.monotonic() - between)
            await asyncio.sleep(PAUSE)

    def take(self):
        taken = self.to_mqtt, self.to_xmpp
        self.to_mqtt, self.to_xmpp = [], []
        return taken

    @contextlib.asynccontextmanager
    async def beside(self):
        """The others talk, before and meanwhile."""
        self.take()
        async with self.unnoticed():
            last = self.rounds + ROUNDS
            await self.witness[0].wait(lambda s: s.name == 'message' and s['body'] == 'from ben %d' % last, PATIENCE)
        before = self.take()
        async with self.unnoticed():
            yield
        for way, quiet, loud in zip(('to MQTT', 'to XMPP'), before, self.take()):
            print(
                '     %s: %d before, median %.0f ms, worst %.0f ms; %d meanwhile, median %.0f ms, worst %.0f ms'
                % (way, *_figures(quiet), *_figures(loud))
            )
            assert statistics.median(loud) < SANE, 'nobody can talk beside a flood'

    def counter(self, name):
        with urllib.request.urlopen('http://%s/metrics' % self.ferryd.http, timeout=30) as page:
            for line in page.read().decode().splitlines():
                if line.startswith('ferry_%s_total ' % name):
                    return float(line.split()[1])
        raise AssertionError('no metric ferry_%s_total' % name)


def _figures(seconds):
    return len(seconds), statistics.median(seconds) * 1000, max(seconds) * 1000


@contextlib.asynccontextmanager
async def setup():
    http = {'listen': '%s:%d' % (HOST, free_port())}
    site = Timed(Prosody, options={'http': http, 'limits': LIMITS})
    try:
        await asyncio.to_thread(site.start)
        await site.open()
        yield site
    finally:
        site.stop()


async def _tally(ids, *sources):
    """Until each id was seen. sources: (client, mark, the id that an event is about)."""
    missing = set(ids)

    def seeing(id_of):
        def seen(event):
            missing.discard(id_of(event))
            return not missing

        return seen

    waits = [
        asyncio.ensure_future(client.wait(seeing(id_of), PATIENCE, mark, 'end of the flood'))
        for client, mark, id_of in sources
    ]
    done, rest = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in rest:
        wait.cancel()
    for wait in done:
        wait.result()


def _flood(client, topic, payloads, retain=False):
    """As fast as the broker takes them."""
    for payload in payloads:
        client.client.publish(client.base + topic, json.dumps(payload), 1, retain)


def _receipts(client, state, mark):
    return {p.json['id']: p.json for p in client.all(lambda p: p.topic == 'in/receipt' and p.json['state'] == state, mark)}


def _too_much(reason):
    return reason['condition'] == 'resource-constraint' and reason['retry'] is True


async def messages_of_an_mqtt_user(site):
    alice, bob = await site.strangers()
    ids = [new_id() for _ in range(600)]
    mark = bob.mark()
    async with site.beside():
        started = time.monotonic()
        _flood(bob, 'out/msg', ({'id': id, 'to': alice.bare, 'body': 'flood ' + id} for id in ids))
        decided = ('accepted', 'failed')
        await _tally(ids, (bob, mark, lambda p: p.topic == 'in/receipt' and p.json['state'] in decided and p.json['id']))
        seconds = time.monotonic() - started
    accepted, failed = _receipts(bob, 'accepted', mark), _receipts(bob, 'failed', mark)
    assert not accepted.keys() & failed.keys() and len(accepted) + len(failed) == len(ids)
    assert USER_BURST <= len(accepted) <= USER_BURST + 50 * (seconds + 2), (len(accepted), seconds)
    assert all(_too_much(receipt['reason']) for receipt in failed.values())
    # What was accepted is carried, once and in order, and nothing else.
    carried = [id for id in ids if id in accepted]
    await alice.wait_message('flood ' + carried[-1], timeout=PATIENCE)
    seen = [s['id'] for s in alice.all(lambda s: s.name == 'message' and s['body'].startswith('flood '))]
    assert seen == carried, (len(seen), len(carried))


async def messages_of_an_xmpp_user(site):
    alice, bob = await site.strangers()
    ids = [new_id() for _ in range(500)]
    marks = alice.mark(), bob.mark()

    def refused(s):
        return s['id'] if s.name == 'message' and s['type'] == 'error' else None

    async with site.beside():
        for id in ids:
            alice.message(bob.jid, 'flood ' + id, id)
        await _tally(
            ids,
            (alice, marks[0], refused),
            (bob, marks[1], lambda p: p.topic == 'in/msg' and p.json['body'].partition(' ')[2]),
        )
    errors = {s['id']: s for s in alice.all(refused, marks[0])}
    delivered = [p.json['body'].partition(' ')[2] for p in bob.all(lambda p: p.topic == 'in/msg', marks[1])]
    assert PEER_BURST <= len(delivered) < len(ids) and delivered == [id for id in ids if id not in errors]
    for error in errors.values():
        assert (error['error']['condition'], error['error']['type']) == ('resource-constraint', 'wait'), error


async def iqs_of_an_xmpp_user(site):
    alice, _ = await site.strangers()
    ids = [new_id() for _ in range(500)]
    mark = alice.mark()
    async with site.beside():
        for id in ids:
            alice.send('<iq type="get" id="%s" to="mqtt.localhost"><ping xmlns="urn:xmpp:ping"/></iq>' % id)
        await _tally(ids, (alice, mark, lambda s: s.name == 'iq' and s['id']))
    answers = alice.all(lambda s: s.name == 'iq' and s['id'] in ids, mark)
    assert len(answers) == len(ids)
    assert sum(s['type'] == 'result' for s in answers) >= PEER_BURST - 10  # what else she had sent counts, too
    assert any(s['type'] == 'error' and s['error']['condition'] == 'resource-constraint' for s in answers)


async def presence_of_an_xmpp_user_ends_true(site):
    alice, bob = await site.friends()
    deferred = site.counter('presences_deferred')
    async with site.beside():
        for n in range(500):
            alice.presence(inner='<show>%s</show>' % ('away', 'dnd')[n % 2])
        alice.presence(inner='<show>xa</show><status>%s</status>' % escape('at last'))
        await bob.wait_presence(alice.bare, 'xa', PATIENCE)
    assert site.counter('presences_deferred') > deferred
    last = bob.all(lambda p: p.topic == 'in/contact/%s/presence' % alice.bare)[-1]
    assert last.json['state'] == 'xa' and last.json['status'] == 'at last', last


async def presence_of_an_mqtt_user_ends_true(site):
    alice, bob = await site.friends()
    mark = bob.mark()
    async with site.beside():
        says = ({'state': ('away', 'dnd')[n % 2], 'epoch': bob.epoch} for n in range(300))
        _flood(bob, 'out/dev/phone/presence', says, retain=True)
        await bob.presence('xa', status='at last')
        await alice.wait_presence('%s/phone' % bob.jid, show='xa', status='at last', timeout=PATIENCE)
    told = bob.all(lambda p: p.topic == 'in/receipt', mark)
    assert len(told) == 1 and told[0].json['topic'] == 'out/dev/phone/presence', told
    assert _too_much(told[0].json['reason']), told
    shown = alice.all(lambda s: s.name == 'presence' and s['from'].full == '%s/phone' % bob.jid)
    assert len(shown) < 200 and shown[-1]['status'] == 'at last', len(shown)


async def requests_of_an_mqtt_user(site):
    _, bob = await site.strangers()
    ids = [new_id() for _ in range(400)]
    mark = bob.mark()
    async with site.beside():
        _flood(bob, 'out/req', ({'id': id, 'request': 'who', 'device': 'phone'} for id in ids))
        await _tally(ids, (bob, mark, lambda p: p.topic == 'in/res/phone' and p.json['id']))
    answers = [p.json for p in bob.all(lambda p: p.topic == 'in/res/phone', mark)]
    assert len(answers) == len(ids)
    good = [answer for answer in answers if answer['ok']]
    assert REQUEST_BURST - 10 <= len(good) < len(ids), len(good)  # it had asked for its roster before
    assert all(_too_much(answer['error']) for answer in answers if not answer['ok'])
    await asyncio.sleep(1)  # what the rate needs to have room again
    await bob.request('who')


async def wishes_of_an_xmpp_user(site):
    """Somebody wants to see everybody. Nobody's contacts fill up with it, and who is asked first is asked."""
    alice, bob = await site.strangers()
    over = site.counter('stanzas_over_rate')
    async with site.beside():
        alice.presence(bob.jid, 'subscribe')
        for n in range(60):
            alice.presence('nobody%d@mqtt.localhost' % n, 'subscribe')
        await bob.wait_contact(alice.bare, lambda c: c.get('request'))
        # The answer comes after all of these.
        await alice.iq('<ping xmlns="urn:xmpp:ping"/>', to='mqtt.localhost', timeout=PATIENCE, check=False)
    assert site.counter('stanzas_over_rate') > over


async def typing_of_an_mqtt_user(site):
    alice, bob = await site.strangers()
    dropped = site.counter('acts_dropped')
    async with site.beside():
        for n in range(500):
            await bob.act(alice.full, ('composing', 'paused')[n % 2])
        await bob.message(alice.full, 'typed at last')
        await alice.wait_message('typed at last', timeout=PATIENCE)
    assert site.counter('acts_dropped') > dropped


if __name__ == '__main__':
    run.main(globals())
