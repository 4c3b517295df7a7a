// Prosody: people of other providers, privacy lists, what stays behind; the same out of its SQL tables.
#include <gtest/gtest.h>

#include "tests/migration/recorder.h"
#include "tests/migration/samples.h"

namespace ferry {
namespace prosody_test {

Recorder import(const std::string& source, ImportFormat format = ImportFormat::automatic) {
  Recorder out;
  ImportJob job;
  job.sources = {source};
  job.format = format;
  EXPECT_TRUE(run_import(job, out)) << out.all();
  return out;
}

// LDAP has the passwords: there is no file in accounts, and they are people all the same.
TEST(Prosody, PeopleWithoutAnAccountsFileCome) {
  const Samples samples;
  samples.file("data/corp%2eexample/accounts/anna.dat", "return { [\"password\"] = \"pencil\" };");
  samples.file("data/corp%2eexample/roster/anna.dat",
               "return { [\"bob@corp.example\"] = { [\"subscription\"] = \"both\" } };");
  samples.file("data/corp%2eexample/roster/bob.dat",
               "return { [\"anna@corp.example\"] = { [\"subscription\"] = \"both\" } };");
  samples.file("data/corp%2eexample/offline/carol.list",
               "item({ [\"name\"] = \"message\"; [\"attr\"] = { [\"stamp\"] = \"2026-01-01T00:00:00Z\"; }; });");
  samples.file("data/ldap%2eexample/vcard/dora.dat",
               "return { [\"name\"] = \"vCard\"; [\"attr\"] = { [\"xmlns\"] = \"vcard-temp\" } };");
  const Recorder r = import(samples.path("data"));
  EXPECT_TRUE(r.has("account anna@corp.example")) << r.all();
  EXPECT_TRUE(r.has("account bob@corp.example")) << r.all();
  EXPECT_TRUE(r.has("contact anna@corp.example both")) << r.all();
  EXPECT_TRUE(r.has("account carol@corp.example")) << r.all();
  EXPECT_TRUE(r.has("account dora@ldap.example")) << r.all();
  EXPECT_TRUE(r.complains("roster/bob.dat: password: Prosody keeps none")) << r.all();
  EXPECT_FALSE(r.complains("anna.dat: password")) << r.all();
}

constexpr std::string_view lists =
    "return { [\"default\"] = \"spam\"; [\"lists\"] = { [\"spam\"] = { [\"name\"] = \"spam\"; [\"items\"] = {\n"
    "{ [\"type\"] = \"jid\"; [\"value\"] = \"a@bad.example\"; [\"action\"] = \"deny\"; [\"order\"] = 1 },\n"
    "{ [\"type\"] = \"jid\"; [\"value\"] = \"bad.example\"; [\"action\"] = \"deny\"; [\"order\"] = 2; [\"iq\"] = true; "
    "[\"message\"] = true; [\"presence-in\"] = true; [\"presence-out\"] = true },\n"
    "{ [\"action\"] = \"allow\"; [\"order\"] = 3 } } };\n"
    "[\"quiet\"] = { [\"items\"] = { { [\"type\"] = \"jid\"; [\"value\"] = \"b@bad.example\"; [\"action\"] = \"deny\"; "
    "[\"order\"] = 1; [\"message\"] = true } } } } };\n";

TEST(Prosody, APrivacyListThatBlocksPeopleIsABlockList) {
  const Samples samples;
  samples.file("data/corp%2eexample/accounts/anna.dat", "return { [\"password\"] = \"pencil\" };");
  samples.file("data/corp%2eexample/privacy/anna.dat", lists);
  const Recorder r = import(samples.path("data"));
  EXPECT_TRUE(r.has("blocked a@bad.example")) << r.all();
  EXPECT_TRUE(r.has("blocked bad.example")) << r.all();
  EXPECT_FALSE(r.has("blocked b@bad.example")) << r.all();
  EXPECT_NE(r.all().find("privacy-list quiet <list xmlns='jabber:iq:privacy' name='quiet'><item type='jid' "
                         "value='b@bad.example' action='deny' order='1'><message/></item></list>"),
            std::string::npos)
      << r.all();
  EXPECT_TRUE(r.complains("privacy-list \"quiet\": it is not the default one")) << r.all();
  EXPECT_FALSE(r.complains("\"spam\"")) << r.all();
}

TEST(Prosody, WhatStaysBehindIsSaidOfEachAccountAndRoom) {
  const Samples samples;
  samples.file("data/corp%2eexample/accounts/anna.dat", "return { [\"password\"] = \"pencil\" };");
  samples.file("data/corp%2eexample/archive/anna.list", "item({});");
  samples.file("data/corp%2eexample/pep_urn%3axmpp%3abookmarks%3a1/anna.list", "item({});");
  samples.file("data/rooms%2ecorp%2eexample/config/sea.dat", "return { [\"_data\"] = { [\"name\"] = \"Sea\" } };");
  samples.file("data/rooms%2ecorp%2eexample/muc_log/sea.list", "item({});");
  const Recorder r = import(samples.path("data"));
  EXPECT_TRUE(r.complains("anna.dat: archive: messages of old conversations not carried")) << r.all();
  EXPECT_TRUE(r.complains("anna.dat: pep: 1 node ")) << r.all();
  EXPECT_TRUE(r.complains("sea.dat: room \"sea@rooms.corp.example\": messages of its history not carried")) << r.all();
}

// As mod_storage_sql writes them, and sqlite3's .dump.
constexpr std::string_view tables = R"sql(PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE "prosody" ("host" TEXT NOT NULL, "user" TEXT NOT NULL, "store" TEXT NOT NULL, "key" TEXT NOT NULL, "type" TEXT NOT NULL, "value" TEXT NOT NULL);
INSERT INTO prosody VALUES('corp.example','anna','accounts','password','string','pencil');
INSERT INTO prosody VALUES('corp.example','anna','accounts','created','number','1700000000');
INSERT INTO prosody VALUES('corp.example','anna','roster','','json','{"__hash":[false,{"version":3,"pending":{"asker@x.example":true}}]}');
INSERT INTO prosody VALUES('corp.example','anna','roster','bob@corp.example','json','{"name":"B","subscription":"both","groups":{"G 1":true}}');
INSERT INTO prosody VALUES('corp.example','anna','vcard','name','string','vCard');
INSERT INTO prosody VALUES('corp.example','anna','vcard','attr','json','{"xmlns":"vcard-temp"}');
INSERT INTO prosody VALUES('corp.example','anna','vcard','','json','[{"name":"FN","attr":{"xmlns":"vcard-temp"},"__array":["Anna"]}]');
INSERT INTO prosody VALUES('corp.example','anna','private','storage:storage:bookmarks','json','{"name":"storage","attr":{"xmlns":"storage:bookmarks"}}');
INSERT INTO prosody VALUES('corp.example','anna','blocklist','spam@x.example','boolean','true');
INSERT INTO prosody VALUES('corp.example','anna','pep','urn:xmpp:avatar:data','boolean','true');
INSERT INTO prosody VALUES('corp.example','anna','broken','x','json','{');
INSERT INTO prosody VALUES('corp.example','bob','accounts','stored_key','string','e9d94660c39d65c38fbad91c358f14da0eef2bd6');
INSERT INTO prosody VALUES('corp.example','bob','accounts','server_key','string','0fe09258b3ac852ba502cc62ba903eaacdbf7d31');
INSERT INTO prosody VALUES('corp.example','bob','accounts','salt','string','A'||'B');
INSERT INTO prosody VALUES('corp.example','bob','roster','bad','json','{');
INSERT INTO prosody VALUES('other.example','anna','roster','carol@corp.example','json','{"subscription":"to","groups":{}}');
INSERT INTO prosody VALUES('rooms.corp.example','sea','config','_data','json','{"name":"Sea","hidden":true,"password":"x"}');
INSERT INTO prosody VALUES('rooms.corp.example','sea','config','_affiliations','json','{"anna@corp.example":"owner"}');
CREATE TABLE "prosodyarchive" ("sort_id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, "host" TEXT NOT NULL, "user" TEXT NOT NULL, "store" TEXT NOT NULL, "key" TEXT NOT NULL, "when" INTEGER NOT NULL, "with" TEXT NOT NULL, "type" TEXT NOT NULL, "value" TEXT NOT NULL);
INSERT INTO prosodyarchive VALUES(2,'corp.example','anna','offline','k2',1700000060,'','xml','<message from="b@x.example"><body>second</body></message>');
INSERT INTO prosodyarchive VALUES(1,'corp.example','anna','offline','k1',1700000000,'','xml',replace('<message from="b@x.example"><body>first\nline</body></message>','\n',char(10)));
INSERT INTO prosodyarchive VALUES(3,'corp.example','anna','archive','k3',1700000060,'','xml','<message/>');
INSERT INTO prosodyarchive VALUES(4,'rooms.corp.example','sea','muc_log','k4',1700000060,'','xml','<message/>');
COMMIT;
)sql";

TEST(Prosody, ItsSqlTablesComeAsItsFilesDo) {
  const Samples samples;
  const std::string path = samples.file("dump.sql", tables);
  for (const ImportFormat format : {ImportFormat::automatic, ImportFormat::prosody}) {
    const Recorder r = import(path, format);
    EXPECT_TRUE(r.has("account anna@corp.example")) << r.all();
    ASSERT_GE(r.all_keys.size(), 2U) << r.all();
    EXPECT_TRUE(verify(r.all_keys[0], "pencil"));
    EXPECT_TRUE(r.has("contact bob@corp.example both \"B\" [G 1]")) << r.all();
    EXPECT_TRUE(r.has("request asker@x.example")) << r.all();
    EXPECT_TRUE(r.has("vcard  <vCard xmlns='vcard-temp'><FN>Anna</FN></vCard>")) << r.all();
    EXPECT_TRUE(r.has("private storage:bookmarks <storage xmlns='storage:bookmarks'/>")) << r.all();
    EXPECT_TRUE(r.has("blocked spam@x.example")) << r.all();
    EXPECT_NE(r.all().find("first\nline"), std::string::npos) << r.all();
    EXPECT_LT(r.all().find("2023-11-14T22:13:20"), r.all().find("2023-11-14T22:14:20")) << r.all();
    EXPECT_TRUE(r.has("account anna@other.example")) << r.all();
    EXPECT_TRUE(r.has("contact carol@corp.example to")) << r.all();
    EXPECT_TRUE(r.has("room sea@rooms.corp.example \"Sea\" publicroom=0 owner:anna@corp.example")) << r.all();
    EXPECT_TRUE(r.complains("archive: 1 message of old conversations")) << r.all();
    EXPECT_TRUE(r.complains("pep: 1 node ")) << r.all();
    EXPECT_TRUE(r.complains("room \"sea@rooms.corp.example\": 1 message of its history")) << r.all();
    EXPECT_TRUE(r.complains("dump.sql:18: roster of \"bob\": ")) << r.all();
    EXPECT_TRUE(r.complains("dump.sql:19: password: Prosody keeps none")) << r.all();
    EXPECT_EQ(r.all().find("pencil"), std::string::npos);
  }
}

}  // namespace prosody_test
}  // namespace ferry
