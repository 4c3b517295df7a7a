// Accounts of the legacy server whose owners move, one by one, with a way back (design section 9).
//
//   legacy -> shadow -> dual -> moved -> retired, and from each: back -> legacy
//
// Each account has a state and a target. The driver lets cohorts go on at a rate and stops a cohort where too much
// fails; every transition is one commit, and what stands in the records says what is next: whatever process starts
// goes on from there. One instance serves all accounts.
#pragma once

#include <memory>

#include "gateway/brain/admin.h"
#include "gateway/brain/new_addresses.h"
#include "gateway/brain/session_bridge.h"
#include "gateway/brain/session_requests.h"
#include "gateway/brain/session_rooms.h"
#include "gateway/brain/session_verify.h"

namespace ferry {

// People who move together.
struct Cohort {
  std::string name;
  AccountState target = AccountState::legacy;
  bool running = false;
  std::int64_t stop_permille = 0, stop_least = 20;  // of what went on, how much may fail; 0: no matter. And of how many
  std::int64_t events = 0, errors = 0;              // since it was started
  std::string stopped;                              // why it stands still, where nobody asked for it
};

class Accounts {
 public:
  static constexpr Duration step_time = 100;              // ms between transitions that begin
  static constexpr std::size_t max_active = 256;          // accounts on their way at a time
  static constexpr Duration hide_time = second;           // for what was retained to be gone
  static constexpr Duration save_time = 5 * second;       // counts are written down this often
  static constexpr Duration forget_time = 3600 * second;  // what was seen long ago
  static constexpr std::size_t max_page_items = 5'000;

  using Answer = Admin::Answer;

  Accounts(World& world, Roster& roster, Presences& presences, Delivery& delivery, Requests& requests,
           Privilege& privilege, Rooms& rooms);

  void start();                // from the records; users are there already
  std::size_t wanted() const;  // accounts that need a session
  std::optional<Answer> on_command(std::string_view name, JsonView command);  // accounts_commands.cpp

  // ---- the session link
  void session_up(const Brain::SessionUp& up);
  void session_caught_up(const Jid& bare, std::string_view archive_id, bool complete);
  void session_down(const Brain::SessionDown& down);
  void session_stanza(Brain::SessionStanza stanza);
  void session_waiting(const Jid& bare, const Jid& from, bool group);
  void session_sent(const Jid& bare, std::int64_t token);

  void on_time();
  void end_of_batch();
  std::optional<Instant> next_deadline() const;

  bool serves(const Jid& jid) const;  // may this be an account of ours: of the legacy server's domain
  void show_state(const User& user);
  Account* on_its_way(const Jid& bare);  // to dual; its owner may be at the broker already. nullptr: it is not
  Member* as_member(const Jid& jid) { return find(jid.bare_view()); }

  std::function<std::optional<std::string>(const std::string& row)> add_route;  // admin: why not
  std::function<void(const std::string& jid)> remove_route;
  std::function<void(User&)> greet, forget;  // router: somebody is new, somebody goes
  std::function<void(User&)> hide;           // router: the broker keeps nothing of the user
  std::function<void(User&)> withdraw;       // router: nothing of the user's is retained any more, the user goes

 private:
  using Map = std::map<std::string, std::unique_ptr<Account>>;
  Account* find(std::string_view bare);
  Account* find_served(std::string_view bare);  // nullptr: its session is no matter any more
  Account& add(const Jid& bare, const std::string& cohort, const std::optional<Jid>& address);
  void save(Account& account);
  std::string trouble_of(const Account& account) const;  // for people
  void trouble(Account& account, std::string text);      // and an error of its cohort
  void happened(Account& account, bool good);
  void count_anew(Account& account);  // of its errors, what is not over

  // accounts_transitions.cpp
  void advance(Account& account);  // as far as it goes at the moment
  void enter(Account& account, AccountState state);
  bool enter_shadow(Account& account);
  bool enter_dual(Account& account);
  void go_back(Account& account);
  void keep_what_people_did(Account& account);
  bool hidden(Account& account);
  void leave(Account& account);
  void forget_rooms(Account& account);
  void read_presences(const User& user);
  void want_all();
  void want(Account& account);
  void unwant(Account& account);
  void log_in_anew(Account& account);
  void tie(Account& account, User& user);

  // accounts_driver.cpp
  void read_cohorts();
  void keep_cohorts();
  void drive();
  void keep_named();
  void set_target(Account& account, AccountState target, bool keep, bool named = false);
  bool may_run(const Account& account) const;
  Cohort& cohort(const std::string& name);

  // accounts_commands.cpp
  std::optional<Answer> command(std::string_view name, JsonView c);
  Answer plan(JsonView c);
  Answer start_cohort(JsonView c);
  Answer pause(JsonView c);
  Answer stop_on(JsonView c);
  Answer back(JsonView c);
  Answer status(JsonView c) const;
  Answer list(JsonView c) const;
  Answer show(JsonView c) const;
  Answer rosters(JsonView c) const;
  Answer verify(JsonView c);
  Result<std::vector<Account*>, Problem> chosen(JsonView c);  // of "jids", or of "cohort"

  World& world_;
  Delivery& delivery_;
  SessionIqs iqs_;
  SessionOutbox outbox_;
  SessionShadow shadow_;
  AccountJournal journal_;
  Rooms& rooms_;
  SessionRooms session_rooms_;
  NewAddresses addresses_;
  SessionBridge bridge_;
  SessionVerify verify_;
  SessionRequests requests_;
  Map accounts_;  // by bare JID
  std::map<std::string, Cohort> cohorts_;
  std::set<std::string> going_;    // state and target differ
  std::set<std::string> unsaved_;  // counts
  std::size_t active_ = 0, rate_ = 10;
  std::string turn_;  // the driver's place in going_
  bool cohorts_changed_ = false, named_changed_ = false;
  Instant drive_at_ = 0, save_at_ = 0, forget_at_ = 0;
  static constexpr Duration read_again_time = 10 * second;  // brokers may give what is retained a little later
  std::deque<std::pair<Instant, std::string>> read_again_;  // filters, until when
};

}  // namespace ferry
