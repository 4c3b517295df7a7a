// The player's half for accounts of the legacy server: what one more client of theirs would have heard.
#include <utility>

#include "tools/ferry-replay/account_answers.h"
#include "tools/ferry-replay/player.h"

namespace ferry::replay {
namespace {

constexpr std::string_view rosters_namespace = "jabber:iq:roster",
                           room_users_namespace = "http://jabber.org/protocol/muc#user";

}  // namespace

bool Player::is_account(const Jid& jid) const {
  if (settings_.accounts.empty() || !jid.has_local() || hosted(jid)) return false;
  return settings_.accounts.contains(std::string(jid.bare_view())) ||
         settings_.accounts.contains(std::string(jid.domainpart()));
}

// A server hands messages and presences to each client of an account, answers most requests itself, and gives what a
// room says to those clients alone that are in it.
void Player::to_account(const Record& record, const Jid& account, Element e, Out& out) {
  if (e.name == "iq") return skip("a request to one client of an account");
  if (e.attr_or("type") == "groupchat" || (e.name == "presence" && e.child("x", room_users_namespace)))
    return skip("of a room, where a session is not");
  if (streams_.played_before(record, digest_of_stanza(e))) return skip("the same stanza, delivered");
  if (e.name == "message" && streams_.told_before(e)) return skip("the same message to an account again");
  e.set("to", account.bare_view());
  play(std::move(e), false, {}, out, true);
}

void Player::note_roster(const Record& record, const Element& e) {
  if (e.name != "iq" || e.attr_or("type") != "result" || record.direction != Direction::sent) return;
  const Element* query = e.child("query", rosters_namespace);
  const auto own = Jid::parse(streams_.learn(record, e));
  if (!query || !own || !own->has_local()) return;
  const auto account = Jid::make(own->localpart(), mapped_domain(own->domainpart(), true));
  if (!account || !is_account(*account)) return;
  Element& roster = rosters_.insert_or_assign(account->str(), empty_roster()).first->second;
  for (const Node& node : query->children) {
    const Element* item = node.element();
    if (!item || !item->is("item", rosters_namespace)) continue;
    Element mine = *item;
    if (map_address(mine, "jid", false)) roster.add(std::move(mine));
  }
}

Element Player::roster_of(const std::string& account, std::uint32_t copy) const {
  const auto it = rosters_.find(account);
  if (it == rosters_.end()) return empty_roster();
  Element roster = it->second;
  if (copy == 0) return roster;
  for (Node& node : roster.children)
    if (auto* item = std::get_if<Element>(&node.value)) item->set("jid", copy_of(item->attr_or("jid"), copy));
  return roster;
}

}  // namespace ferry::replay
