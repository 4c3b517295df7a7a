// Whom ferryctl asks: the gateway that runs, by its control socket; or, where none does, the brain itself over the
// store.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "config/options.h"
#include "translators/values/json.h"
#include "translators/values/result.h"

namespace ferry {

struct Answer {
  std::string text;  // as it came
  JsonDocument json;
  JsonView operator[](std::string_view key) const { return json.root()[key]; }
  bool ok() const { return (*this)["ok"].boolean().value_or(false); }
  std::string error() const { return std::string((*this)["error"].string().value_or("the gateway gave no reason")); }
};

// One instance is one conversation.
class AnyGateway {
 public:
  virtual ~AnyGateway() = default;
  virtual bool running() const = 0;
  virtual std::string_view absence() const { return {}; }  // what to say of one that does not run
  // command: one JSON object (gateway/brain/admin.h) of at most max_command bytes. Error: no answer, and what to do.
  virtual Result<Answer, std::string> ask(const std::string& command) = 0;
  static constexpr std::size_t max_command = 12U << 20;
};

enum class Access {
  none,     // no gateway and no store are opened; the configuration may be missing or wrong
  options,  // no gateway and no store are opened
  look,     // a store that is missing is not made
  change
};

// Error: a text for people. A gateway that does not run is that process's alone: its store is locked meanwhile.
Result<std::unique_ptr<AnyGateway>, std::string> open_gateway(const Options& options, Access access);

// Its store. owned: not opened, as another process has it; that may be a ferryd that is just starting.
Result<std::unique_ptr<AnyGateway>, std::string> open_stopped_gateway(const Options& options, Access access,
                                                                      bool& owned);

}  // namespace ferry
