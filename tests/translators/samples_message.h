// Messages as people's clients send them, one row a case; written for these tests after the examples of the
// specifications.
#pragma once

#include <array>
#include <string_view>

namespace ferry::test {

struct Sample {
  std::string_view name, xml;
};

// clang-format off: one row a case, whatever its length
inline constexpr std::array
    messages{
        Sample{
            "RFC 6121 body",
            R"(<message type='chat' id='m1' from='alice@corp.example/spark' to='bob@mqtt.corp.example' xml:lang='en'><body>Where are you?</body></message>)"},
        Sample{
            "RFC 6121 bodies and subjects",
            R"(<message to='bob@mqtt.corp.example' xml:lang='en'><subject>Hi</subject><subject xml:lang='cs'>Ahoj</subject><body>Come!</body><body xml:lang='cs'>Pojď!</body></message>)"},
        Sample{"RFC 6121 thread with a parent",
               R"(<message type='chat' to='b@c.example'><thread parent='t0'>t1</thread><body>x</body></message>)"},
        Sample{
            "RFC 6121 headline",
            R"(<message type='headline' from='news.corp.example' to='b@c.example'><subject>Fire drill</subject><body>at noon</body></message>)"},
        Sample{"RFC 6121 normal, written out", R"(<message type='normal' to='b@c.example'><body>x</body></message>)"},
        Sample{"RFC 6121 unknown type", R"(<message type='shout' to='b@c.example'><body>x</body></message>)"},
        Sample{
            "XEP-0184 request",
            R"(<message type='chat' id='m2' to='b@c.example'><body>x</body><request xmlns='urn:xmpp:receipts'/></message>)"},
        Sample{
            "XEP-0184 received",
            R"(<message from='b@c.example/phone' to='a@c.example/spark' id='r1'><received xmlns='urn:xmpp:receipts' id='m2'/></message>)"},
        Sample{"XEP-0184 received without an id",
               R"(<message to='a@c.example'><received xmlns='urn:xmpp:receipts'/></message>)"},
        Sample{
            "XEP-0333 markable",
            R"(<message type='chat' id='m3' to='b@c.example'><body>x</body><markable xmlns='urn:xmpp:chat-markers:0'/></message>)"},
        Sample{
            "XEP-0333 displayed",
            R"(<message to='a@c.example'><displayed xmlns='urn:xmpp:chat-markers:0' id='m3'/><store xmlns='urn:xmpp:hints'/></message>)"},
        Sample{
            "XEP-0333 acknowledged in a thread",
            R"(<message to='a@c.example'><thread>t</thread><acknowledged xmlns='urn:xmpp:chat-markers:0' id='m3' sender='x@c.example'/></message>)"},
        Sample{
            "XEP-0085 active with a body",
            R"(<message type='chat' to='b@c.example'><body>x</body><active xmlns='http://jabber.org/protocol/chatstates'/></message>)"},
        Sample{
            "XEP-0085 composing",
            R"(<message type='chat' to='b@c.example'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>)"},
        Sample{
            "XEP-0085 a state that nobody knows",
            R"(<message type='chat' to='b@c.example'><dancing xmlns='http://jabber.org/protocol/chatstates'/></message>)"},
        Sample{
            "XEP-0308 correction",
            R"(<message type='chat' id='m5' to='b@c.example'><body>But soft, what light</body><replace id='m4' xmlns='urn:xmpp:message-correct:0'/></message>)"},
        Sample{
            "XEP-0424 retraction with fallback",
            R"(<message type='chat' id='m6' to='b@c.example'><retract id='m4' xmlns='urn:xmpp:message-retract:1'/><fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:message-retract:1'/><body>/me retracted a message</body><store xmlns='urn:xmpp:hints'/></message>)"},
        Sample{
            "XEP-0424 the older form",
            R"(<message type='chat' to='b@c.example'><apply-to id='m4' xmlns='urn:xmpp:fasten:0'><retract xmlns='urn:xmpp:message-retract:0'/></apply-to></message>)"},
        Sample{"XEP-0444 reactions",
               "<message type='chat' to='b@c.example'><reactions id='m4' "
               "xmlns='urn:xmpp:reactions:0'><reaction>👋</reaction><reaction>🐢</"
               "reaction><reaction>👩🏽‍❤️‍💋‍👨🏻</reaction></reactions><store "
               "xmlns='urn:xmpp:hints'/></message>"},
        Sample{"XEP-0444 none left",
               R"(<message to='b@c.example'><reactions id='m4' xmlns='urn:xmpp:reactions:0'/></message>)"},
        Sample{"XEP-0444 white space between",
               "<message to='b@c.example'><reactions id='m4' xmlns='urn:xmpp:reactions:0'>\n  "
               "<reaction>👍</reaction>\n</reactions></message>"},
        Sample{"XEP-0461 reply with a quotation",
               R"(<message type='groupchat' to='r@rooms.c.example'><body>&gt; Anna wrote
Great</body><reply to='anna@c.example' id='m7' xmlns='urn:xmpp:reply:0'/><fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='13'/></fallback></message>)"},
        Sample{
            "XEP-0203 delay",
            R"(<message from='a@c.example/x' to='b@c.example' type='chat'><body>x</body><delay xmlns='urn:xmpp:delay' from='c.example' stamp='2026-11-20T09:59:59.123456Z'>Offline Storage</delay></message>)"},
        Sample{
            "XEP-0203 delay, and XEP-0091",
            R"(<message to='b@c.example'><body>x</body><delay xmlns='urn:xmpp:delay' stamp='2026-11-20T10:00:00+01:00'/><x xmlns='jabber:x:delay' stamp='20261120T09:00:00' from='c.example'/></message>)"},
        Sample{
            "XEP-0203 no time at all",
            R"(<message to='b@c.example'><body>x</body><delay xmlns='urn:xmpp:delay' stamp='yesterday'/></message>)"},
        Sample{
            "XEP-0359 ids",
            R"(<message to='b@c.example'><body>x</body><stanza-id xmlns='urn:xmpp:sid:0' id='s1' by='b@c.example'/><stanza-id xmlns='urn:xmpp:sid:0' id='s2' by='r@rooms.c.example'/><origin-id xmlns='urn:xmpp:sid:0' id='o1'/></message>)"},
        Sample{
            "XEP-0334 hints",
            R"(<message to='b@c.example'><body>x</body><no-store xmlns='urn:xmpp:hints'/><no-copy xmlns='urn:xmpp:hints'/><no-permanent-store xmlns='urn:xmpp:hints'/><store xmlns='urn:xmpp:hints'/></message>)"},
        Sample{
            "XEP-0066 a file",
            R"(<message to='b@c.example'><body>https://up.c.example/a.png</body><x xmlns='jabber:x:oob'><url>https://up.c.example/a.png</url><desc>A picture</desc></x></message>)"},
        Sample{"XEP-0066 no URL",
               R"(<message to='b@c.example'><body>x</body><x xmlns='jabber:x:oob'><url/></x></message>)"},
        Sample{
            "XEP-0380 and OMEMO",
            R"(<message type='chat' to='b@c.example'><encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='27183'><key rid='31415'>QmFzZTY0</key><key prekey='true' rid='12321'>QmFzZTY0</key><iv>QmFzZTY0</iv></header><payload>QmFzZTY0</payload></encrypted><encryption xmlns='urn:xmpp:eme:0' name='OMEMO' namespace='eu.siacs.conversations.axolotl'/><body>You received an OMEMO message</body><store xmlns='urn:xmpp:hints'/></message>)"},
        Sample{
            "XEP-0420 OMEMO 2",
            R"(<message type='chat' to='b@c.example'><encrypted xmlns='urn:xmpp:omemo:2'><header sid='1'><keys jid='b@c.example'><key rid='2' kex='true'>YQ==</key></keys></header><payload>Yg==</payload></encrypted></message>)"},
        Sample{"XEP-0385 and XEP-0447 files",
               R"(<message type='chat' to='b@c.example'><file-sharing xmlns='urn:xmpp:sfs:0' disposition='inline'><file xmlns='urn:xmpp:file:metadata:0'><media-type>image/jpeg</media-type><size>3032449</size><hash xmlns='urn:xmpp:hashes:2' algo='sha3-256'>MEh=</hash></file><sources><url-data xmlns='http://jabber.org/protocol/url-data' target='https://up.c.example/s.jpg'/></sources></file-sharing><body>https://up.c.example/s.jpg</body></message>)"},
        Sample{
            "XEP-0071 XHTML-IM",
            R"(<message to='b@c.example'><body>hi!</body><html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'><p style='font-weight:bold'>hi<em>!</em> </p></body></html></message>)"},
        Sample{
            "XEP-0280 carbon",
            R"(<message xmlns='jabber:client' from='r@c.example' to='r@c.example/home' type='chat'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='j@c.example/b' to='r@c.example/g' type='chat'><body>What man art thou</body><thread>0e3141cd80894871a68e6fe6b1ec56fa</thread></message></forwarded></received></message>)"},
        Sample{
            "XEP-0313 archive result",
            R"(<message id='aeb213' to='j@c.example/chamber'><result xmlns='urn:xmpp:mam:2' queryid='f27' id='28482-98726-73623'><forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2010-07-10T23:08:25Z'/><message xmlns='jabber:client' to='j@c.example/b' from='r@m.example/o' type='chat'><body>Call me but love</body></message></forwarded></result></message>)"},
        Sample{
            "XEP-0045 room message",
            R"(<message from='darkcave@rooms.c.example/thirdwitch' id='hysf1v37' to='crone1@c.example/desktop' type='groupchat'><body>Harpier cries: 'tis time, 'tis time.</body><occupant-id xmlns='urn:xmpp:occupant-id:0' id='dd72603deec90a38ba552f7c68cbcc61bca202cd'/></message>)"},
        Sample{
            "XEP-0045 room subject",
            R"(<message from='r@rooms.c.example/anna' to='b@c.example' type='groupchat'><subject>Fire Burn!</subject></message>)"},
        Sample{"XEP-0045 empty room subject",
               R"(<message from='r@rooms.c.example' to='b@c.example' type='groupchat'><subject/></message>)"},
        Sample{
            "XEP-0045 invitation",
            R"(<message from='r@rooms.c.example' to='h@c.example'><x xmlns='http://jabber.org/protocol/muc#user'><invite from='crone1@c.example/desktop'><reason>Hey, this is the place</reason></invite><password>cauldronburn</password></x></message>)"},
        Sample{
            "XEP-0249 direct invitation",
            R"(<message from='c@c.example/d' to='h@c.example'><x xmlns='jabber:x:conference' jid='r@rooms.c.example' password='p' reason='Hey'/></message>)"},
        Sample{
            "XEP-0060 event",
            R"(<message from='pubsub.c.example' to='f@d.example' id='foo'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='princely_musings'><item id='ae890ac52d0df67ed7cfdf51b644e901'><entry xmlns='http://www.w3.org/2005/Atom'><title>Soliloquy</title><link rel='alternate' type='text/html' href='http://denmark.example/2003/12/13/atom03?a=1&amp;b=2'/></entry></item></items></event></message>)"},
        Sample{
            "XEP-0163 user tune",
            R"(<message from='s@c.example' to='m@c.example/m'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='http://jabber.org/protocol/tune'><item><tune xmlns='http://jabber.org/protocol/tune'><artist>Yes</artist><rating>8</rating></tune></item></items></event></message>)"},
        Sample{
            "XEP-0004 form",
            R"(<message from='bot.c.example' to='b@c.example'><x xmlns='jabber:x:data' type='form'><title>Joining</title><field var='FORM_TYPE' type='hidden'><value>urn:example:join</value></field><field label='One?' type='list-single' var='c'><option label='A'><value>a</value></option><required/></field></x></message>)"},
        Sample{
            "XEP-0353 call",
            R"(<message from='r@m.example/o' to='j@c.example' type='chat'><propose xmlns='urn:xmpp:jingle-message:0' id='ca3cf894-5325-482f-a412-a6e9f832298d'><description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'/></propose></message>)"},
        Sample{
            "XEP-0224 attention, XEP-0172 nickname",
            R"(<message to='b@c.example'><attention xmlns='urn:xmpp:attention:0'/><nick xmlns='http://jabber.org/protocol/nick'>Ishmael</nick></message>)"},
        Sample{
            "XEP-0033 addresses",
            R"(<message to='multicast.c.example'><addresses xmlns='http://jabber.org/protocol/address'><address type='to' jid='h@c.example' desc='J &quot;H&quot;'/><address type='cc' jid='j@c.example'/></addresses><body>Hello, World!</body></message>)"},
        Sample{
            "error with an application condition",
            R"(<message type='error' id='m8' from='b@c.example' to='a@c.example/x'><body>x</body><error type='wait' by='c.example'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='de'>Voll</text><full xmlns='urn:example:app' left='0'/></error></message>)"},
        Sample{
            "error as we write it ourselves",
            R"(<message type='error' from='b@c.example' to='a@c.example/x'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>)"},
        Sample{"error that says nothing", R"(<message type='error' to='a@c.example/x'><error/></message>)"},
        Sample{
            "gone with an address",
            R"(<message type='error' to='a@c.example/x'><error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>xmpp:new@c.example</gone></error></message>)"},
    };
// clang-format on

}  // namespace ferry::test
