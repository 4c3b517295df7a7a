#include "gateway/migration/import.h"

#include <algorithm>
#include <filesystem>

#include "config/text.h"
#include "gateway/migration/ejabberd_sql.h"
#include "gateway/migration/embedded_folder.h"
#include "gateway/migration/not_a_dump.h"
#include "gateway/migration/openfire_sql.h"
#include "gateway/migration/prosody_files.h"
#include "gateway/migration/prosody_sql.h"
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
  return format == ImportFormat::openfire_sql || format == ImportFormat::ejabberd_sql ||
         format == ImportFormat::prosody;
}

// What the first bytes of a file say.
ImportFormat format_of(std::string_view look) {
  const std::size_t first = look.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || look[first] != '<') return ImportFormat::openfire_sql;  // or another's
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
    prosody_begin_ = specs_.size();
    for (const TableSpec& spec : prosody_tables()) specs_.push_back(spec);
    HsqldbLobs::know_columns(columns_);
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
    if (const fs::path file(source); file.extension() == ".script") embedded_script(file);
    read(**input);
  }

  void folder(const std::string& source) {
    if (const EmbeddedFolder embedded = embedded_folder(source); embedded.is_one) {
      if (!embedded.refused.empty()) return failed({}, embedded.refused);
      read(embedded.script);
      if (!embedded.log.empty()) read(embedded.log);
      return;
    }
    intake_.set_source("prosody");
    if (std::string wrong = import_prosody(source, intake_); !wrong.empty()) failed({}, std::move(wrong));
  }

  // The other files of Openfire's embedded database are beside it.
  void embedded_script(fs::path file) {
    std::error_code error;
    lobs_.set_file(file.replace_extension(".lobs").string());
    has_data_ = fs::file_size(file.replace_extension(".data"), error) > 0 && !error;
  }

  // A table of HSQLDB's kind CACHED has its rows in the file .data, unless all was written into the script.
  void rows_elsewhere() {
    for (const auto& [table, place] : cached_)
      if (has_data_)
        failed({place, 0},
               "the rows of the table " + table +
                   " are in the file .data beside it (CREATE CACHED TABLE), which is not read",
               "open a copy of the folder with HSQLDB's own tool and say SHUTDOWN SCRIPT, which writes all of it into "
               "the .script");
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
    broke_off_ = broke_off_ || !wrong.empty();
    if (!wrong.empty()) failed({}, std::move(wrong));
  }

  void accounts_of_dumps() {
    stage_->finish();
    rows_elsewhere();
    if (job_.progress) job_.progress("", 0, 0);
    const auto meant = [&](ImportFormat format, bool found) {
      return found && (job_.format == ImportFormat::automatic || job_.format == format);
    };
    std::string wrong;
    if (meant(ImportFormat::openfire_sql, is_openfire(*stage_, 0))) {
      intake_.set_source("openfire");
      wrong = import_openfire(*stage_, 0, intake_, password_key_, lobs_);
    } else if (meant(ImportFormat::prosody, is_prosody(*stage_, prosody_begin_))) {
      intake_.set_source("prosody");
      import_prosody_sql(*stage_, prosody_begin_, intake_);
    } else if (meant(ImportFormat::ejabberd_sql, is_ejabberd(*stage_, ejabberd_begin_))) {
      intake_.set_source("ejabberd");
      wrong = import_ejabberd(*stage_, ejabberd_begin_, intake_);
    } else if (!broke_off_) {  // what could not be read may have had them
      wrong = dumps_ + ": there are no accounts in it: " +
              (instead_.empty() ? "no rows of Openfire's table ofUser, of ejabberd's table users or of Prosody's table "
                                  "prosody"
                                : instead_);
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
    if (const auto empty = cached_.find(given.table); empty != cached_.end()) cached_.erase(empty);
    if (!before_staging_openfire(row, job_.options.make_keys, password_key_)) return;
    if (!before_staging_prosody(row, job_.options.make_keys)) return;
    before_staging_ejabberd(row, job_.options.make_keys);
    if (const std::string dropped = stage_->add(row); !dropped.empty())
      intake_.lost(row.place, "table " + std::string(row.table),
                   "no plain value, or one over the limit, in: " + dropped);
  }

  void removed(SqlRow& given) override {
    SqlRow where{current_name(given.table), given.columns, given.values, given.place};
    // Passwords were never staged, so they cannot be compared.
    for (std::size_t i = 0; i < where.columns.size(); ++i)
      if (where.columns[i] == "plainpassword" || where.columns[i] == "roompassword" || where.columns[i] == "password")
        where.values[i].kind = SqlValue::Kind::null;
    stage_->remove(where);
  }

  void wrong(const Place& place, std::string what, std::string suggestion) override {
    intake_.problem(ImportProblem::Weight::source, place, "", std::move(what), std::move(suggestion));
  }
  void note(const Place& place, std::string what) override { intake_.note(place, "", std::move(what)); }
  void cached(const Place& place, std::string_view table) override { cached_[std::string(table)] = place_text(place); }
  void large_objects(std::uint64_t block) override { lobs_.set_block(block); }
  void working(std::uint64_t bytes) override {
    if (job_.progress) job_.progress(source_, bytes, all_);
  }

  const ImportJob& job_;
  Intake intake_;
  std::vector<TableSpec> specs_;
  std::size_t ejabberd_begin_ = 0, prosody_begin_ = 0;
  std::unique_ptr<RowStage> stage_;
  SqlColumns columns_;
  Secret password_key_;  // Openfire's
  HsqldbLobs lobs_;
  std::map<std::string, std::string, std::less<>> cached_;  // HSQLDB's tables without a row so far, and their places
  std::string source_, renamed_, dumps_;
  std::string instead_;  // what a dump without accounts is
  std::uint64_t all_ = 0;
  bool has_data_ = false, broke_off_ = false;
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
