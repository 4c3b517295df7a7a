#include "tools/ferry-replay/stanza_scanner.h"

#include <algorithm>
#include <array>

#include "tools/ferry-replay/stanza_begins.h"

namespace ferry::intake {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::string_view spaces = " \t\r\n";
constexpr std::string_view packet_tag = "<packet";  // what a wrapper holds
constexpr std::size_t longest_end_tag = 4'096, longest_instruction = 65'536;

constexpr std::array<bool, 256> tag_marks = [] {
  std::array<bool, 256> marks{};
  for (const char c : {'<', '>', '\'', '"'}) marks[static_cast<unsigned char>(c)] = true;
  return marks;
}();

bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

std::string_view name_of(std::string_view tag) { return tag.substr(1, name_end(tag) - 1); }

std::string_view local(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == npos ? name : name.substr(colon + 1);
}

}  // namespace

std::size_t name_end(std::string_view tag) {
  const auto ends = [](char c) { return c == '>' || c == '/' || c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  std::size_t i = 1;
  while (i < tag.size() && !ends(tag[i])) ++i;
  return i;
}

std::size_t tag_end(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '>') return i + 1;
    if (text[i] != '\'' && text[i] != '"') continue;
    i = text.find(text[i], i + 1);
    if (i == npos) return npos;
  }
  return npos;
}

StanzaScanner::StanzaScanner(bool plausible, std::string_view wrapper)
    : plausible_(plausible), wrapper_(wrapper), mode_(plausible ? Mode::hunting : Mode::between) {
  if (plausible) why_ = "the beginning of a stanza was expected";
}

void StanzaScanner::feed(std::string_view bytes, const Place& place, bool fresh, Items& out) {
  chunk_at_ = held_.size();
  text_ = held_.empty() ? bytes : std::string_view(held_.append(bytes));
  chunk_place_ = place;
  line_at_ = 0;
  line_ = chunk_at_ == 0 ? place.line : held_place_.line;
  seen_ += bytes.size();
  if (fresh && mode_ == Mode::inside && begins_here(text_.substr(chunk_at_))) {
    at_ = chunk_at_;
    broken("cut off: a new stanza begins", out);
  }
  run(out);
  keep();
}

// Not where a forwarded message may begin.
bool StanzaScanner::begins_here(std::string_view text) const {
  const std::size_t first = text.find_first_not_of(spaces);
  if (first == npos || stanza_begins(text.substr(first), true) != Begins::yes) return false;
  return starts_.empty() || local(std::string_view(names_).substr(starts_.back())) != "forwarded";
}

void StanzaScanner::gap(std::string_view why, Items& out) {
  const bool had = !held_.empty();
  text_ = held_;
  chunk_at_ = held_.size();
  line_at_ = 0;
  chunk_place_ = held_place_;
  line_ = held_place_.line;
  // Whatever is whole behind the first break is still a stanza.
  while (mode_ == Mode::inside) {
    at_ = std::max(text_.size(), begin_ + 1);
    broken(why, out);
    run(out);
  }
  if (had && lost_ == 0 && begin_ < text_.size()) why_ = why;
  lose(text_.size());
  settle(out);
  mode_ = Mode::hunting;
  why_ = why;
  keep();
}

void StanzaScanner::run(Items& out) {
  for (bool more = true; more;) {
    switch (mode_) {
      case Mode::hunting:
        more = hunt(out);
        break;
      case Mode::between:
        more = next_item(out);
        break;
      case Mode::inside:
        more = next_tag(out);
        break;
      case Mode::opaque:
        return;
    }
  }
}

bool StanzaScanner::hunt(Items& out) {
  if (lost_ == 0) at_ = begin_ = std::min(text_.find_first_not_of(spaces, at_), text_.size());
  if (binary_next_ && lost_ == 0 && at_ < text_.size()) {
    if (text_[at_] != '<') return mode_ = Mode::opaque, false;
    binary_next_ = false;
  }
  while (at_ < text_.size()) {
    const std::size_t lt = text_.find('<', at_);
    lose(std::min(lt, text_.size()));
    if (lt == npos) return false;
    const std::string_view rest = text_.substr(lt);
    const Begins begins = wrapper_.empty() ? stanza_begins(rest, false) : element_begins(rest, packet_tag);
    if (begins == Begins::unclear) return false;
    if (begins == Begins::yes && !is_forwarded(lost_before(lt))) {
      settle(out);
      mode_ = Mode::between;
      return true;
    }
    lose(lt + 1);
  }
  return false;
}

