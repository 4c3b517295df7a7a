"""The conversation that tools/quickstart shows. Run tools/quickstart; it builds first."""
import argparse
import asyncio
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'tests', 'scenarios'))

from clients import MARKERS, RECEIPTS, MqttClient, XmppClient, escape, new_id  # noqa: E402
from process import HOST, Failed, free_port, scratch, write  # noqa: E402
from servers import Ejabberd, Ferryd, Mosquitto, Prosody  # noqa: E402

ALICE, BOB = 'alice@localhost', 'bob@mqtt.localhost'
ALICE_PASSWORD, BOB_PASSWORD = 'rabbit-hole', 'message-in-a-bottle'
WANTS = '<request xmlns="%s"/><markable xmlns="%s"/>' % (RECEIPTS, MARKERS)
COLOUR = sys.stdout.isatty() and not os.environ.get('NO_COLOR')


def paint(code, text):
    return '\033[%sm%s\033[0m' % (code, text) if COLOUR else text


def shorten(text, limit=150):
    text = ' '.join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + '…'


class Conversation:
    """What both do, and the printing of it."""

    def __init__(self, alice, bob):
        self.alice, self.bob, self.steps = alice, bob, 0

    def step(self, title):
        self.steps += 1
        print('\n' + paint('1', '%d. %s' % (self.steps, title)), flush=True)

    @staticmethod
    def line(who, arrow, text):
        print('   %-12s %s %s' % (who, arrow, shorten(text)), flush=True)

    def xmpp_sends(self, xml):
        self.line('alice, XMPP', paint('36', '->'), xml)
        self.alice.send(xml)

    def xmpp_got(self, stanza, what):
        self.line(
            'alice, XMPP', paint('32', '<-'), '%s   %s' % (what, paint('2', shorten(self.alice.show(stanza), 110)))
        )

    def mqtt_sends(self, topic, value):
        self.line('bob, MQTT', paint('36', '->'), '%s %s' % (topic, json.dumps(value, ensure_ascii=False)))

    def mqtt_got(self, event):
        self.line('bob, MQTT', paint('32', '<-'), '%s %s' % (event.topic, event.payload.decode()))

    async def request(self, request):
        self.mqtt_sends('out/req', {'request': request, 'contact': ALICE})
        await self.bob.request(request, contact=ALICE)

    # the steps
    async def contacts(self):
        alice, bob = self.alice, self.bob
        self.step('Alice adds Bob to her contacts; Bob says yes')
        await alice.add_contact(BOB, 'Bob', ['Friends'])
        self.xmpp_sends('<presence to="%s" type="subscribe"/>' % BOB)
        self.mqtt_got(await bob.wait_contact(ALICE, lambda c: c.get('request')))
        await self.request('approve')
        await alice.wait_roster(BOB, 'to')
        self.xmpp_got(await alice.wait_presence(BOB, 'subscribed'), 'Bob has agreed')

        self.step('Bob adds Alice; Alice says yes')
        self.mqtt_sends('out/req', {'request': 'roster.add', 'contact': ALICE, 'name': 'Alice'})
        await bob.request('roster.add', contact=ALICE, name='Alice')
        await self.request('subscribe')
        self.xmpp_got(await alice.wait_presence(BOB, 'subscribe'), 'Bob asks')
        self.xmpp_sends('<presence to="%s" type="subscribed"/>' % BOB)
        self.mqtt_got(await bob.wait_contact(ALICE, lambda c: c.get('subscription') == 'both'))
        await alice.wait_roster(BOB, 'both')

    async def presence(self):
        alice, bob = self.alice, self.bob
        self.step('Each sees the other, and how he is')
        self.mqtt_got(await bob.wait_presence(ALICE, 'online'))
        self.xmpp_sends('<presence><show>away</show><status>Lunch</status></presence>')
        self.mqtt_got(await bob.wait_presence(ALICE, 'away', fits=lambda p: p.get('status') == 'Lunch'))
        mark = bob.mark()
        self.xmpp_sends('<presence/>')
        self.mqtt_got(await bob.wait_presence(ALICE, 'online', after=mark))
        self.xmpp_got(await alice.wait_presence(BOB), 'Bob is there')
        mark = alice.mark()
        self.mqtt_sends('out/dev/phone/presence', {'state': 'dnd', 'status': 'On a call', 'epoch': bob.epoch})
        await bob.presence('dnd', status='On a call')
        self.xmpp_got(await alice.wait_presence(BOB, show='dnd', status='On a call', after=mark), 'Bob is busy')
        mark = alice.mark()
        await bob.presence('online')
        self.xmpp_got(await alice.wait_presence(BOB, show='', after=mark), 'and free again')

    async def alice_writes(self, body):
        alice, bob = self.alice, self.bob
        id = new_id()
        self.xmpp_sends(
            '<message to="%s" type="chat" id="%s"><body>%s</body>%s</message>' % (BOB, id, escape(body), WANTS)
        )
        message = await bob.wait_message(body, ALICE)
        self.mqtt_got(message)
        for state in ('delivered', 'displayed'):
            self.mqtt_sends('out/receipt', {'id': message.json['id'], 'to': message.json['from'], 'state': state})
            await bob.receipt(message, state)
            tag = '{%s}received' % RECEIPTS if state == 'delivered' else '{%s}displayed' % MARKERS
            stanza = await alice.wait(
                lambda s, tag=tag: s.name == 'message'
                and s.xml.find(tag) is not None
                and s.xml.find(tag).get('id') == id,
                what='%s receipt' % state,
            )
            self.xmpp_got(stanza, state)
        return id, message

    async def bob_writes(self, body):
        alice, bob = self.alice, self.bob
        id = new_id()
        self.mqtt_sends(
            'out/msg', {'id': id, 'to': ALICE, 'kind': 'chat', 'body': body, 'want': ['delivered', 'displayed']}
        )
        await bob.message(ALICE, body, id=id)
        stanza = await alice.wait_message(body, BOB)
        self.xmpp_got(stanza, body)
        for state in ('accepted', 'forwarded'):
            self.mqtt_got(await bob.wait_receipt(id, state))
        head = '<message to="%s" type="chat" id="%s">' % (stanza.xml.get('from'), new_id())
        self.xmpp_sends(head + '<received xmlns="%s" id="%s"/></message>' % (RECEIPTS, stanza['id']))
        self.mqtt_got(await bob.wait_receipt(id, 'delivered'))
        self.xmpp_sends(head + '<displayed xmlns="%s" id="%s"/></message>' % (MARKERS, stanza['id']))
        self.mqtt_got(await bob.wait_receipt(id, 'displayed'))
        return id, stanza

    async def messages(self):
        for hers, his in (
            ('Hello Bob, how is the sea?', 'Calm. How is the land?'),
            ('Grüße: ☀ & 20 °C', 'Here 12 °C, and “fog” <again>'),
            ('Shall we meet on Fryday?', 'Yes! At nin?'),
        ):
            self.step('Alice writes to Bob; he gets it, and reads it')
            self.hers = await self.alice_writes(hers)
            self.step('Bob answers')
            self.his = await self.bob_writes(his)

    async def corrections(self):
        alice, bob = self.alice, self.bob
        self.step('Alice corrects her last message; Bob corrects his')
        self.xmpp_sends(
            '<message to="%s" type="chat" id="%s"><body>Shall we meet on Friday?</body>'
            '<replace xmlns="urn:xmpp:message-correct:0" id="%s"/></message>' % (BOB, new_id(), self.hers[0])
        )
        correction = await bob.wait_message('Shall we meet on Friday?', ALICE)
        self.mqtt_got(correction)
        assert (
            correction.json.get('replaces') == self.hers[1].json['id']
        ), 'Alice\'s correction does not name her message'
        value = {'to': ALICE, 'body': 'Yes! At nine?', 'replaces': self.his[0]}
        self.mqtt_sends('out/msg', value)
        await bob.message(ALICE, 'Yes! At nine?', replaces=self.his[0])
        stanza = await alice.wait_message('Yes! At nine?', BOB)
        self.xmpp_got(stanza, 'Yes! At nine?')
        replace = stanza.xml.find('{urn:xmpp:message-correct:0}replace')
        assert (
            replace is not None and replace.get('id') == self.his[1]['id']
        ), 'Bob\'s correction does not name his message'

    async def failures(self):
        alice, bob = self.alice, self.bob
        self.step('Both write to somebody who does not exist')
        id = new_id()
        self.mqtt_sends('out/msg', {'id': id, 'to': 'nobody@localhost', 'body': 'Anyone?'})
        await bob.message('nobody@localhost', 'Anyone?', id=id)
        self.mqtt_got(await bob.wait_receipt(id, 'failed'))
        self.xmpp_sends(
            '<message to="nobody@mqtt.localhost" type="chat" id="%s"><body>Anyone?</body></message>' % new_id()
        )
        error = await alice.wait(
            lambda s: s.name == 'message' and s['type'] == 'error' and s.xml.get('from') == 'nobody@mqtt.localhost',
            what='error',
        )
        self.xmpp_got(error, 'nobody there')

    async def farewell(self):
        alice, bob = self.alice, self.bob
        self.step('Both leave')
        mark = bob.mark()
        self.xmpp_sends('<presence type="unavailable"/>')
        self.mqtt_got(await bob.wait_presence(ALICE, 'offline', after=mark))
        mark = bob.mark()
        alice.send('<presence/>')
        await bob.wait_presence(ALICE, 'online', after=mark)
        self.mqtt_sends('out/dev/phone/presence', {'state': 'offline', 'epoch': bob.epoch})
        mark = alice.mark()
        await bob.disconnect()
        self.xmpp_got(await alice.wait_presence(BOB, 'unavailable', after=mark), 'Bob has left')
        await alice.disconnect()


