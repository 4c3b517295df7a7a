#!/usr/bin/python3
"""Writes the seed corpora, tests/fuzz/corpus/TARGET/*: where each fuzz target begins. Run it after a change of this file.
What a search has found once is in files found-*; they stay as they are.

Targets that read a text get small texts, each near a place where a parser decides; targets that read choices get bytes
of a generator with a fixed seed.
"""
import glob
import os
import random
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
HEAD = ("<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
        "xmlns:stream='http://etherx.jabber.org/streams' id='s' from='mqtt.corp.example'>")
TO = "from='alice@corp.example/a' to='bob@mqtt.corp.example' id='1'"
CBOR = 'a2626964626d3162746f72616c69636540636f72702e6578616d706c65'

MESSAGE_PARTS = [
    "<body>Hi</body>", "<body xml:lang='de'>Hallo</body><body>Hi</body>", "<subject>S</subject><thread parent='p'>t</thread>",
    "<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/><body>?</body>",
    "<received xmlns='urn:xmpp:receipts' id='m1'/>", "<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/>",
    "<composing xmlns='http://jabber.org/protocol/chatstates'/>", "<replace xmlns='urn:xmpp:message-correct:0' id='m1'/><body/>",
    "<retract xmlns='urn:xmpp:message-retract:1' id='m1'/>",
    "<reactions xmlns='urn:xmpp:reactions:0' id='m1'><reaction>+1</reaction></reactions>",
    "<reply xmlns='urn:xmpp:reply:0' id='m1' to='a@b'/><body>x</body>",
    "<delay xmlns='urn:xmpp:delay' stamp='20261120T10:00:00' from='corp.example'>Offline</delay><body>x</body>",
    "<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='b'/><origin-id xmlns='urn:xmpp:sid:0' id='2'/><body>x</body>",
    "<no-store xmlns='urn:xmpp:hints'/><body>x</body>", "<x xmlns='jabber:x:oob'><url>https://a.b/</url><desc>d</desc></x>",
    "<encryption xmlns='urn:xmpp:eme:0' namespace='n' name='N'/><e:x xmlns:e='n' e:a='1'/>",
    "<error type='wait'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>u</gone></error>",
]
STANZAS = [f'<message {TO} type="chat">{p}</message>' for p in MESSAGE_PARTS] + [
    f'<presence {TO}/>', f"<presence {TO}><show>away</show><status>L</status><priority>-1</priority></presence>",
    f"<presence {TO} type='unavailable'/>", f"<presence {TO} type='subscribe'><status>Hello</status></presence>",
    f"<iq {TO} type='get'><ping xmlns='urn:xmpp:ping'/></iq>", f"<iq {TO} type='error'><error type='auth'/></iq>",
    f"<iq {TO} type='result'><vCard xmlns='vcard-temp'><FN>A</FN><PHOTO><TYPE>image/png</TYPE><BINVAL>AAAA</BINVAL></PHOTO>"
    "<EMAIL><USERID>a@b</USERID></EMAIL></vCard></iq>",
    "<message xmlns='jabber:client' from='' to='@'/>", "<iq type='get'/>", "<vCard xmlns='vcard-temp'><NICKNAME>n</NICKNAME></vCard>",
]
MESSAGES = [
    '{"id":"m1","to":"alice@corp.example","body":"Hi","want":["delivered","displayed"]}',
    '{"to":"alice@corp.example/a","kind":"headline","subject":"S","thread":"t","lang":"de","device":"phone","body":"x"}',
    '{"to":"a@b","body":"Hi","bodies":{"de":"Hallo","fr":"Salut"}}', '{"to":"a@b","replaces":"m1","body":"Hi!"}',
    '{"to":"a@b","retracts":"m1"}', '{"to":"a@b","reacts":{"id":"m1","emoji":["+1",""]}}',
    '{"to":"a@b","replyTo":{"id":"m1","to":"c@d"},"body":"x"}', '{"to":"a@b","files":[{"url":"https://a.b/","name":"n"}]}',
    '{"to":"a@b","delayed":{"stamp":"2026-11-20T10:00:00+01:00"},"body":"x","hints":["no-store"],"originId":"o"}',
    '{"to":"a@b","encrypted":"n","ext":["<x xmlns=\'n\' a=\'1\'>t</x>"]}', '{"to":"a@b","ext":["<received xmlns=\'urn:xmpp:carbons:2\'/>"]}',
    '{"to":"@","body":1}', '{"id":"-","to":"a@b","body":"x"}', '[]',
]
PAYLOADS = [
    '{"id":"m1","state":"displayed","to":"alice@corp.example"}', '{"to":"alice@corp.example","state":"composing","device":"phone"}',
    '{"state":"away","epoch":"e1","status":"Lunch","priority":-5,"since":"m1"}', '{"state":"offline","epoch":"e1"}',
    '{"name":"Bob","nickname":"b","email":"b@c","url":"u","note":"n","photo":{"mime":"image/png","data":"AAAA"}}',
    '{"photo":{"mime":"","data":"%"}}', '[1,-1,1.5,1e300,true,false,null,"\\u00e9\\ud83d\\udc4d",{"a":{"b":[[]]}}]',
    '{"a":9223372036854775807,"b":-9223372036854775808,"c":18446744073709551615,"d":0.1,"e":-0.0}', '{"a":1,"a":2}', '"\\ud800"',
]
NAMES = ['alice@corp.example/spark', 'corp.example', 'B\u00fccher@Stra\u00dfe.example/\u00e9', 'a\\20b\\27c@d', 'd\'artagnan@x', '\u0391\u03c3@b/ ',
         'x@xn--bcher-kva.example', 'a@[::1]', 'a@127.0.0.1/r/s@t', '\u212b@b', 'a@b.', '\u05d0@b', '@b', 'a@', 'a@b/', '\uff21@\uff42\u3002c',
         'anna+news@mqtt.corp.example', 'a\u0301\u0300@b', '\U0001f44d@b']
