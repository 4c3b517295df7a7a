#include "gateway/brain/outbox_admin.h"

#include <algorithm>
#include <charconv>

namespace ferry {
namespace {

using Answer = OutboxAdmin::Answer;

Problem problem(std::string text) { return {"", std::move(text), false}; }

constexpr std::pair<std::string_view, Shelf> shelves[] = {
    {"dead", Shelf::dead}, {"to-xmpp", Shelf::to_xmpp}, {"to-mqtt", Shelf::to_mqtt}, {"waiting", Shelf::waiting}};

Shelf shelf_of(const MessageRecord& row) {
  if (row.state == MessageState::failed) return Shelf::dead;
  if (row.state == MessageState::waiting) return Shelf::waiting;
  return row.way == Way::to_xmpp ? Shelf::to_xmpp : Shelf::to_mqtt;
}

bool on_any_shelf(const MessageRecord& row) { return row.state <= MessageState::waiting || DeadLetters::is_dead(row); }

std::string_view state_text(const MessageRecord& row) {
  return row.state == MessageState::waiting ? "waiting" : state_name(row.state);
}

}  // namespace

std::optional<Answer> OutboxAdmin::on_command(std::string_view name, JsonView c) {
  if (name == "outbox.counts") return counts();
  if (name == "outbox.list") return list(c);
  if (name == "outbox.show") return show(c);
  if (name == "outbox.requeue") return requeue(c);
  if (name == "outbox.drop") return drop(c);
  return std::nullopt;
}

Result<OutboxAdmin::Filter, Problem> OutboxAdmin::filter_of(JsonView c) const {
  Filter filter;
  const std::string_view shelf = c["shelf"].string().value_or("dead");
  bool known = false;
  for (const auto& [name, value] : shelves)
    if (name == shelf) filter.shelf = value, known = true;
  if (!known) return problem("shelf: expected dead, to-xmpp, to-mqtt or waiting");
  if (const auto text = c["user"].string()) {
    const auto jid = Jid::parse(*text);
    if (!jid) return problem("user: " + jid.error().text);
    const auto it = world_.users.find(jid->bare_view());
    if (it == world_.users.end()) return problem("no user " + jid->bare().str());
    filter.user = it->second->key;
  }
  if (const auto text = c["peer"].string()) {
    const auto jid = Jid::parse(*text);
    if (!jid) return problem("peer: " + jid.error().text);
    filter.peer = jid->bare().str();
  }
  return filter;
}

bool OutboxAdmin::fits(const Filter& filter, const MessageRecord& row) const {
  if (filter.user != 0 && row.user != filter.user) return false;
  return filter.peer.empty() || (row.peer.starts_with(filter.peer) &&
                                 (row.peer.size() == filter.peer.size() || row.peer[filter.peer.size()] == '/'));
}

// `after` is "SEQ", on the shelf of those that wait "USER:SEQ".
std::vector<MessageRecord> OutboxAdmin::next_page(const Filter& filter, JsonView c, std::string& next) const {
  UserKey user = 0;
  Seq after = 0;
  const std::string_view text = c["after"].string().value_or("");
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) std::from_chars(text.data(), text.data() + colon, user);
  const std::size_t begin = colon == std::string_view::npos ? 0 : colon + 1;
  std::from_chars(text.data() + begin, text.data() + text.size(), after);
  const bool waiting = filter.shelf == Shelf::waiting;
  if (waiting && filter.user != 0 && user < filter.user) {  // theirs lie together
    user = filter.user;
    after = 0;
  }
  std::vector<MessageRecord> rows = world_.records.shelf(filter.shelf, user, after, page);
  if (rows.size() == page && !(waiting && filter.user != 0 && rows.back().user > filter.user))
    next = (waiting ? std::to_string(rows.back().user) + ":" : "") + std::to_string(rows.back().seq);
  std::erase_if(rows, [&](const MessageRecord& row) { return !fits(filter, row); });
  return rows;
}

