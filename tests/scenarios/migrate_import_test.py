"""ferryctl migrate import and export as an administrator uses them: a dry run without any configuration, --apply into
the store, again, and the export. No server, no broker.

    python3 tests/scenarios/migrate_import_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import contextlib
import json
import os
import sqlite3
import stat
import subprocess

import run
from ctl_site import Ctl
from process import scratch, write
from servers import ferry_program

PASSWORD = 'correct horse battery'
DUMP = (
    "-- MySQL dump 10.13\n"
    "INSERT INTO `ofProperty` (`name`, `propValue`) VALUES ('xmpp.domain','corp.example');\n"
    "INSERT INTO `ofUser` (`username`, `plainPassword`, `name`) VALUES ('anna','%s','Anna'),('bob',NULL,'Bob'),"
    "('no good','x','');\n"
    "INSERT INTO `ofRoster` (`rosterID`, `username`, `jid`, `sub`, `ask`, `recv`, `nick`) VALUES "
    "(1,'anna','bob@corp.example',3,-1,-1,'Bob'),(2,'anna','www',0,-1,-1,NULL);\n"
    "INSERT INTO `ofOffline` (`username`, `messageID`, `creationDate`, `stanza`) VALUES "
    "('anna',1,'1450103443961','<message from=\"bob@corp.example\"><body>a private word</body></message>');\n"
    "-- Dump completed on 2026-01-01\n" % PASSWORD
)


def ferryctl(*arguments, code=0, stdin='', environment=None):
    done = subprocess.run(
        [ferry_program('ferryctl'), *arguments],
        capture_output=True,
        text=True,
        timeout=80,
        input=stdin,
        env=dict(os.environ, FERRY_CONFIG='', **(environment or {})),
    )
    text = 'ferryctl %s: exit code %d\n%s%s' % (' '.join(arguments), done.returncode, done.stdout, done.stderr)
    assert done.returncode == code, text
    for secret in (PASSWORD, 'a private word'):
        assert secret not in done.stdout + done.stderr, 'a secret was printed: ' + text
    return done


async def dry_run_needs_no_configuration():
    """What comes and what does not, with places, reasons and suggestions; as text, as JSON, from a pipe."""
    path = write(os.path.join(scratch('import'), 'dump.sql'), DUMP)
    none = ['--config', os.devnull] if os.path.exists('/etc/ferry/ferryd.conf') else []  # this machine's is another's
    done = ferryctl(*none, 'migrate', 'import', path)
    assert 'anna@corp.example: SCRAM-SHA-1 SCRAM-SHA-256, 1 contact, 1 message' in done.stdout, done.stdout
    assert 'contact "www": a name without a domain' in done.stdout, done.stdout
    assert path + ':4' in done.stdout, done.stdout
    assert 'no\\20good@corp.example' in done.stdout, done.stdout
    assert 'nothing was changed' in done.stdout, done.stdout
    assert '1 account has keys and no password' in done.stderr, done.stderr  # as --apply says it
    for source, stdin in ((path, ''), ('-', DUMP)):
        report = json.loads(ferryctl(*none, '--json', 'migrate', 'import', source, stdin=stdin).stdout)
        assert report['ok'] and not report['applied'], report
        assert [a['jid'] for a in report['accounts']] == ['anna@corp.example', 'bob@corp.example'], report
        assert report['lost']['accounts'] == 1 and report['problems'][0]['weight'] == 'account', report
        assert report['accounts'][0]['contacts'] == 1, report


async def a_damaged_source_is_said():
    folder = scratch('import')
    gz = os.path.join(folder, 'dump.sql.gz')
    with open(gz, 'wb') as file:
        file.write(b'\x1f\x8b\x08\x00')
    assert 'zcat' in ferryctl('migrate', 'import', gz, code=1).stderr
    cut = write(os.path.join(folder, 'cut.xml'), "<server-data xmlns='urn:xmpp:pie:0'>\n<host jid='a.example'>\n<user")
    done = ferryctl('migrate', 'import', cut, code=1)
    assert cut + ':3: ' in done.stderr, done.stderr
    assert 'no-such-file' in ferryctl('migrate', 'import', 'no-such-file', code=1).stderr
    assert 'expected one of auto' in ferryctl('migrate', 'import', '--from', 'x', cut, code=2).stderr


async def a_database_of_sqlite_is_refused_with_the_command_that_helps():
    """Prosody's own: the file is refused, and what it advises is read."""
    path = os.path.join(scratch('import'), 'prosody.sqlite')
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute('CREATE TABLE prosody (host TEXT, user TEXT, store TEXT, key TEXT, type TEXT, value TEXT)')
        contact = ('roster', 'b@x.example', 'json', '{"ask":"subscribe"}')
        for row in (('accounts', 'password', 'string', PASSWORD), contact):
            database.execute("INSERT INTO prosody VALUES ('corp.example', 'anna', ?, ?, ?, ?)", row)
        database.commit()
        dump = '\n'.join(database.iterdump()) + '\n'
    said = ferryctl('migrate', 'import', path, code=1).stderr
    assert 'sqlite3 %s .dump | ferryctl migrate import -' % path in said, said
    done = ferryctl('migrate', 'import', '-', stdin=dump)
    assert 'anna@corp.example: SCRAM-SHA-1 SCRAM-SHA-256, 1 contact' in done.stdout, done.stdout
    cut = ferryctl('migrate', 'import', '-', stdin=dump[:-8], code=1)
    assert 'stdin:' in cut.stderr and 'cut off' in cut.stderr, cut.stderr


