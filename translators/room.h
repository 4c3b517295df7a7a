// Rooms: what XEP-0045 says in presences and messages, the lists of rooms that an account keeps at its server, and what
// a client is shown of a room (in/room/{room}).
//
// Maps: <x xmlns='http://jabber.org/protocol/muc#user'/> -> Said, Invitation; bookmarks -> Bookmark; View -> JSON.
// Loses: hats, occupant ids, status codes without a meaning for membership, what a bookmark carries for its clients.
// Spec: XEP-0045, XEP-0048 and XEP-0049, XEP-0249, XEP-0402.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "translators/event.h"
#include "translators/values/json.h"

namespace ferry::room {

inline constexpr std::string_view muc_ns = "http://jabber.org/protocol/muc";
inline constexpr std::string_view user_ns = "http://jabber.org/protocol/muc#user";
inline constexpr std::size_t max_text_bytes = 1'024;  // of a name, a reason, a subject; the rest is cut off

// One presence of a room about one occupant.
struct Said {
  std::string role, affiliation, nick, jid, reason;  // nick: the new one. jid: the real one, where the room tells it
  std::set<int> codes;                               // XEP-0045 section 15.6.2
  bool destroyed = false;
  std::string venue;  // destroyed: where to go instead

  bool self() const { return codes.contains(110); }
};
std::optional<Said> said(const Parts& parts);

struct Invitation {
  Jid room;
  std::string by, text, password;
};
// Mediated by the room, or direct from a contact. nullopt: none, or no room is named.
std::optional<Invitation> invitation(const Message& message);

struct Bookmark {
  Jid room;
  std::string name, nick, password;
  bool autojoin = false;
};
// Of the answers to private_query() and published_query(); what is malformed is left out, with no word.
std::vector<Bookmark> private_bookmarks(const Element& iq);
std::vector<Bookmark> published_bookmarks(const Element& iq);
Element private_query();    // XEP-0048 in XEP-0049
Element published_query();  // XEP-0402

// Presence that joins. seconds < 0: as many stanzas as given, however old.
struct History {
  std::int64_t seconds = -1, stanzas = 0;
};
Element join(const Jid& room, std::string_view nick, std::string_view password, const History& history);
Element leave(const Jid& room, std::string_view nick);

// What the room has told of itself, not a word of an occupant (muc#user, occupant ids): taken out of a message.
void drop_marks(Parts& parts);

struct View {
  std::string_view jid, name, nick, state;  // state: joining joined failed left invited known
  std::string_view subject, role, affiliation;
  std::string_view by, text;   // invited
  std::int64_t occupants = 0;  // joined
  const StanzaError* error = nullptr;
};
std::string to_json(const View& view);

std::string shortened(std::string text, std::size_t most = max_text_bytes);  // between characters

}  // namespace ferry::room
