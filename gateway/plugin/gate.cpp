#include "gateway/plugin/gate.h"

#include <algorithm>

#include "config/text.h"
#include "gateway/passwords/crypto.h"

namespace ferry {
namespace {

std::string about(const Attempt& attempt, std::string_view what) {
  return "log-in of " + in_quotes(attempt.login) + " from " + std::string(attempt.address) + " " + std::string(what);
}

Result<Vault, std::string> open_key_file(const std::string& path) {
  auto vault = Vault::open(path, Vault::Source::broker);
  if (!vault) return format_problem(vault.error());
  return *std::move(vault);
}

}  // namespace

Result<std::unique_ptr<Gate>, std::string> Gate::open(GateOptions options, Log log) {
  auto vault = open_key_file(options.key_file);
  if (!vault) return vault.error();
  auto file = AuthFile::open(options.auth_file);
  if (!file) return file.error();
  return std::unique_ptr<Gate>(new Gate(std::move(options), std::move(log), *std::move(file), *std::move(vault)));
}

Gate::Gate(GateOptions options, Log log, AuthFile file, Vault vault)
    : options_(std::move(options)),
      log_(std::move(log)),
      file_(std::move(file)),
      vault_(std::move(vault)),
      process_key_(crypto::random_bytes(32)),
      fake_secret_(vault_.derived_secret("keys of users who are not there")),
      user_failures_(options_.limits.counted, options_.limits.user_failures, options_.limits.user_pause),
      address_failures_(options_.limits.counted, options_.limits.address_failures, options_.limits.address_pause),
      verified_(options_.limits.verified),
      refuted_(options_.limits.verified),
      check_(options_.login_check) {}

void Gate::say(Gravity gravity, const std::string& text, Instant now) {
  // What the administrator has to mend is not hidden by strangers' refusals of the same second.
  Lines& lines = gravity == Gravity::notice ? refusals_ : troubles_;
  if (now / second != lines.second) {
    if (lines.said > options_.limits.log_lines)
      log_(Gravity::warning, std::to_string(lines.said - options_.limits.log_lines) + " more lines were left out");
    lines = {now / second, 0};
  }
  if (++lines.said <= options_.limits.log_lines) log_(gravity, text);
}

// ---- the files

void Gate::look_again(Instant now) {
  if (!file_.replaced() || (unreadable_ != 0 && now - unreadable_ < options_.limits.reread)) return;
  unreadable_ = read_files() ? 0 : now;
}

void Gate::reload() { read_files(); }

bool Gate::read_files() {
  // The key file first: a new auth file may be sealed with a new key.
  auto vault = open_key_file(options_.key_file);
  auto file = AuthFile::open(options_.auth_file);
  if (!vault || !file) {
    log_(Gravity::error, (!vault ? vault.error() : file.error()) + "; what was read before stays in use");
    return false;
  }
  vault_ = *std::move(vault);
  file_ = *std::move(file);
  fake_secret_ = vault_.derived_secret("keys of users who are not there");
  log_(Gravity::notice, options_.auth_file + " is in use: " + std::to_string(file_.people()) + " people");
  looked_at_ = "";
  return true;
}

void Gate::tick(Instant now) {
  if (now - ticked_ < second) return;
  ticked_ = now;
  look_again(now);
  look_for_who_left();
  check_.read(now);
  std::erase_if(exchanges_, [&](const auto& entry) { return now - entry.second.since > options_.limits.exchange; });
}

// Some of those who were let in, in the order of their names, until all were looked at: each costs reads of the file.
void Gate::look_for_who_left() {
  if (!looked_at_) return;
  auto login = let_in_.upper_bound(*looked_at_);
  for (std::size_t n = 0; login != let_in_.end() && n < options_.limits.looks; ++n) {
    looked_at_ = *login;
    const auto person = file_.find(*login);
    if (person && (person->ask || !person->sealed.empty())) {
      ++login;
      continue;
    }
    log_(Gravity::notice, in_quotes(*login) + " is in " + options_.auth_file + " no more: disconnected");
    left_.push_back(*login);
    login = let_in_.erase(login);
  }
  if (login == let_in_.end()) looked_at_.reset();
}

// nullopt: none of the kind, or unreadable. hash: any where none is named.
std::optional<ScramKeys> Gate::keys_of(std::string_view login, const AuthPerson& person, std::optional<ScramHash> hash,
                                       Instant now) {
  for (const auto& [kind, sealed] : person.sealed) {
    if (hash && kind != *hash) continue;
    const auto text = vault_.open_text(login, mechanism_name(kind), sealed);
    if (!text) {
      say(Gravity::error,
          "the keys of " + in_quotes(login) + " cannot be read: " + text.error() + "; is " + options_.key_file +
              " the one that ferryctl vault broker-key wrote?",
          now);
      continue;
    }
    auto keys = scram_keys_of(kind, text->view());
    if (keys) return *std::move(keys);
    say(Gravity::error, "the keys of " + in_quotes(login) + " cannot be used: " + keys.error(), now);
  }
  return std::nullopt;
}

FakeKeys Gate::fake() const { return {fake_secret_.copy(), file_.fake_salt_bytes(), file_.fake_iterations()}; }

// ---- limits

bool Gate::limited(const Attempt& attempt, Instant now) {
  return address_failures_.reached(std::string(attempt.address), now) ||
         user_failures_.reached(std::string(attempt.login), now);
}

void Gate::failed(const Attempt& attempt, Instant now, std::string_view why) {
  user_failures_.failed(std::string(attempt.login), now);
  address_failures_.failed(std::string(attempt.address), now);
  say(Gravity::notice, about(attempt, std::string("refused: ").append(why)), now);
}

std::string Gate::mac_of(std::string_view login, std::string_view text) const {
  std::string both;
  both.reserve(login.size() + 1 + text.size());  // no copy is left behind
  both.append(login).append(1, '\0').append(text);
  std::string mac(crypto::hmac(crypto::Digest::sha256, process_key_.view(), both).view());
  Secret::wipe(both);
  return mac;
}

// ---- client ids

bool Gate::is_own_client_id(std::string_view login, std::string_view client_id) const {
  if (client_id.size() > login.size() + 1 && client_id.starts_with(login) && client_id[login.size()] == ':')
    return true;
  return !options_.bind_client_ids && !is_anothers_client_id(login, client_id);
}

// "bob@corp.example:phone" is bob's. (A uid has a ':' only inside the brackets of an IPv6 address.)
bool Gate::is_anothers_client_id(std::string_view login, std::string_view client_id) const {
  std::size_t tried = 0;
  for (std::size_t colon = client_id.find(':'); colon != std::string_view::npos && tried < 16;
       colon = client_id.find(':', colon + 1), ++tried)
    if (const std::string_view owner = client_id.substr(0, colon); owner != login && file_.find(owner)) return true;
  return false;
}

// ---- user name and password

Verdict Gate::password(const Attempt& attempt, std::string_view password, Instant now) {
  look_again(now);
  if (attempt.login.empty()) return Verdict::deferred;  // Mosquitto's allow_anonymous decides
  if (attempt.login == file_.rules().gateway) return unknown(attempt, {}, now);
  const auto person = file_.find(attempt.login);
  if (!person || (person->sealed.empty() && !person->ask)) return unknown(attempt, password, now);
  if (password.size() > most_password_bytes) return failed(attempt, now, "the password is too long"), Verdict::denied;

  const std::string mac = mac_of(attempt.login, password);
  const auto keys = keys_of(attempt.login, *person, std::nullopt, now);
  const std::string fingerprint = keys ? mac_of(attempt.login, keys->stored_key.view()) : std::string();
  const std::string *right = keys ? verified_.find(mac) : nullptr, *wrong = keys ? refuted_.find(mac) : nullptr;
  if (right == nullptr || *right != fingerprint) {
    if (wrong != nullptr && *wrong == fingerprint) {
      say(Gravity::notice, about(attempt, "refused: the same wrong password as before"), now);
      return Verdict::denied;
    }
    if (limited(attempt, now)) {
      say(Gravity::notice, about(attempt, "refused: too many failed before"), now);
      return Verdict::denied;
    }
    if (!keys) {
      if (!person->ask) return Verdict::again;  // the log says why; not the person's fault
      if (const Verdict verdict = ask(attempt, *person, password, now); verdict != Verdict::granted) return verdict;
    } else if (verify(*keys, password)) {
      verified_[mac] = fingerprint;
    } else {
      refuted_[mac] = fingerprint;
      return failed(attempt, now, "wrong password"), Verdict::denied;
    }
  }
  if (!is_own_client_id(attempt.login, attempt.client_id)) {
    say(Gravity::notice, about(attempt, "refused: its client id must be " + std::string(attempt.login) + ":DEVICE"),
        now);
    return Verdict::denied;
  }
  let_in_.emplace(attempt.login);
  return Verdict::granted;
}

// The gateway, technical users, and names that nobody has. Those cost as much time as people do.
Verdict Gate::unknown(const Attempt& attempt, std::string_view password, Instant now) {
  if (is_anothers_client_id(attempt.login, attempt.client_id)) {
    say(Gravity::notice, about(attempt, "refused: its client id is another user's"), now);
    return Verdict::denied;
  }
  if (attempt.login == file_.rules().gateway || address_failures_.reached(std::string(attempt.address), now))
    return Verdict::deferred;
  std::string& tried = refuted_[mac_of(attempt.login, password)];
  if (tried == "nobody's") return Verdict::deferred;  // as fast as for a person
  tried = "nobody's";
  // Where Mosquitto refuses as well, it names nobody. A technical user's line comes once.
  say(Gravity::notice, about(attempt, "is no person's: not in " + options_.auth_file + "; password_file decides"), now);
  address_failures_.failed(std::string(attempt.address), now);
  verify(fake().keys(ScramHash::sha1, attempt.login), password);
  return Verdict::deferred;
}

Verdict Gate::ask(const Attempt& attempt, const AuthPerson& person, std::string_view password, Instant now) {
  switch (check_.ask(mac_of(attempt.login, password), person.jid, password, now)) {
    case LoginCheck::Answer::granted:
      return Verdict::granted;
    case LoginCheck::Answer::wrong:
      failed(attempt, now, "wrong password, says the legacy server");
      return Verdict::denied;
    case LoginCheck::Answer::none:
      return Verdict::again;
    case LoginCheck::Answer::unavailable:
      break;
  }
  say(Gravity::warning, about(attempt, "cannot be checked at the legacy server: " + check_.trouble()), now);
  return Verdict::again;
}

// ---- SCRAM

Gate::Exchange Gate::begin(const void* client, const Attempt& attempt, std::string_view method, std::string_view data,
                           Instant now) {
  exchanges_.erase(client);
  look_again(now);
  const auto hash = scram_hash(method);
  if (!hash) return {Verdict::deferred, false, {}, {}};
  if (address_failures_.reached(std::string(attempt.address), now)) {
    say(Gravity::notice, about(attempt, "refused: too many failed before"), now);
    return {};
  }
  if (exchanges_.size() >= options_.limits.exchanges) {
    tick(now);
    if (exchanges_.size() >= options_.limits.exchanges) {
      say(Gravity::warning, about(attempt, "put off: too many log-ins are under way"), now);
      return {Verdict::again, false, {}, {}};
    }
  }
  UnderWay way;
  way.login = attempt.login;
  way.client_id = attempt.client_id;
  way.address = attempt.address;
  way.since = now;
  way.server = std::make_unique<ScramServer>(
      *hash,
      [this, hash = *hash, now](std::string_view user) -> ScramServer::Found {
        const auto person = user == file_.rules().gateway ? std::nullopt : file_.find(user);
        auto keys = person ? keys_of(user, *person, hash, now) : std::nullopt;
        if (!keys) return {fake().keys(hash, user), false};
        return {*std::move(keys), !user_failures_.reached(std::string(user), now)};
      },
      ScramServer::fresh_nonce());
  const auto place = exchanges_.emplace(client, std::move(way)).first;
  if (data.empty()) return {Verdict::granted, true, {}, {}};  // the client speaks next
  return step(client, place->second, data, now);
}

Gate::Exchange Gate::go_on(const void* client, std::string_view data, Instant now) {
  const auto found = exchanges_.find(client);
  if (found == exchanges_.end() || now - found->second.since > options_.limits.exchange) {
    forget(client);
    return {};
  }
  return step(client, found->second, data, now);
}

Gate::Exchange Gate::step(const void* client, UnderWay& way, std::string_view data, Instant now) {
  const ScramServer::Step step = way.first_seen ? way.server->final(data) : way.server->first(data);
  way.first_seen = true;
  if (step.outcome == ScramServer::Outcome::challenge) return {Verdict::granted, true, step.send, {}};
  const UnderWay ended = std::move(way);
  forget(client);
  const Attempt attempt{ended.server->user(), ended.client_id, ended.address};
  if (step.outcome == ScramServer::Outcome::refused) return failed(attempt, now, step.reason), Exchange{};
  std::string_view wrong;
  if (!ended.login.empty() && ended.login != attempt.login) wrong = "refused: CONNECT names another user";
  if (!is_own_client_id(attempt.login, attempt.client_id)) wrong = "refused: its client id must be LOGIN:DEVICE";
  if (!wrong.empty()) return say(Gravity::notice, about(attempt, wrong), now), Exchange{};
  let_in_.emplace(attempt.login);
  return {Verdict::granted, false, step.send, ended.server->user()};
}

// ---- topics

Verdict Gate::may(std::string_view login, Reach reach, std::string_view topic) {
  const BrokerRules& rules = file_.rules();
  if (login.empty()) return Verdict::deferred;
  if (grants(rules, login, {}, reach, topic)) return Verdict::granted;
  if (login == rules.gateway) return Verdict::deferred;
  const auto person = file_.find(login);
  if (!person) return Verdict::deferred;
  return grants(rules, login, person->base, reach, topic) ? Verdict::granted : Verdict::denied;
}

}  // namespace ferry
