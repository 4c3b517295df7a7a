"""How long is waited before something counts as not happening. FERRY_TEST_PATIENCE=10: ten times as long, for a machine
that is that much slower; nothing else changes."""
import os

PATIENCE = float(os.environ.get('FERRY_TEST_PATIENCE') or 1)


def patient(seconds):
    return seconds * PATIENCE
