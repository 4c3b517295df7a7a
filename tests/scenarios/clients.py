"""Clients for scenarios: XMPP (slixmpp), MQTT (paho, versions 3.1, 3.1.1 and 5) and the mosquitto programs.

Every client writes down all it receives, in order, in `events`; `await client.wait(predicate)` gives the first event
that fits, past or future. Take `mark = client.mark()` before an action and pass `after=mark` to look at what came later
only.
"""
import asyncio
import json

from mqtt_client import MQTT5, MQTT31, MQTT311, MqttClient, Publish, now, uid_of
from patience import patient
from process import program
from recorder import TIMEOUT, Recorder, new_id
from xmpp_client import CHATSTATES, MARKERS, RECEIPTS, XmppClient, comes_from, escape, text

__all__ = [
    'CHATSTATES',
    'MARKERS',
    'MQTT5',
    'MQTT31',
    'MQTT311',
    'MosquittoSub',
    'MqttClient',
    'Publish',
    'RECEIPTS',
    'Recorder',
    'TIMEOUT',
    'XmppClient',
    'comes_from',
    'escape',
    'mosquitto_pub',
    'new_id',
    'now',
    'text',
    'uid_of',
]


async def mosquitto_pub(broker, user, topic, message, version='mqttv311', qos=1, *options):
    """Runs mosquitto_pub as a user (a bare JID) on a topic below the user's own; fails when the program fails."""
    uid = uid_of(user)
    process = await asyncio.create_subprocess_exec(
        program('mosquitto_pub'),
        '-h',
        broker.host,
        '-p',
        str(broker.port),
        '-V',
        version,
        '-u',
        uid,
        '-P',
        broker.users[uid],
        '-q',
        str(qos),
        '-t',
        '%s/u/%s/%s' % (broker.root, uid, topic),
        '-m',
        message,
        *(('--cafile', broker.cafile) if broker.cafile else ()),
        *options,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(), patient(TIMEOUT))
    assert process.returncode == 0, 'mosquitto_pub: %s' % output.decode()


class MosquittoSub(Recorder):
    """mosquitto_sub as a user on in/#: events are Publish, as for MqttClient."""

    def __init__(self, broker, user, topic='in/#', version='mqttv311'):
        super().__init__()
        self.broker, self.uid, self.topic, self.version = broker, uid_of(user), topic, version
        self.name = 'mosquitto_sub of ' + user
        self.base = '%s/u/%s/' % (broker.root, self.uid)

    async def __aenter__(self):
        tls = ('--cafile', self.broker.cafile) if self.broker.cafile else ()
        self.process = await asyncio.create_subprocess_exec(
            'setpriv',  # it ends with this program, however that ends
            '--pdeathsig',
            'KILL',
            'stdbuf',
            '-oL',
            program('mosquitto_sub'),
            '-h',
            self.broker.host,
            '-p',
            str(self.broker.port),
            '-V',
            self.version,
            '-u',
            self.uid,
            '-P',
            self.broker.users[self.uid],
            '-q',
            '1',
            '-t',
            self.base + self.topic,
            '-F',
            '%r %q %t\t%p',
            '-d',
            *tls,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT
        )
        self.subscribed = asyncio.get_running_loop().create_future()
        self.reader = asyncio.ensure_future(self._read())
        try:
            await asyncio.wait_for(self.subscribed, patient(TIMEOUT))
        except asyncio.TimeoutError:
            await self.__aexit__()
            raise AssertionError('%s could not subscribe' % self.name) from None
        return self

    async def _read(self):
        async for line in self.process.stdout:
            line = line.decode(errors='replace').rstrip('\n')
            if line.startswith('Subscribed') and not self.subscribed.done():
                self.subscribed.set_result(True)
            if '\t' in line and line[:2] in ('0 ', '1 '):
                head, payload = line.split('\t', 1)
                retain, qos, topic = head.split(' ', 2)
                try:
                    value = json.loads(payload)
                except ValueError:
                    value = None
                self.record(Publish(topic[len(self.base) :], payload.encode(), value, retain == '1', int(qos), None))

    async def __aexit__(self, *_):
        if self.process.returncode is None:
            self.process.terminate()
        await self.process.wait()
        self.reader.cancel()
