#include "gateway/brain/privilege.h"

#include <algorithm>

#include "gateway/brain/log_value.h"

namespace ferry {
namespace {

constexpr std::string_view privilege_ns = "urn:xmpp:privilege:", list_ns = "jabber:iq:roster";

const Element* announcement_in(const Element& message) {
  for (const Node& node : message.children)
    if (const Element* e = node.element(); e && e->name == "privilege" && e->ns.starts_with(privilege_ns)) return e;
  return nullptr;
}

}  // namespace

void Privilege::component_up() {
  up_at_ = world_.now;
  granted_ = false;
}

// A server may end the stream over a write (processone/ejabberd#3942): what was lost with the first is not risked
// again.
void Privilege::component_down() {
  granted_ = false;
  std::vector<std::string> sent;
  bool writing = false;
  for (const auto& [id, open] : open_) {
    if (open.unsent) continue;
    sent.push_back(id);
    writing |= open.set;
  }
  if (writing && !proven_)
    give_up("link-lost", {}, "the stream ended while a contact list was written: the XMPP server's log says why");
  for (const std::string& id : sent)
    if (const auto it = open_.find(id); it != open_.end())
      end(it, error(Condition::remote_server_timeout, "the XMPP server went away"));
}

bool Privilege::on_message(const Stanza& message) {
  const Element* said = announcement_in(message.xml);
  if (!said || message.type == "error") return false;
  if (message.from->str() != world_.server.str()) {
    world_.count("forgeries_dropped");
    world_.log_refused("forged-element", message.from->str(), message.to->str(), message.id);
    return false;
  }
  if (said->ns != "urn:xmpp:privilege:1" && said->ns != "urn:xmpp:privilege:2") return true;  // who knows what it says
  bool get = false, set = false;
  for (const Node& node : said->children) {
    const Element* perm = node.element();
    if (!perm || !perm->is("perm", said->ns) || perm->attr_or("access") != "roster") continue;
    const std::string_view type = perm->attr_or("type");
    get |= type == "get" || type == "both";
    set |= type == "set" || type == "both";
  }
  const bool was = std::exchange(granted_, get && set);
  if (get || set)
    world_.log(LogLine::Level::info, std::string("event=privilege.granted access=roster type=") +
                                         (get && set ? "both"
                                          : get      ? "get"
                                                     : "set") +
                                         " namespace=" + log_value(said->ns));
  else if (was)
    world_.log(LogLine::Level::info, "event=privilege.withdrawn access=roster");
  send_unsent();
  return true;
}

bool Privilege::on_push(const Stanza& iq) {
  const Element* query = iq.xml.first_child();
  if (!granted_ || iq.type != "set" || !query || !query->is("query", list_ns)) return false;
  if (iq.from->has_resource() || !iq.from->has_local() || iq.from->domainpart() != world_.server.domainpart())
    return false;
  world_.send(iq_result(iq.xml));
  return true;
}

// Only the server answers in the name of an account without a resource: its owner's clients have one.
bool Privilege::on_answer(const Stanza& iq) {
  const auto it = open_.find(iq.id);
  if (it == open_.end() || it->second.unsent || iq.from->str() != it->second.account) return false;
  end(it, iq.type == "error" ? Result<Element>(parse_error(iq.xml)) : Result<Element>(iq.xml));
  return true;
}

Privilege::Lists Privilege::lists() const {
  if (!useless_.empty()) return Lists::no;
  if (granted_) return Lists::yes;
  return settled() ? Lists::no : Lists::not_yet;
}

void Privilege::refused(const StanzaError& why) {
  if (!proven_ && ++refused_ >= most_refused)
    give_up("refused", condition_name(why.condition), "the XMPP server grants it and refuses it: its log says why");
}

void Privilege::give_up(std::string_view reason, std::string_view condition, std::string_view advice) {
  if (!useless_.empty()) return;
  useless_ = reason;
  world_.log(LogLine::Level::warning,
             "event=privilege.useless access=roster reason=" + std::string(reason) +
                 (condition.empty() ? "" : " condition=" + std::string(condition)) +
                 " advice=" + log_value(std::string(advice) + "; contacts are asked until ferryd is started again"));
}

std::string Privilege::text() const {
  if (!useless_.empty()) return "useless: " + useless_;
  return granted_ ? "granted" : "not granted";
}

void Privilege::ask(const Jid& account, Element iq, Then then) {
  if (open_.size() >= max_open) return then(error(Condition::remote_server_timeout, "the XMPP server is away"));
  std::string id = world_.ids.next(world_.now);
  iq.set("id", id).set("from", world_.component.str()).set("to", account.bare_view());
  Open open{std::string(account.bare_view()), iq.attr_or("type") == "set", world_.now + answer_time, {}, {}};
  open.then = std::move(then);
  open.unsent = std::move(iq);
  open_.emplace(std::move(id), std::move(open));
  ++unsent_;
  send_unsent();
}

void Privilege::send_unsent() {
  if (unsent_ == 0 || !settled()) return;
  unsent_ = 0;
  for (auto& [id, open] : open_)
    if (open.unsent) world_.send(*std::exchange(open.unsent, std::nullopt));
}

void Privilege::end(std::map<std::string, Open>::iterator it, const Result<Element>& answer) {
  const Open open = std::move(it->second);
  open_.erase(it);
  if (open.unsent) --unsent_;
  open.then(answer);
}

void Privilege::on_time() {
  send_unsent();
  while (!open_.empty() && open_.begin()->second.until <= world_.now)
    end(open_.begin(), error(Condition::remote_server_timeout, "the XMPP server did not answer"));
}

std::optional<Instant> Privilege::next_deadline() const {
  std::optional<Instant> next;
  if (!open_.empty()) next = open_.begin()->second.until;
  const bool soon = world_.xmpp_up && !settled();  // then it is known what is granted
  if (soon && (!next || up_at_ + announce_time < *next)) next = up_at_ + announce_time;
  return next;
}

}  // namespace ferry
