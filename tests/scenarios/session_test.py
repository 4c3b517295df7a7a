"""Session links against Prosody: accounts logged in over TLS, through every way in which that can break.

    python3 tests/scenarios/session_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import session_cases
import session_hostile
import run
from session_site import TlsProsody, setup_with


def main(server_class):
    found = {**run.cases(vars(session_cases)), **run.cases(vars(session_hostile))}
    if not server_class.external:
        found = {name: case for name, case in found.items() if 'certificate_of_the_user' not in name}
    run.main(found, setup_with(server_class))


if __name__ == '__main__':
    main(TlsProsody)
