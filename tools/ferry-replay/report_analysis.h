// Reads a capture's records, one after the other and once, and keeps what a report needs of them in bounded memory.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "gateway/capture/record.h"
#include "tools/ferry-replay/report_gaps.h"
#include "tools/ferry-replay/report_hours.h"
#include "tools/ferry-replay/report_people.h"
#include "tools/ferry-replay/report_wire.h"

namespace ferry::report {

struct Count {
  std::int64_t count = 0;
};
struct TypeCount : Count {
  std::array<std::int64_t, verdicts> by_verdict{};
  std::int64_t bytes = 0;
};
struct NamespaceCount : TypeCount {
  Distinct users;
};
struct ClientCount : Count {
  Distinct users;
};
struct DamageCount : Count {
  std::uint64_t first_line = 0;
};

class Analysis {
 public:
  struct Settings {
    Tree tree;
    // What an example may show of a record; it may say no with an empty text. Redaction, where the capture is not.
    std::function<std::string(const Record&)> shown;
  };
  explicit Analysis(Settings settings);

  void add(const Record& record, std::uint64_t line);

  // What it knows now.
  std::int64_t stanzas = 0, publishes = 0, damaged = 0, unreadable = 0, bytes = 0;
  std::array<std::int64_t, verdicts> by_verdict{};
  std::array<std::int64_t, 5> by_stream_kind{};  // stanzas, by StreamKind
  bool has_direction = false;
  Tally<TypeCount> types{64};  // "message chat"
  Tally<NamespaceCount> namespaces;
  Tally<ClientCount> caps, versions;
  Tally<DamageCount> damages;
  std::int64_t other_elements = 0;
  Tally<Count> elements;  // of streams and log-ins: acknowledgements, features, SASL …
  Tally<Count> sources;   // damage that the capture itself records
  Budget sets{most_set_entries};
  Gaps gaps{sets};
  People people{sets};
  Hours hours;
  WireMeter meter;

 private:
  void stanza(const Record& record, const std::string& xml, std::uint64_t line);
  void damage(const std::string& text, std::uint64_t line);
  void count_payloads(const Stanza& s, const Judgement& judgement, const std::vector<Digest>& users);
  void clients(const Stanza& s, const std::optional<Jid>& from);
  std::string asked(const Stanza& s, const Record& record);
  std::optional<Jid> account(const Record& record, const Stanza& s);

  Settings settings_;
  std::unordered_map<Digest, std::string> pending_;   // requests without an answer: their namespaces
  std::unordered_map<Digest, std::string> accounts_;  // whose stream it is, learned from what the server sent there
};

}  // namespace ferry::report
