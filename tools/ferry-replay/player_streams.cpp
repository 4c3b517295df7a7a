#include "tools/ferry-replay/player_streams.h"

#include "translators/values/jid.h"

namespace ferry::replay {
namespace {

constexpr std::string_view bind_namespace = "urn:ietf:params:xml:ns:xmpp-bind";

// FNV-1a, 64 bits, with an end after each text.
class Digest {
 public:
  Digest& add(std::string_view text) {
    for (const char c : text) step(static_cast<unsigned char>(c));
    step(0x1ff);
    return *this;
  }
  std::uint64_t value() const { return value_; }

 private:
  void step(std::uint64_t byte) { value_ = (value_ ^ byte) * 0x100000001b3ULL; }
  std::uint64_t value_ = 0xcbf29ce484222325ULL;
};

}  // namespace

std::uint64_t digest_of_stanza(const Element& e) {
  Digest digest;
  digest.add(e.name).add(e.attr_or("type")).add(e.attr_or("id")).add(e.attr_or("from"));
  const auto to = Jid::parse(e.attr_or("to"));
  digest.add(to ? to->bare_view() : e.attr_or("to"));
  for (const Node& node : e.children) {
    const Element* child = node.element();
    if (!child || child->ns != e.ns) continue;  // body, subject, show, status, priority; servers add others
    digest.add(child->name).add(child->text());
  }
  return digest.value();
}

std::uint64_t digest_of_text(std::string_view a, std::string_view b) { return Digest().add(a).add(b).value(); }

const std::string& ClientStreams::learn(const Record& record, const Element& e) {
  std::string jid = record.jid;
  if (record.direction == Direction::sent && e.name == "iq" && e.attr_or("type") == "result")
    if (const Element* bind = e.child("bind", bind_namespace))
      if (const Element* bound = bind->child("jid", bind_namespace)) jid = bound->text();
  std::string& known = jids_[record.stream];
  // A record's bare JID says less than what the binding said.
  if (!jid.empty() && (known.empty() || jid.find('/') != std::string::npos)) known = std::move(jid);
  if (jids_.size() <= most_streams) return known;
  jids_.erase(jids_.begin()->first == record.stream ? std::next(jids_.begin()) : jids_.begin());
  return known;
}

// As gateway/brain/session_bridge.cpp tells messages apart where no archive gives them an id.
bool ClientStreams::told_before(const Element& message) {
  const Element* origin = message.child("origin-id", "urn:xmpp:sid:0");
  if (message.attr_or("id").empty() && !origin) return false;
  const auto from = Jid::parse(message.attr_or("from")), to = Jid::parse(message.attr_or("to"));
  Digest digest;
  digest.add(from ? from->bare_view() : std::string_view()).add(to ? to->bare_view() : std::string_view());
  digest.add(message.attr_or("type")).add(message.attr_or("id"));
  digest.add(origin ? origin->attr_or("id") : std::string_view());
  for (const Node& node : message.children)
    if (const Element* child = node.element(); child && child->is("body", ns::client)) digest.add(child->text());
  if (!told_.insert(digest.value()).second) return true;
  told_order_.push_back(digest.value());
  if (told_order_.size() > most_seen) {
    told_.erase(told_order_.front());
    told_order_.pop_front();
  }
  return false;
}

bool ClientStreams::played_before(const Record& record, std::uint64_t digest) {
  const bool said = record.direction == Direction::received;
  const auto [it, added] = seen_.try_emplace(digest, Seen{record.stream, said});
  if (added) {
    order_.push_back(digest);
    if (order_.size() <= most_seen) return false;
    seen_.erase(order_.front());
    order_.pop_front();
    return false;
  }
  Seen& seen = it->second;
  if (said) {
    seen = {record.stream, true};
    return false;
  }
  if (seen.said) return true;
  // Delivered to another of the recipient's clients; unless the one that had it first is gone.
  if (seen.stream != record.stream && jids_.contains(seen.stream)) return true;
  seen.stream = record.stream;
  return false;
}

bool ClientStreams::said_before(std::uint64_t digest) const {
  const auto it = seen_.find(digest);
  return it != seen_.end() && it->second.said;
}

}  // namespace ferry::replay
