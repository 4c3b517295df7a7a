"""The same sessions (see session_test.py) on ejabberd, and SASL EXTERNAL."""
import session_test
from session_site import TlsEjabberd

if __name__ == '__main__':
    session_test.main(TlsEjabberd)
