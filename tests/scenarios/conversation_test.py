"""What two people notice when one uses XMPP (Prosody) and the other MQTT (Mosquitto): everything, through ferryd.

    python3 tests/scenarios/conversation_test.py [-l] [CASE …]        needs FERRY_BIN, or build/bin
"""
import conversation_delivery
import conversation_messages
import conversation_presence
import conversation_requests
import conversation_roster
import run
from conversation_site import setup_with
from servers import Prosody


def main(server_class):
    found = {}
    for module in (
        conversation_roster,
        conversation_presence,
        conversation_messages,
        conversation_delivery,
        conversation_requests,
    ):
        found.update(run.cases(vars(module)))
    run.main(found, setup_with(server_class))


if __name__ == '__main__':
    main(Prosody)
