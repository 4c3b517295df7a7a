"""The same with ejabberd: what it refuses itself where Prosody does not, and what reaches the gateway all the same.

    python3 tests/scenarios/security_ejabberd_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import security_xmpp_test
from security_site import setup_with
from servers import Ejabberd

# None: as with Prosody. Else who refuses, what ferryd logs, how many lines.
CASES = dict.fromkeys((83, 84, 88, 89, 90, 91, 93, 94, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 109, 110, 112, 113))

if __name__ == '__main__':
    attack = security_xmpp_test.attack
    attack.main(setup_with(Ejabberd, security_xmpp_test.ROUTES), attack.cases(CASES))
