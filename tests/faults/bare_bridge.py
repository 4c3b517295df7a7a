"""The least that a component can be: it reads and writes down what it has read, and nothing else. What it loses when it
is killed is what the protocol and the kernel lose; ferryd's window is measured beside it.

It parses nothing: the numbered bodies are found in the bytes. One write() a read(), which survives SIGKILL.
"""
import hashlib
import os
import re
import socket
import sys
import time

BODY = re.compile(rb'<body>x (\d+) (\d+) ')
TAIL = 64  # bytes kept: a body's number may be cut in two by a read


def main(port, domain, secret, journal):
    out = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with socket.create_connection(('127.0.0.1', int(port))) as stream:
        stream.sendall(
            b"<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='%s'>"
            % domain.encode()
        )
        header = b''
        while not re.search(rb"id=['\"]([^'\"]+)", header):
            header += stream.recv(65536)
        id = re.search(rb"id=['\"]([^'\"]+)", header).group(1).decode()
        stream.sendall(b'<handshake>%s</handshake>' % hashlib.sha1((id + secret).encode()).hexdigest().encode())
        rest = b''
        while True:
            data = stream.recv(65536)
            if not data:
                return
            now, text, lines = time.monotonic(), rest + data, []
            if b'<handshake' in data:
                print('ready bare bridge', flush=True)
            end = 0
            for found in BODY.finditer(text):
                lines.append('%.4f\tR\t%d\t%d\tbare\n' % (now, int(found.group(1)), int(found.group(2))))
                end = found.end()
            if lines:
                os.write(out, ''.join(lines).encode())
            rest = text[max(end, len(text) - TAIL):]


if __name__ == '__main__':
    main(*sys.argv[1:])
