"""Every uid and device that the escape makes is a topic level and a user name to a real Mosquitto.

bin/names_tool makes up the names (JIDs with every character that XMPP allows); a private broker has to take them all.
Raw sockets: a client library would check, or repair, what the broker is to judge.
"""
import asyncio
import os
import socket
import struct
import subprocess

import run
from process import HOST, ROOT, write
from raw_mqtt import CONNECT, PUBACK, PUBLISH, SUBSCRIBE, packet, read_packet, text
from servers import Mosquitto

COUNT = 100_000
SEED = 20231
WINDOW = 1000  # publishes that wait for their PUBACK
ACL = 'pattern readwrite t/%u/#\nuser watcher\ntopic read #\n'


class OpenMosquitto(Mosquitto):
    """Lets everyone in under any name: what is tried is the name."""

    def __init__(self, acl=None):
        super().__init__(conf='max_inflight_messages 0\nset_tcp_nodelay true')
        with open(self.configuration, encoding='utf-8') as file:
            lines = file.read().splitlines()
        dropped = ('password_file', 'allow_anonymous', 'log_type')
        dropped += () if acl else ('acl_file',)
        lines = [line for line in lines if not line.startswith(dropped)]
        lines += ['allow_anonymous true', 'log_type error', 'log_type warning']
        write(self.configuration, '\n'.join(lines) + '\n')
        write(self.acl_file, acl or '')


def names(count=COUNT):
    """(uid, device) as bytes, no two alike."""
    tool = os.path.join(os.environ.get('FERRY_BIN') or os.path.join(ROOT, 'build', 'bin'), 'names_tool')
    lines = subprocess.run([tool, str(count), str(SEED)], check=True, capture_output=True).stdout.splitlines()
    assert len(lines) == count, 'a name with a line break in it?'
    return [tuple(line.split(b'\t')) for line in dict.fromkeys(lines)]


def connect_packet(client_id, user):
    flags = 0x02 if user is None else 0x82
    return packet(
        CONNECT, 0, text(b'MQTT') + bytes([4, flags, 0, 0]) + text(client_id) + (b'' if user is None else text(user))
    )


def publish_packet(topic, packet_id, payload=b'x'):
    return packet(PUBLISH, 2, text(topic) + struct.pack('!H', packet_id) + payload)


class Peer:
    """One MQTT 3.1.1 connection."""

    @classmethod
    async def open(cls, broker, client_id=b'', user=None):
        self = cls()
        self.reader, self.writer = await asyncio.open_connection(HOST, broker.port)
        self.writer.write(connect_packet(client_id, user))
        answer = await self.read()
        assert answer == (0x20, b'\0\0'), 'CONNACK %r for user %r' % (answer, user)
        return self

    async def read(self):
        return await read_packet(self.reader)

    async def subscribe(self, topic_filter):
        self.writer.write(packet(SUBSCRIBE, 2, b'\0\1' + text(topic_filter) + b'\1'))
        assert await self.read() == (0x90, b'\0\1\1')

    async def publish(self, topic, payload=b'x'):
        """True: acknowledged. False: the broker closed the connection instead."""
        self.writer.write(publish_packet(topic, 1, payload))
        return await self.read() == (0x40, b'\0\1')

    async def received(self):
        """(topic, payload) of the next publish, acknowledged."""
        got = await self.read()
        assert got and got[0] & 0xF6 == 0x32, 'not a publish: %r' % (got,)
        size = struct.unpack_from('!H', got[1])[0]
        self.writer.write(packet(PUBACK, 0, got[1][2 + size:4 + size]))
        return got[1][2:2 + size], got[1][4 + size:]

    def close(self):
        self.writer.close()


async def every_name_comes_back_as_a_topic():
    topics = [b't/%s/%s' % name for name in names()]
    assert len(topics) > 0.9 * COUNT
    with OpenMosquitto() as broker:
        watcher, sender = await Peer.open(broker), await Peer.open(broker)
        await watcher.subscribe(b't/+/+')
        window = asyncio.Semaphore(WINDOW)

        async def send():
            for number, topic in enumerate(topics):
                await window.acquire()
                sender.writer.write(publish_packet(topic, number % 65535 + 1, b'%d' % number))
                if number % 100 == 0:
                    await sender.writer.drain()

        async def acknowledged():
            for number, topic in enumerate(topics):
                answer = await sender.read()
                assert answer and answer[0] == 0x40, 'the broker closed near %r' % topics[number:number + WINDOW]
                window.release()

        async def watch():
            for number, topic in enumerate(topics):
                assert await watcher.received() == (topic, b'%d' % number), topic

        await asyncio.gather(send(), acknowledged(), watch())


