"""Real servers, started privately (see process.py): Mosquitto, Prosody, Ejabberd, and Ferryd itself. One object is one
server: `with Mosquitto(users={...}) as broker:` starts it and ends it, and prints its log when the block failed.
"""
import functools
import glob
import os
import signal
import subprocess
from collections import namedtuple

from certificates import make_certificates
from patience import patient
from process import HOST, ROOT, Failed, Server, free_port, program, write

# Where a server listens for components, and what the gateway must say there.
Component = namedtuple('Component', 'host port domain secret')


DEFAULT_ACL = """\
pattern read {root}/u/%u/in/#
pattern read {root}/gw/status
pattern write {root}/u/%u/out/#

user {gateway}
topic readwrite {root}/#
"""


class Mosquitto(Server):
    """A broker. users: {uid: password}; the gateway's own account is always there. acl: the text of the ACL file."""

    name = 'mosquitto'

    def __init__(
        self,
        users=None,
        acl=None,
        root='im/v1',
        tls=False,
        conf='',
        gateway='ferry',
        gateway_password='gateway-secret',
        **place
    ):
        super().__init__(**place)
        self.host, self.port, self.root = HOST, free_port(), root
        self.gateway, self.gateway_password = gateway, gateway_password
        self.has_plugin = 'ferry_auth.so' in conf
        self.users = {}
        self.password_file = write(os.path.join(self.directory, 'passwords'), '')
        self.acl_file = os.path.join(self.directory, 'acl')
        self.set_acl(acl or DEFAULT_ACL.format(root=root, gateway=gateway), reload=False)
        self.cafile = None
        os.mkdir(os.path.join(self.directory, 'db'))
        lines = ['listener %d %s' % (self.port, HOST)]
        if tls:
            self.cafile, certificate, key = make_certificates(self.directory)
            lines += ['cafile ' + self.cafile, 'certfile ' + certificate, 'keyfile ' + key]
        lines += [
            'allow_anonymous false',
            'password_file ' + self.password_file,
            'acl_file ' + self.acl_file,
            'persistence true',
            'persistence_location %s/db/' % self.directory,
            'autosave_interval 1',
            'set_tcp_nodelay true',
            'max_queued_messages 100000',
            'log_dest stderr',
            'log_type all',
            'connection_messages true',
        ]
        if os.geteuid() == 0:
            lines.append('user root')  # or it drops to an account that cannot read this directory
        self.configuration = write(
            os.path.join(self.directory, 'mosquitto.conf'), '\n'.join(lines) + '\n' + conf + '\n'
        )
        self.add_user(gateway, gateway_password)
        for user, password in (users or {}).items():
            self.add_user(user, password)

    def command(self):
        return [program('mosquitto'), '-c', self.configuration]

    def environment(self):
        if not self.has_plugin or not sanitizer():
            return super().environment()
        # The plugin wants it, and wants it first; what the broker itself never frees is not for us to say.
        return dict(super().environment(), LD_PRELOAD=sanitizer(), ASAN_OPTIONS='detect_leaks=0')

    def wait_ready(self, timeout=30):
        self.wait_port(self.port, timeout)

    def add_user(self, user, password):
        """Also while it runs."""
        subprocess.run(
            [program('mosquitto_passwd'), '-b', self.password_file, user, password], check=True, capture_output=True
        )
        self.users[user] = password
        self.reload()

    def set_acl(self, text, reload=True):
        write(self.acl_file, text)
        if reload:
            self.reload()

    def reload(self):
        if self.alive():
            start = len(self.log)
            self.process.send_signal(signal.SIGHUP)
            self.wait_log('Reloading config', start=start)
            # The log line comes before the files are read, in the same turn of its loop: a connection proves the end.
            self.wait_port(self.port)


PROSODY = """\
run_as_root = {as_root}; daemonize = false; data_path = "{directory}"; pidfile = "{directory}/prosody.pid"
interfaces = {{ "127.0.0.1" }}; c2s_ports = {{ {port} }}; component_ports = {{ {component.port} }}
component_interfaces = {{ "127.0.0.1" }}
c2s_require_encryption = false; allow_unencrypted_plain_auth = true; authentication = "internal_plain"
modules_enabled = {{ "roster"; "saslauth"; "disco"; "ping"; "carbons"; "smacks"; "vcard_legacy"; "pep";
  "offline"; "mam"; "time"; "version"; "register" }}
modules_disabled = {{ "s2s"; "tls" }}; allow_registration = true; log = {{ {level} = "*console" }}
{extra}
VirtualHost "{domain}"
{host}
Component "rooms.{domain}" "muc"
{components}
"""


