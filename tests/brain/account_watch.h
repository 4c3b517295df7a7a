// What must hold of accounts over time, whatever comes in (tests/brain/invariants.h looks at one effect):
//
//   whose      a session's stanzas are of an account that is on its way, and never say who they are from
//   shadow     nothing is shown to whoever has not moved, or not yet
//   once       what was said to an account is on in/msg under one id; what its owner says goes to the server once
//   order      what one contact says to one account is first shown in the order in which it was said
//   answers    a request is answered once
//
// One instance watches one storm, through all its restarts. Each question gives the first broken rule, empty if none.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gateway/brain/records.h"
#include "tests/brain/account_storm_words.h"
#include "tests/brain/invariants.h"

namespace ferry {

class AccountWatch {
 public:
  AccountWatch(const Options& options, Records& records) : options_(options), records_(records) {}

  std::string after(const Effects& effects);
  // The server has it until it was taken.
  void said_to(const std::string& account, const std::string& from, const std::string& text) {
    if (on_its_way(account)) waiting_[account][text] = from;
    said_.emplace(text, from);
  }
  void asked(const AccountWords::Said& said) {
    if (!said.request.empty()) requests_.insert(said.id);
  }
  // The server of the account has taken a message of its owner's.
  std::string taken(const std::string& account, const Element& message);
  void gap() { gap_ = true; }  // an archive was not read to its end: what went out may go again, what came comes later

  // What a room says while we ask to come in is known from its history by what it says, as long as the process lives.
  // An answer that the broker had not acknowledged comes again.
  void process_ended() {
    restarted_ = true;
    records_.each_request([this](const RequestRecord& r) {
      if (r.state != RequestState::taken) answered_.erase(r.id);
    });
  }

  // Both links up, all sessions up and answered, time passed: what has not come.
  std::string at_rest() const;
  AccountState state_of(const std::string& account) const {
    const auto it = states_.find(account);
    return it == states_.end() ? AccountState::legacy : it->second;
  }

 private:
  static std::string text_in(std::string_view field) {
    const std::size_t end = field.find('.');
    const bool ours = field.size() > 1 && field.front() == 't' && end != std::string_view::npos;
    return ours ? std::string(field.substr(0, end + 1)) : std::string();
  }
  static bool carries(AccountState s) { return s != AccountState::legacy && s != AccountState::shadow; }
  bool on_its_way(const std::string& account) const {
    const AccountState state = state_of(account);
    return state == AccountState::dual || state == AccountState::moved;
  }
  std::string of_session(const SessionEffect& e, const std::map<std::string, AccountState>& before) const;
  std::string of_publish(const Publish& p, const std::map<std::string, AccountState>& before);

