// A folder with a configuration and a capture, and ferry-replay run in it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gateway/capture/writer.h"
#include "tools/ferry-replay/commands.h"

namespace ferry {

// One instance is one test's folder, gone with it. Alice and carol live on XMPP, bob and anna on MQTT.
class Ground {
 public:
  static constexpr std::int64_t begin = 1'760'000'000'000'000;  // µs: 2025-10-09T08:53:20Z

  explicit Ground(const std::string& limits = "") {
    std::string pattern = (std::filesystem::temp_directory_path() / "ferry-replay-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    write("ferry.conf",
          "route = user *@mqtt.corp.example {root}/u/{uid}\n"
          "route = feed alarm@mqtt.corp.example factory/alarm write=corp.example\n"
          "[component]\nhost = 127.0.0.1\ndomain = mqtt.corp.example\nsecret-file = nowhere\n"
          "[broker]\nhost = 127.0.0.1\nusername = ferry\npassword-file = nowhere\n[limits]\n" +
              limits + "\n");
  }
  ~Ground() { std::filesystem::remove_all(folder_); }
  Ground(const Ground&) = delete;
  Ground& operator=(const Ground&) = delete;

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream in(path(name), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  std::vector<std::string> lines(const std::string& name) const {
    std::vector<std::string> out;
    std::istringstream in(read(name));
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }

  // ---- records, each a tenth of a second after the one before
  Record stanza(const std::string& xml, StreamKind kind = StreamKind::component, Direction way = Direction::sent) {
    Record r = record(kind, way);
    r.what = CapturedStanza{xml};
    return r;
  }
  Record message(const std::string& from, const std::string& to, const std::string& body, const std::string& id = "") {
    return stanza("<message type='chat' from='" + from + "' to='" + to + "'" + (id.empty() ? "" : " id='" + id + "'") +
                  "><body>" + body + "</body></message>");
  }
  Record publish(const std::string& topic, const std::string& payload) {
    Record r = record(StreamKind::broker, Direction::received);
    r.what = CapturedPublish{topic, payload, 1};
    return r;
  }
  Record record(StreamKind kind, Direction way) {
    Record r;
    r.time = time_ += 100'000;
    r.stream = "1";
    r.kind = kind;
    r.direction = way;
    return r;
  }
  void capture(const std::string& name, const std::vector<Record>& records) const {
    CaptureWriter writer({path(name), "test", false, 0, 4});
    for (const Record& r : records) writer.write(r);
    writer.flush();
    ASSERT_EQ(writer.wrong(), "");
  }

  // The output goes to the file "out". Gives the exit code.
  int run(const std::string& capture, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{path(capture), "--config", path("ferry.conf"), "--output", path("out")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_command(arguments);
  }
  std::string output(const std::string& capture, std::vector<std::string> more = {}) const {
    EXPECT_EQ(run(capture, std::move(more)), 0);
    return read("out");
  }

 private:
  std::string folder_;
  std::int64_t time_ = begin;
};

inline std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace ferry
