// A visitor that writes down what it is shown, a line each.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "gateway/migration/import.h"
#include "translators/values/xml.h"

namespace ferry {

class Recorder final : public AccountVisitor {
 public:
  std::vector<std::string> lines, problems;
  std::vector<ScramKeys> all_keys;
  bool shared = true;

  void begin_account(const AccountHead& head) override {
    lines.push_back("account " + head.jid.str() + (head.disabled ? " locked" : "") +
                    (head.name.empty() ? "" : " \"" + head.name + "\""));
  }
  void keys(const ScramKeys& keys) override {
    lines.push_back("keys " + std::string(mechanism_name(keys.hash)));
    all_keys.push_back(keys.copy());
  }
  void contact(const RosterEntry& entry) override {
    std::string line = std::string(entry.shared ? "shared " : "contact ") + entry.jid.str() + " " +
                       std::string(subscription_name(entry.subscription)) + (entry.ask ? " ask" : "") +
                       (entry.approved ? " approved" : "") + (entry.name.empty() ? "" : " \"" + entry.name + "\"");
    for (const std::string& group : entry.groups) line += " [" + group + "]";
    lines.push_back(line);
  }
  void request(const SubscriptionRequest& request) override { lines.push_back("request " + request.from.str()); }
  void message(const StoredMessage& message) override {
    lines.push_back("message " + (message.at ? format_instant(message.at) : "?") + " " + message.xml);
  }
  void piece(const AccountPiece& piece) override {
    lines.push_back(std::string(piece_name(piece.kind)) + " " + piece.name +
                    (piece.xml.empty() ? "" : " " + piece.xml));
  }
  void end_account() override { lines.push_back("end"); }
  void group(const SharedGroup& group) override {
    lines.push_back("group " + group.name + " " + std::to_string(group.members.size()));
  }
  void room(const ImportedRoom& room) override {
    std::string line = "room " + room.jid.str() + " \"" + room.name + "\"";
    if (!room.subject.empty()) line += " (" + room.subject + ")";
    for (const auto& [name, value] : room.config) line += " " + name.substr(name.find('_') + 1) + "=" + value;
    for (const RoomMember& m : room.members) line += " " + m.affiliation + ":" + m.jid.str();
    lines.push_back(line);
  }
  void problem(const ImportProblem& problem) override {
    problems.push_back(std::string(weight_name(problem.weight)) + " " + problem_text(problem));
  }
  bool wants_shared_contacts() const override { return shared; }

  bool has(std::string_view line) const { return std::find(lines.begin(), lines.end(), line) != lines.end(); }
  bool complains(std::string_view part) const {
    for (const std::string& problem : problems)
      if (problem.find(part) != std::string::npos) return true;
    return false;
  }
  std::string all() const {
    std::string out;
    for (const std::string& line : lines) out += line + "\n";
    for (const std::string& problem : problems) out += "! " + problem + "\n";
    return out;
  }
};

}  // namespace ferry
