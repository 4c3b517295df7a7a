"""Rooms of people of an ejabberd server who move.

    python3 tests/scenarios/migrate_rooms_ejabberd_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
from migrate_rooms_test import main
from session_site import TlsEjabberd

if __name__ == '__main__':
    main(TlsEjabberd)
