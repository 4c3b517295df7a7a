#include <gtest/gtest.h>

#include "gateway/capture/words.h"
#include "tests/capture/samples.h"
#include "tests/store/temporary.h"

namespace ferry {
namespace format_test {

// Each kind of record, with everything it can have and with nothing; texts that JSON and XML must escape.
std::vector<Record> every_kind() {
  std::vector<Record> out{
      a_record(CapturedStanza{"<message xmlns='jabber:client' to=\"a@b\"><body>1 &lt; 2 \\ \xC3\xA4 \xF0\x9F\x91\x8D"
                              "\n\t</body></message>"}),
      a_record(CapturedPublish{"im/v1/u/b@c/in/msg", "{\"id\":\"\\u00e4\"}", 1, true, true, "re/ply", "corr"}),
      a_record(CapturedPublish{"t", std::string("\x00\xFF\xA1", 3), 0, false, false, {}, std::string("\x80\x00", 2)}),
      a_record(CapturedPublish{"t", "", 2}),
      a_record(CapturedOpen{"corp.example", "mqtt.corp.example"}),
      a_record(CapturedOpen{}),
      a_record(CapturedClose{"starttls"}),
      a_record(CapturedClose{}),
      a_record(CapturedDamage{"x.log", 1ULL << 40, 17, 99, "expected <"}),
      a_record(CapturedDamage{}),
  };
  Record full = out[0];
  full.kind = StreamKind::component;
  full.direction = Direction::received;
  full.local = "[::1]:5275";
  full.remote = "10.0.0.1:40000";
  full.jid = "mqtt.corp.example";
  out.push_back(full);
  for (const StreamKind kind : {StreamKind::client, StreamKind::server, StreamKind::broker}) {
    full.kind = kind;
    full.direction = Direction::sent;
    full.time += 1;
    out.push_back(full);
  }
  return out;
}

void write_all(const std::string& path, const std::vector<Record>& records) {
  CaptureWriter writer({path, "a test", false});
  for (const Record& record : records) writer.write(record);
  EXPECT_EQ(writer.wrong(), "");
  EXPECT_EQ(writer.records(), records.size());
}

TEST(Format, EveryKindOfRecordComesBack) {
  const TemporaryFolder folder;
  for (const char* name : {"x.jsonl", "x.jsonl.zst"}) {
    const auto records = every_kind();
    write_all(folder.file(name), records);
    CaptureReader reader(folder.file(name));
    EXPECT_EQ(reader.source(), "a test");
    EXPECT_FALSE(reader.redacted());
    EXPECT_EQ(lines_of(all_of(folder.file(name))), lines_of(records)) << name;
  }
  const std::string zst = content_of(folder.file("x.jsonl.zst"));
  EXPECT_EQ(zst.substr(0, 4), "\x28\xB5\x2F\xFD");
  EXPECT_LT(zst.size(), content_of(folder.file("x.jsonl")).size());
}

TEST(Format, FieldsOfARecordComeBack) {
  const TemporaryFolder folder;
  const auto records = every_kind();
  write_all(folder.file("x"), records);
  const auto got = all_of(folder.file("x"));
  ASSERT_EQ(got.size(), records.size());
  const Record& full = got[10];
  EXPECT_EQ(full.time, a_time);
  EXPECT_EQ(full.kind, StreamKind::component);
  EXPECT_EQ(full.direction, Direction::received);
  EXPECT_EQ(full.local, "[::1]:5275");
  EXPECT_EQ(full.remote, "10.0.0.1:40000");
  EXPECT_EQ(full.jid, "mqtt.corp.example");
  EXPECT_EQ(std::get<CapturedStanza>(got[0].what).xml, std::get<CapturedStanza>(records[0].what).xml);
  const auto& publish = std::get<CapturedPublish>(got[1].what);
  EXPECT_EQ(publish.qos, 1);
  EXPECT_TRUE(publish.retain && publish.cbor);
  EXPECT_EQ(publish.response_topic, "re/ply");
  EXPECT_EQ(publish.correlation, "corr");
  EXPECT_EQ(std::get<CapturedPublish>(got[2].what).payload, std::string("\x00\xFF\xA1", 3));
  EXPECT_EQ(std::get<CapturedPublish>(got[2].what).correlation, std::string("\x80\x00", 2));
  EXPECT_EQ(damage_of(got[8])->offset, 1ULL << 40);
  EXPECT_EQ(damage_of(got[8])->line, 17U);
}

TEST(Format, OneLineIsAsTheSchemaSays) {
  Record record = a_record(CapturedStanza{"<iq/>"});
  record.kind = StreamKind::client;
  record.direction = Direction::sent;
  record.local = "127.0.0.1:5222";
  EXPECT_EQ(capture_line(record), "{\"ts\":\"" + format_micros(a_time) +
                                      "\",\"stream\":\"s1\",\"kind\":\"client\",\"dir\":\"sent\","
                                      "\"local\":\"127.0.0.1:5222\",\"stanza\":\"<iq/>\"}");
  EXPECT_EQ(capture_header("ferryd", true),
            "{\"ferry\":\"capture\",\"version\":1,\"source\":\"ferryd\",\"redacted\":true}");
  EXPECT_EQ(capture_line(a_record(CapturedStanza{"\xC3(\xFF"})).find("\xFF"), std::string::npos) << "not UTF-8";
}

TEST(Format, TimesAreInMicroseconds) {
  EXPECT_EQ(format_micros(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_micros(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_micros(1'234'567), "1970-01-01T00:00:01.234567Z");
  EXPECT_EQ(parse_micros("1970-01-01T01:00:01.234567+01:00"), 1'234'567);
  EXPECT_EQ(parse_micros("1970-01-01T00:00:01.2345678Z"), 1'234'567);
  EXPECT_EQ(parse_micros("1970-01-01T00:00:01.2Z"), 1'200'000);
  EXPECT_EQ(parse_micros("1970-01-01T00:00:01Z"), 1'000'000);
  EXPECT_EQ(parse_micros("1969-12-31T23:59:59.999999Z"), -1);
  EXPECT_FALSE(parse_micros("yesterday"));
  EXPECT_EQ(format_micros(INT64_MAX), "");
  EXPECT_EQ(format_micros(INT64_MIN), "");
}

TEST(Format, ARecordWithoutATimeHasThatOfTheOneBefore) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x");
  put_file(path, capture_header("t", true) + "\n{\"stream\":\"a\",\"close\":{}}\n" +
                     capture_line(a_record(CapturedOpen{})) + "\n{\"stream\":\"a\",\"close\":{}}\n");
  const auto got = all_of(path);
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].time, 0);
  EXPECT_EQ(got[2].time, a_time);
}

TEST(Format, UnknownFieldsAreIgnored) {
  const TemporaryFolder folder;
  put_file(folder.file("x"),
           "{\"ferry\":\"capture\",\"version\":1,\"later\":[]}\n"
           "{\"stream\":\"a\",\"later\":{\"stanza\":1},\"stanza\":\"<a/>\"}");
  const auto got = all_of(folder.file("x"));
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(std::get<CapturedStanza>(got[0].what).xml, "<a/>");
}

}  // namespace format_test
}  // namespace ferry
