#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "gateway/capture/zstd_file.h"
#include "tests/capture/samples.h"
#include "tests/store/temporary.h"

namespace ferry {
namespace file_test {

const std::string header = "{\"ferry\":\"capture\",\"version\":1,\"source\":\"t\",\"redacted\":true}\n";
const std::string good = "{\"stream\":\"a\",\"stanza\":\"<a/>\"}\n";

Record stanza(std::size_t n) { return a_record(CapturedStanza{"<message id='" + std::to_string(n) + "'/>"}); }

std::string noise(std::size_t size) {  // that does not compress, and no newlines
  std::string out(size, 'x');
  std::uint64_t state = 1;
  for (char& c : out) c = static_cast<char>('a' + ((state = state * 6364136223846793005U + 1) >> 60));
  return out;
}

TEST(File, WhatIsNoCaptureSaysSo) {
  const TemporaryFolder folder;
  const auto wrong = [&](const std::string& content) {
    put_file(folder.file("x"), content);
    CaptureReader reader(folder.file("x"));
    EXPECT_FALSE(reader.next());
    return reader.wrong();
  };
  for (const std::string content : {"", "\n\n", "<stream:stream>", "{}", "{\"ferry\":\"capture", "[1]\n", "null\n"})
    EXPECT_NE(wrong(content).find("no capture: its first line"), std::string::npos) << content;
  EXPECT_NE(wrong(noise(5U << 20)).find("no capture"), std::string::npos);
  EXPECT_NE(wrong("{\"ferry\":\"capture\",\"version\":2}\n").find("version 2; this program reads version 1"),
            std::string::npos);
  EXPECT_NE(wrong("\x28\xB5\x2F\xFD garbage").find("compressed data"), std::string::npos);
  EXPECT_NE(CaptureReader(folder.file("none")).wrong().find("No such file"), std::string::npos);
  EXPECT_NE(CaptureReader(folder.file("")).wrong().find("Is a directory"), std::string::npos);
}

TEST(File, DamageIsLocatedAndPassedOver) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x");
  for (const std::string bad : {
           "{",
           "nonsense",
           "[]",
           "{}",
           "{\"stream\":\"\",\"stanza\":\"x\"}",
           "{\"stream\":\"a\"}",
           "{\"stream\":\"a\",\"stanza\":1}",
           "{\"stream\":\"a\",\"publish\":\"x\"}",
           "{\"stream\":\"a\",\"publish\":{}}",
           "{\"stream\":\"a\",\"publish\":{\"topic\":\"t\",\"qos\":3}}",
           "{\"stream\":\"a\",\"publish\":{\"topic\":\"t\",\"payload64\":\"?\"}}",
           "{\"stream\":\"a\",\"publish\":{\"topic\":\"t\",\"retain\":1}}",
           "{\"stream\":\"a\",\"close\":{},\"open\":{}}",
           "{\"stream\":\"a\",\"ts\":\"now\",\"close\":{}}",
           "{\"stream\":\"a\",\"kind\":\"bus\",\"close\":{}}",
           "{\"stream\":\"a\",\"dir\":\"up\",\"close\":{}}",
           "{\"stream\":\"a\",\"damage\":{\"offset\":-1}}",
           "{\"stream\":\"\xFF\",\"close\":{}}",
       }) {
    put_file(path, header + good + bad + "\n" + good);
    const auto got = all_of(path);
    ASSERT_EQ(got.size(), 3U) << bad;
    const CapturedDamage* damage = damage_of(got[1]);
    ASSERT_TRUE(damage) << bad;
    EXPECT_EQ(damage->source, path);
    EXPECT_EQ(damage->line, 3U);
    EXPECT_EQ(damage->offset, header.size() + good.size()) << bad;
    EXPECT_EQ(damage->bytes, bad.size() + 1);
    EXPECT_NE(damage->text, "");
    EXPECT_EQ(capture_line(got[2]), capture_line(got[0]));
  }
}

TEST(File, ALineWithoutAnEnd) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x"), bad = noise(9U << 20);
  put_file(path, header + bad + "\n" + good);
  auto got = all_of(path);
  ASSERT_EQ(got.size(), 2U);
  ASSERT_TRUE(damage_of(got[0]));
  EXPECT_EQ(damage_of(got[0])->bytes, bad.size() + 1);
  EXPECT_EQ(damage_of(got[0])->offset, header.size());
  put_file(path, header + good + bad);
  got = all_of(path);
  ASSERT_EQ(got.size(), 2U);
  ASSERT_TRUE(damage_of(got[1]));
  EXPECT_EQ(damage_of(got[1])->bytes, bad.size());
}

