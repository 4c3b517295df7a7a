// The pretended legacy server's other side: contact lists that it lets our component read and write (XEP-0356), as
// Prosody's mod_privilege does. One instance works on the accounts of one OldServer, and outlives every gateway.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "tests/brain/old_server.h"

namespace ferry {

class OldLists {
 public:
  OldLists(Doors& gateway, OldServer& server) : gateway_(gateway), server_(server) {
    gateway_.after_tick = [this] {
      server_.work();
      work();
    };
  }

  bool answers = true;
  bool keeps_subscriptions = false;             // of a write it takes all but the subscription, as ejabberd does
  std::map<std::string, std::string> refusals;  // of writes, by account; "" is everybody
  bool dies = false;                            // a write ends the stream, before anything is written
  std::vector<std::string> read, written;       // accounts
  std::vector<Element> unanswered;              // while it does not

  void say(const std::string& perm = "<perm access='roster' type='both'/>", const std::string& version = "2",
           const std::string& from = "corp.example") {
    gateway_.xmpp("<message from='" + from + "' to='mqtt.corp.example'><privilege xmlns='urn:xmpp:privilege:" +
                  version + "'>" + perm + "</privilege></message>");
  }
  // Takes off the stage what is for it, until nothing follows.
  void work() {
    if (working_) return;
    working_ = true;
    try {
      for (bool more = true; more;) {
        more = false;
        const auto ours = std::find_if(gateway_.stanzas.begin(), gateway_.stanzas.end(), [](const Element& e) {
          return e.name == "iq" && e.attr_or("from") == "mqtt.corp.example" && e.child("query", "jabber:iq:roster");
        });
        if (ours == gateway_.stanzas.end()) break;
        const Element iq = std::move(*ours);
        gateway_.stanzas.erase(ours);
        more = true;
        answers ? take(iq) : unanswered.push_back(iq);
      }
    } catch (...) {
      working_ = false;
      throw;
    }
    working_ = false;
  }
  void take(const Element& iq) {
    const std::string to(iq.attr_or("to"));
    if (iq.attr_or("type") == "get") {
      read.push_back(to);
      return answer(iq, "result", server_.roster_of(to));
    }
    written.push_back(to);
    if (dies) {
      dies = false;
      gateway_.component_down();
      return;
    }
    for (const std::string& who : {to, std::string()})
      if (const auto refusal = refusals.find(who); refusal != refusals.end())
        return answer(
            iq, "error",
            "<error type='cancel'><" + refusal->second + " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
    const Element& item = *iq.first_child()->first_child();
    auto& roster = server_.accounts[to].roster;
    const std::string jid(item.attr_or("jid")), subscription(item.attr_or("subscription"));
    if (subscription == "remove") {
      if (roster.erase(jid) == 0)
        return answer(iq, "error",
                      "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
    } else {
      OldAccount::Item& known = roster[jid];
      known.name = item.attr_or("name");
      known.groups.clear();
      for (const Node& n : item.children)
        if (n.element()) known.groups.insert(n.element()->text());
      if (!keeps_subscriptions) {
        known.to = subscription == "to" || subscription == "both";
        known.from = subscription == "from" || subscription == "both";
        known.ask = known.ask && !known.to;
      }
    }
    answer(iq, "result", "");
  }
  void answer(const Element& iq, const std::string& type, const std::string& inside, std::string from = {}) {
    if (from.empty()) from = iq.attr_or("to");
    gateway_.xmpp("<iq type='" + type + "' id='" + std::string(iq.attr_or("id")) + "' from='" + from +
                  "' to='mqtt.corp.example'>" + inside + "</iq>");
  }
  void gateway_died() {
    working_ = false;
    unanswered.clear();
    gateway_.stanzas.clear();
  }

 private:
  Doors& gateway_;
  OldServer& server_;
  bool working_ = false;
};

}  // namespace ferry
