#include "gateway/session/account_session.h"

#include <algorithm>
#include <utility>

#include "gateway/session/archive_query.h"

namespace ferry {
namespace {

constexpr std::string_view carbons_ns = "urn:xmpp:carbons:2", roster_ns = "jabber:iq:roster";
constexpr std::string_view blocking_ns = "urn:xmpp:blocking";
constexpr std::string_view stanza_id_ns = "urn:xmpp:sid:0", ping_ns = "urn:xmpp:ping";
constexpr std::string_view carbons_id = "ferry-carbons", newest_id = "ferry-newest", ping_id = "ferry-ping",
                           collected_id = "ferry-collected";
constexpr unsigned carbons_bit = 1, blocking_bit = 2, roster_bit = 4, archive_bit = 8;

Element new_iq(std::string_view type, std::string_view id) {
  Element out("iq");
  out.set("type", type).set("id", id);
  return out;
}

std::string text_of(const Element& element) { return to_xml(element, ns::client); }

}  // namespace

AccountSession::AccountSession(SessionAccount account, Duration away_poll, LookTurn* turn)
    : account_(std::move(account)), up_{account_.jid}, away_poll_(away_poll), turn_(turn) {}

void AccountSession::set_account(SessionAccount account) { account_ = std::move(account); }

AccountSession::Output AccountSession::take() { return std::exchange(out_, {}); }

bool AccountSession::from_self(const Element& stanza) const {
  const std::string* from = stanza.attr("from");
  if (!from) return true;
  const auto jid = Jid::parse(*from);
  return jid && *jid == account_.jid;
}

void AccountSession::bound(const Jid& full, bool acknowledges, Steady now) {
  up_ = SessionUp{full};
  up_.acknowledges = acknowledges;
  held_.clear();  // of a log-in that did not get this far: the archive has it
  seen_.clear();  // what the archive gives again the gateway wants again: of its own it may be in doubt by now
  seen_order_.clear();
  presence_said_ = available_ = again_ = false;
  look_again_ = hold_until_ = 0;
  heard_ = now_ = now;
  forget_looks(now);
  pinged_ = 0;
  if (!account_.offline_first || !is_available(account_.presence)) return ask(now);
  phase_ = Phase::collecting;
  up_.collected = true;
  asked_ = now;
  begin_presence();
  Element ping = new_iq("get", collected_id);  // answered after all that presence brings
  ping.set("to", account_.jid.domainpart()).add(Element("ping", ping_ns));
  out_.stanzas.push_back(text_of(ping));
}

void AccountSession::begin_presence() {
  if (account_.presence.empty() || std::exchange(presence_said_, true)) return;
  available_ = is_available(account_.presence);
  if (available_) out_.stanzas.push_back(account_.presence);
  appeared_ = now_;
}

// What is sent to the account while this session is unavailable goes to its other clients, and no server need tell us
// of it (Prosody does by carbons, ejabberd does not): the archive does.
void AccountSession::say_presence(std::string presence, Steady now) {
  account_.presence = std::move(presence);
  now_ = now;
  if (phase_ == Phase::idle) return;
  const bool present = phase_ == Phase::closing_gap || phase_ == Phase::steady || phase_ == Phase::looking_back;
  if (!presence_said_ && !present) return;  // begin_presence() will
  const bool available = is_available(account_.presence), appears = available && !available_;
  if (available || available_) out_.stanzas.push_back(account_.presence);
  if (available_ && !available) forget_looks(now);
  presence_said_ = true;
  available_ = available;
  if (!available) look_back_no_more();
  if (!appears || !up_.archive) return;
  appeared_ = now;
  if (phase_ == Phase::closing_gap) again_ = true;  // what has been asked may have been before
  if (phase_ == Phase::steady) close_gap(now);
}

void AccountSession::ask(Steady now) {
  phase_ = Phase::asking;
  waiting_ = carbons_bit | blocking_bit | roster_bit | archive_bit;
  asked_ = now;
  newest_.clear();
  Element carbons = new_iq("set", carbons_id);
  carbons.add(Element("enable", carbons_ns));
  Element blocked = new_iq("get", SessionStanza::blocklist_id);
  blocked.add(Element("blocklist", blocking_ns));
  Element roster = new_iq("get", SessionStanza::roster_id);
  roster.add(Element("query", roster_ns)).set("ver", account_.roster_version);
  for (const Element& request : {carbons, blocked, roster, archive_query(newest_id, 1, {}, std::nullopt, true)})
    out_.stanzas.push_back(text_of(request));
}

void AccountSession::resumed(Steady now) {
  heard_ = asked_ = now;
  pinged_ = 0;
  if (phase_ == Phase::asking || phase_ == Phase::collecting)
    return;  // SessionUp has not been said; the answers will still come
  up_.resumed = true;
  out_.events.emplace_back(up_);
}

void AccountSession::on_stanza(Element stanza, Steady now) {
  heard_ = now_ = now;
  pinged_ = 0;
  if (stanza.is("message", ns::client)) return take_message(std::move(stanza));
  if (stanza.is("iq", ns::client)) {
    const std::string_view type = stanza.attr_or("type");
    if (type == "get" || type == "set") return take_request(std::move(stanza));
    if (take_answer(stanza, now)) return;
  }
  give(std::move(stanza), SessionStanza::Source::live, {}, std::nullopt);
}

void AccountSession::on_refused(const Element& head, const std::string&) {
  ++out_.refused;
  const std::string_view type = head.attr_or("type");
  if (head.is("iq", ns::client) && (type == "get" || type == "set")) error_answer(head, "wait", "resource-constraint");
}

bool AccountSession::take_answer(const Element& iq, Steady now) {
  const std::string_view id = iq.attr_or("id");
  if (id == collected_id) {  // by the server, whatever it says
    if (phase_ == Phase::collecting) ask(now);
    return true;
  }
  if (!id.starts_with("ferry-") || !from_self(iq)) return id.starts_with("ferry-");
  const bool good = iq.attr_or("type") == "result";
  if (id == carbons_id) {
    up_.carbons = good;
    answered(carbons_bit, now);
  } else if (id == SessionStanza::blocklist_id) {
    up_.blocking = good;
    if (good) give(iq, SessionStanza::Source::live, {}, std::nullopt);
    answered(blocking_bit, now);
  } else if (id == SessionStanza::roster_id) {
    const Element* query = iq.child("query", roster_ns);
    up_.roster_versions = good && (!query || query->attr("ver"));
    if (good && query) give(iq, SessionStanza::Source::live, {}, std::nullopt);
    answered(roster_bit, now);
  } else if (id == newest_id) {
    up_.archive = good;
    newest_ = last_of(iq);
    answered(archive_bit, now);
  } else if (id == query_id_ && !query_id_.empty()) {
    good ? take_page(iq, now) : page_refused(iq, now);
  } else if (id == waiting_id) {
    looked(iq, now);
  }
  return true;
}

void AccountSession::answered(unsigned what, Steady now) {
  if (phase_ != Phase::asking) return;
  waiting_ &= ~what;
  if (waiting_ == 0) asked_all(now);
}

void AccountSession::asked_all(Steady now) {
  out_.events.emplace_back(up_);
  cursor_ = place_ = older_ = account_.archive_id;
  since_older_ = since_place_ = 0;
  moved_ = now;
  from_start_ = cursor_.empty();
  pages_ = 0;
  complete_ = true;
  phase_ = Phase::catching_up;
  const bool wanted = !cursor_.empty() || account_.archive_start;
  holding_ = up_.archive && wanted;
  for (SessionStanza& stanza : std::exchange(held_, {})) pass(std::move(stanza));
  if (up_.archive && wanted && (cursor_.empty() || cursor_ != newest_)) return query(now);
  if (!up_.archive) complete_ = !wanted;
  if (!wanted) cursor_ = place_ = older_ = newest_;
  if (!up_.archive || !wanted) phase_ = Phase::closing_gap;  // there is none to close
  if (phase_ == Phase::closing_gap) begin_presence();
  caught_up(complete_, now);
}

// By the account itself, or somebody else may have written it (XEP-0359, section 7).
std::string AccountSession::archive_id_of(const Element& stanza) const {
  for (const Node& node : stanza.children) {
    const Element* element = node.element();
    if (!element || !element->is("stanza-id", stanza_id_ns)) continue;
    const auto by = Jid::parse(element->attr_or("by"));
    if (by && *by == account_.jid) return std::string(element->attr_or("id"));
  }
  return {};
}

void AccountSession::take_message(Element message) {
  if (const Element* archived = message.child("result", archive_ns)) {
    if (from_self(message)) return take_archived(*archived);
    ++out_.refused;
    return;
  }
  for (const std::string_view name : {"received", "sent"}) {
    const Element* carbon = message.child(name, carbons_ns);
    if (!carbon) continue;
    const Element* inner = forwarded_message(*carbon);
    if (!inner || !from_self(message)) {  // XEP-0280, section 11: anybody could send one
      ++out_.refused;
      return;
    }
    std::string id = archive_id_of(*inner);
    if (id.empty()) id = archive_id_of(message);
    Element copy = *inner;
    return give(std::move(copy),
                name == "sent" ? SessionStanza::Source::carbon_sent : SessionStanza::Source::carbon_received,
                std::move(id), std::nullopt);
  }
  std::string id = archive_id_of(message);
  give(std::move(message), SessionStanza::Source::live, std::move(id), std::nullopt);
}

void AccountSession::give(Element stanza, SessionStanza::Source source, std::string archive_id,
                          std::optional<Instant> stamp) {
  pass({account_.jid, std::move(stanza), source, std::move(archive_id), stamp});
}

void AccountSession::take_request(Element iq) {
  const Element* content = iq.first_child();
  const bool set = iq.attr_or("type") == "set";
  if (!set && content && content->is("ping", ping_ns)) return result(iq);
  const bool push =
      set && content &&
      (content->is("query", roster_ns) || content->is("block", blocking_ns) || content->is("unblock", blocking_ns));
  if (push && !from_self(iq)) {  // RFC 6121, 2.1.6
    ++out_.refused;
    return error_answer(iq, "cancel", "service-unavailable");
  }
  if (push) result(iq);
  give(std::move(iq), SessionStanza::Source::live, {}, std::nullopt);
}

void AccountSession::result(const Element& request) {
  Element answer = new_iq("result", request.attr_or("id"));
  if (const std::string* from = request.attr("from")) answer.set("to", *from);
  out_.stanzas.push_back(text_of(answer));
}

void AccountSession::error_answer(const Element& request, std::string_view type, std::string_view condition) {
  Element answer = new_iq("error", request.attr_or("id"));
  if (const std::string* from = request.attr("from")) answer.set("to", *from);
  answer.add(Element("error")).set("type", type).add(Element(condition, ns::stanza_error));
  out_.stanzas.push_back(text_of(answer));
}

void AccountSession::behind(Steady now) {
  behind_ = heard_ = now;
  pinged_ = 0;
}

void AccountSession::on_time(Steady now) {
  now_ = now;
  if (phase_ == Phase::idle) return;
  const bool late = now - std::max(asked_, behind_) >= answer_time;
  if (phase_ == Phase::collecting && late) {
    ask(now);
  } else if (phase_ == Phase::asking && late) {
    waiting_ = 0;
    asked_all(now);
  } else if (!query_id_.empty() && late) {
    let_go();  // nobody waits so long for what is live
    if (tries_ < archive_tries) {
      ask_archive(now);
    } else {
      query_id_.clear();
      caught_up(false, now);
    }
  }
  if (phase_ == Phase::steady && look_again_ != 0 && now >= look_again_) look_back(now);
  if (hold_until_ != 0 && now >= hold_until_) let_go();
  look_what_waits(now);
  if (pinged_ != 0 && now - pinged_ >= answer_time) {
    out_.lost = "the server has said nothing for " + std::to_string((now - heard_) / second) + " s";
  } else if (pinged_ == 0 && now - heard_ >= quiet_time) {
    pinged_ = now;
    Element ping = new_iq("get", ping_id);
    ping.set("to", account_.jid.domainpart()).add(Element("ping", ping_ns));
    out_.stanzas.push_back(text_of(ping));
  }
}

}  // namespace ferry
