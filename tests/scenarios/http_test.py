"""The pages for whoever watches ferryd: health, readiness, metrics; and clients that behave badly there.

    python3 tests/scenarios/http_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import contextlib
import http.client
import os
import re
import socket
import subprocess
import time

import run
from lab import Stopwatch, lab
from patience import patient
from process import HOST, ROOT, free_port
from servers import Ferryd, Mosquitto, ferry_program

SLOW = 24  # clients: more than ferryd serves at once
LIFETIME = 10  # s: what ferryd gives a connection
VALUE = re.compile(r'([a-z_]+)(?:\{([a-z_]+)="([^"]*)"\})? (\S+)')


def _listening():
    return {'http': {'listen': '%s:%d' % (HOST, free_port())}}


def _get(ferryd, path, method='GET'):
    """(status, headers, body)"""
    connection = http.client.HTTPConnection(*ferryd.http.rsplit(':', 1), timeout=30)
    with contextlib.closing(connection):
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode()


async def _page(ferryd, path, method='GET'):
    return await asyncio.to_thread(_get, ferryd, path, method)


async def _wait_page(ferryd, path, status, body):
    def seen():
        with contextlib.suppress(OSError):  # it does not listen yet
            return _get(ferryd, path)[::2] == (status, body)

    await asyncio.to_thread(ferryd.wait_until, seen, '%d %r at %s' % (status, body, path))


async def _metrics(ferryd):
    """{(name, label's value): value}, after checking that each line is what the text exposition allows."""
    status, headers, body = await _page(ferryd, '/metrics')
    assert status == 200 and headers['Content-Type'].startswith('text/plain; version=0.0.4'), (status, str(headers))
    assert body.endswith('\n')
    values, helps, kinds = {}, {}, {}
    for line in body.splitlines():
        if line.startswith('# '):
            _, what, name, text = line.split(' ', 3)
            table = {'HELP': helps, 'TYPE': kinds}[what]
            assert name not in table, line
            table[name] = text
            continue
        if '_bucket{' in line:  # a histogram's; its sum and count are below
            continue
        match = VALUE.fullmatch(line)
        assert match, line
        name, _, label, value = match.groups()
        family = re.sub('_(sum|count)$', '', name)
        if kinds.get(family) == 'histogram':
            values[family, label] = float(value)
            continue
        assert name in helps and kinds[name] in ('counter', 'gauge'), line
        assert (kinds[name] == 'counter') == name.endswith('_total'), line
        assert (name, label) not in values, line
        values[name, label] = float(value)
    assert set(helps) == set(kinds) == {name for name, _ in values}
    return values


async def readiness_follows_the_links():
    broker = Mosquitto()
    async with lab(broker=broker, options=_listening()) as site:
        ferryd = site.ferryd
        assert (await _page(ferryd, '/readyz'))[::2] == (200, 'component: up\nbroker: up\nstore: up\n')
        await asyncio.to_thread(broker.terminate)
        await _wait_page(ferryd, '/readyz', 503, 'component: up\nbroker: down\nstore: up\n')
        values = await _metrics(ferryd)
        assert values['ferry_link_up', 'component'] == 1 and values['ferry_link_up', 'broker'] == 0, values
        assert (await _page(ferryd, '/healthz'))[::2] == (200, 'ok\n')

        await asyncio.to_thread(ferryd.terminate)
        ferryd.start(wait=False)
        await _wait_page(ferryd, '/readyz', 503, 'component: up\nbroker: down\nstore: up\n')
        await asyncio.to_thread(broker.start)
        await _wait_page(ferryd, '/readyz', 200, 'component: up\nbroker: up\nstore: up\n')
        await asyncio.to_thread(site.xmpp.terminate)
        await _wait_page(ferryd, '/readyz', 503, 'component: down\nbroker: up\nstore: up\n')
        assert (await _page(ferryd, '/healthz'))[::2] == (200, 'ok\n')


async def metrics_count_messages():
    async with lab(users=4, options=_listening()) as site:
        before = await _metrics(site.ferryd)
        assert before['ferry_messages_from_mqtt_total', None] == 0, before
        assert before['ferry_users', None] == 0, before
        alice, bob = await site.friends()
        await site.talk(alice, bob, 'counted')
        after = await _metrics(site.ferryd)
        version = subprocess.run([ferry_program('ferryd'), '--version'], capture_output=True, text=True).stdout.split()[1]
        assert after['ferry_messages_from_mqtt_total', None] == 1, after
        assert after['ferry_messages_to_mqtt_total', None] >= 1, after
        assert after['ferry_users', None] == 1, after
        assert after['ferry_link_up', 'component'] == after['ferry_link_up', 'broker'] == 1, after
        assert after['ferry_build_info', version] == 1, after
        assert ('ferry_broker_publishes_waiting', None) in after, after
        assert 1 << 20 < after['process_resident_memory_bytes', None] < 1 << 30, after
        assert 0 < after['process_cpu_seconds_total', None] < 60, after
        assert {label for _, label in after} == {None, 'component', 'broker', 'mqtt', 'xmpp', version}, 'nobody is named'


async def every_counter_has_a_help_text():
    def text(*path):
        with open(os.path.join(ROOT, *path), encoding='utf-8') as file:
            return file.read()

    brain = os.path.join(ROOT, 'gateway', 'brain')
    counted = set()
    for file in os.listdir(brain):
        for arguments in re.findall(r'\bcount\(([^;]*)\);', text(brain, file)):
            counted |= set(re.findall(r'"([a-z_]+)"', arguments))
    explained = re.findall(r'^    \{"([a-z_]+)",\s', text('gateway', 'metrics.cpp'), re.MULTILINE)
    assert len(counted) > 20, counted
    assert sorted(counted) == explained, 'gateway/metrics.cpp: %s' % sorted(counted ^ set(explained))


async def nothing_else_is_served():
    async with lab(options=_listening()) as site:
        for path in ('/', '/metrics/', '/healthz2', '/../etc/passwd', '/%00', '/' + 'x' * 4000):
            assert (await _page(site.ferryd, path))[0] == 404, path
        for method in ('POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'get', 'NONSENSE'):
            status, headers, _ = await _page(site.ferryd, '/healthz', method)
            assert (status, headers['Allow']) == (405, 'GET, HEAD'), (method, status)
        for path in ('/healthz', '/readyz', '/metrics'):
            status, headers, body = await _page(site.ferryd, path, 'HEAD')
            assert status == 200 and int(headers['Content-Length']) > 0 and body == '', path
            assert (await _page(site.ferryd, path + '?a=b'))[0] == 200, path
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(('127.0.0.2', int(site.ferryd.http.rsplit(':', 1)[1])), timeout=5).close()
            raise AssertionError('it listens on more than its address')


# ---- clients that behave badly
async def _send(ferryd, data):
    """Sends it all, or as much as ferryd takes; gives what ferryd answers before it closes."""
    reader, writer = await asyncio.open_connection(*ferryd.http.rsplit(':', 1))
    answer = b''
    try:
        writer.write(data)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(65536):
                answer += chunk
    finally:
        writer.close()
    return answer


async def _trickle(ferryd):
    """One byte a second of a request that has no end; gives the seconds until ferryd has had enough."""
    reader, writer = await asyncio.open_connection(*ferryd.http.rsplit(':', 1))
    started = time.monotonic()
    try:
        writer.write(b'GET /metrics HTTP/1.1\r\nHost: ')
        while True:
            with contextlib.suppress(asyncio.TimeoutError):
                assert not (await asyncio.wait_for(reader.read(1), 1)), 'an answer to half a request'
                break
            writer.write(b'x')
    except ConnectionError:
        pass
    finally:
        writer.close()
    return time.monotonic() - started


async def rude_clients_disturb_nobody():
    async with lab(users=4, options=_listening()) as site:
        ferryd = site.ferryd
        alice, bob = await site.friends()
        before = await _metrics(ferryd)
        for data in (
            b'\x00\xff' * 5000 + b'\r\n\r\n',
            b'\r\n' * 50000,
            b'<stream:stream>\r\n\r\n',
            b'GET /healthz HTTP/1.1\r\nHost: a\r\nX: ' + b'x' * (1 << 20) + b'\r\n\r\n',
            b'GET /' + b'x' * (1 << 20) + b' HTTP/1.1\r\n\r\n',
            b'GET /healthz HTTP/1.1\r\nHost: a\r\n' + b'X: y\r\n' * 200000 + b'\r\n',
            b'POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000000\r\n\r\n' + b'x' * (1 << 20),
            b'POST /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n',
        ):
            answer = await _send(ferryd, data)
            assert not answer.startswith(b'HTTP/1.1 2'), (data[:40], answer)
            await site.talk(alice, bob, 'after ' + repr(data[:8]))
        slow = [asyncio.create_task(_trickle(ferryd)) for _ in range(SLOW)]
        watch = Stopwatch()
        page = asyncio.create_task(_page(ferryd, '/healthz'))
        while not page.done():
            talk = Stopwatch()
            await site.talk(alice, bob, 'meanwhile ' + str(watch))
            assert talk.left > 5, 'a conversation took %s' % talk
            await asyncio.wait([page], timeout=0.5)  # the conversation's pace
        assert page.result()[::2] == (200, 'ok\n')
        # At worst the page waits behind all who came before it, each group as long as ferryd bears it.
        assert watch.left > Stopwatch().left - (SLOW // 16 + 2) * LIFETIME, 'the page took %s' % watch
        # However soon the page came: those who were served first have had their time.
        await asyncio.wait(slow, timeout=patient(3 * LIFETIME), return_when=asyncio.FIRST_COMPLETED)
        for task in slow:
            task.cancel()
        ended = [s for s in await asyncio.gather(*slow, return_exceptions=True) if isinstance(s, float)]
        assert ended and min(ended) > LIFETIME - 2, ended
        after = await _metrics(ferryd)
        used = after['process_cpu_seconds_total', None] - before['process_cpu_seconds_total', None]
        print('     the page took %s; ferryd used %.1f s of CPU' % (watch, used))
        assert used < 5, 'ferryd does not wait, it spins: %.1f s of CPU' % used


# ---- the address
def _run_ferryd(ferryd, *options):
    return subprocess.run(
        [ferry_program('ferryd'), '--config', ferryd.configuration, *options],
        capture_output=True,
        text=True,
        timeout=60,
    )


async def a_configured_address_in_use_is_an_error():
    async with lab(users=1) as site:
        with socket.create_server((HOST, 0)) as taken:
            address = '%s:%d' % taken.getsockname()
            second = Ferryd(site.broker, site.xmpp, options={'http': {'listen': address}})
            done = await asyncio.to_thread(_run_ferryd, second)
            assert done.returncode == 1, done
            assert '[http] listen: %s: Address already in use' % address in done.stderr, done.stderr
            assert (await asyncio.to_thread(_run_ferryd, second, '--check-config')).returncode == 0
        for address in ('no-such-host.invalid:8780', '192.0.2.1:8780'):
            done = await asyncio.to_thread(_run_ferryd, second, '--http.listen', address)
            assert done.returncode == 1 and '[http] listen: %s: ' % address in done.stderr, done.stderr


async def the_default_address_in_use_is_a_warning():
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # somebody has it already
            stack.enter_context(socket.create_server((HOST, 8780)))
        async with lab(users=1, options={'http': {'listen': None}}) as site:
            assert site.count('event=http.failed') == 1, site.ferryd.log


async def ipv6_and_off():
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(('::1', 0))
        except OSError:
            return print('     no IPv6 here')
        port = probe.getsockname()[1]
    async with lab(users=1, options={'http': {'listen': '[::1]:%d' % port}}) as site:
        connection = http.client.HTTPConnection('::1', port, timeout=30)
        connection.request('GET', '/healthz')
        assert connection.getresponse().read() == b'ok\n'
        connection.close()
        site.ferryd.sections['http']['listen'] = 'off'
        site.ferryd.write_configuration()
        await asyncio.to_thread(site.ferryd.restart)
        assert site.count('event=http.failed') == 0
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(('::1', port), timeout=5).close()
            raise AssertionError('it listens though it is off')


if __name__ == '__main__':
    run.main(globals())
