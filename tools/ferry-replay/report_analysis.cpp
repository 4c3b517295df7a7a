#include "tools/ferry-replay/report_analysis.h"

#include <algorithm>

namespace ferry::report {
namespace {

// Content namespaces of streams are one to the translators.
void as_client(Element& e) {
  if (e.ns == ns::component || e.ns == "jabber:server" || e.ns.empty()) e.ns = ns::client;
  for (Node& node : e.children)
    if (auto* child = std::get_if<Element>(&node.value)) as_client(*child);
}

std::string type_of(const Stanza& s) {
  std::string out(stanza_name(s.kind));
  if (!s.type.empty()) return out + " " + shortened(s.type, 40);
  return out + (s.kind == StanzaKind::message ? " normal" : s.kind == StanzaKind::presence ? " available" : "");
}

// Group chat: one of the two is a room, or somebody in it.
void take_room_out(Seen& seen) {
  const Stanza& s = seen.stanza;
  bool in = s.kind == StanzaKind::message && s.type == "groupchat", joins = false;
  for (const Node& node : s.xml.children)
    if (const Element* e = node.element(); e && e->ns.starts_with("http://jabber.org/protocol/muc")) {
      in = in || s.kind != StanzaKind::iq;
      joins = joins || e->ns == "http://jabber.org/protocol/muc";
    }
  if (!in) return;
  const bool to_room = joins || !seen.from || !seen.from->has_resource() || !seen.to || !seen.to->has_resource();
  std::optional<Jid>& room = to_room && !seen.to_client && seen.to ? seen.to : seen.from;
  seen.room = std::exchange(room, std::nullopt);
}

}  // namespace

Analysis::Analysis(Settings settings) : settings_(std::move(settings)) {}

void Analysis::add(const Record& record, std::uint64_t line) {
  hours.seen(record);
  if (const auto* s = std::get_if<CapturedStanza>(&record.what)) {
    stanza(record, s->xml, line);
  } else if (const auto* d = std::get_if<CapturedDamage>(&record.what)) {
    ++damaged;
    damage(d->text.empty() ? "damage" : d->text, line);
  } else if (std::holds_alternative<CapturedPublish>(record.what)) {
    ++publishes;
  }
}

void Analysis::damage(const std::string& text, std::uint64_t line) {
  constexpr std::size_t most = 160;
  DamageCount& d = damages.at(shortened(text, most));
  if (d.count++ == 0) d.first_line = line;
}

// Answers without content are told by what they answer. Which requests wait is bounded; the rest counts as unknown.
std::string Analysis::asked(const Stanza& s, const Record& record) {
  if (s.kind != StanzaKind::iq) return {};
  const Digest key = mix(digest(record.stream), digest(s.id));
  const Element* payload = s.xml.first_child();
  if (s.type == "get" || s.type == "set") {
    if (payload && pending_.size() < most_pending) pending_[key] = shortened(payload->ns, 200);
    return {};
  }
  const auto it = pending_.find(key);
  if (it == pending_.end()) return {};
  std::string space = std::move(it->second);
  pending_.erase(it);
  return space;
}

std::optional<Jid> Analysis::account(const Record& record, const Stanza& s) {
  const auto parsed = [](std::string_view text) {
    auto jid = Jid::parse(text);
    return jid && jid->has_local() ? std::optional<Jid>(std::move(*jid)) : std::nullopt;
  };
  if (!record.jid.empty()) return parsed(record.jid);
  if (record.kind != StreamKind::client && record.kind != StreamKind::unknown) return std::nullopt;
  const Digest stream = digest(record.stream);
  if (const auto it = accounts_.find(stream); it != accounts_.end()) return parsed(it->second);
  std::optional<Jid> jid;
  if (record.direction == Direction::sent) {
    const Element* bind = s.xml.child("bind", "urn:ietf:params:xml:ns:xmpp-bind");
    const Element* bound = bind ? bind->child("jid", "urn:ietf:params:xml:ns:xmpp-bind") : nullptr;
    jid = bound ? parsed(bound->text()) : s.to && s.to->has_resource() ? parsed(s.to->str()) : std::nullopt;
  }
  if (jid && accounts_.size() < most_streams) accounts_.emplace(stream, jid->str());
  return jid;
}

void Analysis::clients(const Stanza& s, const std::optional<Jid>& from) {
  constexpr std::size_t most = 120;
  if (s.kind == StanzaKind::presence && s.type.empty()) {
    const Element* c = s.xml.child("c", "http://jabber.org/protocol/caps");
    if (!c) return;
    ClientCount& client = caps.at(shortened(c->attr_or("node", "(no node)"), most));
    ++client.count;
    if (from) client.users.add(digest(from->bare_view()), sets);
  } else if (s.kind == StanzaKind::iq && s.type == "result") {
    constexpr std::string_view space = "jabber:iq:version";
    const Element* query = s.xml.child("query", space);
    if (!query) return;
    std::string name;
    for (const std::string_view part : {"name", "version", "os"})
      if (const Element* e = query->child(part, space)) name.append(name.empty() ? "" : " ").append(e->text());
    ClientCount& client = versions.at(shortened(name, most));
    ++client.count;
    if (from) client.users.add(digest(from->bare_view()), sets);
  }
}

void Analysis::count_payloads(const Stanza& s, const Judgement& judgement, const std::vector<Digest>& users) {
  for (const Node& node : s.xml.children) {
    const Element* e = node.element();
    if (!e || e->ns == ns::client) continue;
    NamespaceCount& n = namespaces.at(payload_name(*e));
    ++n.count;
    Verdict verdict = s.kind == StanzaKind::iq ? judgement.verdict : Verdict::whole;
    for (const Finding& f : judgement.findings)
      if (f.what.starts_with(payload_name(*e)) || f.verdict == Verdict::none) verdict = std::max(verdict, f.verdict);
    ++n.by_verdict[static_cast<std::size_t>(verdict)];
    for (const Digest user : users) n.users.add(user, sets);
  }
}

void Analysis::stanza(const Record& record, const std::string& xml, std::uint64_t line) {
  XmlLimits limits;
  limits.bytes = 4U << 20;
  auto element = parse_xml(xml, limits);
  if (!element) {
    ++unreadable;
    return damage("a stanza that is no XML: " + element.error().text, line);
  }
  if (element->name != "message" && element->name != "presence" && element->name != "iq") {
    ++other_elements;
    ++elements.at(payload_name(*element)).count;
    return;
  }
  as_client(*element);
  auto parsed = Stanza::from_xml(std::move(*element));
  if (!parsed) {
    ++unreadable;
    return damage("no stanza: " + parsed.error().text, line);
  }
  const Stanza& s = *parsed;
  ++stanzas;
  bytes += static_cast<std::int64_t>(xml.size());
  ++by_stream_kind[static_cast<std::size_t>(record.kind)];
  has_direction = has_direction || record.direction != Direction::unknown;
  hours.stanza(record, s.kind, xml.size());

  const std::optional<Jid> own = account(record, s);
  const bool client_stream = record.kind == StreamKind::client;
  const bool from_client = record.direction == Direction::received;
  Seen seen{s,
            s.from,
            s.to,
            {},
            !(client_stream && record.direction == Direction::sent),
            client_stream && record.direction == Direction::sent,
            record.time};
  if (!seen.from && from_client) seen.from = own;
  if (!seen.to && client_stream && record.direction == Direction::sent) seen.to = own;
  take_room_out(seen);
  if (client_stream && own) people.has_stream(*own);
  people.add(seen);
  if (s.kind == StanzaKind::message) people.message_size(static_cast<std::int64_t>(xml.size()));

  std::vector<Digest> users;
  for (const auto* jid : {&seen.from, &seen.to})
    if (*jid && (*jid)->has_local()) users.push_back(digest((*jid)->bare_view()));
  std::optional<Digest> pair;
  if (users.size() == 2 && users[0] != users[1]) pair = mix(std::min(users[0], users[1]), std::max(users[0], users[1]));

  const std::string about = asked(s, record);
  const Judgement judgement = judge(s, about);
  ++by_verdict[static_cast<std::size_t>(judgement.verdict)];
  TypeCount& type = types.at(type_of(s));
  ++type.count;
  ++type.by_verdict[static_cast<std::size_t>(judgement.verdict)];
  type.bytes += static_cast<std::int64_t>(xml.size());
  count_payloads(s, judgement, users);
  clients(s, seen.from);
  std::string shown;
  for (const Finding& f : judgement.findings)
    if (gaps.add(f, users, pair)) {
      if (shown.empty()) shown = settings_.shown ? settings_.shown(record) : std::string();
      gaps.add_example(f, line, shown);
    }

  // Whose client it is: the stream's, else whoever it is for.
  const std::optional<Jid>& user = own ? own : from_client ? seen.from : seen.to;
  const std::string name = user ? std::string(user->bare_view()) : std::string();
  if (name.empty()) return;
  const Instant now = record.time / 1'000;
  const bool leaves = from_client && record.kind != StreamKind::server;
  const Packets packets = packets_of(settings_.tree, s, judgement, name, leaves, about, now);
  meter.add(packets.purport, xml, packets, leaves, digest(record.stream));
}

}  // namespace ferry::report
