// What the watched processes and the generator itself used while a run went on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "translators/values/json.h"

namespace ferry::bench {

[[noreturn]] void give_up(const std::string& why);

double own_cpu();  // s, of the generator until now

// One instance is one measurement.
class Watch {
 public:
  explicit Watch(std::string_view list);  // NAME=PID[,NAME=PID]; those of one name are added up
  void start();
  void stop(double seconds, double own_until);  // how long the run was; own_cpu() at its end
  void print(JsonWriter& w,
             std::size_t arrivals) const;  // generator_idle, processes; CPU for each arrival: null if none

 private:
  struct Process {
    std::string name;
    std::vector<std::string> pids;
    double cpu_before = 0, cpu = 0;  // s
    std::size_t rss_kb = 0;
  };
  std::vector<Process> processes_;
  double own_before_ = 0, busy_ = 0;
};

}  // namespace ferry::bench
