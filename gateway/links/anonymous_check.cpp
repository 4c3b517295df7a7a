#include "gateway/links/anonymous_check.h"

namespace ferry {
namespace {

// The answers that say no; any other refusal (busy, id not valid …) says nothing about passwords.
bool says_no(int reason) { return reason == 0x86 || reason == 0x87 || reason == 0x8c; }

}  // namespace

AnonymousCheck::~AnonymousCheck() {
  if (watched_ >= 0) poller_.forget(watched_);
}

void AnonymousCheck::start(const std::string& host, std::uint16_t port, const std::string& cafile, bool mqtt5,
                           std::uint64_t chance, Steady now) {
  MosquittoClient::Settings settings;
  settings.id = "ferry-check-" + std::to_string(chance);
  settings.clean = true;
  settings.cafile = cafile;
  MosquittoEvents& events = *this;
  client_ = std::make_unique<MosquittoClient>(events, std::move(settings));
  client_->set_protocol(mqtt5);
  until_ = now + patience;
  if (const std::string wrong = client_->connect(host, port); !wrong.empty()) return finish(wrong);
  watched_ = client_->fd();
  flush();
}

void AnonymousCheck::flush() {
  if (!client_) return;
  if (!client_->write()) return finish(client_->lost_reason());
  poller_.watch(watched_, this, true, client_->want_write());
}

void AnonymousCheck::on_ready(std::uint32_t) {
  if (!client_) return;
  const bool lost = client_->read(1) == MosquittoClient::Read::lost;
  if (!answer_) {
    if (lost) finish(client_->lost_reason());
    return;
  }
  if (*answer_ == 0)
    inbox_.events.emplace_back(
        Fatal{"the broker lets anonymous clients in: set allow_anonymous false there, or broker.allow-anonymous "
              "here if it is only for tests"});
  finish(*answer_ == 0 || says_no(*answer_) ? "" : "reason " + std::to_string(*answer_));
}

void AnonymousCheck::on_time(Steady now) {
  if (client_ && now >= until_) finish("no answer in 5 s");
}

void AnonymousCheck::on_connack(const Connack& connack) { answer_ = connack.reason; }

void AnonymousCheck::finish(const std::string& undecided) {
  if (watched_ >= 0) poller_.forget(watched_);
  watched_ = -1;
  client_.reset();
  over_ = true;
  if (!undecided.empty())
    inbox_.say(LogLine::Level::warning, "event=broker.check-undecided reason=" + log_value(undecided));
}

}  // namespace ferry
