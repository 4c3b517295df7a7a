"""All people of an ejabberd server move and come back.

    python3 tests/scenarios/migrate_everybody_ejabberd_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
from migrate_everybody_test import main
from session_site import TlsEjabberd

if __name__ == '__main__':
    main(TlsEjabberd)
