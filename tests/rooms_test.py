"""Who includes whom. The tables below are the documentation; run from the root, prints each violation as file:line."""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]

# The rooms, bottom to top. A file includes its own room and those below. tools and tests hold folders of their own.
ROOMS = ["translators/values", "translators", "config", "gateway/capture", "gateway/passwords", "gateway/plugin",
         "gateway/brain", "gateway/store", "gateway/migration", "gateway/links", "gateway/session",
         "gateway/session/worker", "gateway", "tools", "tests"]
NESTED = ("tools", "tests")

# Each third-party API lives in one file; an empty list: not used yet. (Headers by prefix.)
THIRD_PARTY = {
    "expat.h": ["translators/values/xml_reader.cpp", "gateway/migration/xml_walk.cpp", "tools/bench.d/expat_floor.cpp"],
    "stringprep.h": ["translators/values/jid_prep.cpp"],
    "idna.h": ["translators/values/jid_prep.cpp"],
    "rapidjson/": ["translators/values/json.cpp"],
    "cbor.h": ["translators/values/cbor.cpp"],
    "boost/": ["config/command_line.cpp"],
    "sqlite3.h": ["gateway/store/database.cpp"],
    "mosquitto.h": ["gateway/links/mosquitto_client.cpp", "gateway/plugin/mosquitto_plugin.cpp"],
    "mosquitto_broker.h": ["gateway/plugin/mosquitto_plugin.cpp"],
    "mosquitto_plugin.h": ["gateway/plugin/mosquitto_plugin.cpp"],
    "mqtt_protocol.h": ["gateway/links/mosquitto_client.cpp"],
    "openssl/": ["gateway/links/handshake.cpp", "gateway/capture/keyed_hash.cpp", "gateway/passwords/crypto.cpp",
                 "gateway/migration/openfire_password.cpp", "gateway/session/tls_files.cpp", "tools/ferry-replay/tls_server.cpp"],
    "microhttpd.h": ["gateway/links/http_link.cpp"],
    "prometheus/": ["gateway/metrics.cpp"],
    "systemd/": ["gateway/service.cpp"],
    "zstd.h": ["gateway/capture/zstd_file.cpp"],
    "zlib.h": ["tools/ferry-replay/report_deflate.cpp"],
    "pcap.h": ["tools/ferry-replay/pcap_file.cpp"],
    "pcap/": ["tools/ferry-replay/pcap_file.cpp"],
    "strophe.h": ["gateway/session/worker/strophe_client.cpp"],
    "gtest/": ["tests/"],
    "gmock/": ["tests/"],
}
# Headers with .h that are the system's and not a third party's.
SYSTEM = ("sys/", "netinet/", "arpa/", "linux/", "net/", "unistd.h", "fcntl.h", "poll.h", "netdb.h", "signal.h",
          "time.h", "pwd.h", "grp.h", "getopt.h", "syslog.h", "sysexits.h", "errno.h", "termios.h", "ifaddrs.h",
          "dirent.h", "spawn.h", "stdint.h", "stddef.h", "stdlib.h", "string.h", "stdio.h")

# Rooms without I/O: bytes or events in, values out.
PURE = ("translators/values", "translators", "gateway/brain")
PURE_HEADERS = {
    "sockets": ("sys/socket.h", "sys/un.h", "sys/epoll.h", "netinet/", "netdb.h", "poll.h"),  # arpa/inet.h: inet_pton
    "the system": ("unistd.h", "fcntl.h", "sys/stat.h", "sys/time.h", "sys/wait.h", "signal.h", "csignal", "syslog.h"),
    "threads": ("thread", "mutex", "shared_mutex", "condition_variable", "future", "semaphore", "pthread.h"),
    "files": ("fstream", "filesystem", "iostream", "dirent.h"),
}
PURE_CODE = {
    "a clock": r"\b(?:system|steady|high_resolution|file|utc|tai|gps)_clock\s*::\s*now\b|\b\w*[Cc]lock\s*::\s*now\s*\("
               r"|(?<![\w.>])time\s*\(\s*(?:nullptr|NULL|0|&)"
               r"|\b(?:gettimeofday|clock_gettime|timespec_get|localtime|localtime_r)\s*\(",
    "chance": r"\brandom_device\b|(?<![\w.>])(?:srand|getrandom|getentropy|arc4random|rand(?=\s*\(\s*\)))\s*\(",
    "sleep": r"\bsleep_(?:for|until)\b|\b(?:u|nano)?sleep\s*\(",
    "files": r"\b(?:fopen|freopen|popen|tmpfile)\s*\(",
    "output": r"(?<![\w.>])(?:v?f?printf|puts|fputs|perror|syslog)\s*\(|\b(?:stdout|stderr)\b",
    "the environment": r"\b(?:secure_)?getenv\s*\(",
}
NO_IOSTREAM = ("config",)  # headers there: who includes one must not get streams with it

