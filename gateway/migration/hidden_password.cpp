#include "gateway/migration/hidden_password.h"

#include "config/text.h"
#include "gateway/passwords/vault.h"
#include "translators/values/base64.h"

namespace ferry {
namespace {

// Its key is made by this process, and gone with it.
const Vault& vault_of_stage() {
  static const Vault vault = *Vault::parse(Vault::new_key_file().view(), "the stage");
  return vault;
}

Jid owner_in_stage() { return *Jid::parse("stage.invalid"); }

}  // namespace

// The stage is a file: keys may stand in it for a while, a password only so that nobody but this process can read it.
void hide_password(SqlValue& value, bool make_keys) {
  if (value.kind != SqlValue::Kind::text || value.text.empty()) return;
  std::string staged = "?";
  if (make_keys) {
    const auto sha1 = derive(ScramHash::sha1, value.text), sha256 = derive(ScramHash::sha256, value.text);
    if (sha1 && sha256)
      staged = std::string(scram_keys_text(*sha1).view()) + ';' + std::string(scram_keys_text(*sha256).view()) + ';' +
               to_base64(vault_of_stage().seal_password(owner_in_stage(), value.text));
    else
      staged = "!" + (sha1 ? sha256.error() : sha1.error());
  }
  Secret::wipe(value.text);
  value.text = std::move(staged);
}

void take_hidden_password(Intake& intake, const Place& place, std::string_view staged) {
  if (staged == "?") return intake.password(place, "dry run");  // no keys are made of it
  if (staged.starts_with('!'))
    return intake.lost(place, "password", std::string(staged.substr(1)),
                       "give the account another one on the old server");
  const auto both = split(staged, ';');
  for (std::size_t i = 0; i < both.size() && i < 2; ++i)
    if (auto keys = scram_keys_of(i == 0 ? ScramHash::sha1 : ScramHash::sha256, both[i]))
      intake.keys(place, std::move(*keys));
  const auto sealed = both.size() == 3 ? from_base64(both[2]) : std::nullopt;
  if (!sealed) return;
  if (const auto password = vault_of_stage().open_password(owner_in_stage(), *sealed))
    intake.clear_password(password->view());
}

}  // namespace ferry