UIDS = ['bob@mqtt.corp.example', 'anna=2Bnews@mqtt.corp.example', '=24SYS', 'a=2fb', 'a=2Fb@c', 'a=00', '=', '=2', 'phone', 'a b',
        '\u00fc=2B\u00e9@d', 'x' * 200, 'x' * 201, '==3D', 'a=40b@c']
ROWS = ['user *@d {root}/u/{uid}', 'user *@d {root}/u/{localpart} format=cbor\nuser bob@d {root}/u/bob', 'feed alarm@d factory/alarm\nfeed x@d factory/+',
        'feed lamp@d home/lamp write=corp.example,a@b follow=none', 'room *@r {root}/r/{room}', 'user a*z@d {root}/{domain}/{localpart}\nax@d',
        'user *@d {root}/u/{uid}\nfeed alarm@d f/{localpart}\nim/v1/u/x/out/msg', 'user ferry@d {root}/u/{uid}', 'feed #@d #', 'user *@d $SYS/{uid}',
        'feed f@d im/v1/u/x/in/msg', 'user a@d {root}/u/x\nuser b@d {root}/u/x']
CONF = ['route = user *@mqtt.corp.example {root}/u/{uid}\n[component]\nhost = 127.0.0.1\ndomain = mqtt.corp.example\n[broker]\nhost = localhost\n',
        '[broker]\nroot = im/v1\nprotocol = 4\nmax-in-flight = 0\n', '[limits]\nmessage-bytes = 1\nmessage-ttl = 99999999999\n[log]\nlevel = odd\n',
        '[store]\npath = /tmp/x # y\ndurability = normal\n[http]\nlisten = off\n[users]\nautocreate = maybe\n', '[odd]\nx = y\n', '[component\n= =\n', 'route =\n#\n\n[',
        '[component]\r\ndomain = M\u00dcnchen.example\r\nserver=\r\n', '[broker]\nhost = a\nhost = b\n']
TOPICS = ['a/b\na/+\na/b', '#\n+/+\na/b', '+/b\na/+\na/b/c', '$SYS/#\n#\n$SYS/x', 'a/#\na\na', '/\n//\n/', 'a+\na#\na', 'im/v1/u/+/out/#\nim/v1/#\nim/v1/u/x/out/msg',
          '\u00e9/\u0000\n+\nx']
TIMES = ['2026-11-20T10:00:00.000Z', '2026-11-20T10:00:00.123456+05:30', '20261120T10:00:00', '0000-01-01T00:00:00Z', '9999-12-31T23:59:60-23:59',
         '2024-02-29t00:00:00z', '1900-02-29T00:00:00Z', '\x00\x01\x02\x03\x04\x05\x06\x07']