TEST(File, ALineOfTheLimitIsRead) {
  const TemporaryFolder folder;
  const auto line_of = [](std::size_t size) {
    const std::string before = "{\"stream\":\"a\",\"stanza\":\"", after = "\"}";
    return before + noise(size - before.size() - after.size()) + after;
  };
  put_file(folder.file("x"), header + line_of(CaptureReader::max_line) + "\n" + line_of(CaptureReader::max_line + 1));
  const auto got = all_of(folder.file("x"));
  ASSERT_EQ(got.size(), 2U);
  EXPECT_FALSE(damage_of(got[0]));
  ASSERT_TRUE(damage_of(got[1]));
  EXPECT_EQ(damage_of(got[1])->line, 3U);
}

TEST(File, WhatIsTooLongForALineIsWrittenAsDamage) {
  const std::string line =
      capture_line(a_record(CapturedStanza{noise(CaptureReader::max_line)}, std::string(9999, 's')));
  EXPECT_LT(line.size(), 16'384U);
  EXPECT_NE(line.find("\"damage\":{"), std::string::npos);
}

TEST(File, EveryCutOfACompressedCaptureIsDamageAtItsEnd) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.zst"), cut = folder.file("cut.zst");
  {
    CaptureWriter writer({path, "t"});
    for (std::size_t i = 0; i < 200; ++i) {
      writer.write(a_record(CapturedStanza{noise(i) + std::to_string(i)}));
      if (i % 50 == 49) writer.flush();
    }
  }
  const std::string whole = content_of(path);
  ASSERT_EQ(all_of(path).size(), 200U);
  std::size_t most = 0;
  for (std::size_t size = 0; size < whole.size(); size += 61) {
    put_file(cut, whole.substr(0, size));
    const auto got = all_of(cut);
    ASSERT_FALSE(got.empty());
    const bool refused = got.back().stream == "wrong";  // not even the header was there
    ASSERT_TRUE(refused || damage_of(got.back())) << size;
    ASSERT_GE(got.size() + 1, most) << size;
    most = std::max(most, got.size());
  }
  EXPECT_GT(most, 100U);
  for (std::size_t at = 0; at < whole.size(); at += 97) {
    std::string bent = whole;
    bent[at] = static_cast<char>(~bent[at]);
    put_file(cut, bent);
    all_of(cut);  // anything but a crash; the checksum finds what the format does not
  }
}

TEST(File, WhatWasFlushedCanBeRead) {
  const TemporaryFolder folder;
  const std::string path = folder.file("x.zst");
  CaptureWriter writer({path, "t"});
  for (std::size_t i = 0; i < 10; ++i) writer.write(stanza(i));
  writer.flush();
  const auto got = all_of(path);
  ASSERT_EQ(got.size(), 11U);
  EXPECT_TRUE(damage_of(got.back())) << "it is not closed yet";
}

