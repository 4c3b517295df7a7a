// Privacy lists (XEP-0016), which few servers still know, and the lists of blocked people (XEP-0191) that they are.
#include "config/text.h"
#include "gateway/migration/intake.h"

namespace ferry {
namespace {

constexpr std::string_view privacy_ns = "jabber:iq:privacy";

// The JIDs that the list denies all there is; nothing: it does something else, too.
std::optional<std::vector<std::string>> denied_jids(const Element& list) {
  std::vector<std::string> out;
  for (const Node& node : list.children) {
    const Element* item = node.element();
    if (!item || item->name != "item") continue;
    std::size_t kinds = 0;
    for (const char* kind : {"message", "iq", "presence-in", "presence-out"})
      kinds += item->child(kind, privacy_ns) ? 1 : 0;
    if (kinds != 0 && kinds != 4) return std::nullopt;
    // What falls through is allowed, whether or not the list's end says so.
    if (item->attr_or("action") == "allow" && !item->attr("type")) continue;
    if (item->attr_or("action") != "deny" || item->attr_or("type") != "jid") return std::nullopt;
    out.emplace_back(item->attr_or("value"));
  }
  if (out.empty()) return std::nullopt;
  return out;
}

}  // namespace

void Intake::privacy_list(const Place& place, std::string_view name, const Element& list, bool is_default) {
  piece(place, PieceKind::privacy_list, name, list);
  if (const auto denied = is_default ? denied_jids(list) : std::nullopt)
    for (const std::string& jid : *denied) piece(place, PieceKind::blocked, jid, "");
  else
    note(place, std::string(piece_name(PieceKind::privacy_list)) + " " + in_quotes(name),
         is_default ? "it does more than to block people: it is exported as XEP-0016 has it, which few servers still "
                      "know, and blocks nobody by itself"
                    : "it is not the default one: it is exported as XEP-0016 has it, and blocks nobody by itself");
}

void Intake::privacy_list(const Place& place, std::string_view name, std::string_view xml, bool is_default) {
  if (xml.empty()) return;
  if (const auto list = parse(place, std::string(piece_name(PieceKind::privacy_list)) + " " + in_quotes(name), xml))
    privacy_list(place, name, *list, is_default);
}

}  // namespace ferry
