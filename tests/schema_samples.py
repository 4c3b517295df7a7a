"""Payloads of every topic, good and bad, for schema_test.py."""

USER = "im/v1/u/bob@mqtt.corp.example/"
TS = "2026-11-20T10:00:00.000Z"
WHY = {"condition": "item-not-found", "text": "no such user", "retry": False}

MESSAGE = {"id": "01JD", "from": "alice@corp.example/spark", "to": "bob@mqtt.corp.example", "kind": "chat",
           "body": "Where are you?", "ts": TS, "want": ["delivered", "displayed"]}
FURTHER = {"device": "phone", "subject": "s", "thread": "t", "lang": "en", "bodies": {"de": "Wo bist du?"},
           "delayed": {"by": "corp.example", "stamp": TS}, "replaces": "a", "retracts": "b",
           "replyTo": {"id": "c", "to": "alice@corp.example"}, "reacts": {"id": "d", "emoji": ["👍"]},
           "files": [{"url": "https://x/f", "name": "f", "mime": "text/plain", "size": 1, "sha256": "0" * 64}],
           "room": "ops@rooms.corp.example", "nick": "bob", "encrypted": "urn:xmpp:omemo:2", "hints": ["no-store"],
           "originId": "o", "via": ["a.example"], "ext": ["<x xmlns='urn:example'/>"]}
ONLY_IN = {"stanzaIds": [{"id": "s1", "by": "corp.example"}], "xmppId": "purple1"}
RECEIPT = {"id": "01JD", "from": "alice@corp.example", "state": "delivered"}
FAILED = {"id": "01JD", "from": "alice@corp.example", "state": "failed", "reason": WHY}
UNREAD = {"id": "-", "state": "failed", "reason": WHY, "topic": USER + "out/msg"}
CONTACT = {"jid": "alice@corp.example", "name": "Alice", "groups": ["Friends"], "subscription": "both"}
PRESENCE = {"state": "away", "status": "lunch", "since": TS,
            "devices": [{"device": "spark", "state": "away", "status": "lunch", "priority": 1}]}
DEVICE = {"state": "online", "epoch": "e1", "status": "here", "priority": 0}
STATE = {"account": "dual", "links": {"xmpp": "up"}, "version": "0.1.0"}
STATUS = {"state": "online", "version": "0.1.0", "since": TS}
WHO = {"jid": "bob@mqtt.corp.example", "uid": "bob@mqtt.corp.example", "domain": "mqtt.corp.example",
       "devices": [{"device": "phone", "state": "online", "status": "s", "priority": 0, "since": TS}],
       "version": "0.1.0"}
PROFILE = {"name": "Bob", "nickname": "b", "email": "b@corp.example", "url": "https://corp.example", "note": "",
           "photo": {"mime": "image/png", "data": "iVBORw=="}}
ROOM = {"jid": "ops@rooms.corp.example", "name": "Ops", "nick": "bob", "state": "joined", "subject": "s",
        "occupants": 2, "role": "participant", "affiliation": "none"}
REFUSING = {"jid": "ops@rooms.corp.example", "name": "", "nick": "bob", "state": "failed", "error": WHY}
INVITED = {"jid": "ops@rooms.corp.example", "name": "", "nick": "", "state": "invited", "by": "alice@corp.example",
           "text": "Come"}
