// A live replay's half for accounts of the legacy server: their sessions, and what these say.
#include <cstdio>
#include <utility>

#include "tools/ferry-replay/account_answers.h"
#include "tools/ferry-replay/serve.h"

namespace ferry::replay {
namespace {

constexpr Duration settle_time = 6 * second;  // SessionBridge::settle_time, and a moment for what it shows

}  // namespace

void Serve::open_door(std::unique_ptr<TlsServer> tls) {
  door_ = std::make_unique<ClientDoor>(
      poller_,
      ClientDoor::Settings{settings_.session_host, settings_.session_port, options_.component.server,
                           options_.limits.message_bytes, options_.session.direct_tls},
      std::move(tls),
      ClientDoor::Calls{[this](const Jid& account) {
                          ++happened_;
                          if (!seen_up_.insert(account.str()).second && rosters_.contains(account.str()))
                            ++session_reconnects_;
                        },
                        [this](const std::string& why) { session_refused_ = why; },
                        [this](const Jid& account, Element stanza) { on_session_stanza(account, std::move(stanza)); },
                        [this](std::uint64_t event) { matching_.sent(event, steady_now_us()); }});
}

std::string Serve::listen_for_sessions() {
  if (!door_) return {};
  if (rosters_.empty()) {
    std::fprintf(stderr, "the capture has nothing for the accounts of --account; no session is waited for\n");
    door_.reset();
    return {};
  }
  const std::string where = settings_.session_host + ":" + std::to_string(settings_.session_port);
  if (const std::string wrong = door_->listen(); !wrong.empty()) return "--c2s-listen " + where + ": " + wrong;
  std::fprintf(stderr, "listening on %s for the sessions of %zu accounts of %s, %s for one\n", where.c_str(),
               rosters_.size(), options_.component.server.c_str(), rosters_.begin()->first.c_str());
  std::fflush(stderr);
  return {};
}

std::size_t Serve::missing(bool (ClientDoor::*there)(const std::string&) const, std::string& first) const {
  std::size_t n = 0;
  for (const auto& [account, roster] : rosters_)
    if (!((*door_).*there)(account) && n++ == 0) first = account;
  return n;
}

std::string Serve::await_sessions() {
  std::string first;
  if (!door_ || wait_for([&] { return missing(&ClientDoor::up, first) == 0; })) return {};
  return "no session of " + std::to_string(missing(&ClientDoor::up, first)) + " of " + std::to_string(rosters_.size()) +
         " accounts, " + first + " for one" +
         (session_refused_.empty() ? "" : " (the latest that went: " + session_refused_ + ")") +
         "; ferryctl migrate show says why. Are ferryd's [session] host and port this program's --c2s-listen, has its "
         "cafile signed --cert, has the account a password, and is it in state dual (ferryctl migrate start)?";
}

// A session whose account's device is there says so; everything that it asked for before has been answered by then.
// Some seconds later the gateway takes for settled what is known of contacts, and shows what is not shown yet.
std::string Serve::await_presence() {
  if (!door_) return {};
  std::string first;
  if (!wait_for([&] { return missing(&ClientDoor::available, first) == 0; }))
    return "the sessions of " + std::to_string(missing(&ClientDoor::available, first)) + " accounts, " + first +
           " for one, do not become available: are they in state dual or moved (ferryctl migrate status)?";
  const Steady settled = steady_now() + settle_time;
  wait_for([&] {
    ++happened_;  // waiting for its time is no silence
    return steady_now() >= settled;
  });
  return {};
}

void Serve::on_session_stanza(const Jid& account, Element stanza) {
  ++happened_;
  const auto known = rosters_.find(account.str());
  if (auto reply = account_answer(account, stanza, known == rosters_.end() ? empty_roster() : known->second))
    door_->answer(account.str(), to_xml(*reply, ns::client));
  if (stanza.name == "iq" && stanza.attr_or("id") == end_id) {
    ended_.insert(account.str());
    return;
  }
  if (!playing_ || known == rosters_.end() || is_of_the_link(stanza)) return;
  const std::string text = to_xml(stanza, ns::client);
  last_us_ = steady_now_us();
  matching_.arrived(channel_of_stanza(text, account.str()), text, last_us_, wall_now());
}

// As the component's ping: who refuses this question has decided about everything before it.
void Serve::end_sessions() {
  if (!door_) return;
  for (const auto& [account, roster] : rosters_) {
    Element question("iq");
    question.set("type", "get").set("id", end_id).set("from", options_.component.server).set("to", account);
    question.add(Element("query", "jabber:iq:version"));
    door_->answer(account, to_xml(question, ns::client));
    door_->flush(account);
  }
  wait_for([this] {
    for (const auto& [account, roster] : rosters_)
      if (door_->up(account) && !ended_.contains(account)) return false;
    return true;
  });
}

}  // namespace ferry::replay
