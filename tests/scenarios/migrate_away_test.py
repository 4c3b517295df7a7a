"""People of a Prosody server who move, and their devices that come and go.

    python3 tests/scenarios/migrate_away_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import away_cases
import run
from session_site import TlsProsody


def main(server_class):
    run.main(run.cases_with(away_cases, server_class))


if __name__ == '__main__':
    main(TlsProsody)
