// What ferryctl migrate import reads of files: dumps, XML, Lua's and Erlang's texts. Nothing is an error here but a
// crash, a hang, or an account that does not come to its end.
#include <cstdlib>

#include "gateway/migration/ejabberd_sql.h"
#include "gateway/migration/erlang_term.h"
#include "gateway/migration/lua_table.h"
#include "gateway/migration/openfire_sql.h"
#include "gateway/migration/prosody_sql.h"
#include "gateway/migration/sql_reader.h"
#include "gateway/migration/xml_import.h"

namespace ferry {
namespace {

class Sink final : public AccountVisitor {
 public:
  void begin_account(const AccountHead&) override { inside(false), open_ = true; }
  void keys(const ScramKeys&) override { inside(true); }
  void contact(const RosterEntry&) override { inside(true); }
  void request(const SubscriptionRequest&) override { inside(true); }
  void message(const StoredMessage&) override { inside(true); }
  void piece(const AccountPiece&) override { inside(true); }
  void end_account() override { inside(true), open_ = false; }
  void group(const SharedGroup&) override { inside(false); }
  void room(const ImportedRoom&) override { inside(false); }
  void problem(const ImportProblem&) override {}
  void inside(bool expected) const {
    if (open_ != expected) std::abort();
  }

 private:
  bool open_ = false;
};

class Handler final : public SqlHandler {
 public:
  explicit Handler(RowStage& stage) : stage_(stage) {}
  bool wants(std::string_view table) override { return stage_.wants(table); }
  void row(SqlRow& row) override {
    if (!before_staging_openfire(row, false, key)) return;
    if (!before_staging_prosody(row, false)) return;
    before_staging_ejabberd(row, false);
    stage_.add(row);
  }
  void removed(SqlRow& where) override { stage_.remove(where); }
  void wrong(const Place&, std::string, std::string) override {}
  void note(const Place&, std::string) override {}
  void working(std::uint64_t) override {}
  Secret key;

 private:
  RowStage& stage_;
};

void dump(std::string_view text) {
  std::vector<TableSpec> specs(openfire_tables().begin(), openfire_tables().end());
  const std::size_t ejabberd = specs.size();
  specs.insert(specs.end(), ejabberd_tables().begin(), ejabberd_tables().end());
  const std::size_t prosody = specs.size();
  specs.insert(specs.end(), prosody_tables().begin(), prosody_tables().end());
  RowStage stage(specs);
  Handler handler(stage);
  SqlColumns columns;
  for (const TableSpec& spec : specs) {  // most inputs have no CREATE TABLE
    auto& names = columns[std::string(spec.table)];
    names.assign(spec.columns.begin(), spec.columns.end());
    names.emplace_back(spec.key);
  }
  Input input(text, "fuzz");
  read_sql(input, columns, handler);
  stage.finish();
  Sink sink;
  Intake intake(sink, {"fuzz.example", false}, "fuzz");
  import_openfire(stage, 0, intake, handler.key, HsqldbLobs());
  import_ejabberd(stage, ejabberd, intake);
  import_prosody_sql(stage, prosody, intake);
  sink.inside(false);
}

}  // namespace
}  // namespace ferry

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == '<') {
    for (const bool pie : {true, false}) {
      Sink sink;
      Intake intake(sink, {"fuzz.example", false}, "fuzz");
      Input input(std::string_view(reinterpret_cast<const char*>(data), size), "stdin");
      pie ? import_xep0227(input, intake) : import_openfire_xml(input, intake);
      sink.inside(false);
    }
  } else if (data[0] == 'L') {
    Input input(text, "fuzz");
    std::string error;
    while (next_lua_table(input, error)) {}
  } else if (data[0] == 'E') {
    parse_erlang(text);
  } else {
    dump(std::string_view(reinterpret_cast<const char*>(data), size));
  }
  return 0;
}
