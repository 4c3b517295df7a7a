"""Rooms of people of the gateway's own domain, beside Ejabberd.

    python3 tests/scenarios/rooms_ejabberd_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import resident_room_cases
import run
from session_site import TlsEjabberd

if __name__ == '__main__':
    run.main(run.cases_with(resident_room_cases, TlsEjabberd))
