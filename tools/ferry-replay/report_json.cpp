#include "tools/ferry-replay/report_document.h"
#include "translators/values/json.h"
#include "translators/values/topic.h"

namespace ferry::report {
namespace {

constexpr std::int64_t report_version = 1;

void write_cell(JsonWriter& json, const ReportCell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell))
    json.value(is_utf8(*text) ? std::string_view{*text} : std::string_view{"?"});
  else if (const auto* whole = std::get_if<std::int64_t>(&cell))
    json.value(*whole);
  else
    json.value(std::get<double>(cell));
}

void write_section(JsonWriter& json, const ReportSection& section) {
  json.begin_object().field("title", section.title).key("notes").begin_array();
  for (const std::string& note : section.notes) json.value(note);
  json.end_array().key("facts").begin_object();
  for (const ReportFact& fact : section.facts) {
    json.key(fact.key);
    write_cell(json, fact.value);
  }
  json.end_object().key("tables").begin_object();
  for (const ReportTable& table : section.tables) {
    json.key(table.id).begin_array();
    for (const auto& row : table.rows) {
      json.begin_object();
      for (std::size_t c = 0; c < row.size() && c < table.columns.size(); ++c) {
        json.key(table.columns[c].key);
        write_cell(json, row[c]);
      }
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
  if (!section.config.empty()) json.field("config", section.config);
  json.end_object();
}

}  // namespace

std::string report_json(const ReportDocument& document) {
  JsonWriter json;
  json.begin_object().field("report", report_version).field("title", document.title);
  json.field("subtitle", document.subtitle).key("sections").begin_object();
  for (const ReportSection& section : document.sections) {
    json.key(section.id);
    write_section(json, section);
  }
  return json.end_object().end_object().take() + "\n";
}

}  // namespace ferry::report
