// What formats of lines have in common: lines of any length, and entries that go on over several of them.
#pragma once

#include <string>
#include <string_view>

#include "tools/ferry-replay/import_format.h"

namespace ferry::intake {

// A line, or a piece of one that is longer than limit::line_piece; without its end.
struct Line {
  std::string_view text;
  Place place;
  bool begins = true;  // the line begins with this piece
};

class LineFormat : public Format {
 public:
  explicit LineFormat(Import& import) : import_(import) {}
  void read(Input& input) final;

 protected:
  virtual void line(const Line& line) = 0;
  virtual void finish() {}  // the file ends

  Import& import_;

 private:
  void piece(std::string_view text, bool ends, const Place& place);
  bool begins_ = true;
};

// Entries with a header at the front of the line and XML behind it; lines without a header belong to the entry before.
class EntryLog : public LineFormat {
 public:
  using LineFormat::LineFormat;

 protected:
  enum class Kind { none, other, open, data, close };  // none: no header; other: of something else than traffic
  struct Entry {
    std::string key, remote, jid;
    Direction direction = Direction::unknown;
    StreamKind kind = StreamKind::unknown;
    std::int64_t time = 0;
    bool infer = false;
    std::string_view payload;
  };
  virtual Kind header(std::string_view line, Entry& entry) = 0;

  void line(const Line& line) final;

 private:
  Seen seen(const Place& place) const;
  Entry entry_;
  bool current_ = false;  // entry_ is of traffic and may go on
};

}  // namespace ferry::intake
