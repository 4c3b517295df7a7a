"""What is large: messages for a broker that takes nothing, a roster of 10,000 contacts, a stanza of 1 MB.

    python3 tests/scenarios/overload_memory_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import json
import os
import signal
import urllib.request

import run
from clients import MosquittoSub, MqttClient
from lab import lab, mqtt_back
from process import HOST, free_port
from servers import Prosody

CONTACTS = 10_000


def _metric(ferryd, name):
    with urllib.request.urlopen('http://%s/metrics' % ferryd.http, timeout=30) as page:
        for line in page.read().decode().splitlines():
            if line.startswith('ferry_%s ' % name):
                return float(line.split()[1])
    raise AssertionError('no metric ferry_' + name)


def _resident(ferryd):
    with open('/proc/%d/statm' % ferryd.process.pid, encoding='ascii') as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


async def a_broker_that_takes_nothing_costs_no_memory():
    count, size, most = 300, 25_000, 1 << 18
    options = {
        'limits': {'peer-rate': 0},
        'broker': {'queue-bytes': most},
        'http': {'listen': '%s:%d' % (HOST, free_port())},
    }
    async with lab(options=options) as site:
        alice, bob = await site.friends()
        bob.drop()  # his session stays; the broker is away for longer than a client waits
        before = _resident(site.ferryd)
        os.kill(site.broker.process.pid, signal.SIGSTOP)
        try:
            for n in range(count):
                alice.message(bob.jid, '%d ' % n + 'x' * size)
            while await asyncio.to_thread(_metric, site.ferryd, 'messages_from_xmpp_total') < count:
                await asyncio.sleep(0.2)  # nothing but the counter tells
            grown = _resident(site.ferryd) - before
            queued = _metric(site.ferryd, 'broker_bytes_waiting')
            print(
                '     %.1f MB wait, %.1f MB of them in memory, which grew by %.1f MB'
                % (count * size / 1e6, queued / 1e6, grown / 1e6)
            )
            assert _metric(site.ferryd, 'broker_congested_total') >= 1
            assert queued < 2 * most, queued
        finally:
            os.kill(site.broker.process.pid, signal.SIGCONT)
        await mqtt_back(bob)
        await bob.wait(lambda p: p.topic == 'in/msg' and p.json['body'].startswith('%d ' % (count - 1)), 60)
        seen, order = set(), []
        for p in bob.all(lambda p: p.topic == 'in/msg'):
            if p.json['id'] not in seen:  # the link may have been lost meanwhile: then some come twice, same id
                seen.add(p.json['id'])
                order.append(int(p.json['body'].split(' ')[0]))
        assert order == list(range(count)), 'lost or out of order'


async def ten_thousand_contacts_in_one_roster():
    options = {'limits': {'subscription-rate': 0, 'request-rate': 0}}
    async with lab(options=options) as site:
        jid = site.addresses()[1]
        bob = MqttClient(site.broker, jid, 'phone', subscribe=False, clean=True)
        site.clients.append(bob)
        await bob.connect(presence=None, will=False)
        await bob.subscribe('in/res/phone')
        for n in range(CONTACTS):
            add = {'id': str(n), 'request': 'roster.add', 'contact': 'c%05d@localhost' % n, 'device': 'bulk'}
            bob.client.publish(bob.base + 'out/req', json.dumps(add), 1)
        wanted = ['c%05d@localhost' % n for n in range(CONTACTS)]

        async def page_after(**after):
            while True:  # as long as the broker has not taken what came before
                answer = await bob.request('roster.get', timeout=60, check=False, **after)
                if answer['ok']:
                    return answer['result']
                assert answer['error']['condition'] == 'resource-constraint', answer
                await asyncio.sleep(0.2)  # what a client waits before it tries again

        async def pages():
            contacts, count, after = [], 0, {}
            while True:
                page = await page_after(**after)
                contacts += [contact['jid'] for contact in page['contacts']]
                count += 1
                if 'next' not in page:
                    return contacts, count
                assert page['next'] == contacts[-1]
                after = {'after': page['next']}

        contacts, count = await pages()
        assert contacts == wanted, (len(contacts), count)
        assert count > 1, 'they do not fit in one payload'
        page = await bob.request('roster.get', after='c00041@localhost', limit=2)
        assert [c['jid'] for c in page['contacts']] == wanted[42:44] and page['next'] == wanted[43], page
        full = await bob.request('roster.add', check=False, contact='one.more@localhost')
        assert full['error']['condition'] == 'resource-constraint', full

        async def shown():  # retained, to a client that has just come
            async with MosquittoSub(site.broker, jid, 'in/contact/+') as sub:
                await sub.wait(lambda p: len(sub.events) >= CONTACTS, 60, what='all contacts')

        await shown()
        await asyncio.to_thread(site.ferryd.restart)
        assert (await pages())[0] == wanted
        await shown()


async def a_stanza_of_a_megabyte():
    extra = 'c2s_stanza_size_limit = 4194304; component_stanza_size_limit = 4194304'
    server = Prosody(accounts={'a%d' % n: 'pa%d' % n for n in range(5)}, extra=extra)
    async with lab(server) as site:
        alice, bob = await site.strangers()
        carol, ben = await site.strangers()
        huge = 'x' * (1 << 20)
        id = alice.message(bob.jid, huge)
        error = await alice.wait(lambda s: s.name == 'message' and s['type'] == 'error' and s['id'] == id, 30)
        assert error.xml.find('.//{urn:ietf:params:xml:ns:xmpp-stanzas}policy-violation') is not None, error
        mark = bob.mark()
        await bob.publish('out/msg', {'id': 'huge', 'to': alice.full, 'body': huge}, timeout=30)
        refused = await bob.wait_topic('in/receipt', lambda r: r['state'] == 'failed', after=mark)
        assert refused.json['id'] == '-' and refused.json['topic'] == 'out/msg', refused
        assert refused.json['reason']['condition'] == 'not-acceptable', refused
        await site.talk(alice, bob, 'as ever')
        await site.talk(carol, ben, 'as ever')
        assert site.count('event=link.down') == 0, 'one stanza has closed a link'


if __name__ == '__main__':
    run.main(globals())
