// Tables of rows made of few names, so that they meet: rows one by one or all at once give the same table, a sound
// table is a bijection, and no look-up, check or explanation goes wrong.
#include <vector>

#include "config/acl.h"
#include "config/mapping.h"
#include "tests/fuzz/bytes.h"

namespace {

using namespace ferry;
using fuzz::Bytes;
using fuzz::require;

std::string row_text(Bytes& b) {
  static constexpr const char* kinds[] = {"user", "user", "user", "feed", "feed", "room"};
  static constexpr const char* jids[] = {"*@d", "a@d",   "b@d",     "a*@d",     "*b@d", "a*b@d", "ab@d", "*@e",
                                         "a@e", "a.b@d", "ferry@d", "x\\2fy@d", "d",    "@d",    "**@d"};
  static constexpr const char* topics[] = {"{root}/u/{uid}",
                                           "{root}/u/{localpart}",
                                           "{root}/u/a",
                                           "{root}/u/a@d",
                                           "f/{localpart}",
                                           "f/a",
                                           "f/+",
                                           "f/#",
                                           "#",
                                           "{root}/gw/x",
                                           "$SYS/x",
                                           "{root}/u/a/in/x",
                                           "t/{domain}/{localpart}",
                                           "{root}/r/{room}",
                                           "{root}/u/{domain}",
                                           "f/x{uid}",
                                           "/",
                                           "f//a"};
  static constexpr const char* options[] = {
      "", "", " format=cbor", " write=d", " write=a@d,e follow=none", " follow=e", " write=none", " odd=1"};
  return std::string(b.pick(kinds)) + " " + b.pick(jids) + " " + b.pick(topics) + b.pick(options);
}

void look_up(const MappingTable& table, bool sound) {
  static constexpr const char* jids[] = {"a@d", "b@d", "ab@d",    "aab@d", "axb@d",
                                         "c@d", "a@e", "ferry@d", "a.b@d", "x\\2fy@d"};
  for (const char* text : jids) {
    const auto jid = Jid::parse(text);
    require(jid.ok());
    const auto match = table.by_jid(*jid);
    if (!match || match->row->kind == RowKind::room) continue;
    if (match->topic.find_first_of("+#") != std::string::npos) continue;
    const auto back = table.by_topic(match->row->kind == RowKind::user ? match->topic + "/out/msg" : match->topic);
    require(!sound || (back && *back && (*back)->jid == *jid), "a sound table is a bijection", match->topic);
  }
  static constexpr const char* topics[] = {"im/v1/u/a@d/out/msg", "im/v1/u/a/out/msg",  "f/a", "f/b/c", "t/d/a/out/x",
                                           "im/v1/gw/status",     "im/v1/u/a@d/in/msg", "x"};
  for (const char* topic : topics) {
    const auto match = table.by_topic(topic);
    if (match && *match && sound && (*match)->row->kind == RowKind::user) {
      const auto forth = table.by_jid((*match)->jid);
      require(forth && std::string_view(topic).starts_with(forth->topic + "/out/"), "and back", topic);
    }
    require(!table.explain(topic).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes b(data, size);
  MappingTable grown("im/v1", "ferry");
  for (int n = 0; n < 24 && b.more(); ++n) {
    const std::string text = row_text(b);
    const auto row = parse_row(text);
    if (!row) {
      require(!row.error().empty(), "a refusal says why", text);
      continue;
    }
    const auto again = parse_row(format_row(*row));
    require(again && *again == *row, "a row is its own normal form", text);
    if (b.one_in(5)) {
      const std::size_t was = grown.size();
      require(grown.remove(row->jid) == (grown.size() + 1 == was), "a row that was removed is gone", text);
    } else {
      const std::size_t was = grown.size();
      const auto added = grown.add(*row);
      require(grown.size() == was + (added ? 1 : 0), "a row that was added is there", text);
      require(added || !added.error().empty(), "a refusal says why", text);
    }
  }
  std::vector<Row> rows;
  for (const Row* row : grown.rows()) rows.push_back(*row);
  MappingTable whole("im/v1", "ferry");
  const Problems problems = whole.set_rows(rows);
  require(whole.size() == grown.size(), "what stands one by one stands together",
          problems.empty() ? "" : problems[0].text);
  require(whole.user_filters() == grown.user_filters() && whole.feed_filters() == grown.feed_filters(),
          "the same rows make the same subscriptions");
  const bool sound = !any_error(grown.check());
  require(sound == !any_error(whole.check()), "and the same findings");
  look_up(grown, sound);
  mosquitto_acl(grown, Options());
  for (const Row& row : rows) require(grown.remove(row.jid));
  require(grown.size() == 0 && grown.user_filters().empty() && grown.feed_filters().empty(), "nothing is left");
  return 0;
}
