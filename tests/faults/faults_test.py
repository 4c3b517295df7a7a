"""A short run of the fault harness for every change; tools/soak runs it for as long as one likes. README.md explains it."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import main  # noqa: E402

SMALL = ['--server', 'prosody', '--pairs', '4', '--rate', '40', '--seed', '20']

# The seed is fixed: a change is judged by the same faults as the last one. Other seeds are tools/soak's.
failed = main.main([*SMALL, '--kills', '10'])
failed += main.main([*SMALL, '--minutes', '0.5', '--gap', '4'])
print('%d passed, %d failed' % (2 - failed, failed))
sys.exit(failed)
