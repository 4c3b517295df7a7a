// The configuration file, line by line, so that every problem is found at once.
#include <algorithm>
#include <map>

#include "config/keys.h"
#include "config/text.h"
#include "translators/values/topic.h"

namespace ferry {
namespace {

class Reader {
 public:
  Reader(const std::string& name, Loading& loading) : name_(name), loading_(loading) {}

  // What may be a secret is never quoted: the file that was named may be another one.
  void line(std::string_view raw) {
    ++number_;
    if (!is_utf8(raw)) return problem("the line is not UTF-8");
    const std::size_t hash = raw.find('#');
    const std::string_view text = trim(raw.substr(0, hash));
    if (text.empty()) return;
    if (text.front() == '[') return section(text);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return problem("the line is neither [section] nor key = value");
    const std::string_view key = trim(text.substr(0, equals));
    if (key == "route" && hash != std::string_view::npos && hash > 0 && raw[hash - 1] == '/')
      return problem(
          "# begins a comment, so a filter that ends in /# cannot stand here: use ferryctl map add, --route or "
          "FERRY_ROUTE");
    value(key, trim(text.substr(equals + 1)));
  }

 private:
  void problem(std::string text) { loading_.problems.push_back({here(), std::move(text)}); }
  std::string here() const { return name_ + ":" + std::to_string(number_); }

  void section(std::string_view text) {
    known_ = false;
    in_section_ = true;
    if (text.back() != ']') return problem("the section's head has no closing ]");
    section_ = std::string(trim(text.substr(1, text.size() - 2)));
    std::vector<std::string_view> names;
    for (const Section& s : sections()) names.push_back(s.name);
    known_ = std::find(names.begin(), names.end(), section_) != names.end();
    if (known_) return;
    const auto guess = nearest(section_, names);
    problem("there is no section [" + section_ + "]" + (guess ? "; did you mean [" + std::string(*guess) + "]?" : ""));
  }

  void value(std::string_view key, std::string_view text) {
    if (key.empty()) return problem("there is no key before the =");
    if (key == "route") {
      if (in_section_) return problem("route lines stand before the first section, not in [" + section_ + "]");
      if (text.empty()) return problem("route has no value: KIND JID TOPIC [key=value ...]");
      return loading_.add_route(text, number_, here());
    }
    if (!in_section_) {
      const auto owner = std::find_if(keys().begin(), keys().end(), [key](const Key& k) { return k.name == key; });
      const bool near_route = nearest(key, {"route"}).has_value();
      const bool known = owner != keys().end() || near_route;  // else it may be a secret: the wrong file was named
      return problem((known ? in_quotes(key) : "a key") +
                     " stands before the first section, where only route lines do" +
                     (owner != keys().end() ? "; is it one of [" + std::string(owner->section) + "]?"
                      : near_route          ? "; did you mean route?"
                                            : ""));
    }
    if (!known_) return;  // said once, at the section's head
    const Key* known = find_key(section_, key);
    if (known == nullptr) return unknown(key);
    const auto [first, fresh] = seen_.emplace(known, number_);
    if (!fresh)
      return problem("[" + section_ + "] " + std::string(key) + " stands already in line " +
                     std::to_string(first->second));
    loading_.set(*known, text, here());
  }

  void unknown(std::string_view key) {
    std::vector<std::string_view> names;
    std::string elsewhere;
    for (const Key& k : keys()) {
      if (k.section == section_)
        names.push_back(k.name);
      else if (k.name == key && elsewhere.empty())
        elsewhere = "; it belongs to [" + std::string(k.section) + "]";
    }
    const auto guess = nearest(key, names);
    problem("there is no key " + in_quotes(key) + " in [" + section_ + "]" +
            (guess ? "; did you mean " + std::string(*guess) + "?" : elsewhere));
  }

  const std::string& name_;
  Loading& loading_;
  int number_ = 0;
  std::string section_;
  bool in_section_ = false;
  bool known_ = false;
  std::map<const Key*, int> seen_;
};

}  // namespace

void read_file_text(std::string_view text, const std::string& name, Loading& loading) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.substr(0, byte_order_mark.size()) == byte_order_mark) text.remove_prefix(byte_order_mark.size());
  Reader reader(name, loading);
  for (const std::string_view line : split(text, '\n')) reader.line(line);
}

}  // namespace ferry
