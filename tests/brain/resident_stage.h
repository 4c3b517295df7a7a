// A stage with rooms for our own people: sea@rooms.corp.example, where alice is, and ops@rooms.corp.example, where
// carol is. Nobody of ours is in one to begin with; bob's phone is online.
#pragma once

#include "gateway/brain/rooms.h"
#include "tests/brain/old_rooms.h"
#include "tests/brain/stage.h"

namespace ferry {

class ResidentConversation : public testing::TestWithParam<Where> {
 protected:
  static constexpr const char* sea = "sea@rooms.corp.example";
  static constexpr const char* ops = "ops@rooms.corp.example";
  static constexpr const char* occupant = "bob@mqtt.corp.example/ferry-rooms";
  const std::string in_sea = "in/room/sea@rooms.corp.example", in_ops = "in/room/ops@rooms.corp.example";

  ResidentConversation() {
    rooms.rooms[sea].name = "The Sea";
    rooms.rooms[sea].subject = "Ships";
    rooms.rooms[sea].occupants["alice"] = "";
    rooms.rooms[ops].occupants["carol"] = "";
    stage.after_tick = [this] { work(); };
    stage.online("bob", "phone");
    clear();
  }
  void clear() {
    stage.forget_effects();
    sent.clear();
  }
  void request(const std::string& name, const std::string& room, const std::string& more = "",
               const std::string& user = "bob") {
    stage.mqtt(
        user, "out/req",
        R"({"id":"q","request":")" + name + "\"" + (room.empty() ? "" : R"(,"room":")" + room + "\"") + more + "}");
  }
  void good(const std::string& result = "{}") {
    stage.expect_publish("bob", "in/res/-", R"({"id":"q","ok":true,"result":)" + result + "}");
  }
  void bad(const std::string& condition) {
    stage.expect_publish("bob", "in/res/-", R"({"id":"q","ok":false,"error":{"condition":")" + condition + "\"}}");
  }
  void in_the_sea() {
    request("room.join", sea, R"(,"nick":"Bob")");
    stage.expect_shown("bob", in_sea, R"({"state":"joined","nick":"Bob"})");
    stage.time(6 * second);
    clear();
  }
  void say(const std::string& body, const std::string& id, const std::string& to = sea) {
    stage.mqtt("bob", "out/msg",
               R"({"id":")" + id + R"(","to":")" + to + R"(","kind":"groupchat","body":")" + body + "\"}");
  }
  // A stanza that left for a room.
  Element gone(const std::string& xml) {
    const auto expected = parse_xml(xml);
    for (auto it = sent.begin(); it != sent.end(); ++it)
      if (matching::contains(*it, *expected)) {
        Element found = *it;
        sent.erase(it);
        return found;
      }
    ADD_FAILURE() << "no stanza " << xml << " to a room";
    return Element();
  }
  std::size_t said(const std::string& id) const {
    return static_cast<std::size_t>(std::count_if(
        sent.begin(), sent.end(), [&](const Element& e) { return e.name == "message" && e.attr_or("id") == id; }));
  }
  std::size_t heard(const std::string& body, const std::string& user = "bob") const {
    return static_cast<std::size_t>(std::count_if(stage.publishes.begin(), stage.publishes.end(), [&](const auto& p) {
      return p.topic == Stage::topic(user, "in/msg") &&
             p.payload.find("\"body\":\"" + body + "\"") != std::string::npos;
    }));
  }
  bool is_in(const std::string& room, const std::string& nick) { return rooms.rooms[room].occupants.contains(nick); }
  void presence(const std::string& attributes, const std::string& x) {
    deliver(occupant, "<presence " + attributes + ">" + OldRooms::x(x) + "</presence>");
  }
  void link_down() {
    up = false;
    stage.component_down();
  }
  void link_up() {
    up = true;
    stage.component_up();
  }
  // The process ends in the middle; rooms do not hear of it.
  void die() {
    up = false;
    stage.restart();
    clear();
    stage.broker_up(true);
    link_up();
  }
  void deliver(const std::string& to, const std::string& xml) {
    if (up)
      return stage.xmpp(xml.substr(0, xml.find_first_of(" >")) + " to='" + to + "'" +
                        xml.substr(xml.find_first_of(" >")));
    rooms.forget(to);  // it comes back to the room as an error
  }
  // What left for rooms is carried out there, and what follows.
  void work() {
    if (working_) return;
    working_ = true;
    for (bool more = true; more;) {
      more = false;
      for (auto it = stage.stanzas.begin(); it != stage.stanzas.end(); ++it) {
        if (it->attr_or("to").find("@rooms.") == std::string_view::npos) continue;
        const Element e = std::move(*it);
        stage.stanzas.erase(it);
        sent.push_back(e);
        const bool ours = e.attr_or("from").ends_with("/ferry-rooms");
        EXPECT_TRUE(ours || e.name == "presence" || e.attr_or("type") == "error") << to_xml(e, ns::client);
        if (answers && ours) rooms.take(std::string(e.attr_or("from")), e);
        more = true;
        break;
      }
    }
    working_ = false;
  }

  Stage stage{GetParam()};
  bool up = true, answers = true;
  std::vector<Element> sent;  // to rooms
  OldRooms rooms{[this](const std::string& to, const std::string& xml) { deliver(to, xml); },
                 [this] { return stage.now; }};

 private:
  bool working_ = false;
};

}  // namespace ferry
