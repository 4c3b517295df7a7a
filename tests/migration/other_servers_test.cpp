// ejabberd's SQL and Prosody's folder.
#include <gtest/gtest.h>

#include "gateway/migration/erlang_term.h"
#include "gateway/migration/lua_table.h"
#include "gateway/migration/prosody_files.h"
#include "tests/migration/recorder.h"
#include "tests/migration/samples.h"

namespace ferry {
namespace other_servers_test {

Recorder import(const std::string& source, const std::string& domain = "") {
  Recorder out;
  ImportJob job;
  job.sources = {source};
  job.options.domain = domain;
  run_import(job, out);
  return out;
}

TEST(Ejabberd, TheOldSchema) {
  const Samples samples;
  const Recorder r = import(samples.file("e.sql", R"sql(-- PostgreSQL database dump
COPY public.users (username, password, serverkey, salt, iterationcount, created_at) FROM stdin;
user	6dlGYMOdZcOPutkcNY8U2g7vK9Y=	D+CSWLOshSulAsxiupA+qs2/fTE=	QSXCR+Q6sek8bf92	4096	2020-01-01
plain	pencil			0	2020-01-01
s256	sha256:WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=	sha256:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=	sha256:W22ZaJ0SNY7soEsUEjb6gQ==	4096	x
\.
COPY public.rosterusers (username, jid, nick, subscription, ask, askmessage, server, subscribe, type, created_at) FROM stdin;
user	a@x.example	Al	B	N		N		item	x
user	b@x.example		N	O		N		item	x
user	c@x.example		N	I	please	N		item	x
user	d@x.example		F	B		N		item	x
\.
COPY public.rostergroups (username, jid, grp) FROM stdin;
user	a@x.example	Friends
\.
COPY public.spool (username, xml, seq, created_at) FROM stdin;
user	<message xmlns='jabber:client' from='z@x.example'><body>second</body></message>	12	x
user	<message from='z@x.example'><body>first</body></message>	3	x
\.
COPY public.privacy_list (username, name, id, created_at) FROM stdin;
user	quiet	7	x
\.
COPY public.privacy_list_data (id, t, value, action, ord, match_all, match_iq, match_message, match_presence_in, match_presence_out) FROM stdin;
7	j	spam@x.example	d	1	f	f	t	f	f
\.
COPY public.muc_room (name, host, opts, created_at) FROM stdin;
hall	conference.corp.example	[{title,<<"The hall">>},{public,false},{max_users,200},{affiliations,[{{<<"user">>,<<"corp.example">>,<<>>},{owner,<<>>}}]},{subject,[{text,<<>>,<<"Hi"/utf8>>}]}]	x
bad	conference.corp.example	[{title,	x
\.
)sql"),
                            "corp.example");
  EXPECT_EQ(r.all_keys.size(), 4U) << r.all();
  for (const ScramKeys& keys : r.all_keys) EXPECT_TRUE(verify(keys, "pencil"));
  EXPECT_TRUE(r.has("contact a@x.example both \"Al\" [Friends]"));
  EXPECT_TRUE(r.has("contact b@x.example none ask"));
  EXPECT_TRUE(r.has("request c@x.example"));
  EXPECT_FALSE(r.has("contact c@x.example none"));
  EXPECT_TRUE(r.has("contact d@x.example from ask"));
  EXPECT_LT(r.all().find("first"), r.all().find("second"));
  EXPECT_TRUE(
      r.has("privacy-list quiet <list xmlns='jabber:iq:privacy' name='quiet'><item type='jid' "
            "value='spam@x.example' action='deny' order='1'><message/></item></list>"))
      << r.all();
  EXPECT_TRUE(
      r.has("room hall@conference.corp.example \"The hall\" (Hi) publicroom=0 maxusers=200 owner:user@corp.example"))
      << r.all();
  EXPECT_TRUE(r.complains("its options are no Erlang term"));
}

TEST(Ejabberd, TheNewSchemaWithTwoHosts) {
  const Samples samples;
  const Recorder r = import(samples.file("n.sql", R"sql(-- MySQL dump 10
CREATE TABLE `users` (`username` varchar(191), `server_host` varchar(191), `type` smallint, `password` text, `serverkey` varchar(128), `salt` varchar(128), `iterationcount` int);
INSERT INTO `users` VALUES ('user','a.example',1,'pencil','','',0),('user','b.example',2,'6dlGYMOdZcOPutkcNY8U2g7vK9Y=','D+CSWLOshSulAsxiupA+qs2/fTE=','QSXCR+Q6sek8bf92',4096),('user','b.example',3,'WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=','wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=','W22ZaJ0SNY7soEsUEjb6gQ==',4096);
CREATE TABLE `rosterusers` (`username` text, `server_host` text, `jid` text, `nick` text, `subscription` char(1), `ask` char(1), `askmessage` text);
INSERT INTO `rosterusers` VALUES ('user','b.example','x@y.example','','B','N','');
)sql"));
  EXPECT_TRUE(r.has("account user@a.example")) << r.all();
  EXPECT_TRUE(r.has("account user@b.example"));
  EXPECT_EQ(std::count(r.lines.begin(), r.lines.end(), "contact x@y.example both"), 1);
  ASSERT_EQ(r.all_keys.size(), 4U);
  for (const ScramKeys& keys : r.all_keys) EXPECT_TRUE(verify(keys, "pencil"));
}

// LDAP or Mnesia has the passwords: the table users is empty.
TEST(Ejabberd, PeopleOfOtherProvidersCome) {
  const Samples samples;
  const std::string rows =
      "INSERT INTO rosterusers(username, server_host, jid, nick, subscription, ask) VALUES "
      "('anna','a.example','x@y.example','','B','N'),('anna','b.example','z@y.example','','B','N');\n"
      "INSERT INTO vcard(username, server_host, vcard) VALUES ('bob','a.example','<vCard xmlns=''vcard-temp''/>');\n";
  const Recorder r = import(samples.file("l.sql", rows));
  EXPECT_TRUE(r.has("account anna@a.example")) << r.all();
  EXPECT_TRUE(r.has("account anna@b.example")) << r.all();
  EXPECT_TRUE(r.has("account bob@a.example")) << r.all();
  EXPECT_EQ(std::count(r.lines.begin(), r.lines.end(), "contact x@y.example both"), 1);
  const Recorder s = import(samples.file(
      "s.sql", rows + "INSERT INTO users(username, server_host, password) VALUES ('bob','a.example','p');\n"));
  EXPECT_FALSE(s.has("account anna@a.example")) << s.all();
  EXPECT_TRUE(s.complains("rows of 1 person whose account is not in the dump, the first of \"anna\"")) << s.all();
}

TEST(ErlangTerm, ReadsAndRefuses) {
  const auto term = parse_erlang(R"([{a,<<"x\"y">>},{'B c',[1,-2.5]},{m,#{k => v}},{s,"t\x{e4}"},{b,<<195,164>>}])");
  ASSERT_TRUE(term);
  EXPECT_EQ(term->option("a")->text, "x\"y");
  EXPECT_EQ(term->option("B c")->items[1].text, "-2.5");
  EXPECT_EQ(term->option("s")->text, "tä");
  EXPECT_EQ(term->option("b")->text, "ä");
  for (const char* bad : {"", "[", "{a", "<<\"x\"", "[a b]", "<<999>>", "fun() -> ok end", "\"", "[,]"})
    EXPECT_FALSE(parse_erlang(bad)) << bad;
  EXPECT_FALSE(parse_erlang(std::string(10'000, '[')));
}

TEST(LuaTable, ReadsAndRefuses) {
  const auto read = [](std::string_view text, std::string* error = nullptr) {
    Input input(text, "x.dat");
    std::string wrong;
    auto value = next_lua_table(input, wrong);
    if (error) *error = wrong;
    return value;
  };
  const auto value = read(
      "-- c\nreturn {\n[\"a\"] = \"x\\n\\228\\\\\";\n[1]=2.5, b='q', [false]={[\"v\"]=-1e3}, [[long]], (0/0), true };");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->text_at("a"), "x\n\xe4\\");
  EXPECT_EQ(value->text_at("b"), "q");
  EXPECT_EQ(value->entries[3].key.kind, LuaValue::Kind::boolean);
  EXPECT_EQ(value->entries[4].value.text, "long");
  std::string error;
  for (const char* bad :
       {"return", "return {", "return {[\"a\"]}", "return {\"a", "os.execute('x')", "return { f() }", "x = {}"}) {
    EXPECT_FALSE(read(bad, &error)) << bad;
    EXPECT_NE(error.find("x.dat:1: "), std::string::npos) << bad;
  }
  EXPECT_FALSE(read("return " + std::string(10'000, '{'), &error));
  EXPECT_NE(error.find("deeper than 64"), std::string::npos);
}

// mod_vcard_legacy keeps cards as nodes of PEP.
TEST(Prosody, ACardThatPepHoldsIsSaidToStay) {
  const Samples samples;
  const std::string host = "data/corp%2eexample/";
  for (const char* name : {"ann", "ben", "cid"})
    samples.file(host + "accounts/" + name + ".dat", "return { [\"password\"] = \"pencil\" };");
  samples.file(host + "pep_urn%3axmpp%3avcard4/ann.list", "item({});");
  samples.file(host + "pep_vcard-temp/ben.list", "item({});");
  const Recorder r = import(samples.path("data"));
  EXPECT_EQ(r.problems.size(), 2U) << r.all();
  EXPECT_TRUE(r.complains("ann.dat: vCard: it is kept as a PEP node")) << r.all();
  EXPECT_TRUE(r.complains("ben.dat: vCard: it is kept as a PEP node")) << r.all();
}

TEST(Prosody, ItsFolder) {
  const Samples samples;
  const std::string host = "data/corp%2eexample/";
  samples.file(
      host + "accounts/user.dat",
      "return {\n[\"iteration_count\"] = 4096;\n[\"stored_key\"] = \"e9d94660c39d65c38fbad91c358f14da0eef2bd6\";\n"
      "[\"server_key\"] = \"0fe09258b3ac852ba502cc62ba903eaacdbf7d31\";\n[\"salt\"] = "
      "\"A%\\194G\\228:\\177\\233<m\\255v\";\n};\n");
  samples.file(host + "accounts/d%27art.dat", "return { [\"password\"] = \"pencil\"; [\"disabled\"] = true };");
  samples.file(host + "accounts/broken.dat", "return { [\"password\"] = ");
  samples.file(
      host + "roster/user.dat",
      "return { [false] = { [\"version\"] = 3; [\"pending\"] = { [\"p@x.example\"] = true } }; [\"a@x.example\"] = { "
      "[\"subscription\"] = \"both\"; [\"name\"] = \"Al\"; [\"groups\"] = { [\"B\"] = true; [\"A\"] = true } }; "
      "[\"b@x.example\"] = { [\"subscription\"] = \"none\"; [\"ask\"] = \"subscribe\"; [\"approved\"] = true } };");
  samples.file(host + "offline/user.list",
               "item({ name=\"message\"; attr={ from=\"z@x.example\"; type=\"chat\"; stamp=\"2020-01-02T03:04:05Z\"; "
               "stamp_legacy=\"x\" }; { name=\"body\"; attr={}; \"hello\" } });\nitem({ name=\"message\"; attr={}; "
               "\"\\1\" });\n");
  samples.file(host + "vcard/user.dat",
               "return { name=\"vCard\"; attr={ xmlns=\"vcard-temp\" }; { name=\"FN\"; attr={}; \"Al\" } };");
  samples.file(
      "data/conference%2ecorp%2eexample/config/hall.dat",
      "return { [\"_affiliations\"] = { [\"user@corp.example\"] = \"owner\" }; [\"_data\"] = { [\"name\"] = \"Hall\"; "
      "[\"hidden\"] = true; [\"persistent\"] = true }; [\"_jid\"] = \"hall@conference.corp.example\" };");
  const Recorder r = import(samples.path("data"));
  EXPECT_TRUE(r.has("account user@corp.example")) << r.all();
  EXPECT_TRUE(r.complains("account \"d'art\"")) << r.all();  // no localpart has a ', which escape_localpart() knows
  ASSERT_EQ(r.all_keys.size(), 1U);
  EXPECT_TRUE(verify(r.all_keys[0], "pencil"));
  EXPECT_TRUE(r.has("contact a@x.example both \"Al\" [A] [B]"));
  EXPECT_TRUE(r.has("contact b@x.example none ask approved"));
  EXPECT_TRUE(r.has("request p@x.example"));
  EXPECT_TRUE(
      r.has("message 2020-01-02T03:04:05.000Z <message xmlns='jabber:client' from='z@x.example' type='chat'>"
            "<body>hello</body><delay xmlns='urn:xmpp:delay' from='corp.example' "
            "stamp='2020-01-02T03:04:05.000Z'/></message>"))
      << r.all();
  EXPECT_TRUE(r.complains("no stanza of Prosody's form"));
  EXPECT_TRUE(r.has("vcard  <vCard xmlns='vcard-temp'><FN>Al</FN></vCard>"));
  EXPECT_TRUE(
      r.has("room hall@conference.corp.example \"Hall\" persistentroom=1 publicroom=0 owner:user@corp.example"));
  EXPECT_TRUE(r.complains("broken.dat:1: "));
  EXPECT_EQ(prosody_encoded("corp.example"), "corp%2eexample");
  EXPECT_EQ(prosody_decoded("d%27art%zz%4"), "d'art%zz%4");
}

}  // namespace other_servers_test
}  // namespace ferry
