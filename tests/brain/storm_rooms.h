// What a storm says of rooms: what a room sends to somebody who may be in it, or may not.
#pragma once

#include <functional>
#include <string>

#include "translators/values/xml.h"

namespace ferry {

inline constexpr const char* storm_rooms[] = {"sea@rooms.corp.example", "sea@rooms.corp.example",
                                              "ops@rooms.corp.example"};

// From the room or an occupant, to the user (a bare JID): mostly to the address that somebody has in rooms.
inline Element room_stanza(const std::function<std::size_t(std::size_t)>& draw, const std::string& user,
                           const std::string& id) {
  static constexpr const char* nicks[] = {"", "/al", "/al", "/bob", "/anna", "/bob_"};
  static constexpr const char* types[] = {"", "", "unavailable", "error"};
  static constexpr const char* codes[] = {"", "110", "110", "303", "307", "332", "333"};
  static constexpr const char* conditions[] = {"conflict", "forbidden", "service-unavailable"};
  const std::string user_ns = "http://jabber.org/protocol/muc#user", from = storm_rooms[draw(3)];
  const auto add_error = [&](Element& e) {
    Element& child = e.add(Element("error"));
    child.set("type", "cancel").add(Element(conditions[draw(3)], "urn:ietf:params:xml:ns:xmpp-stanzas"));
  };
  Element e(draw(2) ? "presence" : "message");
  e.set("from", from + nicks[draw(6)]).set("to", user + (draw(6) ? "/ferry-rooms" : "")).set("id", id);
  if (e.name == "presence") {
    const std::string type = types[draw(4)];
    if (!type.empty()) e.set("type", type);
    if (type == "error") add_error(e);
    if (type == "error") return e;
    Element& x = e.add(Element("x", user_ns));
    x.add(Element("item", user_ns)).set("role", "participant").set("nick", "bob_");
    if (const std::string code = codes[draw(7)]; !code.empty()) x.add(Element("status", user_ns)).set("code", code);
    return e;
  }
  switch (draw(8)) {
    case 0:
      e.add(Element("x", user_ns)).add(Element("invite", user_ns)).set("from", "alice@corp.example");
      break;
    case 1:
      e.set("type", "error");
      add_error(e);
      break;
    case 2:
      e.set("type", "chat").add(Element("body")).add_text("psst");
      break;
    case 3:
      e.set("type", "groupchat").add(Element("subject")).add_text("ships");
      break;
    default:
      e.set("type", "groupchat").add(Element("body")).add_text("ahoy");
      if (draw(3) == 0) e.add(Element("delay", "urn:xmpp:delay")).set("stamp", "2026-11-18T10:00:00Z");
  }
  return e;
}

}  // namespace ferry
