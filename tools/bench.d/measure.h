// What a piece of code costs: instructions and nanoseconds of this thread, in user space.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ferry::bench {

struct Cost {
  double ns = 0;
  double instructions = 0;  // 0: the kernel does not let us count
};

// One instance is one hardware counter of this thread (perf_event_open); without the right to it only time is measured.
class Meter {
 public:
  Meter();
  ~Meter();
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;

  bool counts() const { return fd_ >= 0; }
  void start();
  Cost stop();  // since start()

 private:
  int fd_;
  std::uint64_t instructions_ = 0;
  std::int64_t ns_ = 0;
};

double median(std::vector<double> values);

// Keeps a result alive without using it.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

// The cost of one body(i) in nanoseconds of CPU time and in instructions: the median of `batches` batches.
// prepare(size) runs before each batch and is not counted: it makes the inputs that body(0) to body(size - 1) use up.
template <class Prepare, class Body>
Cost measure(Meter& meter, std::size_t batches, std::size_t size, Prepare prepare, Body body) {
  std::vector<double> ns, instructions;
  for (std::size_t batch = 0; batch < batches + 1; ++batch) {
    prepare(size);
    meter.start();
    for (std::size_t i = 0; i < size; ++i) body(i);
    const Cost cost = meter.stop();
    if (batch == 0) continue;  // caches and branch predictors warm up
    ns.push_back(cost.ns / static_cast<double>(size));
    instructions.push_back(cost.instructions / static_cast<double>(size));
  }
  return {median(std::move(ns)), median(std::move(instructions))};
}

}  // namespace ferry::bench
