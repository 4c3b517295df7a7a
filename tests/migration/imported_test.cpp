// Imported accounts in the store: what goes in comes out, and again is the same.
#include "gateway/migration/imported.h"

#include <gtest/gtest.h>

#include "gateway/store/schema.h"
#include "tests/migration/recorder.h"

namespace ferry {
namespace imported_test {

Jid jid(std::string_view text) { return *Jid::parse(text); }

std::unique_ptr<Database> store() {
  auto database = Database::open(":memory:", Database::Create::yes);
  EXPECT_EQ(migrate(**database, migrations()), "");
  return std::move(*database);
}

void visit(AccountVisitor& v, std::string_view name) {
  SharedGroup group{
      "team", "Team", "", SharedGroup::Seen::only_group, {"boss"}, {jid("a@x.example"), jid("b@x.example")}};
  v.group(group);
  v.begin_account({jid("a@x.example"), std::string(name), "", true, 5, "openfire"});
  auto keys = derive(ScramHash::sha256, "pencil");
  v.keys(*keys);
  v.contact({jid("c@x.example"), "C", RosterSubscription::from, true, true, false, {"One", "Two"}});
  v.request({jid("d@x.example"), "<presence/>"});
  v.message({7, "<message/>"});
  v.message({8, "<message/>"});
  v.piece({PieceKind::vcard, "", "<vCard/>"});
  v.piece({PieceKind::blocked, "e@x.example", ""});
  v.end_account();
  v.room({jid("r@conference.x.example"),
          "R",
          "",
          "Hi",
          true,
          {{"muc#roomconfig_membersonly", "1"}},
          {{jid("a@x.example"), "owner", ""}}});
}

TEST(Imported, ComesOutAsItWentInHoweverOften) {
  const auto database = store();
  Recorder seen, read;
  std::map<std::string, std::vector<ScramKeys>> kept;
  for (const char* name : {"Before", "Now"}) {
    Recorder next;
    ImportedWriter writer(
        *database,
        [&](const AccountHead& head, const std::vector<ScramKeys>& keys, const Secret&) {
          auto& list = kept[head.jid.str()];
          list.clear();
          for (const ScramKeys& one : keys) list.push_back(one.copy());
        },
        next, 1);
    visit(writer, name);
    EXPECT_FALSE(writer.wants_shared_contacts());
  }
  visit_imported(*database, read, [&](const Jid& who) {
    std::vector<ScramKeys> out;
    for (const ScramKeys& one : kept[who.str()]) out.push_back(one.copy());
    return out;
  });
  EXPECT_EQ(read.lines, (std::vector<std::string>{
                            "group team 2", "account a@x.example locked \"Now\"", "keys SCRAM-SHA-256",
                            "contact c@x.example from ask approved \"C\" [One] [Two]", "shared b@x.example both [Team]",
                            "request d@x.example", "blocked e@x.example", "message 1970-01-01T00:00:00.007Z <message/>",
                            "message 1970-01-01T00:00:00.008Z <message/>", "vcard  <vCard/>", "end",
                            "room r@conference.x.example \"R\" (Hi) membersonly=1 owner:a@x.example"}))
      << read.all();
}

TEST(Imported, AnAccountThatBrokeOffIsAsItWas) {
  const auto database = store();
  Recorder next, read;
  {
    ImportedWriter writer(*database, {}, next, 1);
    visit(writer, "Whole");
  }
  {
    ImportedWriter writer(*database, {}, next, 2);
    writer.begin_account({jid("a@x.example"), "Half", "", false, 0, "openfire"});
  }
  visit_imported(*database, read, {}, jid("a@x.example"));
  EXPECT_TRUE(read.has("account a@x.example locked \"Whole\"")) << read.all();
  EXPECT_TRUE(read.has("contact c@x.example from ask approved \"C\" [One] [Two]"));
}

TEST(Imported, WhoMayMove) {
  const auto database = store();
  Recorder next;
  ImportedWriter writer(*database, {}, next, 1);
  for (const char* who : {"c@x.example", "a@x.example", "b@x.example"}) {
    writer.begin_account({jid(who), "", "", who[0] == 'b', 0, "openfire"});
    writer.end_account();
  }
  SharedGroup group;
  group.name = "team";
  group.members = {jid("a@x.example"), jid("b@x.example"), jid("elsewhere@y.example")};
  writer.group(group);
  EXPECT_EQ(imported_jids(*database), (std::vector<std::string>{"a@x.example", "c@x.example"})) << "b is disabled";
  EXPECT_EQ(imported_jids(*database, "team"), (std::vector<std::string>{"a@x.example"}));
  EXPECT_TRUE(imported_jids(*database, "no such group").empty());
}

}  // namespace imported_test
}  // namespace ferry
