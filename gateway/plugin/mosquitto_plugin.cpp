// ferry_auth.so: Mosquitto's plugin interface, version 5, around Gate. Nothing is decided here.
//
//   plugin /usr/lib/ferry/ferry_auth.so
//   plugin_opt_auth_file /etc/mosquitto/ferry/auth        ferryctl broker apply --auth-file
//   plugin_opt_key_file /etc/mosquitto/ferry.key          ferryctl vault broker-key
//   plugin_opt_login_check /run/ferry/login-check.sock    where people are to be asked for at the legacy server
//   plugin_opt_client_ids bound|free
//
// Exceptions end here: libcrypto without memory or randomness refuses the log-in, and the broker goes on.
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "gateway/plugin/gate.h"

namespace ferry {
namespace {

struct Plugin {
  mosquitto_plugin_id_t* id = nullptr;
  std::unique_ptr<Gate> gate;
};

// A clock that nobody sets: what is measured are pauses.
Instant steady_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count() + 1;
}

std::string_view text_or_nothing(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

void log_line(Gravity gravity, const std::string& text) {
  const int level = gravity == Gravity::error     ? MOSQ_LOG_ERR
                    : gravity == Gravity::warning ? MOSQ_LOG_WARNING
                                                  : MOSQ_LOG_NOTICE;
  mosquitto_log_printf(level, "ferry_auth: %s", text.c_str());
}

int code_of(Verdict verdict, int denied) {
  switch (verdict) {
    case Verdict::granted:
      return MOSQ_ERR_SUCCESS;
    case Verdict::denied:
      return denied;
    case Verdict::deferred:
      return MOSQ_ERR_PLUGIN_DEFER;
    case Verdict::again:
      break;
  }
  return MOSQ_ERR_UNKNOWN;  // Mosquitto hangs up without a CONNACK: clients try again, as after a broken connection
}

Attempt attempt_of(const mosquitto* client, const char* login) {
  return {text_or_nothing(login), text_or_nothing(mosquitto_client_id(client)),
          text_or_nothing(mosquitto_client_address(client))};
}

template <class Do>
int guarded(int refused, const Do& what) noexcept {
  try {
    return what();
  } catch (const std::exception& failure) {
    log_line(Gravity::error, failure.what());
    return refused;
  }
}

int on_basic_auth(int, void* event, void* data) {
  auto* e = static_cast<mosquitto_evt_basic_auth*>(event);
  return guarded(MOSQ_ERR_AUTH, [&] {
    return code_of(static_cast<Plugin*>(data)->gate->password(attempt_of(e->client, e->username),
                                                              text_or_nothing(e->password), steady_now()),
                   MOSQ_ERR_AUTH);
  });
}

int answer(mosquitto_evt_extended_auth* e, const Gate::Exchange& exchange) {
  if (exchange.verdict != Verdict::granted) return code_of(exchange.verdict, MOSQ_ERR_AUTH);
  if (!exchange.more && mosquitto_set_username(e->client, exchange.login.c_str()) != MOSQ_ERR_SUCCESS)
    return MOSQ_ERR_AUTH;
  if (!exchange.send.empty()) {
    e->data_out = mosquitto_malloc(exchange.send.size());  // Mosquitto frees it
    if (e->data_out == nullptr) return MOSQ_ERR_NOMEM;
    std::memcpy(e->data_out, exchange.send.data(), exchange.send.size());
    e->data_out_len = static_cast<std::uint16_t>(exchange.send.size());
  }
  return exchange.more ? MOSQ_ERR_AUTH_CONTINUE : MOSQ_ERR_SUCCESS;
}

std::string_view data_of(const mosquitto_evt_extended_auth* e) {
  return e->data_in == nullptr ? std::string_view()
                               : std::string_view(static_cast<const char*>(e->data_in), e->data_in_len);
}

int on_auth_start(int, void* event, void* data) {
  auto* e = static_cast<mosquitto_evt_extended_auth*>(event);
  return guarded(MOSQ_ERR_AUTH, [&] {
    return answer(e, static_cast<Plugin*>(data)->gate->begin(
                         e->client, attempt_of(e->client, mosquitto_client_username(e->client)),
                         text_or_nothing(e->auth_method), data_of(e), steady_now()));
  });
}

int on_auth_continue(int, void* event, void* data) {
  auto* e = static_cast<mosquitto_evt_extended_auth*>(event);
  return guarded(MOSQ_ERR_AUTH, [&] {
    return answer(e, static_cast<Plugin*>(data)->gate->go_on(e->client, data_of(e), steady_now()));
  });
}

int on_disconnect(int, void* event, void* data) {
  static_cast<Plugin*>(data)->gate->forget(static_cast<mosquitto_evt_disconnect*>(event)->client);
  return MOSQ_ERR_SUCCESS;
}

int on_acl_check(int, void* event, void* data) {
  const auto* e = static_cast<mosquitto_evt_acl_check*>(event);
  if (e->access == MOSQ_ACL_UNSUBSCRIBE) return MOSQ_ERR_PLUGIN_DEFER;  // Mosquitto lets everybody
  return guarded(MOSQ_ERR_ACL_DENIED, [&] {
    const Reach reach = e->access == MOSQ_ACL_WRITE  ? Reach::write
                        : e->access == MOSQ_ACL_READ ? Reach::read
                                                     : Reach::subscribe;
    return code_of(static_cast<Plugin*>(data)->gate->may(text_or_nothing(mosquitto_client_username(e->client)), reach,
                                                         text_or_nothing(e->topic)),
                   MOSQ_ERR_ACL_DENIED);
  });
}

int on_tick(int, void*, void* data) {
  return guarded(MOSQ_ERR_SUCCESS, [&] {
    Gate& gate = *static_cast<Plugin*>(data)->gate;
    gate.tick(steady_now());
    for (const std::string& login : gate.take_left()) mosquitto_kick_client_by_username(login.c_str(), false);
    return MOSQ_ERR_SUCCESS;
  });
}

int on_reload(int, void*, void* data) {
  return guarded(MOSQ_ERR_SUCCESS, [&] { return static_cast<Plugin*>(data)->gate->reload(), MOSQ_ERR_SUCCESS; });
}

struct Callback {
  int event;
  MOSQ_FUNC_generic_callback run;
};
constexpr Callback callbacks[] = {{MOSQ_EVT_BASIC_AUTH, on_basic_auth},
                                  {MOSQ_EVT_EXT_AUTH_START, on_auth_start},
                                  {MOSQ_EVT_EXT_AUTH_CONTINUE, on_auth_continue},
                                  {MOSQ_EVT_DISCONNECT, on_disconnect},
                                  {MOSQ_EVT_ACL_CHECK, on_acl_check},
                                  {MOSQ_EVT_TICK, on_tick},
                                  {MOSQ_EVT_RELOAD, on_reload}};

// Empty: understood.
std::string read_options(const mosquitto_opt* options, int count, GateOptions& out) {
  for (int i = 0; i < count; ++i) {
    const std::string_view key = text_or_nothing(options[i].key), value = text_or_nothing(options[i].value);
    if (key == "auth_file")
      out.auth_file = value;
    else if (key == "key_file")
      out.key_file = value;
    else if (key == "login_check")
      out.login_check = value;
    else if (key == "client_ids" && (value == "bound" || value == "free"))
      out.bind_client_ids = value == "bound";
    else
      return "plugin_opt_" + std::string(key) +
             " is unknown, or has a value that it cannot have; there are auth_file, "
             "key_file, login_check and client_ids (bound or free)";
  }
  if (out.auth_file.empty())
    return "plugin_opt_auth_file is required: the file that ferryctl broker apply --auth-file writes";
  if (out.key_file.empty()) return "plugin_opt_key_file is required: the file that ferryctl vault broker-key writes";
  return {};
}

int start(mosquitto_plugin_id_t* id, void** data, const mosquitto_opt* options, int count) {
  auto plugin = std::make_unique<Plugin>();
  GateOptions wanted;
  if (const std::string wrong = read_options(options, count, wanted); !wrong.empty()) {
    log_line(Gravity::error, wrong);
    return MOSQ_ERR_INVAL;
  }
  auto gate = Gate::open(std::move(wanted), log_line);
  if (!gate) {
    log_line(Gravity::error, gate.error());
    return MOSQ_ERR_INVAL;
  }
  plugin->id = id;
  plugin->gate = *std::move(gate);
  for (const Callback& c : callbacks)
    if (const int code = mosquitto_callback_register(id, c.event, c.run, nullptr, plugin.get());
        code != MOSQ_ERR_SUCCESS)
      return code;
  plugin->gate->reload();  // says how many people there are
  *data = plugin.release();
  return MOSQ_ERR_SUCCESS;
}

}  // namespace
}  // namespace ferry

[[gnu::visibility("default")]] int mosquitto_plugin_version(int count, const int* versions) {
  for (int i = 0; i < count; ++i)
    if (versions[i] == 5) return 5;
  return -1;
}

[[gnu::visibility("default")]] int mosquitto_plugin_init(mosquitto_plugin_id_t* id, void** data, mosquitto_opt* options,
                                                         int count) {
  return ferry::guarded(MOSQ_ERR_UNKNOWN, [&] { return ferry::start(id, data, options, count); });
}

[[gnu::visibility("default")]] int mosquitto_plugin_cleanup(void* data, mosquitto_opt*, int) {
  const std::unique_ptr<ferry::Plugin> plugin(static_cast<ferry::Plugin*>(data));
  if (plugin)
    for (const ferry::Callback& c : ferry::callbacks)
      mosquitto_callback_unregister(plugin->id, c.event, c.run, nullptr);
  return MOSQ_ERR_SUCCESS;
}
