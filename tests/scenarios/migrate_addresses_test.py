"""People of a Prosody server who get a new address.

    python3 tests/scenarios/migrate_addresses_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import address_cases
import run
from session_site import TlsProsody


def main(server_class):
    run.main(run.cases_with(address_cases, server_class))


if __name__ == '__main__':
    main(TlsProsody)
