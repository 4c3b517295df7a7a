// A pretended legacy server, as much of it as accounts' sessions need: rosters and subscriptions (RFC 6121, appendix A
// as the user's server does it), cards, block lists, offline messages; and the session link before it. Contacts never
// answer. One instance is one server; what it stores outlives every session and every gateway.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/brain/doors.h"
#include "tests/brain/old_rooms.h"

namespace ferry {

struct OldAccount {
  struct Item {
    std::string name;
    std::set<std::string> groups;
    bool to = false, from = false, ask = false;
    friend auto operator<=>(const Item&, const Item&) = default;
  };
  std::map<std::string, Item> roster;
  std::set<std::string> pending, approved, blocked;  // pending: they asked
  std::string card, stored, published;               // the last two: answers to requests for bookmarks
  std::vector<std::string> there;                    // presences that a session hears once it is available
  friend auto operator<=>(const OldAccount&, const OldAccount&) = default;
};

class OldServer {
 public:
  explicit OldServer(Doors& gateway)
      : rooms([this](const std::string& account, const std::string& xml) { deliver(account, xml); },
              [this] { return gateway_.now; }),
        gateway_(gateway) {
    gateway_.after_tick = [this] { work(); };
  }

  std::map<std::string, OldAccount> accounts;
  bool answers = true;                        // iqs
  bool acknowledges = true;                   // stanzas with a token
  bool reachable = true;                      // sessions come up
  std::set<std::string> wanted;               // to be kept logged in
  std::set<std::string> offline_first;        // of these: what was kept comes with the presence, before all else
  std::vector<std::string> wants;             // the same, in the order in which it was said
  std::map<std::string, Instant> since;       // where it begins without a place
  std::map<std::string, std::string> places;  // up to which the gateway has each account's archive
  // At each log-in, the archive: all that is missing has come.
  std::function<void(const std::string& account)> catch_up = [this](const std::string& account) {
    gateway_.session_caught_up(account, "");
  };
  std::map<std::string, std::string> presences;       // of our sessions, as XML
  std::vector<std::pair<std::string, Element>> sent;  // messages and presences that left accounts' sessions
  std::function<void(const std::string& account, const Element&)> took = [](auto&, auto&) {};  // each of these
  std::vector<std::pair<std::string, Element>> pubsub;  // what accounts published and deleted
  std::set<std::string> up;
  std::map<std::string, std::vector<std::int64_t>> unacknowledged;  // tokens of what was taken
  std::map<std::string, int> log_ins;
  OldRooms rooms;

  // What the gateway asked of its link since the last call is carried out, and what follows, until nothing follows.
  void work() {
    if (working_) return;
    working_ = true;
    try {
      while (!gateway_.sessions.empty()) {
        const SessionEffect e = std::move(gateway_.sessions.front());
        gateway_.sessions.erase(gateway_.sessions.begin());
        carry_out(e);
      }
    } catch (...) {
      working_ = false;
      throw;
    }
    working_ = false;
  }
  void gateway_died() {
    for (const std::string& account : up) rooms.forget(account);
    up.clear();
    wanted.clear();
    unacknowledged.clear();
    presences.clear();
    gateway_.sessions.clear();
    working_ = false;
  }
  void lose(const std::string& account, bool credentials = false) {
    up.erase(account);
    presences.erase(account);
    forget_sent(account);
    gateway_.session_down(account, credentials);
  }
  void come_up(const std::string& account, bool resumed = false) {
    log_ins[account] += !resumed;
    up.insert(account);
    if (!resumed) rooms.forget(account);
    if (!resumed) unacknowledged.erase(account);
    if (!resumed) forget_sent(account);
    const auto presence = presences.find(account);
    const bool available = presence != presences.end() && presence->second.find("unavailable") == std::string::npos;
    gateway_.session_up(account, resumed, !resumed && offline_first.contains(account) && available);
    if (resumed) return;
    deliver(account, "<iq type='result' id='ferry-roster'>" + roster_of(account) + "</iq>");
    catch_up(account);
  }
  void acknowledge(const std::string& account) {
    for (const std::int64_t token : std::exchange(unacknowledged[account], {})) gateway_.session_sent(account, token);
  }
  void deliver(const std::string& account, const std::string& xml,
               Brain::SessionSource source = Brain::SessionSource::live, const std::string& archive_id = {}) {
    if (up.contains(account)) gateway_.session_stanza(account, xml, source, archive_id);
  }
  std::string roster_of(const std::string& account) {
    std::string xml = "<query xmlns='jabber:iq:roster'>";
    for (const auto& [jid, item] : accounts[account].roster) xml += item_xml(jid, item);
    return xml + "</query>";
  }

