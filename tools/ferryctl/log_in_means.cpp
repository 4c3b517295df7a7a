// What a session logs in to the legacy server with: a certificate, or a password that is kept.
#include <algorithm>
#include <filesystem>

#include "tools/ferryctl/as_owner.h"
#include "tools/ferryctl/credential_access.h"
#include "tools/ferryctl/print.h"
#include "translators/values/uid.h"

namespace ferry {

bool has_certificate(const Options& options, const Jid& jid) {
  const auto uid = to_uid(jid);
  std::error_code unknown;
  return !options.session.certificates.empty() && uid &&
         std::filesystem::exists(options.session.certificates + "/" + *uid + ".crt", unknown);
}

void say_who_cannot_log_in(CtlCall& call) {
  if (call.options.session.host.empty())
    return complain("no session can come up: [session] host is not set, nor what goes with it");
  const auto credentials = open_credentials(call.options);
  if (!credentials) return;
  std::int64_t without = 0, asked = 0;
  std::string first;
  const std::string cohort = call.line.value("--cohort");
  const std::string wrong =
      each_listed(call.gateway, "migrate.list", {{"cohort", cohort}}, "accounts", [&](JsonView a) {
        const auto jid = Jid::parse(text_of(a, "jid"));
        if (!jid || (cohort.empty() && std::find(call.words.begin(), call.words.end(), jid->str()) == call.words.end()))
          return true;
        if (!cohort.empty() && a["back_by_name"].boolean().value_or(false)) return true;  // no start means them
        bool password = false, ask = false;
        {
          const AsOwner owner(call.options.store.path);
          for (const CredentialRecord& record : (*credentials)->of(*jid)) {
            password = password || record.kind == CredentialKind::password;
            ask = ask || record.kind == CredentialKind::ask;
          }
        }
        if (password || has_certificate(call.options, *jid)) return true;
        asked += ask;
        without += !ask;
        if (!ask && first.empty()) first = jid->str();
        return true;
      });
  if (!wrong.empty()) return complain(wrong);
  if (without > 0)
    complain(counted(without, "account has", "accounts have") +
             " neither a certificate nor a password that is kept, so no session: the first is " + first +
             "; ferryctl password set (with [vault] keep-passwords) or [session] certificates");
  if (asked > 0)
    complain(counted(asked, "account waits for its owner's", "accounts wait for their owners'") +
             " first log-in to the broker, which is open to them from --to dual on; until then there is no session");
}

}  // namespace ferry
