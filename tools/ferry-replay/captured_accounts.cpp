#include "tools/ferry-replay/captured_accounts.h"

#include <utility>

#include "tools/ferry-replay/account_answers.h"
#include "tools/ferry-replay/outcome.h"
#include "tools/ferry-replay/setup.h"

namespace ferry::replay {

void CapturedAccounts::note(const std::vector<Played>& batch) {
  for (const Played& event : batch)
    if (event.session) accounts_.try_emplace(event.session->str(), Account{batch.front().session->str(), event.copy});
}

Result<std::vector<CapturedAccount>, std::string> CapturedAccounts::take(const Player& player,
                                                                         MappingTable& table) const {
  std::vector<CapturedAccount> out;
  for (const auto& [bare, account] : accounts_) {
    const auto jid = Jid::parse(bare);
    if (!jid) continue;
    const auto match = table.by_jid(*jid);
    if (match && match->row->kind != RowKind::user)
      return "--account: the mapping table has a row of another kind for " + bare + ": " + format_row(*match->row);
    if (!match) {
      auto row = parse_row("user " + bare + " {root}/u/{uid}");
      if (!row) return "--account " + bare + ": " + row.error();
      if (const auto added = table.add(*std::move(row)); !added) return "--account " + bare + ": " + added.error();
    }
    out.push_back({*jid, player.roster_of(account.original, account.copy)});
  }
  return out;
}

Result<std::vector<CapturedAccount>, std::string> find_accounts(const std::string& capture, Setup& setup,
                                                                const Options& options) {
  if (setup.play.accounts.empty()) return std::vector<CapturedAccount>{};
  CaptureReader reader(capture);
  if (!reader.wrong().empty()) return reader.wrong();
  Player player(setup.play, options, setup.table);
  Progress progress("looking through the capture");
  CapturedAccounts accounts;
  std::vector<Played> events;
  while (player.next(reader, events)) {
    progress.show(reader.bytes_read(), reader.bytes_total());
    accounts.note(events);
    if (accounts.too_many()) return std::string("more than a million accounts");
  }
  return accounts.take(player, setup.table);
}

}  // namespace ferry::replay
