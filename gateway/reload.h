// The routes: from the configuration and from the store, at the start and again on SIGHUP.
#pragma once

#include "config/mapping.h"
#include "config/options.h"
#include "gateway/brain/records.h"

namespace ferry {

// The rows of the configuration and those that were added by hand (in the tick's transaction). Appends what is wrong
// with stored rows; what is wrong with the others load() has said.
std::vector<Row> all_rows(const Options& options, Records& records, Problems& problems);

// Puts the rows into the table and appends everything that is wrong with them together, each problem once.
void fill_table(MappingTable& table, std::vector<Row> rows, Problems& problems);

}  // namespace ferry