SOURCE = (".h", ".cpp")


def room_of(path):
    """The room of a file, or None: a file in no room is a violation."""
    folder = path.rpartition("/")[0]
    top = path.partition("/")[0]
    return top if top in NESTED else folder if folder in ROOMS else None


def blank(text, strings):
    """The text with comments, raw strings and, if asked, all strings replaced by blanks; lines stay where they are."""
    token = re.compile(r"""
        (?P<comment>//(?:\\\n|[^\n])*|/\*.*?(?:\*/|\Z))
      | (?P<raw>\b(?:u8|[uUL])?R"(?P<tag>[^\s()\\]{0,16})\(.*?\)(?P=tag)")
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<number>\b\d[\w'.]*)
      | (?P<char>'(?:\\.|[^'\\\n])+')""", re.S | re.X)

    def replace(match):
        kind = next(name for name in ("comment", "raw", "string", "number", "char") if match[name] is not None)
        if kind in ("comment", "raw") or strings and kind != "number":
            return re.sub(r"[^\n]", " ", match[0])
        return match[0]
    return token.sub(replace, text)


def begins(header, prefixes):
    return any(header == p or p.endswith("/") and header.startswith(p) for p in prefixes)


def third_party(path, header):
    for name, places in THIRD_PARTY.items():
        if begins(header, [name]):
            if not any(path == place or place.endswith("/") and path.startswith(place) for place in places):
                return f"<{header}> belongs in {' or '.join(places) or 'no file yet'}"
            return None
    if "." not in header or begins(header, SYSTEM):
        return None
    return f"<{header}> has no place yet: give it one file in THIRD_PARTY of tests/rooms_test.py"


def include_violations(path, room, quoted, header, exists):
    own = header.partition("/")[0] in {name.partition("/")[0] for name in ROOMS}
    if quoted and not begins(header, THIRD_PARTY):
        if not own or not exists(header):
            yield f'"{header}" is no path from the root'
        elif room_of(header) is None:
            yield f'"{header}" is in no room'
        elif ROOMS.index(room_of(header)) > ROOMS.index(room):
            yield f'{room} includes "{header}" of {room_of(header)}, a room above it'
        return
    wrong = f"<{header}> is ours: write it in quotes" if own else third_party(path, header)
    if wrong:
        yield wrong
    if room in PURE:
        yield from (f"{room} knows no I/O, but <{header}> brings {what}"
                    for what, headers in PURE_HEADERS.items() if begins(header, headers))
    if room in NO_IOSTREAM and header == "iostream" and path.endswith(".h"):
        yield "<iostream> in a header"


def violations(path, text, exists):
    """Each violation of one file as (line, what); exists(path) says whether the tree has a file."""
    room = room_of(path)
    if room is None:
        yield 1, "in no room: see ROOMS of tests/rooms_test.py"
        return
    for number, line in enumerate(blank(text, strings=False).split("\n"), 1):
        match = re.match(r'\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")', line)
        if match:
            header = match[1] or match[2]
            yield from ((number, what) for what in include_violations(path, room, bool(match[2]), header, exists))
    if room in PURE:
        for number, line in enumerate(blank(text, strings=True).split("\n"), 1):
            for what, pattern in PURE_CODE.items():
                match = re.search(pattern, line)
                if match and not line.lstrip().startswith("#"):
                    yield number, f"{room} knows no I/O, but {match[0].strip()} is {what}"
    if path.endswith(".h") and room != "tests":
        if not re.search(r"^#pragma once$", text, re.M):
            yield 1, "no #pragma once"
        if not text.startswith(("//", "/*")):
            yield 1, "does not begin with a comment that says what the header offers"