async def applied_twice_and_exported():
    """The store holds what came, once; no password is in it; the export says the same as the source."""
    ctl = Ctl()
    path = write(os.path.join(ctl.directory, 'dump.sql'), DUMP)
    store = ['--store.path', os.path.join(ctl.directory, 'try.db'), '--vault.key-file',
             os.path.join(ctl.directory, 'vault.key'), '--component.server', 'corp.example']
    ctl(*store, 'vault', 'init')
    for _ in range(2):
        report = ctl.json(*store, 'migrate', 'import', '--apply', path)
        assert report['applied'] and report['summary']['accounts'] == 2, report
    with contextlib.closing(sqlite3.connect(os.path.join(ctl.directory, 'try.db'))) as database:
        assert database.execute('PRAGMA journal_mode').fetchone() == ('wal',), 'each account waits for the disk'
    said = ctl(*store, 'migrate', 'import', '--apply', path).stderr
    assert '1 account has keys and no password' in said, said
    kinds = {c['kind'] for c in ctl.json(*store, 'password', 'list', 'anna@corp.example')['credentials']}
    assert kinds == {'SCRAM-SHA-1', 'SCRAM-SHA-256'}, kinds
    said = ctl(*store, 'password', 'set', 'anna@corp.example', stdin='mistyped\n', code=1).stderr
    assert 'keys from openfire' in said and 'password set --replace anna@corp.example' in said, said
    assert 'mistyped' not in said, said
    ctl(*store, 'password', 'set', 'anna@corp.example', stdin=PASSWORD + '\n')
    ctl(*store, 'migrate', 'import', '--apply', path)
    ctl(*store, 'password', 'set', '--replace', 'anna@corp.example', stdin='another since\n')
    ctl(*store, 'password', 'set', 'anna@corp.example', stdin='and another\n')
    ctl(*store, 'migrate', 'import', '--apply', path)
    keep = [*store, '--vault.keep-passwords', 'true']
    assert 'no password' not in ctl(*keep, 'migrate', 'import', '--apply', path).stderr
    auth = os.path.join(ctl.directory, 'ferry.auth')
    told = [*keep, '--vault.auth-file', auth]
    assert 'broker apply' not in ctl(*told, 'migrate', 'import', '--apply', path).stderr, 'nobody logs in there yet'
    ctl(*store, 'map', 'add', 'user anna@corp.example {root}/u/{uid}')
    ctl(*store, 'broker', 'apply', '--auth-file', auth)
    assert 'broker apply --auth-file' in ctl(*told, 'migrate', 'import', '--apply', path).stderr
    kept = {c['kind'] for c in ctl.json(*keep, 'password', 'list', 'anna@corp.example')['credentials']}
    assert kept == kinds | {'password'}, kept
    out = os.path.join(ctl.directory, 'out.xml')
    ctl(*store, 'migrate', 'export', out)
    assert stat.S_IMODE(os.stat(out).st_mode) == 0o600
    with open(out, encoding='utf-8') as file:
        text = file.read()
    assert text.count('<user ') == 2 and text.count('<scram-credentials') == 2 and text.count('<message ') == 1, text
    ctl(*store, 'migrate', 'export', out, code=1)  # it is there
    ctl(*store, 'migrate', 'export', '--force', out)
    again = json.loads(ferryctl('--json', 'migrate', 'import', out).stdout)
    assert [a['contacts'] for a in again['accounts']] == [1, 0], again
    for name in os.listdir(ctl.directory):
        if name.startswith('try.db'):
            with open(os.path.join(ctl.directory, name), 'rb') as file:
                assert PASSWORD.encode() not in file.read(), name


