#include "tools/ferry-replay/report_namespaces.h"

#include <array>

namespace ferry::report {
namespace {

constexpr std::array iq_table{
    IqNamespace{"http://jabber.org/protocol/disco#info", Fate::answered, false, "features: the gateway answers"},
    IqNamespace{"http://jabber.org/protocol/disco#items", Fate::answered, false, "items: the gateway answers"},
    IqNamespace{"urn:xmpp:ping", Fate::answered, false, "ping: the gateway answers; MQTT has its own"},
    IqNamespace{"jabber:iq:version", Fate::answered, false, "client version: the gateway answers for its users"},
    IqNamespace{"urn:xmpp:time", Fate::answered, false, "client's time: the gateway answers for its users"},
    IqNamespace{"jabber:iq:last", Fate::answered, false, "last activity: the gateway answers for its users"},

    IqNamespace{"jabber:iq:roster", Fate::carried, true,
                "roster: in/contact/{peer}, retained; roster.add, roster.update, roster.remove"},
    IqNamespace{"vcard-temp", Fate::carried, true, "vCard: profile.get, profile.set"},

    IqNamespace{"urn:ietf:params:xml:ns:xmpp-bind", Fate::needless, false, "resource binding: part of MQTT's CONNECT"},
    IqNamespace{"urn:ietf:params:xml:ns:xmpp-session", Fate::needless, false, "session: part of MQTT's CONNECT"},
    IqNamespace{"jabber:iq:auth", Fate::needless, false, "log-in of old clients: part of MQTT's CONNECT"},
    IqNamespace{"urn:xmpp:carbons:2", Fate::needless, false,
                "carbons: every device of an MQTT user gets every message anyway"},
    IqNamespace{"http://jabber.org/protocol/si", Fate::refused, true, "file transfer between clients"},
    IqNamespace{"http://jabber.org/protocol/bytestreams", Fate::refused, true, "file transfer between clients"},
    IqNamespace{"http://jabber.org/protocol/ibb", Fate::refused, true, "file transfer between clients"},
    IqNamespace{"urn:xmpp:http:upload:0", Fate::refused, true,
                "upload of files: an MQTT client uploads elsewhere and sends the URL"},
    IqNamespace{"urn:xmpp:http:upload", Fate::refused, true,
                "upload of files: an MQTT client uploads elsewhere and sends the URL"},
    IqNamespace{"urn:xmpp:jingle:1", Fate::refused, true, "calls and file transfer between clients"},
    IqNamespace{"urn:xmpp:extdisco:2", Fate::refused, true, "TURN servers of calls"},
    IqNamespace{"urn:xmpp:mam:2", Fate::refused, true, "message archive: stays on the XMPP server"},
    IqNamespace{"urn:xmpp:mam:1", Fate::refused, true, "message archive: stays on the XMPP server"},
    IqNamespace{"urn:xmpp:mam:0", Fate::refused, true, "message archive: stays on the XMPP server"},
    IqNamespace{"urn:xmpp:archive", Fate::refused, true, "message archive: stays on the XMPP server"},
    IqNamespace{"jabber:iq:private", Fate::refused, true, "private storage (bookmarks, settings): stays there"},
    IqNamespace{"jabber:iq:privacy", Fate::refused, true, "privacy lists: no such request"},
    IqNamespace{"urn:xmpp:blocking", Fate::refused, true, "blocking: no such request; deny refuses a subscription"},
    IqNamespace{"http://jabber.org/protocol/pubsub", Fate::refused, true,
                "personal eventing: avatars, OMEMO keys, bookmarks"},
    IqNamespace{"http://jabber.org/protocol/pubsub#owner", Fate::refused, true, "personal eventing"},
    IqNamespace{"http://jabber.org/protocol/muc#owner", Fate::refused, true, "rooms: not carried"},
    IqNamespace{"http://jabber.org/protocol/muc#admin", Fate::refused, true, "rooms: not carried"},
    IqNamespace{"jabber:iq:search", Fate::refused, true, "search of a directory of users"},
    IqNamespace{"jabber:iq:register", Fate::refused, true, "registration, change of password"},
    IqNamespace{"http://jabber.org/protocol/commands", Fate::refused, true, "ad-hoc commands"},
    IqNamespace{"urn:xmpp:push:0", Fate::refused, false, "push: MQTT keeps messages in the broker's session"},
    IqNamespace{"jabber:iq:gateway", Fate::refused, false, "prompts of other networks' gateways"},
    IqNamespace{"jabber:iq:rpc", Fate::refused, false, "remote procedure calls"},
    IqNamespace{"jabber:iq:time", Fate::refused, false, "client's time, the older form"},
    IqNamespace{"jabber:iq:browse", Fate::refused, false, "features, the form before disco"},
    IqNamespace{"jabber:iq:agents", Fate::refused, false, "other networks' gateways, the form before disco"},
};
constexpr IqNamespace iq_unknown{"", Fate::refused, true, "no request of an MQTT client does this"};
constexpr IqNamespace iq_empty{"", Fate::answered, false, "an answer without content"};

}  // namespace

const IqNamespace& iq_namespace(std::string_view space) {
  if (space.empty()) return iq_empty;
  for (const IqNamespace& row : iq_table)
    if (row.space == space) return row;
  return iq_unknown;
}

}  // namespace ferry::report
