#include "tools/bench.d/load_watch.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace ferry::bench {
namespace {

std::size_t rss_kb(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/statm");
  std::size_t pages = 0, rss = 0;
  file >> pages >> rss;
  return rss * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

double seconds_of(clockid_t clock) {
  timespec t{};
  if (::clock_gettime(clock, &t) != 0) return -1;
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

double cpu_seconds(const std::vector<std::string>& pids) {
  double sum = 0;
  for (const std::string& pid : pids) {
    clockid_t clock{};
    double one = -1;
    if (::clock_getcpuclockid(static_cast<pid_t>(std::stol(pid)), &clock) == 0) one = seconds_of(clock);
    if (one < 0) give_up("no process " + pid);
    sum += one;
  }
  return sum;
}

}  // namespace

double own_cpu() { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

void give_up(const std::string& why) {
  std::fprintf(stderr, "bench_load: %s\n", why.c_str());
  std::exit(1);
}

Watch::Watch(std::string_view text) {
  std::istringstream list{std::string(text)};
  for (std::string item; std::getline(list, item, ',');) {
    const std::string name = item.substr(0, item.find('='));
    auto same = std::find_if(processes_.begin(), processes_.end(), [&](const Process& p) { return p.name == name; });
    if (same == processes_.end()) same = processes_.insert(same, Process{name, {}});
    same->pids.push_back(item.substr(item.find('=') + 1));
  }
}

void Watch::start() {
  for (Process& p : processes_) p.cpu_before = cpu_seconds(p.pids);
  own_before_ = own_cpu();
}

void Watch::stop(double seconds, double own_until) {
  busy_ = seconds > 0 ? (own_until - own_before_) / seconds : 0;
  for (Process& p : processes_) {
    p.cpu = cpu_seconds(p.pids) - p.cpu_before;
    p.rss_kb = 0;
    for (const std::string& pid : p.pids) p.rss_kb += rss_kb(pid);
  }
}

void Watch::print(JsonWriter& w, std::size_t arrivals) const {
  w.field("generator_idle", 1 - busy_).key("processes").begin_object();
  for (const Process& p : processes_) {
    w.key(p.name).begin_object().key("cpu_us");
    arrivals > 0 ? w.value(p.cpu * 1e6 / static_cast<double>(arrivals)) : w.value(JsonView());
    w.field("cpu_s", p.cpu).field("rss_kb", static_cast<std::int64_t>(p.rss_kb)).end_object();
  }
  w.end_object();
}

}  // namespace ferry::bench
