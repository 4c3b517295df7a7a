// A gateway that does not run: the brain without links, over the store. The same commands, the same answers.
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <random>

#include "config/text.h"
#include "gateway/brain/brain.h"
#include "gateway/store/store.h"
#include "tools/ferryctl/as_owner.h"
#include "tools/ferryctl/print.h"
#include "tools/ferryctl/transport.h"

namespace ferry {
namespace {

Instant system_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::array<std::uint64_t, 2> chance() {
  std::random_device device;
  const auto word = [&] { return static_cast<std::uint64_t>(device()) << 32 | device(); };
  return {word(), word()};
}

class StoppedGateway final : public AnyGateway {
 public:
  StoppedGateway(const Options& options, std::unique_ptr<Store> store, bool stored)
      : options_(options),
        stored_(stored),
        store_(std::move(store)),
        table_(options.broker.root, options.broker.username,
               options.config_file.empty() ? "route" : options.config_file) {
    store_->begin();
    std::vector<Row> rows = route_rows(options);
    store_->each_route([&](std::string_view text) {
      auto row = parse_row(text);
      if (!row) {
        complain("the store has a row that cannot be read, " + in_quotes(text) + ": " + row.error());
        return;
      }
      row->from_store = true;
      rows.push_back(*std::move(row));
    });
    table_.set_rows(std::move(rows));  // what is wrong is said by: map check
    brain_ = std::make_unique<Brain>(options_, table_, *store_, chance(), FERRY_VERSION);
    brain_->start(system_now());
    store_->commit();
    brain_->take_effects();
  }
  ~StoppedGateway() override {
    const AsOwner owner(options_.store.path);  // SQLite tidies up when it closes
    brain_.reset();
    store_.reset();
  }
  StoppedGateway(const StoppedGateway&) = delete;
  StoppedGateway& operator=(const StoppedGateway&) = delete;

  bool running() const override { return false; }
  std::string_view absence() const override {
    return stored_ ? "the gateway is not running; this is its store"
                   : "the gateway is not running and has no store yet; this is what its configuration says";
  }

  Result<Answer, std::string> ask(const std::string& command) override {
    const AsOwner owner(options_.store.path);
    const auto document = JsonDocument::parse(command);
    if (!document) return "not JSON: " + document.error().text;
    try {
      store_->begin();
      std::string text = brain_->on_command(document->root(), system_now());
      store_->commit();
      const Effects unsent = brain_->take_effects();
      if (!unsent.publishes.empty())
        complain("the broker keeps " +
                 counted(static_cast<std::int64_t>(unsent.publishes.size()), "retained topic", "retained topics") +
                 " that could not be cleared, as the gateway does not run");
      auto json = JsonDocument::parse(text);
      if (!json) return "not JSON: " + json.error().text;
      return Answer{std::move(text), *std::move(json)};
    } catch (const StoreFailure& failure) {
      store_->rollback();
      return "the store failed, nothing was changed: " + std::string(failure.what());
    }
  }

 private:
  const Options& options_;
  bool stored_;
  std::unique_ptr<Store> store_;
  MappingTable table_;
  std::unique_ptr<Brain> brain_;
};

}  // namespace

Result<std::unique_ptr<AnyGateway>, std::string> open_stopped_gateway(const Options& options, Access access,
                                                                      bool& owned) {
  const std::string& path = options.store.path;
  std::error_code no_error;
  const bool missing = !std::filesystem::exists(path, no_error) && !no_error;
  const AsOwner owner(path);
  auto store = Store::open(missing && access == Access::look ? ":memory:" : path, options.store.durability);
  owned = !store && store.error().trouble == StoreTrouble::owned;
  if (!store)
    return store.error().text + "\nno gateway answers at " + options.control.socket +
           ", and its store could not be opened; does ferryd run with another [control] socket, or as another user?" +
           (::getuid() != 0 ? " Run ferryctl as root or as ferryd's user" : "");
  try {
    const bool stored = !missing || access != Access::look;
    return std::unique_ptr<AnyGateway>(std::make_unique<StoppedGateway>(options, *std::move(store), stored));
  } catch (const StoreFailure& failure) { return "the store failed: " + std::string(failure.what()); }
}

}  // namespace ferry
