// The streams of an import: reassembles each, checks its stanzas, and makes records of them.
#pragma once

#include <array>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "tools/ferry-replay/import_sink.h"
#include "tools/ferry-replay/stanza_scanner.h"
#include "tools/ferry-replay/stanza_text.h"

namespace ferry::intake {

// One instance is one import; keys of different files are kept apart by forget().
class Streams {
 public:
  explicit Streams(Sink& sink) : sink_(sink), scopes_{std::make_shared<const Scope>()} {}

  void open(const Seen& seen);  // a new connection; what had the key before is over
  void data(const Seen& seen, std::string_view bytes, bool fresh);
  void gap(const Seen& seen, std::string_view why);  // bytes are missing here
  void damage(const Seen& seen, std::uint64_t bytes, std::string_view why);
  void close(const Seen& seen, std::string_view reason);
  void publish(const Seen& seen, CapturedPublish&& publish);
  bool inside(const Seen& seen) const;                                              // of an unfinished stanza
  bool knows(std::string_view id) const { return ids_.contains(std::string(id)); }  // of some server's stream header
  void forget();  // everything ends; what is unfinished is damage

 private:
  struct Side {
    Side(bool plausible, std::shared_ptr<const Scope> usual) : scanner(plausible), scope(std::move(usual)) {}
    StanzaScanner scanner;
    std::shared_ptr<const Scope> scope;
  };
  struct Stream {
    std::string key, name;
    StreamKind kind = StreamKind::unknown;
    std::string local, remote, jid, error;
    std::int64_t time = 0;
    bool infer = false;
    bool closed = false, opaque = false, tls = false;  // tls: may have begun
    std::array<std::unique_ptr<Side>, 3> sides;        // by direction
    std::list<Stream*>::iterator use;
  };
  class Reader;  // what the scanner of a side finds

  Stream& stream(const Seen& seen);
  Stream*& near(std::string_view key) { return near_[std::hash<std::string_view>()(key) % near_.size()]; }
  Stream& added(std::string_view key);
  Side& side(Stream& s, const Seen& seen);
  void finish(Stream& s, std::string_view why);
  void end(Stream& s, std::string_view why);
  void bound();
  Record& record(const Stream& s, const Seen& seen);  // until the next call
  std::shared_ptr<const Scope> shared(Scope&& scope);
  void close(Stream& s, const Seen& seen, std::string_view reason);

  Sink& sink_;
  StanzaCheck check_;
  Record record_;
  std::vector<std::shared_ptr<const Scope>> scopes_;  // a few that many streams have, the default one first
  std::unordered_map<std::string_view, std::unique_ptr<Stream>> streams_;  // the key is the Stream's
  std::array<Stream*, 8'192> near_{};  // of them, each where the hash of its key says: found at one look, as a rule
  std::list<Stream*> uses_;            // the latest first
  std::unordered_set<std::string> ids_;
  std::size_t held_ = 0;
};

}  // namespace ferry::intake
