"""The same with ejabberd."""
import bad_input_test
import run
from bad_input_site import setup_with
from servers import Ejabberd

if __name__ == '__main__':
    run.main(run.cases(vars(bad_input_test)), setup_with(Ejabberd))
