// A room (XEP-0045) of a real server: a component's occupants, who come in and leave, and who takes part in a run.
#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "tools/bench.d/load_plan.h"
#include "tools/bench.d/load_score.h"

namespace ferry::bench {
namespace {

std::string at_room(const std::string& occupant, const std::string& room) {
  return " from='" + occupant + "' to='" + room + "/" + occupant.substr(0, occupant.find('@')) + "'";
}

std::vector<std::string> occupants(const char* name, std::size_t count, const std::string& domain) {
  std::vector<std::string> out;
  for (std::size_t n = 0; n < count; ++n) out.push_back(numbered(name, n, domain) + "/load");
  return out;
}

std::unique_ptr<Peer> in_room(const Arguments& a, const std::string& domain, std::vector<std::string> occupants) {
  const std::string room = a.text("room");
  ComponentPeer::Settings s = component_settings(a, domain, Kind::room);
  s.from = always(occupants.front());
  s.to = always(room);
  s.room = room;
  s.occupants = std::move(occupants);
  return std::make_unique<ComponentPeer>(std::move(s));
}

// The device of an occupant whose account is in the room already.
MqttPeer::Settings device(const Arguments& a, const std::string& user) {
  const std::string base = "im/v1/u/" + user;
  MqttPeer::Settings s = client(a, user + ":load", Kind::room);
  s.subscribe = base + "/in/#";
  s.topic = always(base + "/out/msg");
  s.to = always(a.text("room"));
  return s;
}

}  // namespace

// One after the other: each has come in when it has seen itself and, after the history, the subject. Nobody wants a
// history: what was said in the last run is no message of this one.
void ComponentPeer::enter() {
  for (const std::string& occupant : settings_.occupants) {
    out_ += "<presence" + at_room(occupant, settings_.room) +
            "><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>";
    wait_for("code='110'", "code=\"110\"", occupant);
    // Made by this one: it is open to others once it has a form (XEP-0045 section 10.1), and stays when all have left.
    if (in_.find("code='201'") != std::string::npos || in_.find("code=\"201\"") != std::string::npos) {
      out_ += "<iq type='set' id='made' from='" + occupant + "' to='" + settings_.room +
              "'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>"
              "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>"
              "<field var='muc#roomconfig_persistentroom'><value>1</value></field></x></query></iq>";
      wait_for("id='made'", "id=\"made\"", occupant);
    }
    wait_for("<subject", "<subject", occupant);
    in_.clear();
  }
}

void ComponentPeer::leave() {
  for (const std::string& occupant : settings_.occupants) {
    in_.clear();
    out_ += "<presence type='unavailable'" + at_room(occupant, settings_.room) + "/>";
    wait_for("code='110'", "code=\"110\"", occupant);
  }
}

// Until one of them has come.
void ComponentPeer::wait_for(std::string_view one, std::string_view other, const std::string& who) {
  const std::int64_t until = steady_ns() + 20 * second_ns;
  while (in_.find(one) == std::string::npos && in_.find(other) == std::string::npos) {
    write();
    pollfd waiting{fd_, static_cast<short>(POLLIN | (wants_write() ? POLLOUT : 0)), 0};
    ::poll(&waiting, 1, 100);
    std::array<char, 65536> buffer;
    const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n > 0) in_.append(buffer.data(), static_cast<std::size_t>(n));
    if (n == 0 || steady_ns() > until) give_up(settings_.room + " does not take " + who + ": " + in_);
  }
}

// A line is told to everybody in the room. To MQTT, and of the server alone, those count who are (or would be) on MQTT;
// from MQTT all but the speaker.
Ends room(const Arguments& a, const std::string& way) {
  const People people(a);
  const std::size_t persons = a.number("people", 5);
  const auto on_xmpp = [&] { return in_room(a, people.component, occupants("person", persons, people.component)); };
  const auto listen = [&](Ends& ends, std::size_t first, std::size_t number) {
    for (std::size_t n = first; n < people.users; ++n) {
      MqttPeer::Settings s = device(a, people.user(n));
      if (way == "m2m") s.subscribe = "im/v1/r/load/msg";
      s.number = number++;
      ends.to.push_back(std::make_unique<MqttPeer>(std::move(s)));
    }
  };
  Ends out;
  out.fan = people.users;
  if (way != "m2m") out.back = way == "m2x" ? 1 : persons;
  if (way == "x2x") {
    out.to.push_back(in_room(a, a.text("sink"), occupants("user", people.users, a.text("sink"))));
    out.from = on_xmpp();
  } else if (way == "x2m") {
    listen(out, 0, 0);
    out.from = on_xmpp();
  } else if (way == "m2m") {
    listen(out, 0, 0);
    MqttPeer::Settings s = device(a, "load-publisher");
    s.subscribe.clear();
    s.topic = always("im/v1/r/load/msg");
    out.from = std::make_unique<MqttPeer>(std::move(s));
  } else {
    out.fan = persons + people.users - 1;
    out.to.push_back(on_xmpp());
    listen(out, 1, persons);
    out.from = std::make_unique<MqttPeer>(device(a, people.user(0)));
  }
  return out;
}

}  // namespace ferry::bench
