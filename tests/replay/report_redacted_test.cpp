#include <gtest/gtest.h>

#include "gateway/capture/redaction.h"
#include "tools/ferry-replay/report_sections.h"
#include "translators/values/json.h"

namespace ferry {
namespace report_redacted_test {

Record stanza_at(std::int64_t second_of_day, std::string stream, Direction direction, std::string jid,
                 std::string xml) {
  Record r;
  r.time = 1'790'000'000'000'000 + second_of_day * 1'000'000;
  r.stream = std::move(stream);
  r.kind = StreamKind::client;
  r.direction = direction;
  r.jid = std::move(jid);
  r.what = CapturedStanza{std::move(xml)};
  return r;
}

// Some people who talk, one of them with capital letters and another alphabet in the name.
std::vector<Record> records() {
  const std::string names[] = {"anna@corp.example", "bob.berg@corp.example", "жанна@corp.example",
                               "dora@other.example"};
  std::vector<Record> out;
  for (int n = 0; n < 40; ++n) {
    const std::string &from = names[n % 4], &to = names[(n * 3 + 1) % 4];
    const std::string stream = "s" + std::to_string(n % 4);
    out.push_back(stanza_at(n * 7, stream, Direction::received, from + "/Home PC",
                            "<message type='chat' id='m" + std::to_string(n) + "' to='" + to +
                                "'><body>Treffen wir uns um " + std::to_string(n) + " Uhr, Größe " +
                                std::string(static_cast<std::size_t>(n), 'x') +
                                "?</body><thread parent='p'>t</thread></message>"));
    out.push_back(stanza_at(n * 7 + 1, "t" + std::to_string(n % 4), Direction::sent, to + "/Phone",
                            "<presence from='" + from + "/Home PC' to='" + to +
                                "'><show>away</show><status>Mittag</status><c "
                                "xmlns='http://jabber.org/protocol/caps' node='https://gajim.org' ver='v' "
                                "hash='sha-1'/></presence>"));
    out.push_back(stanza_at(n * 7 + 2, stream, Direction::sent, from + "/Home PC",
                            "<iq type='result' id='r' to='" + from +
                                "/Home PC'><query xmlns='jabber:iq:roster'><item jid='" + to +
                                "' name='Anna Berg' subscription='both'><group>Freunde</group></item></query></iq>"));
  }
  return out;
}

std::string report_of(const std::vector<Record>& all) {
  report::Analysis analysis({report::Tree{}, {}});
  std::uint64_t line = 1;
  for (const Record& r : all) analysis.add(r, ++line);
  return report::report_json(report::readiness_report(analysis, {"x.capture", "test", true}));
}

// Every number; the names between them left out, and what compression makes of the texts.
std::vector<std::string> numbers_of(const std::string& json) {
  std::vector<std::string> out;
  const auto document = JsonDocument::parse(json);
  EXPECT_TRUE(document.ok());
  const auto take = [&](const std::string& where, JsonView v) {
    if (const auto number = v.number()) out.push_back(where + "=" + std::to_string(*number));
  };
  document->root()["sections"].members([&](std::string_view name, JsonView section) {
    section["facts"].members(
        [&](std::string_view fact, JsonView v) { take(std::string(name) + "." + std::string(fact), v); });
    section["tables"].members([&](std::string_view table, JsonView rows) {
      if (table == "compression") return;
      rows.each([&](JsonView row) {
        row.members([&](std::string_view key, JsonView v) { take(std::string(table) + "." + std::string(key), v); });
      });
    });
  });
  return out;
}

TEST(ReportRedacted, ARedactedCaptureHasTheSameFigures) {
  const std::vector<Record> original = records();
  Redaction redaction({"a key of sixteen bytes or more"});
  std::vector<Record> redacted;
  for (const Record& r : original) redacted.push_back(redaction.redact(r));
  const std::string before = report_of(original), after = report_of(redacted);
  EXPECT_NE(before, after);  // the domains have other names
  const auto figures = numbers_of(before);
  EXPECT_GT(figures.size(), 150U);
  EXPECT_EQ(numbers_of(after), figures);
}

TEST(ReportRedacted, TheFiguresAreThoseOfTheRecords) {
  report::Analysis a({report::Tree{}, {}});
  std::uint64_t line = 1;
  for (const Record& r : records()) a.add(r, ++line);
  EXPECT_EQ(a.stanzas, 120);
  EXPECT_EQ(a.people.users(), 4);
  EXPECT_EQ(a.by_verdict[static_cast<std::size_t>(report::Verdict::loss)], 80);
  EXPECT_EQ(a.by_verdict[static_cast<std::size_t>(report::Verdict::whole)], 40);
  EXPECT_EQ(a.people.rosters().all(), 4);
  EXPECT_EQ(a.people.rosters().most(), 1);
}

// Records that make no sense are counted, and nothing else happens.
TEST(ReportRedacted, WhatCannotBeReadIsCounted) {
  report::Analysis a({report::Tree{}, {}});
  for (const char* xml : {"", "<", "<message", "<message></presence>", "<odd/>", "<iq/>", "<message from='@'/>", "\xff",
                          "<!DOCTYPE a><message/>"})
    a.add(stanza_at(1, "s", Direction::sent, "", xml), 2);
  EXPECT_EQ(a.stanzas, 0);
  EXPECT_EQ(a.unreadable, 8);
  EXPECT_EQ(a.other_elements, 1);
  EXPECT_NE(report::report_text(report::readiness_report(a, {"x", "y", true})).find("What could not be read"),
            std::string::npos);
}

// A client's stream has more acknowledgements than stanzas: there is nothing wrong with them.
TEST(ReportRedacted, ElementsOfStreamsAreNoDamage) {
  report::Analysis a({report::Tree{}, {}});
  for (const char* xml :
       {"<r xmlns='urn:xmpp:sm:3'/>", "<a xmlns='urn:xmpp:sm:3' h='1'/>", "<r xmlns='urn:xmpp:sm:3'/>",
        "<handshake xmlns='jabber:component:accept'>redacted</handshake>"})
    a.add(stanza_at(1, "s", Direction::sent, "", xml), 2);
  EXPECT_EQ(a.unreadable + a.damaged, 0);
  EXPECT_EQ(a.other_elements, 4);
  const std::string text = report::report_text(report::readiness_report(a, {"x", "y", true}));
  EXPECT_EQ(text.find("What could not be read"), std::string::npos);
  EXPECT_NE(text.find("<r/> urn:xmpp:sm:3"), std::string::npos);
}

}  // namespace report_redacted_test
}  // namespace ferry
