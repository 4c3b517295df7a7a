// Commands as they come through the control socket: any line is answered by one JSON object that says "ok", and the
// table and the people stay as the answers say. The input is lines; a line that begins with a byte below 32 is made of
// words that commands know.
#include "gateway/brain/brain.h"
#include "tests/brain/memory_records.h"
#include "tests/fuzz/bytes.h"

namespace {

using namespace ferry;
using fuzz::Bytes;
using fuzz::require;

std::string made(Bytes& b) {
  static constexpr const char* commands[] = {"map.list",    "map.add",        "map.add",    "map.remove", "map.import",
                                             "map.check",   "map.explain",    "acl",        "user.add",   "user.add",
                                             "user.remove", "user.list",      "user.show",  "status",     "outbox.list",
                                             "outbox.show", "outbox.requeue", "outbox.drop"};
  static constexpr const char* keys[] = {"jid",  "row", "text",    "after", "limit",
                                         "user", "id",  "replace", "seq",   "state"};
  static constexpr const char* values[] = {"\"bob@mqtt.corp.example\"",
                                           "\"anna@mqtt.corp.example\"",
                                           "\"*@mqtt.corp.example\"",
                                           "\"user bob@mqtt.corp.example {root}/u/bob\"",
                                           "\"user b*@mqtt.corp.example {root}/u/{uid}\"",
                                           "\"feed f@mqtt.corp.example x/+\"",
                                           "\"feed g@mqtt.corp.example x/g write=corp.example\"",
                                           "\"room r@mqtt.corp.example {root}/r/{room}\"",
                                           "\"im/v1/u/bob/out/msg\"",
                                           "1",
                                           "-1",
                                           "9223372036854775807",
                                           "true",
                                           "\"\"",
                                           "null",
                                           "{}",
                                           "\"alice@corp.example/x\""};
  std::string text = R"({"command":")" + std::string(b.pick(commands)) + "\"";
  const std::size_t first = b.below(10);
  for (std::size_t n = b.below(4); n > 0; --n)
    text += ",\"" + std::string(keys[(first + n) % 10]) + "\":" + b.pick(values);
  if (b.one_in(4)) {
    text += ",\"rows\":[";
    for (std::size_t n = b.below(4) + 1; n > 0; --n) text.append(b.pick(values)).append(n > 1 ? "," : "]");
  }
  return text + "}";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Options options;
  options.component.domain = "mqtt.corp.example";
  options.component.server = "corp.example";
  MappingTable table("im/v1", "ferry");
  table.set_rows({*parse_row("user *@mqtt.corp.example {root}/u/{uid}")});
  MemoryRecords records;
  Instant now = 1'795'000'000'000;
  Brain brain(options, table, records, {7, 7}, "0.1");
  brain.start(now);
  if (size % 2) {
    brain.on_component_up(now);
    brain.on_broker_up({true, size % 4 == 1}, now);
  }
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  Bytes b(data, size);
  for (std::size_t at = 0, lines = 0; at < size && lines < 40; ++lines) {
    std::string line;
    if (data[at] < 32 && b.more()) {
      line = made(b);
      ++at;
    } else {
      const std::size_t end = std::min(input.find('\n', at), size);
      line = input.substr(at, end - at);
      at = end + 1;
    }
    const auto document = JsonDocument::parse(line);
    if (!document) continue;
    const std::string answer = brain.on_command(document->root(), ++now);
    const auto said = JsonDocument::parse(answer);
    require(said && said->root().is_object() && said->root()["ok"].boolean(), "one JSON object that says ok", answer);
    require(*said->root()["ok"].boolean() || !said->root()["error"].string().value_or("").empty(), "a refusal says why",
            answer);
    brain.end_of_batch(now);
    brain.take_effects();
  }
  std::size_t routes = 0, users = 0, from_store = 0;
  records.each_route([&](std::string_view text) {
    ++routes;
    require(parse_row(text).ok(), "a stored row is a row", text);
  });
  for (const Row* row : table.rows()) from_store += row->from_store ? 1 : 0;
  records.each_user([&](const UserRecord& record) {  // those without a row are in the store alone
    const auto match = table.by_jid(record.jid);
    users += match && match->row->kind == RowKind::user;
  });
  require(routes == from_store, "the store has the rows of the table");
  require(users == brain.gauges().users, "the store has the people of the gateway");
  return 0;
}
