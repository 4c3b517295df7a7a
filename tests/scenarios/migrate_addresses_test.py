"""People of a Prosody server who get a new address.

    python3 tests/scenarios/migrate_addresses_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import functools

import address_cases
import run
from session_site import TlsProsody


def main(server_class):
    run.main({name: functools.partial(case, server_class) for name, case in run.cases(vars(address_cases)).items()})


if __name__ == '__main__':
    main(TlsProsody)