OK = {"id": "q1", "ok": True, "result": {}}
REFUSED = {"id": "q1", "ok": False, "error": WHY}
WAITING = {"from": "alice@corp.example", "kind": "chat", "ts": TS}
ALICE = {"contact": "alice@corp.example"}
REQUESTS = {  # request: its fields in full
    "roster.get": {}, "roster.add": {**ALICE, "name": "Alice", "groups": ["Friends"]},
    "roster.update": {**ALICE, "name": "Alice", "groups": []}, "roster.remove": ALICE,
    "subscribe": {**ALICE, "text": "It is me"}, "unsubscribe": ALICE, "approve": ALICE, "deny": ALICE,
    "profile.get": ALICE, "profile.set": {"profile": PROFILE}, "who": {},
    "presence.send": {"contact": "ops@rooms.corp.example/bob", "state": "away", "status": "s"}, "feed.last": ALICE,
    "block": ALICE, "unblock": ALICE, "blocked": {}, "rooms.get": {}, "room.leave": {"room": "ops@rooms.corp.example"},
    "room.join": {"room": "ops@rooms.corp.example", "nick": "bob", "password": "p"},
    "room.occupants": {"room": "ops@rooms.corp.example"},
}


def but(base, *without, **changed):
    """A copy with fields changed or left out."""
    return {**{key: value for key, value in base.items() if key not in without}, **changed}


