// The importers' expat: the stream reader of translators/values gives whole children of the root, which here would be
// whole servers.
#include "gateway/migration/xml_walk.h"

#include <expat.h>

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace ferry {
namespace {

constexpr char separator = '\n';  // in no name and no namespace that expat lets pass
constexpr std::uint64_t working_bytes = 4U << 20;
constexpr std::size_t longest_token = 32U << 20;
constexpr std::size_t parser_bytes = 192U << 20;  // the longest token takes half of it

// expat remembers every element that is open and every name it has seen, and has no limit for either: a file of nothing
// but <a><a><a> would take fifty times its size. Its functions know of no parser, so a thread's share one account.
thread_local std::size_t parser_has = 0;
struct alignas(std::max_align_t) Allotment {
  std::size_t bytes;
};

void* allot(void* old, std::size_t bytes) {
  auto* head = old ? static_cast<Allotment*>(old) - 1 : nullptr;
  const std::size_t before = head ? head->bytes : 0;
  if (bytes > parser_bytes || parser_has - before + bytes > parser_bytes) return nullptr;
  head = static_cast<Allotment*>(std::realloc(head, sizeof(Allotment) + bytes));
  if (!head) return nullptr;
  parser_has += bytes - before;
  head->bytes = bytes;
  return head + 1;
}
void* allot_new(std::size_t bytes) { return allot(nullptr, bytes); }
void give_back(void* old) {
  if (!old) return;
  auto* head = static_cast<Allotment*>(old) - 1;
  parser_has -= head->bytes;
  std::free(head);
}
constexpr XML_Memory_Handling_Suite bounded_memory{&allot_new, &allot, &give_back};
constexpr char separators[] = {separator, '\0'};

struct WalkName {
  std::string ns, name, prefix;
  explicit WalkName(std::string_view triplet) {
    const std::size_t first = triplet.find(separator);
    if (first == std::string_view::npos) {
      name = triplet;
      return;
    }
    const std::size_t second = triplet.find(separator, first + 1);
    ns = triplet.substr(0, first);
    name = triplet.substr(first + 1, second == std::string_view::npos ? second : second - first - 1);
    if (second != std::string_view::npos) prefix = triplet.substr(second + 1);
  }
};

class Walk {
 public:
  Walk(Input& input, XmlWalker& walker, const XmlLimits& limits)
      : in_(input),
        walker_(walker),
        limits_(limits),
        parser_(XML_ParserCreate_MM(nullptr, &bounded_memory, separators)) {
    XML_Parser p = parser_.get();
    XML_SetReturnNSTriplet(p, 1);
    XML_SetUserData(p, this);
    XML_SetElementHandler(p, &on_start, &on_end);
    XML_SetCharacterDataHandler(p, &on_text);
    XML_SetStartDoctypeDeclHandler(p, &on_doctype);
    XML_SetParamEntityParsing(p, XML_PARAM_ENTITY_PARSING_NEVER);
  }

  std::string run() {
    std::uint64_t told = 0;
    while (failed_.empty()) {
      const std::string_view chunk = in_.chunk();
      if (in_.bytes() - told >= working_bytes) walker_.working(told = in_.bytes());
      const bool last = chunk.empty();
      give(chunk, last);
      in_.take(chunk.size());
      if (last) break;
    }
    if (failed_.empty() && !in_.error().empty()) failed_ = in_.name() + ": " + in_.error();
    walker_.working(in_.bytes());
    return failed_;
  }

 private:
  struct Free {
    void operator()(XML_Parser p) const { XML_ParserFree(p); }
  };

  Place place() const { return {in_.name(), XML_GetCurrentLineNumber(parser_.get())}; }

  // A token that has not come whole is looked at from its beginning each time there is more of it, which takes the
  // square of its length. So the parser gets more of it only when that is as much again.
  void give(std::string_view chunk, bool last) {
    if (unseen_ > 0) {
      held_.append(chunk);
      if (!last && held_.size() < unseen_ && held_.size() + unseen_ <= longest_token) return;
      chunk = held_;
    }
    seen_ = false;
    parse(chunk, last);
    unseen_ = seen_ ? 0 : unseen_ + chunk.size();
    held_.clear();
    if (unseen_ > longest_token && failed_.empty()) fail("a token of more than 32 MiB");
  }

  void parse(std::string_view chunk, bool last) {
    if (XML_Parse(parser_.get(), chunk.data(), static_cast<int>(chunk.size()), last) != XML_STATUS_ERROR) return;
    if (!failed_.empty()) return;
    const XML_Error code = XML_GetErrorCode(parser_.get());
    fail(code == XML_ERROR_UNDEFINED_ENTITY ? "an entity that XML does not know; write the character itself"
         : code == XML_ERROR_UNKNOWN_ENCODING
             ? "an encoding that is not read; make it UTF-8 with iconv, and write encoding=\"UTF-8\" in its first line"
         : code == XML_ERROR_NO_MEMORY
             ? "elements within one another, or names, of more than " + std::to_string(parser_bytes >> 20) + " MiB"
             : std::string(XML_ErrorString(code)));
  }

  void fail(const std::string& text) {
    failed_ = place_text(place()) + ": " + text;
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  std::uint64_t position() const { return static_cast<std::uint64_t>(XML_GetCurrentByteIndex(parser_.get())); }

  Element make(const char* name, const char** attributes) const {
    WalkName n(name);
    Element e(n.name, n.ns);
    e.prefix = n.prefix;
    for (std::size_t i = 0; attributes[i] && i / 2 < limits_.attributes; i += 2) {
      WalkName a(attributes[i]);
      Attr& added = e.attrs.emplace_back();
      added.name = std::move(a.name);
      added.ns = std::move(a.ns);
      added.prefix = added.ns == ns::xml ? "xml" : std::move(a.prefix);
      added.value = attributes[i + 1];
    }
    return e;
  }

  void start(const char* name, const char** attributes) {
    seen_ = true;
    if (skipping_ > 0) {
      ++skipping_;
      return;
    }
    Element e = make(name, attributes);
    if (open_.empty()) {
      switch (entered_.size() < most_entered ? walker_.open(e, place()) : XmlWalker::Way::skip) {
        case XmlWalker::Way::skip:
          skipping_ = 1;
          return;
        case XmlWalker::Way::enter:
          entered_.push_back(std::move(e));
          return;
        case XmlWalker::Way::take:
          whole_ = std::move(e);
          open_.assign(1, &whole_);
          began_ = position();
          began_at_ = place();
          elements_ = 1;
          refused_.clear();
          return;
      }
    }
    ++elements_;
    if (!refused_.empty()) {
      ++refused_depth_;
      return;
    }
    if (open_.size() >= limits_.depth)
      refuse("deeper than " + std::to_string(limits_.depth) + " elements");
    else if (elements_ > limits_.elements)
      refuse("more than " + std::to_string(limits_.elements) + " elements");
    if (refused_.empty())
      open_.push_back(&open_.back()->add(std::move(e)));
    else
      ++refused_depth_;
    check_size();
  }

  void refuse(std::string text) {
    if (!refused_.empty()) return;
    refused_ = std::move(text);
    refused_depth_ = open_.size();
    whole_.children.clear();
    open_.resize(1);
  }

  void check_size() {
    if (position() - began_ > limits_.bytes) refuse("larger than " + std::to_string(limits_.bytes) + " bytes");
  }

  void finish() {
    seen_ = true;
    if (skipping_ > 0) {
      --skipping_;
      return;
    }
    if (open_.empty()) {
      Element head = std::move(entered_.back());
      entered_.pop_back();
      walker_.left(head, place());
      return;
    }
    if (!refused_.empty()) {
      if (--refused_depth_ > 0) return;
      open_.clear();
      walker_.over_limit(whole_, began_at_, refused_);
      return;
    }
    if (open_.size() > 1) {
      open_.pop_back();
      return;
    }
    open_.clear();
    walker_.taken(std::move(whole_), began_at_);
    whole_ = Element();
  }

  void text(std::string_view piece) {
    seen_ = true;
    if (skipping_ > 0 || open_.empty() || !refused_.empty()) return;
    std::vector<Node>& children = open_.back()->children;
    if (std::string* last = children.empty() ? nullptr : std::get_if<std::string>(&children.back().value))
      last->append(piece);
    else
      children.push_back(Node{std::string(piece)});
    check_size();
  }

  static Walk& self(void* user) { return *static_cast<Walk*>(user); }
  static void on_start(void* user, const char* name, const char** attributes) {
    if (self(user).failed_.empty()) self(user).start(name, attributes);
  }
  static void on_end(void* user, const char*) {
    if (self(user).failed_.empty()) self(user).finish();
  }
  static void on_text(void* user, const char* text, int length) {
    if (self(user).failed_.empty()) self(user).text({text, static_cast<std::size_t>(length)});
  }
  static void on_doctype(void* user, const char*, const char*, const char*, int) {
    self(user).fail("a document type declaration; remove <!DOCTYPE …>");
  }

  Input& in_;
  XmlWalker& walker_;
  const XmlLimits& limits_;
  std::unique_ptr<XML_ParserStruct, Free> parser_;
  std::vector<Element> entered_;
  Element whole_;
  std::vector<Element*> open_;
  Place began_at_;
  std::uint64_t began_ = 0;
  std::size_t elements_ = 0, skipping_ = 0, refused_depth_ = 0;
  std::string refused_, failed_;
  std::size_t unseen_ = 0;  // bytes that the parser has of a token which is not whole
  std::string held_;        // more of it, not given yet
  bool seen_ = false;
};

}  // namespace

std::string walk_xml(Input& input, XmlWalker& walker, const XmlLimits& limits) {
  return Walk(input, walker, limits).run();
}

}  // namespace ferry
