// Finds the stanzas of one direction of a stream in whatever pieces its bytes come, from the middle too, and finds the
// next one after damage.
//
// COMPAT(expat): a parser begins at a document's first byte and ends at its first error. So this finds boundaries only
// (tags, quotes, names that match); what is inside a stanza is for translators/values/xml_reader.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/ferry-replay/import_parts.h"

namespace ferry::intake {

// One instance is one direction of one stream.
class StanzaScanner {
 public:
  // What is found. header and stanza answer what is wrong with it; empty: nothing.
  class Items {
   public:
    virtual ~Items() = default;
    virtual std::string header(std::string_view tag) = 0;  // <stream:stream …>
    virtual std::string stanza(std::string_view xml) = 0;  // a whole element
    virtual void end() = 0;                                // </stream:stream>
    virtual void damage(const Place& place, std::uint64_t bytes, std::string_view text) = 0;
  };

  // plausible: begins with a stanza's name only (bytes of a connection whose beginning may be missing).
  // wrapper: the name of an element around everything, which is passed over: <log>, <jive>.
  explicit StanzaScanner(bool plausible = false, std::string_view wrapper = {});

  // fresh: a new entry of a log begins here. Where it begins like a stanza, the one before was cut off.
  void feed(std::string_view bytes, const Place& place, bool fresh, Items& out);
  void gap(std::string_view why, Items& out);  // something is missing here: what is unfinished is lost

  void may_turn_binary() { binary_next_ = true; }        // unless a '<' comes next
  bool opaque() const { return mode_ == Mode::opaque; }  // it has; what is fed is held from there on

  bool inside() const { return mode_ == Mode::inside; }  // of an unfinished stanza
  std::size_t held() const { return held_.size(); }      // bytes of it

 private:
  enum class Mode { hunting, between, inside, opaque };
  enum class Found { whole, cut, wrong };

  void run(Items& out);
  bool hunt(Items& out);  // these answer: go on?
  bool next_item(Items& out);
  bool next_tag(Items& out);
  bool start_tag(Items& out, bool top);
  bool end_tag(Items& out);
  bool skip_past(std::string_view terminator, Items& out);
  bool top_end_tag(Items& out);
  void whole(Items& out);
  bool broken(std::string_view why, Items& out);
  Found find_tag_end();
  std::string lost_before(std::size_t at) const;
  void lose(std::size_t to);
  void settle(Items& out);
  void keep();
  Place place_of(std::size_t index);
  bool begins_here(std::string_view text) const;

  const bool plausible_;
  const std::string wrapper_;
  Mode mode_;
  std::string held_;                      // from the first byte that is still needed
  std::string_view text_;                 // held_, or what is fed
  std::size_t begin_ = 0, at_ = 0;        // in text_: of what is unfinished; how far it is understood
  std::size_t resume_ = 0, tag_end_ = 0;  // in text_: how far a tag is, 0: not begun; one past its '>'
  char quote_ = 0;                        // resume_ is inside these
  std::string names_;                     // of the open elements, one after the other
  std::vector<std::uint32_t> starts_;     // where each begins there

  std::size_t chunk_at_ = 0;  // in text_: what is fed begins here
  Place chunk_place_, held_place_;
  std::size_t line_at_ = 0;  // in text_: counted up to here
  std::uint64_t line_ = 0;

  std::uint64_t lost_ = 0;  // bytes since the damage began
  Place lost_place_;
  std::string lost_text_;  // the end of it, where that is in text_ no more
  std::string why_;
  bool binary_next_ = false;
  std::uint64_t seen_ = 0, rescanned_ = 0;
};

// One past the name of the tag that a text begins with.
std::size_t name_end(std::string_view tag);

// One past the '>' of the tag that a text begins with; npos: it has none.
std::size_t tag_end(std::string_view text);

}  // namespace ferry::intake
