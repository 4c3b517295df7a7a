// The commands of ferry-replay. Each gets the arguments after its name and returns the exit code:
// 0 done; 1 done, with differences, losses or damage beyond what was allowed; 2 wrong arguments; 3 could not be done.
#pragma once

#include <string>
#include <vector>

namespace ferry {

int import_command(const std::vector<std::string>& arguments);
int run_command(const std::vector<std::string>& arguments);
int serve_command(const std::vector<std::string>& arguments);
int report_command(const std::vector<std::string>& arguments);

}  // namespace ferry
