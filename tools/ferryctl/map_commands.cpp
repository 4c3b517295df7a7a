// ferryctl map …: list, add, remove, check, explain.
#include <algorithm>

#include "tools/ferryctl/commands.h"
#include "tools/ferryctl/print.h"

namespace ferry {
namespace {

// "user *@d {root}/u/{uid} format=cbor": the kind, the JID, the topic, the rest.
std::vector<std::string> cells(const std::string& row) {
  std::vector<std::string> out;
  std::size_t from = 0;
  for (int i = 0; i < 3 && from <= row.size(); ++i) {
    const std::size_t blank = std::min(row.find(' ', from), row.size());
    out.push_back(row.substr(from, blank - from));
    from = blank + 1;
  }
  out.push_back(from < row.size() ? row.substr(from) : "");
  return out;
}

// "add user a@d topic" without quotes is one row.
std::vector<std::string> rows_of(const std::vector<std::string>& words) {
  if (words.front() != "user" && words.front() != "feed" && words.front() != "room") return words;
  std::string row;
  for (const std::string& word : words) row += (row.empty() ? "" : " ") + word;
  return {row};
}

// One command for each word; the worst exit code.
template <class Make, class Print>
int for_each(CtlCall& call, const std::vector<std::string>& words, const Make& make, const Print& print) {
  int worst = exit_done;
  for (const std::string& word : words)
    worst = std::max(worst, ask_and_print(
                                call, make(word), [&](const Answer& a) { return print(word, a), exit_done; },
                                words.size() > 1 ? word : ""));
  return worst;
}

}  // namespace

int map_list(CtlCall& call) {
  Columns table({"KIND", "JID", "TOPIC", "SETTINGS", "FROM"});
  JsonWriter json;
  json.begin_object().field("ok", true).key("rows").begin_array();
  const std::string wrong = each_listed(call.gateway, "map.list", "rows", [&](JsonView row) {
    if (call.line.json) {
      json.value(row);
      return;
    }
    auto line = cells(text_of(row, "row"));
    line.push_back(text_of(row, "from"));
    table.add(std::move(line));
  });
  if (!wrong.empty()) return complain(wrong), exit_refused;
  if (call.line.json)
    std::fputs((json.end_array().end_object().take() + "\n").c_str(), stdout);
  else if (table.empty())
    complain("the mapping table is empty; ferryctl map add \"KIND JID TOPIC\" adds a row");
  table.print();
  return exit_done;
}

int map_add(CtlCall& call) {
  return for_each(
      call, rows_of(call.words),
      [](const std::string& row) {
        return command_json("map.add", {{"row", row}});
      },
      [](const std::string& row, const Answer&) { say("added: " + row); });
}

int map_remove(CtlCall& call) {
  return for_each(
      call, call.words,
      [](const std::string& jid) {
        return command_json("map.remove", {{"jid", jid}});
      },
      [](const std::string& jid, const Answer&) { say("removed: " + jid); });
}

int map_check(CtlCall& call) {
  return ask_and_print(call, command_json("map.check"), [](const Answer& answer) {
    int errors = 0, notes = 0;
    answer["problems"].each([&](JsonView p) {
      const bool info = p["info"].boolean().value_or(false);
      ++(info ? notes : errors);
      const std::string where = text_of(p, "where");
      say((info ? "note   " : "error  ") + (where.empty() ? "" : where + ": ") + text_of(p, "text"));
    });
    const std::string rows = counted(answer["rows"].integer().value_or(0), "row", "rows");
    say(errors == 0 ? "the mapping table is good: " + rows + (notes ? ", " + counted(notes, "note", "notes") : "")
                    : counted(errors, "error", "errors") + " in " + rows);
    return errors == 0 ? exit_done : exit_refused;
  });
}

int map_explain(CtlCall& call) {
  return for_each(
      call, call.words,
      [](const std::string& text) {
        return command_json("map.explain", {{"text", text}});
      },
      [](const std::string&, const Answer& answer) {
        std::fputs(printable(text_of(answer.json.root(), "text")).c_str(), stdout);
      });
}

}  // namespace ferry
