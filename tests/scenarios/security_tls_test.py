"""Certificates that are not to be believed, and no way down from TLS. (tls_test.py has the wrong CA and the wrong name.)

    python3 tests/scenarios/security_tls_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import contextlib
import os
import subprocess

import run
from certificates import make_certificates
from process import HOST, free_port, scratch, write
from servers import Ferryd, Mosquitto, Prosody

DOWN = 'event=link.down link=broker reason="'
SECRET = 'gateway-secret'


def _openssl(directory, *arguments):
    subprocess.run(['openssl', *arguments], cwd=directory, check=True, capture_output=True)


def _sign(broker, days='30', extensions='subjectAltName=IP:127.0.0.1,DNS:localhost\n'):
    """The broker's certificate once more, by the same CA."""
    write(os.path.join(broker.directory, 'other.cnf'), extensions)
    _openssl(
        broker.directory,
        *('x509', '-req', '-in', 'cert.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'),
        *('-days', days, '-extfile', 'other.cnf', '-out', 'cert.pem')
    )


def _self_signed(broker):
    _openssl(
        broker.directory,
        *('req', '-x509', '-key', 'key.pem', '-subj', '/CN=localhost', '-days', '30', '-out', 'cert.pem'),
        *('-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost')
    )


@contextlib.asynccontextmanager
async def _site(broker):
    with broker, Prosody() as xmpp:
        ferryd = Ferryd(broker, xmpp)
        try:
            yield ferryd
        finally:
            ferryd.kill()


async def _refused(ferryd, pattern='.*(certificate|TLS|tls|SSL|ssl)'):
    ferryd.start(wait=False)
    await asyncio.to_thread(ferryd.wait_log, DOWN + pattern)
    assert ferryd.alive() and 'ready ' not in ferryd.log and 'link.up link=broker' not in ferryd.log
    assert SECRET not in ferryd.log


async def _not_believed(change):
    """Refused; and believed once it is right: it was for that that it was refused."""
    broker = Mosquitto(tls=True)
    change(broker)
    async with _site(broker) as ferryd:
        await _refused(ferryd)
        assert "u'%s'" % broker.gateway not in broker.log, 'it logged in'
        _sign(broker)
        broker.restart()
        await asyncio.to_thread(ferryd.wait_ready)


async def a_certificate_that_has_expired():
    await _not_believed(lambda broker: _sign(broker, '-1'))


async def a_certificate_that_signed_itself():
    await _not_believed(_self_signed)


async def a_certificate_of_a_client():
    await _not_believed(
        lambda broker: _sign(broker, extensions='subjectAltName=IP:127.0.0.1\nextendedKeyUsage=clientAuth\n')
    )


async def a_certificate_for_another_name():
    await _not_believed(lambda broker: _sign(broker, extensions='subjectAltName=DNS:broker.example,IP:127.0.0.9\n'))


async def _listens(answer):
    """A port that notes what it gets and says `answer`."""
    heard = bytearray()

    async def serve(reader, writer):
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            heard.extend(await asyncio.wait_for(reader.read(4096), 5))
            writer.write(answer)
            heard.extend(await asyncio.wait_for(reader.read(4096), 5))
        writer.close()

    return await asyncio.start_server(serve, HOST, free_port()), heard


async def no_way_down_to_plain_text():
    """Whatever is at the port: with a cafile it hears a ClientHello, and never a name or a password."""
    for answer in (b'', b'\x20\x03\x00\x00\x00', b'\x15\x03\x01\x00\x02\x02\x28'):  # nothing, CONNACK, handshake failure
        broker = Mosquitto(tls=True)
        async with _site(broker) as ferryd:
            server, heard = await _listens(answer)
            ferryd.sections['broker']['port'] = server.sockets[0].getsockname()[1]
            ferryd.write_configuration()
            await _refused(ferryd, '')
            server.close()
            assert heard[:1] == b'\x16', 'no ClientHello: %r' % bytes(heard[:20])
            assert SECRET.encode() not in heard and b'MQTT' not in heard, bytes(heard)


