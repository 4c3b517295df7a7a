// Stanzas and publishes in which whatever is private stands between ‹ and ›.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferry {

inline const std::vector<std::string>& private_stanzas() {
  static const std::vector<std::string> all{
      "<message from='‹alice.lidell›@‹wonderland›.‹invalid›/‹Rabbithole›' to='‹mad.hatter›@‹wonderland›.‹invalid›' "
      "type='chat' id='purple-77'><body>‹Meeting at seven, call 5550199 or mail dormouse@teaparty.invalid. "
      "Don't tell Cheshire›</body><thread>e0ffe42b28561960</thread><active "
      "xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/></message>",
      "<message to=\"‹queen›@‹wonderland›.‹invalid›\" xml:lang='de'><subject>‹Grüße aus Köln›</subject><body "
      "xml:lang='ru'>‹Привет, Ольга Кузнецова›</body><body xml:lang='el'>‹Καλημέρα Ελένη›</body><body>‹دعونا "
      "نلتقي›</body>"
      "<body>‹東京都渋谷区道玄坂›</body><body>‹Nguyễn Thị Hằng›</body><body>‹😀🎉👍🏽 "
      "party›</body></message>",
      "<message type='groupchat' from='‹croquet›@conference.‹wonderland›.‹invalid›/‹Tweedledum›'><body>/me "
      "‹shouts›</body><delay xmlns='urn:xmpp:delay' from='‹wonderland›.‹invalid›' "
      "stamp='2026-11-20T10:00:00Z'>‹Offline Warehouse›</delay></message>",
      "<message><body>a &lt; b &amp; ‹Walrus› &gt; &#67;‹arpenter›</body><html "
      "xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'><p "
      "style='‹color:vermillion›'>‹Jabberwocky› <a "
      "href='https://‹intranet›.‹wonderland›.‹invalid›/‹payroll?account=duchess›'>"
      "‹salary sheet›</a></p></body></html></message>",
      "<iq type='result' id='r1' to='‹alice.lidell›@‹wonderland›.‹invalid›'><query xmlns='jabber:iq:roster' "
      "ver='v14'><item jid='‹mad.hatter›@‹wonderland›.‹invalid›' name='‹Theophilus Hatter›' "
      "subscription='both'><group>‹Teaparty Guests›</group></item><item jid='‹dormouse›@‹wonderland›.‹invalid›' "
      "ask='subscribe' subscription='none'/></query></iq>",
      "<presence from='‹mad.hatter›@‹wonderland›.‹invalid›/‹Homecomputer›'><show>away</show><status>‹off fishing with "
      "Caterpillar›</status><priority>5</priority><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' "
      "node='http://pidgin.im/' ver='DdnydQG7RGhP9E3k9Sf+b+bF0zo='/><x xmlns='vcard-temp:x:update'><photo>"
      "da39a3ee5e6b4b0d3255bfef95601890afd80709</photo></x><nick xmlns='http://jabber.org/protocol/nick'>‹Hatty›</nick>"
      "</presence>",
      "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>‹AGFsaWNlAHMzY3JldA==›</auth>",
      "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>‹Yz1iaXdzLHI9ZnlrbytkMmxiYkZnT05Sdjlxa3hkYXdM›</response>",
      "<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>‹cj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0w=›</challenge>",
      "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>‹dj1ybUY5cHFWOFM3c3VBb1pXamE0ZEpSa0ZzS1E9›</success>",
      "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='SCRAM-SHA-1'><initial-response>‹biwsbj11c2VyLHI9MTIzNDU2Nzg5›"
      "</initial-response><user-agent id='d4565fa7'><device>‹Kitchen tablet›</device></user-agent></authenticate>",
      "<iq type='set' id='a1'><query xmlns='jabber:iq:auth'><username>‹alice.lidell›</username><password>‹Curiouser42›"
      "</password><resource>‹Rabbithole›</resource></query></iq>",
      "<iq type='set' id='a2'><query xmlns='jabber:iq:auth'><username>‹alice.lidell›</username><digest>"
      "‹48fc78be9ec8f86d8ce1c39c320c97c21d62334d›</digest></query></iq>",
      "<iq type='set' id='g1'><query xmlns='jabber:iq:register'><username>‹newcomer›</username><password>‹Oysters99›"
      "</password><email>‹walrus›@‹seaside›.‹invalid›</email><x xmlns='jabber:x:data' type='submit'><field "
      "var='FORM_TYPE'><value>jabber:iq:register</value></field><field var='password' type='text-private'><value>"
      "‹Hunter2222›</value></field><field var='x-meal' label='‹Favourite Dish›'><value>‹Mockturtle Soup›</value>"
      "</field></x></query></iq>",
      "<handshake xmlns='jabber:component:accept'>‹bbf4e4f4cf25b4a0ffb5ab3a53b10e7e3f2ae9b5›</handshake>",
      "<presence to='‹croquet›@conference.‹wonderland›.‹invalid›/‹Tweedledee›'><x "
      "xmlns='http://jabber.org/protocol/muc'><password>‹Flamingo›</password><history maxstanzas='20'/></x></presence>",
      "<message to='‹dormouse›@‹wonderland›.‹invalid›'><x xmlns='jabber:x:conference' "
      "jid='‹croquet›@conference.‹wonderland›.‹invalid›' password='‹Flamingo›' reason='‹Join quickly›'/></message>",
      "<iq type='result' id='v1'><vCard xmlns='vcard-temp'><FN>‹Theophilus Hatter›</FN><N><FAMILY>‹Hatter›</FAMILY></N>"
      "<TEL><HOME/><NUMBER>‹+4420794600›</NUMBER></TEL><EMAIL><USERID>‹theo›@‹wonderland›.‹invalid›</USERID></EMAIL>"
      "<PHOTO><TYPE>image/png</TYPE><BINVAL>‹iVBORw0KGgoAAAANSUhEUgAA›</BINVAL></PHOTO><URL>http://‹hatter›.‹invalid›"
      "/‹mushrooms›</URL></vCard></iq>",
      "<iq type='set' id='p1'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='‹princely_musings›'>"
      "<item id='ae890ac52d0df67ed7cfdf51b644e901'><entry xmlns='http://www.w3.org/2005/Atom'><title>‹Soliloquy›"
      "</title><link href='http://‹denmark›.‹invalid›/‹blog›' "
      "rel='‹alternate›'/></entry></item></publish></pubsub></iq>",
      "<message to='‹dormouse›@‹wonderland›.‹invalid›'><order xmlns='http://vendor.example/erp' "
      "number='‹Contract4711›' owner='‹mad.hatter›@‹wonderland›.‹invalid›' when='2026-11-20T10:00:00Z'><line "
      "article='‹Tophat›'>‹Twelve pieces›</line></order></message>",
      "<iq type='set' id='b1'><query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'><conference "
      "name='‹Council of Croquet›' autojoin='true' jid='‹croquet›@conference.‹wonderland›.‹invalid›'><nick>‹Hatty›"
      "</nick><password>‹Flamingo›</password></conference></storage></query></iq>",
      "<iq type='result' id='u1'><slot xmlns='urn:xmpp:http:upload:0'><put "
      "url='https://upload.‹wonderland›.‹invalid›/‹4a771ac1-tart.jpg›'><header name='Authorization'>‹Basic "
      "Base64String==›</header></put><get url='https://‹download›.‹wonderland›.‹invalid›/‹4a771ac1-tart.jpg›'/></slot>"
      "</iq>",
      "<iq type='error' id='e1' from='‹wonderland›.‹invalid›'><error type='cancel'><item-not-found "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>‹Gryphon "
      "banished›</text><gone "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>xmpp:‹gryphon›@‹seaside›.‹invalid›</gone></error>"
      "</iq>",
      "<iq type='result' id='d1'><query xmlns='http://jabber.org/protocol/disco#info'><identity category='conference' "
      "type='text' name='‹Secretroom Alpha›'/><feature var='http://jabber.org/protocol/muc'/></query></iq>",
      "<message><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' "
      "from='‹alice.lidell›@‹wonderland›.‹invalid›'><body>‹Nested whisper›</body></message></forwarded></message>",
      "<message><reactions xmlns='urn:xmpp:reactions:0' id='m1'><reaction>‹👍›</reaction></reactions><x "
      "xmlns='jabber:x:oob'><url>https://‹share›.‹invalid›/‹holiday.jpg›</url></x><body><![CDATA[‹Unparsed Humpty›]]>"
      "</body></message>",
      // Persons' <first/> and <last/> are those of XEP-0059 by name, their dates those of files.
      "<iq type='result' id='s1'><query xmlns='jabber:iq:search'><item jid='‹alice.lidell›@‹wonderland›.‹invalid›'>"
      "<first>‹Alicia›</first><last>‹Pleasance›</last><nick>‹Hatty›</nick><email>‹walrus›@‹seaside›.‹invalid›</email>"
      "</item><set xmlns='http://jabber.org/protocol/rsm'><first "
      "index='0'>stpeter0</first><last>peter7</last><count>800"
      "</count></set></query></iq>",
      "<iq type='set' id='g2'><query xmlns='jabber:iq:register'><first>‹Alicia›</first><last>‹Pleasance›</last><date>"
      "‹18520504›</date><zip>‹90210777›</zip></query></iq>",
      "<iq type='result' id='v4'><vcard "
      "xmlns='urn:ietf:params:xml:ns:vcard-4.0'><bday><date>‹18520504›</date></bday><n>"
      "<surname>‹Pleasance›</surname></n></vcard></iq>",
      "<presence><show>‹Croqueting›</show><priority>‹Flamingo›</priority><x xmlns='vcard-temp:x:update'><photo>"
      "‹Flamingo›</photo></x></presence>",
      "<iq type='set' id='j1'><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' "
      "initiator='‹alice.lidell›@‹wonderland›.‹invalid›/‹Rabbithole›' sid='a73sjjvkla37jfea'><transport "
      "xmlns='urn:xmpp:jingle:transports:ice-udp:1' pwd='‹asd88fgpdd777uzjYhagZg›' ufrag='‹8hhyq›'><candidate "
      "component='1' foundation='1' generation='0' ip='‹192.0.2.33›' port='8998' "
      "protocol='udp'/></transport></jingle></iq>",
  };
  return all;
}

