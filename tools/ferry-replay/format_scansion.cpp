// Prosody's scansion scripts: "Romeo sends:" or "Romeo receives:", the stanza indented below it. Above them the
// clients:
//
//   [Client] Juliet's phone
//       jid: juliet@localhost
//       resource: mobile
#include <unordered_map>

#include "tools/ferry-replay/line_format.h"

namespace ferry::intake {
namespace {

constexpr std::string_view client_mark = "[Client] ", script_blanks = " \t";
constexpr std::size_t longest_name = 128, most_clients = 10'000;

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(script_blanks);
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(script_blanks) - first + 1);
}

struct ScansionHeader {
  std::string_view name;
  bool sends = false, colon = false;
};

// Names may have several words, and the colon may be missing.
bool take_scansion(std::string_view line, ScansionHeader& h) {
  if (line.empty() || script_blanks.find(line.front()) != script_blanks.npos || line.front() == '#') return false;
  line = without_blanks(line);
  h.colon = line.ends_with(':');
  if (h.colon) line.remove_suffix(1);
  h.sends = line.ends_with(" sends");
  if (!h.sends && !line.ends_with(" receives")) return false;
  h.name = line.substr(0, line.rfind(' '));
  return h.name.size() <= longest_name && h.name.find('<') == h.name.npos;
}

class ScansionFormat final : public LineFormat {
 public:
  using LineFormat::LineFormat;

 private:
  void line(const Line& line) override {
    seen_.place = line.place;
    if (ScansionHeader h; line.begins && take_scansion(line.text, h)) return begin(h);
    const bool indented = !line.begins || line.text.starts_with('\t') || line.text.starts_with(' ');
    if (!line.text.empty() && !indented) current_ = false;
    if (!current_) return client(line.text);
    if (line.text.empty()) return;
    if (line.begins && !fresh_) import_.streams.data(seen_, "\n", false);
    import_.streams.data(seen_, line.text, fresh_);
    fresh_ = false;
  }

  void begin(const ScansionHeader& h) {
    key_ = h.name;
    seen_.key = key_;
    seen_.kind = StreamKind::client;
    seen_.direction = h.sends ? Direction::received : Direction::sent;
    const auto known = clients_.find(key_);
    seen_.jid = known == clients_.end() ? std::string_view() : known->second;
    current_ = fresh_ = true;
  }

  // A line of a client's block: whose it is.
  void client(std::string_view text) {
    if (text.starts_with(client_mark)) {
      const std::string name(without_blanks(text.substr(client_mark.size(), longest_name)));
      client_ = clients_.size() < most_clients ? &clients_[name] : nullptr;
      return;
    }
    text = without_blanks(text);
    const std::size_t colon = text.find(": ");
    if (!client_ || colon == text.npos) return;
    const std::string_view value = without_blanks(text.substr(colon + 1)).substr(0, longest_name);
    if (text.starts_with("jid:")) client_->assign(value);
    if (text.starts_with("resource:") && !client_->empty()) client_->append("/").append(value);
  }

  std::string key_;
  Seen seen_;
  bool current_ = false, fresh_ = false;
  std::unordered_map<std::string, std::string> clients_;  // the JID of each name
  std::string* client_ = nullptr;                         // whose block this is
};

}  // namespace

// The colon, as prose may end like this, too.
bool is_scansion_line(std::string_view line) {
  ScansionHeader h;
  return line.starts_with(client_mark) || (take_scansion(line, h) && h.colon);
}

std::unique_ptr<Format> make_scansion(Import& import) { return std::make_unique<ScansionFormat>(import); }

}  // namespace ferry::intake
