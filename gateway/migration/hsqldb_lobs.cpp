#include "gateway/migration/hsqldb_lobs.h"

#include <algorithm>
#include <fstream>

#include "gateway/migration/sql_lexer.h"

namespace ferry {
namespace {

constexpr std::int64_t clob_type = 40;                           // of java.sql.Types as HSQLDB numbers them
constexpr std::int64_t most_lob_characters = 8LL << 20;          // as of any value of a dump
constexpr std::int64_t most_lob_blocks = std::int64_t{1} << 31;  // what its INTEGER holds
enum LobColumn { l_address, l_count, l_offset };
enum LobIdColumn { l_length, l_type };

std::string from_utf16be(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() / 2);
  const auto unit = [&](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                                      static_cast<unsigned char>(bytes[at + 1]));
  };
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
    std::uint32_t code = unit(at);
    if (code >= 0xD800 && code < 0xDC00 && at + 3 < bytes.size()) {
      const std::uint32_t low = unit(at + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000U + ((code - 0xD800U) << 10) + (low - 0xDC00U);
        at += 2;
      }
    }
    append_utf8(out, code >= 0xD800U && code < 0xE000U ? 0xFFFDU : code);
  }
  return out;
}

}  // namespace

void HsqldbLobs::know_columns(SqlColumns& columns) {
  columns["lobs"] = {"block_addr", "block_count", "block_offset", "lob_id"};
  columns["lob_ids"] = {"lob_id", "lob_length", "lob_usage_count", "lob_type"};
}

std::optional<std::string> HsqldbLobs::text(RowStage& stage, std::size_t lobs, std::size_t lob_ids,
                                            std::string_view number, std::string& wrong) const {
  wrong.clear();
  const std::string name = path_.empty() ? "openfire.lobs" : path_;
  const auto head = stage.first(lob_ids, number);
  const std::int64_t characters = head ? head->number(l_length, -1) : 0;
  std::ifstream file(path_, std::ios::binary);
  if (block_ == 0)
    wrong = "its text is compressed in the file " + name + " (SET FILES LOB COMPRESSED), which is not read";
  else if (!head)
    wrong = "its text is in the file " + name + ", and the script does not say where (table SYSTEM_LOBS.LOB_IDS)";
  else if (head->number(l_type, clob_type) != clob_type || characters < 0 || characters > most_lob_characters)
    wrong = "it is no text, or one of more than " + std::to_string(most_lob_characters) + " characters, in " + name;
  else if (path_.empty() || !file)
    wrong = "its text is in the file " + name + ", which is not there";
  if (!wrong.empty()) return std::nullopt;
  std::string bytes;
  stage.each(lobs, number, [&](const StagedRow& run) {  // in the order of their offsets
    const std::int64_t address = run.number(l_address, -1), count = run.number(l_count, -1);
    const std::size_t left = static_cast<std::size_t>(characters) * 2 - bytes.size();
    if (!wrong.empty() || left == 0) return;
    const std::uint64_t before = static_cast<std::uint64_t>(run.number(l_offset, -1)) * block_;
    if (address < 0 || count < 0 || address > most_lob_blocks || count > most_lob_blocks || before != bytes.size()) {
      wrong = "its blocks in " + name + " have a gap";
      return;
    }
    const std::size_t begin = bytes.size();
    bytes.resize(begin +
                 static_cast<std::size_t>(std::min<std::uint64_t>(left, static_cast<std::uint64_t>(count) * block_)));
    file.seekg(static_cast<std::streamoff>(static_cast<std::uint64_t>(address) * block_));
    file.read(bytes.data() + begin, static_cast<std::streamsize>(bytes.size() - begin));
    if (!file) wrong = "the file " + name + " is shorter than the script says: it was cut, or is another copy's";
  });
  if (wrong.empty() && bytes.size() != static_cast<std::size_t>(characters) * 2)
    wrong = "the script does not say where in " + name + " all of its text is (table SYSTEM_LOBS.LOBS)";
  if (!wrong.empty()) return std::nullopt;
  return from_utf16be(bytes);
}

}  // namespace ferry
