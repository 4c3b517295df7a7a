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

}  // namespace hsqldb_test
}  // namespace ferry
