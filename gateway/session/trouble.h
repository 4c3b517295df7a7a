// Why a log-in or a connection ended, from what libstrophe says about it: pure, and without its header.
#pragma once

#include <string>
#include <string_view>

#include "gateway/session/worker_frames.h"

namespace ferry {

// What is known of one connection. The library has one event for every end; its log lines tell them apart.
struct Trouble {
  bool tcp = false, secured = false, connected = false;  // how far it got; connected: authenticated and bound
  bool handshake_timed_out = false;
  bool no_way_in = false;  // every SASL mechanism was tried
  int error = 0;           // errno, or OpenSSL's
  std::string sasl_condition, tls_problem, said;
  std::string stream_condition, stream_text;

  // One log line; they hold passwords' proofs and bodies, so only known words are kept.
  void listen(bool is_error, std::string_view area, std::string_view line);
};

WorkerDown why_down(const Trouble& trouble);
std::string stream_condition(int type);  // of an xmpp_error_type_t, which is in RFC 3920's order

}  // namespace ferry
