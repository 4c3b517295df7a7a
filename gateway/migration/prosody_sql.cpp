#include "gateway/migration/prosody_sql.h"

#include <algorithm>
#include <map>
#include <set>

#include "config/text.h"
#include "gateway/migration/hidden_password.h"
#include "gateway/migration/prosody_data.h"
#include "translators/values/json.h"

namespace ferry {
namespace {

// Of what is not read it is counted who has it.
const TableSpec prosody_specs[] = {
    {"prosody", "user", "", {"host", "store", "key", "type", "value"}},
    {"prosodyarchive", "user", "sort_id", {"host", "when", "value"}},
    {"prosody/archive", "user", "", {}, true, "host"},
    {"prosody/muc_log", "user", "", {}, true, "host"},
    {"prosody/pep", "user", "", {}, true, "host"},
    {"prosody/card", "user", "", {}, true, "host"},
};
enum ProsodyTable : std::size_t { pr_rows, pr_messages, pr_archive, pr_muc_log, pr_pep, pr_card };
enum ProsodyColumn { p_host, p_store, p_key, p_type, p_value };

constexpr std::size_t most_json_depth = 64;

LuaValue lua_text(std::string_view text, LuaValue::Kind kind) {
  LuaValue out;
  out.kind = kind;
  out.text = text;
  return out;
}

// util.json writes what JSON cannot say as "__array" (values numbered from 1) and "__hash" (keys and values in turn).
LuaValue lua_of_json(JsonView json, std::size_t depth) {
  LuaValue out;
  if (depth > most_json_depth) return out;
  if (const auto text = json.string()) return lua_text(*text, LuaValue::Kind::text);
  if (const auto number = json.integer()) return lua_text(std::to_string(*number), LuaValue::Kind::number);
  if (const auto number = json.number())
    return lua_text(std::to_string(static_cast<std::int64_t>(std::clamp(*number, -9e18, 9e18))),
                    LuaValue::Kind::number);
  if (const auto flag = json.boolean()) {
    out.kind = LuaValue::Kind::boolean;
    out.flag = *flag;
    return out;
  }
  if (!json.is_array() && !json.is_object()) return out;
  out.kind = LuaValue::Kind::table;
  std::size_t place = 0;
  const auto numbered = [&](JsonView value) {
    out.entries.push_back({lua_text(std::to_string(++place), LuaValue::Kind::number), lua_of_json(value, depth + 1)});
  };
  if (json.is_array()) json.each(numbered);
  json.members([&](std::string_view key, JsonView value) {
    if (key == "__array" && value.is_array()) {
      value.each(numbered);
    } else if (key == "__hash" && value.is_array()) {
      std::optional<LuaValue> name;
      value.each([&](JsonView part) {
        if (!name) {
          name = lua_of_json(part, depth + 1);
          return;
        }
        out.entries.push_back({std::move(*name), lua_of_json(part, depth + 1)});
        name.reset();
      });
    } else {
      out.entries.push_back({lua_text(key, LuaValue::Kind::text), lua_of_json(value, depth + 1)});
    }
  });
  return out;
}

class ProsodySql final : public ProsodyStore {
 public:
  ProsodySql(RowStage& stage, std::size_t specs, Intake& intake) : stage_(stage), specs_(specs), intake_(intake) {}

  void run() {
    // Hosts of people have rooms no more than people have hosts of rooms: "config" is another module's there.
    std::set<std::string> of_people;
    const auto people = [](std::string_view store) {
      return std::find(std::begin(prosody_people_stores), std::end(prosody_people_stores), store) !=
             std::end(prosody_people_stores);
    };
    stage_.each_all(specs_ + pr_rows, [&](const StagedRow& row) {
      if (people(row.text(p_store))) of_people.emplace(row.text(p_host));
    });
    names([&](const StagedRow& row) { return people(row.text(p_store)); }, import_prosody_account);
    names(
        [&](const StagedRow& row) {
          return row.text(p_store) == "config" && !of_people.contains(std::string(row.text(p_host)));
        },
        import_prosody_room);
  }

  bool has(std::string_view store) override {
    bool found = false;
    each(store, [&](const StagedRow&) { found = true; });
    return found;
  }

