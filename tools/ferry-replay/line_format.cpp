#include "tools/ferry-replay/line_format.h"

namespace ferry::intake {

void LineFormat::piece(std::string_view text, bool ends, const Place& place) {
  if (ends && text.ends_with('\r')) text.remove_suffix(1);
  line({text, place, begins_});
  begins_ = ends;
}

void LineFormat::read(Input& input) {
  std::string cut;  // a line that the last block cut
  std::uint64_t offset = 0, number = 1;
  for (std::string_view block = input.block(); !block.empty(); block = input.block()) {
    while (!block.empty()) {
      const std::size_t end = block.find('\n');
      const std::string_view text = block.substr(0, end);
      const bool ends = end != std::string_view::npos;
      block.remove_prefix(ends ? end + 1 : block.size());
      if (cut.empty() && ends) {
        piece(text, true, {offset, number});
        offset += text.size() + 1;
      } else {
        cut += text;
        if (!ends && cut.size() < limit::line_piece) continue;
        piece(cut, ends, {offset, number});
        offset += cut.size() + (ends ? 1 : 0);
        cut.clear();
      }
      if (ends) ++number;
    }
  }
  if (!cut.empty()) piece(cut, true, {offset, number});
  finish();
}

Seen EntryLog::seen(const Place& place) const {
  Seen s;
  s.key = entry_.key;
  s.direction = entry_.direction;
  s.time = entry_.time;
  s.kind = entry_.kind;
  s.remote = entry_.remote;
  s.jid = entry_.jid;
  s.place = place;
  s.infer = entry_.infer;
  return s;
}

void EntryLog::line(const Line& line) {
  Place place = line.place;
  if (!line.begins) {
    if (current_) import_.streams.data(seen(place), line.text, false);
    return;
  }
  const Kind kind = header(line.text, entry_);
  if (kind == Kind::none) {
    const std::size_t first = line.text.find_first_not_of(" \t");
    const bool xml = first != std::string_view::npos && line.text[first] == '<';
    if (!current_ || (!xml && !import_.streams.inside(seen(place)))) {
      ++import_.sink.counts.other_lines;
      return;
    }
    import_.streams.data(seen(place), "\n", false);
    import_.streams.data(seen(place), line.text, false);
    return;
  }
  current_ = kind == Kind::data;
  if (kind == Kind::other) ++import_.sink.counts.other_lines;
  if (kind == Kind::open) import_.streams.open(seen(place));
  if (kind == Kind::close) import_.streams.close(seen(place), "lost");
  if (kind != Kind::data || entry_.payload.empty()) return;
  place.offset += static_cast<std::uint64_t>(entry_.payload.data() - line.text.data());
  import_.streams.data(seen(place), entry_.payload, true);
}

}  // namespace ferry::intake
