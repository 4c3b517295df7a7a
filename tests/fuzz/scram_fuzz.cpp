// Any bytes as the messages of a SCRAM log-in: never accepted, refused with an error of RFC 5802; and any text as key
// file or keys.
#include <string>
#include <string_view>

#include "gateway/passwords/scram.h"
#include "gateway/passwords/vault.h"
#include "tests/fuzz/bytes.h"

namespace {

using ferry::fuzz::require;

const ferry::FakeKeys& fake() {
  static const ferry::FakeKeys keys{ferry::Secret("secret"), 24, 1};
  return keys;
}

void sound(const ferry::ScramServer::Step& step) {
  require(step.outcome != ferry::ScramServer::Outcome::accepted, "nobody knows the keys", step.send);
  if (step.outcome != ferry::ScramServer::Outcome::refused) return;
  require(!step.reason.empty() && step.send == "e=" + step.reason, "an error that can be sent", step.send);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = text.find('\n');
  const std::string_view first = text.substr(0, cut);
  std::string final(cut == std::string_view::npos ? std::string_view() : text.substr(cut + 1));
  ferry::ScramServer login(
      ferry::ScramHash::sha1,
      [](std::string_view user) {
        return ferry::ScramServer::Found{fake().keys(ferry::ScramHash::sha1, user), true};
      },
      "servernonce");
  const auto challenge = login.first(first);
  sound(challenge);
  if (challenge.outcome == ferry::ScramServer::Outcome::challenge) {
    // "R" stands for the nonce that the server has made of the client's: else no input gets past it.
    const std::string nonce = challenge.send.substr(2, challenge.send.find(',') - 2);
    if (const std::size_t at = final.find("r=R"); at != std::string::npos) final.replace(at + 2, 1, nonce);
    require(!login.user().empty(), "a user");
  }
  sound(login.final(final));
  if (const auto keys = ferry::scram_keys_of(ferry::ScramHash::sha1, text))
    require(ferry::scram_keys_text(*keys).view().size() >= 4 && ferry::problem_of(*keys).empty(),
            "keys that can be used");
  if (const auto vault = ferry::Vault::parse(text, "key")) require(vault->keys() >= 1, "a key");
  return 0;
}
