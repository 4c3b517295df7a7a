"""A client of another make (slixmpp) that logs in without TLS, acknowledges (XEP-0198) and only reads, in a process of
its own: what a server does for a stanza to it is the server's own share.

    python3 bystander.py HOST PORT JID        the password on stdin; "up" once it is there, then until it is ended
"""
import sys

from slixmpp import ClientXMPP


def main():
    host, port, jid = sys.argv[1:]
    client = ClientXMPP(jid, sys.stdin.readline().strip())
    client['feature_mechanisms'].unencrypted_plain = True
    client.register_plugin('xep_0198')
    client.add_event_handler('session_start', lambda _: print('up', flush=True))
    client.connect((host, int(port)), force_starttls=False, disable_starttls=True)
    client.process(forever=True)


if __name__ == '__main__':
    main()
