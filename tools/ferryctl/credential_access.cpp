#include "tools/ferryctl/credential_access.h"

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <set>

#include "gateway/store/sealed.h"
#include "tools/ferryctl/as_owner.h"
#include "tools/ferryctl/print.h"
#include "tools/ferryctl/replace_file.h"

namespace ferry {

Instant now_of_credentials() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

Result<Vault, std::string> open_vault(const Options& options) {
  if (options.vault.key_file.empty())
    return std::string("[vault] key-file is not set: name a file, then: ferryctl vault init");
  auto vault = Vault::open(options.vault.key_file);
  if (!vault) {
    const auto source = [&] {
      const AsOwner owner(options.store.path);
      return vault_source(options.store.path);
    }();
    vault = Vault::open(options.vault.key_file, source);
  }
  if (!vault) return format_problem(vault.error());
  return *std::move(vault);
}

Result<std::unique_ptr<Credentials>, std::string> open_credentials(const Options& options) {
  std::error_code unknown;
  if (!std::filesystem::exists(options.store.path, unknown) && !unknown)
    return "there is no store at " + options.store.path + " yet: ferryd makes it when it is started for the first time";
  const AsOwner owner(options.store.path);  // SQLite may have to make the log's index
  auto credentials = Credentials::open(options.store.path);
  if (!credentials) return credentials.error().text;
  return *std::move(credentials);
}

Result<MappingTable, std::string> read_table(CtlCall& call) {
  std::vector<Row> rows;
  const std::string wrong = each_listed(call.gateway, "map.list", "rows", [&](JsonView item) {
    if (auto row = parse_row(text_of(item, "row"))) rows.push_back(*std::move(row));
  });
  if (!wrong.empty()) return wrong;
  MappingTable table(call.options.broker.root, call.options.broker.username);
  table.set_rows(std::move(rows));  // what is wrong is said by: map check
  return table;
}

// Whose account is on its way to dual can log in before it is there, and whose is on its way back no more: the file is
// written when people are told to move, not at each step of theirs. In shadow there is nothing to log in for. Who gets
// a new address logs in with that one.
// Who is in a plan is no surprise without a row: planned.
std::string follow_accounts(CtlCall& call, MappingTable& table, std::map<std::string, Jid>& addresses,
                            std::set<std::string>& planned) {
  return each_listed(call.gateway, "migrate.list", "accounts", [&](JsonView item) {
    const std::string jid = text_of(item, "jid"), target = text_of(item, "target");
    const bool uses_broker = target == "dual" || target == "moved";
    planned.insert(jid);
    if (const auto address = Jid::parse(text_of(item, "address")); item["address"] && address) {
      if (uses_broker) addresses.emplace(jid, *address);
    } else if (uses_broker) {
      if (auto row = parse_row("user " + jid + " {root}/u/{uid}"))
        (void)table.add(*std::move(row));  // refused: has one
    } else if (target == "shadow" || (target == "legacy" && text_of(item, "state") != "legacy")) {
      table.remove(jid);
    }
  });
}

namespace {

bool holds_something(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_size > 0 : errno != ENOENT;
}

std::string first_names(const std::set<std::string>& all) {
  constexpr std::size_t most = 20;
  std::string text;
  std::size_t said = 0;
  for (const std::string& name : all)
    if (said++ < most) text += (said > 1 ? ", " : "") + printable(name);
  return text + (all.size() > most ? " and " + std::to_string(all.size() - most) + " more" : "");
}

// Whose keys cannot be read, and what is left to do about it.
void say_whose_keys_are_lost(const AuthExport& result, const std::string& path, bool forced) {
  const auto keys_of = [](const std::set<std::string>& all) {
    return "the keys of " + counted(static_cast<std::int64_t>(all.size()), "person", "people") + " cannot be read: ";
  };
  if (!result.kept.empty())
    complain(keys_of(result.kept) + first_names(result.kept) + ". They log in as before: what " + path +
             " had for them stays in it. Set them again: ferryctl password set, migrate import --apply. Without them: "
             "ferryctl broker apply --auth-file " +
             path + " --force");
  if (result.of_two_keys)
    complain(
        "who is set again has keys of the new vault key, which the broker must have beside the old one: ferryctl "
        "vault broker-key FILE, if that was not done since vault init");
  if (!result.shut_out.empty())
    complain(keys_of(result.shut_out) + first_names(result.shut_out) +
             (forced ? ". Left out" : ". Left out, as " + path + " had nothing for them"));
  complain("the first that cannot: " + printable(result.first_unreadable));
}

}  // namespace

int apply_auth_file(CtlCall& call, const std::string& path, bool asked) {
  const auto vault = open_vault(call.options);
  if (!vault) return complain(vault.error()), exit_refused;
  const auto credentials = open_credentials(call.options);
  if (!credentials) return complain(credentials.error()), exit_refused;
  auto table = read_table(call);
  if (!table) return complain(table.error()), exit_refused;
  std::map<std::string, Jid> addresses;
  std::set<std::string> planned;
  if (const std::string wrong = follow_accounts(call, *table, addresses, planned); !wrong.empty())
    return complain(wrong), exit_refused;
  const bool forced = call.line.has("--force");
  const auto before = AuthFile::open(path);
  AuthExport result;
  {
    const AsOwner owner(call.options.store.path);
    result =
        auth_export(*table, call.options, **credentials, *vault, addresses, before && !forced ? &*before : nullptr);
  }
  // Whoever is in it may be shut out.
  if (!forced && !before && !result.shut_out.empty() && holds_something(path))
    return complain(path + " stays as it is: who can log in could no more, as neither it nor the keys of " +
                    first_names(result.shut_out) + " can be read: " + printable(before.error()) + "; " +
                    printable(result.first_unreadable) +
                    ". Or set them again: ferryctl password set, migrate import. " +
                    "Without them: ferryctl broker apply --auth-file " + path + " --force"),
           exit_refused;
  if (const std::string wrong = replace_file(path, result.text, {.mode = 0640, .owner = "mosquitto"}); !wrong.empty())
    return complain(wrong), exit_refused;
  const auto number = [](std::size_t n) { return counted(static_cast<std::int64_t>(n), "credential", "credentials"); };
  std::erase_if(result.without_row, [&](const std::string& jid) { return planned.contains(jid); });
  if (asked && !result.without_row.empty())
    complain(counted(static_cast<std::int64_t>(result.without_row.size()), "person has", "people have") +
             " credentials, but no row in the mapping table and no plan to move: left out; the first: " +
             *result.without_row.begin());
  if (result.left_out > 0) complain(number(result.left_out) + " of names that do not fit: left out");
  if (result.unreadable > 0) say_whose_keys_are_lost(result, path, forced);
  if (!call.line.json)
    say(path + " is written: " + counted(static_cast<std::int64_t>(result.people), "person can", "people can") +
        " log in");
  return result.unreadable > 0 && !forced ? exit_refused : exit_done;
}

int refresh_auth_file(CtlCall& call) {
  if (!call.options.vault.auth_file.empty()) return apply_auth_file(call, call.options.vault.auth_file);
  if (!call.line.json)
    say("the broker does not know yet: set [vault] auth-file, or ferryctl broker apply --auth-file FILE");
  return exit_done;
}

void auth_file_follows(CtlCall& call) {
  if (call.options.vault.key_file.empty()) return;  // the broker asks somebody else
  if (!call.options.vault.auth_file.empty())
    apply_auth_file(call, call.options.vault.auth_file);
  else if (!call.line.json)
    say("now the broker must know who may log in: ferryctl broker apply --auth-file FILE, each time that people move "
        "or come back; with [vault] auth-file it is written by itself");
}

}  // namespace ferry
