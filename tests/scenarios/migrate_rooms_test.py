"""Rooms of people of a Prosody server who move.

    python3 tests/scenarios/migrate_rooms_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import functools

import room_cases
import run
from session_site import TlsProsody


def main(server_class):
    run.main({name: functools.partial(case, server_class) for name, case in run.cases(vars(room_cases)).items()})


if __name__ == '__main__':
    main(TlsProsody)
