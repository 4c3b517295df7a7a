// Captures as files, for the tests of this room.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gateway/capture/reader.h"
#include "gateway/capture/writer.h"

namespace ferry {

inline constexpr std::int64_t a_time = 1'795'687'445'123'456;  // 2026-11-26T…, µs

template <class What>
Record a_record(What what, std::string stream = "s1") {
  Record out;
  out.time = a_time;
  out.stream = std::move(stream);
  out.what = std::move(what);
  return out;
}

inline std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void put_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

// Every record, or a failure of the reader as the stream "wrong".
inline std::vector<Record> all_of(const std::string& path) {
  CaptureReader reader(path);
  std::vector<Record> out;
  while (auto record = reader.next()) out.push_back(std::move(*record));
  if (!reader.wrong().empty()) out.push_back(a_record(CapturedClose{reader.wrong()}, "wrong"));
  return out;
}

// What was written: the records as lines again, so that a difference can be read.
inline std::vector<std::string> lines_of(const std::vector<Record>& records) {
  std::vector<std::string> out;
  for (const Record& record : records) out.push_back(capture_line(record));
  return out;
}

inline const CapturedDamage* damage_of(const Record& record) { return std::get_if<CapturedDamage>(&record.what); }

}  // namespace ferry