async def converse(xmpp, broker):
    alice, bob = XmppClient(xmpp, ALICE, resource='laptop'), MqttClient(broker, BOB, device='phone')
    await alice.connect()
    await bob.connect()
    conversation = Conversation(alice, bob)
    await conversation.contacts()
    await conversation.presence()
    await conversation.messages()
    await conversation.corrections()
    await conversation.failures()
    await conversation.farewell()
    return conversation.steps


def start(server, title):
    print('   %-22s' % title, end='', flush=True)
    server.start()
    return server


def stop_script(directory, servers):
    """Ends the servers by pid, and only if the pid is still theirs: they work in the directory."""
    lines = ['#!/bin/sh']
    for server in servers:
        pid = server.process.pid
        lines.append('case $(readlink /proc/%d/cwd) in %s/*) kill %d ;; esac' % (pid, directory, pid))
        lines.append('while kill -0 %d 2>/dev/null && [ -e /proc/%d/cwd ]; do sleep 0.1; done' % (pid, pid))
    return write(os.path.join(directory, 'stop'), '\n'.join(lines + ['rm -rf %s' % directory, '']), 0o700)


KEPT = """
Everything is still running.

{bold}Be Bob, on MQTT{normal} (user {bob}, password {bob_password}): what arrives for him, in one terminal:
   mosquitto_sub -h 127.0.0.1 -p {mqtt} -u {bob} -P {bob_password} -q 1 -v -t 'im/v1/u/{bob}/in/#'
and what he says, in another:
   mosquitto_pub -h 127.0.0.1 -p {mqtt} -u {bob} -P {bob_password} -q 1 -t 'im/v1/u/{bob}/out/text/{alice}' -m 'Hello Alice'
   mosquitto_pub -h 127.0.0.1 -p {mqtt} -u {bob} -P {bob_password} -q 1 -r -t 'im/v1/u/{bob}/out/dev/term/presence' \\
       -m '{{"state":"away","epoch":"1","status":"Typing in a terminal"}}'

{bold}Be Alice, on XMPP{normal}, with any client: address {alice}, password {alice_password},
   server 127.0.0.1, port {xmpp}, no encryption (TLS off, plain-text login allowed). Bob is in her contacts.

Programs     ferryctl --config {configuration} --help   (in {binaries})
Logs         {directory}
{bold}Stop it{normal}      {stop}
"""