// The end of what was lost before this place, as much of it as is looked at. It may have come in an earlier piece.
std::string StanzaScanner::lost_before(std::size_t at) const {
  const auto look = static_cast<std::size_t>(std::min<std::uint64_t>(lost_, most_looked_back));
  std::string text = at < look ? lost_text_ : std::string();
  text += text_.substr(at < look ? 0 : at - look, std::min(at, look));
  return text.substr(text.size() - std::min(text.size(), look));
}

void StanzaScanner::lose(std::size_t to) {
  if (to <= at_) return;
  if (lost_ == 0) lost_place_ = place_of(at_);
  lost_ += to - at_;
  at_ = begin_ = to;
}

void StanzaScanner::settle(Items& out) {
  if (lost_ != 0) out.damage(lost_place_, lost_, why_);
  lost_ = 0;
}

bool StanzaScanner::next_item(Items& out) {
  at_ = begin_ = std::min(text_.find_first_not_of(spaces, at_), text_.size());
  const std::string_view rest = text_.substr(at_);
  if (rest.empty()) return false;
  if (binary_next_ && rest.front() != '<') return mode_ = Mode::opaque, false;
  binary_next_ = false;
  if (rest.front() != '<') return broken("text between stanzas", out);
  if (rest.size() == 1) return false;
  if (rest[1] == '?') return skip_past("?>", out);
  if (rest.starts_with("<!--")) return skip_past("-->", out);
  if (rest[1] == '!') {
    if (std::string_view("<!--").starts_with(rest)) return false;
    return broken("a document type declaration or the like: none is allowed in XMPP", out);
  }
  if (rest[1] == '/') return top_end_tag(out);
  return start_tag(out, true);
}

bool StanzaScanner::skip_past(std::string_view terminator, Items& out) {
  const std::size_t end = text_.find(terminator, std::max(resume_, at_ + 2));
  if (end == npos) {
    resume_ = std::max(at_ + 2, text_.size() - std::min(text_.size(), terminator.size() - 1));
    if (text_.size() - at_ > longest_instruction && mode_ == Mode::between)
      return broken("a comment or processing instruction without an end", out);
    if (text_.size() - begin_ > limit::stanza) return broken("larger than a stanza may be", out);
    return false;
  }
  resume_ = 0;
  at_ = end + terminator.size();
  if (mode_ == Mode::between) begin_ = at_;
  return true;
}

bool StanzaScanner::top_end_tag(Items& out) {
  const std::size_t end = text_.find('>', at_);
  if (end == npos) return text_.size() - at_ > longest_end_tag ? broken("an end tag without an end", out) : false;
  std::string_view name = text_.substr(at_ + 2, end - at_ - 2);
  name = name.substr(0, name.find_last_not_of(spaces) + 1);
  if (wrapper_.empty() ? local(name) != "stream" : name != wrapper_)
    return broken("an end tag without a beginning", out);
  at_ = begin_ = end + 1;
  if (wrapper_.empty()) out.end();
  return true;
}

StanzaScanner::Found StanzaScanner::find_tag_end() {
  for (std::size_t i = std::max(resume_, at_ + 1); i < text_.size(); ++i) {
    if (quote_ == 0) {
      while (i < text_.size() && !tag_marks[static_cast<unsigned char>(text_[i])]) ++i;
      if (i == text_.size()) break;
      if (text_[i] == '>') {
        tag_end_ = i + 1;
        resume_ = 0;
        return Found::whole;
      }
      if (text_[i] == '<') return at_ = i, Found::wrong;
      quote_ = text_[i++];
    }
    const std::size_t end = std::min(text_.find(quote_, i), text_.size());
    const std::size_t lt = text_.substr(0, end).find('<', i);
    if (lt != npos) return at_ = lt, Found::wrong;
    i = end;
    if (end != text_.size()) quote_ = 0;
  }
  resume_ = text_.size();
  return Found::cut;
}

bool StanzaScanner::start_tag(Items& out, bool top) {
  if (!begins_name(text_[at_ + 1])) return broken("'<' without a name", out);
  const Found found = find_tag_end();
  if (found == Found::wrong) return broken("'<' inside a tag", out);
  const std::size_t size = (found == Found::whole ? tag_end_ : text_.size()) - begin_;
  if (size > limit::stanza) return broken("larger than a stanza may be", out);
  if (found == Found::cut) return false;
  const std::string_view tag = text_.substr(at_, tag_end_ - at_), name = name_of(tag);
  if (top && (wrapper_.empty() ? name.ends_with(":stream") : name == wrapper_)) {
    const std::string why = wrapper_.empty() ? out.header(tag) : std::string();
    if (!why.empty()) out.damage(place_of(begin_), tag.size(), why);
    at_ = begin_ = tag_end_;
    return true;
  }
  if (!top && (wrapper_.empty() ? name.ends_with(":stream") : name == wrapper_ || tag.starts_with(packet_tag)))
    return broken("cut off: something new begins", out);
  at_ = tag_end_;
  mode_ = Mode::inside;
  if (tag[tag.size() - 2] == '/') {
    if (top) whole(out);
    return true;
  }
  if (starts_.size() == limit::depth) return broken("deeper than a stanza may be", out);
  starts_.push_back(static_cast<std::uint32_t>(names_.size()));
  names_ += name;
  return true;
}

