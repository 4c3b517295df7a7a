// Pretended rooms (XEP-0045) beside a pretended server: who is in them, what was said, who may come in. One instance is
// one service.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "translators/values/instant.h"
#include "translators/values/xml.h"

namespace ferry {

struct OldRoom {
  struct Line {
    std::string nick, id, inside;
    Instant at;
  };
  std::string name, subject, password;
  std::string refuses;                           // a condition: everybody who comes
  std::map<std::string, std::string> occupants;  // by nick; the account, empty for anybody else
  std::vector<Line> history;
  bool gives_ids = false;  // XEP-0359
  bool deaf = false;       // loses what is said to it, as if it had never come
};

class OldRooms {
 public:
  using Deliver = std::function<void(const std::string& account, const std::string& xml)>;
  OldRooms(Deliver deliver, std::function<Instant()> now) : deliver_(std::move(deliver)), now_(std::move(now)) {}

  std::map<std::string, OldRoom> rooms;
  int pings = 0;           // of occupants to themselves
  std::string ping_error;  // instead of an answer

  static std::string x(const std::string& inside) {
    return "<x xmlns='http://jabber.org/protocol/muc#user'>" + inside + "</x>";
  }
  // Somebody else says something.
  void says(const std::string& room, const std::string& nick, const std::string& inside, const std::string& id = "x1") {
    OldRoom& r = rooms[room];
    r.history.push_back({nick, id, inside, now_()});
    for (const auto& [to, account] : std::map(r.occupants))
      if (!account.empty()) deliver_(account, message(room, r.history.back(), r.history.size(), false));
  }
  // The occupant goes, with these status codes.
  void ends(const std::string& room, const std::string& nick, const std::string& inside) {
    const std::string account = rooms[room].occupants[nick];
    rooms[room].occupants.erase(nick);
    if (!account.empty())
      deliver_(account, "<presence type='unavailable' from='" + room + "/" + nick + "'>" +
                            x("<item affiliation='none' role='none'/><status code='110'/>" + inside) + "</presence>");
  }
  // The account's session is no more, or says that it is away.
  void forget(const std::string& account, bool tell = false) {
    for (auto& [jid, room] : rooms) {
      std::string nick;
      for (const auto& [name, who] : room.occupants)
        if (who == account) nick = name;
      if (nick.empty()) continue;
      if (tell)
        ends(jid, nick, "");
      else
        room.occupants.erase(nick);
    }
  }
  bool take(const std::string& account, const Element& e) {
    const std::string to(e.attr_or("to")), bare = to.substr(0, to.find('/'));
    const auto it = rooms.find(bare);
    if (it == rooms.end()) return false;
    const std::string nick = to.size() > bare.size() ? to.substr(bare.size() + 1) : "";
    OldRoom& room = it->second;
    if (e.name == "presence" && e.attr_or("type") == "unavailable") return left(account, bare, room);
    if (e.name == "presence") return comes(account, bare, room, nick, e), true;
    if (e.name == "message") return said(account, bare, room, nick, e), true;
    const Element* query = e.first_child();
    if (query && query->is("ping", "urn:xmpp:ping")) return pinged(account, to, room, nick, e), true;
    std::string inside;
    if (query && query->ns == "http://jabber.org/protocol/disco#info")
      inside = "<query xmlns='" + query->ns + "'><identity category='conference' type='text' name='" + room.name +
               "'/></query>";
    deliver_(account,
             "<iq type='result' id='" + std::string(e.attr_or("id")) + "' from='" + bare + "'>" + inside + "</iq>");
    return true;
  }

