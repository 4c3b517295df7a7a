// ejabberd's log: every header, and the strings that Erlang prints.
#include <gtest/gtest.h>

#include "tests/replay/imported.h"
#include "tools/ferry-replay/erlang_text.h"

namespace ferry {
namespace import_ejabberd_test {

const std::string presence = "<presence xmlns='jabber:client'/>\n";

TEST(ImportEjabberd, EveryHeader) {
  const std::string headers[] = {
      "=INFO REPORT==== 29-Mar-2011::10:55:00 ===\nD(<0.1.2>:ejabberd_receiver:320) : ",
      "2015-08-31 13:14:47.541 [debug] <0.454.0>@ejabberd_receiver:process_data:349 ",
      "2018-03-01 08:00:00.001 [debug] <0.562.0>@xmpp_socket:parse:300 (tcp|<0.562.0>) ",
      "2020-01-17 14:52:12.904 [info] <0.562.0> (tcp|<0.562.0>) ",
      "2021-01-07 09:59:37.847187+00:00 [info] <0.562.0> (tls|<0.562.0>) ",
      "21:18:29.738 [info]  (tls|<0.1049.0>) ",
  };
  const std::int64_t times[] = {1301396100000000, 1441026887541000, 1519891200001000,
                                1579272732904000, 1610013577847187, 1790803109738000};
  for (std::size_t i = 0; i < std::size(headers); ++i) {
    const auto read = test::import_text("ejabberd", headers[i] + "Received XML on stream = <<\"<presence/>\">>\n");
    EXPECT_EQ(read.text, "s1 received " + presence) << headers[i];
    ASSERT_EQ(read.records.size(), 1u);
    EXPECT_EQ(read.records[0].time, times[i]) << headers[i];
  }
}

// Until 17.03 the receiving and the sending process differ; a stream is both.
TEST(ImportEjabberd, PairsOfProcesses) {
  const std::string head = "2015-08-31 13:14:47.541 [debug] ";
  const auto read = test::import_text(
      "ejabberd", head + "<0.454.0>@ejabberd_receiver:process_data:349 Received XML on stream = <<\"<presence/>\">>\n" +
                      head +
                      "<0.470.0>@ejabberd_receiver:process_data:349 Received XML on stream = <<\"<presence/>\">>\n" +
                      head + "<0.455.0>@ejabberd_c2s:send_text:1901 Send XML on stream = <<\"<presence/>\">>\n");
  EXPECT_EQ(read.text, "s1 received " + presence + "s2 received " + presence + "s1 sent " + presence);
}

TEST(ImportEjabberd, OtherEntriesAreNotTraffic) {
  const std::string head = "2021-01-07 09:59:37.847187+00:00 [debug] <0.1.0>@ejabberd_router:route:1 ";
  const auto read = test::import_text("ejabberd", head + "route:\n#message{\n body = <<\"<presence/>\">>}\n");
  EXPECT_EQ(read.text, "");
  EXPECT_EQ(read.counts.other_lines, 3u);
}

std::string payload(const std::string& printed) {
  const std::string head = "2021-01-07 09:59:37.847187+00:00 [info] <0.5.0> (tcp|<0.5.0>) Received XML on stream = ";
  return test::import_text("ejabberd", head + printed + "\n").text;
}

TEST(ImportEjabberd, Strings) {
  const std::string a = "s1 received <a xmlns='jabber:client'>", z = "</a>\n";
  EXPECT_EQ(payload(R"(<<"<a>1\n2\\\"</a>">>)"), a + "1\n2\\\"" + z);
  EXPECT_EQ(payload(R"(<<"<a>caf)"
                    "\xC3\x83\xC2\xA9"
                    R"(</a>">>)"),
            a + "caf\xC3\xA9" + z);  // mojibake
  EXPECT_EQ(payload(R"(<<"<a>caf\303\251</a>">>)"), a + "caf\xC3\xA9" + z);
  EXPECT_EQ(payload("<<\"<a>caf\xC3\xA9</a>\"/utf8>>"), a + "caf\xC3\xA9" + z);
  EXPECT_EQ(payload("\"<a>caf\xC3\xA9</a>\""), a + "caf\xC3\xA9" + z);
  EXPECT_EQ(payload(R"(<<"<a b="c">d</a>">>)"), "s1 received <a xmlns='jabber:client' b=\"c\">d</a>\n");  // by hand
  EXPECT_EQ(payload("<<\"<a>one\"\n    \"two</a>\">>"), a + "onetwo" + z);
  EXPECT_EQ(payload("<<60,97,62,\n    195,169,60,\n    47,97,62>>"), a + "\xC3\xA9" + z);
  EXPECT_EQ(payload("<a>bare\ntext</a>"), a + "bare\ntext" + z);
}

TEST(ImportEjabberd, EntriesThatAreCutOff) {
  const std::string head = "2021-01-07 09:59:37.847187+00:00 [info] <0.5.0> (tcp|<0.5.0>) Received XML on stream = ";
  const auto read = test::import_text("ejabberd", head + "<<\"<a>never\n" + head + "<<\"<presence/>\">>\n");
  EXPECT_EQ(read.counts.damages, 1u);
  EXPECT_EQ(read.counts.stanzas, 1u);
  EXPECT_TRUE(read.text.ends_with(presence)) << read.text;
}

TEST(ImportEjabberd, Unescape) {
  std::string out = "what was there before";
  const auto unescaped = [&](std::string_view text, bool utf8 = false) {
    return intake::erlang_unescape(text, utf8, out), out;
  };
  EXPECT_EQ(unescaped("plain"), "plain");
  EXPECT_EQ(unescaped("\\x{263A}\\e\\d"), "\xE2\x98\xBA\x1b\x7f");
  EXPECT_EQ(unescaped("\\"), "\\");
  EXPECT_EQ(unescaped("\\x{FFFFFFFF}"),
            "\xEF\xBF\xBD"
            "FF}");
  EXPECT_EQ(unescaped("caf\xC3\x83\xC2\xA9 \\\"1\\\""), "caf\xC3\xA9 \"1\"");  // bytes, each printed as a character
  EXPECT_EQ(unescaped("\xD0\x9F\xC3\xA9\\n"), "\xD0\x9F\xC3\xA9\n");           // characters: one is no byte
  EXPECT_EQ(unescaped("caf\xC3\xA9\\t"), "caf\xC3\xA9\t");                     // no UTF-8 as bytes
  EXPECT_EQ(unescaped("\xC3\x83\xC2\xA9", true), "\xC3\x83\xC2\xA9");          // they say what they are
  EXPECT_EQ(unescaped("\xC3"), "\xC3");
}

}  // namespace import_ejabberd_test
}  // namespace ferry
