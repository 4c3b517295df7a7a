"""CBOR (RFC 8949) of what JSON can say, and an MQTT client that speaks it (a row with format=cbor)."""
import json
import struct
from collections import namedtuple

from mqtt_client import MqttClient


def encode(value):
    if value is None or isinstance(value, bool):
        return {None: b'\xf6', True: b'\xf5', False: b'\xf4'}[value]
    if isinstance(value, float):
        return b'\xfb' + struct.pack('>d', value)
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, (list, tuple)):
        return _head(4, len(value)) + b''.join(map(encode, value))
    return _head(5, len(value)) + b''.join(encode(k) + encode(v) for k, v in value.items())


def _head(major, n):
    for limit, code, form in (
        (24, None, 'B'),
        (1 << 8, 24, 'B'),
        (1 << 16, 25, '>H'),
        (1 << 32, 26, '>I'),
        (1 << 64, 27, '>Q'),
    ):
        if n < limit:
            return bytes([major << 5 | n]) if code is None else bytes([major << 5 | code]) + struct.pack(form, n)
    raise ValueError(n)


def decode(data):
    """One item and nothing after it."""
    value, rest = _item(bytes(data))
    assert not rest, 'bytes after the item: %r' % rest[:20]
    return value


def _item(data):
    major, low, data = data[0] >> 5, data[0] & 31, data[1:]
    if major == 7:
        if low in (20, 21, 22):
            return {20: False, 21: True, 22: None}[low], data
        form = {25: '>e', 26: '>f', 27: '>d'}[low]
        size = struct.calcsize(form)
        return struct.unpack(form, data[:size])[0], data[size:]
    n = low
    if low > 23:
        size = {24: 1, 25: 2, 26: 4, 27: 8}[low]
        n, data = int.from_bytes(data[:size], 'big'), data[size:]
    if major == 0:
        return n, data
    if major == 1:
        return -1 - n, data
    if major == 3:
        return data[:n].decode(), data[n:]
    assert major in (4, 5), 'major type %d' % major
    items = []
    for _ in range(n * (major - 3)):
        value, data = _item(data)
        items.append(value)
    return (items if major == 4 else dict(zip(items[::2], items[1::2]))), data


_Message = namedtuple('_Message', 'topic payload retain qos properties')


class CborClient(MqttClient):
    """The same client; what it records is the JSON of what came."""

    def _on_message(self, client, userdata, message):
        payload = message.payload
        if message.topic.startswith(self.base) and payload:
            payload = json.dumps(decode(payload), ensure_ascii=False).encode()
        super()._on_message(
            client,
            userdata,
            _Message(message.topic, payload, message.retain, message.qos, getattr(message, 'properties', None)),
        )

    async def publish(self, topic, payload, *arguments, **options):
        await super().publish(topic, encode(payload) if isinstance(payload, dict) else payload, *arguments, **options)
