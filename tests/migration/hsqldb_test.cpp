// Openfire's embedded database, a folder of files: one that is cut, one that lacks what it should have, texts that
// stand in a file of their own.
#include <gtest/gtest.h>

#include "tests/migration/recorder.h"
#include "tests/migration/samples.h"

namespace ferry {
namespace hsqldb_test {

Recorder import(const std::string& source, bool expected) {
  Recorder out;
  ImportJob job;
  job.sources = {source};
  job.options.domain = "corp.example";
  EXPECT_EQ(run_import(job, out), expected) << source << '\n' << out.all();
  return out;
}

const std::string head =
    "SET DATABASE UNIQUE NAME HSQLDB1\nCREATE SCHEMA PUBLIC AUTHORIZATION DBA\n"
    "CREATE MEMORY TABLE PUBLIC.OFUSER(USERNAME VARCHAR(64),NAME VARCHAR(9),ITERATIONS INTEGER)\n"
    "CREATE MEMORY TABLE PUBLIC.OFID(IDTYPE INTEGER,ID BIGINT)\n";

TEST(Hsqldb, AScriptThatWasCutSaysSoWhereverItWasCut) {
  const Samples samples;
  const std::string users =
      "INSERT INTO OFUSER VALUES('anna','Anna',4096)\nINSERT INTO OFUSER VALUES('bob','Bob',4096)\n";
  import(samples.file("whole.script", head + users), true);
  for (std::size_t left = 1; left < 43; ++left) {  // to every byte of the last line
    const Recorder r = import(samples.file("cut.script", head + users.substr(0, users.size() - left)), false);
    EXPECT_TRUE(r.complains("cut.script:6: ")) << left << '\n' << r.all();
    EXPECT_TRUE(r.has("account anna@corp.example \"Anna\"")) << left << '\n' << r.all();
    const auto sources = std::count_if(r.problems.begin(), r.problems.end(),
                                       [](const std::string& problem) { return problem.starts_with("source "); });
    EXPECT_EQ(sources, 1) << left << '\n' << r.all();
  }
  const Recorder r = import(samples.file("other.script", head + users + "INSERT INTO OFID VALUES(1,1"), false);
  EXPECT_TRUE(r.complains("other.script:7: the file was cut off")) << r.all();
}

// Payloads as HSQLDB 2 keeps them: UTF-16 in blocks of the file .lobs, and the row has a number.
TEST(Hsqldb, TextsOfTheLobsFileComeWithTheirRows) {
  const Samples samples;
  const std::string script =
      "SET FILES LOB SCALE 1\n" + head +
      "CREATE MEMORY TABLE PUBLIC.OFPUBSUBITEM(SERVICEID VARCHAR(9),NODEID VARCHAR(9),ID VARCHAR(9),PAYLOAD CLOB(1G))\n"
      "SET SCHEMA SYSTEM_LOBS\nINSERT INTO BLOCKS VALUES(4,2147483643,0)\n"
      "INSERT INTO LOBS VALUES(2,1,0,7)\nINSERT INTO LOBS VALUES(0,1,1,7)\nINSERT INTO LOBS VALUES(1,1,0,8)\n"
      "INSERT INTO LOBS VALUES(9,1,0,10)\nINSERT INTO LOB_IDS VALUES(7,LENGTH,1,40)\n"
      "INSERT INTO LOB_IDS VALUES(8,24,1,40)\nINSERT INTO LOB_IDS VALUES(10,4,1,40)\nSET SCHEMA PUBLIC\n"
      "INSERT INTO OFUSER VALUES('anna','Anna',1)\nINSERT INTO OFUSER VALUES('bob','Bob',1)\n"
      "INSERT INTO OFPUBSUBITEM VALUES('anna@corp.example','storage:bookmarks','current',7)\n"
      "INSERT INTO OFPUBSUBITEM VALUES('anna@corp.example','n','i',8)\n"
      "INSERT INTO OFPUBSUBITEM VALUES('bob@corp.example','far','i',10)\n"
      "INSERT INTO OFPUBSUBITEM VALUES('bob@corp.example','nowhere','i',11)\n";
  const auto units = [](std::string_view ascii) {
    std::string out;
    for (const char c : ascii) out += std::string(1, '\0') + c;
    return out;
  };
  const std::string long_name(600, 'x');
  const std::string bookmarks = units("<storage xmlns='storage:bookmarks'><conference name='" + long_name) +
                                std::string("\xd8\x3d\xde\x00\x00\xe9", 6) + units("'/></storage>");
  std::string lobs(4 * 1024, 'z');
  lobs.replace(2 * 1024, 1024, bookmarks, 0, 1024);
  lobs.replace(0, bookmarks.size() - 1024, bookmarks, 1024);
  lobs.replace(1024, 48, units("<a xmlns='urn:x'>b</a>  "));
  samples.file("db/openfire.lobs", lobs);
  std::string text = script;
  text.replace(text.find("LENGTH"), 6, std::to_string(bookmarks.size() / 2));
  samples.file("db/openfire.script", text);
  for (const char* source : {"db", "db/openfire.script"}) {
    const Recorder r = import(samples.path(source), true);
    EXPECT_NE(r.all().find("name='" + long_name + "\U0001F600\u00E9'"), std::string::npos) << r.all();
    EXPECT_NE(r.all().find("<a xmlns='urn:x'>b</a>"), std::string::npos) << r.all();
    EXPECT_TRUE(r.complains("node \"far\": the file " + samples.path("db/openfire.lobs") + " is shorter")) << r.all();
    EXPECT_TRUE(r.complains("node \"nowhere\": its text is in the file ")) << r.all();
  }
  samples.file("alone/openfire.script", text);
  EXPECT_TRUE(import(samples.path("alone"), true).complains("alone/openfire.lobs, which is not there"));
  samples.file("small/openfire.script", "SET FILES LOB COMPRESSED TRUE\n" + text);
  samples.file("small/openfire.lobs", lobs);
  EXPECT_TRUE(import(samples.path("small"), true).complains("compressed"));
}

TEST(Hsqldb, AFolderWithoutItsScriptSaysWhatToDo) {
  const Samples samples;
  samples.file("db/openfire.log", "CREATE MEMORY TABLE OFUSER(USERNAME VARCHAR(9))\n");
  samples.file("db/openfire.properties", "modified=yes\n");
  const Recorder r = import(samples.path("db"), false);
  EXPECT_TRUE(r.complains("there is openfire.log, openfire.properties, but no openfire.script")) << r.all();
  EXPECT_TRUE(r.complains("start the old server and stop it again")) << r.all();
}

// A server that never ended since its first start: all of it is in the log, the tables too, as they were typed.
TEST(Hsqldb, TablesThatAreOnlyInTheLog) {
  const Samples samples;
  samples.file("db/openfire.script", "SET DATABASE UNIQUE NAME HSQLDB1\nCREATE SCHEMA PUBLIC AUTHORIZATION DBA\n");
  samples.file("db/openfire.log",
               "/*C2*/SET SCHEMA PUBLIC\n\\u000a\\u000aCREATE TABLE ofUser (\\u000a  username VARCHAR(64) NOT NULL, -- "
               "who, as\\u000a  name   VARCHAR(100),\\u000a  CONSTRAINT ofUser_pk PRIMARY KEY (username)\\u000a)\n"
               "INSERT INTO OFUSER VALUES('anna','A\\u006e\\u006e\\u0061')\nCOMMIT\n");
  EXPECT_TRUE(import(samples.path("db"), true).has("account anna@corp.example \"Anna\""));
}

TEST(Hsqldb, RowsOfCachedTablesAreMissed) {
  const Samples samples;
  const std::string script =
      head +
      "CREATE CACHED TABLE PUBLIC.OFVCARD(USERNAME VARCHAR(9),VCARD LONGVARCHAR)\n"
      "SET TABLE PUBLIC.OFVCARD INDEX '32 32 0 0 2'\nINSERT INTO OFUSER VALUES('anna','Anna',1)\n";
  samples.file("db/openfire.script", script);
  import(samples.path("db"), true);
  samples.file("db/openfire.data", "x");
  const Recorder r = import(samples.path("db"), false);
  EXPECT_TRUE(r.complains("openfire.script:5: the rows of the table ofvcard are in the file .data")) << r.all();
  samples.file("db/openfire.script", script + "INSERT INTO OFVCARD VALUES('anna','<vCard xmlns=\"vcard-temp\"/>')\n");
  import(samples.path("db"), true);
}

}  // namespace hsqldb_test
}  // namespace ferry
