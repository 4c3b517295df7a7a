"""An MQTT client that sends what libraries will not, and tells what the broker answered: reason codes, or that it hung up."""
import asyncio
import struct

from patience import patient
from recorder import TIMEOUT

NOT_AUTHORIZED = 0x87
CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP = 1, 2, 3, 4, 8, 9, 12, 13


def text(value):
    value = value.encode() if isinstance(value, str) else value
    return struct.pack('!H', len(value)) + value


def length(size):
    """A Variable Byte Integer."""
    out = b''
    while True:
        size, digit = divmod(size, 128)
        out += bytes([digit | (128 if size else 0)])
        if not size:
            return out


def packet(kind, flags, body):
    return bytes([kind << 4 | flags]) + length(len(body)) + body


async def read_packet(reader):
    """(first byte, the rest); None: the broker has hung up."""
    try:
        first = (await reader.readexactly(1))[0]
        size = shift = 0
        while True:
            digit = (await reader.readexactly(1))[0]
            size |= (digit & 127) << shift
            shift += 7
            if digit < 128:
                return first, await reader.readexactly(size)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


class RawMqtt:
    """MQTT 5, a clean session. Topics and payloads are bytes or str, as they are. `received`: (topic, payload)."""

    def __init__(self, broker, user, password, client_id):
        self.broker, self.user, self.password, self.client_id = broker, user, password, client_id
        self.received, self.mid = [], 0

    async def connect(self, will=None):
        """The CONNACK's reason code. will: (topic, payload)."""
        self.reader, self.writer = await asyncio.open_connection(self.broker.host, self.broker.port)
        flags = 0x02 | (0x80 if self.user is not None else 0) | (0x40 if self.password is not None else 0)
        body = text(self.client_id)
        if will:
            flags |= 0x0C  # at QoS 1
            body += b'\0' + text(will[0]) + text(will[1])
        for value in (self.user, self.password):
            if value is not None:
                body += text(value)
        self.writer.write(packet(CONNECT, 0, text('MQTT') + bytes([5, flags, 0, 60, 0]) + body))
        answer = await self._answer(CONNACK)
        return answer and answer[1]

    async def publish(self, topic, payload, retain=False, response_topic=None):
        """The PUBACK's reason code; None: the broker has hung up."""
        self.mid += 1
        payload = payload.encode() if isinstance(payload, str) else payload
        properties = b'' if response_topic is None else b'\x08' + text(response_topic)
        self._send(
            PUBLISH,
            0x02 | retain,
            text(topic) + struct.pack('!H', self.mid) + bytes([len(properties)]) + properties + payload,
        )
        answer = await self._answer(PUBACK)
        return answer and (answer[2] if len(answer) > 2 else 0)

    async def subscribe(self, topic):
        """The SUBACK's reason code; None: the broker has hung up."""
        self.mid += 1
        self._send(SUBSCRIBE, 0x02, struct.pack('!H', self.mid) + b'\0' + text(topic) + b'\x01')
        answer = await self._answer(SUBACK)
        return answer and answer[-1]

    async def ping(self):
        """What the broker has sent before its answer is in `received`."""
        self._send(PINGREQ, 0, b'')
        return await self._answer(PINGRESP)

    def drop(self):
        """No DISCONNECT: the broker publishes the will."""
        self.writer.close()

    def _send(self, kind, flags, body):
        self.writer.write(packet(kind, flags, body))

    async def _answer(self, wanted):
        return await asyncio.wait_for(self._until(wanted), patient(TIMEOUT))

    async def _until(self, wanted):
        while got := await read_packet(self.reader):
            first, body = got
            if first >> 4 == wanted:
                return body or b'\0'
            if first >> 4 == PUBLISH:
                self._record(first >> 1 & 3, body)
        return None

    def _record(self, qos, body):
        size = struct.unpack('!H', body[:2])[0]
        topic, rest = body[2 : 2 + size], body[2 + size :]
        if qos:
            self._send(PUBACK, 0, rest[:2])
            rest = rest[2:]
        self.received.append((topic.decode(), rest[1 + rest[0] :]))  # our broker's properties are shorter than 128 bytes
