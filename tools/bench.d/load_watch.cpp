#include "tools/bench.d/load_watch.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace ferry::bench {
namespace {

double cpu_seconds(const std::string& pid) {
  clockid_t clock{};
  timespec t{};
  if (::clock_getcpuclockid(static_cast<pid_t>(std::stol(pid)), &clock) != 0 || ::clock_gettime(clock, &t) != 0)
    give_up("no process " + pid);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

std::size_t rss_kb(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/statm");
  std::size_t pages = 0, rss = 0;
  file >> pages >> rss;
  return rss * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

double own_cpu() {
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

}  // namespace

void give_up(const std::string& why) {
  std::fprintf(stderr, "bench_load: %s\n", why.c_str());
  std::exit(1);
}

Watch::Watch(std::string_view text) {
  std::istringstream list{std::string(text)};
  for (std::string item; std::getline(list, item, ',');)
    processes_.push_back({item.substr(0, item.find('=')), item.substr(item.find('=') + 1)});
}

void Watch::start() {
  for (Process& p : processes_) p.cpu_before = cpu_seconds(p.pid);
  own_before_ = own_cpu();
}

void Watch::stop(double seconds) {
  busy_ = seconds > 0 ? (own_cpu() - own_before_) / seconds : 0;
  for (Process& p : processes_) {
    p.cpu = cpu_seconds(p.pid) - p.cpu_before;
    p.rss_kb = rss_kb(p.pid);
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
