#include "tools/bench.d/load_visit.h"

#include <utility>

#include "tools/bench.d/load_score.h"
#include "tools/bench.d/load_watch.h"
#include "translators/values/json.h"

namespace ferry::bench {
namespace {

MosquittoClient::Settings client_settings(const Visit::Settings& s) {
  MosquittoClient::Settings out;
  out.id = s.user + ":phone";
  out.clean = s.what != Visit::What::messages;
  if (s.what == Visit::What::messages) out.will_topic = "im/v1/u/" + s.user + "/out/dev/phone/presence";
  return out;
}

}  // namespace

Visit::Visit(Settings settings)
    : settings_(std::move(settings)), client_(*this, client_settings(settings_)), begin_(steady_ns()) {
  client_.set_protocol(true);
  client_.set_login(settings_.username, settings_.password);
  // The Will must say which connection it ends: the epoch is the time of this one.
  if (settings_.what == What::messages)
    client_.set_will(R"({"state":"offline","epoch":")" + std::to_string(begin_) + "\"}");
  if (const std::string why = client_.connect(settings_.host, settings_.port); !why.empty())
    give_up("cannot connect to the broker: " + why);
}

void Visit::turn(bool readable) {
  const bool lost = !client_.write() || (readable && client_.read(1'000) == MosquittoClient::Read::lost);
  if (lost) give_up("the broker closed the connection of " + settings_.user + ": " + client_.lost_reason());
  client_.write();
}

std::optional<std::int64_t> Visit::time_ns() const {
  if (!taken_at_) return std::nullopt;
  return *taken_at_ - begin_;
}

void Visit::publish(const std::string& topic, std::string payload, bool retain) {
  Publish p;
  p.topic = topic;
  p.payload = std::move(payload);
  p.retain = retain;
  int mid = 0, reason = 0;
  if (client_.publish(p, 1, "im/v1", mid, reason) == MosquittoClient::Sent::refused)
    ++errors_;
  else
    ++unanswered_;
}

void Visit::on_connack(const Connack& connack) {
  if (connack.reason != 0) give_up("the broker refused " + settings_.user);
  if (connack.session_present) return greet();
  static constexpr const char* filters[] = {"/in/msg", "/in/contact/+", "/in/res/phone"};
  int mid = 0;
  client_.subscribe({topic(filters[static_cast<std::size_t>(settings_.what)])}, mid);
}

void Visit::on_suback(int, bool refused) {
  if (refused) give_up("the broker refused a subscription of " + settings_.user);
  greet();
}

void Visit::greet() {
  if (settings_.what == What::messages)
    publish(topic("/out/dev/phone/presence"), R"({"state":"online","epoch":")" + std::to_string(begin_) + "\"}", true);
  if (settings_.what == What::request) ask({});
  if (settings_.expected == 0) took(0);
}

void Visit::ask(const std::string& after) {
  JsonWriter w;
  w.begin_object().field("id", "roster").field("request", "roster.get").field("device", "phone");
  if (!after.empty()) w.field("after", std::string_view(after));
  publish(topic("/out/req"), w.end_object().take(), false);
}

void Visit::on_message(InPublish publish) {
  if (settings_.what == What::messages)
    take_message(publish.payload);
  else if (settings_.what == What::request)
    take_page(publish.payload);
  else if (!publish.payload.empty())
    took(1);
}

// The receipt tells the gateway that it need not keep the message.
void Visit::take_message(const std::string& payload) {
  if (!settings_.counts(payload)) return;
  const auto document = JsonDocument::parse(payload);
  const JsonView message = document ? document->root() : JsonView();
  const auto id = message["id"].string(), from = message["from"].string();
  if (id && from) {
    JsonWriter w;
    w.begin_object().field("id", *id).field("to", from->substr(0, from->find('/'))).field("state", "delivered");
    publish(topic("/out/receipt"), w.end_object().take(), false);
  }
  took(1);
}

void Visit::take_page(const std::string& payload) {
  const auto document = JsonDocument::parse(payload);
  const JsonView result = document ? document->root()["result"] : JsonView();
  if (!result) {
    ++errors_;
    return;
  }
  const auto next = result["next"].string();
  took(result["contacts"].size());
  if (next) ask(std::string(*next));
}

void Visit::took(std::size_t items) {
  taken_ += items;
  if (taken_ >= settings_.expected && !taken_at_) taken_at_ = steady_ns();
}

void Visit::on_puback(int, int reason) {
  if (unanswered_ > 0) --unanswered_;
  if (reason >= 0x80) ++errors_;
}

void Visit::on_complaint(std::string text) { give_up("libmosquitto: " + text); }

}  // namespace ferry::bench
