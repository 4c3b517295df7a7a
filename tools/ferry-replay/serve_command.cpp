// `ferry-replay serve`: a capture to a running gateway, as its XMPP server.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <new>

#include "config/text.h"
#include "tools/ferry-replay/commands.h"
#include "tools/ferry-replay/outcome.h"
#include "tools/ferry-replay/serve.h"
#include "translators/values/json.h"

namespace ferry {
namespace replay {
namespace {

constexpr std::size_t shown_wrongs = 20;

int serve_complain(const std::string& text, int code) {
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::fprintf(stderr, "ferry-replay serve: %s\n", text.substr(at, end - at).c_str());
    at = end + 1;
  }
  return code;
}

std::vector<ReplayFlag> serve_flags() {
  std::vector<ReplayFlag> flags = shared_flags();
  flags.insert(
      flags.begin() + 1,
      {{"--listen", "HOST:PORT",
        "where ferryd's component link connects to; if not given, the [component] host and port of the configuration"},
       {"--c2s-listen", "HOST:PORT",
        "where ferryd's sessions of --account log in; if not given, the [session] host and port of the configuration"},
       {"--cert", "FILE",
        "the certificate for these sessions' TLS, PEM, for [component] server's domain, signed by [session] cafile"},
       {"--key", "FILE", "its private key, PEM, without a passphrase"},
       {"--speed", "N", "plays N times as fast as it was recorded; 1 if not given, 0.5 is half"},
       {"--fast", "", "plays as fast as the gateway takes it"},
       {"--expect", "FILE",
        "the output of ferry-replay run for the same capture and options; if not given, it is computed meanwhile"},
       {"--broker-user", "NAME",
        "the broker account that listens; if not given, the gateway's own of [broker]. It must be allowed to read all "
        "users' in/# and ROOT/gw/#, and to write their out/#"},
       {"--broker-password-file", "FILE", "its password; if not given, [broker] password-file"},
       {"--patience", "SECONDS", "ends when nothing has happened for so long, 30 if not given"},
       {"--window", "N",
        "no more than so many results are on their way at once, 4000 if not given; a gateway with 8000 waiting for its "
        "broker drops typing, as it should, and with more than 1000 a headline, which nothing keeps, passes messages"},
       {"--json", "", "the result as one JSON object on standard output"}});
  return flags;
}

void serve_help(const std::vector<ReplayFlag>& flags) {
  std::printf(
      "ferry-replay serve CAPTURE --config FILE [OPTION ...]\n\n"
      "Plays a capture to a running ferryd: it is the XMPP server that ferryd's component link connects to, the one\n"
      "that accounts of the legacy server log in to (--account), and a listener on the broker. Every stanza's result\n"
      "is compared with what the same capture gives offline (ferry-replay run); ids and the present time may differ,\n"
      "each id always in the same way. Measured is the time "
      "from a stanza in the kernel to its publish here.\n\n%s\n%s\n"
      "ferryd needs an empty store, as what it knows already it does not say again, [users] autocreate, and for more\n"
      "than it is meant to take from one sender (--fast) its rates off: [limits] peer-rate = 0, domain-rate = 0.\n"
      "With --account, those to whom the capture writes are in state dual or moved (ferryctl password set, migrate\n"
      "plan, migrate start; also while this waits for them), and ferryd's [session] has this program's host and port.\n"
      "It is no server for people: STARTTLS is required (or [session] direct-tls), but any password, and any\n"
      "certificate that names the account, opens it. Listen on loopback.\n"
      "Stanzas over the size limit are left out. Retained values that a newer one replaced before they were sent are\n"
      "not lost.\n"
      "Exit codes: 0 the same result for everything; 1 something was lost, came twice, out of order or otherwise;\n"
      "2 wrong arguments; 3 could not be done.\n",
      Arguments::describe(flags).c_str(), std::string(played_text()).c_str());
}

// "127.0.0.1:5347", "[::1]:5347"
bool read_listen(const std::string& text, std::string& host, std::uint16_t& port) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const auto [end, problem] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  return problem == std::errc{} && end == text.data() + text.size() && port != 0;
}

// Where sessions come in. Error: what is wrong.
Result<std::unique_ptr<TlsServer>, std::string> read_sessions(const Arguments& arguments, const Options& options,
                                                              ServeSettings& settings) {
  std::unique_ptr<TlsServer> none;
  if (!arguments.has("--account")) {
    for (const char* flag : {"--c2s-listen", "--cert", "--key"})
      if (arguments.has(flag))
        return std::string(flag) + " is for sessions of accounts: --account says which are played to";
    return none;
  }
  settings.session_host = options.session.host == "localhost" ? "127.0.0.1" : options.session.host;
  settings.session_port = options.session.port;
  const std::string where = arguments.value("--c2s-listen");
  if (arguments.has("--c2s-listen") && !read_listen(where, settings.session_host, settings.session_port))
    return "--c2s-listen: expected HOST:PORT, a numeric address, not " + in_quotes(where);
  if (settings.session_host.empty())
    return std::string("--account needs --c2s-listen HOST:PORT, as the configuration has no [session] host");
  if (!arguments.has("--cert") || !arguments.has("--key"))
    return "--account needs --cert FILE and --key FILE: ferryd's sessions take no server without TLS whose certificate "
           "is not for " +
           options.component.server;
  auto tls = TlsServer::open(arguments.value("--cert"), arguments.value("--key"));
  if (tls && !(*tls)->is_for(options.component.server))
    return "--cert: expected a certificate for " + options.component.server +
           " ([component] server), as ferryd looks for that name; " + in_quotes(arguments.value("--cert")) +
           " is for others";
  return tls;
}

std::string read_speed(const std::string& text, double& speed) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), speed);
  constexpr double least = 0.001, most = 1e6;
  if (problem == std::errc{} && end == text.data() + text.size() && speed >= least && speed <= most) return {};
  return "--speed: expected a number from 0.001 to 1000000, not " + in_quotes(text);
}

