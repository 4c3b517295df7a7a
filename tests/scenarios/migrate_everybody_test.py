"""All people of a Prosody server move and come back.

    python3 tests/scenarios/migrate_everybody_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import functools

import everybody_cases
import run
from session_site import TlsProsody


def main(server_class):
    run.main({name: functools.partial(case, server_class) for name, case in run.cases(vars(everybody_cases)).items()})


if __name__ == '__main__':
    main(TlsProsody)