COMMANDS = ['{"command":"%s"}' % c for c in ('map.list', 'map.check', 'acl', 'user.list', 'status', 'outbox.list', 'odd')] + [
    '{"command":"map.add","row":"user bob@mqtt.corp.example {root}/u/bob"}\n{"command":"map.remove","jid":"bob@mqtt.corp.example"}',
    '{"command":"user.add","jid":"bob@mqtt.corp.example"}\n{"command":"user.show","jid":"bob@mqtt.corp.example"}\n'
    '{"command":"map.add","row":"feed bob@mqtt.corp.example x/y"}\n{"command":"user.remove","jid":"bob@mqtt.corp.example"}',
    '{"command":"map.import","rows":["user bob@mqtt.corp.example {root}/u/b","user bob@mqtt.corp.example {root}/u/c",7],"replace":true}',
    '{"command":"map.explain","text":"bob@mqtt.corp.example"}\n{"command":"map.list","after":"a","limit":1}']

RECORD = '{"ts":"2026-11-20T10:00:00.000001Z","stream":"c1","kind":"component","dir":"sent",%s}\n'
CAPTURES = [RECORD % f for f in (
    '"stanza":"<iq/>"', '"open":{"from":"a","to":"b"}', '"close":{"reason":"end"}', '"publish":{"topic":"t","payload64":"/w==","qos":1}',
    '"damage":{"source":"x","offset":1,"line":2,"bytes":3,"text":"y"}', '"publish":{"topic":"im/v1/u/a@b/in/msg","payload":"{\\"body\\":\\"x\\"}"}')]
# In the order of `ferry-replay import --list-formats`: the first byte of a seed is the format.
IMPORTS = [
    b'\xd4\xc3\xb2\xa1\x02\0\x04\0' + b'\0' * 8 + b'\xff\xff\0\0\x65\0\0\0' + b'\1\0\0\0\0\0\0\0\x33\0\0\0\x33\0\0\0'
    b'E\0\0\x33\0\0\0\0\x40\6\0\0\x0a\0\0\1\x0a\0\0\2\x90\0\x14\x66\0\0\0\7\0\0\0\0\x50\x10\0\0\0\0\0\0<presence/>',
    "C2S /10.1.0.1:1  - OPEN - (1)\nC2S /10.1.0.1:1  - RECV - (1): <message to='b@x'><body>a\nb</body></message>\nC2S /10.1.0.1:1  - CLSD - (1)\n",
    '<jive xmlns="http://www.jivesoftware.org"><packet streamID="q" timestamp="Jan 05, 2022 03:04:05:678 PM"><presence xmlns=""/></packet>',
    '2015-08-31 13:14:47.541 [debug] <0.454.0>@ejabberd_receiver:process_data:349 Received XML on stream = <<"<a>caf\u00c3\u00a9\\n</a>">>\n'
    '2020-01-17 14:52:12.904 [info] <0.5.0> (tcp|<0.5.0>) Send XML on stream = <<60,97,\n  47,62>>\n',
    '<log>\n<packet or="send" ljid="a@x/r" lip="1.2.3.4" ts="2026-01-01T12:00:00Z"><message to="b@x"/></packet>\n</log>',
    "Sep 18 23:29:39 c2s5\tdebug\tRECV: <message><body>hi\nthere</body></message>\nSep 18 23:29:40 c2s5\tdebug\tSEND: <presence/>\n",
    '<!-- received from a@x/r -->\n<presence/>\n<!-- sent to b@x/p -->\n<presence/>\n', 'xmpp DEBUG RECV: <stream:stream id="a">\nconn DEBUG SENT: <iq/>\n',
    '2026-01-01T12:00:00+01: 00004711: conn: DBG: SENT: <iq/>\n', 'SENT:\n<iq/>\n\nRECV:\n<iq/>\n', "DEBUG    SEND: <iq/>\nDEBUG    RECV: <r xmlns='urn:xmpp:sm:3'/>\n",
    "11:46:10 AM SENT (0): <iq/><a xmlns='urn:xmpp:sm:3' h='2'/>\n", "(16:55:30) jabber: Recv (ssl)(453): <iq\n(16:55:31) jabber: Sending (ssl) (a@x/p): <iq/>\n",
    '<!-- Outgoing Thu Jan  1 12:00:00 2026 (a@x) -->\n<iq>\n  <a/>\n</iq>\n', "<!-- TS:2026-01-01T12:00:00-->\n<message from='b@x'/>\n",
    'XMPP IN [a@x stream:0x1 thread:0x2 2026-01-01T12:00:00]\n<iq/>\n', 'Send:1.5:<0.1.0>:<iq/>\nRecv:1.6:<0.1.0>:<iq/>\n', 'Romeo sends:\n\t<iq/>\n\nRomeo receives:\n\t<iq/>\n',
    HEAD + "</body></message><message><body><presence/></message><iq id='1'/><proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
]
def _frames(*frames):
    """What a session worker says, in the pieces that session_frame_fuzz reads."""
    out = b''
    for kind, texts in frames:
        body = bytes([kind, len(texts)]) + struct.pack('<IqI', 1, 1, 0)
        body += b''.join(struct.pack('<I', len(text.encode())) + text.encode() for text in texts)
        out += struct.pack('<I', len(body)) + body
    return b''.join(bytes([len(out[at:at + 64])]) + out[at:at + 64] for at in range(0, len(out), 64))


