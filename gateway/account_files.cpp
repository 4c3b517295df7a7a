#include "gateway/account_files.h"

#include "config/text.h"
#include "gateway/session/tls_files.h"
#include "gateway/store/sealed.h"

namespace ferry {

Problems unfit_account_files(const Options& o) {
  Problems problems;
  if (!o.session.host.empty() && !o.session.cafile.empty())
    if (std::string wrong = cafile_problem(o.session.cafile); !wrong.empty())
      problems.push_back({"[session] cafile", wrong + "; it must hold the CA that signed the server's certificate"});
  if (!o.session.host.empty() && has_private_key(o.session.cafile))
    problems.push_back({"[session] cafile", in_quotes(o.session.cafile) +
                                                " holds a private key too, and others may read it: the certificate "
                                                "alone belongs there: openssl x509 -in FILE -out " +
                                                o.session.cafile});
  if (!o.vault.key_file.empty())
    if (const auto vault = open_vault_of(o.store.path, o.vault.key_file); !vault)
      problems.push_back({"[vault] key-file", format_problem(vault.error())});
  return problems;
}

}  // namespace ferry
