"""Mosquitto with ferry_auth.so, the ferryctl that feeds it, and a client that logs in by SCRAM (MQTT 5, section 4.12)."""
import asyncio
import base64
import hashlib
import hmac
import os
import struct
import subprocess

from patience import patient
from process import Failed, scratch
from raw_mqtt import CONNACK, CONNECT, RawMqtt, length, packet, read_packet, text
from recorder import TIMEOUT
from servers import Component, Ferryd, Mosquitto, ferry_program

HOSTED = 'mqtt.localhost'
AUTH = 15
HASHES = {'SCRAM-SHA-1': 'sha1', 'SCRAM-SHA-256': 'sha256'}


class Passwords:
    """ferryctl with a vault, and a broker whose plugin decides by what it writes. The gateway itself logs in by
    Mosquitto's password_file."""

    def __init__(self, component=None, options='', sections=None):
        self.directory = scratch('passwords')
        place = lambda name: os.path.join(self.directory, name)
        self.key_file, self.auth_file = place('broker.key'), place('auth')
        plugin = [
            'plugin ' + os.path.join(os.path.dirname(ferry_program('ferryctl')), 'ferry_auth.so'),
            'plugin_opt_auth_file ' + self.auth_file,
            'plugin_opt_key_file ' + self.key_file,
        ]
        self.broker = Mosquitto(conf='\n'.join(plugin) + '\n' + options)
        self.ferryd = Ferryd(
            self.broker,
            component or Component('127.0.0.1', 1, HOSTED, 'component-secret'),
            options={'vault': {'key-file': place('vault.key'), 'auth-file': self.auth_file}, **(sections or {})},
        )
        self.printed = ''

    def ctl(self, *arguments, stdin='', code=0):
        done = subprocess.run(
            [ferry_program('ferryctl'), '--config', self.ferryd.configuration, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=patient(60),
            check=False,
        )
        self.printed += done.stdout + done.stderr
        if done.returncode != code:
            raise Failed('ferryctl %s: exit code %d\n%s%s' % (arguments, done.returncode, done.stdout, done.stderr))
        return done

    def prepare(self, people):
        self.ctl('vault', 'init')
        self.ctl('vault', 'broker-key', self.key_file)
        for jid, password in people.items():
            self.ctl('password', 'set', jid, stdin=password + '\n')
        self.ctl('broker', 'apply', '--auth-file', self.auth_file)

    async def after_case(self):
        pass

    def print_logs(self):
        print(self.broker.log[-20000:])

    def everything_kept(self):
        """(name, bytes) of each file, log and text that was printed."""
        yield 'what ferryctl printed', self.printed.encode()
        for server in (self.broker, self.ferryd):
            yield 'the log of ' + server.name, server.log.encode()
        for top in (self.directory, self.broker.directory, self.ferryd.directory):
            for folder, _, names in os.walk(top):
                for name in names:
                    path = os.path.join(folder, name)
                    if os.path.isfile(path):
                        with open(path, 'rb') as file:
                            yield path, file.read()


class ScramMqtt(RawMqtt):
    """Logs in by enhanced authentication. `challenge`: the server's first message; `proved`: the server's signature was
    right."""

    async def login(self, method='SCRAM-SHA-1', user=None, nonce='fyko+d2lbbFgONRv9qkxdawL', first=None, final=None):
        """The CONNACK's reason code; None: the broker has hung up. first, final: sent instead of the right ones."""
        self.challenge, self.proved = None, False
        self.reader, self.writer = await asyncio.open_connection(self.broker.host, self.broker.port)
        escaped = (user or self.user).replace('=', '=3D').replace(',', '=2C')
        bare = 'n=%s,r=%s' % (escaped, nonce)
        properties = b'\x15' + text(method) + b'\x16' + text(first if first is not None else 'n,,' + bare)
        head = text('MQTT') + bytes([5, 0x02, 0, 60]) + length(len(properties)) + properties
        self.writer.write(packet(CONNECT, 0, head + text(self.client_id)))
        kind, body = await self._next()
        if kind != AUTH:
            return body and body[1]
        self.challenge = _auth_data(body[1:]).decode()
        parts = dict(part.split('=', 1) for part in self.challenge.split(','))
        without_proof = 'c=biws,r=' + parts['r']
        proof, signature = _proof(method, self.password, parts, ','.join((bare, self.challenge, without_proof)))
        last = final if final is not None else without_proof + ',p=' + proof
        properties = b'\x15' + text(method) + b'\x16' + text(last)
        self.writer.write(packet(AUTH, 0, b'\x18' + length(len(properties)) + properties))
        kind, body = await self._next()
        if kind == CONNACK and body[1] == 0:
            self.proved = _auth_data(body[2:]).decode() == 'v=' + signature
        return body and body[1]

    async def _next(self):
        first, body = await asyncio.wait_for(read_packet(self.reader), patient(TIMEOUT)) or (0, None)
        return first >> 4, body


def _auth_data(properties):
    """Property 0x16 of what Mosquitto sends: its other properties there have two bytes, four, or a string."""
    at, size, shift = 0, 0, 0
    while True:
        size |= (properties[at] & 127) << shift
        shift += 7
        at += 1
        if properties[at - 1] < 128:
            break
    end = at + size
    while at < end:
        name = properties[at]
        if name in (0x15, 0x16, 0x12, 0x1F):
            length = struct.unpack('!H', properties[at + 1 : at + 3])[0]
            if name == 0x16:
                return properties[at + 3 : at + 3 + length]
            at += 3 + length
        elif name in (0x22, 0x21, 0x13):
            at += 3
        elif name in (0x27, 0x11):
            at += 5
        else:
            at += 2
    return b''


def _proof(method, password, parts, message):
    name = HASHES[method]
    keyed = lambda key, data: hmac.new(key, data, name).digest()
    salted = hashlib.pbkdf2_hmac(name, password.encode(), base64.b64decode(parts['s']), int(parts['i']))
    client_key = keyed(salted, b'Client Key')
    signature = keyed(hashlib.new(name, client_key).digest(), message.encode())
    proof = bytes(a ^ b for a, b in zip(client_key, signature))
    server = keyed(keyed(salted, b'Server Key'), message.encode())
    return base64.b64encode(proof).decode(), base64.b64encode(server).decode()
