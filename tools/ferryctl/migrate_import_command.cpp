// ferryctl migrate import, migrate export.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "gateway/migration/import.h"
#include "gateway/migration/imported.h"
#include "gateway/migration/xep0227_export.h"
#include "gateway/store/schema.h"
#include "tools/ferryctl/as_owner.h"
#include "tools/ferryctl/commands.h"
#include "tools/ferryctl/credential_access.h"
#include "tools/ferryctl/import_domain.h"
#include "tools/ferryctl/migrate_report.h"
#include "tools/ferryctl/print.h"

namespace ferry {
namespace {

constexpr std::uint64_t mebibyte = 1U << 20;

// On a terminal one line that changes, until there is something to read; elsewhere nothing.
class ImportProgress {
 public:
  ImportProgress() : terminal_(::isatty(STDERR_FILENO) == 1), shared_(::isatty(STDOUT_FILENO) == 1) {}
  void operator()(const std::string& source, std::uint64_t bytes, std::uint64_t all, bool said) {
    if (!terminal_ || (said && shared_)) return;
    std::string text =
        source.empty() ? "putting accounts together" : source + ": " + std::to_string(bytes / mebibyte) + " MiB read";
    if (!source.empty() && all > 0) text += " of " + std::to_string(all / mebibyte);
    std::fprintf(stderr, "\r%s\x1b[K%s", printable(text).c_str(), source.empty() ? "\r\x1b[K" : "");
    std::fflush(stderr);
  }

 private:
  bool terminal_, shared_;
};

// Does the configuration say which store? Its problems are said if not.
bool usable(const CtlCall& call) {
  if (!any_error(call.problems)) return true;
  for (const Problem& p : call.problems) complain(p.where.empty() ? p.text : format_problem(p));
  return false;
}

Result<std::unique_ptr<Database>, std::string> open_store(const Options& options) {
  auto database = Database::open(options.store.path, Database::Create::yes);
  if (!database) return database.error().text;
  if (std::string wrong = migrate(**database, migrations()); !wrong.empty()) return wrong;
  // As ferryd makes it: each account is a commit, and without the log each commit is several waits for the disk.
  (*database)->exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  return std::move(*database);
}

bool read_job(const CtlCall& call, ImportJob& job) {
  const std::string from = call.line.value("--from");
  const auto format = import_format(from.empty() ? "auto" : from);
  if (!format) return complain("--from " + from + " is not known; expected one of " + import_format_names()), false;
  job.format = *format;
  job.options.domain = call.line.value("--domain");
  if (!job.options.domain.empty()) {
    const auto domain = Jid::make("", job.options.domain);
    if (!domain) return complain("--domain: " + domain.error().text), false;
    job.options.domain = domain->str();
  }
  return true;
}

void say_keys_only(std::int64_t keys_only) {
  if (keys_only > 0)
    complain(counted(keys_only, "account has", "accounts have") +
             " keys and no password: enough for the broker, not for a session of Ferry's, which needs a certificate "
             "([session] certificates) or, with [vault] keep-passwords, ferryctl password set or password ask");
}

// Sealed credentials on their way to the store.
class KeptKeys {
 public:
  KeptKeys(Credentials& credentials, Instant now) : credentials_(credentials), now_(now) {}
  void add(const AccountHead& head, CredentialKind kind, std::string sealed) {
    if (waiting_.size() >= most_waiting) write();
    waiting_.push_back({head.jid, kind, std::move(sealed), head.source});
  }
  void write() {
    if (waiting_.empty()) return;
    credentials_.begin();
    for (const Waiting& one : waiting_) credentials_.put(one.jid, one.kind, one.sealed, one.source, now_);
    credentials_.commit();
    waiting_.clear();
  }

