"""config/schema/ and config/asyncapi.json: valid, complete, and as strict as the contract says. Run from the root."""
import json
import pathlib
import re
import sys
import unittest

import jsonschema

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "scenarios"))
import payloads  # noqa: E402
from schema_samples import (  # noqa: E402
    BROKEN, CAPTURE_BAD, CAPTURE_GOOD, CONTACT, FURTHER, MESSAGE, ONLY_IN, PROFILE, RAW, STATUS, USER, VALID, WHO,
)

ROOT = pathlib.Path(__file__).resolve().parents[1]
MAY_BE_EMPTY = {"body", "subject", "thread", "nick", "text", "name", "status", "nickname", "email", "url", "note", "de"}
IGNORED = {("out/msg", "from"), ("out/msg", "field")}


def full(topic):
    return "im/v1/" + topic if topic.startswith("gw/") else USER + topic


def walk(value, path=()):
    yield path, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from walk(child, (*path, key))


def replaced(value, path, new):
    """A copy with the value at the path replaced."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


def spoiled(topic, value):
    """Every copy of a valid payload with one part made wrong, at any depth: (what, payload)."""
    for path, part in walk(value):
        field = path[-1] if path else None
        if field == "later" or (topic, field) in IGNORED:
            continue
        yield f"{path} null", replaced(value, path, None)
        if isinstance(part, str) and part and (field not in MAY_BE_EMPTY or "files" in path):
            yield f"{path} empty", replaced(value, path, "")
        if isinstance(part, str) and field in ("jid", "from", "to", "by", "room", "contact"):
            yield f"{path} no JID", replaced(value, path, "a b")
        if field in ("files", "stanzaIds", "hints", "ext"):
            yield f"{path} without items", replaced(value, path, [])
        if isinstance(part, dict) and not topic.startswith("out/") and field != "bodies":
            yield f"{path} with a field more", replaced(value, path, {**part, "later": 1})


class Schemas(unittest.TestCase):
    def test_are_valid_and_refer_to_what_exists(self):
        used = set()
        for name in payloads.names():
            document = payloads.document(name)
            jsonschema.Draft7Validator.check_schema(document)
            self.assertEqual(document["$schema"], "http://json-schema.org/draft-07/schema#", name)
            self.assertEqual(document["$id"], name + ".schema.json")
            for path, value in walk(document):
                if isinstance(value, dict) and isinstance(value.get("$ref"), str):
                    self.assertEqual(list(value), ["$ref"], f"{name} {path}: draft 7 ignores what stands beside $ref")
                    used.add(payloads.resolver(name).resolve(value["$ref"])[0])
        for definition in payloads.document("defs")["definitions"]:
            self.assertIn(f"defs.schema.json#/definitions/{definition}", used, "nobody uses it")

    def test_each_payload_has_one(self):
        rows = payloads.USER_TOPICS + [payloads.STATUS]
        self.assertEqual(sorted(payloads.names()), sorted(["defs"] + [row.schema for row in rows if row.schema]))

    def test_in_and_out_messages_differ_as_the_contract_says(self):
        inside = payloads.document("in-msg")["properties"]
        outside = payloads.document("out-msg")["properties"]
        self.assertEqual(set(inside) - set(outside), {"from", *ONLY_IN})
        self.assertEqual(set(outside) - set(inside), set())
        self.assertEqual(set(inside), {*MESSAGE, *FURTHER, *ONLY_IN}, "the examples show every field")

    def test_conditions_are_those_of_the_code(self):
        header = (ROOT / "translators/values/error.h").read_text(encoding="utf-8")
        names = re.search(r"enum class Condition \{(.*?)\}", header, re.S)[1].replace("_", "-")
        conditions = payloads.document("defs")["definitions"]["condition"]["enum"]
        self.assertEqual(re.findall(r"[a-z-]+", names), conditions)


class Payloads(unittest.TestCase):
    def test_valid(self):
        for topic, value in VALID:
            with self.subTest(topic=topic, value=value):
                self.assertEqual(payloads.validate(full(topic), json.dumps(value).encode()), value)

    def test_every_topic_has_a_valid_example(self):
        shown = {payloads.lookup(full(topic))[0] for topic, _ in VALID}
        self.assertEqual(shown, {row for row in payloads.USER_TOPICS if row.schema} | {payloads.STATUS})

    def test_broken(self):
        for what, topic, value in BROKEN:
            with self.subTest(what, topic=topic), self.assertRaises(AssertionError) as raised:
                payloads.validate(full(topic), json.dumps(value).encode())
            self.assertIn(topic, str(raised.exception))

    def test_valid_ones_spoiled(self):
        rows = [(topic, what, bad) for topic, value in VALID for what, bad in spoiled(topic, value)]
        self.assertGreater(len(rows), 500)
        for topic, what, bad in rows:
            with self.subTest(what, topic=topic, payload=bad), self.assertRaises(AssertionError):
                payloads.validate(full(topic), json.dumps(bad).encode())

    def test_broken_before_the_schema(self):
        for what, topic, payload in RAW:
            with self.subTest(what), self.assertRaises(AssertionError):
                payloads.validate(topic, payload)

    def test_not_json(self):
        self.assertEqual(payloads.validate(USER + "out/text/a@b", "Grüße".encode()), "Grüße")
        self.assertEqual(payloads.validate("factory/line1/alarm", b"hot", feeds=["factory/line1/alarm"]), "hot")
        for topic in ("in/contact/a@b", "in/contact/a@b/presence", "in/state", "out/dev/x/presence", "out/msg"):
            self.assertIsNone(payloads.validate(USER + topic, b""), "clears what is retained")

    def test_another_root(self):
        self.assertEqual(payloads.validate("chat/gw/status", json.dumps(STATUS).encode(), root="chat"), STATUS)
        with self.assertRaises(AssertionError):
            payloads.validate("im/v1/gw/status", json.dumps(STATUS).encode(), root="chat")

    def test_results_by_request(self):
        rows = {"who": WHO, "roster.get": {"contacts": [CONTACT]}, "profile.get": {"profile": PROFILE}, "subscribe": {},
                "blocked": {"blocked": ["alice@corp.example"]}}
        for request in rows:
            for other, result in rows.items():
                with self.subTest(request=request, result=other):
                    if other == request:
                        payloads.validate_result(request, result)
                    else:
                        self.assertRaises(AssertionError, payloads.validate_result, request, result)

    def test_escape(self):
        for text in ("bob@corp.example", "anna+news@corp.example", "a=b#c$d%e\x7f\t", "jürgen@x", "\x85\ufdd0"):
            self.assertEqual(payloads.unescape(payloads.escape(text)), text)
        self.assertEqual(payloads.escape("anna+news@x"), "anna=2Bnews@x")


class Captures(unittest.TestCase):
    document = json.loads((ROOT / "config/schema/capture.json").read_text(encoding="utf-8"))

    def test_is_valid_and_strict(self):
        jsonschema.Draft7Validator.check_schema(self.document)
        self.assertEqual(self.document["$id"], "capture.json")
        validator = jsonschema.Draft7Validator(self.document)
        for line in CAPTURE_GOOD:
            with self.subTest(good=line):
                validator.validate(line)
        for line in CAPTURE_BAD:
            with self.subTest(bad=line):
                self.assertFalse(validator.is_valid(line))

    def test_names_every_field_that_is_written(self):
        writer = (ROOT / "gateway/capture/writer.cpp").read_text(encoding="utf-8")
        written = set(re.findall(r"(?:text|text_if_any|object|yes|number|bytes)\(\"(\w+)\"", writer))
        described = {name for path, value in walk(self.document) if path and path[-1] == "properties" for name in value}
        self.assertGreater(len(written), 20)
        self.assertEqual(written - described, set())


class AsyncApi(unittest.TestCase):
    document = json.loads((ROOT / "config/asyncapi.json").read_text(encoding="utf-8"))

    def resolve(self, ref):
        self.assertTrue(ref.startswith("#/"), ref)
        value = self.document
        for part in ref[2:].split("/"):
            self.assertIn(part, value, ref)
            value = value[part]
        return value

    def test_head(self):
        self.assertEqual(self.document["asyncapi"], "2.6.0")
        self.assertTrue(self.document["info"]["title"] and self.document["info"]["version"])

    def test_channels_are_the_topics(self):
        expected = {"im/v1/u/{uid}/" + row.suffix: row for row in payloads.USER_TOPICS}
        expected["im/v1/" + payloads.STATUS.suffix] = payloads.STATUS
        self.assertEqual(set(self.document["channels"]), set(expected))
        operations = []
        for name, channel in self.document["channels"].items():
            row = expected[name]
            with self.subTest(name):
                self.assertEqual(set(channel) - {"parameters"}, {"description", row.direction})
                self.assertEqual(set(channel.get("parameters", ())), set(re.findall(r"\{(\w+)\}", name)))
                for parameter in channel.get("parameters", {}).values():
                    self.resolve(parameter["$ref"])
                operation = channel[row.direction]
                operations.append(operation["operationId"])
                self.assertEqual((operation["bindings"]["mqtt"]["qos"], operation["bindings"]["mqtt"]["retain"]),
                                 (row.qos, row.retained))
                payload = self.resolve(operation["message"]["$ref"])["payload"]
                by_schema = {"$ref": f"schema/{row.schema}.schema.json"}
                self.assertEqual(payload, by_schema if row.schema else {"type": "string"})
                if row.schema:
                    self.assertTrue((ROOT / "config" / payload["$ref"]).is_file())
        self.assertEqual(len(operations), len(set(operations)), "operationId is unique")
        self.assertEqual(sorted(self.document["components"]["messages"]), sorted(operations))


if __name__ == "__main__":
    unittest.main()
