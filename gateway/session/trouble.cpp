#include "gateway/session/trouble.h"

#include <array>
#include <cerrno>
#include <cstring>

namespace ferry {
namespace {

constexpr std::array<std::string_view, 11> sasl_conditions{
    "account-disabled",      "credentials-expired", "encryption-required", "incorrect-encoding", "invalid-authzid",
    "invalid-mechanism",     "malformed-request",   "mechanism-too-weak",  "not-authorized",     "aborted",
    "temporary-auth-failure"};
constexpr std::array<std::string_view, 24> stream_conditions{"bad-format",
                                                             "bad-namespace-prefix",
                                                             "conflict",
                                                             "connection-timeout",
                                                             "host-gone",
                                                             "host-unknown",
                                                             "improper-addressing",
                                                             "internal-server-error",
                                                             "invalid-from",
                                                             "invalid-id",
                                                             "invalid-namespace",
                                                             "invalid-xml",
                                                             "not-authorized",
                                                             "policy-violation",
                                                             "remote-connection-failed",
                                                             "resource-constraint",
                                                             "restricted-xml",
                                                             "see-other-host",
                                                             "system-shutdown",
                                                             "undefined-condition",
                                                             "unsupported-encoding",
                                                             "unsupported-stanza-type",
                                                             "unsupported-version",
                                                             "not-well-formed"};
constexpr std::string_view certificate_failed = "Certificate verification FAILED, result=";
constexpr std::string_view failure = "RECV: <failure";
constexpr std::string_view certificate_advice =
    "its certificate must name the accounts' domain, be valid today, and be signed by what session.cafile holds";

constexpr std::string_view removed_advice =
    "its server has no such account any more: ferryctl migrate back --keep lets it go, ferryctl password set tries "
    "again";

// Prosody's and ejabberd's words to the sessions of an account that is being deleted.
bool account_removed(const Trouble& t) {
  return (t.stream_condition == "not-authorized" && t.stream_text == "Account deleted") ||
         (t.stream_condition == "conflict" && t.stream_text == "User removed");
}

// Of a conflict. ejabberd ends sessions with one that an administrator puts out, in the administrator's words.
bool by_another(const std::string& text) { return text.empty() || text == "Replaced by new connection"; }

// The old password, which is kept, still opens the broker; both are mended by one command.
constexpr std::string_view refused_advice =
    "was its password changed at the server, or the account deleted? ferryctl password set --replace JID, or password "
    "remove JID and password ask JID; else the certificate is not one that the server takes";

WorkerDown tls_down(std::string reason) {
  return {SessionDown::Why::tls, true, std::move(reason), std::string(certificate_advice)};
}

}  // namespace

std::string stream_condition(int type) {
  const auto i = static_cast<std::size_t>(type);
  return std::string(type >= 0 && i < stream_conditions.size() ? stream_conditions[i] : "undefined-condition");
}

void Trouble::listen(bool is_error, std::string_view area, std::string_view line) {
  if (line.starts_with(failure)) {
    sasl_condition = "not-authorized";
    for (const std::string_view condition : sasl_conditions)
      if (line.find("<" + std::string(condition)) != std::string_view::npos) sasl_condition = condition;
  } else if (area == "tls" && line.starts_with(certificate_failed)) {
    tls_problem = line.substr(certificate_failed.size(), 80);
  } else if (is_error && line.find("Cannot authenticate with known methods") != std::string_view::npos) {
    no_way_in = true;
  } else if (is_error && line.find("Password hasn't been set") != std::string_view::npos) {
    no_way_in = true;
    said = "the server takes no certificate for this account, and there is no password";
  } else if (is_error && line.starts_with("TLS is not supported")) {
    tls_problem = "the server offers no TLS";
  } else if (is_error && line == "Binding failed.") {
    said = "the server refused the resource";
  }
}

WorkerDown why_down(const Trouble& t) {
  using Why = SessionDown::Why;
  if (!t.stream_condition.empty()) {
    const std::string reason =
        "stream error " + t.stream_condition + (t.stream_text.empty() ? "" : ": " + t.stream_text.substr(0, 200));
    if (t.connected && account_removed(t)) return {Why::auth_failed, true, reason, std::string(removed_advice)};
    if (t.stream_condition == "conflict" && t.connected)
      return {Why::conflict, true, reason,
              by_another(t.stream_text) ? "somebody else logs in with this account's resource: another gateway?"
                                        : "an administrator of the server, or somebody else with its resource"};
    if (t.stream_condition == "host-unknown" || t.stream_condition == "host-gone")
      return {Why::host_unknown, true, reason,
              "does this server serve the accounts' domain, [component] server, and is [session] port the one for "
              "clients?"};
    // What a component's port says to a client; nothing else of a server's does.
    if (t.stream_condition == "invalid-namespace")
      return {Why::lost, true, reason, "is [session] port the one for clients, mostly 5222, and not the components'?"};
    return {Why::lost, true, reason, {}};
  }
  if (t.handshake_timed_out && !t.secured) return {Why::lost, true, "the server did not finish the TLS handshake", {}};
  if (t.no_way_in) {
    const bool passes = t.sasl_condition == "temporary-auth-failure" || t.sasl_condition == "aborted";
    const std::string reason = !t.said.empty()            ? t.said
                               : t.sasl_condition.empty() ? "no way to log in that both sides know"
                                                          : "the server refused the log-in: " + t.sasl_condition;
    return {passes ? Why::lost : Why::auth_failed, true, reason, passes ? "" : std::string(refused_advice)};
  }
  if (!t.tls_problem.empty() && !t.secured) return tls_down(t.tls_problem);
  const bool network = t.error == 0 || t.error == ECONNRESET || t.error == ETIMEDOUT || t.error == ECONNREFUSED ||
                       t.error == ECONNABORTED;
  if (t.tcp && !t.secured && !network) return tls_down("the TLS handshake failed");
  if (!t.said.empty()) return {Why::lost, t.tcp, t.said, {}};
  if (!t.tcp) return {Why::lost, false, "no connection", {}};
  if (t.error == 0) return {Why::lost, true, "the server closed the stream", {}};
  return {Why::lost, true, network ? std::strerror(t.error) : "the connection is broken", {}};
}

}  // namespace ferry
