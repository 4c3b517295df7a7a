// The router, from XMPP: domain, user, feed or nobody.
#include "gateway/brain/router.h"
#include "translators/values/uid.h"

namespace ferry {

void Router::stanza(Element element) {
  world.count("stanzas_in");
  auto parsed = Stanza::from_xml(std::move(element));
  if (!parsed) {
    world.count("stanzas_malformed");
    world.answer(element, parsed.error());
    return;
  }
  const Stanza& s = *parsed;
  if (!s.to || !world.hosted(*s.to)) {  // another component's (ejabberd's global_routes): not ours to answer
    world.count("stanzas_misrouted");
    world.log(LogLine::Level::warning, "event=stanza.misrouted to=" + std::string(s.to ? s.to->domainpart() : "none") +
                                           " advice=\"ejabberd: set global_routes: false on the component listener\"");
    return;
  }
  if (!s.from) return;
  if (s.to->is_domain() || !s.to->has_local()) return to_domain(s);
  if (User* user = world.user(s.to->bare_view())) return to_user(*user, s);
  if (const auto match = world.table.by_jid(s.to->bare()); match && match->row->kind == RowKind::feed)
    return to_feed(*match->row, match->topic, s);
  to_nobody(s);
}

void Router::to_domain(const Stanza& s) {
  switch (s.kind) {
    case StanzaKind::iq:
      if (s.type == "get" || s.type == "set")
        services.on_request(s, Services::Target::domain, nullptr);
      else
        answered(s);
      break;
    case StanzaKind::message:
      world.answer(s.xml, error(Condition::service_unavailable, "nobody reads messages to the gateway itself"));
      break;
    case StanzaKind::presence:
      if (s.type == "subscribe") refuse_subscription(s);
      break;
  }
}

void Router::answered(const Stanza& s) {
  // Only the server's own answer proves that the server has processed what came before.
  if (s.from->bare_view() == world.server.str() && delivery.to_xmpp.on_answer(s.id)) return;
  if (!requests.on_answer(s)) world.count("answers_ignored");
}

void Router::to_user(User& user, const Stanza& s) {
  switch (s.kind) {
    case StanzaKind::message:
      delivery.on_message(user, std::get<Message>(to_event(s)));
      break;
    case StanzaKind::presence: {
      const Presence p = std::get<Presence>(to_event(s));
      if (p.type == "probe")
        presences.on_probe(user, p);
      else if (p.type.empty() || p.type == "unavailable" || p.type == "error")
        presences.on_contact(user, p);
      else
        roster.on_subscription(user, p);
      break;
    }
    case StanzaKind::iq:
      if (s.type == "result" || s.type == "error") return answered(s);
      if (!s.to->has_resource()) return services.on_request(s, Services::Target::account, &user);
      if (const auto level = to_device(s.to->resourcepart())) {
        const auto it = user.devices.find(*level);
        if (it != user.devices.end() && it->second.availability.available())
          return services.on_request(s, Services::Target::device, &user);
      }
      world.answer(s.xml, error(Condition::service_unavailable, ""));
      break;
  }
}

void Router::to_feed(const Row& row, const std::string& topic, const Stanza& s) {
  const Jid feed = s.to->bare();
  switch (s.kind) {
    case StanzaKind::message:
      feeds.on_message(row, feed, topic, std::get<Message>(to_event(s)));
      break;
    case StanzaKind::presence:
      feeds.on_presence(row, feed, std::get<Presence>(to_event(s)));
      break;
    case StanzaKind::iq:
      if (s.type == "get" || s.type == "set") services.on_request(s, Services::Target::feed, nullptr);
      break;
  }
}

// RFC 6121 section 8.5.1
void Router::to_nobody(const Stanza& s) {
  world.count("stanzas_to_nobody");
  if (s.kind == StanzaKind::presence) {
    if (s.type == "subscribe") refuse_subscription(s);
    return;
  }
  world.answer(s.xml, error(Condition::service_unavailable, "no such user"));
}

void Router::refuse_subscription(const Stanza& s) {
  Element e("presence");
  e.set("type", "unsubscribed").set("from", s.to->bare_view()).set("to", s.from->bare_view());
  world.send(std::move(e));
}

}  // namespace ferry
