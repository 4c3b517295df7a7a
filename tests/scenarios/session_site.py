"""XMPP servers with TLS, and the session link at the shell (tests/session/session_tool.cpp)."""
import asyncio
import contextlib
import itertools
import json
import os
import signal
import xml.etree.ElementTree as ET

from certificates import make_certificates, make_client_certificate
from clients import XmppClient
from patience import PATIENCE
from process import HOST, Failed, children, free_port, scratch, write
from recorder import TIMEOUT, Recorder
from servers import Ejabberd, Prosody, ferry_program

CLIENT = '{jabber:client}'
DELAY = '{urn:xmpp:delay}delay'
_resources = itertools.count(1)

PROSODY = """
modules_enabled = {{ "roster"; "saslauth"; "disco"; "ping"; "carbons"; "smacks"; "vcard_legacy"; "pep"; "offline"; "mam";
  "time"; "version"; "tls"; "blocklist"; "user_account_management" }}
modules_disabled = {{ "s2s" }}
ssl = {{ certificate = "{certificate}"; key = "{key}" }}
archive_expires_after = "never"; default_archive_policy = true
limits = {{ c2s = {{ rate = "100mb/s" }} }}
max_history_messages = 1000
muc_room_default_history_length = 1000
"""


class TlsProsody(Prosody):
    """Accounts log in with SCRAM over TLS; plain connections stay possible for the people of a case."""

    external = False
    publishes_bookmarks = True  # XEP-0402; the other keeps XEP-0048 in private XML
    preapproves = True  # RFC 6121 section 3.4
    archives_in_order = True  # … of what it sends; the other may archive it later, and after what came later
    deepest = 37000  # levels of a stanza: what fits into 262 kB

    def __init__(self, accounts, plugins=None, **place):
        certificates = scratch('certificates')
        self.cafile, certificate, key = make_certificates(certificates)
        extra = PROSODY.format(certificate=certificate, key=key)
        if plugins:
            extra += 'plugin_paths = { "%s" }\n' % plugins
        super().__init__(accounts=accounts, extra=extra, **place)


def prosody_modules(name):
    """The folder with this module of prosody-modules."""
    for folder in ('/usr/lib/prosody/modules', '/usr/share/prosody/modules', '/usr/local/lib/prosody/modules'):
        if os.path.isdir(os.path.join(folder, name)):
            return folder
    raise Failed('prosody-modules is not installed: run tools/packages --test')


class PrivilegedProsody(TlsProsody):
    """The component may read and write the contact lists of the accounts, XEP-0356."""

    def __init__(self, accounts, **place):
        super().__init__(
            accounts,
            plugins=prosody_modules('mod_privilege'),
            host_extra='  modules_enabled = { "privilege" }\n'
            '  privileged_entities = { ["mqtt.localhost"] = { roster = "both" } }',
            component_extra='modules_enabled = { "privilege" }',
            **place
        )


EJABBERD = """\
hosts: ["localhost"]
loglevel: warning
auth_method: internal
registration_timeout: infinity
certfiles: ["{certificate}", "{key}"]
ca_file: "{cafile}"
c2s_cafile: "{cafile}"
listen:
  - {{port: {port}, ip: "127.0.0.1", module: ejabberd_c2s, starttls: true, tls_verify: true, max_stanza_size: 262144,
     shaper: none}}
  - {{port: {component.port}, ip: "127.0.0.1", module: ejabberd_service, global_routes: false,
     hosts: {{{components}}}}}
modules: {{mod_disco: {{}}, mod_roster: {{versioning: true}}, mod_offline: {{}}, mod_carboncopy: {{}}, mod_ping: {{}},
          mod_stream_mgmt: {{resend_on_timeout: if_offline}}, mod_vcard: {{}}, mod_version: {{}}, mod_privacy: {{}},
          mod_blocking: {{}}, mod_register: {{}}, mod_mam: {{default: always}}, mod_private: {{}},
          mod_muc: {{host: "rooms.localhost", history_size: 1000}}}}
"""


class TlsEjabberd(Ejabberd):
    """The same; and SASL EXTERNAL for a certificate that the CA of self.certificates has signed."""

    external = True
    publishes_bookmarks = False
    preapproves = False
    archives_in_order = False
    deepest = 500  # of 4,000 the server itself dies

    def __init__(self, accounts, **place):
        super().__init__(accounts=accounts, **place)
        self.certificates = scratch('certificates')
        self.cafile, certificate, key = make_certificates(self.certificates)
        write(
            self.configuration,
            EJABBERD.format(
                certificate=certificate,
                key=key,
                cafile=self.cafile,
                port=self.port,
                component=self.component,
                components=self.component_hosts,
            ),
        )

    def client_certificate(self, jid):
        return make_client_certificate(self.certificates, jid)


class PrivilegedEjabberd(TlsEjabberd):
    """The component may read and write the contact lists of the accounts, XEP-0356."""

    def __init__(self, accounts, **place):
        super().__init__(accounts, **place)
        with open(self.configuration, encoding='utf-8') as file:
            text = file.read()
        modules = 'modules: {'
        assert modules in text
        write(
            self.configuration,
            text.replace(
                modules,
                'acl: {ferry: {server: "mqtt.localhost"}}\naccess_rules: {ferry: [{allow: ferry}]}\n'
                + modules
                + 'mod_privilege: {roster: {both: ferry}}, ',
            ),
        )


