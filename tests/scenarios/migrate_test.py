"""People of a Prosody server move and come back.

    python3 tests/scenarios/migrate_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
    FERRY_TEST_PEOPLE=500 FERRY_TEST_KILLS=100: for long runs
"""
import migrate_cases
import run
from session_site import TlsProsody


def main(server_class):
    run.main(run.cases_with(migrate_cases, server_class))


if __name__ == '__main__':
    main(TlsProsody)
