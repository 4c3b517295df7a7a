#include "gateway/brain/session_verify.h"

#include <algorithm>

#include "translators/profile.h"
#include "translators/room.h"

namespace ferry {
namespace {

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

bool SessionVerify::is_loss(std::string_view kind) { return kind == "card" || kind == "room"; }

void SessionVerify::ask(Account& account) {
  forget_losses(account);
  archive(account);
  get(account, Element("query", "jabber:iq:roster"), &SessionVerify::roster);
  get(account, Element("vCard", "vcard-temp"), &SessionVerify::card);
  get(account, room::private_query(), &SessionVerify::private_bookmarks);
  get(account, room::published_query(), &SessionVerify::published_bookmarks);
}

void SessionVerify::get(Account& account, Element query, Take take) {
  Element iq("iq");
  iq.set("type", "get").add(std::move(query));
  ++open_;
  iqs_.ask(account, std::move(iq), [this, take](Account& a, const Result<Element>& answer) {
    --open_;
    (this->*take)(a, answer);
  });
}

void SessionVerify::roster(Account& account, const Result<Element>& answer) {
  const Element* query = answer ? answer->child("query", "jabber:iq:roster") : nullptr;
  if (!query) return shadow_.differs(account, "verify", account.record.jid.str(), "the server gave no roster");
  shadow_.agrees(account, "verify", account.record.jid.str());
  bridge_.compare_roster(account, *query);
  world_.count("accounts_verified");
}

void SessionVerify::archive(Account& account) {
  const std::string& jid = account.record.jid.str();
  if (account.archive && (!account.caught_up || account.gap))
    return shadow_.differs(account, "archive", jid,
                           "what was missed has not come whole; the next log-in asks for the rest");
  shadow_.agrees(account, "archive", jid);
}

void SessionVerify::card(Account& account, const Result<Element>& answer) {
  const Element* vcard = answer ? answer->child("vCard", "vcard-temp") : nullptr;
  if (!vcard) return;
  if (const auto fields = lost_fields(*vcard); !fields.empty())
    loses(account, "card", account.record.jid.str(), "on the card, and in no profile: " + listed(fields));
}

void SessionVerify::private_bookmarks(Account& account, const Result<Element>& answer) {
  if (answer) rooms(account, room::private_bookmarks(*answer));
}

void SessionVerify::published_bookmarks(Account& account, const Result<Element>& answer) {
  if (answer) rooms(account, room::published_bookmarks(*answer));
}

// Before dual no room is joined, and none is lost; afterwards the session is in it, or it is in vain.
void SessionVerify::rooms(Account& account, const std::vector<room::Bookmark>& bookmarks) {
  if (account.record.state != AccountState::dual && account.record.state != AccountState::moved) return;
  for (const room::Bookmark& b : bookmarks) {
    const auto it = account.rooms.find(b.room.str());
    if (!b.autojoin || (it != account.rooms.end() && it->second.record.wish == RoomWish::left)) continue;
    const Room* known = it == account.rooms.end() ? nullptr : &it->second;
    if (known && known->wanted() && known->state != Room::State::failed) continue;
    std::string why = known ? ", and could not be brought into" : ", and are not in yet: the next log-in joins it";
    if (known && known->error) why.append(": ").append(condition_name(known->error->condition));
    loses(account, "room", b.room.str(), "a room that they are always in" + why);
  }
}

void SessionVerify::loses(Account& account, const std::string& kind, const std::string& peer, std::string text) {
  const auto known = world_.records.differences(account.record.jid, SessionShadow::max_differences);
  const bool there = std::any_of(known.begin(), known.end(),
                                 [&](const DifferenceRecord& d) { return d.kind == kind && d.peer == peer; });
  if (there || known.size() >= SessionShadow::max_differences) return;  // the first word: two lists may name a room
  world_.records.put_difference(account.record.jid, {kind, peer, std::move(text), world_.now});
}

void SessionVerify::forget_losses(Account& account) {
  for (const DifferenceRecord& d : world_.records.differences(account.record.jid, SessionShadow::max_differences))
    if (is_loss(d.kind)) world_.records.remove_difference(account.record.jid, d.kind, d.peer);
}

}  // namespace ferry
