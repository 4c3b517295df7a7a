#include "gateway/capture/protocol_words.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ferry {
namespace {

// What a word that may stay looks like, by the element's name. Other names: any token.
enum class Shape { state, number, time, page };
constexpr auto shapes = std::to_array<std::pair<std::string_view, Shape>>({{"show", Shape::state},
                                                                           {"priority", Shape::number},
                                                                           {"max", Shape::number},
                                                                           {"count", Shape::number},
                                                                           {"index", Shape::number},
                                                                           {"size", Shape::number},
                                                                           {"utc", Shape::time},
                                                                           {"tzo", Shape::time},
                                                                           {"stamp", Shape::time},
                                                                           {"date", Shape::time},
                                                                           {"start", Shape::time},
                                                                           {"end", Shape::time},
                                                                           {"first", Shape::page},
                                                                           {"last", Shape::page},
                                                                           {"before", Shape::page},
                                                                           {"after", Shape::page}});

}  // namespace

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 20 && text.find_first_not_of("0123456789.+-") == std::string_view::npos;
}

// The same names mean somebody elsewhere: <first/> and <last/> are also those of a person (XEP-0055, XEP-0077), a date
// in a vCard is a birthday.
bool is_protocol_word(const Element& e, std::string_view name, std::string_view text) {
  if (e.ns == "vcard-temp" || e.ns == "urn:ietf:params:xml:ns:vcard-4.0") return name == "type" || name == "encoding";
  const auto* const found =
      std::find_if(shapes.begin(), shapes.end(), [&](const auto& row) { return row.first == name; });
  if (found == shapes.end()) return true;
  switch (found->second) {
    case Shape::state:
      return text == "away" || text == "chat" || text == "dnd" || text == "xa";
    case Shape::number:
      return is_number(text);
    case Shape::time:
      return e.ns != "jabber:iq:register" && text.size() <= 35 &&
             text.find_first_not_of("0123456789-+:.TZ") == std::string_view::npos;
    case Shape::page:
      return e.ns == "http://jabber.org/protocol/rsm";
  }
  return false;
}

bool is_photo_hash(const Element& e, std::string_view text) {
  return e.ns == "vcard-temp:x:update" && e.name == "photo" && text.size() == 40 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

}  // namespace ferry