def types(text):
    """Each type that a file defines outside of functions, types and unnamed namespaces, as (line, qualified name)."""
    code = blank(text, strings=True)
    code = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda m: re.sub(r"[^\n]", " ", m[0]), code, flags=re.M)
    open_braces = []  # a namespace's name; "" for one without; None for all other braces
    begun = 0         # where the text before a brace begins
    for match in re.finditer(r"[{};]", code):
        head, begun = code[begun:match.start()].strip(), match.end()
        if match[0] == "}" and open_braces:
            open_braces.pop()
        if match[0] != "{":
            continue
        namespace = re.search(r"\bnamespace\b\s*([\w:]*)$", head)
        kind = re.search(r"\b(?:struct|class|union)\s+(\w+)\s*(?:final\s*)?(?::[^:].*)?$"
                         r"|\benum\s+(?:class\s+)?(\w+)\s*(?::.*)?$", head, re.S)
        if kind and all(open_braces) and "(" not in head:
            yield code.count("\n", 0, match.start()) + 1, "::".join([*open_braces, kind[1] or kind[2]])
        open_braces.append(namespace[1] if namespace else None)


def defined_twice(files):
    """Two types of one name and namespace in two files: a program that has both takes either's functions for each, and
    no compiler says so. Yields (path, line, name, the other place)."""
    seen = {}
    for path, text in files:
        for line, name in types(text):
            if name in seen:
                yield path, line, name, seen[name]
            seen.setdefault(name, f"{path}:{line}")


def sources():
    for top in ("translators", "config", "gateway", "tools", "tests"):
        for file in sorted((ROOT / top).rglob("*")):
            if file.suffix in SOURCE and file.is_file():
                yield file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")


HEADER = "// What it offers.\n#pragma once\n"
TREE = {"translators/values/jid.h", "translators/message.h", "config/options.h", "gateway/brain/router.h",
        "gateway/store/store.h", "gateway/links/link.h", "gateway/loop.h", "tools/ferryctl/map.h", "tests/brain/fake.h"}
ALLOWED = [  # (path, text)
    ("gateway/main.cpp", "".join(f'#include "{h}"\n' for h in sorted(TREE) if not h.startswith(("tools", "tests")))),
    ("tools/ferryctl/main.cpp", '#include "gateway/loop.h"\n#include "tools/ferryctl/map.h"\n#include <iostream>\n'),
    ("tests/brain/router_test.cpp", '#include <gtest/gtest.h>\n#include "tests/brain/fake.h"\n#include <thread>\n'),
    ("translators/values/xml_reader.cpp", "#include <expat.h>\n#include <string>\n#include <chrono>\n"),
    ("translators/message.h", HEADER + '#include "translators/values/jid.h"\n'),
    ("translators/message.cpp", '#include "translators/message.h"\nint n = 1\'000; // system_clock::now()\n'),
    ("translators/message.cpp", 'auto s = "steady_clock::now()"; /* time(nullptr)\n getenv("X") */ char c = \'"\';\n'),
    ("translators/message.cpp", 'auto s = R"x(getenv("A")\n#include <thread>)x"; snprintf(b, n, "%d", m.time(0));\n'),
    ("translators/message.cpp", "// #include <thread>\nauto t = parse_time(0); auto u = event.time(nullptr);\n"),
    ("gateway/links/loop.cpp", "#include <unistd.h>\nauto t = std::chrono::steady_clock::now();\n"),
    ("config/command_line.cpp", "#include <boost/program_options.hpp>\n#include <iostream>\n#include <fstream>\n"),
]
PLANTED = [  # (path, text, line, part of the message)
    ("translators/values/jid.cpp", '#include "translators/message.h"\n', 1, "a room above"),
    ("translators/message.cpp", '\n#include "config/options.h"\n', 2, "a room above"),
    ("config/routes.cpp", '#include "gateway/brain/router.h"\n', 1, "a room above"),
    ("gateway/brain/router.cpp", '  #  include "gateway/store/store.h"\n', 1, "a room above"),
    ("gateway/store/store.cpp", '#include "gateway/links/link.h"\n', 1, "a room above"),
    ("gateway/links/link.cpp", '#include "gateway/loop.h"\n', 1, "a room above"),
    ("gateway/loop.cpp", '#include "tools/ferryctl/map.h"\n', 1, "a room above"),
    ("tools/ferryctl/main.cpp", '#include "tests/brain/fake.h"\n', 1, "a room above"),
    ("translators/message.cpp", '#include "message.h"\n', 1, "no path from the root"),
    ("translators/message.cpp", '#include "translators/gone.h"\n', 1, "no path from the root"),
    ("translators/message.cpp", '#include <translators/message.h>\n', 1, "write it in quotes"),
    ("gateway/odd/x.cpp", "", 1, "in no room"),
    ("gateway/links/loop.cpp", "#include <mosquitto.h>\n", 1, "belongs in gateway/links/mosquitto_client.cpp"),
    ("gateway/links/loop.cpp", '#include "mosquitto.h"\n', 1, "belongs in"),
    ("tools/ferryctl/main.cpp", "#include <mosquitto.h>\n", 1, "belongs in"),
    ("tests/store/database_test.cpp", "#include <sqlite3.h>\n", 1, "belongs in"),
    ("translators/values/xml_reader.h", HEADER + "#include <expat.h>\n", 3, "belongs in"),
    ("config/routes.cpp", "#include <boost/algorithm/string.hpp>\n", 1, "belongs in config/command_line.cpp"),
    ("gateway/links/session.cpp", "#include <strophe.h>\n", 1, "belongs in gateway/session/worker"),
    ("gateway/links/http.cpp", "#include <curl/curl.h>\n", 1, "has no place yet"),
    ("gateway/main.cpp", "#include <gtest/gtest.h>\n", 1, "belongs in tests/"),
    ("translators/message.cpp", "#include <iostream>\n", 1, "brings files"),
    ("gateway/brain/router.cpp", "#include <thread>\n", 1, "brings threads"),
    ("gateway/brain/router.cpp", "#include <sys/socket.h>\n", 1, "brings sockets"),
    ("translators/values/jid.cpp", "#include <unistd.h>\n", 1, "brings the system"),
    ("gateway/brain/router.cpp", "\nauto t = std::chrono::system_clock::now();\n", 2, "is a clock"),
    ("gateway/brain/router.cpp", "auto t = Clock::now();\n", 1, "is a clock"),
    ("gateway/brain/router.cpp", "auto t = std::time(nullptr);\n", 1, "is a clock"),
    ("translators/values/ulid.cpp", "std::random_device d;\n", 1, "is chance"),
    ("translators/values/jid.cpp", '/* a\n b */ auto x = std::getenv("HOME");\n', 2, "is the environment"),
    ("translators/values/jid.cpp", 'std::printf("%d", 1);\n', 1, "is output"),
    ("config/options.h", HEADER + "#include <iostream>\n", 3, "<iostream> in a header"),
    ("config/options.h", "// What it offers.\n#include <string>\n", 1, "no #pragma once"),
    ("config/options.h", "#pragma once\n", 1, "does not begin with a comment"),
]


