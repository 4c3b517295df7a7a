// The PEM files that a session's TLS needs, looked at before they are used: libstrophe has one sentence for each file
// that it cannot use, and the same one for a server without TLS.
#pragma once

#include <string>

namespace ferry {

// Empty: good. Otherwise which file, and what is wrong with it.
std::string cafile_problem(const std::string& cafile);

// Of a file that is to hold certificates alone: does it say that it has a key, which is nobody else's business?
bool has_private_key(const std::string& file);
std::string certificate_problem(const std::string& certificate_file, const std::string& key_file);

}  // namespace ferry
