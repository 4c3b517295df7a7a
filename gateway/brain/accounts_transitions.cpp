// Accounts, the transitions: one at a time, each one commit.
#include "gateway/brain/accounts.h"
#include "gateway/brain/log_value.h"

namespace ferry {
namespace {
constexpr std::int64_t after_all = std::int64_t{1} << 62;  // number of a write
}

// The time counts where there is no place in the archive yet, or where the archive has forgotten that entry.
void Accounts::want(Account& account) {
  account.wanted = true;
  const AccountRecord& r = account.record;
  const bool collects = !r.collected && !account.presence.empty();
  world_.effects.sessions.push_back(
      {SessionEffect::What::want, r.jid.str(), r.archive, bridge_.presence_of(account), 0, r.began, collects});
}

void Accounts::unwant(Account& account) {
  if (!std::exchange(account.wanted, false)) return;
  world_.effects.sessions.push_back({SessionEffect::What::unwant, account.record.jid.str(), {}, {}, 0, 0});
}

void Accounts::enter(Account& account, AccountState state) {
  AccountRecord& r = account.record;
  world_.log(LogLine::Level::info, "event=account.moved account=" + log_value(r.jid.str()) +
                                       " from=" + std::string(account_state_name(r.state)) +
                                       " to=" + std::string(account_state_name(state)));
  r.state = state;
  r.since = world_.now;
  if (state == AccountState::shadow) r.began = world_.now;
  r.trouble.clear();
  account.early.reset();
  ++r.generation;
  save(account);
  world_.count("account_transitions");
  account.active_since = world_.now;
  happened(account, true);
  if (account.user) show_state(*account.user);
}

// From its state towards its target, as far as it goes at the moment; whatever it waits for comes here again.
void Accounts::advance(Account& account) {
  const std::string& bare = account.record.jid.str();
  bool on = account.active && may_run(account);
  while (on && account.record.state != account.record.target) {
    const AccountState state = account.record.state, target = account.record.target;
    if (state == AccountState::back || target == AccountState::legacy) {
      const AccountState before = account.record.state;
      go_back(account);
      on = account.record.state != before;
    } else if (state == AccountState::legacy) {
      on = enter_shadow(account);
    } else if (target < state) {
      // moved to dual: nothing was written that would have to be undone
      enter(account, target == AccountState::dual ? target : AccountState::back);
      if (account.record.state == AccountState::back) account.record.target = AccountState::legacy;
    } else if (state == AccountState::shadow) {
      on = enter_dual(account);
    } else if (state == AccountState::dual) {
      on = account.up;
      if (on) enter(account, AccountState::moved);
    } else if (state == AccountState::moved) {
      on = SessionOutbox::idle(account);
      if (!on) break;
      forget_rooms(account);
      unwant(account);
      enter(account, AccountState::retired);
    } else {
      on = false;
    }
  }
  if (account.record.state != account.record.target || !account.active) return;
  account.active = account.named = false;
  --active_;
  going_.erase(bare);
}

bool Accounts::enter_shadow(Account& account) {
  const Jid& jid = account.record.jid;
  if (account.record.address) {
    enter(account, AccountState::shadow);
    want(account);
    return true;
  }
  const auto match = world_.table.by_jid(jid);
  if (match && match->row->kind != RowKind::user) {
    trouble(account, "the mapping table has a row of another kind for it: " + format_row(*match->row));
    return false;
  }
  if (!match) {
    if (const auto why_not = add_route("user " + jid.str() + " {root}/u/{uid}")) {
      trouble(account, "no row of the mapping table, and none can be added: " + *why_not);
      return false;
    }
    account.record.route_added = true;
  }
  enter(account, AccountState::shadow);
  want(account);
  return true;
}

// The session is up and silent; from now on it speaks.
bool Accounts::enter_dual(Account& account) {
  if (!account.up || !account.roster_known) return false;
  const Jid& jid = account.record.jid;
  if (account.record.address) {
    if (const auto why_not = addresses_.unfit(*account.record.address)) {
      trouble(account, *why_not);
      return false;
    }
    enter(account, AccountState::dual);
    addresses_.enter(account);
    bridge_.take_part(account);
    return true;
  }
  if (const auto match = world_.table.by_jid(jid); !match || match->row->kind != RowKind::user) {
    trouble(account, "no user row of the mapping table covers it any more");
    return false;
  }
  User* user = world_.user(jid.str());
  tie(account, user ? *user : world_.add_user(jid));
  enter(account, AccountState::dual);
  read_presences(*account.user);
  bridge_.ask_roster(account);
  bridge_.take_part(account);
  session_rooms_.enter(account);
  return true;
}

// Devices may have been there before: a subscription of its own makes the broker give once more what they retained.
void Accounts::read_presences(const User& user) {
  if (!world_.mqtt_up) return;  // it gives everything when it comes
  std::string filter = user.base + "/out/dev/+/presence";
  world_.effects.subscribes.push_back({filter, true, true});
  read_again_.emplace_back(world_.now + read_again_time, std::move(filter));
}

// Nobody shall undo it later.
void Accounts::keep_what_people_did(Account& account) {
  const Jid& jid = account.record.jid;
  for (auto write = world_.records.last_write(jid, after_all); write;
       write = world_.records.last_write(jid, write->number))
    world_.records.set_write(jid, write->number, WriteState::lasting);
}

void Accounts::forget_rooms(Account& account) {
  rooms_.leave_all(account);
  if (account.user) rooms_.clear_all(*account.user);
  session_rooms_.forget(account);
}

// What is retained goes first, and is seen to have gone, while the records still know what it was: a crash between the
// commit and the publishes would leave it there for ever.
bool Accounts::hidden(Account& account) {
  if (!account.hidden_at) {
    account.hidden_at = world_.now;
    unwant(account);
    hide(*account.user);
  }
  return world_.mqtt_up && world_.waiting.publishes == 0 && world_.now >= *account.hidden_at + hide_time;
}

// First the server stops sending us messages, then what waits goes out, then every write is undone, from the latest to
// the first, and only then the person leaves the broker.
void Accounts::go_back(Account& account) {
  if (account.record.state != AccountState::back) {
    rooms_.leave_all(account);
    enter(account, AccountState::back);
    account.drain = Account::Drain::not_yet;
    if (!account.wanted) want(account);  // it was retired
  }
  if (account.hidden_at) return leave(account);
  if (account.user || account.record.address) {
    bridge_.tell_presence(account);  // none
    if (account.up && account.drain == Account::Drain::not_yet) {
      account.drain = Account::Drain::asked;
      Element ping("iq");  // the stream is ordered: what was sent to us before the answer is here by then
      ping.set("type", "get").set("to", account.record.jid.domainpart()).add(Element("ping", "urn:xmpp:ping"));
      iqs_.ask(account, std::move(ping), [this](Account& a, const Result<Element>& answer) {
        const bool away = !answer && answer.error().condition == Condition::remote_server_timeout;
        a.drain = away ? Account::Drain::not_yet : Account::Drain::over;
        if (!away && a.active) advance(a);
      });
    }
    if (account.up && account.drain != Account::Drain::over) return;
    if (!SessionOutbox::idle(account)) {
      if (!account.up)
        trouble(account,
                "messages to XMPP wait for the session, and it is down: ferryctl outbox drop --pending --all --user " +
                    account.record.jid.str() + " gives them up");
      return;
    }
  }
  // A write of ours that can no longer be undone without the session keeps the account here until the session is back.
  while (account.up) {
    if (!journal_.undo(account)) break;
    if (account.undo_open > 0 || account.retry_at) return;
  }
  if (!account.up) {
    const Jid& jid = account.record.jid;
    for (auto write = world_.records.last_write(jid, after_all); write;
         write = world_.records.last_write(jid, write->number)) {
      if (!account.record.keep || !write->by_person)
        return trouble(account,
                       write->by_person
                           ? "changes are to be undone, and the session is down: ferryctl migrate back --keep " +
                                 jid.str() + " --apply leaves those that people made"
                           : "changes of the migration are to be undone, and the session is down");
    }
  }
  leave(account);
}

// Nothing of the account's is anywhere but where it always was.
void Accounts::leave(Account& account) {
  if (account.user && !hidden(account)) return;
  if (account.record.keep) keep_what_people_did(account);
  if (User* user = std::exchange(account.user, nullptr)) {
    user->account = nullptr;
    user->member = nullptr;
    account.queued.clear();
    session_rooms_.forget(account);
    account.hidden_at.reset();
    withdraw(*user);
  }
  if (std::exchange(account.record.route_added, false)) remove_route(account.record.jid.str());
  if (account.record.address) addresses_.left(account);
  unwant(account);
  account.record.target = AccountState::legacy;
  account.record.keep = false;
  account.record.archive.clear();
  account.place.clear();
  account.place_due.reset();
  account.record.collected = false;
  account.seen_roster.clear();
  enter(account, AccountState::legacy);
}

}  // namespace ferry