// Error: one line for each thing that is wrong.
std::string read_serve(const Arguments& arguments, const Options& options, ServeSettings& settings) {
  std::string wrong;
  settings.capture = arguments.words().front();
  if (settings.capture == "-") return "CAPTURE: a file, not standard input: it is read twice";
  settings.host = options.component.host == "localhost" ? "127.0.0.1" : options.component.host;
  settings.port = options.component.port;
  if (arguments.has("--listen") && !read_listen(arguments.value("--listen"), settings.host, settings.port))
    return "--listen: expected HOST:PORT, a numeric address, not " + in_quotes(arguments.value("--listen"));
  if (settings.host.empty()) return "--listen HOST:PORT is missing, and the configuration has no [component] host";
  settings.fast = arguments.has("--fast");
  if (settings.fast && arguments.has("--speed")) return "--fast and --speed: one of them";
  if (arguments.has("--speed"))
    if (wrong = read_speed(arguments.value("--speed"), settings.speed); !wrong.empty()) return wrong;
  const auto patience = arguments.number("--patience", 30, 1, 86'400, wrong);
  if (!patience) return wrong;
  const auto window = arguments.number("--window", settings.window, 1, 1'000'000, wrong);
  if (!window) return wrong;
  settings.window = *window;
  settings.patience = static_cast<Duration>(*patience) * second;
  settings.expect = arguments.value("--expect");
  const auto secret = read_secret(options.component.secret_file);
  if (!secret) return "[component] secret-file: " + format_problem(secret.error());
  settings.component_secret = *secret;
  settings.broker_username = arguments.value("--broker-user", options.broker.username);
  const std::string file = arguments.value("--broker-password-file", options.broker.password_file);
  if (settings.broker_username.empty()) return {};
  const auto password = read_secret(file);
  if (!password) return "the broker account's password: " + format_problem(password.error());
  settings.broker_password = *password;
  return {};
}

void print_json(const Serve& serve, const Matching::Outcome& o) {
  JsonWriter w;
  const auto number = [&](const char* name, std::uint64_t n) { w.field(name, static_cast<std::int64_t>(n)); };
  const Latency& latency = serve.matching().latency();
  w.begin_object().field("same", o.good());
  number("sent", serve.sent());
  number("people", serve.people());
  number("expected", o.expected);
  number("matched", o.matched);
  number("lost", o.lost);
  number("different", o.different);
  number("duplicates", o.duplicates);
  number("unexpected", o.unexpected);
  number("out_of_order", o.disorder);
  number("replaced", o.overtaken);
  number("left_out", serve.left_out());
  number("reconnects", serve.reconnects());
  number("sessions", serve.sessions());
  number("session_reconnects", serve.session_reconnects());
  w.field("seconds", serve.seconds());
  w.key("latency_ms").begin_object();
  number("count", latency.count());
  w.field("p50", latency.quantile_ms(0.5)).field("p90", latency.quantile_ms(0.9));
  w.field("p99", latency.quantile_ms(0.99)).field("max", latency.max_ms());
  w.key("histogram").begin_array();
  latency.each([&](double upto, std::uint64_t n) {
    w.begin_object().field("upto", upto);
    number("count", n);
    w.end_object();
  });
  w.end_array().end_object().key("not_played").begin_object();
  for (const auto& [reason, n] : serve.counts().skipped) w.field(reason, static_cast<std::int64_t>(n));
  w.end_object().end_object();
  std::printf("%s\n", w.take().c_str());
}

void print_text(const Serve& serve, const Matching::Outcome& o) {
  const auto line = [](std::uint64_t n, const char* what) {
    std::printf("%10llu  %s\n", static_cast<unsigned long long>(n), what);
  };
  std::fputs(describe(serve.counts()).c_str(), stdout);
  line(serve.people(), "people were introduced");
  if (serve.sessions() != 0) line(serve.sessions(), "accounts had a session");
  line(serve.sent(), "stanzas sent");
  if (serve.left_out() != 0) line(serve.left_out(), "left out: over the size limit");
  line(o.expected, "publishes and stanzas expected");
  line(o.matched, "came as expected");
  if (o.overtaken != 0) line(o.overtaken, "retained values that a newer one replaced before they were sent");
  line(o.lost, "lost");
  line(o.different, "came with another content");
  line(o.duplicates, "came twice");
  line(o.unexpected, "came unexpectedly");
  line(o.disorder, "came out of order");
  if (serve.reconnects() != 0) line(serve.reconnects(), "times the gateway connected anew");
  if (serve.session_reconnects() != 0) line(serve.session_reconnects(), "times a session logged in anew");
  const double seconds = serve.seconds();
  std::printf("%10.2f  s, %.0f stanzas/s\n", seconds, static_cast<double>(serve.sent()) / std::max(seconds, 0.001));
  const Latency& latency = serve.matching().latency();
  std::printf("from stanza to result: p50 %.2f  p90 %.2f  p99 %.2f  max %.2f ms\n", latency.quantile_ms(0.5),
              latency.quantile_ms(0.9), latency.quantile_ms(0.99), latency.max_ms());
  latency.each([&](double upto, std::uint64_t n) {
    const auto width = static_cast<std::size_t>(60 * n / std::max<std::uint64_t>(1, latency.count()));
    std::printf("  up to %10.3f ms %10llu %s\n", upto, static_cast<unsigned long long>(n),
                std::string(width, '#').c_str());
  });
}

int serve_run(const Arguments& arguments, Setup& setup, ServeSettings settings, std::unique_ptr<TlsServer> tls) {
  const auto& limits = setup.options.limits;
  if (settings.fast && (limits.peer_rate != 0 || limits.domain_rate != 0))
    std::fputs(
        "ferry-replay serve: ferryd's peer-rate or domain-rate is not 0; with --fast it may refuse what comes "
        "too fast, which then is another result than offline\n",
        stderr);
  Serve serve(std::move(settings), setup, std::move(tls));
  if (const std::string wrong = serve.run(); !wrong.empty()) return serve_complain(wrong, 3);
  std::size_t shown = 0;
  std::string first;
  const auto outcome = serve.finish([&](const std::string& text) {
    if (first.empty()) first = text;
    if (shown++ < shown_wrongs) std::fputs(for_people(text).c_str(), stderr);
  });
  if (arguments.has("--json"))
    print_json(serve, outcome);
  else
    print_text(serve, outcome);
  if (arguments.has("--junit")) {
    const auto check = [&](const char* name, std::uint64_t n) {
      return Check{name, n == 0 ? std::string() : std::to_string(n) + " are not so; the first problem: " + first};
    };
    const std::string wrong =
        write_junit(arguments.value("--junit"), "ferry-replay serve",
                    {check("nothing is lost", outcome.lost), check("nothing comes twice", outcome.duplicates),
                     check("everything comes in order", outcome.disorder),
                     check("everything has the result that it has offline", outcome.different + outcome.unexpected)});
    if (!wrong.empty()) return serve_complain(wrong, 3);
  }
  return outcome.good() ? 0 : 1;
}

}  // namespace
}  // namespace replay

int serve_command(const std::vector<std::string>& words) {
  using namespace replay;
  const std::vector<ReplayFlag> flags = serve_flags();
  Arguments arguments(flags, 1, 1);
  if (const std::string wrong = arguments.read(words); !wrong.empty())
    return serve_complain(wrong + "\nferry-replay serve --help says more", 2);
  if (arguments.help()) return serve_help(flags), 0;
  const auto setup = read_setup(arguments);
  if (!setup) return serve_complain(setup.error(), 2);
  ServeSettings settings;
  if (const std::string wrong = read_serve(arguments, (*setup)->options, settings); !wrong.empty())
    return serve_complain(wrong, 2);
  auto tls = read_sessions(arguments, (*setup)->options, settings);
  if (!tls) return serve_complain(tls.error(), 2);
  try {
    return serve_run(arguments, **setup, std::move(settings), *std::move(tls));
  } catch (const StoreFailure& failure) {
    return serve_complain(std::string("the store in memory failed: ") + failure.what(), 3);
  } catch (const std::bad_alloc&) {
    return serve_complain("out of memory; a lower [limits] message-ttl keeps fewer messages", 3);
  }
}

}  // namespace ferry
