#include "config/keys.h"

namespace ferry {

const std::vector<Section>& sections() {
  static const std::vector<Section> table = {
      {"component", "The legacy XMPP server's component listener (XEP-0114)."},
      {"session", "Accounts of the legacy server whose owners move: Ferry logs in as one more client of each."},
      {"broker", "The MQTT broker."},
      {"store", "What must survive a restart."},
      {"vault", "Credentials of people, encrypted in the store."},
      {"http", "Metrics and health: /metrics /healthz /readyz."},
      {"users", "The people of the hosted domains."},
      {"control", "Where ferryctl finds a running ferryd."},
      {"limits", "Beyond a limit the sender gets an error and a counter goes up."},
      {"process", "Who ferryd is."},
      {"log", "One line for each event, on standard error."},
      {"capture", "A recording of what the links carry, for ferry-replay: it shows who talks when."},
  };
  return table;
}

namespace {

#define FERRY_TARGET(member) [](Options& o) -> Target { return &o.member; }

constexpr std::uint64_t u32_max = 0xffffffffU;

std::vector<Key> make_keys() {
  using R = Rule;
  return {
      {"component", "host", "HOST", "Host name or address of the server. Without it there is no XMPP link.",
       FERRY_TARGET(component.host), R::host, 0, 0, "127.0.0.1", "none"},
      {"component", "port", "PORT", "Openfire 5275, ejabberd as its listener says, Prosody 5347.",
       FERRY_TARGET(component.port), R::none, 1, 65535},
      {"component", "domain", "DOMAIN",
       "The domain of the people who live on MQTT, as the server knows the component. Required.",
       FERRY_TARGET(component.domain), R::domain, 0, 0, "mqtt.corp.example", "none"},
      {"component",
       "server",
       "DOMAIN",
       "The server's own domain, whose people may follow feeds.",
       FERRY_TARGET(component.server),
       R::domain,
       0,
       0,
       {},
       "the component's domain without its first label"},
      {"component", "secret-file", "FILE",
       "File with the component's secret (mode 0600). Whoever has it can speak as anybody on some servers. Required "
       "with host.",
       FERRY_TARGET(component.secret_file), R::secret, 0, 0, "/etc/ferry/component.secret", "none"},
      {"component", "keepalive", "SECONDS",
       "A blank is sent after so long a silence of ours; 0: never. Openfire ends streams that are silent for 6 "
       "minutes.",
       FERRY_TARGET(component.keepalive), R::none, 0, 3600},

      {"session",
       "host",
       "HOST",
       "Host name or address of the server's client port. Without it no account can move.",
       FERRY_TARGET(session.host),
       R::host,
       0,
       0,
       {},
       "none"},
      {"session", "port", "PORT", "5222, or what direct-tls needs, usually 5223.", FERRY_TARGET(session.port), R::none,
       1, 65535},
      {"session", "direct-tls", "BOOL", "TLS from the first byte instead of STARTTLS.",
       FERRY_TARGET(session.direct_tls)},
      {"session",
       "cafile",
       "FILE",
       "The one CA that signed the server's certificate, PEM; it must be for component.server. Required with host.",
       FERRY_TARGET(session.cafile),
       R::path,
       0,
       0,
       {},
       "none"},
      {"session",
       "certificates",
       "FOLDER",
       "Certificates to log in with, UID.crt and UID.key of each account (SASL EXTERNAL); who has none there logs in "
       "with the password that the vault keeps.",
       FERRY_TARGET(session.certificates),
       R::path,
       0,
       0,
       {},
       "passwords alone"},
      {"session",
       "worker",
       "FILE",
       "The program that holds the sessions.",
       FERRY_TARGET(session.worker),
       R::path,
       0,
       0,
       {},
       "ferry-session beside ferryd"},
      {"session", "logins-per-second", "NUMBER",
       "So many log-ins begin in a second; at 50 the 250 accounts of a worker process that is lost are back within 10 "
       "s.",
       FERRY_TARGET(session.logins_per_second), R::none, 1, 1000},
      {"session", "away-poll", "SECONDS",
       "While no device of an account's owner is online, the server's archive is asked this often whether something "
       "waits, for in/waiting; 0: never.",
       FERRY_TARGET(session.away_poll), R::none, 0, 86'400},

      {"broker", "host", "HOST", "Host name or address of the broker. Required.", FERRY_TARGET(broker.host), R::host, 0,
       0, "127.0.0.1", "none"},
      {"broker", "port", "PORT", "1883, or 8883 where the broker expects TLS.", FERRY_TARGET(broker.port), R::none, 1,
       65535},
      {"broker", "username", "NAME",
       "The gateway's own MQTT user; nobody else may have this name. Required unless allow-anonymous.",
       FERRY_TARGET(broker.username), R::none, 0, 0, "ferry", "none"},
      {"broker", "password-file", "FILE", "File with its password (mode 0600). Required unless allow-anonymous.",
       FERRY_TARGET(broker.password_file), R::secret, 0, 0, "/etc/ferry/broker.password", "none"},
      {"broker",
       "cafile",
       "FILE",
       "Speak TLS and trust the certificates of this PEM file.",
       FERRY_TARGET(broker.cafile),
       R::path,
       0,
       0,
       {},
       "no TLS"},
      {"broker", "root", "TOPIC", "The topic above everything that is Ferry's.", FERRY_TARGET(broker.root), R::root},
      {"broker", "protocol", "5|3.1.1", "5 falls back to 3.1.1 if the broker refuses it; 3.1.1 never tries 5.",
       FERRY_TARGET(broker.protocol), R::protocol},
      {"broker", "max-in-flight", "N", "Publishes sent and not yet acknowledged.", FERRY_TARGET(broker.max_in_flight),
       R::none, 1, 65535},
      {"broker", "queue-entries", "N",
       "Publishes waiting for the broker, beyond which receipts, echoes and rosters wait as well: they are published "
       "when it has taken half of these.",
       FERRY_TARGET(broker.queue_entries), R::none, 64, 1'000'000},
      {"broker", "queue-bytes", "BYTES", "The same in bytes.", FERRY_TARGET(broker.queue_bytes), R::none, 65'536,
       1U << 30},
      {"broker", "allow-anonymous", "BOOL",
       "Work with a broker that lets clients in without a password. For tests only.",
       FERRY_TARGET(broker.allow_anonymous)},

      {"store", "path", "FILE", "The SQLite database.", FERRY_TARGET(store.path), R::path},
      {"store", "durability", "full|normal",
       "full: on disk before it is acknowledged. normal: a power cut may lose the last second.",
       FERRY_TARGET(store.durability)},
      {"store", "least-free", "BYTES",
       "With less than this free on the store's file system /readyz says 503; with less than a sixteenth of it ferryd "
       "does not begin. 0: never.",
       FERRY_TARGET(store.least_free), R::none, 0, 1ULL << 50},

      {"vault",
       "key-file",
       "FILE",
       "The keys that credentials are encrypted with (mode 0600); ferryctl vault init makes it. Keep a copy elsewhere.",
       FERRY_TARGET(vault.key_file),
       R::path,
       0,
       0,
       {},
       "no credentials are kept"},
      {"vault",
       "auth-file",
       "FILE",
       "What Mosquitto's plugin ferry_auth.so decides by: keys, encrypted for it, and rules. ferryctl password, vault "
       "and broker apply write it.",
       FERRY_TARGET(vault.auth_file),
       R::path,
       0,
       0,
       {},
       "no plugin"},
      {"vault", "keep-passwords", "BOOL",
       "Keep passwords as well, not only the keys that verify them: for sessions at servers that take nothing else.",
       FERRY_TARGET(vault.keep_passwords)},

      {"http", "listen", "HOST:PORT", "Where to listen, or off. It has no password: keep it on loopback.",
       FERRY_TARGET(http.listen), R::listen},

      {"users", "autocreate", "BOOL",
       "Users exist as soon as they publish under their own out/ (the broker has authenticated them). false: only by "
       "ferryctl user add.",
       FERRY_TARGET(users.autocreate)},

      {"control",
       "socket",
       "FILE",
       "The Unix socket (mode 0600).",
       FERRY_TARGET(control.socket),
       R::path,
       0,
       0,
       {},
       "the store's path and .sock"},

      {"limits", "message-bytes", "BYTES", "One publish payload or stanza, either way.",
       FERRY_TARGET(limits.message_bytes), R::none, 1024, 64U << 20},
      {"limits", "message-ttl", "SECONDS", "How long an undelivered message is kept.", FERRY_TARGET(limits.message_ttl),
       R::none, 60, 10U * 365 * 24 * 3600},
      {"limits", "outbox-rows", "N",
       "Messages waiting for the XMPP server, all users together; and as many, again, waiting for MQTT.",
       FERRY_TARGET(limits.outbox_rows), R::none, 1, 1'000'000'000'000U},
      {"limits", "outbox-bytes", "BYTES", "What they may take, with all their fields; for each of the two.",
       FERRY_TARGET(limits.outbox_bytes), R::none, 1U << 20, 1'000'000'000'000'000U},
      {"limits", "user-outbox-rows", "N",
       "One user's share: messages waiting for them, and messages of theirs waiting for the XMPP server.",
       FERRY_TARGET(limits.user_outbox_rows), R::none, 1, u32_max},
      {"limits", "user-outbox-bytes", "BYTES", "What a user's share may take.", FERRY_TARGET(limits.user_outbox_bytes),
       R::none, 1U << 20, 1'000'000'000'000'000U},
      {"limits", "dead-letters", "N",
       "Failed messages kept for ferryctl outbox, for another message-ttl at most; then the oldest go. 0: none.",
       FERRY_TARGET(limits.dead_letters), R::none, 0, 100'000'000},
      {"limits", "user-rate", "N", "Messages a second of one user, sustained. 0: no limit.",
       FERRY_TARGET(limits.user_rate), R::none, 0, 1'000'000},
      {"limits", "user-burst", "N", "Messages of one user at once.", FERRY_TARGET(limits.user_burst), R::none, 1,
       1'000'000},
      {"limits", "presence-rate", "N",
       "Presences a second of one user's devices, sustained; what comes sooner waits, and of each device the latest "
       "counts. Typing has the same limit by itself. 0: no limit.",
       FERRY_TARGET(limits.presence_rate), R::none, 0, 1'000'000},
      {"limits", "presence-burst", "N", "Presences of one user at once.", FERRY_TARGET(limits.presence_burst), R::none,
       1, 1'000'000},
      {"limits", "request-rate", "N", "Requests a second of one user, sustained. 0: no limit.",
       FERRY_TARGET(limits.request_rate), R::none, 0, 1'000'000},
      {"limits", "request-burst", "N", "Requests of one user at once.", FERRY_TARGET(limits.request_burst), R::none, 1,
       1'000'000},
      {"limits", "subscription-rate", "N",
       "Requests that change roster or subscriptions a second, of one user; wishes to subscribe of one XMPP user. 0: "
       "no "
       "limit.",
       FERRY_TARGET(limits.subscription_rate), R::none, 0, 1'000'000},
      {"limits", "subscription-burst", "N", "Such requests or wishes at once.", FERRY_TARGET(limits.subscription_burst),
       R::none, 1, 1'000'000},
      {"limits", "peer-rate", "N", "Stanzas a second of one XMPP user to all users here, sustained. 0: no limit.",
       FERRY_TARGET(limits.peer_rate), R::none, 0, 1'000'000},
      {"limits", "peer-burst", "N", "Stanzas of one XMPP user at once.", FERRY_TARGET(limits.peer_burst), R::none, 1,
       1'000'000},
      {"limits", "domain-rate", "N",
       "Stanzas a second of all people of one domain that is neither the server's nor ours, sustained. 0: no limit.",
       FERRY_TARGET(limits.domain_rate), R::none, 0, 10'000'000},
      {"limits", "domain-burst", "N", "Stanzas of one such domain at once.", FERRY_TARGET(limits.domain_burst), R::none,
       1, 10'000'000},
      {"limits", "user-devices", "N", "Devices of one user.", FERRY_TARGET(limits.user_devices), R::none, 1, 10'000},
      {"limits", "roster-items", "N", "Contacts of one user.", FERRY_TARGET(limits.roster_items), R::none, 1,
       1'000'000},
      {"limits", "feed-rate", "N", "Publishes a second that one feed carries, sustained. 0: no limit.",
       FERRY_TARGET(limits.feed_rate), R::none, 0, 1'000'000},
      {"limits", "feed-burst", "N", "Publishes of one feed at once.", FERRY_TARGET(limits.feed_burst), R::none, 1,
       1'000'000},
      {"limits", "feed-followers", "N", "Followers of one feed.", FERRY_TARGET(limits.feed_followers), R::none, 1,
       1'000'000},

      {"process",
       "user",
       "NAME",
       "Started as root, ferryd becomes this user before it opens anything; the store's directory and the secret files "
       "must be this user's.",
       FERRY_TARGET(process.user),
       R::none,
       0,
       0,
       {},
       "stay who started it"},

      {"log", "level", "LEVEL", "error, warning, info or debug. Bodies and secrets are never logged.",
       FERRY_TARGET(log.level)},
      {"log", "messages", "BOOL",
       "A line for every step of every message, with its id, sender and recipient, never its body. SIGHUP changes it.",
       FERRY_TARGET(log.messages)},

      {"capture",
       "file",
       "FILE",
       "Where to record (mode 0600); compressed if it ends in .zst. SIGHUP opens it again.",
       FERRY_TARGET(capture.file),
       R::path,
       0,
       0,
       {},
       "nothing is recorded"},
      {"capture", "rotate", "BYTES",
       "A file of this size becomes FILE.1, that one FILE.2, and so on to FILE.4. 0: never.",
       FERRY_TARGET(capture.rotate), R::none, 0, 1ULL << 50},
      {"capture", "redact", "yes|keep-bodies|keep-jids|no",
       "yes: names, texts and addresses become pseudonyms, secrets go. keep-bodies, keep-jids: these stay as they are. "
       "no: "
       "everything stays, passwords too.",
       FERRY_TARGET(capture.redact)},
  };
}

#undef FERRY_TARGET

}  // namespace

const std::vector<Key>& keys() {
  static const std::vector<Key> table = make_keys();
  return table;
}

const Key* find_key(std::string_view section, std::string_view name) {
  for (const Key& key : keys())
    if (key.section == section && key.name == name) return &key;
  return nullptr;
}

std::string flag_name(const Key& key) { return std::string(key.section) + '.' + std::string(key.name); }

std::string environment_name(const Key& key) {
  std::string out = "FERRY_" + flag_name(key);
  for (char& c : out) {
    if (c == '.' || c == '-') c = '_';
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

}  // namespace ferry
