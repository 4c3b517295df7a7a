#include "translators/room.h"

#include <charconv>

#include "translators/payloads.h"

namespace ferry::room {
namespace {

constexpr std::string_view invitation_ns = "jabber:x:conference", private_ns = "jabber:iq:private";
constexpr std::string_view storage_ns = "storage:bookmarks", bookmarks_node = "urn:xmpp:bookmarks:1";
constexpr std::string_view pubsub_ns = "http://jabber.org/protocol/pubsub";
constexpr std::string_view occupant_id_ns = "urn:xmpp:occupant-id:0";

const Element* extension(const Parts& parts, std::string_view ns) {
  for (const Part& part : parts)
    if (const auto* e = std::get_if<Ext>(&part.value); e && e->xml.is("x", ns)) return &e->xml;
  return nullptr;
}

std::string text_of(const Element& e, std::string_view child) {
  const Element* found = e.child(child, e.ns);
  return found ? shortened(found->text()) : std::string();
}

std::string address(std::string_view text) {  // empty: it is none
  const auto jid = Jid::parse(text);
  return jid ? jid->str() : std::string();
}

bool is_room(const Jid& jid) { return jid.has_local() && !jid.has_resource(); }

void add(std::vector<Bookmark>& all, const Element& conference, std::string_view jid) {
  const auto room = Jid::parse(jid);
  if (!room || !is_room(*room)) return;
  const std::string_view joins = conference.attr_or("autojoin");
  all.push_back({*room, shortened(std::string(conference.attr_or("name"))), text_of(conference, "nick"),
                 text_of(conference, "password"), joins == "true" || joins == "1"});
}

}  // namespace

std::string shortened(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  text.resize(most);
  return text;
}

std::optional<Said> said(const Parts& parts) {
  const Element* x = extension(parts, user_ns);
  if (!x) return std::nullopt;
  Said s;
  for (const Node& node : x->children) {
    const Element* e = node.element();
    if (!e || e->ns != user_ns) continue;
    if (e->name == "status") {
      const std::string_view code = e->attr_or("code");
      int number = 0;
      std::from_chars(code.data(), code.data() + code.size(), number);
      s.codes.insert(number);
    } else if (e->name == "item") {
      s.role = shortened(std::string(e->attr_or("role")));
      s.affiliation = shortened(std::string(e->attr_or("affiliation")));
      s.nick = e->attr_or("nick");
      s.jid = address(e->attr_or("jid"));
      s.reason = text_of(*e, "reason");
    } else if (e->name == "destroy") {
      s.destroyed = true;
      s.venue = shortened(std::string(e->attr_or("jid")));
      s.reason = text_of(*e, "reason");
    }
  }
  return s;
}

std::optional<Invitation> invitation(const Message& m) {
  if (!m.from || m.type == "error" || m.type == "groupchat") return std::nullopt;
  if (const Element* x = extension(m.parts, user_ns)) {  // section 7.8.2
    const Element* invite = x->child("invite", user_ns);
    if (!invite || !is_room(*m.from)) return std::nullopt;
    std::string by = address(invite->attr_or("from"));
    return Invitation{*m.from, by.empty() ? m.from->str() : std::move(by), text_of(*invite, "reason"),
                      text_of(*x, "password")};
  }
  const Element* x = extension(m.parts, invitation_ns);
  const auto room = x ? Jid::parse(x->attr_or("jid")) : Result<Jid>(error(Condition::jid_malformed, ""));
  if (!room || !is_room(*room)) return std::nullopt;
  return Invitation{*room, std::string(m.from->bare_view()), shortened(std::string(x->attr_or("reason"))),
                    shortened(std::string(x->attr_or("password")))};
}

Element private_query() {
  Element query("query", private_ns);
  query.add(Element("storage", storage_ns));
  return query;
}

Element published_query() {
  Element pubsub("pubsub", pubsub_ns);
  pubsub.add(Element("items", pubsub_ns)).set("node", bookmarks_node);
  return pubsub;
}

std::vector<Bookmark> private_bookmarks(const Element& iq) {
  std::vector<Bookmark> all;
  const Element* query = iq.child("query", private_ns);
  const Element* storage = query ? query->child("storage", storage_ns) : nullptr;
  if (!storage) return all;
  for (const Node& node : storage->children)
    if (const Element* e = node.element(); e && e->is("conference", storage_ns)) add(all, *e, e->attr_or("jid"));
  return all;
}

std::vector<Bookmark> published_bookmarks(const Element& iq) {
  std::vector<Bookmark> all;
  const Element* pubsub = iq.child("pubsub", pubsub_ns);
  const Element* items = pubsub ? pubsub->child("items", pubsub_ns) : nullptr;
  if (!items) return all;
  for (const Node& node : items->children) {
    const Element* item = node.element();
    if (const Element* e = item ? item->child("conference", bookmarks_node) : nullptr)
      add(all, *e, item->attr_or("id"));
  }
  return all;
}

Element join(const Jid& room, std::string_view nick, std::string_view password, const History& history) {
  Element presence("presence");
  presence.set("to", room.str() + "/" + std::string(nick));
  Element& x = presence.add(Element("x", muc_ns));
  Element& h = x.add(Element("history", muc_ns));
  h.set("maxstanzas", std::to_string(history.stanzas));
  if (history.seconds >= 0) h.set("seconds", std::to_string(history.seconds));
  if (!password.empty()) x.add(Element("password", muc_ns)).add_text(password);
  return presence;
}

Element leave(const Jid& room, std::string_view nick) {
  Element presence("presence");
  presence.set("type", "unavailable").set("to", room.str() + "/" + std::string(nick));
  return presence;
}

void drop_marks(Parts& parts) {
  std::erase_if(parts, [](const Part& part) {
    const auto* e = std::get_if<Ext>(&part.value);
    return e && (e->xml.ns == user_ns || e->xml.ns == occupant_id_ns);
  });
}

std::string to_json(const View& v) {
  JsonWriter json;
  json.begin_object().field("jid", v.jid).field("name", v.name).field("nick", v.nick).field("state", v.state);
  const auto optional = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) json.field(name, value);
  };
  optional("subject", v.subject);
  if (v.state == "joined") json.field("occupants", v.occupants);
  optional("role", v.role);
  optional("affiliation", v.affiliation);
  optional("by", v.by);
  optional("text", v.text);
  if (v.error) {
    json.key("error");
    write_error(*v.error, json);
  }
  return json.end_object().take();
}

}  // namespace ferry::room
