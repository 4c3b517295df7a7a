// The routes: from the configuration and from the store, at the start and again on SIGHUP. And what else SIGHUP does.
#pragma once

#include "config/mapping.h"
#include "config/options.h"
#include "gateway/brain/brain.h"
#include "gateway/clock.h"
#include "gateway/log.h"
#include "gateway/service.h"

namespace ferry {

MappingTable make_table(const Options& options);  // empty

// The rows of the configuration and those that were added by hand (in the tick's transaction). Appends what is wrong
// with stored rows; what is wrong with the others load() has said.
std::vector<Row> all_rows(const Options& options, Records& records, Problems& problems);

// Puts the rows into the table and appends everything that is wrong with them together, each problem once.
void fill_table(MappingTable& table, std::vector<Row> rows, Problems& problems);

// SIGHUP: the routes, log.level and log.messages of the file as it is now; with an error in it, nothing changes. Other
// keys that changed are named: they need a restart. Secrets and certificates are read whenever a link connects.
class Reload {
 public:
  struct Parts {
    Options& running;
    MappingTable& table;
    Records& records;
    Brain& brain;
    Log& log;
    const Clock& clock;
    Service& service;
  };
  Reload(int argc, char** argv, Parts parts) : argc_(argc), argv_(argv), p_(parts) {}

  void operator()();  // inside the tick's transaction

 private:
  void apply();
  void say(LogLine::Level level, std::string text);

  int argc_;
  char** argv_;
  Parts p_;
};

}  // namespace ferry
