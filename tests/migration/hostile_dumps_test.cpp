// Dumps that were cut, that another program wrote than their looks say, or that somebody made to do harm: nothing is
// lost without a word, and nothing takes more than it may.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/migration/recorder.h"
#include "tests/migration/samples.h"

namespace ferry {
namespace hostile_dumps_test {

Recorder import(const std::vector<std::string>& sources, bool expected, const std::string& domain = "corp.example") {
  Recorder out;
  ImportJob job;
  job.sources = sources;
  job.options.domain = domain;
  EXPECT_EQ(run_import(job, out), expected) << out.all();
  return out;
}

constexpr std::string_view script =
    "SET DATABASE UNIQUE NAME HSQLDB1\nCREATE MEMORY TABLE PUBLIC.OFUSER(USERNAME VARCHAR(64),NAME VARCHAR(9))\n"
    "CREATE MEMORY TABLE PUBLIC.OFOFFLINE(USERNAME VARCHAR(64),MESSAGEID BIGINT,CREATIONDATE VARCHAR(15),MESSAGESIZE "
    "INTEGER,STANZA VARCHAR(9))\n"
    "CREATE MEMORY TABLE PUBLIC.OFROSTER(ROSTERID BIGINT,USERNAME VARCHAR(64),JID VARCHAR(9),SUB INTEGER,ASK INTEGER,"
    "RECV INTEGER)\n"
    "CREATE MEMORY TABLE PUBLIC.OFROSTERGROUPS(ROSTERID BIGINT,RANK INTEGER,GROUPNAME VARCHAR(9))\n"
    "CREATE MEMORY TABLE PUBLIC.OFPUBSUBITEM(SERVICEID VARCHAR(9),NODEID VARCHAR(9),ID VARCHAR(9),PAYLOAD CLOB)\n"
    "INSERT INTO OFUSER VALUES('bob','Bob')\n"
    "INSERT INTO OFOFFLINE VALUES('bob',1,'1',9,'<message id=\"one\"/>')\n"
    "INSERT INTO OFOFFLINE VALUES('bob',2,'2',9,'<message id=\"two\"/>')\n"
    "INSERT INTO OFROSTER VALUES(1,'bob','a@x.example',3,-1,-1)\n"
    "INSERT INTO OFROSTERGROUPS VALUES(1,0,'Friends')\nINSERT INTO OFROSTERGROUPS VALUES(1,1,'Work')\n"
    "INSERT INTO OFPUBSUBITEM VALUES('bob@corp.example','storage:bookmarks','current',32)\n";

// What HSQLDB's log says is gone is named by its primary key alone.
TEST(HostileDumps, ALogTakesAwayTheRowItNamesAndNoOther) {
  const Samples samples;
  samples.file("db/openfire.script", script);
  samples.file("db/openfire.log",
               "/*C2*/SET SCHEMA PUBLIC\nDELETE FROM OFOFFLINE WHERE USERNAME='bob' AND MESSAGEID=1\n"
               "DELETE FROM OFROSTERGROUPS WHERE ROSTERID=1 AND RANK=1\nCOMMIT\n");
  const Recorder r = import({samples.path("db")}, true);
  EXPECT_EQ(r.all().find("id='one'"), std::string::npos) << r.all();
  EXPECT_NE(r.all().find("id='two'"), std::string::npos) << r.all();
  EXPECT_TRUE(r.has("contact a@x.example both [Friends]")) << r.all();
}

// A change of a contact is a DELETE by its number: not a look at every row of the table.
TEST(HostileDumps, ALongLogOfALargeDatabaseTakesNoAges) {
  const Samples samples;
  std::string text(script), log = "/*C1*/";
  for (int i = 2; i < 30'000; ++i)
    text += "INSERT INTO OFROSTER VALUES(" + std::to_string(i) + (i < 1'000 ? ",'gone'" : ",'u'") +
            ",'a@x.example',3,-1,-1)\n";
  for (int i = 2; i < 1'000; ++i) log += "DELETE FROM OFROSTER WHERE ROSTERID=" + std::to_string(i) + "\n";
  samples.file("db/openfire.script", text);
  samples.file("db/openfire.log", log);
  const Recorder r = import({samples.path("db")}, true);
  EXPECT_TRUE(r.complains("rows of 1 person whose account is not in the dump, the first of \"u\"")) << r.all();
}

TEST(HostileDumps, ATextThatHsqldbKeepsInAnotherFileIsSaidToBeThere) {
  const Samples samples;
  EXPECT_TRUE(import({samples.file("openfire.script", script)}, true).complains("openfire.lobs"));
}

TEST(HostileDumps, OnePersonsGroupsAreReadOnce) {
  const Samples samples;
  std::string text = "INSERT INTO `users` (`username`,`password`) VALUES ('u','p');\n";
  for (int i = 0; i < 4'000; ++i) {
    const std::string jid = "'c" + std::to_string(i) + "@x.example'";
    text += "INSERT INTO `rosterusers` (`username`,`jid`,`subscription`) VALUES ('u'," + jid + ",'B');\n" +
            "INSERT INTO `rostergroups` (`username`,`jid`,`grp`) VALUES ('u'," + jid + ",'G'),('u'," + jid + ",'H');\n";
  }
  EXPECT_TRUE(import({samples.file("e.sql", text)}, true).has("contact c3999@x.example both [G] [H]"));
}

TEST(HostileDumps, ACharacterSetInAConditionalCommentIsRefusedToo) {
  const Samples samples;
  const Recorder r =
      import({samples.file("gbk.sql",
                           "/*!40101 SET NAMES gbk */;\n/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT "
                           "*/;\nINSERT INTO `ofUser` (`username`,`name`) VALUES ('u','\xc8\xd5');\n")},
             false);
  EXPECT_TRUE(r.complains("gbk.sql:1: this dump is in the character set gbk")) << r.all();
  EXPECT_TRUE(r.lines.empty());
  import({samples.file("quoted.sql",
                       "/*!40101 SET NAMES 'utf8' */;\nSET NAMES @old;\nINSERT INTO `ofUser` (`username`) "
                       "VALUES ('u');\n")},
         true);
}

// ejabberdctl export2sql: no marks around names, backslashes in texts.
TEST(HostileDumps, EjabberdsExportToSqlHasBackslashes) {
  const Samples samples;
  const Recorder r = import({samples.file("export.sql", R"sql(-- 
-- Mnesia table: passwd
--
delete from users where username='two\\20words' and 0=0;
INSERT INTO users(username, password) VALUES ('two\\20words', 'pw');
INSERT INTO spool(username, xml) VALUES ('two\\20words', '<message from=''a@x.example''><body>it''s\na line</body></message>');
INSERT INTO muc_room(name, host, opts) VALUES ('sea', 'rooms.corp.example', '[{title,<<\"The ''sea''\">>}]');
)sql")},
                            true);
  EXPECT_TRUE(r.has("account two\\20words@corp.example")) << r.all();
  EXPECT_NE(r.all().find("it's\na line"), std::string::npos) << r.all();
  EXPECT_TRUE(r.has("room sea@rooms.corp.example \"The 'sea'\"")) << r.all();
}

// Such a text can only be of a server that escapes with backslashes, whatever else is missing of its looks.
TEST(HostileDumps, AnEscapedQuoteWithinAWordTellsMySql) {
  const Samples samples;
  const Recorder r = import({samples.file("d.sql",
                                          "INSERT INTO openfire.ofUser (username,name) VALUES ('a','it\\'s, so'),"
                                          "('b','\\\\');\n")},
                            true);
  EXPECT_TRUE(r.has("account a@corp.example \"it's, so\"")) << r.all();
  EXPECT_TRUE(r.has("account b@corp.example \"\\\"")) << r.all();
}

TEST(HostileDumps, AScriptOfSqlServerIsRefused) {
  const Samples samples;
  const Recorder r = import({samples.file("ms.sql",
                                          "INSERT INTO [dbo].[ofUser] ([username], [name]) VALUES (N'a', N'A')\nGO\n"
                                          "INSERT [dbo].[ofUser] ([username], [name]) VALUES (N'b', N'B')\nGO\n")},
                            false);
  EXPECT_TRUE(r.complains("ms.sql: this is a script of Microsoft SQL Server")) << r.all();
  EXPECT_TRUE(r.lines.empty());
}

constexpr std::string_view my_head = "-- MySQL dump 10.13  Distrib 8.0\n/*!40101 SET NAMES utf8mb4 */;\n";
constexpr std::string_view my_user = "INSERT INTO `ofUser` (`username`) VALUES ('u');\n";

TEST(HostileDumps, ADumpThatWasCutSaysSoWhereverItWasCut) {
  const Samples samples;
  const std::string head(my_head), user(my_user);
  import({samples.file("whole.sql", head + user + "-- Dump completed on 2026-01-01\n")}, true);
  import({samples.file("none.sql", user)}, true);  // no comments at all: --compact
  EXPECT_TRUE(import({samples.file("a.sql", head + user + "UNLOCK TA")}, false).complains("a.sql:4"));
  EXPECT_TRUE(import({samples.file("b.sql", head + user)}, false).complains("\"-- Dump completed\""));
  EXPECT_TRUE(import({samples.file("c.sql", user + "INSERT INTO `other` VALUES\n ('a;b")}, false).complains("c.sql:3"));
  EXPECT_TRUE(import({samples.file("e.sql", user + user.substr(0, user.size() - 2))}, false).complains("e.sql:2"));
  EXPECT_TRUE(import({samples.file("d.sql", user + "/* INSERT INTO `ofUser`")}, false).complains("d.sql:2"));
  const std::string pg = "--\n-- PostgreSQL database dump\n--\n\nCOPY public.ofuser (username) FROM stdin;\nu\n\\.\n";
  import({samples.file("p.sql", pg + "--\n-- PostgreSQL database dump complete\n--\n")}, true);
  EXPECT_TRUE(import({samples.file("q.sql", pg)}, false).complains("database dump complete\""));
}

// One transaction is all of it; unistr since SQLite 3.50.
TEST(HostileDumps, ASqliteDumpThatWasCutSaysSo) {
  const Samples samples;
  const std::string dump =
      "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE users(username text, password text);\n"
      "INSERT INTO users VALUES('anna','x');\nINSERT INTO users VALUES(unistr('b\\u006fb'),unistr('\\\\'));\n";
  EXPECT_TRUE(import({samples.file("whole.sql", dump + "COMMIT;\n")}, true).has("account bob@corp.example"));
  EXPECT_TRUE(import({samples.file("cut.sql", dump)}, false).complains("cut.sql:6: the dump was cut off"));
  EXPECT_TRUE(import({samples.file("cut2.sql", dump + "COMM")}, false).complains("cut2.sql:6: "));
  EXPECT_TRUE(import({samples.file("bad.sql", dump + "ROLLBACK; -- due to errors\n")}, false).complains("ROLLBACK"));
}

TEST(HostileDumps, WhatIsNoTextSaysWhatMakesTextOfIt) {
  const Samples samples;
  std::string wide;
  for (const char c : std::string_view("-- MySQL dump\n")) wide += std::string(1, c) + '\0';
  EXPECT_TRUE(import({samples.file("le.sql", wide)}, false).complains("iconv -f UTF-16LE -t UTF-8 "));
  EXPECT_TRUE(import({samples.file("be.sql", '\0' + wide)}, false).complains("iconv -f UTF-16BE -t UTF-8 "));
  std::string tar(512, '\0');
  tar.replace(0, 8, "dump.sql").replace(257, 5, "ustar");
  EXPECT_TRUE(import({samples.file("a.tar", tar)}, false).complains("tar -xOf "));
  tar.replace(0, 8, "toc.dat\0", 8);
  EXPECT_TRUE(import({samples.file("b.tar", tar)}, false).complains("pg_restore -f - "));
  EXPECT_TRUE(
      import({samples.file("m.xml", "<?xml version=\"1.0\"?>\n<mysqldump>")}, false).complains("without --xml"));
}

TEST(HostileDumps, ATableWithoutNamesOfItsColumnsIsSaidOnce) {
  const Samples samples;
  const Recorder r = import({samples.file("n.sql",
                                          "INSERT INTO ofuser VALUES ('a');\nINSERT INTO ofuser VALUES ('b');\n"
                                          "INSERT INTO ofroster VALUES (1);\n")},
                            false);
  EXPECT_TRUE(r.complains("n.sql:1: rows of the table ofuser without the names of its columns")) << r.all();
  EXPECT_TRUE(r.complains("n.sql:3: rows of the table ofroster")) << r.all();
  EXPECT_EQ(r.problems.size(), 3U) << r.all();
}

TEST(HostileDumps, ARowThatIsNotWrittenAsValuesIsSaid) {
  const Samples samples;
  const Recorder r = import({samples.file("s.sql",
                                          "INSERT INTO `ofUser` SET `username`='a';\n"
                                          "INSERT INTO `ofUser` (`username`) VALUES ('b');\n")},
                            false);
  EXPECT_TRUE(r.complains("s.sql:1: rows that are not written as VALUES")) << r.all();
  EXPECT_TRUE(r.has("account b@corp.example")) << r.all();
}

// Whoever includes a pipe would be waited for without an end.
TEST(HostileDumps, APipeIsNotIncluded) {
  const Samples samples;
  const std::string path =
      samples.file("x.xml",
                   "<server-data xmlns='urn:xmpp:pie:0' xmlns:xi='http://www.w3.org/2001/XInclude'>"
                   "<xi:include href='pipe'/></server-data>");
  ASSERT_EQ(::mkfifo(samples.path("pipe").c_str(), 0600), 0);
  EXPECT_TRUE(import({path}, false, "").complains("include of \"pipe\": it is no plain file"));
}

TEST(HostileDumps, TheCommandThatIsAdvisedCanBeCopied) {
  const Samples samples;
  const std::string path = samples.file("it's a.sqlite", std::string_view("SQLite format 3\0", 16));
  EXPECT_TRUE(import({path}, false).complains("sqlite3 '" + samples.path("it'\\''s a.sqlite") + "' .dump | ferryctl"));
}

TEST(HostileDumps, AStatementThatALostSemicolonSwallowsIsMissed) {
  const Samples samples;
  const Recorder r =
      import({samples.file("s.sql",
                           "INSERT INTO `ofUser` (`username`) VALUES ('a')\n"
                           "INSERT INTO `ofUser` (`username`) VALUES ('b');\n"
                           "INSERT INTO `ofUser` (`username`) VALUES ('c') ON DUPLICATE KEY UPDATE a=1;\n"
                           "INSERT INTO `ofUser` (`username`) VALUES ('d')")},
             false);
  EXPECT_TRUE(r.complains("s.sql:1")) << r.all();
  EXPECT_TRUE(r.has("account d@corp.example"));
}

TEST(HostileDumps, RowsThatAreNobodysAreSaid) {
  const Samples samples;
  const Recorder r =
      import({samples.file("n.sql",
                           "INSERT INTO `ofUser` (`username`) VALUES ('a'),(NULL);\n"
                           "INSERT INTO `ofRoster` (`rosterID`,`username`,`jid`,`sub`) VALUES "
                           "(1,'gone','a@corp.example',3),(2,'gone','b@corp.example',3);\n"
                           "INSERT INTO `ofOffline` (`username`,`stanza`) VALUES ('off','<message/>');\n")},
             true);
  EXPECT_TRUE(r.complains("table ofuser: no plain value, or one over the limit, in: username")) << r.all();
  EXPECT_TRUE(r.complains("rows of 1 person whose account is not in the dump, the first of \"gone\"")) << r.all();
  EXPECT_TRUE(r.complains("the first of \"off\"")) << r.all();
}

TEST(HostileDumps, WhatHoldsNoAccountsIsNamed) {
  const Samples samples;
  EXPECT_TRUE(
      import({samples.file("x.sql", "INSERT INTO `t` (`a`) VALUES (1);\n")}, false).complains("x.sql: there are"));
}

TEST(HostileDumps, APieceOfProsodysIsSaidToBeInItsOwnFile) {
  const Samples samples;
  samples.file("data/corp%2eexample/accounts/u.dat", "return { [\"password\"] = \"pencil\" };");
  samples.file("data/corp%2eexample/roster/u.dat", "return { [\"@\"] = { [\"subscription\"] = \"both\" } };");
  const Recorder r = import({samples.path("data")}, true, "");
  EXPECT_TRUE(r.complains("roster/u.dat")) << r.all();
}

// Elements within elements, and names: what the parser itself remembers has no end but this.
TEST(HostileDumps, AnExportOfNothingButDepthIsGivenUp) {
  const Samples samples;
  std::string text = "<server-data xmlns='urn:xmpp:pie:0'><host jid='a.example'><user name='u' password='p'><x>";
  for (int i = 0; i < 3'000'000; ++i) text += "<a>";
  const std::string path = samples.file("deep.xml", text);
  text = std::string();
  const Recorder r = import({path}, false, "");
  EXPECT_TRUE(r.complains("elements within one another, or names, of more than")) << r.all();
}

// The parser looks at a token from its beginning whenever it gets more of it.
TEST(HostileDumps, ALongTokenTakesNoAgesAndIsNotSaidAtItsLength) {
  const Samples samples;
  const std::string head = "<server-data xmlns='urn:xmpp:pie:0'><host jid='a.example'><user name='u' password='p'>";
  const std::string tail = "<query xmlns='jabber:iq:private'><x xmlns='u'/></query></user></host></server-data>",
                    large(30U << 20, 'x');
  for (const std::string& token :
       {"<!--" + large + "-->", "<?x " + large + "?>", "<a b='" + large + "'/>", "<a" + large + "/>"}) {
    const Recorder r = import({samples.file("long.xml", head + token + tail)}, true, "");
    EXPECT_TRUE(r.has("account u@a.example"));
    EXPECT_TRUE(r.has("private u <x xmlns='u'/>"));
    EXPECT_LT(r.all().size(), 5'000U);
  }
  const Recorder r = import({samples.file("longer.xml", head + "<!--" + large + large + "-->" + tail)}, false, "");
  EXPECT_TRUE(r.complains("longer.xml:1: a token of more than 32 MiB"));
}

}  // namespace hostile_dumps_test
}  // namespace ferry