CORPORA = {
    'capture': [''.join(CAPTURES), bytes.fromhex('28b52ffd2000010000'), '{"ferry":"capture","version":1,"redacted":true}\n' + CAPTURES[0]] + CAPTURES
               + STANZAS + ["<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>AGE=</auth>", "<a b='&#65;&amp;'><![CDATA[c]]>&lt;</a>"],
    'xml': [HEAD + s + '</stream:stream>' for s in STANZAS[:8]] + [HEAD + '<stream:error><host-unknown/></stream:error>'] + [
        HEAD + '<handshake/>', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', '<a><!-- c --></a>', '<a><?p i?></a>', '<a><![CDATA[<b>]]></a>',
        "<a xmlns='u' xmlns:p='v' p:q='&lt;&#10;&quot;'><p:b xmlns=''/></a>", '<a>' * 20, HEAD + ' \n ' + '<a/>' * 70, '<a ' + "b='' " * 10 + '/>',
        "<a xmlns:p='u'><p:b xmlns:p='v'/></a>", HEAD + 'text', HEAD + "<message><body>\r\n\t</body></message>"],
    'stanza': STANZAS, 'message': MESSAGES, 'json_payload': PAYLOADS + MESSAGES[:2],
    'cbor': PAYLOADS + [bytes.fromhex(CBOR), b'\xbf\x61a\x9f\x01\x20\xff\xff', b'\x5f\x41a\xff', b'\x7f\x61a\x61b\xff', b'\xfb' + b'\x7f\xf0' + b'\0' * 6,
                        b'\x1b' + b'\xff' * 8, b'\xc0\x61a', b'\x81' * 70 + b'\x01', b'\xf9\x3c\x00', b'\xa1\x01\x02', b'\x9b' + b'\xff' * 8],
    'import': [bytes([n]) + (text if isinstance(text, bytes) else text.encode()) for n, text in enumerate(IMPORTS)],
    'jid': NAMES, 'uid': UIDS + NAMES[:6], 'topic': TOPICS, 'route': ROWS, 'options': CONF, 'instant': TIMES, 'command': COMMANDS,
    'link': [HEAD + '<handshake/>' + STANZAS[0] + '</stream:stream>', HEAD + '<handshake/>' + STANZAS[21], HEAD + '<stream:error><conflict xmlns='
             "'urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>", HEAD.replace('component:accept', 'server'), HEAD + '<message/>', HEAD + HEAD, '<a/>', ''],
    'scram': ['n,,n=bob,r=abc\nc=biws,r=R,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=', 'y,,n=a=2Cb=3D,r=x\nc=eSws,r=R,p=AAAA', 'n,a=bob,n=bob,r=x\nc=bixhPWJvYiw=,r=R,p=AAAA',
              'p=tls-unique,,n=bob,r=x', 'n,,m=1,n=bob,r=x', 'n,,n=bob,r=', 'n,,n==,r=x', 'n,,n=bob,r=x\nc=biws,r=other,p=AAAA', 'e=other-error', '',
              '4096$QSXCR+Q6sek8bf92$D+CSWLOshSulAsxiupA+qs2/fTE=$6dlGYMOdZcOPutkcNY8U2g7vK9Y=', '1:' + 'ab' * 32 + '\n2:' + 'cd' * 32 + '\n'],
    'import_dump': [
        "INSERT INTO `ofUser` VALUES ('bob',NULL,NULL,NULL,NULL,0,'abc','Bob','b@c','001450103443962','0');\nINSERT INTO `ofRoster` VALUES (1,'bob','eve@x',3,-1,-1,'E');\n",
        'COPY public.ofuser (username, plainpassword, name) FROM stdin;\nbob\t\\N\tB\\tb\n\\.\n', "INSERT INTO OFUSER VALUES('bob',NULL,NULL,NULL,NULL,0,NULL,U&'\\00fc',NULL,'0','0')\n",
        "CREATE TABLE `ofOffline` (`username` varchar(64), `messageID` bigint, `stanza` text);\nINSERT INTO `ofOffline` (username,messageID) VALUES ('bob',1),('x\\'y''z',0x41),(_utf8'a',-1.5e3);",
        "INSERT INTO users VALUES ('bob','sha1keys','serverkey','salt',4096,'2026-01-01');\nINSERT INTO rosterusers VALUES ('bob','eve@x','E','B','N','','N','','item','2026');",
        '/*!40101 SET NAMES utf8 */;\n-- c\n# c\nDELETE FROM ofUser WHERE username=\'bob\';\n', "INSERT INTO `ofUser` VALUES ('", 'COPY ofuser FROM stdin;\nbob',
        "<server-data xmlns='urn:xmpp:pie:0'><host jid='fuzz.example'><user name='bob' password='p'><query xmlns='jabber:iq:roster'><item jid='eve@x' subscription='both'/></query>"
        "<offline-messages><message xmlns='jabber:client' from='eve@x'><body>b</body></message></offline-messages></user></host></server-data>",
        '<Openfire><User><Username>bob</Username><Password>p</Password><Name>B</Name><CreationDate>1</CreationDate><Roster><Item jid="eve@x" askstatus="-1" recvstatus="-1" '
        'substatus="3" name="E"><Group>g</Group></Item></Roster></User></Openfire>', '<!DOCTYPE a [<!ENTITY b "c">]><server-data>&b;</server-data>',
        'Lreturn {\n\t["eve@x"] = {\n\t\t["subscription"] = "both";\n\t\t["groups"] = { ["g"] = true };\n\t};\n\t[false] = { ["version"] = 1 };\n};\n', 'Litem({\n["when"]=1.5e3;\n"\\195\\188\\x41\\z";\n});\n',
        'E{xmlel,<<"message">>,[{<<"to">>,<<"b\\"">>}],[{xmlcdata,<<"x">>}]}', 'E[[[[[[{a,"b",1.5,-2,#{}}]]]]]]', 'E' + '[' * 90],
    'session_frame': [_frames((kind, texts)) for kind, texts in (
        (1, ['/ca.pem', '262144', '2000']), (2, ['bob@corp.example', 'pw', '', '', 'ferry', '<presence/>', '1', 'n1', '127.0.0.1', '5222']),
        (6, ['bob@corp.example/ferry']), (8, ['gone', 'advice']), (9, ["<message from='a@b'><body>x</body></message>", 'n2', '-5']), (10, []))],
}
CHOICES = {'brain': (24, 360), 'accounts': (48, 600), 'translators': (24, 160), 'mapping': (16, 200),
           'command': (8, 60), 'clusters': (4, 80)}  # files, bytes of each


def main():
    root = os.path.join(HERE, 'corpus')
    for path in glob.glob(os.path.join(root, '*', '[0-9]*')):
        os.remove(path)
    for target in sorted({*CORPORA, *CHOICES}):
        os.makedirs(os.path.join(root, target), exist_ok=True)
        chance = random.Random(target)
        files, size = CHOICES.get(target, (0, 0))
        seeds = CORPORA.get(target, []) + [bytes(chance.randrange(32 if target == 'command' else 256) for _ in range(size))
                                           for _ in range(files)]
        for n, seed in enumerate(seeds):
            with open(os.path.join(root, target, f'{n:02}'), 'wb') as f:
                f.write(seed if isinstance(seed, bytes) else seed.encode())
        print(f'{target}: {len(seeds)} seeds')


if __name__ == '__main__':
    main()
