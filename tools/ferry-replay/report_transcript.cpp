#include "tools/ferry-replay/report_transcript.h"

#include <array>
#include <cctype>

#include "tools/ferry-replay/report_mqtt.h"

namespace ferry::report::transcript {
namespace {

constexpr std::string_view header_of_client =
    "<?xml version='1.0'?><stream:stream from='bob@corp.example' to='corp.example' version='1.0' xml:lang='en' "
    "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
constexpr std::string_view header_of_server =
    "<?xml version='1.0'?><stream:stream id='a2b6d9a5-2f0d-4f0c-8a39-6c9b6f7a3c1e' from='corp.example' "
    "to='bob@corp.example' version='1.0' xml:lang='en' xmlns='jabber:client' "
    "xmlns:stream='http://etherx.jabber.org/streams'>";
constexpr std::string_view caps =
    "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='https://conversations.im' "
    "ver='ZcJkrTqGkyIyJLqvOlhz5xTsmLo='/>";
constexpr std::string_view avatar =
    "<x xmlns='vcard-temp:x:update'><photo>8c2a4f1d0b7e6a5c3d9f8e7b6a5c4d3e2f1a0b9c</photo></x>";
constexpr std::string_view uuid = "3f0c4a2e-7f5b-4a53-9a3c-0d7f6f6f2b11";

constexpr std::array<std::string_view, 10> given{"anna",  "clara", "david", "emil",  "frieda",
                                                 "georg", "hanna", "ivan",  "julia", "karl"};
constexpr std::array<std::string_view, 10> family{"schmidt", "weber",    "fischer", "meyer", "wagner",
                                                  "becker",  "hoffmann", "koch",    "bauer", "richter"};
constexpr std::array<std::string_view, 26> server_features{"http://jabber.org/protocol/disco#info",
                                                           "http://jabber.org/protocol/disco#items",
                                                           "jabber:iq:roster",
                                                           "jabber:iq:private",
                                                           "jabber:iq:version",
                                                           "jabber:iq:last",
                                                           "urn:xmpp:time",
                                                           "urn:xmpp:ping",
                                                           "vcard-temp",
                                                           "urn:xmpp:carbons:2",
                                                           "urn:xmpp:carbons:rules:0",
                                                           "urn:xmpp:blocking",
                                                           "urn:xmpp:push:0",
                                                           "urn:xmpp:mam:2",
                                                           "urn:xmpp:mam:2#extended",
                                                           "urn:xmpp:sid:0",
                                                           "msgoffline",
                                                           "iq",
                                                           "presence",
                                                           "presence-invisible",
                                                           "http://jabber.org/protocol/commands",
                                                           "http://jabber.org/protocol/pubsub",
                                                           "urn:xmpp:bookmarks:1#compat",
                                                           "http://jabber.org/protocol/pubsub#publish",
                                                           "http://jabber.org/protocol/pubsub#persistent-items",
                                                           "urn:xmpp:extdisco:2"};

std::string disco_result() {
  std::string out = "<iq type='result' id='qUxD2b0n6kTe' from='corp.example' to='";
  out += my_full_jid() +
         "'><query xmlns='http://jabber.org/protocol/disco#info'><identity category='server' type='im' "
         "name='corp.example'/>";
  for (const std::string_view f : server_features) out.append("<feature var='").append(f).append("'/>");
  return out + "</query></iq>";
}

std::string attributes(std::string_view from, std::string_view to) {
  std::string out;
  if (!from.empty()) out.append(" from='").append(from).append("'");
  if (!to.empty()) out.append(" to='").append(to).append("'");
  return out;
}

std::string roster_item(std::string_view jid, std::string_view subscription, bool ask) {
  std::string out = "<item jid='" + std::string(jid) + "' name='" + name_of(jid) + "' subscription='";
  out.append(subscription).append("'").append(ask ? " ask='subscribe'" : "");
  return out + "><group>Friends</group></item>";
}

std::string roster_push(std::string_view to, std::string_view item) {
  return "<iq type='set' id='push-5e8f1c' to='" + std::string(to) + "'><query xmlns='jabber:iq:roster' ver='ver43'>" +
         std::string(item) + "</query></iq>";
}

std::string result_of(std::string_view id) { return "<iq type='result' id='" + std::string(id) + "'/>"; }

}  // namespace

std::string my_full_jid() { return "bob@corp.example/Conversations.x7Qd"; }

std::string contact(int n) {
  const auto at = static_cast<std::size_t>(n);
  return std::string(given[at / 10 % 10]) + "." + std::string(family[at % 10]) + "@corp.example";
}

std::string name_of(std::string_view bare) {
  std::string out(bare.substr(0, bare.find('@')));
  bool first = true;
  for (char& c : out) {
    if (first) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    first = c == '.';
    if (first) c = ' ';
  }
  return out;
}

std::vector<std::pair<bool, std::string>> log_in() {
  const std::string client(header_of_client), server(header_of_server), me = my_full_jid();
  return {
      {true, client},
      {false, server},
      {false,
       "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
       "</stream:features>"},
      {true, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"},
      {false, "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"},
      {true, client},
      {false, server},
      {false,
       "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-256-PLUS</mechanism>"
       "<mechanism>SCRAM-SHA-1-PLUS</mechanism><mechanism>SCRAM-SHA-256</mechanism><mechanism>SCRAM-SHA-1</mechanism>"
       "<mechanism>PLAIN</mechanism></mechanisms><sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding "
       "type='tls-exporter'/></sasl-channel-binding></stream:features>"},
      {true,
       "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>"
       "biwsbj1ib2Iscj1mMkY5cUxvWTFhR0hLeDd6V3BRM2VSdFV2TmIwTWNTag==</auth>"},
      {false,
       "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
       "cj1mMkY5cUxvWTFhR0hLeDd6V3BRM2VSdFV2TmIwTWNTajdjNGI5ZjE2LTA5YTctNDk5ZS1iZDJkLTFlYzg0ZDc5YTUxYyxzPVcyMlphSjBTTlk"
       "3"
       "c29Fc1VFamI2Z1E9PSxpPTQwOTY=</challenge>"},
      {true,
       "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
       "Yz1iaXdzLHI9ZjJGOXFMb1kxYUdIS3g3eldwUTNlUnRVdk5iME1jU2o3YzRiOWYxNi0wOWE3LTQ5OWUtYmQyZC0xZWM4NGQ3OWE1MWMscD1kSHp"
       "i"
       "WmFwV0lrNGpVaE4rVXRlOXl0YWc5empmTUhnc3FtbWl6N0FuZFZRPQ==</response>"},
      {false,
       "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
       "dj02cnJpVFJCaTIzV3BSUi93dHVwK21NaFVaVW4vZEI1bkxUSlJzamw5NUc0PQ==</success>"},
      {true, client},
      {false, server},
      {false,
       "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><session "
       "xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session><c xmlns='http://jabber.org/protocol/caps' "
       "hash='sha-1' node='http://prosody.im' ver='Yo0c8eE3Q2wYp0zS1nT3rJq5vKg='/><sm xmlns='urn:xmpp:sm:3'><optional/>"
       "</sm><ver xmlns='urn:xmpp:features:rosterver'/><csi xmlns='urn:xmpp:csi:0'/></stream:features>"},
      {true,
       "<iq type='set' id='Jm0bL3tZ5vRs'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>Conversations.x7Qd"
       "</resource></bind></iq>"},
      {false, "<iq type='result' id='Jm0bL3tZ5vRs'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>" + me +
                  "</jid></bind></iq>"},
      {true, "<enable xmlns='urn:xmpp:sm:3' resume='true'/>"},
      {false, "<enabled xmlns='urn:xmpp:sm:3' id='QmX1v8Zc2pLk' resume='true' max='600'/>"},
      {true, "<iq type='set' id='h7TqPz4WcXnA'><enable xmlns='urn:xmpp:carbons:2'/></iq>"},
      {false, "<iq type='result' id='h7TqPz4WcXnA' to='" + me + "'/>"},
      {true,
       "<iq type='get' id='qUxD2b0n6kTe' to='corp.example'><query "
       "xmlns='http://jabber.org/protocol/disco#info'/></iq>"},
      {false, disco_result()},
      {true, presence({}, {})},
      {false, presence(me, me)},
  };
}

std::string ack_request() { return "<r xmlns='urn:xmpp:sm:3'/>"; }
std::string ack() { return "<a xmlns='urn:xmpp:sm:3' h='12'/>"; }

std::string roster_get() { return "<iq type='get' id='WkT0uVb9sQeL'><query xmlns='jabber:iq:roster' ver=''/></iq>"; }

std::string roster_result(const std::vector<std::string>& contacts) {
  std::string out =
      "<iq type='result' id='WkT0uVb9sQeL' to='" + my_full_jid() + "'><query xmlns='jabber:iq:roster' ver='ver42'>";
  for (const std::string& c : contacts) out += roster_item(c, "both", false);
  return out + "</query></iq>";
}

std::string presence(std::string_view from, std::string_view to, std::string_view show, std::string_view status) {
  std::string out = "<presence" + attributes(from, to) + ">";
  if (!show.empty()) out.append("<show>").append(show).append("</show>");
  if (!status.empty()) out.append("<status>").append(status).append("</status>");
  return out.append(caps).append(avatar).append("</presence>");
}

std::vector<Line> message_with_receipt(std::string_view peer, std::string_view text) {
  const std::string id(uuid), body = "<body>" + std::string(text) + "</body>", me = my_full_jid();
  const std::string asks =
      "<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/><origin-id "
      "xmlns='urn:xmpp:sid:0' id='" +
      id + "'/><active xmlns='http://jabber.org/protocol/chatstates'/>";
  const std::string archived =
      "<stanza-id xmlns='urn:xmpp:sid:0' id='01KAJ0ZQ4M8V6XJ3' by='" + std::string(peer) + "'/>";
  const std::string received = "<received xmlns='urn:xmpp:receipts' id='" + id + "'/><store xmlns='urn:xmpp:hints'/>";
  const std::string theirs = std::string(peer) + "/Conversations.a1Bc", open = "<message type='chat' id='";
  const std::string answer_id = "b7d2c9f0-1e3a-4c5b-8d6f-2a4b6c8d0e1f";
  return {{0, true, open + id + "'" + attributes({}, peer) + ">" + body + asks + "</message>"},
          {1, false, open + id + "'" + attributes(me, peer) + ">" + body + asks + archived + "</message>"},
          {1, true, open + answer_id + "'" + attributes({}, me) + ">" + received + "</message>"},
          {0, false, open + answer_id + "'" + attributes(theirs, me) + ">" + received + "</message>"}};
}

std::string typing(std::string_view from, std::string_view to) {
  return "<message type='chat' id='" + std::string(uuid) + "'" + attributes(from, to) +
         "><composing xmlns='http://jabber.org/protocol/chatstates'/><no-store xmlns='urn:xmpp:hints'/></message>";
}

// RFC 6121 section 3.1, with the roster pushes that it asks for.
std::vector<Line> subscription(std::string_view peer) {
  const std::string me = "bob@corp.example", mine = my_full_jid(), theirs = std::string(peer) + "/Conversations.a1Bc";
  const std::string id = "Zb4xQn8sKd0P";
  return {
      {0, true,
       "<iq type='set' id='" + id + "'><query xmlns='jabber:iq:roster'>" + roster_item(peer, "none", false) +
           "</query></iq>"},
      {0, false, roster_push(mine, roster_item(peer, "none", false))},
      {0, true, result_of("push-5e8f1c")},
      {0, false, result_of(id)},
      {0, true, "<presence type='subscribe' id='" + id + "'" + attributes({}, peer) + "/>"},
      {0, false, roster_push(mine, roster_item(peer, "none", true))},
      {0, true, result_of("push-5e8f1c")},
      {1, false, "<presence type='subscribe' id='" + id + "'" + attributes(me, peer) + "/>"},
      {1, true, "<presence type='subscribed' id='" + id + "'" + attributes({}, me) + "/>"},
      {1, false, roster_push(theirs, roster_item(me, "from", false))},
      {1, true, result_of("push-5e8f1c")},
      {0, false, "<presence type='subscribed' id='" + id + "'" + attributes(peer, me) + "/>"},
      {0, false, roster_push(mine, roster_item(peer, "to", false))},
      {0, true, result_of("push-5e8f1c")},
      {0, false, presence(theirs, me)},
  };
}

std::string room_message(std::string_view from, std::string_view to, std::string_view text) {
  std::string out = "<message type='groupchat' id='" + std::string(uuid) + "'" + attributes(from, to) + "><body>";
  out.append(text)
      .append("</body><origin-id xmlns='urn:xmpp:sid:0' id='")
      .append(uuid)
      .append(
          "'/><markable "
          "xmlns='urn:xmpp:chat-markers:0'/>");
  if (!from.empty())
    out.append(
        "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='dd72603deec90a38ba552f7c68cbcc61bca202cd'/><stanza-id "
        "xmlns='urn:xmpp:sid:0' id='01KAJ0ZQ4M8V6XJ3' by='library@conference.corp.example'/>");
  return out + "</message>";
}

std::string delayed_message(std::string_view from, std::string_view text) {
  return "<message type='chat' id='" + std::string(uuid) + "'" + attributes(from, "bob@corp.example") + "><body>" +
         std::string(text) +
         "</body><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/><origin-id "
         "xmlns='urn:xmpp:sid:0' id='" +
         std::string(uuid) +
         "'/><stanza-id xmlns='urn:xmpp:sid:0' id='01KAJ0ZQ4M8V6XJ3' "
         "by='bob@corp.example'/><delay xmlns='urn:xmpp:delay' from='corp.example' stamp='2026-11-20T10:00:00Z'/>"
         "</message>";
}

std::string connect_packet(const std::string& client_id, const Publish& will, std::string_view username,
                           std::string_view password) {
  constexpr unsigned char flags = 0xec;  // user name, password, a Will (retained, QoS 1), no clean start
  std::string rest = utf8_string("MQTT").append("\x05").append(1, static_cast<char>(flags));
  rest.append(std::string("\x00\x3c", 2));                             // keep-alive: 60 s
  rest.append("\x05\x11").append(std::string("\x00\x09\x3a\x80", 4));  // session expiry: a week
  rest.append(utf8_string(client_id)).append(1, '\0');                 // no properties of the Will
  rest.append(utf8_string(will.topic)).append(utf8_string(will.payload));
  return packet(0x10, rest.append(utf8_string(username)).append(utf8_string(password)));
}

std::string connack_packet() {  // topic alias maximum and receive maximum
  return packet(0x20, std::string("\x00\x00\x06\x22\x00\x0a\x21\x00\x14", 9));
}

std::string subscribe_packet(const std::vector<std::string>& filters) {
  std::string rest("\x00\x01\x00", 3);
  for (const std::string& f : filters) rest.append(utf8_string(f)).append(1, '\x01');
  return packet(0x82, rest);
}

std::string suback_packet(std::size_t filters) {
  return packet(0x90, std::string("\x00\x01\x00", 3).append(filters, '\x01'));
}

}  // namespace ferry::report::transcript