class Prosody(Server):
    """An XMPP server with accounts {localpart: password} and the component mqtt.DOMAIN. components: domains of more
    components, at the same port with the same secret. extra, host_extra, component_extra: lines of the configuration,
    for everything, the host of the accounts, each component."""

    name = 'prosody'

    def __init__(
        self,
        accounts=None,
        domain='localhost',
        secret='component-secret',
        extra='',
        host_extra='',
        component_extra='',
        level='info',
        components=(),
        **place
    ):
        super().__init__(**place)
        self.host, self.port, self.domain = HOST, free_port(), domain
        self.component = Component(HOST, free_port(), 'mqtt.' + domain, secret)
        self.accounts = {}
        for localpart, password in (accounts or {}).items():
            self.add_account(localpart, password)
        self.configuration = write(
            os.path.join(self.directory, 'prosody.cfg.lua'),
            PROSODY.format(
                as_root='true' if os.geteuid() == 0 else 'false',
                directory=self.directory,
                port=self.port,
                component=self.component,
                components='\n'.join(
                    'Component "%s"\n  component_secret = "%s"\n  %s' % (name, secret, component_extra)
                    for name in (self.component.domain, *components)
                ),
                domain=domain,
                host=host_extra,
                level=level,
                extra=extra,
            ),
        )

    def add_account(self, localpart, password):
        def encode(text):
            return ''.join(
                chr(byte) if chr(byte).isalnum() and byte < 128 else '%%%02x' % byte for byte in text.encode()
            )

        folder = os.path.join(self.directory, encode(self.domain), 'accounts')
        os.makedirs(folder, exist_ok=True)
        write(os.path.join(folder, encode(localpart) + '.dat'), 'return { ["password"] = "%s"; };\n' % password)
        self.accounts[localpart] = password

    def command(self):
        return [program('prosody'), '--config', self.configuration, '-F']

    def wait_ready(self, timeout=30):
        self.wait_port(self.port, timeout)
        self.wait_port(self.component.port, timeout)


EJABBERD = """\
hosts: ["{domain}"]
loglevel: warning
auth_method: internal
registration_timeout: infinity
listen:
  - {{port: {port}, ip: "127.0.0.1", module: ejabberd_c2s, starttls_required: false, max_stanza_size: 262144, shaper: none}}
  - {{port: {component.port}, ip: "127.0.0.1", module: ejabberd_service, global_routes: false,
     hosts: {{{components}}}}}
modules: {{mod_disco: {{}}, mod_roster: {{versioning: true}}, mod_offline: {{}}, mod_carboncopy: {{}}, mod_stream_mgmt: {{}}, mod_ping: {{}},
          mod_vcard: {{}}, mod_version: {{}}, mod_muc: {{host: "rooms.{domain}"}}, mod_register: {{ip_access: all, access: all}}}}
"""


class Ejabberd(Server):
    """The same with ejabberd; without epmd and service manager. A start takes three to five seconds."""

    name = 'ejabberd'

    def __init__(self, accounts=None, domain='localhost', secret='component-secret', components=(), **place):
        super().__init__(**place)
        self.host, self.port, self.domain = HOST, free_port(), domain
        self.component = Component(HOST, free_port(), 'mqtt.' + domain, secret)
        self.accounts = dict(accounts or {})
        self.component_hosts = ', '.join(
            '"%s": {password: "%s"}' % (name, secret) for name in (self.component.domain, *components)
        )
        self.done = os.path.join(self.directory, 'accounts.done')
        self.configuration = write(
            os.path.join(self.directory, 'ejabberd.yml'),
            EJABBERD.format(
                port=self.port,
                component=self.component,
                components=self.component_hosts,
                domain=domain,
            ),
        )

    def environment(self):
        beams = glob.glob('/usr/lib/*/ejabberd-*/ebin') + glob.glob('/usr/lib/ejabberd-*/ebin')
        if not beams:
            raise Failed('ejabberd is not installed: run tools/packages --test')
        libraries = os.path.dirname(os.path.dirname(beams[0]))
        return dict(
            os.environ,
            ERL_LIBS=libraries,
            HOME=self.directory,
            EJABBERD_CONFIG_PATH=self.configuration,
            EJABBERD_LOG_PATH=os.path.join(self.directory, 'ejabberd-own.log'),
        )

    def command(self):
        if os.path.exists(self.done):
            os.remove(self.done)
        register = ''.join(
            'ejabberd_auth:try_register(<<"%s"/utf8>>,<<"%s"/utf8>>,<<"%s"/utf8>>),'
            % (localpart, self.domain, password)
            for localpart, password in self.accounts.items()
        )
        return [
            program('erl'),
            '-noinput',
            '-mnesia',
            'dir',
            '"%s/db"' % self.directory,
            '-s',
            'ejabberd',
            '-eval',
            '%sfile:write_file("%s",<<>>).' % (register, self.done),
        ]

    def wait_ready(self, timeout=60):
        self.wait_until(lambda: os.path.exists(self.done), 'accounts', timeout)
        self.wait_port(self.port, timeout)
        self.wait_port(self.component.port, timeout)


