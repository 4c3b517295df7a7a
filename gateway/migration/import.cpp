#include "gateway/migration/import.h"

#include <algorithm>
#include <filesystem>

#include "config/text.h"
#include "gateway/migration/ejabberd_sql.h"
#include "gateway/migration/not_a_dump.h"
#include "gateway/migration/openfire_sql.h"
#include "gateway/migration/prosody_data.h"
#include "gateway/migration/xml_import.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

struct FormatName {
  ImportFormat format;
  std::string_view name, source;
};
constexpr FormatName format_names[] = {{ImportFormat::automatic, "auto", ""},
                                       {ImportFormat::openfire_sql, "openfire-sql", "openfire"},
                                       {ImportFormat::openfire_xml, "openfire-xml", "openfire"},
                                       {ImportFormat::xep0227, "xep0227", "xep0227"},
                                       {ImportFormat::ejabberd_sql, "ejabberd-sql", "ejabberd"},
                                       {ImportFormat::prosody, "prosody", "prosody"}};

bool is_sql(ImportFormat format) {
  return format == ImportFormat::openfire_sql || format == ImportFormat::ejabberd_sql;
}

// What the first bytes of a file say.
ImportFormat format_of(std::string_view look) {
  const std::size_t first = look.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || look[first] != '<') return ImportFormat::openfire_sql;  // or ejabberd's
  const std::size_t openfire = look.find("<Openfire"), pie = look.find("server-data");
  return openfire != std::string_view::npos && (pie == std::string_view::npos || openfire < pie)
             ? ImportFormat::openfire_xml
             : ImportFormat::xep0227;
}

class Importer final : private SqlHandler {
 public:
  Importer(const ImportJob& job, AccountVisitor& visitor) : job_(job), intake_(visitor, job.options, "xep0227") {
    for (const TableSpec& spec : openfire_tables()) specs_.push_back(spec);
    ejabberd_begin_ = specs_.size();
    for (const TableSpec& spec : ejabberd_tables()) specs_.push_back(spec);
  }

  bool run() {
    for (const std::string& source : job_.sources) read(source);
    if (stage_) accounts_of_dumps();
    return intake_.complete();
  }

 private:
  void failed(const Place& place, std::string reason, std::string suggestion = {}) {
    intake_.problem(ImportProblem::Weight::source, place, "", std::move(reason), std::move(suggestion));
  }

  void read(const std::string& source) {
    std::error_code error;
    source_ = source;
    if (source != "-" && fs::is_directory(source, error)) return folder(source);
    auto input = Input::open(source);
    if (!input) return failed({}, input.error());
    all_ = (*input)->size();
    read(**input);
  }

  void folder(const std::string& source) {
    std::error_code error;
    const fs::path script = fs::path(source) / "openfire.script", log = fs::path(source) / "openfire.log";
    if (fs::exists(script, error)) {  // Openfire's embedded database
      read(script.string());
      if (fs::exists(log, error)) read(log.string());
      return;
    }
    intake_.set_source("prosody");
    if (std::string wrong = import_prosody(source, intake_); !wrong.empty()) failed({}, std::move(wrong));
  }

  void read(Input& input) {
    ImportFormat format = format_of(input.look());
    const bool xml = !is_sql(format);
    if (job_.format != ImportFormat::automatic) {
      if (is_sql(job_.format) == xml)
        return failed({input.name(), 0}, std::string("this is ") + (xml ? "XML" : "no XML") + ", not what --from says",
                      "leave --from out");
      format = job_.format;
    }
    for (const FormatName& known : format_names)
      if (known.format == format) intake_.set_source(known.source);
    const Working working = [&](std::uint64_t bytes) { this->working(bytes); };
    std::string wrong;
    if (format == ImportFormat::xep0227)
      wrong = import_xep0227(input, intake_, working);
    else if (format == ImportFormat::openfire_xml)
      wrong = import_openfire_xml(input, intake_, working);
    else {
      if (!stage_) stage_ = std::make_unique<RowStage>(specs_);
      if (instead_.empty()) instead_ = what_it_is(input.look());
      dumps_ += (dumps_.empty() ? "" : ", ") + std::string(input.name());
      wrong = read_sql(input, columns_, *this);
    }
    if (!wrong.empty()) failed({}, std::move(wrong));
  }

  void accounts_of_dumps() {
    stage_->finish();
    if (job_.progress) job_.progress("", 0, 0);
    const bool openfire = is_openfire(*stage_, 0), ejabberd = is_ejabberd(*stage_, ejabberd_begin_);
    std::string wrong;
    if (openfire && job_.format != ImportFormat::ejabberd_sql) {
      intake_.set_source("openfire");
      wrong = import_openfire(*stage_, 0, intake_, password_key_);
    } else if (ejabberd && job_.format != ImportFormat::openfire_sql) {
      intake_.set_source("ejabberd");
      wrong = import_ejabberd(*stage_, ejabberd_begin_, intake_);
    } else {
      wrong = dumps_ + ": there are no accounts in it: " +
              (instead_.empty() ? "neither rows of Openfire's table ofUser nor of ejabberd's table users" : instead_);
    }
    if (!wrong.empty()) failed({}, std::move(wrong));
  }

  // Openfire 3.6 and before: jiveUser.
  bool wants(std::string_view table) override { return stage_->wants(current_name(table)); }

  std::string_view current_name(std::string_view table) {
    if (!table.starts_with("jive")) return table;
    renamed_ = "of" + std::string(table.substr(4));
    return renamed_;
  }

  void row(SqlRow& given) override {
    SqlRow row{current_name(given.table), given.columns, given.values, given.place};
    if (!before_staging_openfire(row, job_.options.make_keys, password_key_)) return;
    before_staging_ejabberd(row, job_.options.make_keys);
    if (const std::string dropped = stage_->add(row); !dropped.empty())
      intake_.lost(row.place, "table " + std::string(row.table),
                   "no plain value, or one over the limit, in: " + dropped);
  }

  void removed(SqlRow& given) override {
    SqlRow where{current_name(given.table), given.columns, given.values, given.place};
    // Passwords were never staged, so they cannot be compared.
    for (std::size_t i = 0; i < where.columns.size(); ++i)
      if (where.columns[i] == "plainpassword" || where.columns[i] == "roompassword")
        where.values[i].kind = SqlValue::Kind::null;
    stage_->remove(where);
  }

  void wrong(const Place& place, std::string what, std::string suggestion) override {
    intake_.problem(ImportProblem::Weight::source, place, "", std::move(what), std::move(suggestion));
  }
  void note(const Place& place, std::string what) override { intake_.note(place, "", std::move(what)); }
  void working(std::uint64_t bytes) override {
    if (job_.progress) job_.progress(source_, bytes, all_);
  }

  const ImportJob& job_;
  Intake intake_;
  std::vector<TableSpec> specs_;
  std::size_t ejabberd_begin_ = 0;
  std::unique_ptr<RowStage> stage_;
  SqlColumns columns_;
  Secret password_key_;  // Openfire's
  std::string source_, renamed_, dumps_;
  std::string instead_;  // what a dump without accounts is
  std::uint64_t all_ = 0;
};

}  // namespace

std::optional<ImportFormat> import_format(std::string_view name) {
  for (const FormatName& known : format_names)
    if (known.name == name) return known.format;
  return std::nullopt;
}

std::string import_format_names() {
  std::string out;
  for (const FormatName& known : format_names) out += (out.empty() ? "" : ", ") + std::string(known.name);
  return out;
}

bool run_import(const ImportJob& job, AccountVisitor& visitor) { return Importer(job, visitor).run(); }

}  // namespace ferry
