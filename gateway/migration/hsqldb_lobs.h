// Texts of Openfire's embedded database that stand in a file of their own, openfire.lobs: since HSQLDB 2 what a column
// CLOB holds (payloads of PEP, private XML among them) is there, and the row has only its number.
//
// Which blocks of the file a number means stands in the .script, in two tables of HSQLDB's own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/migration/row_stage.h"

namespace ferry {

class HsqldbLobs {
 public:
  // What a .script says of its tables LOBS and LOB_IDS: nothing, so their columns have to be known.
  static void know_columns(SqlColumns& columns);

  void set_file(std::string path) { path_ = std::move(path); }              // it may not be there
  void set_block(std::uint64_t bytes) { block_ = block_ > 0 ? bytes : 0; }  // 0: they are compressed
  // lobs, lob_ids: the places of these tables in the stage. Nothing: wrong says why, for people.
  std::optional<std::string> text(RowStage& stage, std::size_t lobs, std::size_t lob_ids, std::string_view number,
                                  std::string& wrong) const;

 private:
  std::string path_;
  std::uint64_t block_ = 32U << 10;
};

}  // namespace ferry