 private:
  // What is on its way to a session that is no more.
  void forget_sent(const std::string& account) {
    std::erase_if(gateway_.sessions,
                  [&](const SessionEffect& e) { return e.account == account && e.what == SessionEffect::What::send; });
  }
  static std::string item_xml(const std::string& jid, const OldAccount::Item& item) {
    std::string xml = "<item jid='" + jid + "' name='" + item.name + "' subscription='" +
                      (item.to     ? item.from ? "both" : "to"
                       : item.from ? "from"
                                   : "none") +
                      "'" + (item.ask ? " ask='subscribe'>" : ">");
    for (const std::string& group : item.groups) xml += "<group>" + group + "</group>";
    return xml + "</item>";
  }
  void push(const std::string& account, const std::string& jid) {
    const auto& roster = accounts[account].roster;
    const auto it = roster.find(jid);
    deliver(account,
            "<iq type='set' id='push'><query xmlns='jabber:iq:roster'>" +
                (it == roster.end() ? "<item jid='" + jid + "' subscription='remove'/>" : item_xml(jid, it->second)) +
                "</query></iq>");
  }
  void carry_out(const SessionEffect& e) {
    using What = SessionEffect::What;
    switch (e.what) {
      case What::want:
        wanted.insert(e.account);
        wants.push_back(e.account);
        places[e.account] = e.text;
        since[e.account] = e.since;
        e.offline_first ? void(offline_first.insert(e.account)) : void(offline_first.erase(e.account));
        if (e.offline_first) tell_who_is_there(e.account);
        if (!e.presence.empty()) presences[e.account] = e.presence;
        if (reachable && !up.contains(e.account)) come_up(e.account);
        break;
      case What::unwant:
        wanted.erase(e.account);
        rooms.forget(e.account);
        if (up.erase(e.account)) gateway_.session_down(e.account, false);
        presences.erase(e.account);
        break;
      case What::presence:
        presences[e.account] = e.text;
        if (up.contains(e.account) && e.text.find("unavailable") != std::string::npos) rooms.forget(e.account, true);
        break;
      case What::archive:
        places[e.account] = e.text;
        break;
      case What::send:
        if (!up.contains(e.account)) return;
        if (const auto stanza = parse_xml(e.text)) take(e.account, *stanza);
        if (e.token != 0) unacknowledged[e.account].push_back(e.token);
        if (acknowledges) acknowledge(e.account);
        break;
    }
  }
  void tell_who_is_there(const std::string& account) {
    for (const std::string& presence : accounts[account].there)
      gateway_.session_stanza(account, presence, Brain::SessionSource::live, {});
  }
  void take(const std::string& account, const Element& e) {
    const std::string_view type = e.attr_or("type");
    if (e.name != "iq") sent.emplace_back(account, e);
    if (e.name != "iq") took(account, e);
    if (rooms.take(account, e)) return;
    if (e.name == "iq" && (type == "get" || type == "set")) return answers ? iq(account, e) : void();
    if (e.name == "iq") sent.emplace_back(account, e);
    if (e.name == "presence") subscription(account, std::string(e.attr_or("to")), std::string(e.attr_or("type")));
  }
  void iq(const std::string& account, const Element& e) {
    OldAccount& a = accounts[account];
    const Element* payload = e.first_child();
    const std::string id(e.attr_or("id"));
    const bool set = e.attr_or("type") == "set";
    std::string result;
    if (!payload) return;
    const Element* item = payload->first_child();
    const std::string jid(item ? item->attr_or("jid") : "");
    if (payload->ns == "jabber:iq:roster" && set) {
      if (item->attr_or("subscription") == "remove") {
        if (a.roster.erase(jid) == 0)
          return deliver(account, "<iq type='error' id='" + id +
                                      "'><error type='cancel'><item-not-found "
                                      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
      } else {
        OldAccount::Item& known = a.roster[jid];
        known.name = item->attr_or("name");
        known.groups.clear();
        for (const Node& n : item->children)
          if (n.element()) known.groups.insert(n.element()->text());
      }
      push(account, jid);
    } else if (payload->ns == "jabber:iq:roster") {
      result = roster_of(account);
    } else if (payload->ns == "vcard-temp" && set) {
      a.card = to_xml(*payload, ns::client);
    } else if (payload->ns == "vcard-temp") {
      result = a.card.empty() ? "<vCard xmlns='vcard-temp'/>" : a.card;
    } else if (set && payload->ns.starts_with("http://jabber.org/protocol/pubsub")) {
      pubsub.emplace_back(account, *payload);
    } else if (payload->ns == "jabber:iq:private" || payload->ns == "http://jabber.org/protocol/pubsub") {
      result = payload->ns == "jabber:iq:private" ? a.stored : a.published;
    } else if (payload->ns == "urn:xmpp:blocking") {
      if (payload->name == "block") a.blocked.insert(jid);
      if (payload->name == "unblock") a.blocked.erase(jid);
      if (payload->name == "blocklist") {
        result = "<blocklist xmlns='urn:xmpp:blocking'>";
        for (const std::string& one : a.blocked) result += "<item jid='" + one + "'/>";
        result += "</blocklist>";
      }
    }
    deliver(account, "<iq type='result' id='" + id + "'>" + result + "</iq>");
  }
  void subscription(const std::string& account, const std::string& jid, const std::string& type) {
    OldAccount& a = accounts[account];
    if (type == "subscribe") {
      OldAccount::Item& item = a.roster[jid];
      if (item.to || item.ask) return;
      item.ask = true;
    } else if (type == "unsubscribe") {
      const auto it = a.roster.find(jid);
      if (it == a.roster.end() || (!it->second.to && !it->second.ask)) return;
      it->second.to = it->second.ask = false;
    } else if (type == "subscribed") {
      if (a.pending.erase(jid) == 0) {  // nobody asked: it is granted in advance and no more (RFC 6121 section 3.4)
        const auto it = a.roster.find(jid);
        if (it == a.roster.end() || !it->second.from) a.approved.insert(jid);
        return;
      }
      a.roster[jid].from = true;
    } else if (type == "unsubscribed") {
      a.pending.erase(jid);
      a.approved.erase(jid);
      const auto it = a.roster.find(jid);
      if (it == a.roster.end() || !it->second.from) return;
      it->second.from = false;
    } else {
      return;
    }
    push(account, jid);
  }

  Doors& gateway_;
  bool working_ = false;
};

}  // namespace ferry
