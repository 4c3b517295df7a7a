// Watches whether the broker went back in time.
//
// Mosquitto acknowledges before its disk has anything. A retained counter, gw/mark, is published about once a second
// while messages flow, and read back after each reconnect: a smaller one, or none, says that everything acknowledged
// since is gone; what no client has confirmed is published again (design section 3), and until that is decided no
// message is published, or it would come before older ones (World::reading_back). $SYS/broker/uptime tells a restart
// from a mere reconnect, also across a restart of ours: only after a restart of the broker must devices announce
// themselves again. And when the first mark of a connection has come round, everything that the broker had kept for us
// before has come, too (World::catching_up).
#pragma once

#include <optional>

#include "gateway/brain/world.h"

namespace ferry {

class Sentinel {
 public:
  static constexpr std::int64_t mark_token = -1;  // of a Publish
  static constexpr Duration mark_interval = 1 * second;
  static constexpr Duration read_back_time = 2 * second;  // at most; retained publishes come with the subscription
  static constexpr Duration longest_catching_up = 600 * second;  // should the mark never come round

  explicit Sentinel(World& world) : world_(world) {}
  void start();
  void broker_up(bool session_present);
  void broker_down();
  bool on_publish(const InPublish& publish);  // gw/mark or the uptime: true, and it is nobody else's
  void on_marked(int reason);                 // the broker has our latest mark, or refused it

  enum class Finding { nothing, restarted, forgot };
  std::optional<Finding> on_time();  // once after each broker_up()
  std::optional<Instant> next_deadline() const;

 private:
  void use(std::int64_t mark);  // for what is acknowledged from now on
  // A smaller mark may be an older read-back that an earlier process had not acknowledged: the session has it first.
  bool all_read() const { return read_back_ && *read_back_ >= proven_ && uptime_; }
  bool may_have_been_restarted() const;
  bool was_restarted(bool forgot);
  void publish_mark();

  World& world_;
  std::string mark_topic_;
  std::optional<Instant> decide_at_;  // while the read-back is awaited
  std::optional<std::int64_t> read_back_;
  std::optional<std::int64_t> uptime_;  // s
  bool session_present_ = false;
  Instant lost_at_ = 0;                // when the link went down; 0: first connection of this process
  std::optional<Instant> born_;        // when the broker was started, as far as we know
  std::int64_t proven_ = 0;            // the latest mark that the broker has acknowledged
  std::int64_t before_ = 0;            // the mark when the link came up: all that it may have forgotten
  std::int64_t published_ = 0;         // the mark on its way, or to be the next
  std::int64_t first_ = 0;             // of this connection; 0: not yet
  bool on_its_way_ = false;            // one at a time: an acknowledgement does not say of which it is
  std::uint64_t marked_messages_ = 0;  // messages published when the latest mark was made
  Instant mark_at_ = 0;
};

}  // namespace ferry