 private:
  static constexpr std::size_t most_waiting = 1'000;
  struct Waiting {
    Jid jid;
    CredentialKind kind;
    std::string sealed, source;
  };
  Credentials& credentials_;
  Instant now_;
  std::vector<Waiting> waiting_;
};

// The sources are read as who we are: files of other servers are seldom its to read whose the store is. (SQLite gives
// what it makes beside the store to the store's owner.)
int apply(CtlCall& call, ImportJob& job, MigrateReport& report) {
  if (!usable(call)) return exit_usage;
  auto database = [&] {
    const AsOwner owner(call.options.store.path);
    return open_store(call.options);
  }();
  if (!database) return complain(database.error()), exit_refused;
  auto vault = open_vault(call.options);
  auto credentials = open_credentials(call.options);
  if (!credentials) return complain(credentials.error()), exit_refused;
  if (!vault) complain("passwords are not kept: " + vault.error());
  const Instant now = now_of_credentials();
  std::int64_t came = 0, keys_only = 0;
  // The passwords' table has a connection of its own, so its turn is between two accounts' commits. Each of its commits
  // waits for the disk: many accounts share one. It is idempotent too, what a crash loses the next import brings.
  KeptKeys kept(**credentials, now);
  const auto keep = [&](const AccountHead& head, const std::vector<ScramKeys>& keys, const Secret& password) {
    if (!vault) return;
    for (const ScramKeys& one : keys) kept.add(head, kind_of(one.hash), vault->seal(head.jid, one));
    const bool with_password = call.options.vault.keep_passwords && !password.empty();
    if (with_password) kept.add(head, CredentialKind::password, vault->seal_password(head.jid, password.view()));
    ++came;
    keys_only += !with_password;
  };
  job.options.make_keys = vault.ok();
  ImportedWriter writer(**database, keep, report, now);
  OneDomain ours(call.options, job.options.domain, true, writer);
  const bool complete = run_import(job, ours);
  kept.write();
  report.finish(complete);
  say_keys_only(keys_only);
  // This command asks no gateway, which knows the rows.
  if (const auto before = AuthFile::open(call.options.vault.auth_file); came > 0 && before && before->people() > 0)
    complain("who can log in to the broker already has the new keys there after: ferryctl broker apply --auth-file " +
             call.options.vault.auth_file);
  return ours.say() && complete ? exit_done : exit_refused;
}

struct ExportCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using ExportFile = std::unique_ptr<std::FILE, ExportCloser>;

// Of mode 0600; the file of another is not written over without --force.
Result<ExportFile, std::string> new_file(const std::string& path, bool force) {
  const int number = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL), 0600);
  if (number < 0)
    return path + ": " + std::generic_category().message(errno) + (errno == EEXIST ? "; --force writes over it" : "");
  ::fchmod(number, 0600);
  ExportFile file(::fdopen(number, "w"));
  if (!file) return path + ": " + std::generic_category().message(errno);
  return file;
}

// The keys of an account out of the vault; what cannot be opened is said once for each.
std::vector<ScramKeys> keys_of(const Jid& jid, Credentials& credentials, const Vault& vault) {
  std::vector<ScramKeys> out;
  for (const CredentialRecord& record : credentials.of(jid)) {
    if (!hash_of(record.kind)) continue;
    if (auto keys = vault.open_keys(jid, record.kind, record.sealed))
      out.push_back(std::move(*keys));
    else
      complain(jid.str() + ": " + keys.error());
  }
  return out;
}

bool export_store(CtlCall& call, AccountVisitor& writer) {
  if (!usable(call)) return false;
  const AsOwner owner(call.options.store.path);
  auto database = Database::open(call.options.store.path, Database::Create::no);
  if (!database) return complain(database.error().text), false;
  if (const std::string wrong = check_version(**database, migrations()); !wrong.empty()) return complain(wrong), false;
  auto vault = open_vault(call.options);
  auto credentials = open_credentials(call.options);
  if (!vault || !credentials) complain("without passwords: " + (vault ? credentials.error() : vault.error()));
  KeysOf keys;
  if (vault && credentials) keys = [&](const Jid& jid) { return keys_of(jid, **credentials, *vault); };
  visit_imported(**database, writer, keys);
  return true;
}

}  // namespace

int migrate_import(CtlCall& call) {
  ImportJob job;
  if (!read_job(call, job)) return exit_usage;
  const bool wants = call.line.has("--apply");
  if (wants && call.line.has("--dry-run")) return complain("--apply or --dry-run, not both"), exit_usage;
  job.sources = call.words;
  job.options.make_keys = wants;
  MigrateReport report(call.line.json, wants);
  ImportProgress progress;
  job.progress = [&](const std::string& source, std::uint64_t bytes, std::uint64_t all) {
    progress(source, bytes, all, report.said_anything());
  };
  if (wants) return apply(call, job, report);
  OneDomain ours(call.options, job.options.domain, false, report);
  const bool complete = run_import(job, ours);
  report.finish(complete);
  // A dry run needs no configuration; then it is as where no password is kept.
  ours.say();
  say_keys_only(call.options.vault.keep_passwords ? report.with_keys_only() : report.with_keys());
  return complete ? exit_done : exit_refused;
}

int migrate_export(CtlCall& call) {
  const std::string to = call.line.has("--to") ? call.line.value("--to") : "xep0227";
  if (to != "xep0227") return complain("--to " + to + " is not known; expected xep0227"), exit_usage;
  ImportJob job;
  if (!read_job(call, job)) return exit_usage;
  const std::string path = call.words.front();
  auto file = new_file(path, call.line.has("--force"));
  if (!file) return complain(file.error()), exit_refused;
  MigrateReport report(call.line.json, true);
  report.quiet_accounts();
  Xep0227Writer writer(file->get(), report);
  job.sources.assign(call.words.begin() + 1, call.words.end());
  const bool complete = job.sources.empty() ? export_store(call, writer) : run_import(job, writer);
  if (!writer.finish()) return complain(path + ": it could not be written to its end"), exit_refused;
  report.finish(complete);
  return complete ? exit_done : exit_refused;
}

}  // namespace ferry
