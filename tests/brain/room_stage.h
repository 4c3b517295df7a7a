// A stage with rooms: bob@corp.example, whose bookmarks say that he is always in sea@rooms.corp.example as Robert.
// alice is there as well, and carol in ops@rooms.corp.example.
#pragma once

#include "gateway/brain/rooms.h"
#include "tests/brain/account_stage.h"

namespace ferry {

class RoomConversation : public AccountConversation {
 protected:
  static constexpr const char* sea = "sea@rooms.corp.example";
  static constexpr const char* ops = "ops@rooms.corp.example";
  const std::string in_sea = "in/room/sea@rooms.corp.example", in_ops = "in/room/ops@rooms.corp.example";

  RoomConversation() {
    server.rooms.rooms[sea].name = "The Sea";
    server.rooms.rooms[sea].subject = "Ships";
    server.rooms.rooms[sea].occupants["alice"] = "";
    server.rooms.rooms[ops].occupants["carol"] = "";
    bookmark(sea, "autojoin='true'", "<nick>Robert</nick>");
  }
  void bookmark(const std::string& room, const std::string& attributes, const std::string& inside = "") {
    items_ += "<item id='" + room + "'><conference xmlns='urn:xmpp:bookmarks:1' name='Of mine' " + attributes + ">" +
              inside + "</conference></item>";
    server.accounts[account].published =
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
        "<items node='urn:xmpp:bookmarks:1'>" +
        items_ + "</items></pubsub>";
  }
  void in_the_sea() {
    dual();
    stage.expect_shown(account, in_sea, R"({"state":"joined","nick":"Robert"})");
  }
  void room_request(const std::string& name, const std::string& room, const std::string& more = "") {
    request(name, "", (room.empty() ? "" : R"(,"room":")" + room + "\"") + more);
  }
  void say(const std::string& body, const std::string& id, const std::string& to = sea) {
    stage.mqtt(account, "out/msg",
               R"({"id":")" + id + R"(","to":")" + to + R"(","kind":"groupchat","body":")" + body + "\"}");
  }
  void die() {
    server.reachable = false;
    server.gateway_died();
    stage.restart();
    stage.links_up();
    server.sent.clear();
    stage.forget_effects();
    server.reachable = true;
  }
  std::size_t heard(const std::string& body) {
    return static_cast<std::size_t>(std::count_if(stage.publishes.begin(), stage.publishes.end(), [&](const auto& p) {
      return p.topic == Stage::topic(account, "in/msg") &&
             p.payload.find("\"body\":\"" + body + "\"") != std::string::npos;
    }));
  }
  std::size_t said(const std::string& id) {
    return static_cast<std::size_t>(std::count_if(server.sent.begin(), server.sent.end(), [&](const auto& s) {
      return s.second.name == "message" && s.second.attr_or("id") == id;
    }));
  }
  OldRoom& the_sea() { return server.rooms.rooms[sea]; }
  void presence(const std::string& attributes, const std::string& x) {
    server.deliver(account, "<presence " + attributes + ">" + OldRooms::x(x) + "</presence>");
  }

  std::string items_;
};
}  // namespace ferry
