#include "gateway/brain/session_verify.h"

#include <algorithm>

#include "translators/profile.h"

namespace ferry {
namespace {

constexpr std::string_view bookmarks_ns = "storage:bookmarks", private_ns = "jabber:iq:private";
constexpr std::string_view pubsub_ns = "http://jabber.org/protocol/pubsub", bookmarks_node = "urn:xmpp:bookmarks:1";

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
  Element stored("query", private_ns);
  stored.add(Element("storage", bookmarks_ns));
  get(account, std::move(stored), &SessionVerify::private_bookmarks);
  Element published("pubsub", pubsub_ns);
  published.add(Element("items", pubsub_ns)).set("node", bookmarks_node);
  get(account, std::move(published), &SessionVerify::published_bookmarks);
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
  const Element* query = answer ? answer->child("query", private_ns) : nullptr;
  const Element* storage = query ? query->child("storage", bookmarks_ns) : nullptr;
  if (!storage) return;
  for (const Node& node : storage->children)
    if (const Element* e = node.element(); e && e->is("conference", bookmarks_ns)) room(account, *e, e->attr_or("jid"));
}

void SessionVerify::published_bookmarks(Account& account, const Result<Element>& answer) {
  const Element* pubsub = answer ? answer->child("pubsub", pubsub_ns) : nullptr;
  const Element* items = pubsub ? pubsub->child("items", pubsub_ns) : nullptr;
  if (!items) return;
  for (const Node& node : items->children) {
    const Element* item = node.element();
    const Element* conference = item ? item->child("conference", bookmarks_node) : nullptr;
    if (conference) room(account, *conference, item->attr_or("id"));
  }
}

void SessionVerify::room(Account& account, const Element& bookmark, std::string_view jid) {
  const auto parsed = Jid::parse(jid);
  if (!parsed) return;
  const std::string_view joins = bookmark.attr_or("autojoin");
  const bool always = joins == "true" || joins == "1";
  loses(account, "room", std::string(parsed->bare_view()),
        std::string(always ? "a room that they are always in" : "a room that they know") +
            "; group chats are not carried");
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
