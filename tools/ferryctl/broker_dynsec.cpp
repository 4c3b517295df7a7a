// ferryctl broker apply --dynsec: Mosquitto's dynamic-security plugin, by its topics.
#include <functional>
#include <memory>
#include <random>

#include "gateway/links/broker_advice.h"
#include "tools/ferryctl/broker_access.h"
#include "tools/ferryctl/print.h"
#include "tools/ferryctl/probe.h"

namespace ferry {
namespace {

constexpr const char* control_topic = "$CONTROL/dynamic-security/v1";
constexpr const char* response_topic = "$CONTROL/dynamic-security/v1/response";
// The plugin writes its whole file for each command and the broker stands still meanwhile; between two batches the
// others have their turn.
constexpr std::size_t batch_commands = 100;
constexpr int page = 500;                // of a list
constexpr int answer_ms = 120'000;       // a batch with 5,000 users takes 10 s
constexpr int first_answer_ms = 10'000;  // whether there is a plugin at all

class Plugin {
 public:
  Plugin(const Options& options, Login login) : login_(std::move(login)) {
    trial_.host = options.broker.host;
    trial_.port = options.broker.port;
    trial_.cafile = options.broker.cafile;
    constexpr int mqtt5 = 5;
    trial_.mqtt5 = options.broker.protocol == mqtt5;
    trial_.wait = first_answer_ms;
    std::random_device chance;
    probe_ = std::make_unique<Probe>(trial_, "ferryctl-" + std::to_string(chance()) + std::to_string(chance()), login_);
  }

  std::string connect() {
    constexpr int unsupported_protocol = 0x84;
    int reason = probe_->connect();
    if (reason == unsupported_protocol && trial_.mqtt5) {
      trial_.mqtt5 = false;
      reason = probe_->connect();
    }
    if (reason > 0) return "the broker refuses " + login_.username + ": " + broker_refusal(reason);
    if (reason < 0) return "no connection to the broker: " + probe_->lost_reason();
    if (probe_->subscribe(response_topic) != Probe::Subscribed::granted)
      return login_.username + " may not read " + response_topic + ": it must be an administrator of the plugin";
    return {};
  }

  // The answers to a batch, in order. Error: none came, or the plugin refused one of them.
  std::string ask(const std::string& commands, const std::function<bool(JsonView data)>& visit) {
    const std::size_t before = probe_->received().size();
    const auto puback = probe_->publish(control_topic, commands);
    if (!puback) return "the connection was lost: " + probe_->lost_reason();
    constexpr int first_refusal = 0x80;
    if (*puback >= first_refusal)
      return login_.username + " may not write " + control_topic + " (" + broker_refusal(*puback) +
             "): it must be an administrator of the plugin";
    trial_.run_until([&] { return probe_->received().size() > before || !probe_->connected(); });
    if (probe_->received().size() == before)
      return "the dynamic-security plugin does not answer: is it loaded (plugin …/mosquitto_dynamic_security.so)?";
    const auto answer = JsonDocument::parse(probe_->received().back().payload);
    probe_->forget();
    if (!answer) return "the plugin's answer is not JSON";
    std::string wrong;
    answer->root()["responses"].each([&](JsonView r) {
      if (!wrong.empty()) return;
      const std::string name(r["command"].string().value_or("?"));
      if (const auto error = r["error"].string())
        wrong = name + ": " + printable(*error);
      else if (visit && !visit(r["data"]))
        wrong = name + ": an answer of another shape than the plugin of Mosquitto 2.0 gives";
    });
    return wrong;
  }

  std::string read(dynsec::State& into) {
    if (std::string wrong = ask(R"({"commands":[{"command":"getDefaultACLAccess"}]})",
                                [&](JsonView data) { return dynsec::read_defaults(data, into); });
        !wrong.empty())
      return wrong;
    trial_.wait = answer_ms;
    if (std::string wrong = list("listRoles", "roles", [&](JsonView d) { return dynsec::read_roles(d, into); });
        !wrong.empty())
      return wrong;
    return list("listClients", "clients", [&](JsonView d) { return dynsec::read_clients(d, into); });
  }

 private:
  std::string list(const std::string& command, std::string_view key, const std::function<bool(JsonView)>& read) {
    for (std::size_t offset = 0, got = 1; got > 0; offset += got) {
      const std::string wrong =
          ask("{\"commands\":[{\"command\":\"" + command + "\",\"verbose\":true,\"count\":" + std::to_string(page) +
                  ",\"offset\":" + std::to_string(offset) + "}]}",
              [&](JsonView data) {
                got = data[key].size();
                return read(data);
              });
      if (!wrong.empty()) return wrong;
    }
    return {};
  }

  Login login_;
  Probe::Trial trial_;
  std::unique_ptr<Probe> probe_;
};

// "ADMIN:PASSWORD-FILE"
std::string read_login(const std::string& text, Login& out) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0) return "--dynsec: expected ADMIN:PASSWORD-FILE, not " + text;
  out.username = text.substr(0, colon);
  auto password = read_secret(text.substr(colon + 1));
  if (!password) return "--dynsec: " + password.error().text;
  out.password = *std::move(password);
  return {};
}

void report(CtlCall& call, const std::vector<dynsec::Change>& changes) {
  if (call.line.json) {
    JsonWriter json;
    json.begin_object().field("ok", true).field("done", !call.line.has("--dry-run")).key("changes").begin_array();
    for (const auto& change : changes) json.value(change.what);
    std::fputs((json.end_array().end_object().take() + "\n").c_str(), stdout);
    return;
  }
  for (const auto& change : changes) say(printable(change.what));
  if (changes.empty()) return say("the plugin has all of it already");
  say((call.line.has("--dry-run") ? "would be changed: " : "changed: ") +
      counted(static_cast<std::int64_t>(changes.size()), "thing", "things"));
}

}  // namespace

int apply_dynsec(CtlCall& call, const std::string& admin) {
  Login login;
  if (const std::string wrong = read_login(admin, login); !wrong.empty()) return complain(wrong), exit_usage;
  auto inputs = read_inputs(call);
  if (!inputs) return complain(inputs.error()), exit_refused;
  if (login.username == inputs->gateway)
    return complain("--dynsec: the gateway itself must not administer the broker"), exit_usage;
  if (!call.options.broker.password_file.empty()) {
    auto password = read_secret(call.options.broker.password_file);
    if (!password) return complain(password.error().text), exit_usage;
    inputs->password = *std::move(password);
  }
  if (const auto device = call.line.values.find("--bind-device"); device != call.line.values.end())
    inputs->device = device->second;
  std::erase_if(inputs->people, [&](const dynsec::Person& p) { return p.login == login.username; });

  Plugin plugin(call.options, login);
  dynsec::State have;
  std::string wrong = plugin.connect();
  if (wrong.empty()) wrong = plugin.read(have);
  if (!wrong.empty()) return complain(wrong), exit_refused;
  const auto changes = dynsec::changes(have, dynsec::wanted(*inputs), call.line.has("--prune"));
  if (!call.line.has("--dry-run"))
    for (std::size_t first = 0; first < changes.size(); first += batch_commands)
      if (wrong = plugin.ask(dynsec::batch(changes, first, batch_commands), {}); !wrong.empty())
        return complain(wrong + "; what came before it is done, and running this again goes on"), exit_refused;
  report(call, changes);
  return exit_done;
}

}  // namespace ferry
