"""Rooms of people of a Prosody server who move.

    python3 tests/scenarios/migrate_rooms_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import room_cases
import run
from session_site import TlsProsody


def main(server_class):
    run.main(run.cases_with(room_cases, server_class))


if __name__ == '__main__':
    main(TlsProsody)