void OutboxAdmin::write(const MessageRecord& row, JsonWriter& json) const {
  const User* user = world_.user(row.user);
  const std::string ours = user ? user->jid.str() : row.user == 0 ? world_.component.str() : "";
  const Instant since = row.expires - static_cast<Duration>(world_.options.limits.message_ttl) * second;
  json.begin_object().field("seq", row.seq).field("id", row.id);
  json.field("from", row.way == Way::to_xmpp ? ours : row.peer).field("to", row.way == Way::to_xmpp ? row.peer : ours);
  json.field("way", row.way == Way::to_xmpp ? "to-xmpp" : "to-mqtt").field("state", state_text(row));
  json.field("age", std::max<Duration>(0, world_.now - since) / second).field("bytes", row.bytes);
  if (!row.reason.empty()) {
    const StanzaError reason = reason_of(row.reason);
    json.key("reason").begin_object().field("condition", condition_name(reason.condition)).field("text", reason.text);
    json.end_object();
  }
}

Answer OutboxAdmin::counts() const {
  std::int64_t waiting = 0;
  for (const auto& [key, user] : world_.users_by_key) waiting += user->waiting;
  JsonWriter json;
  json.begin_object().key("links").begin_array();
  for (const Way way : {Way::to_xmpp, Way::to_mqtt}) {
    const Load load = world_.queues.of(way);
    const std::int64_t parked = way == Way::to_mqtt ? std::min(waiting, load.rows) : 0;
    json.begin_object().field("link", way == Way::to_xmpp ? "to-xmpp" : "to-mqtt");
    json.field("accepted", load.rows - parked).field("waiting", parked).field("bytes", load.bytes).end_object();
  }
  return json.end_array().field("dead", delivery_.dead.count()).end_object().take();
}

Answer OutboxAdmin::list(JsonView c) const {
  const auto filter = filter_of(c);
  if (!filter) return filter.error();
  std::string next;
  JsonWriter json;
  json.begin_object().key("messages").begin_array();
  for (const MessageRecord& row : next_page(*filter, c, next)) {
    write(row, json);
    json.end_object();
  }
  json.end_array();
  if (!next.empty()) json.field("next", next);
  return json.end_object().take();
}

Answer OutboxAdmin::show(JsonView c) const {
  const auto row = world_.records.message(c["seq"].integer().value_or(0));
  if (!row) return problem("no message has this number; ferryctl outbox list shows them");
  JsonWriter json;
  write(*row, json);
  json.field("xmppId", row->xmpp_id).field("expires", format_instant(row->expires));
  json.field("wantDelivered", row->want_delivered).field("wantDisplayed", row->want_displayed);
  json.field("underWay", delivery_.in_flight(*row)).field("dead", DeadLetters::is_dead(*row));
  return json.end_object().take();
}

Answer OutboxAdmin::for_each(JsonView c, std::string_view said, const Act& act) {
  const auto filter = filter_of(c);
  if (!filter) return filter.error();
  if (!c["seqs"].is_array()) return problem("seqs: expected an array of numbers");
  std::int64_t done = 0;
  JsonWriter json;
  json.begin_object().key("problems").begin_array();
  c["seqs"].each([&](JsonView number) {
    const Seq seq = number.integer().value_or(0);
    auto row = world_.records.message(seq);
    std::optional<std::string> why_not = "no such message here";
    if (row && on_any_shelf(*row) && shelf_of(*row) == filter->shelf) why_not = act(std::move(*row));
    if (why_not)
      json.begin_object().field("seq", seq).field("error", *why_not).end_object();
    else
      ++done;
  });
  world_.log(LogLine::Level::info, std::string(said) + std::to_string(done));
  return json.end_array().field("done", done).end_object().take();
}

Answer OutboxAdmin::requeue(JsonView c) {
  return for_each(c, "event=outbox.requeued messages=", [&](MessageRecord row) -> std::optional<std::string> {
    if (!DeadLetters::is_dead(row)) return "only dead letters can be requeued";
    return delivery_.requeue(std::move(row));
  });
}

Answer OutboxAdmin::drop(JsonView c) {
  return for_each(c, "event=outbox.dropped messages=", [&](const MessageRecord& row) -> std::optional<std::string> {
    if (delivery_.in_flight(row)) return "it was sent a moment ago; what became of it is not known yet";
    world_.count("messages_dropped");
    if (row.state == MessageState::failed)
      delivery_.dead.drop(row);
    else
      delivery_.fail(row, error(Condition::policy_violation, "an administrator dropped the message"), false);
    return std::nullopt;
  });
}

}  // namespace ferry