  const Options& options_;
  Records& records_;
  std::map<std::string, AccountState> states_;
  std::map<std::string, std::map<std::string, std::string>> waiting_;  // by account: text, from; not shown yet
  std::map<std::string, std::string> said_;                            // text, from
  std::map<std::string, std::string> shown_;                           // owner and text: the id it has
  std::map<std::string, int> latest_;                                  // owner and sender: number of the last first
  std::set<std::string> requests_, answered_;
  std::map<std::string, int> sent_;  // account and id
  bool gap_ = false, restarted_ = false;
};

inline std::string AccountWatch::after(const Effects& effects) {
  const auto before = std::exchange(states_, {});
  records_.each_account([&](const AccountRecord& r) { states_[r.jid.str()] = r.state; });
  for (const auto& [account, state] : states_)
    if (!on_its_way(account)) waiting_.erase(account);
  // Who begins anew may use the same ids again, and a room gives its history anew.
  const auto forget = [](auto& known, const std::string& account) {
    std::erase_if(known, [&](const auto& entry) { return entry.first.starts_with(account + " "); });
  };
  for (const auto& [account, state] : states_)
    if (state == AccountState::legacy) forget(shown_, account), forget(sent_, account);
  if (std::string wrong = broken_rule(effects, options_); !wrong.empty()) return wrong;
  for (const SessionEffect& e : effects.sessions)
    if (std::string wrong = of_session(e, before); !wrong.empty()) return wrong + ": " + e.account + " " + e.text;
  for (const Publish& p : effects.publishes)
    if (std::string wrong = of_publish(p, before); !wrong.empty()) return wrong + ": " + p.topic + " " + p.payload;
  return {};
}

inline std::string AccountWatch::of_session(const SessionEffect& e,
                                            const std::map<std::string, AccountState>& before) const {
  const auto was = before.find(e.account);
  if (state_of(e.account) == AccountState::legacy && (was == before.end() || was->second == AccountState::legacy))
    return "a session of somebody who stays";
  const bool stanza =
      e.what == SessionEffect::What::send || (e.what == SessionEffect::What::presence && !e.text.empty());
  if (!stanza) return {};
  const auto xml = parse_xml(e.text);
  if (!xml) return "not XML";
  if (xml->attr("from")) return "says who it is from";
  if (xml->name != "message" && xml->name != "presence" && xml->name != "iq") return "no stanza";
  if (state_of(e.account) == AccountState::shadow && was != before.end() && was->second == AccountState::shadow &&
      (xml->name == "message" || e.what == SessionEffect::What::presence))
    return "a shadow that speaks";
  return {};
}

inline std::string AccountWatch::of_publish(const Publish& p, const std::map<std::string, AccountState>& before) {
  const std::string users = options_.broker.root + "/u/";
  if (!p.topic.starts_with(users) || p.payload.empty()) return {};
  const std::size_t end = p.topic.find('/', users.size());
  const std::string owner = p.topic.substr(users.size(), end - users.size()), leaf = p.topic.substr(end + 1);
  if (!owner.ends_with("@" + options_.component.domain)) {
    const auto was = before.find(owner);
    if (!carries(state_of(owner)) && (was == before.end() || !carries(was->second)))
      return !p.retain && p.payload.find("the account is not at MQTT yet") != std::string::npos
                 ? std::string()
                 : "shown to who has not moved";
  }
  const auto document = JsonDocument::parse(p.payload);
  if (!document) return {};
  const std::string id(document->root()["id"].string().value_or(""));
  if (leaf.starts_with("in/res/") && requests_.contains(id) && !answered_.insert(id).second) return "answered twice";
  const std::string text = text_in(document->root()["body"].string().value_or(""));
  if (leaf != "in/msg" || text.empty()) return {};
  for (auto& [account, texts] : waiting_) texts.erase(text);
  if (restarted_ && document->root()["room"]) return {};
  const auto [it, first] = shown_.emplace(owner + " " + text, id);
  if (!first) return it->second == id ? "" : "shown twice, as " + it->second + " before";
  const auto said = said_.find(text);
  if (said == said_.end()) return {};
  int& latest = latest_[owner + " " + said->second];
  const int number = std::stoi(text.substr(1));
  if (number < latest && !gap_) return "shown after t" + std::to_string(latest);
  latest = std::max(latest, number);
  return {};
}

inline std::string AccountWatch::taken(const std::string& account, const Element& message) {
  const std::string id(message.attr_or("id"));
  if (id.empty() || message.attr_or("type") == "error" || message.attr_or("type") == "groupchat") return {};
  if (message.attr_or("to").find("@rooms.") != std::string_view::npos || !message.child("body", ns::client)) return {};
  return ++sent_[account + " " + id] > 1 && !gap_ ? "sent twice: " + to_xml(message, ns::client) : "";
}

inline std::string AccountWatch::at_rest() const {
  for (const auto& [account, texts] : waiting_)
    if (on_its_way(account) && !texts.empty())
      return "lost: " + texts.begin()->first + " of " + texts.begin()->second + " to " + account;
  return {};
}

}  // namespace ferry