  std::optional<LuaValue> table(std::string_view store, Place& place) override {
    LuaValue out;
    out.kind = LuaValue::Kind::table;
    bool found = false;
    each(store, [&](const StagedRow& row) {
      if (!found) place = row.place;
      found = true;
      const std::string_view key = row.text(p_key), type = row.text(p_type);
      LuaValue value = lua_text(row.text(p_value), type == "number" ? LuaValue::Kind::number : LuaValue::Kind::text);
      if (type == "boolean") {
        value.kind = LuaValue::Kind::boolean;
        value.flag = row.text(p_value) == "true";
      } else if (type == "json") {
        const auto json = JsonDocument::parse(row.text(p_value));
        if (!json) return intake_.lost(row.place, std::string(store) + " of " + in_quotes(name_), json.error().text);
        value = lua_of_json(json->root(), 0);
      }
      if (!key.empty())
        out.entries.push_back({lua_text(key, LuaValue::Kind::text), std::move(value)});
      else  // keys that are no texts, all in one
        for (LuaEntry& entry : value.entries) out.entries.push_back(std::move(entry));
    });
    if (!found) return std::nullopt;
    return out;
  }

  Place somewhere() override { return somewhere_; }

  void messages(Intake& intake) override {
    stage_.each(specs_ + pr_messages, name_, [&](const StagedRow& row) {
      if (row.text(0) == host_) intake.message(row.place, row.text(2), row.number(1, 0) * 1'000, host_);
    });
  }

  void password(Intake& intake, const Place& place, std::string_view text) override {
    take_hidden_password(intake, place, text);
  }
  bool has_card_node() override { return rows_of(pr_card) > 0; }
  std::int64_t nodes() override { return rows_of(pr_pep); }
  std::int64_t archived(std::string_view store) override {
    return rows_of(store == "muc_log" ? pr_muc_log : pr_archive);
  }

 private:
  std::int64_t rows_of(ProsodyTable table) { return stage_.counted(specs_ + table, name_ + "@" + host_); }

  // The account or room of each name that has a row of these, once on each host.
  void names(const std::function<bool(const StagedRow&)>& wanted, void (*import)(ProsodyStore&, Intake&)) {
    std::map<std::string, Place> hosts;
    std::string name;
    const auto turn = [&] {
      for (const auto& [host, place] : hosts) {
        name_ = name;
        host_ = host;
        somewhere_ = place;
        import(*this, intake_);
      }
      hosts.clear();
    };
    stage_.each_all(specs_ + pr_rows, [&](const StagedRow& row) {
      if (row.key != name) turn();
      name = row.key;
      if (!name.empty() && wanted(row)) hosts.emplace(row.text(p_host), row.place);
    });
    turn();
  }

  void each(std::string_view store, const std::function<void(const StagedRow&)>& visit) {
    stage_.each(specs_ + pr_rows, name_, [&](const StagedRow& row) {
      if (row.text(p_store) == store && row.text(p_host) == host_) visit(row);
    });
  }

  RowStage& stage_;
  std::size_t specs_;
  Intake& intake_;
  Place somewhere_;
};

}  // namespace

std::span<const TableSpec> prosody_tables() { return prosody_specs; }

bool before_staging_prosody(SqlRow& row, bool make_keys) {
  if (row.table != "prosody" && row.table != "prosodyarchive") return true;
  std::string_view store, key;
  SqlValue* value = nullptr;
  for (std::size_t i = 0; i < row.columns.size(); ++i) {
    if (row.columns[i] == "store") store = row.values[i].text;
    if (row.columns[i] == "key") key = row.values[i].text;
    if (row.columns[i] == "value") value = &row.values[i];
  }
  const bool archive = row.table == "prosodyarchive";
  if (archive && store == "offline") return true;
  if (store == "archive" || store == "muc_log") row.table = store == "archive" ? "prosody/archive" : "prosody/muc_log";
  if (store == "pep" && !key.empty()) row.table = "prosody/pep";
  if (store == "pep_urn:xmpp:vcard4" || store == "pep_vcard-temp") row.table = "prosody/card";
  if (row.table.find('/') != std::string_view::npos) return true;
  if (archive) return false;
  if (store == "accounts" && key == "password" && value) hide_password(*value, make_keys);
  return store == "config" || std::find(std::begin(prosody_people_stores), std::end(prosody_people_stores), store) !=
                                  std::end(prosody_people_stores);
}

bool is_prosody(RowStage& stage, std::size_t specs) { return stage.count(specs + pr_rows) > 0; }

void import_prosody_sql(RowStage& stage, std::size_t specs, Intake& intake) { ProsodySql(stage, specs, intake).run(); }

}  // namespace ferry
