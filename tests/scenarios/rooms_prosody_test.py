"""Rooms of people of the gateway's own domain, beside Prosody.

    python3 tests/scenarios/rooms_prosody_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import resident_room_cases
import run
from session_site import TlsProsody

if __name__ == '__main__':
    run.main(run.cases_with(resident_room_cases, TlsProsody))