 private:
  static std::string stanza_error(const std::string& condition) {
    return "<error type='cancel'><" + condition + " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
  }
  std::string message(const std::string& room, const OldRoom::Line& line, std::size_t number, bool history) {
    std::string xml = "<message type='groupchat' from='" + room + "/" + line.nick + "'" +
                      (line.id.empty() ? "" : " id='" + line.id + "'") + ">" + line.inside;
    if (rooms[room].gives_ids)
      xml += "<stanza-id xmlns='urn:xmpp:sid:0' by='" + room + "' id='s" + std::to_string(number) + "'/>";
    if (history) xml += "<delay xmlns='urn:xmpp:delay' from='" + room + "' stamp='" + format_instant(line.at) + "'/>";
    return xml + "</message>";
  }
  bool left(const std::string& account, const std::string& bare, OldRoom& room) {
    for (const auto& [nick, who] : std::map(room.occupants))
      if (who == account) ends(bare, nick, "");
    return true;
  }
  void comes(const std::string& account, const std::string& bare, OldRoom& room, const std::string& nick,
             const Element& e) {
    const Element* x_in = e.child("x", "http://jabber.org/protocol/muc");
    const Element* password = x_in ? x_in->child("password", x_in->ns) : nullptr;
    const auto there = room.occupants.find(nick);
    std::string wrong = room.refuses;
    if (wrong.empty() && !room.password.empty() && (!password || password->text() != room.password))
      wrong = "not-authorized";
    if (wrong.empty() && there != room.occupants.end() && there->second != account) wrong = "conflict";
    const std::string from = "<presence from='" + bare + "/";
    if (!wrong.empty()) return deliver_(account, from + nick + "' type='error'>" + stanza_error(wrong) + "</presence>");
    // Who is in it already takes another nick (section 7.6): nobody is in it twice and hears everything twice.
    for (const auto& [name, who] : std::map(room.occupants)) {
      if (who != account || name == nick) continue;
      room.occupants.erase(name);
      deliver_(account,
               from + name + "' type='unavailable'>" +
                   x("<item role='participant' nick='" + nick + "'/><status code='110'/><status code='303'/>") +
                   "</presence>");
    }
    room.occupants[nick] = account;
    for (const auto& [name, who] : std::map(room.occupants))
      if (name != nick)
        deliver_(account, from + name + "'>" + x("<item affiliation='member' role='participant'/>") + "</presence>");
    deliver_(account, from + nick + "'>" + x("<item affiliation='none' role='participant'/><status code='110'/>") +
                          "</presence>");
    const Element* wanted = x_in ? x_in->child("history", x_in->ns) : nullptr;
    const std::string most(wanted ? wanted->attr_or("maxstanzas", "100") : "100");
    const std::string age(wanted ? wanted->attr_or("seconds", "999999999") : "999999999");
    const std::vector<OldRoom::Line> lines = room.history;
    const std::size_t first = lines.size() - std::min(lines.size(), static_cast<std::size_t>(std::stoul(most)));
    for (std::size_t i = first; i < lines.size(); ++i)
      if (now_() - lines[i].at <= std::stoll(age) * second) deliver_(account, message(bare, lines[i], i + 1, true));
    deliver_(account,
             "<message type='groupchat' from='" + bare + "'><subject>" + room.subject + "</subject></message>");
  }
  // XEP-0410 section 3.1: the occupant's own, or nobody's business.
  void pinged(const std::string& account, const std::string& to, const OldRoom& room, const std::string& nick,
              const Element& e) {
    ++pings;
    const auto there = room.occupants.find(nick);
    const bool in = there != room.occupants.end() && there->second == account;
    const std::string wrong = !ping_error.empty() ? ping_error : in ? "" : "not-acceptable";
    deliver_(account, "<iq type='" + std::string(wrong.empty() ? "result" : "error") + "' id='" +
                          std::string(e.attr_or("id")) + "' from='" + to + "'>" +
                          (wrong.empty() ? "" : stanza_error(wrong)) + "</iq>");
  }
  void said(const std::string& account, const std::string& bare, OldRoom& room, const std::string& nick,
            const Element& e) {
    if (room.deaf) return;
    const std::string id(e.attr_or("id"));
    std::string own;
    for (const auto& [name, who] : room.occupants)
      if (who == account) own = name;
    if (own.empty())
      return deliver_(account, "<message type='error' from='" + std::string(e.attr_or("to")) + "' id='" + id + "'>" +
                                   stanza_error("not-acceptable") + "</message>");
    if (!nick.empty()) return;
    std::string inside;
    for (const Node& node : e.children)
      if (const Element* child = node.element()) inside += to_xml(*child, ns::client);
    if (const Element* subject = e.child("subject", ns::client)) room.subject = subject->text();
    says(bare, own, inside, id);
  }

  Deliver deliver_;
  std::function<Instant()> now_;
};

}  // namespace ferry