async def accounts_of_another_server_do_not_come():
    ctl = Ctl()
    path = write(os.path.join(ctl.directory, 'dump.sql'), DUMP)
    store = ['--store.path', os.path.join(ctl.directory, 'try.db'), '--component.server', 'corp.exmaple']
    listed = lambda: len(ctl.json(*store, 'migrate', 'import', path)['accounts'])
    for arguments, code in (((), 0), (('--apply',), 1)):
        said = ctl(*store, 'migrate', 'import', *arguments, path, code=code).stderr
        assert '2 accounts are of corp.example, and corp.exmaple is the server' in said, said
        assert '--domain corp.example' in said, said
    assert listed() == 2
    assert 'nobody was imported' in ctl(*store, 'migrate', 'plan', '--cohort', 'c', '--imported', code=1).stderr
    ctl(*store, 'migrate', 'import', '--apply', '--domain', 'corp.example', path)
    right = [*store[:2], '--component.server', 'corp.example']
    plan = lambda jid, code=0: ctl(*right, 'migrate', 'plan', '--cohort', 'c', '--apply', jid, code=code)
    plan('x@elsewhere.example', code=1)
    assert 'no cohort' in ctl(*right, 'migrate', 'status').stdout, 'of nobody'
    assert 'not among' not in plan('anna@corp.example').stderr
    said = plan('ghost@corp.example').stderr
    assert '1 account is not among the 2 that were imported' in said and 'ghost@corp.example' in said, said


async def what_is_no_dump_is_named():
    folder = scratch('import')
    for name, content, said in (
        ('ejabberd.dump', '{tables,[{passwd,[]}]}.\n{passwd,{<<"a">>,<<"b">>},<<"c">>}.\n', 'export_piefxis DIR'),
        ('ejabberd.backup', '\x01\x02\x03\x04\x05\x06', 'export_piefxis DIR'),
        ('anna.dat', 'return {\n\t["password"] = "%s";\n};\n' % PASSWORD, 'name the folder'),
        ('empty.sql', '', 'the file is empty'),
        ('prosody.cfg.lua', '-- words\nVirtualHost "corp.example"\n', 'this is a configuration'),
        ('other.sql', 'SELECT 1;\n', 'no rows of Openfire'),
    ):
        said_by_it = ferryctl('migrate', 'import', write(os.path.join(folder, name), content), code=1).stderr
        assert said in said_by_it, (name, said_by_it)


if __name__ == '__main__':
    run.main(globals())
