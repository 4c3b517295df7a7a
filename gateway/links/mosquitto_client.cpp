#include "gateway/links/mosquitto_client.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace ferry {
namespace {

struct Library {  // counted by libmosquitto itself
  Library() { mosquitto_lib_init(); }
  ~Library() { mosquitto_lib_cleanup(); }
};

class Properties {
 public:
  Properties() = default;
  ~Properties() { mosquitto_property_free_all(&list_); }
  Properties(const Properties&) = delete;
  Properties& operator=(const Properties&) = delete;
  void text(int id, const std::string& value) { mosquitto_property_add_string(&list_, id, value.c_str()); }
  void number(int id, std::uint32_t value) { mosquitto_property_add_int32(&list_, id, value); }
  void pair(const char* name, const std::string& value) {
    mosquitto_property_add_string_pair(&list_, MQTT_PROP_USER_PROPERTY, name, value.c_str());
  }
  void bytes(int id, const std::string& value) {
    mosquitto_property_add_binary(&list_, id, value.data(),
                                  static_cast<std::uint16_t>(std::min<std::size_t>(value.size(), 65'535)));
  }
  const mosquitto_property* get() const { return list_; }

 private:
  mosquitto_property* list_ = nullptr;
};

std::string read_text(const mosquitto_property* properties, int id) {
  char* value = nullptr;
  if (!mosquitto_property_read_string(properties, id, &value, false)) return {};
  std::string out = value ? value : "";
  std::free(value);  // NOLINT: libmosquitto gave it
  return out;
}

// The first of that name; empty: none.
std::string read_user_property(const mosquitto_property* properties, std::string_view wanted) {
  char *name = nullptr, *value = nullptr;
  const mosquitto_property* at =
      mosquitto_property_read_string_pair(properties, MQTT_PROP_USER_PROPERTY, &name, &value, false);
  while (at) {
    const bool found = name && value && wanted == name;
    const std::string out = found ? value : "";
    std::free(name);   // NOLINT: libmosquitto gave them
    std::free(value);  // NOLINT
    if (found) return out;
    name = value = nullptr;
    at = mosquitto_property_read_string_pair(at, MQTT_PROP_USER_PROPERTY, &name, &value, true);
  }
  return {};
}

std::string read_bytes(const mosquitto_property* properties, int id) {
  void* value = nullptr;
  std::uint16_t size = 0;
  if (!mosquitto_property_read_binary(properties, id, &value, &size, false)) return {};
  std::string out(static_cast<const char*>(value), value ? size : 0);
  std::free(value);  // NOLINT: libmosquitto gave it
  return out;
}

// 3.1.1's return codes of CONNACK in MQTT 5's terms.
int connack_reason(int code) {
  switch (code) {
    case 1:
      return MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION;
    case 2:
      return MQTT_RC_CLIENTID_NOT_VALID;
    case 3:
      return MQTT_RC_SERVER_UNAVAILABLE;
    case 4:
      return MQTT_RC_BAD_USERNAME_OR_PASSWORD;
    case 5:
      return MQTT_RC_NOT_AUTHORIZED;
    default:
      return code;
  }
}

int refusal_reason(int rc) {
  switch (rc) {
    case MOSQ_ERR_OVERSIZE_PACKET:
    case MOSQ_ERR_PAYLOAD_SIZE:
      return MQTT_RC_PACKET_TOO_LARGE;
    case MOSQ_ERR_QOS_NOT_SUPPORTED:
      return MQTT_RC_QOS_NOT_SUPPORTED;
    case MOSQ_ERR_INVAL:
    case MOSQ_ERR_MALFORMED_UTF8:
      return MQTT_RC_TOPIC_NAME_INVALID;
    default:
      return MQTT_RC_UNSPECIFIED;
  }
}

}  // namespace

struct MosquittoClient::Callbacks {
  static MosquittoClient& self(void* object) {
    auto& client = *static_cast<MosquittoClient*>(object);
    client.progress_ = true;
    return client;
  }

  static void connack(mosquitto*, void* object, int code, int flags, const mosquitto_property* properties) {
    MosquittoClient& c = self(object);
    MosquittoEvents::Connack out;
    out.reason = connack_reason(code);
    out.session_present = (flags & 1) != 0;
    std::uint16_t maximum = 0;
    if (mosquitto_property_read_int16(properties, MQTT_PROP_RECEIVE_MAXIMUM, &maximum, false) && maximum > 0)
      out.receive_maximum = maximum;
    std::uint8_t qos = 2;
    if (mosquitto_property_read_byte(properties, MQTT_PROP_MAXIMUM_QOS, &qos, false)) out.maximum_qos = qos;
    c.active_ = out.reason == 0;
    if (c.active_) mosquitto_log_callback_set(c.m_, nullptr);  // or it formats a line for every packet
    c.events_.on_connack(out);
  }

  static void message(mosquitto*, void* object, const mosquitto_message* m, const mosquitto_property* properties) {
    MosquittoClient& c = self(object);
    ++c.deliveries_;
    InPublish out;
    out.topic = m->topic;
    out.payload.assign(static_cast<const char*>(m->payload), m->payload ? static_cast<std::size_t>(m->payloadlen) : 0);
    out.qos = m->qos;
    out.retain = m->retain;
    out.packet_id = m->mid;
    if (properties) {
      out.response_topic = read_text(properties, MQTT_PROP_RESPONSE_TOPIC);
      out.correlation = read_bytes(properties, MQTT_PROP_CORRELATION_DATA);
      out.cbor = read_text(properties, MQTT_PROP_CONTENT_TYPE) == "application/cbor";
      out.via = read_user_property(properties, "via");
    }
    c.events_.on_message(std::move(out));
  }

  static void puback(mosquitto*, void* object, int mid, int reason, const mosquitto_property*) {
    self(object).events_.on_puback(mid, reason);
  }

  static void suback(mosquitto*, void* object, int mid, int count, const int* granted, const mosquitto_property*) {
    constexpr int first_refusal = 0x80;
    self(object).events_.on_suback(mid,
                                   std::any_of(granted, granted + count, [](int g) { return g >= first_refusal; }));
  }

  static void unsuback(mosquitto*, void* object, int, const mosquitto_property*) { self(object); }

  static void disconnected(mosquitto*, void* object, int rc, const mosquitto_property*) {
    MosquittoClient& c = self(object);
    constexpr int first_reason_code = 0x80;
    c.taken_over_ = c.taken_over_ || rc == MQTT_RC_SESSION_TAKEN_OVER;
    c.lost_reason_ = rc >= first_reason_code ? mosquitto_reason_string(rc) : mosquitto_strerror(rc);
  }

  static void log(mosquitto*, void* object, int level, const char* text) {
    if (level & (MOSQ_LOG_ERR | MOSQ_LOG_WARNING)) static_cast<MosquittoClient*>(object)->events_.on_complaint(text);
  }
};

MosquittoClient::MosquittoClient(MosquittoEvents& events, Settings settings)
    : events_(events), settings_(std::move(settings)) {
  static const Library library;
  make();
}

void MosquittoClient::make() {
  m_ = mosquitto_new(settings_.id.c_str(), settings_.clean, this);
  mosquitto_threaded_set(m_, true);  // packets are queued until write(): see the top of the header
  mosquitto_int_option(m_, MOSQ_OPT_TCP_NODELAY, 1);
  mosquitto_connect_v5_callback_set(m_, &Callbacks::connack);
  mosquitto_message_v5_callback_set(m_, &Callbacks::message);
  mosquitto_publish_v5_callback_set(m_, &Callbacks::puback);
  mosquitto_subscribe_v5_callback_set(m_, &Callbacks::suback);
  mosquitto_unsubscribe_v5_callback_set(m_, &Callbacks::unsuback);
  mosquitto_disconnect_v5_callback_set(m_, &Callbacks::disconnected);
}

MosquittoClient::~MosquittoClient() { mosquitto_destroy(m_); }

void MosquittoClient::forget() {
  mosquitto_destroy(m_);
  tls_set_ = active_ = false;
  make();
}

void MosquittoClient::set_protocol(bool mqtt5) {
  mqtt5_ = mqtt5;
  mosquitto_int_option(m_, MOSQ_OPT_PROTOCOL_VERSION, mqtt5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
}

void MosquittoClient::set_login(const std::string& username, const std::string& password) {
  mosquitto_username_pw_set(m_, username.empty() ? nullptr : username.c_str(),
                            username.empty() ? nullptr : password.c_str());
}

void MosquittoClient::set_will(const std::string& payload) {
  if (settings_.will_topic.empty()) return;
  mosquitto_will_set(m_, settings_.will_topic.c_str(), static_cast<int>(payload.size()), payload.data(), 1, true);
}

std::string MosquittoClient::connect(const std::string& host, std::uint16_t port) {
  active_ = false;
  taken_over_ = false;
  lost_reason_.clear();
  if (!settings_.cafile.empty() && !tls_set_) {
    // Without this check a file that cannot be read would mean a connection without TLS.
    if (mosquitto_tls_set(m_, settings_.cafile.c_str(), nullptr, nullptr, nullptr, nullptr) != MOSQ_ERR_SUCCESS ||
        mosquitto_tls_opts_set(m_, 1, "tlsv1.2", nullptr) != MOSQ_ERR_SUCCESS)  // at least 1.2; 1 is SSL_VERIFY_PEER
      return settings_.cafile + " cannot be read";
    tls_set_ = true;
  }
  mosquitto_log_callback_set(m_, &Callbacks::log);
  // A broker's CONNACK overwrites the last of these, so it is said again.
  mosquitto_int_option(m_, MOSQ_OPT_RECEIVE_MAXIMUM, static_cast<int>(std::min(settings_.receive_maximum, 65'535U)));
  mosquitto_int_option(m_, MOSQ_OPT_SEND_MAXIMUM, static_cast<int>(std::min(settings_.send_maximum, 65'535U)));
  Properties properties;
  if (mqtt5_ && !settings_.clean) properties.number(MQTT_PROP_SESSION_EXPIRY_INTERVAL, settings_.session_expiry);
  errno = 0;
  const int rc = mosquitto_connect_bind_v5(m_, host.c_str(), port, keepalive, nullptr, properties.get());
  if (rc == MOSQ_ERR_SUCCESS) return {};
  return rc == MOSQ_ERR_ERRNO ? std::strerror(errno) : mosquitto_strerror(rc);
}

int MosquittoClient::fd() const { return mosquitto_socket(m_); }

bool MosquittoClient::survived(int rc) {
  if (rc == MOSQ_ERR_SUCCESS && mosquitto_socket(m_) >= 0) return true;
  // A failed TLS handshake ends without a callback.
  if (lost_reason_.empty()) lost_reason_ = rc == MOSQ_ERR_SUCCESS ? "closed" : mosquitto_strerror(rc);
  active_ = false;
  return false;
}

MosquittoClient::Read MosquittoClient::read(int budget) {
  constexpr int handshake_calls = 8;
  constexpr int calls_without_publish = 4'096;
  deliveries_ = 0;
  for (int calls = 0; deliveries_ < budget && calls < (active_ ? calls_without_publish : handshake_calls); ++calls) {
    progress_ = false;
    errno = 0;
    if (!survived(mosquitto_loop_read(m_, 1))) return Read::lost;
    // COMPAT(libmosquitto): each queued packet writes a byte into a socket pair that only mosquitto_loop() empties.
    // Once it is full, errno is EAGAIN after every PUBLISH although there is more to read; only an EAGAIN without
    // progress counts.
    if (errno == EAGAIN && !progress_) return Read::drained;
  }
  return Read::more;
}

bool MosquittoClient::write() { return survived(mosquitto_loop_write(m_, 1)); }
bool MosquittoClient::want_write() const { return mosquitto_want_write(m_); }
bool MosquittoClient::misc() { return survived(mosquitto_loop_misc(m_)); }
void MosquittoClient::disconnect() { mosquitto_disconnect_v5(m_, 0, nullptr); }

MosquittoClient::Sent MosquittoClient::publish(const Publish& p, int qos, std::string_view root, int& mid,
                                               int& reason) {
  Properties properties;
  if (mqtt5_) {
    const bool ours =
        p.topic.size() > root.size() && p.topic[root.size()] == '/' && p.topic.compare(0, root.size(), root) == 0;
    if (!p.payload.empty() && (p.cbor || ours))
      properties.text(MQTT_PROP_CONTENT_TYPE, p.cbor ? "application/cbor" : "application/json");
    if (p.expiry != 0) properties.number(MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, p.expiry);
    if (!p.correlation.empty()) properties.bytes(MQTT_PROP_CORRELATION_DATA, p.correlation);
    if (!p.id.empty()) properties.pair("id", p.id);
    if (!p.kind.empty()) properties.pair("kind", p.kind);
    if (!p.via.empty()) properties.pair("via", p.via);
  }
  const int rc = mosquitto_publish_v5(m_, &mid, p.topic.c_str(), static_cast<int>(p.payload.size()), p.payload.data(),
                                      qos, p.retain, properties.get());
  // NO_CONN of a QoS 1 publish means: kept, and sent after the next connect.
  if (rc == MOSQ_ERR_SUCCESS || (rc == MOSQ_ERR_NO_CONN && qos > 0)) return Sent::queued;
  reason = refusal_reason(rc);
  return Sent::refused;
}

bool MosquittoClient::subscribe(const Subscribe& s, int& mid) {
  const int options = (s.no_local ? MQTT_SUB_OPT_NO_LOCAL : 0) |
                      (s.retain_as_published ? MQTT_SUB_OPT_RETAIN_AS_PUBLISHED : 0) | MQTT_SUB_OPT_SEND_RETAIN_ALWAYS;
  return mosquitto_subscribe_v5(m_, &mid, s.filter.c_str(), 1, options, nullptr) == MOSQ_ERR_SUCCESS;
}

bool MosquittoClient::unsubscribe(const std::string& filter) {
  return mosquitto_unsubscribe_v5(m_, nullptr, filter.c_str(), nullptr) == MOSQ_ERR_SUCCESS;
}

}  // namespace ferry
