// Openfire's dumps become accounts.
#include <gtest/gtest.h>

#include "gateway/migration/openfire_password.h"
#include "tests/migration/recorder.h"
#include "tests/migration/samples.h"

namespace ferry {
namespace openfire_test {

constexpr std::string_view dump = R"sql(-- MySQL dump 10.13  Distrib 8.0
/*!40101 SET NAMES utf8mb4 */;
CREATE TABLE `ofUser` (`username` varchar(64), `storedKey` varchar(32), `serverKey` varchar(32), `salt` varchar(32),
  `iterations` int, `plainPassword` varchar(32), `encryptedPassword` varchar(255), `name` varchar(100),
  `email` varchar(100), `creationDate` char(15), `modificationDate` char(15), PRIMARY KEY (`username`));
INSERT INTO `ofUser` VALUES
 ('admin',NULL,NULL,NULL,NULL,NULL,'becb0c67cfec25aa266ae077e18177c5c3308e2255db062e4f0b77c577e159a11a94016d57ac62d4e89b2856b0289b365f3069802e59d442','Admin',NULL,'001450103443961','0'),
 ('bob','gjMoswpK+HakPdvLIvp6eLKlYh0=','9MwNQcJ9bF4YeyZDdns5gvXp620=','yidQk5Skw11QJWTBAloAb28lYHftqa0x',4096,NULL,NULL,'Bob','b@x','0','0'),
 ('carol','gjMoswpK+HakPdvLIvp6eLKlYh0=','9MwNQcJ9bF4YeyZDdns5gvXp620=',NULL,4096,NULL,NULL,'','','0','0'),
 ('dan',NULL,NULL,NULL,NULL,'secret','','','','0','0'),
 ('Dan',NULL,NULL,NULL,NULL,'secret','','','','0','0'),
 ('two words',NULL,NULL,NULL,NULL,'secret','','','','0','0');
CREATE TABLE `ofUserFlag` (`username` varchar(64), `name` varchar(100), `startTime` char(15), `endTime` char(15));
INSERT INTO `ofUserFlag` VALUES ('carol','lockout',NULL,NULL);
CREATE TABLE `ofRoster` (`rosterID` bigint, `username` varchar(64), `jid` varchar(1024), `sub` tinyint, `ask` tinyint, `recv` tinyint, `nick` varchar(255));
INSERT INTO `ofRoster` VALUES (1,'bob','carol@corp.example',3,-1,-1,'Old'),(2,'bob','Carol@corp.example',3,-1,-1,'Carol C.'),
 (3,'bob','test',0,-1,-1,NULL),(4,'bob','bob@corp.example',3,-1,-1,NULL),(5,'bob','dan@corp.example',0,-1,1,NULL),
 (6,'bob','eve@other.example',1,0,-1,NULL),(7,'bob','gone@corp.example',-1,-1,-1,NULL),(8,'bob','f@corp.example',9,-1,-1,NULL);
CREATE TABLE `ofRosterGroups` (`rosterID` bigint, `rank` tinyint, `groupName` varchar(255));
INSERT INTO `ofRosterGroups` VALUES (2,1,'Work'),(2,0,'Friends');
CREATE TABLE `ofGroup` (`groupName` varchar(50), `description` varchar(255));
INSERT INTO `ofGroup` VALUES ('team','The team'),('boss','');
CREATE TABLE `ofGroupUser` (`groupName` varchar(50), `username` varchar(100), `administrator` tinyint);
INSERT INTO `ofGroupUser` VALUES ('team','bob',0),('team','dan',0),('team','dan',1),('boss','admin',0);
CREATE TABLE `ofGroupProp` (`groupName` varchar(50), `name` varchar(100), `propValue` text);
INSERT INTO `ofGroupProp` VALUES ('team','sharedRoster.showInRoster','onlyGroup'),('team','sharedRoster.displayName','Team'),
 ('team','sharedRoster.groupList','boss'),('boss','sharedRoster.showInRoster','everybody'),('boss','sharedRoster.displayName','Boss');
CREATE TABLE `ofOffline` (`username` varchar(64), `messageID` bigint, `creationDate` char(15), `messageSize` int, `stanza` text);
INSERT INTO `ofOffline` VALUES ('bob',2,'001450103443962',1,'<message from=\"x@y.example\" to=\"bob@corp.example\"><body>two&#11;</body></message>'),
 ('bob',1,'001450103443961',1,'<message from=\"x@y.example\"><body>one</body></message>'),('bob',3,'5',1,'<message><body>');
CREATE TABLE `ofVCard` (`username` varchar(64), `vcard` text);
INSERT INTO `ofVCard` VALUES ('bob','<vCard xmlns=\"vcard-temp\"><FN>Bob</FN></vCard>');
CREATE TABLE `ofProperty` (`name` varchar(100), `propValue` text, `encrypted` int, `iv` char(24));
INSERT INTO `ofProperty` VALUES ('passwordKey','hGXiFzsKaAeYLjn',0,NULL),('xmpp.domain','corp.example',0,NULL),('ldap.adminPassword','hush',0,NULL);
CREATE TABLE `ofMucService` (`serviceID` bigint, `subdomain` varchar(255));
INSERT INTO `ofMucService` VALUES (1,'conference');
CREATE TABLE `ofMucRoom` (`serviceID` bigint, `roomID` bigint, `name` varchar(50), `naturalName` varchar(255), `subject` text,
 `roomPassword` varchar(50), `membersOnly` tinyint, `canDiscoverJID` tinyint, `maxUsers` int, `rolesToBroadcast` tinyint);
INSERT INTO `ofMucRoom` VALUES (1,1,'hall','The hall','<message xmlns=\"jabber:client\"><subject>Hi</subject></message>','pw',1,0,30,7);
CREATE TABLE `ofMucAffiliation` (`roomID` bigint, `jid` text, `affiliation` tinyint);
INSERT INTO `ofMucAffiliation` VALUES (1,'bob@corp.example',10),(1,'eve@other.example',40);
CREATE TABLE `ofMucMember` (`roomID` bigint, `jid` text, `nickname` varchar(255));
INSERT INTO `ofMucMember` VALUES (1,'dan@corp.example','danny'),(1,'anything@corp.example/f894427cc1c571f79da49605ef8b112f','x');
)sql";

Recorder import(const std::vector<std::string>& sources, bool make_keys = false, const std::string& domain = "") {
  Recorder out;
  ImportJob job;
  job.sources = sources;
  job.options.domain = domain;
  job.options.make_keys = make_keys;
  run_import(job, out);
  return out;
}

TEST(Openfire, AMysqldump) {
  const Samples samples;
  const Recorder r = import({samples.file("dump.sql", dump)});
  EXPECT_TRUE(r.has("account admin@corp.example \"Admin\"")) << r.all();
  EXPECT_TRUE(r.has("account carol@corp.example locked"));
  EXPECT_TRUE(r.has("contact carol@corp.example both \"Carol C.\" [Friends] [Work]"));
  EXPECT_TRUE(r.has("contact eve@other.example to ask"));
  EXPECT_TRUE(r.has("request dan@corp.example"));
  EXPECT_TRUE(r.has("vcard  <vCard xmlns='vcard-temp'><FN>Bob</FN></vCard>"));
  EXPECT_TRUE(
      r.has("room hall@conference.corp.example \"The hall\" (Hi) persistentroom=1 membersonly=1 "
            "whois=moderators maxusers=30 presencebroadcast=moderator participant visitor allowpm=anyone "
            "owner:bob@corp.example outcast:eve@other.example member:dan@corp.example"))
      << r.all();
  // Rows that cannot come are named, with what can be done.
  EXPECT_TRUE(r.complains("contact \"test\": a name without a domain; if test@corp.example is meant"));
  EXPECT_TRUE(r.complains("contact \"bob@corp.example\": the account itself"));
  EXPECT_TRUE(r.complains("contact \"carol@corp.example\": a second entry"));
  EXPECT_TRUE(r.complains("an unknown subscription, 9"));
  EXPECT_TRUE(r.complains("account \"two words\": "));
  EXPECT_TRUE(r.complains("two\\20words@corp.example"));
  EXPECT_TRUE(r.complains("a second account of the name dan@corp.example"));
  EXPECT_TRUE(r.complains("piece " + samples.path("dump.sql") + ":"));
  for (const std::string& line : r.problems) {
    EXPECT_EQ(line.find("secret"), std::string::npos) << line;
    EXPECT_EQ(line.find("hush"), std::string::npos) << line;
  }
}

TEST(Openfire, OfflineMessagesComeInOrderWithTheirTime) {
  const Samples samples;
  const Recorder r = import({samples.file("dump.sql", dump)});
  std::vector<std::string> messages;
  for (const std::string& line : r.lines)
    if (line.starts_with("message")) messages.push_back(line);
  ASSERT_EQ(messages.size(), 2U) << r.all();
  EXPECT_EQ(messages[0],
            "message 2015-12-14T14:30:43.961Z <message xmlns='jabber:client' from='x@y.example'><body>one</body>"
            "<delay xmlns='urn:xmpp:delay' from='corp.example' stamp='2015-12-14T14:30:43.961Z'/></message>");
  EXPECT_NE(messages[1].find("<body>two</body>"), std::string::npos);  // without the control character
  EXPECT_TRUE(r.complains("message: "));
}

TEST(Openfire, SharedGroupsAreRecomputed) {
  const Samples samples;
  const Recorder r = import({samples.file("dump.sql", dump)});
  const std::string all = r.all();
  // bob and dan are in the team, which the boss sees, too; everybody sees the boss.
  const auto of = [&](const std::string& who) {
    const std::size_t begin = all.find("account " + who);
    return all.substr(begin, all.find("end\n", begin) - begin);
  };
  EXPECT_NE(of("bob@").find("shared dan@corp.example both [Team]"), std::string::npos) << all;
  EXPECT_NE(of("bob@").find("shared admin@corp.example both [Boss]"), std::string::npos);  // the team names the boss's
  EXPECT_NE(of("admin@").find("shared bob@corp.example both [Team]"), std::string::npos);
  EXPECT_NE(of("carol@").find("shared admin@corp.example to [Boss]"), std::string::npos);
  EXPECT_EQ(of("carol@").find("[Team]"), std::string::npos);
  EXPECT_TRUE(r.has("group team 2"));
}

TEST(Openfire, PasswordsBecomeKeysAndOnlyThat) {
  const Samples samples;
  const Recorder r = import({samples.file("dump.sql", dump)}, true);
  ASSERT_EQ(r.all_keys.size(), 5U) << r.all();  // admin 2, bob 1 (as it was), dan 2; carol's salt is missing
  EXPECT_TRUE(verify(r.all_keys[0], "ThisPasswordShouldDo!@"));
  EXPECT_TRUE(verify(r.all_keys[1], "ThisPasswordShouldDo!@"));
  EXPECT_EQ(r.all_keys[1].hash, ScramHash::sha256);
  EXPECT_TRUE(verify(r.all_keys[2], "ThisPasswordShouldDo!@"));
  EXPECT_TRUE(verify(r.all_keys[3], "secret"));
  EXPECT_FALSE(verify(r.all_keys[3], "Secret"));
  EXPECT_TRUE(r.complains("password: the dump has none"));
}

TEST(Openfire, Decrypts) {
  struct Vector {
    std::string_view key, encrypted, password;
  };
  constexpr Vector vectors[] = {{"hGXiFzsKaAeYLjn",
                                 "becb0c67cfec25aa266ae077e18177c5c3308e2255db062e4f0b77c577e159a11a94016d57ac62d4e89b2"
                                 "856b0289b365f3069802e59d442",
                                 "ThisPasswordShouldDo!@"},
                                {"QWMRc9f3X9t2BN0", "cef7d1faf10db55cdd43847c9869da627674cda780275756", "jas502n"},
                                {"ydNHrJOI74z1x00", "f6ed629c8a91b7c18e550e0ff787f29e2c4720c45d819c34", "admin"}};
  for (const Vector& v : vectors) {
    const auto passwords = OpenfirePasswords::make(v.key);
    ASSERT_TRUE(passwords) << passwords.error();
    const auto password = passwords->decrypt(v.encrypted);
    ASSERT_TRUE(password);
    EXPECT_EQ(password->view(), v.password);
    const auto other = OpenfirePasswords::make("AnotherKey12345");
    EXPECT_FALSE(other->decrypt(v.encrypted));
    EXPECT_FALSE(passwords->decrypt(v.encrypted.substr(2)));
    EXPECT_FALSE(passwords->decrypt("zz"));
  }
}

TEST(Openfire, TheEmbeddedDatabaseWithItsLog) {
  const Samples samples;
  samples.file("db/openfire.script",
               "CREATE SCHEMA PUBLIC AUTHORIZATION DBA\n"
               "CREATE MEMORY TABLE PUBLIC.OFUSER(USERNAME VARCHAR(64) NOT NULL,STOREDKEY VARCHAR(32),SERVERKEY "
               "VARCHAR(32),SALT VARCHAR(32),ITERATIONS INTEGER,PLAINPASSWORD VARCHAR(32),NAME VARCHAR(100))\n"
               "CREATE MEMORY TABLE PUBLIC.OFPROPERTY(NAME VARCHAR(100),PROPVALUE VARCHAR(4000))\n"
               "INSERT INTO OFUSER VALUES('admin',NULL,NULL,NULL,NULL,'pw','J\\u00fcrgen')\n"
               "INSERT INTO OFUSER VALUES('gone',NULL,NULL,NULL,NULL,'pw','')\n"
               "INSERT INTO OFPROPERTY VALUES('xmpp.domain','corp.example')\n");
  samples.file("db/openfire.log",
               "/*C3*/DELETE FROM OFUSER WHERE USERNAME='gone'\nINSERT INTO OFUSER "
               "VALUES('new',NULL,NULL,NULL,NULL,'pw','')\nCOMMIT\n");
  const Recorder r = import({samples.path("db")});
  EXPECT_TRUE(r.has("account admin@corp.example \"Jürgen\"")) << r.all();
  EXPECT_TRUE(r.has("account new@corp.example"));
  EXPECT_FALSE(r.has("account gone@corp.example"));
}

TEST(Openfire, Schema40WithCopyAndScramTable) {
  const Samples samples;
  const Recorder r = import({samples.file(
      "pg.sql",
      "-- PostgreSQL database dump\nCOPY public.ofuser (username, plainpassword, encryptedpassword, name, email, "
      "creationdate, modificationdate) FROM stdin;\nbob\t\\N\t\\N\tBob\t\\N\t0              \t0\n\\.\n"
      "COPY public.ofuserscram (username, mechanism, storedkey, serverkey, salt, iterations) FROM stdin;\n"
      "bob\tSCRAM-SHA-1\tgjMoswpK+HakPdvLIvp6eLKlYh0=\t9MwNQcJ9bF4YeyZDdns5gvXp620="
      "\tyidQk5Skw11QJWTBAloAb28lYHftqa0x\t4096\n"
      "bob\tSCRAM-MD5\tx\ty\tz\t1\n\\.\nCOPY public.ofproperty (name, propvalue) FROM "
      "stdin;\nxmpp.domain\tcorp.example\n\\.\n")});
  EXPECT_TRUE(r.has("account bob@corp.example \"Bob\"")) << r.all();
  EXPECT_TRUE(r.has("keys SCRAM-SHA-1"));
  EXPECT_TRUE(r.complains("keys SCRAM-MD5: an unknown mechanism"));
}

TEST(Openfire, ADumpWithoutADomainOrWithoutAccountsSaysSo) {
  const Samples samples;
  EXPECT_TRUE(import({samples.file("a.sql", "INSERT INTO `ofUser` (username) VALUES ('bob');")}).complains("--domain"));
  EXPECT_TRUE(
      import({samples.file("b.sql", "INSERT INTO `other` (username) VALUES ('bob');")}).complains("no accounts"));
  EXPECT_TRUE(import({samples.path("missing.sql")}).complains("No such file"));
}

TEST(Openfire, ThePluginsOwnFormat) {
  const Samples samples;
  Recorder r;
  ImportJob job;
  job.sources = {samples.file("users.xml", R"(<?xml version="1.0" encoding="UTF-8"?><!-- export -->
<Openfire><User><Username>anno</Username><Password>pw</Password><Email></Email><Name>A. Vliet</Name><CreationDate>1450104179268</CreationDate>
<Roster><Item jid="test1@corp.example" askstatus="-1" recvstatus="-1" substatus="3" name="Tester"><Group>Friends</Group></Item><Item jid="x@corp.example" recvstatus="1" substatus="0"/></Roster></User>
<User><Username>bob</Username><Password>bob</Password><Roster/></User></Openfire>)")};
  job.options.domain = "corp.example";
  EXPECT_TRUE(run_import(job, r)) << r.all();
  EXPECT_TRUE(r.has("account anno@corp.example \"A. Vliet\"")) << r.all();
  EXPECT_TRUE(r.has("contact test1@corp.example both \"Tester\" [Friends]"));
  EXPECT_TRUE(r.has("request x@corp.example"));
  EXPECT_EQ(r.all_keys.size(), 2U);  // anno's; a password that is the name is what an export writes for none
  EXPECT_TRUE(r.complains("it is the user's name"));
}

// Wildfire's first schema: jive* tables, and one column for the password.
TEST(Openfire, WildfiresPasswordIsAPlainOne) {
  const Samples samples;
  const Recorder r = import({samples.file("w.sql", R"sql(-- MySQL dump 10.9
CREATE TABLE `jiveUser` (`username` varchar(32), `password` varchar(32), `name` varchar(100));
INSERT INTO `jiveUser` VALUES ('anna','pencil','Anna');
INSERT INTO `jiveRoster` (`rosterID`,`username`,`jid`,`sub`,`ask`,`recv`) VALUES (1,'anna','b@x.example',3,-1,-1);
-- Dump completed
)sql")},
                            true, "corp.example");
  ASSERT_EQ(r.all_keys.size(), 2U) << r.all();
  for (const ScramKeys& keys : r.all_keys) EXPECT_TRUE(verify(keys, "pencil"));
  EXPECT_TRUE(r.has("contact b@x.example both")) << r.all();
}

// PostgreSQL tells them apart, MySQL cannot have both.
TEST(Openfire, GroupsOfNamesThatDifferByCaseAreTwo) {
  const Samples samples;
  const Recorder r = import({samples.file("g.sql", R"sql(--
-- PostgreSQL database dump
--
COPY public.ofuser (username) FROM stdin;
a
b
c
\.
COPY public.ofgroup (groupname, description) FROM stdin;
Sales	x
sales	y
\.
COPY public.ofgroupuser (groupname, username, administrator) FROM stdin;
Sales	a	0
Sales	b	0
sales	c	0
\.
COPY public.ofgroupprop (groupname, name, propvalue) FROM stdin;
Sales	sharedRoster.showInRoster	onlyGroup
Sales	sharedRoster.displayName	The big one
sales	sharedRoster.showInRoster	nobody
\.
--
-- PostgreSQL database dump complete
--
)sql")},
                            true, "corp.example");
  EXPECT_TRUE(r.has("group Sales 2")) << r.all();
  EXPECT_TRUE(r.has("group sales 1")) << r.all();
  EXPECT_TRUE(r.has("shared b@corp.example both [The big one]")) << r.all();
  const Recorder m =
      import({samples.file("m.sql",
                           "INSERT INTO `ofUser` (`username`) VALUES ('a');\n"
                           "INSERT INTO `ofGroup` (`groupName`) VALUES ('Sales');\n"
                           "INSERT INTO `ofGroupUser` (`groupName`,`username`) VALUES ('sales','a');\n")},
             true, "corp.example");
  EXPECT_TRUE(m.has("group Sales 1")) << m.all();
}

TEST(Openfire, WhatStaysBehindIsSaidOfEachAccountAndRoom) {
  const Samples samples;
  const Recorder r = import(
      {samples.file("s.sql",
                    "INSERT INTO `ofUser` (`username`) VALUES ('anna'),('bob');\n"
                    "INSERT INTO `ofMessageArchive` (`fromJID`,`toJID`,`body`) VALUES "
                    "('anna@corp.example','x@y.example','1'),('x@y.example','anna@corp.example','2');\n"
                    "INSERT INTO `ofMucRoom` (`serviceID`,`roomID`,`name`) VALUES (1,7,'sea');\n"
                    "INSERT INTO `ofMucConversationLog` (`roomID`,`body`) VALUES (7,'1'),(7,'2'),(7,'3'),(8,'4');\n"
                    "INSERT INTO `ofPrivacyList` (`username`,`name`,`isDefault`,`list`) VALUES ('anna','blocklist',1,"
                    "'<list xmlns=\"jabber:iq:privacy\" name=\"blocklist\"><item type=\"jid\" value=\"bad.example\" "
                    "action=\"deny\" order=\"1\"/></list>');\n")},
      true, "corp.example");
  EXPECT_TRUE(r.complains("archive: 2 messages of old conversations not carried")) << r.all();
  EXPECT_TRUE(r.complains("room \"sea\": 3 messages of its history not carried")) << r.all();
  EXPECT_TRUE(r.has("blocked bad.example")) << r.all();
}

// LDAP has the people, ofUser none, or the administrator alone.
TEST(Openfire, PeopleOfLdapCome) {
  const Samples samples;
  const std::string rows =
      "INSERT INTO `ofRoster` (`rosterID`,`username`,`jid`,`sub`) VALUES (1,'anna','bob@corp.example',3);\n"
      "INSERT INTO `ofVCard` (`username`,`vcard`) VALUES ('bob','<vCard xmlns=\"vcard-temp\"/>');\n";
  for (const char* more :
       {"",
        "INSERT INTO `ofUser` (`username`) VALUES ('admin');\nINSERT INTO `ofProperty` (`name`,`propValue`) VALUES "
        "('provider.user.className','org.jivesoftware.openfire.ldap.LdapUserProvider');\n"}) {
    const Recorder r = import({samples.file("l.sql", rows + more)}, true, "corp.example");
    EXPECT_TRUE(r.has("account anna@corp.example")) << r.all();
    EXPECT_TRUE(r.has("contact bob@corp.example both")) << r.all();
    EXPECT_TRUE(r.has("account bob@corp.example")) << r.all();
    EXPECT_TRUE(r.complains("l.sql:1: password: the dump has none (LDAP")) << r.all();
  }
}

}  // namespace openfire_test
}  // namespace ferry
