#include "gateway/brain/accounts.h"

#include <algorithm>

#include "gateway/brain/log_value.h"
#include "translators/payloads.h"

namespace ferry {

Accounts::Accounts(World& world, Roster& roster, Presences& presences, Delivery& delivery, Requests& requests,
                   Privilege& privilege, Rooms& rooms)
    : world_(world),
      delivery_(delivery),
      iqs_(world, [this](const std::string& bare) { return find(bare); }),
      outbox_(
          world, [&delivery](const XmppOutbox::Sent& s, XmppOutbox::Outcome o) { delivery.confirm(s, o); },
          [&delivery](const MessageRecord& r) { return delivery.build(r); }),
      shadow_(world),
      journal_(world, iqs_, outbox_),
      rooms_(rooms),
      session_rooms_(world, rooms, iqs_, outbox_),
      addresses_(world, roster, delivery, privilege, journal_, iqs_,
                 [this](const std::string& bare) { return find(bare); }),
      bridge_(world, roster, presences, delivery, iqs_, outbox_, shadow_, session_rooms_, rooms_),
      verify_(world, iqs_, shadow_, bridge_),
      requests_(world, requests, roster, journal_, iqs_) {
  world_.hooks.send_by_session = [this](User& user, Element e) { return outbox_.send(*user.account, std::move(e)); };
  world_.hooks.queue_by_session = [this](User& user, const MessageRecord& row, Element e) {
    outbox_.queue(*user.account, row, std::move(e));
  };
  world_.hooks.under_way = [](User& user, Seq seq) {
    const auto& sent = user.account->in_flight;
    return user.account->up && std::any_of(sent.begin(), sent.end(), [&](const auto& s) { return s.seq == seq; });
  };
  world_.hooks.failed_by_session = [this](User& user, Seq seq) { outbox_.failed(*user.account, seq); };
  world_.hooks.send_for_account = [this](User& user, Element e) {
    e.set("from", user.jid.str());
    delivery_.send_durably(user.key, std::move(e));
  };
  world_.hooks.tell_presence = [this](User& user) {
    if (Account* account = user.account ? user.account : find(user.former->str())) bridge_.tell_presence(*account);
  };
  world_.hooks.send_from_former = [this](const Jid& from, Element& stanza) -> std::optional<std::string> {
    Account* account = find(from.bare_view());
    if (!account || !account->record.address) return std::nullopt;
    return outbox_.send(*account, std::move(stanza));
  };
  world_.hooks.followed = [this](const User& mover, const User& contact) { addresses_.followed(mover, contact); };
  journal_.undo_here = [this](Account& account, const Element& inverse, SessionIqs::Then then) {
    addresses_.undo(account, inverse, [this, then = std::move(then)](Account& a, const Result<Element>& answer) {
      then(a, answer);
      if (a.active && a.undo_open == 0) advance(a);  // no stanza of its session does so
    });
  };
  bridge_.want = [this](Account& account) { want(account); };
  bridge_.log_in_anew = [this](Account& account) { log_in_anew(account); };
  bridge_.forward = [this](Account& account, Message m) { addresses_.message(account, std::move(m)); };
  addresses_.greet = [this](User& user) { greet(user); };
  addresses_.forget = [this](User& user) { forget(user); };
  requests.by_session = [this](User& user, std::string_view name, JsonView payload, const Requests::Asked& asked) {
    return requests_.on_request(user, name, payload, asked);
  };
}

void Accounts::start() {
  world_.records.each_account([this](AccountRecord record) {
    std::string bare = record.jid.str();
    accounts_.emplace(std::move(bare), std::make_unique<Account>(std::move(record), session_rooms_));
  });
  rooms_.read([this](const Jid& jid) { return as_member(jid); });
  for (auto& [bare, account] : accounts_) {
    const AccountState state = account->record.state;
    if (state != AccountState::legacy && state != AccountState::shadow) {
      if (account->record.address)
        addresses_.tie(*account);
      else if (User* user = world_.user(bare))
        tie(*account, *user);
    }
    if (state != account->record.target) going_.insert(bare);
  }
  want_all();
  if (const std::size_t n = wanted(); n > 0 && world_.options.session.host.empty())
    world_.log(LogLine::Level::warning,
               "event=session.unconfigured accounts=" + std::to_string(n) + " advice=" + log_value(no_session_advice));
  read_cohorts();
  if (!accounts_.empty())
    outbox_.read([this](UserKey key) -> Account* {
      User* user = world_.user(key);
      return user ? user->account : nullptr;
    });
  drive_at_ = save_at_ = world_.now;
  forget_at_ = world_.now + forget_time;
}

// In the order in which they are missed, as the old server takes only so many log-ins a second: who is between two
// states, who is seen at MQTT, and those who are only looked at.
void Accounts::want_all() {
  const auto rank = [](const Account& account) {
    const AccountState state = account.record.state;
    return state != account.record.target ? 0 : state != AccountState::shadow ? 1 : 2;
  };
  for (const int turn : {0, 1, 2})
    for (auto& [bare, account] : accounts_) {
      const AccountState state = account->record.state;
      if (state != AccountState::legacy && state != AccountState::retired && rank(*account) == turn) want(*account);
    }
}

std::size_t Accounts::wanted() const {
  return static_cast<std::size_t>(
      std::count_if(accounts_.begin(), accounts_.end(), [](const auto& a) { return a.second->wanted; }));
}

Account* Accounts::find(std::string_view bare) {
  const auto it = accounts_.find(std::string(bare));
  return it == accounts_.end() ? nullptr : it->second.get();
}

Account* Accounts::on_its_way(const Jid& bare) {
  Account* account = find(bare.str());
  if (!account || account->record.address) return nullptr;
  const AccountState state = account->record.state, target = account->record.target;
  const bool yet = state == AccountState::legacy || state == AccountState::shadow;
  return yet && (target == AccountState::dual || target == AccountState::moved) ? account : nullptr;
}

bool Accounts::serves(const Jid& jid) const {
  return jid.has_local() && !jid.has_resource() && jid.domainpart() == world_.server.domainpart() &&
         !world_.hosted(jid);
}

Account& Accounts::add(const Jid& bare, const std::string& name, const std::optional<Jid>& address) {
  AccountRecord record{.jid = bare};
  record.cohort = name;
  record.address = address;
  record.since = world_.now;
  world_.records.put_account(record);
  return *accounts_.emplace(bare.str(), std::make_unique<Account>(std::move(record), session_rooms_)).first->second;
}

void Accounts::save(Account& account) {
  account.unsaved = false;
  world_.records.put_account(account.record);
}

void Accounts::tie(Account& account, User& user) {
  account.user = &user;
  user.account = &account;
  user.member = &account;
}

void Accounts::show_state(const User& user) {
  if (user.account->hidden_at) return;
  world_.publish_to(user, "in/state",
                    state_json(account_state_name(user.account->record.state), user.account->up, world_.version), true);
}

void Accounts::trouble(Account& account, std::string text) {
  if (account.record.trouble == text) return;
  world_.log(LogLine::Level::warning, "event=account.trouble account=" + log_value(account.record.jid.str()) +
                                          " state=" + std::string(account_state_name(account.record.state)) +
                                          " reason=" + log_value(text));
  account.record.trouble = std::move(text);
  ++account.record.errors;
  save(account);
  happened(account, false);
}

// Nobody's session: it was told to end, and that was still on its way.
Account* Accounts::find_served(std::string_view bare) {
  Account* account = find(bare);
  if (account && account->record.state != AccountState::legacy) return account;
  world_.count("session_stanzas_unowned");
  return nullptr;
}

void Accounts::session_up(const Brain::SessionUp& up) {
  Account* account = find_served(up.jid.bare_view());
  if (!account) return;
  // Somebody appeared while it logged in.
  if (!up.resumed && !up.collected && up.archive && !account->record.collected && !account->presence.empty())
    return log_in_anew(*account);
  account->up = true;
  if (const std::string was = account->trouble(); !was.empty())
    world_.log(LogLine::Level::info, "event=account.recovered account=" + log_value(account->record.jid.str()) +
                                         " state=" + std::string(account_state_name(account->record.state)) +
                                         " reason=" + log_value(was));
  account->why_down.clear();
  account->full = up.jid;
  account->archive = up.archive;
  account->blocking = up.blocking;
  const bool collected = !up.resumed && up.collected;
  if (!up.resumed) account->up_since = world_.now;
  if (collected && !std::exchange(account->record.collected, true)) save(*account);
  if (!account->record.trouble.empty()) {
    account->record.trouble.clear();
    save(*account);
  }
  bridge_.session_up(*account, up.resumed, collected);
  if (account->user) show_state(*account->user);
  const AccountState state = account->record.state;
  if (account->record.address && (state == AccountState::dual || state == AccountState::moved))
    addresses_.go_on(*account);
  advance(*account);
}

void Accounts::log_in_anew(Account& account) {
  unwant(account);
  want(account);
  session_down({account.record.jid, false, {}});
}

void Accounts::session_caught_up(const Jid& bare, std::string_view archive_id, bool complete) {
  if (Account* account = find_served(bare.bare_view())) bridge_.caught_up(*account, archive_id, complete);
}

void Accounts::session_down(const Brain::SessionDown& down) {
  Account* account = find(down.jid.bare_view());
  if (!account) return;
  const bool was = std::exchange(account->up, false);
  if (account->drain == Account::Drain::asked) account->drain = Account::Drain::not_yet;
  journal_.session_down(*account);
  if (was) bridge_.session_down(*account);
  if (was && account->user) show_state(*account->user);
  account->why_down = down.reason;
  // On the way back what waits for the session is the trouble, and why_down is named with it.
  if (down.credentials && account->record.state != AccountState::back)
    trouble(*account, down.reason.empty() ? "the server refused the log-in" : down.reason);
}

void Accounts::session_stanza(Brain::SessionStanza stanza) {
  Account* account = find_served(stanza.jid.bare_view());
  if (!account) return;
  bridge_.on_stanza(*account, std::move(stanza));
  if (account->active) advance(*account);
}

void Accounts::session_waiting(const Jid& bare, const Jid& from, bool group) {
  const Account* account = find(bare.bare_view());
  if (!account || !account->takes_part()) return;
  const User* owner = account->record.address ? world_.user(account->record.address->str()) : account->user;
  if (owner) world_.hooks.message_came(*owner, from, group);
}

void Accounts::session_sent(const Jid& bare, std::int64_t token) {
  Account* account = find(bare.bare_view());
  if (!account) return;
  if (token > 0) {
    outbox_.on_sent(*account, token);
    bridge_.sent(*account);  // before more is under way
    outbox_.pump(*account);
  }
  if (token < 0) journal_.on_sent(*account, -token);
  if (account->active) advance(*account);
}

void Accounts::on_time() {
  iqs_.on_time();
  bridge_.on_time();
  addresses_.on_time();
  for (; !read_again_.empty() && read_again_.front().first <= world_.now; read_again_.pop_front())
    world_.effects.unsubscribes.push_back(std::move(read_again_.front().second));
  if (accounts_.empty()) return;
  if (world_.now >= drive_at_) {
    drive_at_ = world_.now + (rate_ < 10 ? second / static_cast<Duration>(rate_) : step_time);
    drive();
  }
  if (world_.now >= forget_at_) {
    forget_at_ = world_.now + forget_time;
    world_.records.forget_seen(world_.now);
  }
}

// Counts may be a little old after a crash; whatever decides anything is written down at once.
void Accounts::end_of_batch() {
  if (world_.now >= save_at_) {
    save_at_ = world_.now + save_time;
    for (auto& [bare, account] : accounts_)
      if (account->unsaved) save(*account);
  }
  if (cohorts_changed_) keep_cohorts();
  if (named_changed_) keep_named();
}

std::optional<Instant> Accounts::next_deadline() const {
  std::optional<Instant> next;
  const auto consider = [&](std::optional<Instant> t) {
    if (t && (!next || *t < *next)) next = t;
  };
  consider(iqs_.next_deadline());
  consider(bridge_.next_deadline());
  consider(addresses_.next_deadline());
  if (!read_again_.empty()) consider(read_again_.front().first);
  if (accounts_.empty()) return next;
  consider(forget_at_);
  if (active_ > 0 ||
      std::any_of(going_.begin(), going_.end(), [&](const auto& bare) { return may_run(*accounts_.at(bare)); }))
    consider(drive_at_);
  return next;
}

}  // namespace ferry
