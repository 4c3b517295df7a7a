"""The contract of the topic tree, as a check: which schema of config/schema/ each topic's payload must satisfy.

    validate("im/v1/u/bob@corp.example/in/msg", payload)      raises AssertionError, which says what is wrong

Scenario tests call it for every publish that the gateway makes. in/* schemas are closed: an unknown field is an error.
"""
import collections
import json
import pathlib
import re

import jsonschema

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "config" / "schema"

# direction as a client sees it; schema None: plain UTF-8 text.
Topic = collections.namedtuple("Topic", "suffix direction qos retained schema")
USER_TOPICS = [  # under {root}/u/{uid}/
    Topic("out/msg", "publish", 1, False, "out-msg"),
    Topic("out/text/{peer}", "publish", 1, False, None),
    Topic("out/receipt", "publish", 1, False, "out-receipt"),
    Topic("out/act", "publish", 0, False, "out-act"),
    Topic("out/dev/{device}/presence", "publish", 1, True, "device-presence"),
    Topic("out/req", "publish", 1, False, "request"),
    Topic("in/msg", "subscribe", 1, False, "in-msg"),
    Topic("in/receipt", "subscribe", 1, False, "in-receipt"),
    Topic("in/act", "subscribe", 0, False, "in-act"),
    Topic("in/contact/{peer}", "subscribe", 1, True, "contact"),
    Topic("in/contact/{peer}/presence", "subscribe", 1, True, "contact-presence"),
    Topic("in/room/{room}", "subscribe", 1, True, "room"),
    Topic("in/res/{device}", "subscribe", 1, False, "response"),
    Topic("in/waiting", "subscribe", 1, True, "in-waiting"),
    Topic("in/state", "subscribe", 1, True, "state"),
]
STATUS = Topic("gw/status", "subscribe", 1, True, "gw-status")
MARK = "gw/mark"  # the gateway's own counter, no client may read it: no contract


def _as_regex(suffix):
    return re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(suffix)))


_PATTERNS = [(_as_regex("u/{uid}/" + topic.suffix), topic) for topic in USER_TOPICS]
_PATTERNS.append((_as_regex(STATUS.suffix), STATUS))


def _load():
    documents = {}
    for path in sorted(SCHEMAS.glob("*.schema.json")):
        documents[path.name] = json.loads(path.read_text(encoding="utf-8"))
    return documents


_documents = _load()


def names():
    return [name[: -len(".schema.json")] for name in _documents]


def document(name):
    return _documents[name + ".schema.json"]


def resolver(name):
    """Resolves $ref among the files of config/schema/, never over the network (refs are relative file names)."""
    return jsonschema.RefResolver(name + ".schema.json", document(name), store=dict(_documents))


def problems(name, value, definition=None):
    """What is wrong with a value by a schema, or by one of its definitions: lines of text, none if it is valid."""
    schema = {"$ref": f"{name}.schema.json#/definitions/{definition}"} if definition else document(name)
    errors = jsonschema.Draft7Validator(schema, resolver=resolver(name)).iter_errors(value)
    return sorted(f"${''.join(f'[{part!r}]' for part in e.absolute_path)}: {e.message}" for e in errors)


def validate_result(request, result):
    """The result of an answer, whose schema the request decides."""
    definition = request if request in document("response")["definitions"] else "empty"
    wrong = problems("response", result, definition)
    assert not wrong, f"result of {request}: " + "; ".join(wrong)


def escape(text):
    """A JID or resource as one level of a topic name."""
    def must(c):
        n = ord(c)
        return c in "+#/$%= " or n < 0x20 or 0x7F <= n < 0xA0 or 0xFDD0 <= n < 0xFDF0 or n & 0xFFFE == 0xFFFE
    return "".join("".join(f"={b:02X}" for b in c.encode()) if must(c) else c for c in text)


def unescape(level):
    raw = re.sub(rb"=([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]), level.encode())
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    assert text is not None and escape(text) == level, f"topic level {level!r} is not the one form of a name"
    assert len(level.encode()) <= 200, f"topic level {level!r} is longer than 200 bytes"
    return text


def lookup(topic, root="im/v1"):
    """The row of a topic name and its parameters, unescaped; None for what is not under the root."""
    if not topic.startswith(root + "/"):
        return None
    for pattern, row in _PATTERNS:
        match = pattern.fullmatch(topic[len(root) + 1:])
        if match:
            return row, {key: unescape(level) for key, level in match.groupdict().items()}
    raise AssertionError(f"{topic}: no such topic in the tree")


def parse(topic, payload):
    def unique(pairs):
        repeated = [key for key, count in collections.Counter(key for key, _ in pairs).items() if count > 1]
        assert not repeated, f"{topic}: {repeated} more than once in one object"
        return dict(pairs)

    def no_constant(name):
        raise AssertionError(f"{topic}: {name} is not JSON")

    try:
        text = bytes(payload).decode("utf-8")
    except UnicodeDecodeError as e:
        raise AssertionError(f"{topic}: not UTF-8: {e}") from None
    try:
        return json.loads(text, object_pairs_hook=unique, parse_constant=no_constant)
    except ValueError as e:
        raise AssertionError(f"{topic}: not JSON: {e}: {text[:200]!r}") from None


def validate(topic, payload, root="im/v1", feeds=()):
    """Checks one publish and returns what it carries: an object, text, or None for an empty payload.

    feeds: the topic names outside the root that may carry text. An empty payload is right where it clears something
    retained: a contact, its presence, the state of a removed user, and whatever a client retained under out/.
    """
    if topic in feeds:
        return bytes(payload).decode("utf-8")
    if topic == f"{root}/{MARK}":
        return bytes(payload)
    found = lookup(topic, root)
    assert found, f"{topic}: neither under {root}/ nor a feed"
    row, parameters = found
    if not payload and (row.direction == "publish" or row.retained and row is not STATUS):
        return None
    if row.schema is None:
        try:
            return bytes(payload).decode("utf-8")
        except UnicodeDecodeError as e:
            raise AssertionError(f"{topic}: not UTF-8: {e}") from None
    value = parse(topic, payload)
    wrong = problems(row.schema, value)
    assert not wrong, f"{topic}: not as {row.schema}.schema.json: {'; '.join(wrong)}: {repr(value)[:600]}"
    if row.schema == "contact":
        assert value["jid"] == parameters["peer"], f"{topic}: carries the contact {value['jid']!r}"
    if row.schema == "room":
        assert value["jid"] == parameters["room"], f"{topic}: carries the room {value['jid']!r}"
    return value
