// Presences, iqs, and what XML allows beyond what clients usually send. As samples_message.h.
#pragma once

#include "tests/translators/samples_message.h"

namespace ferry::test {

// clang-format off: one row a case, whatever its length
inline constexpr std::array presences{
    Sample{"initial", R"(<presence/>)"},
    Sample{
        "show, status, priority, caps",
        R"(<presence from='a@c.example/spark' xml:lang='en'><show>away</show><status>Lunch</status><status xml:lang='cs'>Oběd</status><priority>-1</priority><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='http://code.google.com/p/exodus' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/></presence>)"},
    Sample{
        "avatar and nickname",
        R"(<presence><x xmlns='vcard-temp:x:update'><photo/></x><nick xmlns='http://jabber.org/protocol/nick'>A</nick><idle xmlns='urn:xmpp:idle:1' since='2026-11-20T21:23:31+02:00'/></presence>)"},
    Sample{
        "odd values",
        R"(<presence><show> away </show><show/><priority>+5</priority><priority>007</priority><priority>128</priority><status/></presence>)"},
    Sample{"unavailable, with white space",
           "<presence type='unavailable' from='a@c.example/spark'>\n  <status>Gone\thome\n</status>\n</presence>"},
    Sample{
        "subscribe with a nickname",
        R"(<presence type='subscribe' id='s1' to='b@c.example' from='a@c.example'><status>I'd like to</status><nick xmlns='http://jabber.org/protocol/nick'>Romeo</nick></presence>)"},
    Sample{"probe", R"(<presence type='probe' from='a@c.example/x' to='b@c.example'/>)"},
    Sample{
        "delayed",
        R"(<presence from='a@c.example/x' to='b@c.example/y'><delay xmlns='urn:xmpp:delay' stamp='2026-11-20T09:00:00Z'/></presence>)"},
    Sample{
        "XEP-0045 join",
        R"(<presence to='r@rooms.c.example/thirdwitch'><x xmlns='http://jabber.org/protocol/muc'><password>x</password><history since='1970-01-01T00:00:00Z'/></x></presence>)"},
    Sample{
        "XEP-0045 occupant",
        R"(<presence from='r@rooms.c.example/thirdwitch' to='h@c.example/pda'><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='participant'/><status code='110'/></x></presence>)"},
    Sample{
        "XEP-0045 conflict",
        R"(<presence from='r@rooms.c.example/x' to='h@c.example/pda' type='error'><x xmlns='http://jabber.org/protocol/muc'/><error by='r@rooms.c.example' type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>)"},
    Sample{"XEP-0027 signed", R"(<presence><x xmlns='jabber:x:signed'>iQA/AwUBOjU5dno+/=</x></presence>)"},
};

inline constexpr std::array iqs{
    Sample{"roster get",
           R"(<iq type='get' id='r1' from='a@c.example/x'><query xmlns='jabber:iq:roster' ver='ver7'/></iq>)"},
    Sample{
        "roster result",
        R"(<iq type='result' id='r1' to='a@c.example/x'><query xmlns='jabber:iq:roster' ver='ver11'><item jid='romeo@m.example' name='Rômeo &lt;3' subscription='both'><group>Friends &amp; family</group></item><item jid='b@c.example' ask='subscribe' approved='true'/></query></iq>)"},
    Sample{"ping and an empty result", R"(<iq type='get' id='p' to='c.example'><ping xmlns='urn:xmpp:ping'/></iq>)"},
    Sample{"empty result", R"(<iq type='result' id='p' from='c.example'/>)"},
    Sample{
        "disco",
        R"(<iq type='result' id='d' from='c.example'><query xmlns='http://jabber.org/protocol/disco#info' node='n#v'><identity category='gateway' type='mqtt' name='Ferry'/><feature var='urn:xmpp:ping'/><x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>urn:x</value></field></x></query></iq>)"},
    Sample{
        "jingle",
        R"(<iq type='set' id='j' from='r@m.example/o' to='j@c.example/b'><jingle xmlns='urn:xmpp:jingle:1' action='session-initiate' sid='a73sjjvkla37jfea' initiator='r@m.example/o'><content creator='initiator' name='voice'><description xmlns='urn:xmpp:jingle:apps:rtp:1' media='audio'><payload-type id='96' name='speex' clockrate='16000'/></description><transport xmlns='urn:xmpp:jingle:transports:ice-udp:1' pwd='asd88' ufrag='8hhy'><candidate component='1' ip='10.0.1.1' port='8998'/></transport></content></jingle></iq>)"},
    Sample{
        "OMEMO bundle",
        R"(<iq type='set' id='o'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='eu.siacs.conversations.axolotl.bundles:31415'><item id='current'><bundle xmlns='eu.siacs.conversations.axolotl'><signedPreKeyPublic signedPreKeyId='1'>QQ==</signedPreKeyPublic><prekeys><preKeyPublic preKeyId='1'>QQ==</preKeyPublic></prekeys></bundle></item></publish></pubsub></iq>)"},
    Sample{
        "error with a payload",
        R"(<iq type='error' id='e' from='c.example'><query xmlns='jabber:iq:x'/><error type='modify' code='400'><bad-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><invalid-jid xmlns='http://jabber.org/protocol/pubsub#errors'/></error></iq>)"},
    Sample{
        "delegation with a nested iq",
        R"(<iq type='set' id='d' to='c.example' from='h.example'><delegation xmlns='urn:xmpp:delegation:2'><forwarded xmlns='urn:xmpp:forward:0'><iq xmlns='jabber:client' type='get' id='n'><pubsub xmlns='http://jabber.org/protocol/pubsub'/></iq></forwarded></delegation></iq>)"},
    Sample{"XEP-0114 on a component's stream",
           R"(<iq xmlns='jabber:component:accept' type='get' id='c'><query xmlns='jabber:iq:version'/></iq>)"},
};

inline constexpr std::array oddities{
    Sample{
        "an attribute with a namespace",
        R"(<message to='b@c.example' xmlns:x='urn:example:x' x:mark='1' mark='2'><body x:note='n'>x</body></message>)"},
    Sample{"an attribute of the stanza that nobody knows",
           R"(<message to='b@c.example' nonce='5'><body>x</body></message>)"},
    Sample{
        "an unusual prefix",
        R"(<message to='b@c.example'><x:foo xmlns:x='urn:example:x'><x:bar/><x:bar y='1'>t</x:bar></x:foo></message>)"},
    Sample{"an unprefixed child of a prefixed element",
           R"(<message to='b@c.example'><x:foo xmlns:x='urn:example:x'><body>inner</body></x:foo></message>)"},
    Sample{
        "a typed part with a prefix",
        R"(<message to='b@c.example'><r:request xmlns:r='urn:xmpp:receipts'/><c:body xmlns:c='jabber:client'>x</c:body></message>)"},
    Sample{"the stanza itself with a prefix",
           R"(<c:message xmlns:c='jabber:client' to='b@c.example'><c:body>x</c:body></c:message>)"},
    Sample{"a prefix that is declared anew inside",
           R"(<message><p:a xmlns:p='urn:1'><p:b xmlns:p='urn:2'><p:c/></p:b><p:d/></p:a></message>)"},
    Sample{"a prefix and a default namespace at once",
           R"(<message><p:a xmlns:p='urn:1' xmlns='urn:2'><b/><p:c/></p:a></message>)"},
    Sample{
        "a prefix that only the content names",
        R"(<message to='b@c.example'><value xmlns='urn:example:v' xmlns:xs='http://www.w3.org/2001/XMLSchema' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='xs:string'>x</value></message>)"},
    Sample{"no namespace at all", R"(<message to='b@c.example'><foo xmlns=''><bar/></foo></message>)"},
    Sample{
        "no namespace inside an extension",
        R"(<message to='b@c.example'><e xmlns='urn:example:e'><foo xmlns=''><bar xmlns='urn:example:e'/></foo></e></message>)"},
    Sample{"our own namespace inside an extension",
           R"(<message to='b@c.example'><e xmlns='urn:example:e'><body xmlns='jabber:client'>x</body></e></message>)"},
    Sample{"an unknown element of our own namespace",
           R"(<message to='b@c.example'><salutation>x</salutation></message>)"},
    Sample{
        "CDATA and references",
        R"(<message to='b@c.example'><body><![CDATA[<b>&amp;</b> ]]>&lt;&#x1F600;&#228;&amp;&quot;&apos;]]&gt;</body></message>)"},
    Sample{"line ends and tabs in attributes and texts",
           "<message to='b@c.example' a='1&#13;2&#10;3&#9;4 5'><body>1&#13;2\r\n3\n4\t5&#13;&#10;</body><e "
           "xmlns='urn:e' v='&#9;&#10;&#13; &quot;&apos;&lt;>&amp;'/></message>"},
    Sample{"emoji and right-to-left",
           "<message to='b@c.example'><body>👩‍👩‍👧‍👦 שלום ‮مرحبا‬ e\xCC\x81 "
           "\xF4\x8F\xBF\xBD</body></message>"},
    Sample{"white space around and inside",
           "<message to='b@c.example'>\n  <body>\n  two\n  </body>\n\n\t<active "
           "xmlns='http://jabber.org/protocol/chatstates'>\n</active>\n</message>"},
    Sample{"text between the elements", R"(<message to='b@c.example'>one<body>x</body>two</message>)"},
    Sample{"only white space", "<message to='b@c.example'> \n </message>"},
    Sample{
        "empty elements",
        R"(<message to='b@c.example'><body/><body></body><subject></subject><thread/><x xmlns='urn:e'></x></message>)"},
    Sample{"elements inside a body", R"(<message to='b@c.example'><body>a<b xmlns='urn:b'>c</b>d</body></message>)"},
    Sample{"empty attributes",
           R"(<message id='' type='' from='' to='' xml:lang=''><body xml:lang=''>x</body></message>)"},
    Sample{"addresses that are not in their normal form",
           R"(<message from='Alice@Corp.Example/Spark' to='BOB@c.example' type='chat'><body>x</body></message>)"},
    Sample{
        "the same twice",
        R"(<message to='b@c.example'><body>1</body><body>2</body><replace id='a' xmlns='urn:xmpp:message-correct:0'/><replace id='b' xmlns='urn:xmpp:message-correct:0'/></message>)"},
    Sample{
        "empty ids",
        R"(<message to='b@c.example'><body>x</body><replace id='' xmlns='urn:xmpp:message-correct:0'/><origin-id id='' xmlns='urn:xmpp:sid:0'/><encryption namespace='' xmlns='urn:xmpp:eme:0'/></message>)"},
    Sample{"a name space name with an ampersand",
           R"(<message to='b@c.example'><e xmlns='http://e.example/?a=1&amp;b=&apos;2&apos;'/></message>)"},
    Sample{"names beyond ASCII", R"(<message to='b@c.example'><größe xmlns='urn:größe' maß='1'/></message>)"},
    Sample{
        "xml:space and xml:id",
        R"(<message to='b@c.example' xml:space='preserve'><e xmlns='urn:e' xml:id='i' xml:lang='de'> </e></message>)"},
};
// clang-format on

template <class Visit>
void each_sample(Visit visit) {
  for (const Sample& s : messages) visit(s);
  for (const Sample& s : presences) visit(s);
  for (const Sample& s : iqs) visit(s);
  for (const Sample& s : oddities) visit(s);
}

}  // namespace ferry::test
