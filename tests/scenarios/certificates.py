"""Certificates of a CA of our own, for servers on the loopback and for people."""
import os
import subprocess

from process import write


def make_certificates(directory):
    """A CA of our own and a certificate for 127.0.0.1 and localhost: (ca.pem, cert.pem, key.pem)."""

    def openssl(*arguments):
        subprocess.run(['openssl', *arguments], cwd=directory, check=True, capture_output=True)

    write(os.path.join(directory, 'san.cnf'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
    openssl(
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-days',
        '30',
        '-subj',
        '/CN=Ferry test CA',
        '-keyout',
        'ca.key',
        '-out',
        'ca.pem',
    )
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-keyout', 'key.pem', '-out', 'cert.csr')
    openssl(
        'x509',
        '-req',
        '-in',
        'cert.csr',
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-CAcreateserial',
        '-days',
        '30',
        '-extfile',
        'san.cnf',
        '-out',
        'cert.pem',
    )
    return tuple(os.path.join(directory, file) for file in ('ca.pem', 'cert.pem', 'key.pem'))


def make_client_certificate(directory, jid):
    """(certificate, key) with the JID as its XmppAddr, RFC 6120 section 13.7.1.4, signed by the CA that
    make_certificates left there."""
    name = os.path.join(directory, jid.replace('@', '-at-'))
    write(name + '.cnf', 'subjectAltName=otherName:1.3.6.1.5.5.7.8.5;UTF8:%s\n' % jid)
    for arguments in (
        ('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=' + jid, '-keyout', name + '.key', '-out', name + '.csr'),
        ('x509', '-req', '-in', name + '.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30')
        + ('-extfile', name + '.cnf', '-out', name + '.pem'),
    ):
        subprocess.run(['openssl', *arguments], cwd=directory, check=True, capture_output=True)
    return name + '.pem', name + '.key'
