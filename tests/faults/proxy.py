"""A loopback TCP proxy that can be a bad network: it drops, delays, trickles, half-closes, resets."""
import asyncio
import random
import socket
import struct

from process import HOST, free_port

CHUNK = 16 * 1024
KINDS = ('hole', 'delay', 'trickle', 'half', 'reset')


def abort(writer):
    """RST instead of FIN."""
    sock = writer.get_extra_info('socket')
    if sock is not None:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        except OSError:
            pass
    writer.transport.abort()


class Proxy:
    """Between ferryd (which connects to .port) and a server on the port `target`."""

    def __init__(self, target, seed):
        self.target, self.port, self.mode = target, free_port(), 'pass'
        self.random = random.Random(seed)
        self.connections = set()  # (to ferryd, to the server)
        self.passing = asyncio.Event()
        self.passing.set()
        self.server = None

    async def start(self):
        self.server = await asyncio.start_server(self.accepted, HOST, self.port)

    def close(self):
        if self.server:
            self.server.close()
        self.reset()

    async def accepted(self, reader, writer):
        try:
            out_reader, out_writer = await asyncio.open_connection(HOST, self.target)
        except OSError:
            return abort(writer)  # nobody listens: as near to a refusal as a proxy comes
        pair = (writer, out_writer)
        for one in pair:
            one.transport.get_extra_info('socket').setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections.add(pair)
        pumps = [asyncio.ensure_future(self.pump(*ends)) for ends in ((reader, out_writer), (out_reader, writer))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait(pumps, timeout=2)  # the other direction may have an end of its own to say
        for pump in pumps:
            pump.cancel()
        self.connections.discard(pair)
        for one in pair:
            one.close()

    async def pump(self, reader, writer):
        try:
            while True:
                data = await reader.read(CHUNK)
                if not data:
                    writer.write_eof()
                    return
                await self.passing.wait()
                if self.mode == 'delay':
                    await asyncio.sleep(self.random.uniform(0.05, 0.5))
                while self.mode == 'trickle' and data:
                    some = self.random.randint(1, 400)
                    writer.write(data[:some])
                    data = data[some:]
                    await asyncio.sleep(0.005)
                await self.passing.wait()
                writer.write(data)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return

    def reset(self):
        for pair in list(self.connections):
            for one in pair:
                abort(one)

    def half_close(self):
        side = self.random.randrange(2)
        for pair in list(self.connections):
            try:
                pair[side].write_eof()
            except OSError:
                pass

    async def cut(self, kind, seconds):
        """One disturbance, from its beginning to its end."""
        if kind == 'reset':
            self.reset()
        elif kind == 'half':
            self.half_close()
            await asyncio.sleep(seconds)
            self.reset()
        elif kind == 'hole':  # packets vanish, then the connection is found dead
            self.passing.clear()
            await asyncio.sleep(seconds)
            self.reset()
            self.passing.set()
        else:
            self.mode = kind
            await asyncio.sleep(seconds)
            self.mode = 'pass'