bool StanzaScanner::next_tag(Items& out) {
  const std::size_t lt = text_.find('<', at_);
  at_ = std::min(lt, text_.size());
  if (at_ - begin_ > limit::stanza) return broken("larger than a stanza may be", out);
  const std::string_view rest = text_.substr(at_, 9);
  if (rest.size() < 2) return false;
  if (rest[1] == '/') return end_tag(out);
  if (rest.starts_with("<?xml ")) return broken("an XML declaration inside a stanza", out);
  if (rest[1] == '?') return skip_past("?>", out);
  if (rest[1] != '!') return start_tag(out, false);
  if (rest.starts_with("<!--")) return skip_past("-->", out);
  if (rest == "<![CDATA[") return skip_past("]]>", out);
  if (std::string_view("<!--").starts_with(rest) || std::string_view("<![CDATA[").starts_with(rest)) return false;
  return broken("a document type declaration or the like: none is allowed in XMPP", out);
}

bool StanzaScanner::end_tag(Items& out) {
  const std::size_t end = text_.find('>', std::max(resume_, at_ + 2));
  if (end == npos) {
    resume_ = text_.size();
    return text_.size() - at_ > longest_end_tag ? broken("an end tag without an end", out) : false;
  }
  resume_ = 0;
  std::string_view name = text_.substr(at_ + 2, end - at_ - 2);
  name = name.substr(0, name.find_last_not_of(spaces) + 1);
  if (name != std::string_view(names_).substr(starts_.back())) return broken("an end tag that fits no beginning", out);
  names_.resize(starts_.back());
  starts_.pop_back();
  at_ = end + 1;
  if (starts_.empty()) whole(out);
  return true;
}

void StanzaScanner::whole(Items& out) {
  mode_ = Mode::between;
  const std::string_view xml = text_.substr(begin_, at_ - begin_);
  const std::string why = xml.size() > limit::stanza ? "larger than a stanza may be" : out.stanza(xml);
  if (!why.empty()) out.damage(place_of(begin_), xml.size(), why);
  begin_ = at_;
}

// The next stanza may have begun inside what is held: it is looked for from the second byte on, as long as that costs
// no more than a few times what was read.
bool StanzaScanner::broken(std::string_view why, Items&) {
  const std::size_t reached = std::max(at_, begin_ + 1);
  why_ = why;
  names_.clear();
  starts_.clear();
  resume_ = 0;
  quote_ = 0;
  mode_ = Mode::hunting;
  at_ = begin_;
  const bool affordable = rescanned_ <= 4 * seen_ + limit::stanza;
  rescanned_ += reached - begin_;
  lose(affordable ? begin_ + 1 : std::min(reached, text_.size()));
  return true;
}

void StanzaScanner::keep() {
  if (begin_ < text_.size()) held_place_ = place_of(begin_);
  lost_text_ = mode_ == Mode::hunting && lost_ != 0 ? lost_before(begin_) : std::string();
  if (text_.data() == held_.data())
    held_.erase(0, begin_);
  else
    held_.assign(text_.substr(begin_));
  at_ -= begin_;
  if (resume_ != 0) resume_ -= begin_;
  begin_ = 0;
  text_ = {};
  if (held_.empty() && held_.capacity() > 65'536) std::string().swap(held_);
}

// The places asked for go forward as a rule, so lines are counted once.
Place StanzaScanner::place_of(std::size_t index) {
  const bool before = index < chunk_at_;
  const Place& from = before ? held_place_ : chunk_place_;
  const std::size_t start = before ? 0 : chunk_at_;
  if (from.line != 0) {
    if (line_at_ < start || index < line_at_) line_at_ = start, line_ = from.line;
    line_ += newlines_in(text_.substr(line_at_, index - line_at_));
    line_at_ = index;
  }
  return {from.offset + (index - start), from.line != 0 ? line_ : 0};
}

}  // namespace ferry::intake
