// Feeds: a JID that stands for a topic. Who follows the JID gets what is published there as messages; where the row
// lets them, a message to the JID is published there.
//
// Text is sent as it is, JSON readably indented by field, anything else as a note of its size. Each feed has a rate
// limit; what is over it is counted, and the next message that goes out says how many were left out. A message with the
// body "?" asks for the last value. One instance serves all feeds.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>

#include "gateway/brain/sentinel.h"
#include "gateway/brain/world.h"

namespace ferry {

class Feeds {
 public:
  static constexpr std::size_t max_text = 16'384;  // of a value as people read it; longer ones are cut, and say so
  static constexpr std::size_t max_last = 65'536;  // a last value is kept up to this size
  static constexpr std::size_t max_unconfirmed = 1'000;  // writes that the broker has not acknowledged
  static constexpr std::size_t max_feeds = 100'000;      // that have followers or a last value

  using SendDurably = std::function<void(UserKey, Element)>;
  Feeds(World& world, SendDurably send) : world_(world), send_(std::move(send)) {}

  void start();
  // writer: the follower whose message it was; everybody else gets it.
  void on_publish(const Row& row, const Jid& feed, const InPublish& publish, const Jid* writer = nullptr);

  // Stanzas to a feed's JID.
  void on_presence(const Row& row, const Jid& feed, const Presence& presence);
  void on_message(const Row& row, const Jid& feed, const std::string& topic, const Message& message);

  void on_published(std::int64_t token, int reason);  // PUBACK of a write; tokens below Sentinel::mark_token are ours

  std::optional<StanzaError> send_last(const Jid& feed, const Jid& to);
  void broker_up() { announce(true); }
  void broker_down() { announce(false); }
  void component_up() { announce(world_.mqtt_up); }
  void sweep() { announce(false); }

 private:
  struct Feed {
    std::set<Jid> followers;
    std::string last;  // the latest value, for people
    RateLimit rate;
    std::uint64_t skipped = 0;
  };
  bool may(const std::vector<std::string>& list, bool follow, const Jid& who) const;
  void presence(const Jid& feed, const Jid& to, std::string_view type);
  void announce(bool available);
  Element news(const Jid& feed, const Jid& to, const std::string& text, std::string_view via = {}) const;
  Feed* feed(const Jid& jid, bool make);

  World& world_;
  SendDurably send_;
  std::map<Jid, Feed> feeds_;
  struct Written {
    Element message;  // whose it was: addresses, id and type
    bool wants_receipt;
  };
  std::map<std::int64_t, Written> unconfirmed_;  // by token
  std::int64_t last_token_ = Sentinel::mark_token;
};

// A value as a person would want to read it. nullopt: neither text nor JSON.
std::optional<std::string> readable(std::string_view payload);

}  // namespace ferry
