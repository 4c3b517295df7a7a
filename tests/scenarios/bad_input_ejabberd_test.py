"""The same with ejabberd."""
import bad_input_test
import run
from servers import Ejabberd

if __name__ == '__main__':
    run.main(run.cases(vars(bad_input_test)), bad_input_test.setup_with(Ejabberd))
