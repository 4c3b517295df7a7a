"""The broker link: TLS and whom it trusts, MQTT 3.1.1, passwords, anonymous brokers; one store, one ferryd.

    python3 tests/scenarios/tls_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import asyncio
import contextlib
import os
import socket

import run
from certificates import make_certificates
from clients import MQTT311
from lab import HOSTED, lab, mqtt_back
from process import HOST, free_port, write
from servers import Ferryd, Mosquitto, Prosody


async def _fails(ferryd, pattern):
    """It does not come up, says why, and goes on trying."""
    ferryd.start(wait=False)
    match = await asyncio.to_thread(ferryd.wait_log, pattern)
    assert ferryd.alive() and 'ready ' not in ferryd.log[ferryd.log_start :]
    return match


async def tls_verified():
    async with lab(users=3, tls=True) as site:
        assert 'tls=yes' in site.ferryd.log
        alice, bob = await site.friends()
        await site.talk(alice, bob, 'in secret')
        await asyncio.to_thread(site.broker.restart, True)
        await mqtt_back(bob)
        await site.talk(alice, bob, 'again')
        # A short absence may have gone unnoticed; what was said last, before his message, must be true.
        said = alice.all(lambda s: s.name == 'presence' and s['from'] == bob.jid + '/phone')
        assert said and (said[-1].xml.get('type') or 'available') == 'available', said


async def wrong_ca_is_refused_and_retried():
    with Mosquitto(tls=True) as broker, Prosody() as xmpp:
        ferryd = Ferryd(broker, xmpp)
        os.mkdir(os.path.join(ferryd.directory, 'other'))
        other, _, _ = make_certificates(os.path.join(ferryd.directory, 'other'))
        right = ferryd.sections['broker']['cafile']
        ferryd.sections['broker']['cafile'] = write(os.path.join(ferryd.directory, 'ca.pem'), open(other).read())
        ferryd.write_configuration()
        try:
            await _fails(ferryd, 'event=link.down link=broker reason=".*(certificate|TLS|tls)')
            write(ferryd.sections['broker']['cafile'], open(right).read())  # it tries again, with the file as it is now
            await asyncio.to_thread(ferryd.wait_ready)
        finally:
            ferryd.kill()


async def wrong_host_name_is_refused():
    """The certificate is for 127.0.0.1 and localhost; this is another name of the same host."""
    with Mosquitto(tls=True) as broker, Prosody() as xmpp:
        wrong = '127.0.0.2'
        proxy = await _proxy(broker.port, wrong)
        ferryd = Ferryd(broker, xmpp)
        ferryd.sections['broker'].update(host=wrong, port=proxy.sockets[0].getsockname()[1])
        ferryd.write_configuration()
        try:
            await _fails(ferryd, 'event=link.down link=broker reason=".*(certificate|host|TLS|tls)')
        finally:
            ferryd.kill()
            proxy.close()


async def _proxy(port, host=HOST, refuse5=None):
    """Bytes to the broker and back. refuse5: what is answered to a CONNECT of MQTT 5, instead."""

    async def serve(reader, writer):
        tasks, back = [], None
        try:
            first = await reader.read(4096)
            if refuse5 is not None and first[:1] == b'\x10' and b'MQTT\x05' in first[:16]:
                writer.write(refuse5)
                await writer.drain()
                return
            to, back = await asyncio.open_connection(HOST, port)
            back.write(first)
            tasks = [asyncio.ensure_future(_pump(reader, back)), asyncio.ensure_future(_pump(to, writer))]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for task in tasks:
                task.cancel()
            for end in (writer, back):
                if end:
                    end.close()

    return await asyncio.start_server(serve, host, free_port())


async def _pump(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()


async def _all_of_it(site, version):
    """What a site with 3.1.1 alone must be able to do."""
    alice, bob = await site.friends(version)
    await site.talk(alice, bob, 'hello')
    contacts = (await bob.request('roster.get'))['contacts']
    assert [c['jid'] for c in contacts] == [alice.bare], contacts
    id = await bob.message('nobody@localhost', 'x')
    await bob.wait_receipt(id, 'failed')
    # 3.1.1 does not tell the gateway that a publish is retained: it is carried, once, whatever comes after a restart.
    await bob.publish('out/msg', {'id': 'r1', 'to': alice.full, 'body': 'for ever'}, retain=True)
    await bob.wait_receipt('r1', 'forwarded')
    await site.ferryd.terminate_async()
    await site.ferryd.start_async()
    await site.talk(alice, bob, 'after the restart')
    assert len(alice.all(lambda s: s.name == 'message' and s['body'] == 'for ever')) == 1
    mark = alice.mark()
    await bob.disconnect()
    await alice.wait_presence(bob.jid + '/phone', 'unavailable', after=mark)
    for n in range(5):
        alice.message(bob.jid, 'later %d' % n)
    mark = bob.mark()
    await bob.connect()
    await bob.wait_message('later 4', after=mark)
    refused = [p for p in bob.all(lambda p: p.topic == 'in/receipt' and p.json['id'] == '-')]
    assert not bob.find(lambda p: p.json and p.json.get('id') == 'r1' and p.json.get('state') == 'failed')
    assert not refused, 'its own clearing of a retained publish came back as an empty one: %s' % refused


async def protocol_311():
    async with lab(users=4, options={'broker': {'protocol': '3.1.1'}}) as site:
        assert 'version=3.1.1' in site.ferryd.log
        await _all_of_it(site, MQTT311)


async def _behind_a_proxy(refusal):
    with Mosquitto(users={'b%d@%s' % (n, HOSTED): 'pb%d' % n for n in range(4)}) as broker:
        proxy = await _proxy(broker.port, refuse5=refusal)
        async with lab(users=4, broker=broker, start=False) as site:
            site.ferryd.sections['broker']['port'] = proxy.sockets[0].getsockname()[1]
            site.ferryd.write_configuration()
            await site.ferryd.start_async()
            assert 'version=3.1.1' in site.ferryd.log
            await _all_of_it(site, MQTT311)
        proxy.close()


async def broker_that_refuses_5():
    await _behind_a_proxy(b'\x20\x02\x00\x01')  # a 3.1.1 broker's CONNACK: unacceptable protocol version


async def broker_that_hangs_up_on_5():
    await _behind_a_proxy(b'')


async def writable_feeds_need_5():
    with Mosquitto() as broker, Prosody() as xmpp:
        routes = ['user *@mqtt.localhost {root}/u/{uid}', 'feed lamp@mqtt.localhost lamp write=localhost']
        ferryd = Ferryd(broker, xmpp, routes, {'broker': {'protocol': '3.1.1'}})
        ferryd.start(wait=False)
        assert await asyncio.to_thread(ferryd.process.wait, 20) == 2 and 'lamp' in ferryd.log, ferryd.log


async def anonymous_broker_is_refused():
    with Mosquitto() as broker, Prosody() as xmpp:
        text = open(broker.configuration).read().replace('allow_anonymous false', 'allow_anonymous true')
        write(broker.configuration, text)
        broker.restart()
        ferryd = Ferryd(broker, xmpp)
        ferryd.start(wait=False)
        code = await asyncio.to_thread(ferryd.process.wait, 20)
        assert code == 1 and 'allow_anonymous false' in ferryd.log, (code, ferryd.log)
        assert 'ready ' not in ferryd.log
        ferryd.sections['broker']['allow-anonymous'] = 'true'
        ferryd.write_configuration()
        with ferryd:
            pass


async def wrong_password_is_said_and_retried():
    with Mosquitto() as broker, Prosody() as xmpp:
        ferryd = Ferryd(broker, xmpp)
        write(ferryd.sections['broker']['password-file'], 'wrong\n')
        try:
            await _fails(ferryd, 'link=broker reason="the broker refused us: .*" advice=".*password-file')
            write(ferryd.sections['broker']['password-file'], broker.gateway_password + '\n')
            await asyncio.to_thread(ferryd.wait_ready)
            assert ferryd.log.count('event=link.down link=broker') == 1, 'the same line again and again'
        finally:
            ferryd.kill()


async def broker_that_is_not_there_yet():
    with Prosody() as xmpp:
        broker = Mosquitto()
        ferryd = Ferryd(broker, xmpp)
        try:
            await _fails(ferryd, 'event=link.down link=broker reason=".*refused')
            with broker:
                await asyncio.to_thread(ferryd.wait_ready)
        finally:
            ferryd.kill()


async def a_port_that_is_no_broker():
    """It accepts and says nothing; or it says something else."""
    with Mosquitto() as broker, Prosody() as xmpp, socket.socket() as silent:
        silent.bind((HOST, free_port()))
        silent.listen()
        for port in (silent.getsockname()[1], xmpp.port):
            ferryd = Ferryd(broker, xmpp, options={'broker': {'port': port}})
            try:
                await _fails(ferryd, 'event=link.down link=broker reason=')
            finally:
                ferryd.kill()


async def one_store_one_ferryd():
    async with lab(users=3) as site:
        second = Ferryd(site.broker, site.xmpp)
        second.sections['store']['path'] = site.ferryd.sections['store']['path']
        second.write_configuration()
        second.start(wait=False)
        code = await asyncio.to_thread(second.process.wait, 20)
        assert code == 1 and 'path' in second.log and 'event=link.up' not in second.log, (code, second.log)
        alice, bob = await site.friends()
        await site.talk(alice, bob, 'undisturbed')
        assert site.count('event=link.down') == 0


if __name__ == '__main__':
    run.main(globals())
