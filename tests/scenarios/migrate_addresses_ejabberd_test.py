"""People of an ejabberd server who get a new address.

    python3 tests/scenarios/migrate_addresses_ejabberd_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
from migrate_addresses_test import main
from session_site import TlsEjabberd

if __name__ == '__main__':
    main(TlsEjabberd)