class Tool(Recorder):
    """session_tool: its events are dicts. One is one session link."""

    name = 'session_tool'

    def __init__(self, server, host=HOST, port=None, cafile=None, **options):
        super().__init__()
        self.server = server
        self.arguments = ['host=' + host, 'port=%d' % (port or server.port), 'domain=' + server.domain]
        self.arguments += ['cafile=' + (cafile or server.cafile), 'program=' + ferry_program('ferry-session')]
        options.setdefault('watchdog', int(3000 * PATIENCE))
        self.arguments += ['%s=%s' % (key.replace('_', '-'), value) for key, value in options.items()]

    async def start(self):
        self.process = await asyncio.create_subprocess_exec(
            ferry_program('session_tool'),
            *self.arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 24
        )
        self.task = asyncio.ensure_future(self._read())
        return self

    async def _read(self):
        while line := await self.process.stdout.readline():
            self.record(json.loads(line))

    def do(self, what, **values):
        self.process.stdin.write(json.dumps({'do': what, **values}).encode() + b'\n')

    def want(self, jid, **values):
        """Logs in, by password unless told otherwise, with a resource of its own; gives the full JID."""
        values.setdefault('resource', 'ferry-%d' % next(_resources))
        values.setdefault('presence', '<presence><priority>5</priority></presence>')
        if 'certificate' not in values:
            values.setdefault('password', self.server.accounts[jid.split('@')[0]])
        self.do('want', jid=jid, **values)
        return '%s/%s' % (jid, values['resource'])

    async def event(self, event, jid=None, timeout=TIMEOUT, after=0, **values):
        """jid: bare."""

        def fits(e):
            return (
                e['event'] == event
                and (jid is None or e['jid'].split('/')[0] == jid)
                and all(e.get(key) == value for key, value in values.items())
            )

        return await self.wait(fits, timeout, after, '%s of %s %s' % (event, jid, values))

    async def ready(self, jid, timeout=TIMEOUT, after=0):
        """Up, and caught up."""
        up = await self.event('up', jid, timeout, after)
        await self.event('caught-up', jid, timeout, after)
        return up

    async def message(self, jid, body, timeout=TIMEOUT, after=0, **values):
        def fits(e):
            return (
                e['event'] == 'stanza'
                and e['jid'] == jid
                and element(e).findtext(CLIENT + 'body') == body
                and all(e.get(key) == value for key, value in values.items())
            )

        return await self.wait(fits, timeout, after, 'message %r to %s %s' % (body, jid, values))

    def bodies(self, jid, after=0):
        found = [element(e).findtext(CLIENT + 'body') for e in self.events[after:] if e['event'] == 'stanza' and e['jid'] == jid]
        return [body for body in found if body is not None]

    async def counts(self):
        mark = self.mark()
        self.do('counts')
        return await self.event('counts', after=mark)

    def workers(self):
        """Their process ids."""
        return children(self.process.pid)

    async def stop(self):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        self.task.cancel()


def element(event):
    return ET.fromstring(event['stanza'])


class Proxy:
    """A way to the server that can be cut: `async with Proxy(port) as proxy`."""

    def __init__(self, port):
        self.target, self.port = port, free_port()
        self.writers = set()

    async def __aenter__(self):
        await self.open()
        return self

    async def open(self):
        self.server = await asyncio.start_server(self._accept, HOST, self.port)

    async def __aexit__(self, *_):
        self.cut()

    async def _accept(self, reader, writer):
        other_reader, other_writer = await asyncio.open_connection(HOST, self.target)
        self.writers |= {writer, other_writer}
        await asyncio.gather(self._pump(reader, other_writer), self._pump(other_reader, writer))

    async def _pump(self, reader, writer):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        self.writers.discard(writer)
        writer.close()

    def cut(self):
        """Every connection breaks, without a word to either side, and none is taken any more."""
        self.server.close()
        for writer in list(self.writers):
            writer.transport.abort()
        self.writers.clear()


class Site:
    """One server, one link; accounts u0 … are taken one after the other."""

    ACCOUNTS = 60

    def __init__(self, server_class):
        self.server = server_class({'u%d' % n: 'pw-%d-secret' % n for n in range(self.ACCOUNTS)})
        self.taken = 0
        self.open = []

    def account(self):
        self.taken += 1
        return 'u%d@localhost' % (self.taken - 1)

    async def tool(self, **options):
        tool = await Tool(self.server, **options).start()
        self.open.append(tool.stop)
        return tool

    async def user(self, jid, resource='desk', **connect):
        client = XmppClient(self.server, jid, resource=resource)
        self.open.append(client.disconnect)
        return await client.connect(**connect)

    async def after_case(self):
        for stop in reversed(self.open):
            with contextlib.suppress(Exception):
                await stop()
        self.open.clear()

    def print_logs(self):
        self.server.print_log()


def setup_with(server_class):
    @contextlib.asynccontextmanager
    async def setup():
        site = Site(server_class)
        await asyncio.to_thread(site.server.start)
        try:
            yield site
        finally:
            await site.after_case()
            site.server.kill()

    return setup


def end(pid):
    os.kill(pid, signal.SIGKILL)


__all__ = ['Failed', 'Proxy', 'Site', 'TlsEjabberd', 'TlsProsody', 'Tool', 'element', 'end', 'setup_with']
