"""The same conversations (see conversation_test.py) through ejabberd."""
import conversation_test
from servers import Ejabberd

if __name__ == '__main__':
    conversation_test.main(Ejabberd)
