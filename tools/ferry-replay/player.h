// What of a capture is played: one record in, the events that the gateway would have seen out, with their virtual time.
//
// Streams of a component (and of another server, and of unknown kind): what the server said to it, as it is. Streams of
// clients: what the server would have routed to the component, from whichever side of it was recorded, once; and what
// it would have delivered to one more client of the accounts that are given, which is ferryd's session. Publishes:
// what clients published under their out/ and to feeds. What is not played is counted by reason.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "config/mapping.h"
#include "config/options.h"
#include "gateway/brain/effects.h"
#include "gateway/capture/reader.h"
#include "tools/ferry-replay/player_streams.h"
#include "translators/values/instant.h"
#include "translators/values/xml_reader.h"

namespace ferry::replay {

struct Played {
  std::uint64_t line = 0;  // of the capture; the header is line 1
  std::uint32_t copy = 0;  // of --users, from 0
  Instant at = 0;          // virtual time, never earlier than the one before
  std::variant<Element, Refused, InPublish> what;
  std::vector<Jid> people;  // hosted users and accounts that it is for, bare: they must exist
  // The account of the legacy server, bare, whose session it comes by; none: it comes by the component.
  std::optional<Jid> session = std::nullopt;
};

class Player {
 public:
  enum class From { xmpp, mqtt, both };
  struct Settings {
    From from = From::xmpp;
    std::uint32_t users = 1;
    std::map<std::string, std::string> domains;  // OLD to NEW, normalised
    std::set<std::string> accounts;  // with sessions: bare JIDs, or the legacy server's domain for all of its accounts
  };
  static constexpr Duration longest_gap = 7 * 24 * 60 * minute;  // a clock that leaps further is a wrong one
  static constexpr std::size_t most_text = 4'000;                // of a record, kept for people

  Player(Settings settings, const Options& options, const MappingTable& table)
      : settings_(std::move(settings)), options_(options), table_(table) {}

  // Reads one record and puts what is to be played of it, all its copies, into out (emptied first; it may stay so).
  // False: the capture has ended.
  bool next(CaptureReader& reader, std::vector<Played>& out);

  // Of the latest record
  std::uint64_t line() const { return line_; }
  Instant now() const { return now_; }
  const std::string& text() const { return text_; }  // for people, cut at most_text

  // The last whole roster that the capture has shown of an account until now, as it is for that copy; empty: none.
  Element roster_of(const std::string& account, std::uint32_t copy) const;

  struct Counts {
    std::uint64_t records = 0, stanzas = 0, publishes = 0, played = 0, damage = 0, clock_jumps = 0;
    std::map<std::string, std::uint64_t, std::less<>> skipped;  // by reason
  };
  const Counts& counts() const { return counts_; }
  const std::string& first_damage() const { return first_damage_; }  // where, and what was expected

 private:
  using Out = std::vector<Played>;
  void set_time(std::int64_t time);
  void skip(std::string_view reason);
  void damage(const CapturedDamage& damage);
  void stanza(const Record& record, const CapturedStanza& stanza, Out& out);
  void from_server(const Record& record, Element element, Out& out);
  void from_client(const Record& record, Element element, Out& out);
  bool address_client(const Record& record, Element& element);
  void to_account(const Record& record, const Jid& account, Element element, Out& out);
  void note_roster(const Record& record, const Element& element);
  void publish(const Record& record, const CapturedPublish& publish, Out& out);
  void play(Element element, bool over_limit, const StanzaError& error, Out& out, bool by_session = false);
  bool map_address(Element& element, const char* name, bool recipient);
  std::string mapped_domain(std::string_view domain, bool recipient) const;
  bool hosted(const Jid& jid) const { return jid.domainpart() == options_.component.domain; }
  bool is_account(const Jid& jid) const;
  bool is_feed(const Jid& jid) const;
  std::string copy_of(std::string_view address, std::uint32_t copy) const;
  Played event() const;
  InPublish copied(const InPublish& in, const MappingTable::TopicMatch& match, std::uint32_t copy) const;
  void add_people(Played& played, const Jid& jid) const;

  Settings settings_;
  const Options& options_;
  const MappingTable& table_;
  Counts counts_;
  ClientStreams streams_;
  std::map<std::string, Element> rosters_;  // by account
  std::string text_, first_damage_;
  std::uint64_t line_ = 1;
  Instant now_ = 0, raw_ = 0;
  bool any_time_ = false;
};

}  // namespace ferry::replay
