// What importers found, checked and put into this house's form before a visitor sees it: addresses are prepared, XML is
// parsed and written again, passwords become SCRAM keys. Whatever does not pass is a problem with its place, its
// reason, and what could be done about it, and the rest comes.
//
//   if (intake.begin(place, "alice", "corp.example", head)) { intake.password(…); intake.contact(…); … intake.end(); }
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "gateway/migration/account.h"
#include "gateway/migration/input.h"
#include "gateway/store/database.h"
#include "translators/values/xml.h"

namespace ferry {

inline constexpr std::size_t max_contacts = 100'000;       // of one account
inline constexpr std::size_t max_messages = 1'000'000;     // of one account, offline
inline constexpr std::size_t max_room_members = 100'000;   // of one room
inline constexpr std::size_t max_imported_xml = 8U << 20;  // bytes of one stanza, vCard …
inline constexpr std::size_t max_roster_text = 1'023;      // bytes of a contact's name, of a group's name
XmlLimits imported_xml_limits();

struct ImportOptions {
  std::string domain;     // of accounts whose source names none; empty: it must
  bool make_keys = true;  // false (dry run): passwords are looked at, no keys are made of them, which takes its time
};

struct RawAccount {
  std::string_view name, email;
  bool disabled = false;
  Instant created = 0;
};

struct RawContact {
  std::string_view jid, name;
  RosterSubscription subscription = RosterSubscription::none;
  bool ask = false, approved = false, shared = false;
  std::vector<std::string> groups;
};

class Intake {
 public:
  Intake(AccountVisitor& visitor, ImportOptions options, std::string source);
  ~Intake();

  const ImportOptions& options() const { return options_; }
  void set_source(std::string_view source) { source_ = source; }  // of the accounts that follow
  bool complete() const { return complete_; }                     // no source broke off
  const std::string& account() const { return account_; }  // whose turn it is: the bare JID, or the name as it stood
  bool wants_shared_contacts() const { return visitor_.wants_shared_contacts(); }

  // False: this account does not come; do not offer its pieces, end() is not called.
  bool begin(const Place& place, std::string_view localpart, std::string_view domain, const RawAccount& raw);
  void end();
  void abandon(const Place& place, std::string_view reason);  // the source broke off within the account

  // From a password in the clear: keys of SHA-1 and SHA-256, but for those that came already.
  void password(const Place& place, std::string_view password);
  void clear_password(std::string_view password) { visitor_.password(password); }  // its keys came already
  void keys(const Place& place, ScramKeys keys);
  // The texts of a store, base64 once or twice (an old ejabberd did it twice).
  void keys(const Place& place, std::string_view mechanism, std::string_view salt, std::int64_t iterations,
            std::string_view stored_key, std::string_view server_key);
  bool has_keys() const { return keys_ != 0; }
  bool has_keys(ScramHash hash) const { return (keys_ >> static_cast<unsigned>(hash) & 1U) != 0; }

  void contact(const Place& place, RawContact raw);
  // xml: the stanza, or empty: one is made.
  void request(const Place& place, std::string_view from, std::string_view xml);
  void request(const Place& place, std::string_view from, Element stanza);
  // delay_from: the domain that says the delay, where the stanza has none. at 0: not known.
  void message(const Place& place, std::string_view xml, Instant at, std::string_view delay_from);
  void message(const Place& place, Element stanza, Instant at, std::string_view delay_from);
  void piece(const Place& place, PieceKind kind, std::string_view name, std::string_view xml);
  void piece(const Place& place, PieceKind kind, std::string_view name, const Element& element);

  // XEP-0016. The default list that only denies people all there is comes as blocked ones (XEP-0191), too.
  void privacy_list(const Place& place, std::string_view name, const Element& list, bool is_default);
  void privacy_list(const Place& place, std::string_view name, std::string_view xml, bool is_default);

  void group(const SharedGroup& group) { visitor_.group(group); }
  void room(const Place& place, ImportedRoom room);

  // What stays on the old server, of this account or of a room; 0: nothing, -1: nobody counted.
  void note_archive(const Place& place, std::int64_t messages);
  void note_history(const Place& place, std::string what, std::int64_t messages);
  void note_nodes(const Place& place, std::int64_t nodes);

  // Files of exports that include one another: which came as a source of its own, and which at all.
  bool was_read(const std::string& file, bool as_source) const {
    const auto known = files_.find(file);
    return known != files_.end() && (known->second || !as_source);
  }
  void note_read(const std::string& file, bool as_source) { files_[file] = files_[file] || as_source; }

  void problem(ImportProblem::Weight weight, const Place& place, std::string what, std::string reason,
               std::string suggestion = {});
  void lost(const Place& place, std::string what, std::string reason, std::string suggestion = {}) {
    problem(ImportProblem::Weight::piece, place, std::move(what), std::move(reason), std::move(suggestion));
  }
  void note(const Place& place, std::string what, std::string reason, std::string suggestion = {}) {
    problem(ImportProblem::Weight::note, place, std::move(what), std::move(reason), std::move(suggestion));
  }

 private:
  std::optional<Element> parse(const Place& place, const std::string& what, std::string_view xml);
  std::optional<Jid> address(const Place& place, const std::string& what, std::string_view text);
  // Where it came before, under this name or another; nothing: it is the first of its address.
  struct Before {
    std::string name, place;
  };
  std::optional<Before> before(const Jid& jid, std::string_view name, const Place& place);

  AccountVisitor& visitor_;
  ImportOptions options_;
  std::string source_, account_;
  std::optional<Jid> jid_;
  std::unordered_set<std::string> contacts_;
  std::unordered_map<std::string, bool> files_;
  bool contacts_full_ = false, complete_ = true;
  std::size_t messages_ = 0;
  unsigned keys_ = 0;  // a bit a hash
  std::unique_ptr<Database> seen_;
  std::unique_ptr<Statement> see_, seen_before_;
};

// "Thu Jan 21 14:17:35 CET 2016", as Java writes dates, beside what parse_instant takes. guessed: the zone's name is
// not known and was taken as UTC.
std::optional<Instant> parse_java_date(std::string_view text, bool& guessed);

// 0 where the number cannot be a time of a stored message or account: before 1970, after 9999.
inline constexpr Instant latest_instant = 253'402'300'799'999;
inline constexpr Instant sane_instant(Instant at) { return at > 0 && at <= latest_instant ? at : 0; }

// XML 1.0 forbids most control characters even as &#1;, and Openfire stored them so: without those.
std::string without_illegal_references(std::string_view xml);

}  // namespace ferry