def main():
    parser = argparse.ArgumentParser(prog='tools/quickstart')
    parser.add_argument('--keep', action='store_true')
    parser.add_argument('--with', dest='server', choices=['prosody', 'ejabberd'], default='prosody')
    options = parser.parse_args()
    directory = scratch('quickstart', keep=True)
    place = {'directory': directory, 'detached': options.keep}
    servers = []
    good = False
    try:
        print('Starting, on free ports of 127.0.0.1:')
        broker = Mosquitto(users={BOB: BOB_PASSWORD}, **place)
        xmpp = (Prosody if options.server == 'prosody' else Ejabberd)(accounts={'alice': ALICE_PASSWORD}, **place)
        ferryd = Ferryd(broker, xmpp, options={'http': {'listen': '%s:%d' % (HOST, free_port())}}, **place)
        for server, title, where in (
            (broker, 'Mosquitto', 'MQTT %d' % broker.port),
            (
                xmpp,
                xmpp.name.capitalize() if options.server == 'prosody' else 'ejabberd',
                'XMPP clients %d, components %d' % (xmpp.port, xmpp.component.port),
            ),
            (ferryd, 'ferryd', 'component %s, http://%s/metrics' % (xmpp.component.domain, ferryd.http)),
        ):
            servers.insert(0, start(server, title))
            print(where, flush=True)
        ferryd.ctl('user', 'add', BOB)
        print('   %-22s%s on XMPP, %s on MQTT (ferryctl user add)' % ('Users', ALICE, BOB))
        steps = asyncio.run(converse(xmpp, broker))
        good = True
        print('\n' + paint('1;32', 'All %d steps were seen on both sides.' % steps))
        if options.keep:
            print(
                KEPT.format(
                    bold='\033[1m' if COLOUR else '',
                    normal='\033[0m' if COLOUR else '',
                    alice=ALICE,
                    bob=BOB,
                    mqtt=broker.port,
                    alice_password=ALICE_PASSWORD,
                    bob_password=BOB_PASSWORD,
                    xmpp=xmpp.port,
                    configuration=ferryd.configuration,
                    directory=directory,
                    binaries=os.environ.get('FERRY_BIN', 'build/bin'),
                    stop=stop_script(directory, servers),
                )
            )
    except (Failed, AssertionError, asyncio.TimeoutError) as problem:
        print('\n' + paint('1;31', 'This step was not seen: ') + str(problem), flush=True)
        for server in servers:
            if server.name == 'ferryd':
                server.print_log(25)
        print('\nThe logs of all servers are in %s; please report this with ferryd.log.' % directory, file=sys.stderr)
    except KeyboardInterrupt:
        print('\nStopped.')
    finally:
        if not (good and options.keep):
            for server in servers:
                try:
                    server.terminate()
                except Failed as problem:
                    print(problem, file=sys.stderr)
                    good = False
            if good:
                shutil.rmtree(directory, ignore_errors=True)
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