class Rooms(unittest.TestCase):
    def test_allowed(self):
        for path, text in ALLOWED:
            with self.subTest(path=path, text=text):
                self.assertEqual(list(violations(path, text, TREE.__contains__)), [])

    def test_planted(self):
        for path, text, line, part in PLANTED:
            with self.subTest(path=path, text=text):
                found = list(violations(path, text, TREE.__contains__))
                self.assertEqual([number for number, _ in found], [line], found)
                self.assertIn(part, found[0][1])

    def test_types(self):
        text = ("namespace a {\nstruct One { struct In {}; int f() { struct Inner {}; } };\n"
                "namespace { struct Own {}; }\n"
                "enum class Two : int { x };\nnamespace b::c {\nclass Three final : public One {};\n}\n"
                "struct Ahead;\nbool f(struct Other* o) {}\n}\n")
        self.assertEqual(list(types(text)), [(2, "a::One"), (4, "a::Two"), (6, "a::b::c::Three")])
        other = "namespace a {\nclass One {};\nstruct Own {};\n}"
        self.assertEqual(list(defined_twice([("x.h", text), ("y.h", other)])), [("y.h", 2, "a::One", "x.h:2")])

    def test_one_name_one_type(self):
        found = [f"{path}:{line}: {name} is a type of {other} too"
                 for path, line, name, other in defined_twice(sources())]
        print(*found, sep="\n", file=sys.stderr, end="\n" if found else "")
        self.assertEqual(len(found), 0, "see the lines above")

    def test_the_tree(self):
        files = list(sources())
        self.assertTrue(files, "no sources found")
        found = [f"{path}:{line}: {what}" for path, text in files
                 for line, what in violations(path, text, lambda header: (ROOT / header).is_file())]
        print(*found, sep="\n", file=sys.stderr, end="\n" if found else "")
        self.assertEqual(len(found), 0, "see the lines above")


if __name__ == "__main__":
    unittest.main()
