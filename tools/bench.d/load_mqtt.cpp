#include <poll.h>

#include <utility>

#include "tools/bench.d/load_peer.h"
#include "tools/bench.d/load_score.h"

namespace ferry::bench {
namespace {

MosquittoClient::Settings client_settings(const std::string& id) {
  MosquittoClient::Settings s;
  s.id = id;
  s.clean = true;
  s.send_maximum = 1'000;
  return s;
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

}  // namespace

MqttPeer::MqttPeer(Settings settings)
    : settings_(std::move(settings)), client_(*this, client_settings(settings_.client_id)) {
  client_.set_protocol(true);
  client_.set_login(settings_.username, settings_.password);
  if (const std::string why = client_.connect(settings_.host, settings_.port); !why.empty())
    give_up("cannot connect to the broker on port " + std::to_string(settings_.port) + ": " + why);
  wait_for(connected_, "CONNACK");
  if (!settings_.subscribe.empty()) {
    int mid = 0;
    client_.subscribe({settings_.subscribe}, mid);
    wait_for(subscribed_, "SUBACK");
  }
  if (!settings_.presence.empty()) {
    publish(settings_.presence, R"({"state":"online","epoch":")" + std::to_string(steady_ns()) + "\"}", true);
    wait_for(announced_, "PUBACK");
  }
}

void MqttPeer::wait_for(const bool& flag, const char* what) {
  const std::int64_t until = steady_ns() + 20 * second_ns;
  while (!flag) {
    write();
    pollfd waiting{client_.fd(), static_cast<short>(POLLIN | (wants_write() ? POLLOUT : 0)), 0};
    ::poll(&waiting, 1, 100);
    read();
    if (steady_ns() > until) give_up(std::string("no ") + what + " from the broker for " + settings_.username);
  }
}

void MqttPeer::read() {
  if (client_.read(1'000) == MosquittoClient::Read::lost)
    give_up("the broker closed the connection of " + settings_.username + ": " + client_.lost_reason());
}

void MqttPeer::write() {
  const std::int64_t now = steady_ns();
  if (now - misc_at_ > second_ns) {
    misc_at_ = now;
    client_.misc();
  }
  if (!client_.write())
    give_up("the broker closed the connection of " + settings_.username + ": " + client_.lost_reason());
}

void MqttPeer::publish(const std::string& topic, std::string payload, bool retain) {
  Publish p;
  p.topic = topic;
  p.payload = std::move(payload);
  p.retain = retain;
  int mid = 0, reason = 0;
  if (client_.publish(p, 1, "im/v1", mid, reason) == MosquittoClient::Sent::refused) ++errors;
}

void MqttPeer::send(std::size_t seq, std::string_view body) {
  std::string payload;
  if (settings_.kind == Kind::presence) {
    payload = R"({"state":"away","epoch":"1","status":")";
    payload.append(body).append("\"}");
  } else if (settings_.kind != Kind::feed) {
    payload = R"({"id":"load-)" + std::to_string(steady_ns()) + "-" + std::to_string(seq);
    if (settings_.kind == Kind::room) payload.append(R"(","kind":"groupchat)");
    payload.append(R"(","to":")").append(settings_.to(seq)).append(R"(","body":")").append(body).append("\"}");
  } else {
    payload = body;
  }
  publish(settings_.topic(seq), std::move(payload), settings_.kind == Kind::presence);
}

void MqttPeer::on_connack(const Connack& connack) {
  if (connack.reason != 0)
    give_up("the broker refused " + settings_.username + ": reason " + std::to_string(connack.reason));
  connected_ = true;
}

void MqttPeer::on_message(InPublish publish) {
  static constexpr std::string_view ends[] = {"/msg", "/presence", "", "/msg"};  // of what counts, by kind
  if (ends_with(publish.topic, ends[static_cast<std::size_t>(settings_.kind)]))
    Peer::on_message(publish.payload, settings_.number);
  else if (ends_with(publish.topic, "/receipt"))
    ++(publish.payload.find(R"("state":"failed")") == std::string::npos ? receipts : errors);
}

void MqttPeer::on_puback(int, int reason) {
  announced_ = true;
  if (reason >= 0x80) ++errors;
}

void MqttPeer::on_suback(int, bool refused) {
  if (refused) give_up("the broker refused the subscription " + settings_.subscribe);
  subscribed_ = true;
}

void MqttPeer::on_complaint(std::string text) { give_up("libmosquitto: " + text); }

}  // namespace ferry::bench
