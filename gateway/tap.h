// Records what the links carry, as a capture (gateway/capture/record.h): [capture] file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/options.h"
#include "gateway/capture/redaction.h"
#include "gateway/capture/writer.h"
#include "gateway/links/link_event.h"
#include "gateway/session/session_event.h"

namespace ferry {

// One instance is one recording, through all its files. Nothing of it is part of the commit, and nothing waits for it:
// what cannot be written is counted, said once, and tried again. Stanzas and publishes are recorded as the links hand
// them over and get them; what libmosquitto sends again after a reconnect is not seen here.
class Tap {
 public:
  static constexpr Duration flush_time = second;      // after which a record can be read in the file
  static constexpr Duration try_again_time = minute;  // when the file could not be written

  Tap(const Options& options, std::string key, Inbox& inbox);  // key: of the pseudonyms
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  void came(const std::vector<LinkEvent>& events);          // before the brain takes them
  void passed(const std::vector<SessionTraffic>& traffic);  // of the sessions, both ways
  void goes(const Effects& effects, bool component_is_up);  // before the links take them
  void write(Steady now, bool reopen);                      // after the commit, and after the links have written
  void close();                                             // the streams have ended, and so does the file
  std::optional<Steady> deadline() const;

  std::uint64_t recorded() const { return recorded_; }
  std::uint64_t lost() const { return lost_; }

 private:
  // One of our links: a stream of it after the other.
  struct Link {
    StreamKind kind;
    std::string name, local, jid;
    std::string from, to;  // of its stream headers
    std::uint64_t number = 0;
    bool open = false;
  };
  void begin(Link& link);
  void end(Link& link, std::string reason);
  template <class What>
  void add(const Link& link, Direction direction, What what);
  void take(const LinkEvent& event);
  void open_file(Steady now);
  void failed(std::string why, Steady now);  // a copy: the file that said it goes
  void put(Record& record);

  const Options::Capture settings_;
  Inbox& inbox_;
  Link component_, broker_;
  const std::string session_local_;
  std::map<std::string, Link> sessions_;  // by account: those that are open
  std::uint64_t sessions_begun_ = 0;
  std::optional<Redaction> redaction_;  // nothing: records stay as they are
  std::optional<CaptureWriter> file_;   // nothing: it could not be opened
  std::vector<Record> waiting_;
  std::uint64_t recorded_ = 0, lost_ = 0;
  bool failing_ = false;
  Steady flush_at_ = 0, try_at_ = 0;  // 0: not asked for
};

}  // namespace ferry
