// ferryd: reads the options and runs a gateway. Exit codes: 0 clean stop, 2 bad configuration, 1 anything else.
#include <cstdio>
#include <filesystem>
#include <utility>

#include "config/text.h"
#include "config/unencrypted.h"
#include "gateway/account_files.h"
#include "gateway/privileges.h"
#include "gateway/reload.h"
#include "gateway/run.h"
#include "gateway/session/tls_files.h"
#include "gateway/store/database.h"

namespace ferry {
namespace {

void print(std::FILE* to, const std::string& text) { std::fputs((text + "\n").c_str(), to); }

// What the options alone can tell; the rows of the store come with the store.
Problems check_routes(const Options& options) {
  Problems problems;
  MappingTable table = make_table(options);
  fill_table(table, route_rows(options), problems);
  constexpr int mqtt311 = 4;
  if (options.broker.protocol == mqtt311)
    for (Problem& p : needs_mqtt5(route_rows(options))) problems.push_back(std::move(p));
  return problems;
}

// What forbids no start, and may still be a mistake.
void add_notes(const Options& options, Problems& problems) {
  for (Problem& p : strange_environment(environment_names())) problems.push_back(std::move(p));
  const std::vector<Row> rows = route_rows(options);
  std::vector<const Row*> all;
  for (const Row& row : rows) all.push_back(&row);
  for (Problem& p : nobody_at(options.component.domain, all)) problems.push_back(std::move(p));
}

// Before anything is opened. False: it cannot be that user, or that user cannot work with these files.
bool settle_in(const Options& options) {
  if (!options.process.user.empty()) {
    if (const std::string wrong = become(options.process.user); !wrong.empty()) {
      std::fputs(("[process] user: " + wrong + "\n").c_str(), stderr);
      return false;
    }
    const Problems problems = unfit_files(options);
    print(problems);
    if (any_error(problems)) return false;
  }
  keep_to_ourselves();
  return true;
}

void check_files_of_accounts(const Options& o, Problems& problems) {
  for (Problem& p : unfit_account_files(o)) problems.push_back(std::move(p));
  std::error_code none;
  for (const auto& file : std::filesystem::directory_iterator(o.session.certificates, none))
    if (file.path().extension() == ".crt")
      if (std::string wrong =
              certificate_problem(file.path(), std::filesystem::path(file.path()).replace_extension(".key"));
          !wrong.empty())
        problems.push_back({"[session] certificates", std::move(wrong), true});  // one person's
  if (!o.session.certificates.empty() && none)
    problems.push_back({"[session] certificates", in_quotes(o.session.certificates) + ": " + none.message()});
}

int start(int argc, char** argv) {
  Problems problems;
  const Options options = load(argc, argv, process_environment(), problems);
  if (options.action == Action::help && !any_error(problems)) {
    std::fputs(help_text("ferryd").c_str(), stdout);
    return 0;
  }
  if (options.action == Action::version && !any_error(problems)) {
    print(stdout, "ferryd " FERRY_VERSION);
    return 0;
  }
  for (Problem& p : check_routes(options)) problems.push_back(std::move(p));
  if (any_error(problems)) {
    for (Problem& p : strange_environment(environment_names())) problems.push_back(std::move(p));
    print(problems);
    return exit_bad_configuration;
  }
  if (!settle_in(options)) return exit_bad_configuration;
  if (options.action == Action::run) return run(argc, argv, options);
  add_notes(options, problems);
  for (Problem& p : unencrypted_links(options)) problems.push_back(std::move(p));
  for (Problem& p : unfit_store(options)) problems.push_back(std::move(p));
  check_files_of_accounts(options, problems);
  print(problems);
  if (any_error(problems)) return exit_bad_configuration;
  print(stdout, "the configuration is good");
  return 0;
}

}  // namespace
}  // namespace ferry

int main(int argc, char** argv) {
  try {
    return ferry::start(argc, argv);
  } catch (const ferry::StoreFailure& failure) {
    std::fprintf(stderr, "the store failed: %s\n", failure.what());
  } catch (const std::exception& failure) {  // out of memory; a bug
    std::fprintf(stderr, "ferryd ends: %s\n", failure.what());
  }
  return ferry::exit_failure;
}