TEST(File, IsForItsOwnerAlone) {
  const TemporaryFolder folder;
  CaptureWriter writer({folder.file("x"), "t"});
  struct stat found {};
  ASSERT_EQ(::stat(folder.file("x").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
}

TEST(File, AFullOneMovesOn) {
  const TemporaryFolder folder;
  for (const std::string name : {"x.jsonl", "x.jsonl.zst"}) {
    const std::string path = folder.file(name);
    CaptureWriter::Settings settings{path, "t"};
    settings.rotate = 4'000;
    settings.keep = 3;
    std::size_t written = 0;
    {
      CaptureWriter writer(settings);
      for (; !std::filesystem::exists(path + ".3"); ++written) {
        writer.write(a_record(CapturedStanza{std::to_string(written) + " " + noise(300)}));
        writer.flush();
        ASSERT_EQ(writer.wrong(), "");
        ASSERT_LT(written, 5'000U);
      }
      for (std::size_t more = 0; more < 3; ++more) writer.write(stanza(written++));
    }
    EXPECT_FALSE(std::filesystem::exists(path + ".4"));
    std::vector<std::string> got;
    for (const char* number : {".3", ".2", ".1", ""}) {
      EXPECT_LT(std::filesystem::file_size(path + number), 5'000U);
      for (const std::string& line : lines_of(all_of(path + number))) got.push_back(line);
    }
    ASSERT_EQ(got.size(), written) << "nothing is lost, and the numbered ones are read as what they are";
    EXPECT_NE(got.front().find("\"0 "), std::string::npos);
  }
}

TEST(File, AnotherRunGoesOn) {
  const TemporaryFolder folder;
  const auto write = [&](const std::string& name, std::size_t n, bool redacted) {
    CaptureWriter::Settings settings{folder.file(name), "t", redacted};
    settings.append = true;
    CaptureWriter(settings).write(stanza(n));
  };
  write("x", 1, true);
  put_file(folder.file("x"), content_of(folder.file("x")) + "{\"stream\":\"cut");
  write("x", 2, false);
  const auto got = all_of(folder.file("x"));
  ASSERT_EQ(got.size(), 3U);
  EXPECT_TRUE(damage_of(got[1]));
  EXPECT_EQ(capture_line(got[2]), capture_line(stanza(2)));
  CaptureReader reader(folder.file("x"));
  EXPECT_TRUE(reader.redacted());
  while (reader.next()) {}
  EXPECT_FALSE(reader.redacted()) << "not all of it is";
  write("x.zst", 1, true);
  write("x.zst", 2, true);
  EXPECT_EQ(lines_of(all_of(folder.file("x.zst"))), lines_of({stanza(2)}));
  EXPECT_EQ(lines_of(all_of(folder.file("x.zst.1"))), lines_of({stanza(1)}));
  CaptureWriter({folder.file("x"), "t"}).write(stanza(3));
  EXPECT_EQ(all_of(folder.file("x")).size(), 1U) << "without append: from the beginning";
}

TEST(File, AFullDiskIsSaidOnce) {
  for (const bool flush : {true, false}) {
    CaptureWriter writer({"/dev/full", "t"});
    for (std::size_t i = 0; i < 5'000; ++i) {
      writer.write(stanza(i));
      if (flush) writer.flush();
    }
    writer.flush();
    EXPECT_NE(writer.wrong().find("/dev/full: No space left"), std::string::npos) << writer.wrong();
    EXPECT_LE(writer.records(), flush ? 1U : 5'000U);
  }
  CaptureWriter nowhere({"/no/such/folder/x", "t"});
  nowhere.write(stanza(1));
  EXPECT_NE(nowhere.wrong().find("/no/such/folder/x: No such file"), std::string::npos);
  EXPECT_EQ(nowhere.records(), 0U);
}

TEST(File, FramesOneAfterTheOtherAreOneFile) {
  const TemporaryFolder folder;
  std::string both;
  for (std::size_t i = 0; i < 2; ++i) {
    CaptureWriter({folder.file("a.zst"), "t"}).write(stanza(i));
    both += content_of(folder.file("a.zst"));
  }
  put_file(folder.file("b"), both);
  EXPECT_EQ(lines_of(all_of(folder.file("b"))), lines_of({stanza(0), stanza(1)}));
}

TEST(File, ProgressIsOfTheFileItself) {
  const TemporaryFolder folder;
  CaptureWriter({folder.file("x.zst"), "t"}).write(stanza(1));
  CaptureReader reader(folder.file("x.zst"));
  while (reader.next()) {}
  EXPECT_EQ(reader.bytes_read(), std::filesystem::file_size(folder.file("x.zst")));
  EXPECT_EQ(reader.bytes_total(), reader.bytes_read());
}

}  // namespace file_test
}  // namespace ferry
