#include "tools/ferry-replay/account_answers.h"

#include <string>
#include <utility>

#include "translators/values/stanza.h"

namespace ferry::replay {
namespace {

constexpr std::string_view account_roster_ns = "jabber:iq:roster",
                           account_info_ns = "http://jabber.org/protocol/disco#info",
                           account_items_ns = "http://jabber.org/protocol/disco#items",
                           account_carbons_ns = "urn:xmpp:carbons:2", account_ping_ns = "urn:xmpp:ping",
                           account_vcard_ns = "vcard-temp";

bool is_for_the_server(const Jid& account, const Element& stanza) {
  const std::string* to = stanza.attr("to");
  if (!to) return true;
  const auto jid = Jid::parse(*to);
  return jid && (*jid == account || (jid->is_domain() && jid->domainpart() == account.domainpart()));
}

Element account_info(bool of_the_server) {
  Element query("query", account_info_ns);
  query.add(Element("identity", account_info_ns))
      .set("category", of_the_server ? "server" : "account")
      .set("type", of_the_server ? "im" : "registered")
      .set("name", "ferry-replay");
  for (const std::string_view feature : {account_info_ns, account_ping_ns, account_carbons_ns, account_vcard_ns})
    query.add(Element("feature", account_info_ns)).set("var", feature);
  return query;
}

}  // namespace

Element empty_roster() { return Element("query", account_roster_ns); }

std::optional<Element> account_answer(const Jid& account, Element iq, const Element& roster) {
  const bool get = iq.attr_or("type") == "get";
  if (iq.name != "iq" || (!get && iq.attr_or("type") != "set")) return std::nullopt;
  const std::string to(iq.attr_or("to"));
  iq.set("from", account.str());
  if (is_for_the_server(account, iq)) {
    if (get && iq.child("ping", account_ping_ns)) return iq_result(iq);
    if (get && iq.child("query", account_roster_ns)) return iq_result(iq, roster);
    if (get && iq.child("query", account_info_ns)) return iq_result(iq, account_info(to == account.domainpart()));
    if (get && iq.child("query", account_items_ns)) return iq_result(iq, Element("query", account_items_ns));
    if (get && iq.child("vCard", account_vcard_ns)) return iq_result(iq, Element("vCard", account_vcard_ns));
    if (!get && (iq.child("enable", account_carbons_ns) || iq.child("disable", account_carbons_ns)))
      return iq_result(iq);
  }
  return error_reply(iq, error(Condition::service_unavailable, "nobody is behind this replay"));
}

bool is_of_the_link(const Element& stanza) {
  if (stanza.name == "presence") return !stanza.attr("to");  // the devices' own: it is said again at each log-in
  const std::string_view id = stanza.attr_or("id");
  return stanza.name == "iq" && (id.starts_with("ferry-") || id.starts_with("_xmpp_"));
}

}  // namespace ferry::replay
