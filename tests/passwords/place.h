// A folder with the files of the plugin, and a gate over them.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "gateway/plugin/gate.h"
#include "tests/store/temporary.h"

namespace ferry {
namespace passwords_test {

inline void put_file(const std::string& path, std::string_view text, mode_t mode) {
  std::ofstream(path + ".new") << text;
  ::chmod((path + ".new").c_str(), mode);
  std::filesystem::rename(path + ".new", path);
}

inline constexpr const char* bob = "bob@mqtt.corp.example";
inline constexpr const char* eve = "eve@mqtt.corp.example";

class Place {
 public:
  Place() {
    rules_.gateway = "ferry";
    rules_.own = {{AccessRules::Access::readwrite, "im/v1/#"}, {AccessRules::Access::read, "$SYS/broker/uptime"}};
    rules_.status = "im/v1/gw/status";
    rules_.bases = {"im/v1/u/%u"};
    rules_.sections = {{"carol", "staff/carol/chat"}};
    put_file(folder_.file("key"), vault_.derived(broker_purpose).key_file_text().view(), 0600);
    write({{bob, "pencil"}, {eve, "evil"}});
  }

  void write(const std::vector<std::pair<std::string, std::string>>& people,
             const std::vector<std::string>& asked = {}) {
    AuthFileText text(rules_, vault_);
    for (const auto& [login, password] : people)
      for (const ScramHash hash : {ScramHash::sha1, ScramHash::sha256})
        text.add_keys(login, login, *derive(hash, password, "salt of 16 bytes", 50));
    for (const std::string& login : asked) text.add_ask(login, login);
    put_file(folder_.file("auth"), text.text(), 0640);
  }

  Gate& gate(GateOptions options = {}) {
    options.auth_file = folder_.file("auth");
    options.key_file = folder_.file("key");
    auto opened = Gate::open(std::move(options), [this](Gravity, const std::string& line) { log_ += line + "\n"; });
    EXPECT_TRUE(opened) << opened.error();
    gate_ = *std::move(opened);
    return *gate_;
  }

  std::string file(const std::string& name) const { return folder_.file(name); }
  const std::string& log() const { return log_; }
  AccessRules& rules() { return rules_; }
  const Vault& vault() const { return vault_; }

 private:
  TemporaryFolder folder_;
  Vault vault_ = *Vault::parse(Vault::new_key_file().view(), "key");
  AccessRules rules_;
  std::string log_;
  std::unique_ptr<Gate> gate_;
};

inline Attempt from(std::string_view login, std::string_view client_id, std::string_view address = "10.0.0.1") {
  return {login, client_id, address};
}

}  // namespace passwords_test
}  // namespace ferry