VALID = [  # (topic under the user's subtree, payload)
    ("out/msg", MESSAGE), ("out/msg", but(MESSAGE, "id", "from", "kind", "ts", "want")),
    ("out/msg", {**MESSAGE, **FURTHER}), ("out/msg", {"to": "a@b", "retracts": "x"}),
    ("out/msg", {"to": "a@b", "subject": ""}), ("out/msg", {"to": "a@b", "bodies": {"de": "x"}}),
    ("out/msg", {"to": "a@b", "reacts": {"id": "x", "emoji": []}}), ("out/msg", {"to": "a@b", "ext": ["<x/>"]}),
    ("out/msg", {"to": "a@b", "files": [{"url": "https://x", "later": 1}]}),
    ("out/msg", but(MESSAGE, later={"field": 1})), ("out/msg", but(MESSAGE, **{"from": 7})),
    ("out/msg", but(MESSAGE, to="corp.example")), ("out/msg", but(MESSAGE, to="a@b/with space/and @ slash")),
    ("in/msg", MESSAGE), ("in/msg", {**MESSAGE, **FURTHER, **ONLY_IN}),
    ("in/msg", but(MESSAGE, ts="2016-12-31T23:59:60.000Z")), ("in/msg", but(MESSAGE, replaces="-")),
    *[("in/msg", but(MESSAGE, delayed={"stamp": stamp}))
      for stamp in ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00.123456Z", "2026-11-20T11:00:00+01:00")],
    ("out/receipt", {"id": "01JD", "to": "alice@corp.example", "state": "displayed", "later": 1}),
    *[("in/receipt", but(RECEIPT, state=state)) for state in ("accepted", "forwarded", "delivered", "displayed")],
    ("in/receipt", but(RECEIPT, ts=TS)), ("in/receipt", FAILED), ("in/receipt", UNREAD),
    ("in/receipt", but(UNREAD, **{"from": "alice@corp.example"})),
    *[(topic, {key: "alice@corp.example", "state": state}) for topic, key in (("out/act", "to"), ("in/act", "from"))
      for state in ("composing", "paused", "active", "inactive", "gone")],
    *[("out/dev/phone/presence", but(DEVICE, state=state))
      for state in ("online", "chat", "away", "xa", "dnd", "offline")],
    ("out/act", {"to": "a@b", "state": "gone", "device": "phone"}),
    ("out/dev/Work=2FPC=202/presence", {"state": "online", "epoch": "e", "since": "01JD", "later": 1}),
    ("in/contact/alice@corp.example", CONTACT),
    ("in/contact/alice@corp.example", but(CONTACT, ask="subscribe", request=True, approved=True)),
    ("in/contact/anna=2Bnews@corp.example", but(CONTACT, jid="anna+news@corp.example", groups=[])),
    ("in/contact/alice@corp.example/presence", PRESENCE), ("in/contact/alice@corp.example/presence", {"state": "xa"}),
    ("in/room/ops@rooms.corp.example", ROOM),
    ("in/room/ops@rooms.corp.example", REFUSING), ("in/room/ops@rooms.corp.example", INVITED),
    *[("out/req", {"id": "q1", "device": "phone", "request": name, **fields}) for name, fields in REQUESTS.items()],
    ("out/req", {"request": "roster.get"}), ("out/req", {"request": "profile.get"}),
    ("out/req", {"request": "who", "later": 1}), ("out/req", {"request": "profile.set", "profile": {"later": 1}}),
    ("in/res/phone", OK), ("in/res/-", but(OK, id="-")), ("in/res/phone", REFUSED),
    ("in/res/phone", but(OK, result=WHO)),
    ("in/res/phone", but(OK, result={"contacts": [CONTACT]})), ("in/res/phone", but(OK, result={"profile": PROFILE})),
    ("in/res/phone", but(OK, result={"profile": {}})), ("in/res/phone", but(OK, result=ROOM)),
    ("in/res/phone", but(OK, result={"rooms": [ROOM, but(ROOM, state="known")], "next": "ops@rooms.corp.example"})),
    ("in/res/phone", but(OK, result={"occupants": [{"nick": "bob", "role": "", "affiliation": "", "jid": "a@b"}]})),
    *[("in/state", but(STATE, account=step))
      for step in ("hosted", "legacy", "shadow", "dual", "moved", "retired", "back")],
    ("in/state", but(STATE, links={"xmpp": "down"})),
    ("in/waiting", WAITING), ("in/waiting", but(WAITING, kind="groupchat")),
    ("gw/status", STATUS), ("gw/status", but(STATUS, state="offline")),
    ("gw/status", but(STATUS, "since", state="offline")),
]
BROKEN = [  # (what is wrong, topic, payload)
    *[("nothing in it", topic, {}) for topic in sorted({topic for topic, _ in VALID})],
    ("no recipient", "out/msg", but(MESSAGE, "to")), ("no content", "out/msg", but(MESSAGE, "body")),
    ("recipient is no JID", "out/msg", but(MESSAGE, to="a b@c")), ("empty recipient", "out/msg", but(MESSAGE, to="")),
    ("no domainpart", "out/msg", but(MESSAGE, to="alice@")),
    ("no localpart", "out/msg", but(MESSAGE, to="@corp.example")),
    ("kind error", "out/msg", but(MESSAGE, kind="error")), ("body is a number", "out/msg", but(MESSAGE, body=1)),
    ("body of no language", "out/msg", but(MESSAGE, bodies={"": "x"})),
    ("reserved id", "out/msg", but(MESSAGE, id="-")), ("empty id", "out/msg", but(MESSAGE, id="")),
    ("id is a number", "out/msg", but(MESSAGE, id=1)), ("wants a read receipt", "out/msg", but(MESSAGE, want=["read"])),
    ("wants accepted", "out/msg", but(MESSAGE, want=["accepted"])),
    ("want is text", "out/msg", but(MESSAGE, want="delivered")),
    ("file without url", "out/msg", but(MESSAGE, files=[{"name": "f"}])),
    ("no files", "out/msg", but(MESSAGE, files=[])),
    ("negative size", "out/msg", but(MESSAGE, files=[{"url": "https://x", "size": -1}])),
    ("hash in base64", "out/msg", but(MESSAGE, files=[{"url": "https://x", "sha256": "A" * 43 + "="}])),
    ("reaction without emoji", "out/msg", but(MESSAGE, reacts={"id": "x"})),
    ("reply without id", "out/msg", but(MESSAGE, replyTo={"to": "a@b"})),
    *[(f"stamp {stamp}", "in/msg", but(MESSAGE, delayed={"stamp": stamp}))
      for stamp in ("20261120T10:00:00", "2026-11-20T10:00:00", "2026-13-20T10:00:00Z", "2026-11-20T25:00:00Z")],
    ("delay without stamp", "out/msg", but(MESSAGE, delayed={"by": "a@b"})),
    ("unknown hint", "out/msg", but(MESSAGE, hints=["no-such"])), ("ext is no XML", "out/msg", but(MESSAGE, ext=["x"])),
    ("room is a full JID", "out/msg", but(MESSAGE, room="ops@rooms.corp.example/bob")),
    *[(f"no {field}", "in/msg", but(MESSAGE, field)) for field in ("id", "from", "to", "kind", "ts")],
    ("no content", "in/msg", but(MESSAGE, "body")), ("extra field", "in/msg", but(MESSAGE, later=1)),
    ("type instead of kind", "in/msg", but(MESSAGE, "kind", type="chat")),
    ("from is no JID", "in/msg", but(MESSAGE, **{"from": "a@b@c"})),
    *[(f"ts {ts}", "in/msg", but(MESSAGE, ts=ts)) for ts in (
        "2026-11-20T10:00:00Z", "2026-11-20T10:00:00.000+01:00", "2026-11-20 10:00:00.000Z", "2026-13-20T10:00:00.000Z",
        "2026-11-20T24:00:00.000Z", "2026-11-20T10:00:00.000000Z", 1795168800000)],
    ("extra in delayed", "in/msg", but(MESSAGE, delayed={"stamp": TS, "from": "a@b"})),
    ("extra in replyTo", "in/msg", but(MESSAGE, replyTo={"id": "c", "from": "a@b"})),
    ("extra in reacts", "in/msg", but(MESSAGE, reacts={"id": "c", "emoji": [], "by": "a@b"})),
    ("extra in file", "in/msg", but(MESSAGE, files=[{"url": "https://x", "type": "text/plain"}])),
    ("stanza id of nobody", "in/msg", but(MESSAGE, stanzaIds=[{"id": "x"}])),
    ("no recipient", "out/receipt", {"id": "x", "state": "delivered"}),
    ("only the gateway accepts", "out/receipt", {"id": "x", "to": "a@b", "state": "accepted"}),
    ("no sender", "in/receipt", but(RECEIPT, "from")), ("no id", "in/receipt", but(RECEIPT, "id")),
    ("state read", "in/receipt", but(RECEIPT, state="read")), ("extra field", "in/receipt", but(RECEIPT, to="a@b")),
    ("failed without reason", "in/receipt", but(FAILED, "reason")),
    ("reason without failure", "in/receipt", but(RECEIPT, reason=WHY)),
    ("unknown condition", "in/receipt", but(FAILED, reason=but(WHY, condition="not-found"))),
    ("no retry", "in/receipt", but(FAILED, reason=but(WHY, "retry"))),
    ("extra in reason", "in/receipt", but(FAILED, reason=but(WHY, type="cancel"))),
    ("topic beside an id", "in/receipt", but(FAILED, topic="x")), ("no topic", "in/receipt", but(UNREAD, "topic")),
    ("unread but delivered", "in/receipt", but(UNREAD, "reason", "topic", state="delivered")),
    ("no recipient", "out/act", {"state": "gone"}), ("unknown state", "out/act", {"to": "a@b", "state": "typing"}),
    ("no sender", "in/act", {"state": "gone"}), ("extra field", "in/act", {"from": "a@b", "state": "gone", "id": "x"}),
    ("no epoch", "out/dev/phone/presence", but(DEVICE, "epoch")),
    ("no state", "out/dev/phone/presence", but(DEVICE, "state")),
    ("unavailable", "out/dev/phone/presence", but(DEVICE, state="unavailable")),
    ("priority over 127", "out/dev/phone/presence", but(DEVICE, priority=128)),
    ("priority under -128", "out/dev/phone/presence", but(DEVICE, priority=-129)),
    *[(f"no {field}", "in/contact/alice@corp.example", but(CONTACT, field)) for field in CONTACT],
    ("another's topic", "in/contact/eve@corp.example", CONTACT),
    ("full JID", "in/contact/alice@corp.example=2Fspark", but(CONTACT, jid="alice@corp.example/spark")),
    ("subscription remove", "in/contact/alice@corp.example", but(CONTACT, subscription="remove")),
    ("ask unsubscribe", "in/contact/alice@corp.example", but(CONTACT, ask="unsubscribe")),
    ("extra field", "in/contact/alice@corp.example", but(CONTACT, state="online")),
    ("no state", "in/contact/alice@corp.example/presence", but(PRESENCE, "state")),
    ("extra field", "in/contact/alice@corp.example/presence", but(PRESENCE, epoch="e")),
    ("extra in device", "in/contact/alice@corp.example/presence",
     but(PRESENCE, devices=[{"device": "spark", "state": "away", "epoch": "e"}])),
    ("device without state", "in/contact/alice@corp.example/presence", but(PRESENCE, devices=[{"device": "spark"}])),
    *[(f"no {field}", "in/room/ops@rooms.corp.example", but(ROOM, field))
      for field in ("jid", "name", "nick", "state")],
    ("another's topic", "in/room/sea@rooms.corp.example", ROOM),
    ("unknown state", "in/room/ops@rooms.corp.example", but(ROOM, state="open")),
    ("its password", "in/room/ops@rooms.corp.example", but(ROOM, password="p")),
    ("occupant without nick", "in/res/phone", but(OK, result={"occupants": [{"role": "", "affiliation": ""}]})),
    ("no request", "out/req", {"id": "q1"}), ("unknown request", "out/req", {"id": "q1", "request": "roster.clear"}),
    *[(f"{name} without {field}", "out/req", but({"request": name, **fields}, field))
      for name, fields in REQUESTS.items() for field in fields
      if field not in ("name", "groups", "text", "status", "nick", "password") and name != "profile.get"],
    *[(f"{name} of a number", "out/req", {"request": name, **fields, "contact": 7})
      for name, fields in REQUESTS.items() if "contact" in fields],
    ("photo not base64", "out/req", {"request": "profile.set", "profile": {"photo": {"mime": "a/b", "data": "?!?!"}}}),
    ("no id", "in/res/phone", but(OK, "id")), ("no ok", "in/res/phone", but(OK, "ok")),
    ("no result", "in/res/phone", but(OK, "result")), ("no error", "in/res/phone", but(REFUSED, "error")),
    ("both", "in/res/phone", but(OK, error=WHY)), ("refused with result", "in/res/phone", but(REFUSED, result={})),
    ("extra field", "in/res/phone", but(OK, request="who")),
    ("unknown result", "in/res/phone", but(OK, result={"x": 1})),
    ("device without state", "in/res/phone", but(OK, result=but(WHO, devices=[{"device": "phone"}]))),
    ("uid not escaped", "in/res/phone", but(OK, result=but(WHO, uid="anna+news@corp.example"))),
    ("domain of a user", "in/res/phone", but(OK, result=but(WHO, domain="bob@mqtt.corp.example"))),
    ("photo without data", "in/res/phone", but(OK, result={"profile": {"photo": {"mime": "image/png"}}})),
    ("contact without groups", "in/res/phone", but(OK, result={"contacts": [but(CONTACT, "groups")]})),
    ("extra in profile", "in/res/phone", but(OK, result={"profile": {"title": "x"}})),
    ("extra in photo", "in/res/phone", but(OK, result={"profile": {"photo": {"mime": "a/b", "data": "AAAA", "x": 1}}})),
    *[(f"no {field}", "in/state", but(STATE, field)) for field in STATE], ("extra", "in/state", but(STATE, later=1)),
    ("step", "in/state", but(STATE, account="new")),
    *[(f"no {field}", "in/waiting", but(WAITING, field)) for field in WAITING],
    ("what it says", "in/waiting", but(WAITING, body="x")), ("of another kind", "in/waiting", but(WAITING, kind="x")),
    ("link", "in/state", but(STATE, links={"xmpp": "stale"})),
    ("no link", "in/state", but(STATE, links={})), ("state", "gw/status", but(STATUS, state="up")),
    *[(f"no {field}", "gw/status", but(STATUS, field)) for field in STATUS],
]
RAW = [  # (what is wrong, full topic, bytes)
    ("not UTF-8", USER + "in/msg", b"\xff"), ("not JSON", USER + "in/msg", b"{"), ("a list", USER + "in/msg", b"[]"),
    ("NaN", USER + "out/dev/x/presence", b'{"state":"online","epoch":"e","priority":NaN}'),
    ("a field twice", USER + "in/act", b'{"from":"a@b","state":"gone","state":"gone"}'),
    ("empty message", USER + "in/msg", b""), ("empty answer", USER + "in/res/x", b""),
    ("empty status", "im/v1/gw/status", b""),
    ("no such topic", USER + "in/message", b"{}"), ("a level too deep", USER + "in/msg/x", b"{}"),
    ("lower-case escape", "im/v1/u/a=2b@b/in/act", b'{"from":"a@b","state":"gone"}'),
    ("needless escape", "im/v1/u/a=41@b/in/act", b'{"from":"a@b","state":"gone"}'),
    ("unescaped space", USER + "in/res/a b", b'{"id":"q","ok":true,"result":{}}'),
    ("long level", "im/v1/u/" + "a" * 199 + "@b/in/act", b'{"from":"a@b","state":"gone"}'),
    ("outside the root", "factory/line1/alarm", b"x"), ("text that is none", USER + "out/text/a@b", b"\xc3\x28"),
]


# Of config/schema/capture.json: lines that it must take, and what it must refuse.
CAPTURED = {"ts": "2026-11-20T10:00:00.000123Z", "stream": "c1", "kind": "component", "dir": "received",
            "local": "127.0.0.1:5275", "remote": "[::1]:40000", "jid": "mqtt.corp.example"}
CAPTURE_GOOD = [
    {"ferry": "capture", "version": 1, "source": "ferryd", "redacted": True},
    {**CAPTURED, "stanza": "<iq/>"}, {"stream": "a", "open": {}}, {**CAPTURED, "open": {"from": "a", "to": "b"}},
    {**CAPTURED, "close": {"reason": "starttls"}}, {"stream": "-", "damage": {"offset": 0, "bytes": 7, "text": "x"}},
    {**CAPTURED, "damage": {"source": "x", "offset": 1, "line": 2, "bytes": 3, "text": "y"}},
    {**CAPTURED, "publish": {"topic": "t", "payload": "", "qos": 0}}, {**CAPTURED, "stanza": "<a/>", "later": 1},
    {**CAPTURED, "publish": {"topic": "t", "payload64": "AAE=", "qos": 2, "retain": True, "cbor": True,
                             "response": "r", "correlation64": "gA=="}},
]
CAPTURE_BAD = [
    {}, [], {"ferry": "capture", "version": 2, "source": "x", "redacted": True}, {"ferry": "capture", "version": 1},
    CAPTURED, {"stanza": "<a/>"}, {"stream": "", "stanza": "<a/>"}, {**CAPTURED, "stanza": ""},
    {**CAPTURED, "stanza": "<a/>", "close": {}}, {**CAPTURED, "kind": "bus", "close": {}},
    {**CAPTURED, "dir": "up", "close": {}}, {**CAPTURED, "ts": "now", "close": {}}, {**CAPTURED, "publish": {}},
    {**CAPTURED, "publish": {"topic": "t", "qos": 3}}, {**CAPTURED, "publish": {"topic": "t", "payload64": "?"}},
    {**CAPTURED, "publish": {"topic": "t", "payload": "", "payload64": ""}},
    {**CAPTURED, "damage": {"line": 0}}, {**CAPTURED, "damage": {"offset": -1}},
]