async def no_way_down_to_old_tls():
    """TLS 1.1 and older are broken (RFC 8996)."""
    broker = Mosquitto(tls=True)
    port = free_port()
    async with _site(broker) as ferryd:
        server = subprocess.Popen(
            [
                *('openssl', 's_server', '-accept', '%s:%d' % (HOST, port), '-tls1_1', '-quiet'),
                *('-cipher', 'DEFAULT:@SECLEVEL=0', '-key', 'key.pem', '-cert', 'cert.pem'),
            ],
            cwd=broker.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            await asyncio.to_thread(ferryd.wait_port, port)
            ferryd.sections['broker']['port'] = port
            ferryd.write_configuration()
            await _refused(ferryd)
        finally:
            server.kill()
            server.wait()


async def ferryctl_verifies_as_well():
    """broker check logs in with everybody's passwords."""
    broker = Mosquitto(tls=True, users={'b1@mqtt.localhost': 'pb1', 'b2@mqtt.localhost': 'pb2'})
    _self_signed(broker)
    async with _site(broker) as ferryd:
        probes = []
        for n in (1, 2):
            file = write(os.path.join(ferryd.directory, 'p%d' % n), 'pb%d\n' % n)
            probes += ['--probe', 'b%d@mqtt.localhost:%s' % (n, file)]
        done = await asyncio.to_thread(lambda: ferryd.ctl('broker', 'check', *probes, check=False))
        assert done.returncode == 1 and 'u\'b1@' not in broker.log, (done.stdout, done.stderr)


async def links_without_tls_to_another_host_are_said():
    async with _site(Mosquitto()) as ferryd:
        ferryd.sections['broker']['host'] = 'broker.example'
        ferryd.sections['component']['host'] = 'xmpp.example'
        code, text = await _checked(ferryd)
        assert code == 0 and 'broker.example' in text and 'xmpp.example' in text, text
        assert 'cafile' in text and 'no TLS' in text, text
        ferryd.start(wait=False)
        await asyncio.to_thread(ferryd.wait_log, 'event=link.unencrypted')


async def check_config_looks_into_the_files_of_accounts():
    async with _site(Mosquitto()) as ferryd:
        folder = scratch('accounts')
        place = lambda name: os.path.join(folder, name)
        ferryd.sections['session'] = {'host': '127.0.0.1', 'cafile': write(place('ca.pem'), 'neither\n'), 'certificates': folder}
        ferryd.sections['vault'] = {'key-file': place('vault.key')}
        code, text = await _checked(ferryd)
        assert code == 2 and 'is good' not in text, text
        assert '[session] cafile: "%s" holds no certificate' % place('ca.pem') in text, text
        assert '[vault] key-file: %s: cannot be read: No such file' % place('vault.key') in text, text
        assert 'ferryctl vault init' in text, text
        await asyncio.to_thread(ferryd.ctl, 'vault', 'init')
        os.chmod(place('vault.key'), 0o644)
        code, text = await _checked(ferryd)
        assert code == 2 and 'chmod 600' in text, text
        ferryd.start()  # for everybody else
        await asyncio.to_thread(ferryd.wait_log, 'event=account.files key=.*key-file.*chmod 600')
        await asyncio.to_thread(ferryd.stop)
        os.chmod(place('vault.key'), 0o600)
        certificates = scratch('certificates')
        cafile, certificate, key = await asyncio.to_thread(make_certificates, certificates)
        with open(cafile, encoding='ascii') as file, open(key, encoding='ascii') as secret:
            both = write(place('both.pem'), secret.read() + file.read())
        ferryd.sections['session']['cafile'] = both
        code, text = await _checked(ferryd)
        assert code == 2 and '[session] cafile: "%s" holds a private key too' % both in text, text
        ferryd.sections['session']['cafile'] = cafile
        store = write(os.path.join(ferryd.directory, 'no.db'), 'no store\n' * 100)
        ferryd.sections['store']['path'], good = store, ferryd.sections['store']['path']
        code, text = await _checked(ferryd)
        assert code == 2 and '[store] path: store: %s: file is not a database' % store in text, text
        ferryd.sections['store']['path'] = good
        os.symlink(certificate, place('anna@localhost.crt'))
        write(place('anna@localhost.key'), 'neither\n')
        code, text = await _checked(ferryd)
        assert code == 0 and 'note: [session] certificates' in text and 'anna@localhost.key' in text, text
        os.remove(place('anna@localhost.key'))
        os.symlink(key, place('anna@localhost.key'))
        code, text = await _checked(ferryd)
        assert code == 0 and '[session]' not in text, text


async def _checked(ferryd):
    ferryd.write_configuration()
    command = [*ferryd.command(), '--check-config']
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


if __name__ == '__main__':
    run.main(globals())
