// One account's session before a pretended server: what it hears, what it says, what it tells. One instance is one.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "gateway/session/account_session.h"

namespace ferry {
namespace account_session_test {

inline const Jid bob = *Jid::parse("bob@corp.example"), bob_here = *Jid::parse("bob@corp.example/ferry");

inline Element xml(const std::string& text) {
  auto element = parse_xml(text);
  EXPECT_TRUE(element) << text;
  return std::move(*element);
}

// One account's session, and what it said last.
struct Session {
  explicit Session(SessionAccount account, Duration away_poll = 0) : session(std::move(account), away_poll) {
    session.bound(bob_here, true, now);
    collect();
  }
  void hear(const std::string& stanza) {
    session.on_stanza(xml(stanza), now);
    collect();
  }
  void collect() {
    out = session.take();
    refused += out.refused;
    for (std::string& s : out.stanzas) said.push_back(xml(s));
    for (SessionEvent& e : out.events) events.push_back(std::move(e));
  }
  // The answers to the first four requests.
  void answer(const std::string& newest = "n9", bool archive = true, bool carbons = true) {
    hear("<iq id='ferry-carbons' type='" + std::string(carbons ? "result" : "error") + "'/>");
    hear("<iq id='ferry-blocklist' type='result'><blocklist xmlns='urn:xmpp:blocking'/></iq>");
    hear("<iq id='ferry-roster' type='result' from='bob@corp.example'><query xmlns='jabber:iq:roster' ver='2'/></iq>");
    hear(archive ? fin("ferry-newest", newest, true) : "<iq id='ferry-newest' type='error'/>");
  }
  static std::string fin(const std::string& id, const std::string& last, bool complete) {
    return "<iq id='" + id + "' type='result'><fin xmlns='urn:xmpp:mam:2' complete='" + (complete ? "true" : "false") +
           "'><set xmlns='http://jabber.org/protocol/rsm'>" + (last.empty() ? "" : "<last>" + last + "</last>") +
           "</set></fin></iq>";
  }
  void archived(const std::string& query, const std::string& id, const std::string& by = "bob@corp.example",
                const std::string& from = "alice@corp.example/a") {
    hear("<message from='" + by + "'><result xmlns='urn:xmpp:mam:2' queryid='" + query + "' id='" + id +
         "'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2026-11-20T10:00:00Z'/>"
         "<message xmlns='jabber:client' from='" +
         from + "'><body>" + id + "</body></message></forwarded></result></message>");
  }
  void appear() {
    session.say_presence("<presence/>", now);
    collect();
  }
  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const SessionEvent& e : events)
      if (const T* one = std::get_if<T>(&e)) found.push_back(*one);
    return found;
  }
  void wait(Duration time) {
    session.on_time(now += time);
    collect();
  }
  void settle(const std::string& last = "") {  // the archive has nothing more
    wait(AccountSession::settle_time);
    hear(fin(last_query(), last, true));
  }
  std::string last_query() const {  // the id of the latest archive query
    for (auto it = said.rbegin(); it != said.rend(); ++it)
      if (it->attr_or("id").starts_with("ferry-archive-")) return std::string(it->attr_or("id"));
    return {};
  }
  std::size_t presences() const {
    return static_cast<std::size_t>(
        std::count_if(said.begin(), said.end(), [](const Element& e) { return e.is("presence", ns::client); }));
  }

  AccountSession session;
  AccountSession::Output out;
  std::vector<Element> said;
  std::vector<SessionEvent> events;
  std::size_t refused = 0;
  Steady now = 1'000'000;
};

inline SessionAccount account(std::string archive_id = {}, std::optional<Instant> start = {}) {
  return {bob, "pw", {}, {}, "ferry", "<presence><priority>5</priority></presence>", "1", std::move(archive_id), start};
}

inline std::string live(const std::string& id, const std::string& from = "alice@corp.example/a") {
  return "<message from='" + from +
         "'><body>live</body><stanza-id xmlns='urn:xmpp:sid:0' "
         "by='bob@corp.example' "
         "id='" +
         id + "'/></message>";
}

// Each stanza's archive id, with a mark where it is not the archive's copy.
inline std::vector<std::string> order(const Session& s) {
  std::vector<std::string> out;
  for (const SessionStanza& one : s.all<SessionStanza>())
    if (!one.archive_id.empty())
      out.push_back(one.archive_id + (one.source == SessionStanza::Source::archive ? "" : " live"));
  return out;
}

inline std::string carbon(const std::string& outer_from, const std::string& kind, const std::string& archive_id = {}) {
  return "<message from='" + outer_from + "'><" + kind +
         " xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
         "<message xmlns='jabber:client' from='bob@corp.example/desk' to='alice@corp.example'><body>c</body>" +
         (archive_id.empty() ? ""
                             : "<stanza-id xmlns='urn:xmpp:sid:0' by='bob@corp.example' id='" + archive_id + "'/>") +
         "</message></forwarded></" + kind + "></message>";
}

}  // namespace account_session_test
}  // namespace ferry