async def every_name_is_a_user_name():
    users = list(dict.fromkeys(uid for uid, _ in names()))

    def connect_all(port):
        for user in users:
            with socket.create_connection((HOST, port)) as peer:
                # Ends by RST: tens of thousands of ports would otherwise wait out their time.
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                peer.sendall(connect_packet(b'', user))
                assert peer.recv(4) == b'\x20\x02\0\0', user

    with OpenMosquitto() as broker:
        await asyncio.to_thread(connect_all, broker.port)


async def users_write_and_read_below_their_own_name():
    sample = dict(names(3000))  # one device for each uid
    sample = list(sample.items())[:300]
    assert len(sample) == 300 and sum(b'=' in uid for uid, _ in sample) > 100
    with OpenMosquitto(acl=ACL) as broker:
        watcher = await Peer.open(broker, user=b'watcher')
        await watcher.subscribe(b't/#')
        for uid, device in sample:
            own = b't/%s/%s' % (uid, device)
            peer = await Peer.open(broker, client_id=b'%s:%s' % (uid, device), user=uid)
            await peer.subscribe(b't/%s/#' % uid)
            assert await peer.publish(b't/%sx/%s' % (uid, device), b'not mine')
            # Mosquitto may deliver before it acknowledges.
            peer.writer.write(publish_packet(own, 2, b'mine'))
            answers = [await peer.read(), await peer.read()]
            assert all(answers) and sorted(first & 0xF0 for first, _ in answers) == [0x30, 0x40], (uid, answers)
            assert await watcher.received() == (own, b'mine')
            peer.close()


async def the_password_file_holds_the_names():
    # It separates by colons: an IPv6 domainpart cannot stand in it. A localpart has none.
    sample = [(uid, device) for uid, device in dict(names(500)).items() if b':' not in uid][:40]
    acl = 'pattern readwrite t/%u/#\n'
    with Mosquitto(users={uid.decode(): 'secret' for uid, _ in sample}, acl=acl) as broker:
        for uid, device in sample:
            reader, writer = await asyncio.open_connection(HOST, broker.port)
            body = text(b'MQTT') + bytes([4, 0xC2, 0, 0]) + text(b'%s:%s' % (uid, device)) + text(uid) + text(b'secret')
            writer.write(packet(CONNECT, 0, body))
            assert await reader.readexactly(4) == b'\x20\x02\0\0', uid
            writer.close()


async def the_broker_refuses_what_is_escaped_and_nothing_else():
    """Each code point of Unicode in a topic. The list is that of translators/values/uid.cpp; + and # are MQTT's own."""
    refused = []

    async def take(broker, code_points):
        peer = await Peer.open(broker)
        taken = await peer.publish('x'.join(map(chr, code_points)).encode())
        peer.close()
        if not taken and len(code_points) == 1:
            refused.append(code_points[0])
        elif not taken:
            middle = len(code_points) // 2
            await take(broker, code_points[:middle])
            await take(broker, code_points[middle:])

    every = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000 and c not in (0x23, 0x2B, 0x2F)]
    with OpenMosquitto() as broker:
        for start in range(0, len(every), 8000):
            await take(broker, every[start:start + 8000])
    expected = [*range(0x20), *range(0x7F, 0xA0), *range(0xFDD0, 0xFDF0)]
    expected += [plane << 16 | last for plane in range(17) for last in (0xFFFE, 0xFFFF)]
    assert sorted(refused) == sorted(expected), 'it refuses %s' % ' '.join('%X' % c for c in refused)


async def without_the_escape_names_would_fail():
    """The checks above can fail."""
    with OpenMosquitto(acl=ACL) as broker:
        watcher = await Peer.open(broker, user=b'watcher')
        await watcher.subscribe(b't/#')
        for user in (b'anna+news@corp.example', b'anna#@corp.example'):
            peer = await Peer.open(broker, user=user)
            await peer.publish(b't/%s/x' % user.replace(b'+', b'=2B').replace(b'#', b'=23'), b'denied')
            peer.close()
        peer = await Peer.open(broker, user=b'bob')
        assert await peer.publish(b't/bob/x', b'taken')
        assert await watcher.received() == (b't/bob/x', b'taken')
        assert not await peer.publish('t/bob/\u0085'.encode())


run.main(globals())
