// What happens in a storm over accounts, one function each.
#pragma once

#include "tests/brain/account_storm.h"

namespace ferry {

inline void AccountStorm::happens_to_the_links() {
  switch (draw_(4)) {
    case 0:
      return link_server();
    case 1:
      return outside_.server ? component_down() : link_server();
    case 2:
      return link_broker(draw_(4) != 0);
    default:
      return unlink_broker();
  }
}

// The process ends: as asked, or killed right after a commit, before anything of it went out.
inline void AccountStorm::restart() {
  if (draw_(2)) {
    tick("shut down", [&] { brain_->shut_down(now); });
  } else {
    const auto said = words_.publish();
    if (!said.publish.retain) brain_->on_publish(said.publish, now);
    brain_->end_of_batch(now);
    brain_->take_effects();
  }
  outside_.process_ended();
  watch_.process_ended();
  server_.gateway_died();
  lists_.gateway_died();
  missed_.clear();
  start();
  if (draw_(4)) brain_up();
}

inline void AccountStorm::happens_to_the_server() {
  const std::string account = words_.pick(AccountWords::accounts);
  switch (draw_(10)) {
    case 0:
      server_.answers = !server_.answers;
      break;
    case 1:
      server_.acknowledges = !server_.acknowledges;
      break;
    case 2:
      server_.reachable = !server_.reachable;
      break;
    case 3:
      lists_.answers = !lists_.answers;
      break;
    case 4:
      lists_.keeps_subscriptions = !lists_.keeps_subscriptions;
      break;
    case 5:
      if (draw_(4) == 0) lists_.dies = true;
      if (draw_(2) == 0) forget_archive(account);
      if (draw_(4) == 0) lists_.refusals[""] = "forbidden";
      break;
    case 6:
      if (!server_.wanted.contains(account)) break;
      missed_.erase(account);
      server_.lose(account, true);
      break;
    case 7:
      if (!server_.up.contains(account)) break;
      missed_[account] = archive_[account].size();
      server_.lose(account);
      break;
    default:
      comes_up(account);
      break;
  }
}

// As a link does by itself. A session that is resumed has lost nothing, either way.
inline void AccountStorm::comes_up(const std::string& account) {
  if (!server_.wanted.contains(account) || server_.up.contains(account)) return;
  const auto missed = missed_.find(account);
  const bool resumed = missed != missed_.end() && draw_(3) != 0;
  server_.come_up(account, resumed);
  if (resumed) {
    server_.acknowledge(account);
    const std::vector<Entry> all = archive_[account];
    for (std::size_t n = missed->second; n < all.size(); ++n)
      if (all[n].xml.find(account + "/ferry") == std::string::npos)
        entry(account, {all[n].id, all[n].xml, std::nullopt}, Brain::SessionSource::live);
  }
  missed_.erase(account);
}

inline void AccountStorm::turn_of_the_server() {
  if (!outside_.server) stanzas.clear();
  after_tick();
  server_.sent.clear();
}

// What an account's session has sent: the server archives it.
inline void AccountStorm::took(const std::string& account, const Element& e) {
  if (e.name != "message") return;
  if (std::string wrong = watch_.taken(account, e); !wrong.empty()) fault(wrong);
  if (e.attr_or("type") == "groupchat" || !e.child("body", ns::client)) return;
  Element copy = e;
  copy.set("from", account + "/ferry");
  archive_[account].push_back({"a" + std::to_string(++entries_), to_xml(copy, ns::client), now});
}

// A contact writes to an account: its server archives it, and gives it to the session if there is one.
inline void AccountStorm::contact_says() {
  const std::string account = words_.pick(AccountWords::accounts), from = words_.pick(AccountWords::contacts);
  if (from == account) return;
  const std::string text = words_.text();
  const Entry entry_of_it{"a" + std::to_string(++entries_),
                          "<message type='chat' from='" + from + "/spark' to='" + account + "' id='m" +
                              std::to_string(draw_(8)) + "'><body>" + text + "</body></message>",
                          now};
  archive_[account].push_back(entry_of_it);
  watch_.said_to(account, from, text);
  if (server_.up.contains(account)) entry(account, {entry_of_it.id, entry_of_it.xml, std::nullopt}, source(true));
}

// What the archive has after the place that the gateway named, in order; now and then not all of it.
inline void AccountStorm::catch_up(const std::string& account) {
  const std::vector<Entry> all = archive_[account];
  const auto place =
      std::find_if(all.begin(), all.end(), [&](const Entry& e) { return e.id == server_.places[account]; });
  std::string last;
  for (auto it = place == all.end() ? all.begin() : place + 1; it != all.end(); ++it) {
    if (place == all.end() && it->stamp < server_.since[account]) continue;
    if (!calm_ && draw_(40) == 1) {
      if (draw_(2)) return server_.lose(account);
      watch_.gap();
      gaps_.insert(account);
      return session_caught_up(account, last, false);
    }
    entry(account, *it, Brain::SessionSource::archive);
    last = it->id;
  }
  gaps_.erase(account);
  session_caught_up(account, last, true);
}

// Archives do not keep for ever: what the gateway has taken is not there any more.
inline void AccountStorm::forget_archive(const std::string& account) {
  std::vector<Entry>& all = archive_[account];
  const auto place =
      std::find_if(all.begin(), all.end(), [&](const Entry& e) { return e.id == server_.places[account]; });
  if (place == all.end()) return;
  all.erase(all.begin(), place + 1);
  missed_.erase(account);
}
inline void AccountStorm::in_a_room() {
  const std::string room = draw_(3) ? "sea@rooms.corp.example" : "ops@rooms.corp.example";
  OldRoom& r = server_.rooms.rooms[room];
  const std::string nick = r.occupants.empty() || draw_(2) ? "alice" : r.occupants.begin()->first;
  switch (draw_(8)) {
    case 0:
      r.gives_ids = !r.gives_ids;
      break;
    case 1:
      r.refuses = r.refuses.empty() ? std::array{"conflict", "forbidden", "service-unavailable"}[draw_(3)] : "";
      break;
    case 2:
      r.deaf = !r.deaf;
      break;
    case 3:
      server_.rooms.ping_error = server_.rooms.ping_error.empty() ? "service-unavailable" : "";
      break;
    case 4:
      if (r.occupants.contains(nick))
        server_.rooms.ends(room, nick,
                           "<status code='" + std::to_string(std::array{301, 307, 321, 332}[draw_(4)]) + "'/>");
      break;
    case 5:
      r.occupants.clear();  // the service has forgotten who is there
      break;
    default:
      server_.rooms.says(room, "alice", "<body>" + words_.text() + "</body>", draw_(2) ? "" : "r1");
      break;
  }
}

inline void AccountStorm::publish() {
  const AccountWords::Said said = words_.publish();
  watch_.asked(said);
  // What nobody can undo: a subscription that somebody must agree to anew, a request that was answered.
  if (said.request == "unsubscribe" || said.request == "roster.remove" || said.request == "deny" ||
      said.request == "approve")
    changed_.insert(said.user);
  if (said.publish.retain) outside_.retained[said.publish.topic] = said.publish.payload;
  tick("^ " + said.publish.topic + " " + said.publish.payload, [&] { brain_->on_publish(said.publish, now); });
}

inline void AccountStorm::acknowledge() {
  constexpr std::array<int, 8> reasons{0, 0, 0, 0, 0, 0x10, 0x10, 0x97};
  for (std::size_t n = draw_(6) + 1; n > 0 && !outside_.tokens.empty(); --n) {
    const std::int64_t token = outside_.tokens.front();
    outside_.tokens.erase(outside_.tokens.begin());
    tick("published " + std::to_string(token),
         [&] { brain_->on_published(token, reasons[draw_(reasons.size())], now); });
  }
  for (const Element& iq : std::exchange(outside_.asked, {})) {
    if (iq.child("query", "jabber:iq:roster")) continue;  // of the lists
    Element e("iq");
    e.set("type", "result").set("id", iq.attr_or("id")).set("from", iq.attr_or("to")).set("to", iq.attr_or("from"));
    tick("answer " + std::string(iq.attr_or("id")), [&] { brain_->on_stanza(std::move(e), now); });
  }
}

inline void AccountStorm::command(const std::string& text) {
  const auto document = JsonDocument::parse(text);
  if (!document) return fault("a storm's own fault: no JSON: " + text);
  if (text.find("\"keep\":true") != std::string::npos)
    changed_.insert({"bob@corp.example", "dora@corp.example", "ann@corp.example"});
  tick("$ " + text, [&] {
    if (!JsonDocument::parse(brain_->on_command(document->root(), now))) fault("a command was not answered in JSON");
  });
}

inline void AccountStorm::calm() {
  server_.answers = server_.acknowledges = server_.reachable = lists_.answers = true;
  lists_.dies = false;
  lists_.refusals.clear();
  server_.rooms.ping_error.clear();
  if (!outside_.server) link_server();
  if (!outside_.broker) link_broker(true);
  calm_ = true;
  missed_.clear();
  for (const std::string& account : std::set<std::string>(server_.up)) server_.lose(account);
  for (int n = 0; n < 30 && wrong_.empty(); ++n) {
    for (const std::string& account : std::set<std::string>(server_.wanted)) comes_up(account);
    pass((n < 15 ? 2 : 6) * second);
    while (wrong_.empty() && !outside_.tokens.empty()) {
      const std::int64_t token = outside_.tokens.front();
      outside_.tokens.erase(outside_.tokens.begin());
      tick("published " + std::to_string(token), [&] { brain_->on_published(token, 0, now); });
    }
    acknowledge();
    if (n == 5)  // a sign of life of everyone: what waited comes
      for (const char* user : AccountWords::users) {
        InPublish p;
        p.topic = "im/v1/u/" + std::string(user) + "/out/act";
        p.payload = R"({"to":"alice@corp.example","state":"active"})";
        p.qos = 1;
        tick("^ " + p.topic, [&] { brain_->on_publish(p, now); });
      }
  }
}

}  // namespace ferry
