// What the legacy server lets our component do beyond a component's rights (XEP-0356, versions 1 and 2): announced by
// the server itself on the component stream, and forgotten with the stream. Ferry uses one such right: to read and
// write the contact lists of the server's accounts. One instance serves the component link.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "gateway/brain/world.h"
#include "translators/values/stanza.h"

namespace ferry {

class Privilege {
 public:
  static constexpr Duration announce_time = second;     // for the server to say what it grants, once the link is up
  static constexpr Duration answer_time = 30 * second;  // for a question to be answered
  static constexpr std::size_t max_open = 4'096;        // questions unanswered
  static constexpr int most_refused = 3;                // questions, before a write has done what it should

  explicit Privilege(World& world) : world_(world) {}

  void component_up();
  void component_down();
  // To our own domain. True: that was the server's announcement. A forged one is counted, and answered by the caller.
  bool on_message(const Stanza& message);
  bool on_push(const Stanza& iq);    // section 4: with the right to read come all changes of all lists; not needed
  bool on_answer(const Stanza& iq);  // a result or error: was it to a question of ours?

  // May contact lists be written, and is it of use? not_yet: the server has not had the time to say so.
  enum class Lists : std::uint8_t { not_yet, no, yes };
  Lists lists() const;
  bool proven() const { return proven_; }  // a write has done what it should
  void prove() { proven_ = true; }
  void refused(const StanzaError& why);  // a question was, or nobody answered it
  // Not tried again by this process. reason: link-lost, refused, subscription-kept.
  void give_up(std::string_view reason, std::string_view condition, std::string_view advice);
  std::string text() const;  // for people

  // A roster get or set (RFC 6121 section 2) with the list of this account; bare. The result, or the error in its
  // words; remote-server-timeout: nobody knows. Before the link is up and the server has spoken it waits, but no longer
  // than for an answer.
  using Then = std::function<void(const Result<Element>& answer)>;
  void ask(const Jid& account, Element iq, Then then);

  void on_time();
  std::optional<Instant> next_deadline() const;

 private:
  struct Open {
    std::string account;
    bool set = false;
    Instant until;
    std::optional<Element> unsent;
    Then then;
  };
  bool settled() const { return world_.xmpp_up && (granted_ || world_.now >= up_at_ + announce_time); }
  void send_unsent();
  void end(std::map<std::string, Open>::iterator it, const Result<Element>& answer);

  World& world_;
  bool granted_ = false, proven_ = false;
  std::string useless_;  // why; empty: it is not
  int refused_ = 0;
  Instant up_at_ = 0;
  std::size_t unsent_ = 0;
  std::map<std::string, Open> open_;  // by id; ids are time-ordered, and so are the deadlines
};

}  // namespace ferry
