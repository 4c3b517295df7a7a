#include "tools/ferry-replay/import_sink.h"

namespace ferry::intake {

void Sink::record(Record&& record, const Element* read) {
  switch (record.what.index()) {
    case 0:
      ++counts.stanzas;
      break;
    case 1:
      ++counts.publishes;
      break;
    case 2:
      ++counts.opens;
      break;
    case 3:
      ++counts.closes;
      break;
    default:
      break;
  }
  out_(std::move(record), read);
}

void Sink::damage(std::string_view stream, std::int64_t time, const Place& place, std::uint64_t bytes,
                  std::string_view text) {
  ++counts.damages;
  counts.damaged_bytes += bytes;
  if (damage_lines_.size() < limit::damage_lines)
    damage_lines_.push_back(source_ + (place.line != 0 ? ":" + std::to_string(place.line) : std::string()) + ": byte " +
                            std::to_string(place.offset) + ": " + std::to_string(bytes) +
                            " bytes passed over: " + std::string(text));
  if (counts.damages > limit::damage_records) return;
  Record record;
  record.time = time;
  record.stream = stream.empty() ? "-" : std::string(stream);
  record.what = CapturedDamage{source_, place.offset, place.line, bytes, std::string(text)};
  out_(std::move(record), nullptr);
}

}  // namespace ferry::intake