def ferry_program(name):
    """ferryd, ferryctl, ferry-replay: from $FERRY_BIN, or what tools/test built."""
    path = os.path.join(os.environ.get('FERRY_BIN') or os.path.join(ROOT, 'build', 'bin'), name)
    if not os.access(path, os.X_OK):
        raise Failed('%s is not there: build first (tools/test), or set FERRY_BIN' % path)
    return path


@functools.cache
def sanitizer():
    """The library of AddressSanitizer that the programs were built with; '' for none."""
    needed = subprocess.run(['ldd', ferry_program('ferryd')], capture_output=True, text=True).stdout
    return next((word for word in needed.split() if word.startswith('/') and 'libasan' in word), '')


class Ferryd(Server):
    """The gateway. component: anything with .component (Prosody, Ejabberd), or a Component. routes: the lines after
    `route =`.
    options: {section: {key: value}}, laid over the sections this class writes; a value None removes the key."""

    name = 'ferryd'

    def __init__(self, broker, component, routes=None, options=None, **place):
        super().__init__(**place)
        component = getattr(component, 'component', component)
        self.routes = routes if routes is not None else ['user *@%s {root}/u/{uid}' % component.domain]
        sections = {
            'component': {
                'host': component.host,
                'port': component.port,
                'domain': component.domain,
                'secret-file': write(os.path.join(self.directory, 'component-secret'), component.secret + '\n'),
            },
            'broker': {
                'host': broker.host,
                'port': broker.port,
                'username': broker.gateway,
                'root': broker.root,
                'password-file': write(os.path.join(self.directory, 'broker-password'), broker.gateway_password + '\n'),
            },
            'store': {'path': os.path.join(self.directory, 'ferry.db')},
            'http': {'listen': 'off'},  # many run side by side
        }
        if broker.cafile:
            sections['broker']['cafile'] = broker.cafile
        for section, values in (options or {}).items():
            sections.setdefault(section, {}).update(values)
        self.sections = sections
        self.http = sections['http'].get('listen')
        self.configuration = os.path.join(self.directory, 'ferry.conf')
        self.write_configuration()

    def write_configuration(self):
        lines = ['route = ' + route for route in self.routes]
        for section, values in self.sections.items():
            lines += ['', '[%s]' % section] + ['%s = %s' % item for item in values.items() if item[1] is not None]
        write(self.configuration, '\n'.join(lines) + '\n')

    def command(self):
        return [ferry_program('ferryd'), '--config', self.configuration]

    def wait_ready(self, timeout=30, start=None):
        """Every link is up. `start`: only lines after this character of the log count (after a link was broken)."""
        return self.wait_log(r'^ready ', timeout, start)

    def _ctl_command(self, arguments):
        return [ferry_program('ferryctl'), '--config', self.configuration, *arguments]

    def ctl_killed(self, seconds, *arguments):
        """Runs ferryctl for so long and kills it; whether it was still at work."""
        silent = {stream: subprocess.DEVNULL for stream in ('stdin', 'stdout', 'stderr')}
        with subprocess.Popen(self._ctl_command(arguments), **silent) as process:
            try:
                process.wait(seconds)
                return False
            except subprocess.TimeoutExpired:
                process.kill()
                return True

    def ctl(self, *arguments, check=True, stdin=''):
        """Runs ferryctl with this configuration; gives the CompletedProcess (text)."""
        done = subprocess.run(
            self._ctl_command(arguments),
            capture_output=True,
            text=True,
            timeout=patient(60),
            input=stdin,
        )
        if check and done.returncode != 0:
            raise Failed(
                'ferryctl %s: exit code %d\n%s%s' % (' '.join(arguments), done.returncode, done.stdout, done.stderr)
            )
        return done
