#include "tools/ferry-replay/introductions.h"

#include "tools/ferry-replay/virtual_gateway.h"
#include "translators/values/cbor.h"

namespace ferry::replay {
namespace {

constexpr std::string_view answer_leaf = "/in/res/replay";

}  // namespace

void Introductions::add(const std::string& jid, const MappingTable::JidMatch& match) {
  if (!by_base_.emplace(match.topic, people_.size()).second) return;
  people_.push_back({jid, match.topic, match.row->format});
}

void Introductions::ask(const Person& person, const std::function<void(const Publish&)>& publish) const {
  publish(device_presence(person.base, person.format));
  Publish request;
  request.topic = person.base + "/out/req";
  request.payload = R"({"id":"replay","request":"who","device":"replay"})";
  if (person.format == Format::cbor) {
    request.cbor = true;
    if (auto bytes = json_to_cbor(request.payload)) request.payload = *std::move(bytes);
  }
  publish(request);
}

void Introductions::step(Instant now, const std::function<void(const Publish&)>& publish) {
  for (auto& [index, due] : waiting_) {
    if (now < due) continue;
    due = now + again;
    ask(people_[index], publish);
  }
  for (; next_ < people_.size() && waiting_.size() < at_once; ++next_) {
    waiting_[next_] = now + again;
    ask(people_[next_], publish);
  }
}

bool Introductions::answered(const std::string& topic) {
  if (!topic.ends_with(answer_leaf)) return false;
  const auto it = by_base_.find(topic.substr(0, topic.size() - answer_leaf.size()));
  if (it == by_base_.end()) return false;
  done_ += waiting_.erase(it->second);
  return true;
}

std::string Introductions::first_open() const {
  return waiting_.empty() ? std::string() : people_[waiting_.begin()->first].jid;
}

void Introductions::take_back(const std::function<void(const Publish&)>& publish) const {
  for (const Person& person : people_) {
    Publish presence = device_presence(person.base, person.format);
    presence.payload.clear();
    publish(presence);
  }
}

}  // namespace ferry::replay
