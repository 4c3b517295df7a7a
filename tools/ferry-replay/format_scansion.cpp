// Prosody's scansion scripts: "Romeo sends:" or "Romeo receives:", the stanza indented below it.
#include "tools/ferry-replay/line_format.h"

namespace ferry::intake {
namespace {

class ScansionFormat final : public LineFormat {
 public:
  using LineFormat::LineFormat;

 private:
  void line(const Line& line) override {
    seen_.place = line.place;
    if (line.begins && is_scansion_line(line.text)) {
      key_ = line.text.substr(0, line.text.find(' '));
      seen_.key = key_;
      seen_.kind = StreamKind::client;
      seen_.direction = line.text.ends_with(" sends:") ? Direction::received : Direction::sent;
      current_ = fresh_ = true;
      return;
    }
    const bool indented = !line.begins || line.text.starts_with('\t') || line.text.starts_with(' ');
    if (!line.text.empty() && !indented) current_ = false;
    if (!current_ || line.text.empty()) return;
    if (line.begins && !fresh_) import_.streams.data(seen_, "\n", false);
    import_.streams.data(seen_, line.text, fresh_);
    fresh_ = false;
  }

  std::string key_;
  Seen seen_;
  bool current_ = false, fresh_ = false;
};

}  // namespace

bool is_scansion_line(std::string_view line) {
  if (!line.ends_with(" sends:") && !line.ends_with(" receives:")) return false;
  return line.find(' ') == line.rfind(' ') && line.find('<') == std::string_view::npos && line.front() != ' ';
}

std::unique_ptr<Format> make_scansion(Import& import) { return std::make_unique<ScansionFormat>(import); }

}  // namespace ferry::intake
