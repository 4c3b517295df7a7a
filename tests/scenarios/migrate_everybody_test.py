"""All people of a Prosody server move and come back.

    python3 tests/scenarios/migrate_everybody_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import everybody_cases
import run
from session_site import TlsProsody


def main(server_class):
    run.main(run.cases_with(everybody_cases, server_class))


if __name__ == '__main__':
    main(TlsProsody)
