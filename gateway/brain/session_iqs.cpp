#include "gateway/brain/session_iqs.h"

namespace ferry {

void SessionIqs::ask(Account& account, Element iq, Then then) {
  if (!account.up) return then(account, error(Condition::remote_server_timeout, "the XMPP server is away"));
  if (open_.size() >= max_open)
    return then(account, error(Condition::resource_constraint, "too many requests are open"));
  std::string id = world_.ids.next(world_.now);
  iq.set("id", id);
  Open open{account.record.jid.str(), std::string(iq.attr_or("to")), world_.now + answer_time, std::move(then)};
  world_.effects.sessions.push_back(
      {SessionEffect::What::send, account.record.jid.str(), to_xml(iq, ns::client), {}, 0, 0});
  open_.emplace(std::move(id), std::move(open));
}

// Matched by id and by whom it is from: a contact can send a result with any id. From the account, from its server and
// from nobody are the same for what the account itself was asked (RFC 6120 section 8.1.2.1).
bool SessionIqs::on_answer(Account& account, const Stanza& iq) {
  const auto it = open_.find(iq.id);
  if (it == open_.end() || it->second.account != account.record.jid.str()) return false;
  const std::string& peer = it->second.peer;
  const bool full = peer.find('/') != std::string::npos;
  const std::string from = !iq.from ? "" : full ? iq.from->str() : iq.from->bare().str();
  const bool own = from.empty() || from == account.record.jid.bare_view() || from == account.record.jid.domainpart();
  if (peer.empty() ? !own : from != peer && !(own && from.empty())) return false;
  end(it, iq.type == "error" ? Result<Element>(parse_error(iq.xml)) : Result<Element>(iq.xml));
  return true;
}

void SessionIqs::end(std::map<std::string, Open>::iterator it, const Result<Element>& answer) {
  const Open open = std::move(it->second);
  open_.erase(it);
  if (Account* account = find_(open.account)) open.then(*account, answer);
}

void SessionIqs::session_down(Account& account) {
  std::vector<std::string> ids;
  for (const auto& [id, open] : open_)
    if (open.account == account.record.jid.str()) ids.push_back(id);
  for (const std::string& id : ids)
    if (const auto it = open_.find(id); it != open_.end())
      end(it, error(Condition::remote_server_timeout, "the XMPP server went away"));
}

void SessionIqs::on_time() {
  while (!open_.empty() && open_.begin()->second.until <= world_.now)
    end(open_.begin(), error(Condition::remote_server_timeout, "the XMPP server did not answer"));
}

std::optional<Instant> SessionIqs::next_deadline() const {
  if (open_.empty()) return std::nullopt;
  return open_.begin()->second.until;
}

}  // namespace ferry
