#include "translators/presence.h"

#include <gtest/gtest.h>

namespace ferry::presence {
namespace presence_test {

constexpr Instant noon = 1'795'168'800'000;

Presence presence_of(std::string_view xml) { return std::get<Presence>(to_event(*Stanza::from_xml(*parse_xml(xml)))); }

Result<DevicePresence> device(std::string_view json) {
  return from_device_json(JsonDocument::parse(json)->root(), noon);
}

struct Row {
  std::string_view xml, state, status;
  int priority = 0;
};

TEST(Presence, IsAnAvailability) {
  const Row rows[] = {
      {"<presence/>", "online", ""},
      {"<presence><show>away</show><status>Lunch</status><priority>5</priority></presence>", "away", "Lunch", 5},
      {"<presence><show>chat</show></presence>", "chat", ""},
      {"<presence><show>dnd</show></presence>", "dnd", ""},
      {"<presence><show>xa</show><priority>-128</priority></presence>", "xa", "", -128},
      {"<presence><show>busy</show><priority>200</priority></presence>", "online", ""},
      {"<presence><status xml:lang='de'>a</status><status>b</status><status xml:lang='fr'>c</status></presence>",
       "online", "b"},
      {"<presence><status xml:lang='de'>a</status><status xml:lang='fr'>c</status></presence>", "online", "a"},
      {"<presence type='unavailable'><show>away</show><status>Bye</status><priority>5</priority></presence>", "offline",
       "Bye"},
      {"<presence type='error'/>", "offline", ""},
  };
  for (const Row& row : rows) {
    const Availability a = from_presence(presence_of(row.xml), noon);
    EXPECT_EQ(a.state, row.state) << row.xml;
    EXPECT_EQ(a.status, row.status) << row.xml;
    EXPECT_EQ(a.priority, row.priority) << row.xml;
    EXPECT_EQ(a.since, noon) << row.xml;
    EXPECT_EQ(a.available(), row.state != "offline");
  }
  const Presence late =
      presence_of("<presence><delay xmlns='urn:xmpp:delay' stamp='2026-11-20T09:00:00Z'/></presence>");
  EXPECT_EQ(from_presence(late, noon).since, noon - 3'600'000);
}

TEST(Presence, ThereAndBackIsTheSame) {
  for (const std::string_view state : {"online", "chat", "away", "xa", "dnd", "offline"})
    for (const std::string_view status : {"", "Lunch"})
      for (const int priority : {0, -1, 127}) {
        if (state == "offline" && priority != 0) continue;  // who is not there has none
        const Availability a{std::string(state), std::string(status), priority, noon};
        EXPECT_TRUE(from_presence(to_presence(a), noon).shows_as(a)) << state;
      }
  EXPECT_EQ(to_xml(to_stanza(to_presence({"away", "Lunch", 3, 0})), ns::client),
            "<presence><show>away</show><status>Lunch</status><priority>3</priority></presence>");
  EXPECT_EQ(to_xml(to_stanza(to_presence({"offline", "Bye", 3, 0})), ns::client),
            "<presence type='unavailable'><status>Bye</status></presence>");
}

TEST(Presence, ADeviceSaysItself) {
  const auto p = device(R"({"state":"dnd","status":"Busy","priority":-3,"epoch":"e1","since":"01JD"})");
  ASSERT_TRUE(p);
  EXPECT_TRUE(p->availability.shows_as({"dnd", "Busy", -3, 0}));
  EXPECT_EQ(p->availability.since, noon);
  EXPECT_EQ(p->epoch, "e1");
  EXPECT_EQ(p->since_id, "01JD");
  for (const std::string_view state : {"online", "chat", "away", "xa", "dnd", "offline"})
    EXPECT_TRUE(device("{\"state\":\"" + std::string(state) + "\",\"epoch\":\"1\"}")) << state;
}

TEST(Presence, AWrongFieldIsNamed) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"[]", "expected a JSON object"},
      {R"({"epoch":"1"})", "state"},
      {R"({"state":"busy"})", "state"},
      {R"({"state":1})", "state"},
      {R"({"state":"online","status":1})", "status"},
      {R"({"state":"online","status":"\u0000"})", "status"},
      {R"({"state":"online","priority":128})", "priority"},
      {R"({"state":"online","priority":-129})", "priority"},
      {R"({"state":"online","priority":1.5})", "priority"},
      {R"({"state":"online","priority":1e300})", "priority"},
      {R"({"state":"online","priority":99999999999999999999999})", "priority"},
      {R"({"state":"online","priority":"1"})", "priority"},
      {R"({"state":"online","epoch":1})", "epoch"},
      {R"({"state":"online","since":1})", "since"},
  };
  for (const auto& [json, says] : rows) {
    const auto p = device(json);
    ASSERT_FALSE(p) << json;
    EXPECT_TRUE(p.error().text.starts_with(says)) << json << ": " << p.error().text;
  }
}

TEST(Presence, OneSpeaksForAll) {
  struct {
    std::string_view name;
    Endpoints endpoints;
    std::string_view status;  // of the one that speaks
  } const rows[] = {
      {"nobody", {}, ""},
      {"available before offline", {{"a", {"offline", "a", 0, 9}}, {"b", {"xa", "b", -5, 1}}}, "b"},
      {"priority", {{"a", {"online", "a", 0, 9}}, {"b", {"xa", "b", 5, 1}}}, "b"},
      {"the most reachable", {{"a", {"away", "a", 0, 9}}, {"b", {"dnd", "b", 0, 1}}}, "b"},
      {"chat before online", {{"a", {"online", "a", 0, 9}}, {"b", {"chat", "b", 0, 1}}}, "b"},
      {"the latest", {{"a", {"online", "a", 0, 1}}, {"b", {"online", "b", 0, 2}}}, "b"},
      {"the latest to go", {{"a", {"offline", "a", 0, 1}}, {"b", {"offline", "b", 0, 2}}}, "b"},
      {"a bare JID's own", {{"", {"online", "a", 0, 1}}}, "a"},
  };
  for (const auto& row : rows) EXPECT_EQ(aggregate(row.endpoints).status, row.status) << row.name;
  EXPECT_EQ(aggregate({}).state, "offline");
}

TEST(Presence, IsShownToContacts) {
  EXPECT_EQ(contact_presence_json({}), R"({"state":"offline"})");
  EXPECT_EQ(contact_presence_json({{"", {"online", "", 0, noon}}}),
            R"({"state":"online","since":"2026-11-20T10:00:00.000Z"})");
  EXPECT_EQ(
      contact_presence_json(
          {{"phone", {"away", "Lunch", 0, noon}}, {"spark", {"xa", "", 2, 0}}, {"tv", {"offline", "", 0, 0}}}),
      R"({"state":"xa","devices":[{"device":"phone","state":"away","status":"Lunch"},{"device":"spark","state":"xa","priority":2}]})");
}

}  // namespace presence_test
}  // namespace ferry::presence