struct PrivatePublish {
  std::string topic, payload;
};

inline const std::vector<PrivatePublish>& private_publishes() {
  static const std::vector<PrivatePublish> all{
      {"im/v1/u/‹alice.lidell›@‹wonderland›.‹invalid›/out/msg",
       R"({"id":"01JDABCD","to":"‹mad.hatter›@‹wonderland›.‹invalid›","kind":"chat","body":"‹Bring the teapot, Dinah›",)"
       R"("ts":"2026-11-20T10:00:00.000Z","want":["delivered"],"bodies":{"de":"‹Teekanne mitbringen›"},)"
       R"("ext":["<x xmlns='urn:example'>‹Blackbox›</x>"],"x-company":"‹Looking Glass›","salary":‹98765›,)"
       R"("files":[{"url":"https://‹share›.‹invalid›/‹plans.pdf›","name":"‹plans.pdf›","mime":"application/pdf","size":10}],)"
       R"("password":"‹Swordfish›"})"},
      {"im/v1/u/‹anna=2Bnews›@‹wonderland›.‹invalid›/in/contact/‹mad.hatter›@‹wonderland›.‹invalid›",
       R"({"jid":"‹mad.hatter›@‹wonderland›.‹invalid›","name":"‹Theophilus›","groups":["‹Teaparty›"],"subscription":"both"})"},
      {"im/v1/u/‹anna=2Bnews›@‹wonderland›.‹invalid›/in/contact/‹mad.hatter›@‹wonderland›.‹invalid›/presence",
       R"({"state":"away","status":"‹sleeping›","devices":[{"device":"‹Homecomputer›","state":"away"}]})"},
      {"im/v1/u/‹alice.lidell›@‹wonderland›.‹invalid›/out/dev/‹Rabbithole›/presence",
       R"({"state":"online","epoch":"e77"})"},
      {"im/v1/u/‹alice.lidell›@‹wonderland›.‹invalid›/out/text/‹mad.hatter›@‹wonderland›.‹invalid›",
       "‹Simple words here›"},
      {"im/v1/u/‹alice.lidell›@‹wonderland›.‹invalid›/in/res/‹Rabbithole›",
       R"({"id":"q1","ok":true,"result":{"jid":"‹alice.lidell›@‹wonderland›.‹invalid›","uid":"‹anna=2Bnews›@‹wonderland›.‹invalid›"}})"},
      {"im/v1/u/‹alice.lidell›@‹wonderland›.‹invalid›/in/msg",
       R"({"body":‹5550123›,"name":‹5550124›,"groups":[‹5550125›],"bodies":{"‹theophilus›":"‹Teapot›"},"size":20111111})"},
      {"im/v1/gw/status", R"({"state":"online","version":"0.1.0","since":"2026-11-20T10:00:00.000Z"})"},
      {"‹factory›/‹millinery›/‹alarm›", "‹Boiler pressure 97531›"},
      {"‹factory›/‹millinery›/‹foreman›", R"({"‹operator›":"‹Knave›","‹badge›":‹246810›})"},
  };
  return all;
}

inline std::string unmarked(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view three = text.substr(i, 3);
    if (three == "‹" || three == "›") {
      i += 3;
      continue;
    }
    out += text[i++];
  }
  return out;
}

}  // namespace ferry
