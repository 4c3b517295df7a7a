"""A site with victims and attackers, and how an attack is judged.

alice (XMPP) and bob (MQTT) are friends. eve (MQTT) and mallory (XMPP) have accounts and nothing to do with them; a second
component, evil.localhost, belongs to somebody else. The broker has the ACL that ferryctl writes. Each attack is one
function of the site and has a canary: what it tries to bring somewhere. It is over when everybody was heard since; then
nobody has seen the canary, no attacker what the friends said meanwhile, nobody's link was lost, and ferryd has logged as
many refusals as it should: one for each attempt that it refuses itself, none where the broker or the XMPP server does.
config/security.md lists all of them; a row that is missing there, or says something else, fails the test.
"""
import asyncio
import contextlib
import os
import re
import sys

import run
from conversation_site import befriend
from lab import HOSTED, Lab
from process import ROOT
from raw_component import RawComponent
from raw_mqtt import RawMqtt

REFUSED = re.compile(r'event=(publish|stanza|request)\.refused')
EVIL, LAX = 'evil.localhost', 'lax.localhost'
BROKER, SERVER, GATEWAY = 'Mosquitto', 'XMPP server', 'Ferry'
USERS = 30
# As with Openfire: what it says of its senders is not checked.
LAX_COMPONENT = 'Component "%s"\n  component_secret = "component-secret"; validate_from_addresses = false' % LAX


class Attacked(Lab):
    has_lax, lax = False, None

    async def open(self):
        self.alice, self.bob = await self.strangers()
        await befriend(self.alice, self.bob)
        self.eve = await self.mqtt_user(self.addresses()[1])
        self.mallory = await self.xmpp_user(self.addresses()[0])
        self.evil = await RawComponent(self.xmpp, EVIL).connect()
        if self.has_lax:
            self.lax = await RawComponent(self.xmpp, LAX).connect()
        self.canary, self.raws = None, []
        self.clients.clear()  # they stay

    @property
    def payload(self):
        """What must not arrive. The mark at its end is not in what the friends say."""
        return self.canary + '!'

    async def raw(self, will=None, user=None, password=None, client_id=None, code=0):
        """eve by another client, or whoever it says it is."""
        client = RawMqtt(
            self.broker,
            self.eve.uid if user is None else user,
            self.eve.password if password is None else password,
            client_id or '%s:%s' % (self.eve.uid, self.canary),
        )
        self.raws.append(client)
        got = await client.connect(will)
        assert got == code, 'CONNACK %s, expected %s' % (got, code)
        return client

    async def heard(self):
        """Everything that anyone has said before has been decided; what was logged stands in the log."""
        for _ in range(2):  # the log of a tick is written after its publishes
            await self.eve.request('roster.get')
            await self.mallory.iq('<ping xmlns="urn:xmpp:ping"/>', to=HOSTED)
            for component in (self.evil, self.lax):
                if component:
                    await component.iq('<ping xmlns="urn:xmpp:ping"/>', to=HOSTED)
            await self.talk(self.alice, self.bob, 'undisturbed %s' % self.canary)

    async def back(self):
        """The attackers again, if they were shown the door."""
        if not self.eve.client or not self.eve.client.socket():
            await self.eve.connect()
        if not self.mallory.stream.is_connected():
            self.mallory = await self.xmpp_back(self.mallory)
            self.clients.clear()
        if self.evil.task.done():
            await self.evil.connect()

    async def after_case(self):
        await super().after_case()
        for client in self.raws:
            with contextlib.suppress(Exception):
                client.drop()
        self.raws.clear()


class Attacks:
    """The attacks of one file: `@attack(NUMBER, 'what is tried', WHO)`. lines: refusals that ferryd logs; log: words that
    each of these lines has."""

    def __init__(self):
        self.all, self.refused = {}, 0

    def __call__(self, number, tried, by, log='', lines=None):
        def register(run_it):
            assert number not in self.all
            count = lines if lines is not None else int(by == GATEWAY)
            self.all[number] = (run_it, tried, by, log, count)
            return run_it

        return register

    def cases(self, numbers=None, **others):
        """numbers: {number: (by, log, lines)} of those to run, None where it is as the table says."""
        documented = open(os.path.join(ROOT, 'config', 'security.md'), encoding='utf-8').read()
        out = {}
        for number, (run_it, tried, by, log, lines) in self.all.items():
            if numbers is None:
                row = '| %d | %s | %s | %s |' % (number, tried, by, '`%s`' % log if log else '')
                assert row.replace('|  |', '| |') in documented, 'config/security.md lacks this row:\n' + row
            elif number not in numbers:
                continue
            elif numbers[number]:
                by, log, lines = numbers[number]
            name = '%02d_%s' % (number, re.sub('[^a-z0-9]+', '_', tried.lower()).strip('_')[:52])
            out[name] = self.judged(number, run_it, log, lines)
        return out

    def judged(self, number, run_it, log, lines):
        async def case(site):
            site.canary = 'canary-%d' % number
            logged, links = len(site.ferryd.log), site.count('event=link.')
            everyone = (site.alice, site.bob, site.eve, site.mallory, site.evil)
            marks = {who: who.mark() for who in everyone}
            await run_it(site)
            await site.back()
            await site.heard()
            found = [line for line in site.ferryd.log[logged:].splitlines() if REFUSED.search(line)]
            assert len(found) == lines, '%d refusals in the log, expected %d:\n%s' % (
                len(found),
                lines,
                '\n'.join(found),
            )
            for line in found:
                assert site.payload not in line, 'a body in the log: ' + line
                for word in log.split():
                    assert word in line, 'no %s in: %s' % (word, line)
            for who, mark in marks.items():
                unheard = site.payload if who in (site.alice, site.bob) else 'undisturbed'
                for event in who.events[mark:]:
                    assert unheard not in who.show(event), '%s saw it: %s' % (who.name, who.show(event))
            assert site.ferryd.alive() and site.count('event=link.') == links, 'a link was lost'
            self.refused += 1

        return case

    def main(self, setup, cases=None):
        try:
            run.main(cases or self.cases(), setup)
        finally:
            if '-l' not in sys.argv:
                print('%d attacks refused' % self.refused)


def setup_with(server_class, routes=None, lax=False):
    @contextlib.asynccontextmanager
    async def setup():
        xmpp = server_class(
            accounts={'a%d' % n: 'pa%d' % n for n in range(USERS)},
            components=[EVIL],
            **({'extra': LAX_COMPONENT} if lax else {})
        )
        # What a limit of rates refuses is not what is tried here.
        rates = dict.fromkeys(('user-rate', 'presence-rate', 'request-rate', 'subscription-rate', 'peer-rate', 'domain-rate'), 0)
        site = Attacked(xmpp, users=USERS, routes=routes, options={'limits': rates})
        site.has_lax = lax
        try:
            await asyncio.to_thread(site.start)
            acl = await asyncio.to_thread(site.ferryd.ctl, 'acl')
            await asyncio.to_thread(site.broker.set_acl, acl.stdout)
            await site.open()
            yield site
        finally:
            await asyncio.to_thread(site.stop)

    return setup


__all__ = ['BROKER', 'EVIL', 'GATEWAY', 'HOSTED', 'LAX', 'SERVER', 'Attacks', 'setup_with']
