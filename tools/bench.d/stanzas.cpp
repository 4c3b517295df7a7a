#include "tools/bench.d/stanzas.h"

#include <string_view>

namespace ferry::bench {
namespace {

std::string message(std::string_view attributes, std::string_view inside) {
  std::string out = "<message from='alice@corp.example/spark-7f3a' to='bob@mqtt.corp.example' ";
  out += attributes;
  out += '>';
  out += inside;
  return out + "</message>";
}

std::string body_of(std::size_t bytes) {
  static constexpr std::string_view words =
      "Where are you? The meeting has moved to the large room on the third floor. ";
  std::string out;
  while (out.size() < bytes) out += words.substr(0, bytes - out.size());
  return out;
}

// About two characters in a hundred need an escape.
std::string body_with_entities(std::size_t bytes) {
  static constexpr std::string_view text =
      "if (a &lt; b &amp;&amp; c &gt; d) then call it a day, and write &quot;done&quot; ";
  std::string out = body_of(bytes / 8);
  while (out.size() + text.size() < bytes) {
    out += text;
    out += body_of(bytes / 16);
  }
  return out;
}

}  // namespace

std::vector<Sample> stanzas() {
  return {
      {"chat, 310 B", message("type='chat' id='ab12cd34-7'", "<body>" + body_of(186) + "</body>")},
      {"chat, receipt marker state origin",
       message("type='chat' id='0f9e1d2c'",
               "<body>Where are you?</body><request xmlns='urn:xmpp:receipts'/>"
               "<markable xmlns='urn:xmpp:chat-markers:0'/><active xmlns='http://jabber.org/protocol/chatstates'/>"
               "<origin-id xmlns='urn:xmpp:sid:0' id='0f9e1d2c'/>")},
      {"normal, subject thread lang", message("id='n-1' xml:lang='de'",
                                              "<subject>Mittagessen</subject><body>Kommst du mit?</body>"
                                              "<thread>e0ffe42b28561960c6b12b944a092794b9683a38</thread>")},
      {"composing", message("type='chat' id='c-1'", "<composing xmlns='http://jabber.org/protocol/chatstates'/>")},
      {"receipt",
       message("type='chat' id='r-1'", "<received xmlns='urn:xmpp:receipts' id='01JD0000000000000000000000'/>")},
      {"displayed",
       message("type='chat' id='d-1'", "<displayed xmlns='urn:xmpp:chat-markers:0' id='01JD0000000000000000000000'/>")},
      {"correction", message("type='chat' id='k-2'",
                             "<body>But soft, what light through yonder window breaks?</body>"
                             "<replace xmlns='urn:xmpp:message-correct:0' id='k-1'/>")},
      {"reaction", message("type='chat' id='e-1'",
                           "<reactions xmlns='urn:xmpp:reactions:0' id='01JD0000000000000000000000'>"
                           "<reaction>\xF0\x9F\x91\x8B</reaction><reaction>\xF0\x9F\x90\xA2</reaction>"
                           "</reactions><store xmlns='urn:xmpp:hints'/>")},
      {"reply with fallback",
       message("type='chat' id='y-1'",
               "<body>&gt; Where are you?\nAt home</body>"
               "<reply xmlns='urn:xmpp:reply:0' to='bob@mqtt.corp.example' id='01JD0000000000000000000000'/>"
               "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='17'/></fallback>")},
      {"offline, delay stanza-id",
       message(
           "type='chat' id='o-1'",
           "<body>Call me back, please</body><delay xmlns='urn:xmpp:delay' from='corp.example' "
           "stamp='2026-11-20T10:00:00.123Z'>Offline Storage</delay>"
           "<stanza-id xmlns='urn:xmpp:sid:0' by='bob@mqtt.corp.example' id='5f3dbc5e-e1d3-4077-a492-693f3769c7ad'/>")},
      {"file, out of band", message("type='chat' id='f-1'",
                                    "<body>https://files.corp.example/a/9f2c/plan.pdf</body><x xmlns='jabber:x:oob'>"
                                    "<url>https://files.corp.example/a/9f2c/plan.pdf</url></x>")},
      {"encrypted",
       message(
           "type='chat' id='x-1'",
           "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='27183'>"
           "<key rid='31415'>MwohBXRlc3QgdGVzdCB0ZXN0IHRlc3QgdGVzdCB0ZXN0IHRlc3Q=</key>"
           "<key rid='12321' prekey='true'>MwohBXRlc3QgdGVzdCB0ZXN0IHRlc3QgdGVzdCB0ZXN0IHRlc3Q=</key>"
           "<iv>bWFkZSB1cCBieSBub2I=</iv></header><payload>dGhpcyBpcyBub3QgYSByZWFsIHBheWxvYWQ=</payload></encrypted>"
           "<encryption xmlns='urn:xmpp:eme:0' name='OMEMO' namespace='eu.siacs.conversations.axolotl'/>"
           "<body>I sent you an OMEMO encrypted message</body><store xmlns='urn:xmpp:hints'/>")},
      {"chat, 4 kB with entities", message("type='chat' id='b-1'", "<body>" + body_with_entities(4096) + "</body>")},
      {"presence with caps",
       "<presence from='alice@corp.example/spark-7f3a' "
       "to='bob@mqtt.corp.example'><show>away</show><status>Lunch</status>"
       "<priority>5</priority><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' "
       "node='https://www.corp.example/spark' "
       "ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>"},
      {"iq ping",
       "<iq type='get' id='p-17' from='corp.example' to='mqtt.corp.example'><ping xmlns='urn:xmpp:ping'/></iq>"},
  };
}

}  // namespace ferry::bench
