#include "tools/ferryctl/migrate_report.h"

#include "tools/ferryctl/print.h"
#include "translators/values/topic.h"

namespace ferry {
namespace {

constexpr std::size_t problems_kept = 1'000;          // of one account; then they are only counted
constexpr std::int64_t other_problems_kept = 10'000;  // of no account that comes, as JSON

std::string verdict(const ImportProblem& problem) {
  switch (problem.weight) {
    case ImportProblem::Weight::note:
      return "note";
    case ImportProblem::Weight::piece:
    case ImportProblem::Weight::account:
      return "does not come";
    case ImportProblem::Weight::source:
      return "not read";
  }
  return "";
}

std::string problem_line(const ImportProblem& problem) {
  std::string text = verdict(problem) + ": ";
  if (!problem.what.empty()) text += problem.what + ": ";
  text += problem.reason;
  if (!problem.suggestion.empty()) text += "; " + problem.suggestion;
  if (!problem.place.empty()) text += " (" + problem.place + ")";
  return printable(text);
}

// Texts of files may be cut within a character, and names of files are any bytes.
std::string json_text(std::string_view text) {
  std::string out = printable(text);
  if (!is_utf8(out))
    for (char& c : out)
      if (static_cast<unsigned char>(c) >= 128) c = '?';
  return out;
}

std::string problem_json(const ImportProblem& problem) {
  JsonWriter json;
  json.begin_object().field("weight", weight_name(problem.weight));
  if (!problem.account.empty()) json.field("account", json_text(problem.account));
  if (!problem.place.empty()) json.field("place", json_text(problem.place));
  if (!problem.what.empty()) json.field("what", json_text(problem.what));
  json.field("reason", json_text(problem.reason));
  if (!problem.suggestion.empty()) json.field("suggestion", json_text(problem.suggestion));
  return json.end_object().take();
}

}  // namespace

MigrateReport::MigrateReport(bool json, bool applied) : json_(json), applied_(applied) {
  if (json_) std::fputs(applied ? "{\"applied\":true" : "{\"applied\":false", stdout);
}

void MigrateReport::begin_account(const AccountHead& head) {
  now_ = Now();
  now_.inside = true;
  now_.jid = head.jid.str();
  now_.name = head.name;
  now_.source = head.source;
  now_.disabled = head.disabled;
}

void MigrateReport::keys(const ScramKeys& keys) { now_.mechanisms.emplace_back(mechanism_name(keys.hash)); }

void MigrateReport::contact(const RosterEntry& entry) { ++(entry.shared ? now_.shared : now_.contacts); }
void MigrateReport::request(const SubscriptionRequest&) { ++now_.requests; }
void MigrateReport::message(const StoredMessage&) { ++now_.messages; }
void MigrateReport::piece(const AccountPiece& piece) { ++now_.pieces[std::string(piece_name(piece.kind))]; }

void MigrateReport::end_account() {
  now_.inside = false;
  ++totals_["accounts"];
  with_keys_ += now_.mechanisms.empty() ? 0 : 1;
  with_keys_only_ += now_.mechanisms.empty() || now_.clear ? 0 : 1;
  totals_["accounts with keys"] += now_.mechanisms.empty() ? 0 : 1;
  totals_["accounts with the password itself"] += now_.clear ? 1 : 0;
  totals_["accounts locked"] += now_.disabled ? 1 : 0;
  totals_["contacts"] += now_.contacts;
  totals_["contacts of shared groups"] += now_.shared;
  totals_["requests"] += now_.requests;
  totals_["messages"] += now_.messages;
  for (const auto& [kind, count] : now_.pieces) totals_[kind] += count;
  said_ = true;
  if (json_)
    json_account();
  else if (!quiet_ || !now_.problems.empty())
    print_account();
}

void MigrateReport::print_account() const {
  std::string text = now_.jid + (now_.disabled ? " (locked)" : "") + ": ";
  if (now_.mechanisms.empty()) text += "no password";
  for (std::size_t i = 0; i < now_.mechanisms.size(); ++i) text += (i > 0 ? " " : "") + now_.mechanisms[i];
  const auto add = [&](std::int64_t number, std::string_view one, std::string_view many) {
    if (number > 0) text += ", " + counted(number, one, many);
  };
  add(now_.contacts, "contact", "contacts");
  add(now_.shared, "shared contact", "shared contacts");
  add(now_.requests, "request", "requests");
  add(now_.messages, "message", "messages");
  for (const auto& [kind, count] : now_.pieces) text += ", " + (count > 1 ? std::to_string(count) + " " : "") + kind;
  say(printable(text));
  for (const ImportProblem& problem : now_.problems) say("    " + problem_line(problem));
  if (now_.more_problems > 0) say("    and " + counted(now_.more_problems, "problem more", "problems more"));
}

void MigrateReport::json_account() {
  JsonWriter json;
  json.begin_object().field("jid", now_.jid);
  if (!now_.name.empty()) json.field("name", now_.name);
  json.field("source", now_.source).field("locked", now_.disabled).key("mechanisms").begin_array();
  for (const std::string& mechanism : now_.mechanisms) json.value(mechanism);
  json.end_array().field("contacts", now_.contacts).field("shared_contacts", now_.shared);
  json.field("requests", now_.requests).field("messages", now_.messages);
  for (const auto& [kind, count] : now_.pieces) json.field(kind, count);
  std::string text = json.end_object().take();
  text.pop_back();
  text += ",\"problems\":[";
  for (std::size_t i = 0; i < now_.problems.size(); ++i) text += (i > 0 ? "," : "") + problem_json(now_.problems[i]);
  text += now_.more_problems > 0 ? "],\"more_problems\":" + std::to_string(now_.more_problems) + "}" : "]}";
  // Accounts are written as they come; what else there is, is little, and follows.
  std::fprintf(stdout, "%s\n%s", first_ ? ",\n\"accounts\":[" : ",", text.c_str());
  first_ = false;
}

void MigrateReport::group(const SharedGroup& group) {
  if (group.seen != SharedGroup::Seen::nobody && !group.display.empty()) ++totals_["shared groups"];
}

void MigrateReport::room(const ImportedRoom& room) {
  ++totals_["rooms"];
  totals_["members of rooms"] += static_cast<std::int64_t>(room.members.size());
  said_ = true;
  if (json_) {
    JsonWriter json;
    json.begin_object().field("jid", room.jid.str()).field("name", room.name);
    rooms_ += (rooms_.empty() ? "" : ",\n") +
              json.field("members", static_cast<std::int64_t>(room.members.size())).end_object().take();
  } else if (!quiet_) {
    say(printable("room " + room.jid.str() + ": " +
                  counted(static_cast<std::int64_t>(room.members.size()), "member", "members")));
  }
}

void MigrateReport::problem(const ImportProblem& problem) {
  ++weights_[std::string(weight_name(problem.weight))];
  if (now_.inside && problem.weight != ImportProblem::Weight::source) {
    if (now_.problems.size() < problems_kept)
      now_.problems.push_back(problem);
    else
      ++now_.more_problems;
    return;
  }
  said_ = true;
  if (json_) {
    if (++others_ <= other_problems_kept) others_json_ += (others_ > 1 ? ",\n" : "") + problem_json(problem);
  } else if (problem.weight == ImportProblem::Weight::source)
    complain(problem_line(problem));
  else
    say(problem_line(problem));
}

void MigrateReport::finish(bool complete) {
  const auto of = [&](const char* weight) { return weights_[weight]; };
  if (json_) {
    std::fputs(first_ ? ",\n\"accounts\":[]" : "]", stdout);
    std::fprintf(stdout, ",\n\"rooms\":[%s],\n\"problems\":[%s]", rooms_.c_str(), others_json_.c_str());
    JsonWriter json;
    json.begin_object();
    for (const auto& [what, number] : totals_) json.field(what, number);
    json.end_object();
    std::fprintf(stdout,
                 ",\n\"summary\":%s,\"lost\":{\"accounts\":%lld,\"pieces\":%lld},\"notes\":%lld,"
                 "\"complete\":%s,\"ok\":%s}\n",
                 json.take().c_str(), static_cast<long long>(of("account")), static_cast<long long>(of("piece")),
                 static_cast<long long>(of("note")), complete ? "true" : "false", complete ? "true" : "false");
    return;
  }
  Columns table({"", applied_ ? "CAME" : "WOULD COME"});
  for (const auto& [what, number] : totals_)
    if (number > 0) table.add({what, std::to_string(number)});
  if (!table.empty()) std::fputs("\n", stdout);
  table.print();
  say("");
  say("do not come: " + counted(of("account"), "account", "accounts") + ", " +
      counted(of("piece"), "part of one", "parts of one") + "; " + counted(of("note"), "note", "notes"));
  if (!complete) say("a source was not read to its end: see above");
  if (!applied_ && complete) say("nothing was changed; --apply writes it into the store");
}

}  // namespace ferry
