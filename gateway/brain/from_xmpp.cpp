// The router, from XMPP: domain, user, feed or nobody.
#include "gateway/brain/log_value.h"
#include "gateway/brain/router.h"
#include "translators/values/uid.h"

namespace ferry {
namespace {

// Whoever may not see a device gets the answer of one that is not there (RFC 6121 section 8.5.3.2.3, RFC 6120 13.10.2).
bool sees(const User& user, const Device& device, const Jid& who) {
  if (who.bare_view() == user.jid.bare_view() || device.directed.contains(who.str()) ||
      device.directed.contains(std::string(who.bare_view())))
    return true;
  const auto it = user.contacts.find(who.bare_view());
  return it != user.contacts.end() && it->second.record.from;
}

}  // namespace

// Stanzas between ours never leave us, so nobody there has anything to say in the name of one of ours.
void Router::from_server(Element element) {
  if (const auto from = Jid::parse(element.attr_or("from")); from && world.hosted(*from)) {
    world.count("stanzas_in");
    world.count("stanzas_forged");
    world.log_refused("forged-sender", from->str(), element.attr_or("to"), element.attr_or("id"));
    return;
  }
  stanza(std::move(element));
}

void Router::stanza(Element element) {
  world.count("stanzas_in");
  auto parsed = Stanza::from_xml(std::move(element));
  if (!parsed) {
    world.count("stanzas_malformed");
    world.log_refused(condition_name(parsed.error().condition), element.attr_or("from"), element.attr_or("to"),
                      element.attr_or("id"));
    world.answer(element, parsed.error());
    return;
  }
  const Stanza& s = *parsed;
  if (!s.to || !world.hosted(*s.to)) {  // another component's (ejabberd's global_routes): not ours to answer
    world.count("stanzas_misrouted");
    world.log_about(0, LogLine::Level::warning,
                    "event=stanza.misrouted to=" + log_value(s.to ? s.to->domainpart() : "none") +
                        " advice=\"ejabberd: set global_routes: false on the component listener\"");
    return;
  }
  if (!s.from || over_rate(s)) return;
  if (s.to->is_domain() || !s.to->has_local()) return to_domain(s);
  if (User* user = world.user(s.to->bare_view())) return to_user(*user, s);
  if (const auto match = world.table.by_jid(s.to->bare()); match && match->row->kind == RowKind::feed)
    return to_feed(*match->row, match->topic, s);
  to_nobody(s);
}

// A flood from XMPP: an error where one is legal, else it is dropped; of presence the latest counts. Answers are always
// heard (they are about what we sent), and our own users have limits of their own. So are receipts, each once: who
// comes back to a thousand messages confirms them all at the same time.
bool Router::over_rate(const Stanza& s) {
  const bool answer = s.type == "error" || (s.kind == StanzaKind::iq && s.type == "result");
  if (answer || world.hosted(*s.from) || s.from->bare_view() == world.server.str()) return false;
  if (residents.is_for_occupant(s)) return false;
  const bool foreign = s.from->domainpart() != world.server.domainpart();
  const bool wish = s.kind == StanzaKind::presence && s.type == "subscribe";
  if (world.senders.take(*s.from, foreign, wish, world.now, world.options.limits)) return false;
  if (s.kind == StanzaKind::presence && !wish) {
    User* user =
        s.type.empty() || s.type == "unavailable" || s.type == "probe" ? world.user(s.to->bare_view()) : nullptr;
    if (user) presences.hold(*user, std::get<Presence>(to_event(s)));
    return user != nullptr;  // what ends a subscription, or grants what we asked for, is rare and must be known
  }
  if (s.kind == StanzaKind::message)
    if (User* user = world.user(s.to->bare_view()); user && delivery.confirms(*user, std::get<Message>(to_event(s))))
      return false;
  world.count("stanzas_over_rate");
  world.answer(s.xml, error(Condition::resource_constraint,
                            wish ? "too many requests to subscribe" : "too many stanzas; slow down"));
  return true;
}

void Router::to_domain(const Stanza& s) {
  switch (s.kind) {
    case StanzaKind::iq:
      if (s.type != "get" && s.type != "set")
        answered(s);
      else if (!privilege.on_push(s))
        services.on_request(s, Services::Target::domain, nullptr);
      break;
    case StanzaKind::message:
      if (privilege.on_message(s)) break;
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
  if (requests.on_answer(s) || residents.on_answer(s) || (s.to->is_domain() && privilege.on_answer(s))) return;
  world.count("answers_ignored");
  world.log_refused("answer-to-nothing", s.from->str(), s.to->str(), s.id);
}

void Router::to_user(User& user, const Stanza& s) {
  switch (s.kind) {
    case StanzaKind::message: {
      auto m = std::get<Message>(to_event(s));
      if (!residents.on_message(user, m)) delivery.on_message(user, std::move(m));
      break;
    }
    case StanzaKind::presence: {
      const Presence p = std::get<Presence>(to_event(s));
      if (p.type == "probe")
        presences.on_probe(user, p);
      else if (residents.on_presence(user, p))
        break;
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
        if (it != user.devices.end() && it->second.availability.available()) {
          if (sees(user, it->second, *s.from)) return services.on_request(s, Services::Target::device, &user);
          world.log_refused("not-a-watcher", s.from->str(), s.to->str(), s.id);
        }
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
