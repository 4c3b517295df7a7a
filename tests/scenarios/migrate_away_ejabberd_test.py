"""People of an ejabberd server who move, and their devices that come and go.

    python3 tests/scenarios/migrate_away_ejabberd_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
from migrate_away_test import main
from session_site import TlsEjabberd

if __name__ == '__main__':
    main(TlsEjabberd)
