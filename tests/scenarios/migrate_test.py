"""People of a Prosody server move and come back.

    python3 tests/scenarios/migrate_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
    FERRY_TEST_PEOPLE=500 FERRY_TEST_KILLS=100: for long runs
"""
import functools

import migrate_cases
import run
from session_site import TlsProsody


def main(server_class):
    run.main({name: functools.partial(case, server_class) for name, case in run.cases(vars(migrate_cases)).items()})


if __name__ == '__main__':
    main(TlsProsody)
