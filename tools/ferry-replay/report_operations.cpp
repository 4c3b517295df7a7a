#include "tools/ferry-replay/report_operations.h"

#include "tools/ferry-replay/report_transcript.h"

namespace ferry::report {
namespace {

const Instant operation_time = 1'800'000'000'000;
constexpr std::string_view me = "bob@corp.example", my_device = "phone", password = "correct horse battery";
constexpr int roster_size = 100, watcher_count = 50, room_size = 10, offline_count = 5;
constexpr std::string_view gateway_id = "01KAJ0ZQ4M8V6XJ3T2Y9R5WBCD";  // a ULID, as the gateway makes them

Jid jid_of(std::string_view text) { return *Jid::parse(text); }

Message message_of(std::string_view from, std::string_view to, std::string body, std::string id) {
  Message m;
  m.type = "chat";
  m.id = std::move(id);
  m.from = jid_of(from);
  m.to = jid_of(to);
  m.parts.push_back({Body{std::move(body), {}}});
  return m;
}

ContactView contact_of(std::string_view jid, std::string_view subscription) {
  ContactView c{std::string(jid), transcript::name_of(jid), {"Friends"}};
  c.subscription = subscription;
  return c;
}

presence::Endpoints endpoints_of(std::string_view name, std::string state, std::string status = {}) {
  presence::Availability a;
  a.state = std::move(state);
  a.status = std::move(status);
  a.since = operation_time;
  return {{std::string(name), a}};
}

class Ten {
 public:
  std::vector<Operation> take() {
    log_in();
    roster();
    watchers();
    message();
    typing();
    away();
    subscription();
    group();
    offline();
    log_out();
    return std::move(all_);
  }

 private:
  Operation& next(std::string title, std::string note) {
    all_.push_back({std::move(title), std::move(note)});
    return all_.back();
  }
  static void acknowledged(Operation& o, int link, bool from_client) {  // XEP-0198: one of each for a stanza or a burst
    o.stanza(link, from_client, transcript::ack_request());
    o.stanza(link, !from_client, transcript::ack());
  }

  void log_in() {
    Operation& o = next("log-in",
                        "streams, SASL SCRAM, binding, carbons, disco, first presence | CONNECT with a "
                        "Will, SUBSCRIBE, presence, two retained states; TLS's handshake is in neither");
    for (const auto& [from_client, xml] : transcript::log_in()) o.stanza(0, from_client, xml);
    acknowledged(o, 0, true);
    const Publish will = out_presence(tree_, me, my_device, {}, epoch_);
    o.packet(0, true, transcript::connect_packet(std::string(me) + ":phone", will, me, password));
    o.packet(0, false, transcript::connack_packet());
    o.packet(0, true, transcript::subscribe_packet({tree_.topic(me, "in/#"), tree_.root + "/gw/status"}));
    o.packet(0, false, transcript::suback_packet(2));
    presence::Availability online;
    online.state = "online";
    o.publish(0, true, out_presence(tree_, me, my_device, online, epoch_));
    o.publish(0, false, in_state(tree_, me, "0.1.0"));
    Publish status;
    status.topic = tree_.root + "/gw/status";
    status.payload = gateway_status_json(true, "0.1.0", operation_time);
    o.publish(0, false, status);
  }

  void roster() {
    Operation& o = next("roster of 100 contacts", "one answer of 100 items | 100 retained topics, once per session");
    o.stanza(0, true, transcript::roster_get());
    std::vector<std::string> contacts;
    for (int n = 0; n < roster_size; ++n) contacts.push_back(transcript::contact(n));
    o.stanza(0, false, transcript::roster_result(contacts));
    acknowledged(o, 0, true);
    for (const std::string& c : contacts) o.publish(0, false, in_contact(tree_, me, contact_of(c, "both")));
  }

  void watchers() {
    Operation& o =
        next("presence to 50 watchers", "one stanza up, 50 down with capabilities | one publish up, 50 down");
    o.stanza(0, true, transcript::presence({}, {}));
    acknowledged(o, 0, true);
    presence::Availability online;
    online.state = "online";
    o.publish(0, true, out_presence(tree_, me, my_device, online, epoch_));
    for (int n = 0; n < watcher_count; ++n) {
      const std::string watcher = transcript::contact(n);
      o.stanza(n + 1, false, transcript::presence(transcript::my_full_jid(), watcher));
      acknowledged(o, n + 1, false);
      o.publish(n + 1, false, in_contact_presence(tree_, watcher, me, endpoints_of(my_device, "online")));
    }
  }

  void message() {
    Operation& o = next("message with receipt", "both people's links | and the sender's echo, accepted and forwarded");
    const std::string peer = transcript::contact(0), text = "Shall we meet at noon in front of the library?";
    for (const auto& w : transcript::message_with_receipt(peer, text)) o.stanza(w.link, w.from_client, w.xml);
    for (const int link : {0, 1})
      for (const bool from_client : {true, false}) acknowledged(o, link, from_client);
    Message m = message_of(me, peer, text, message_id_);
    m.parts.push_back({ReceiptRequest{}});
    m.parts.push_back({Markable{}});
    sent(o, m, peer);
    Message in = m;
    in.from = jid_of(std::string(me) + "/phone");
    o.publish(1, false, in_msg(tree_, peer, in, std::string(gateway_id), operation_time));
    o.publish(1, true, out_receipt(tree_, peer, gateway_id, MessageState::delivered));
    o.publish(0, false, in_receipt(tree_, me, message_id_, peer, MessageState::delivered, operation_time));
  }

  void sent(Operation& o, const Message& m, std::string_view to) {
    o.publish(0, true, out_msg(tree_, me, m, m.id));
    o.publish(0, false, in_receipt(tree_, me, m.id, to, MessageState::accepted, operation_time));
    o.publish(0, false, echo_of(tree_, me, m, m.id, operation_time));
    o.publish(0, false, in_receipt(tree_, me, m.id, to, MessageState::forwarded, operation_time));
  }

  void typing() {
    Operation& o = next("typing", "composing, on both people's links | QoS 0");
    const std::string peer = transcript::contact(0);
    o.stanza(0, true, transcript::typing({}, peer));
    o.stanza(1, false, transcript::typing(transcript::my_full_jid(), peer));
    for (const int link : {0, 1}) acknowledged(o, link, link == 0);
    o.publish(0, true, out_act(tree_, me, jid_of(peer), "composing"));
    o.publish(1, false, in_act(tree_, peer, jid_of(std::string(me) + "/phone"), "composing"));
  }

  void away() {
    Operation& o = next("presence change", "away, with a text, to one watcher");
    const std::string peer = transcript::contact(0);
    o.stanza(0, true, transcript::presence({}, {}, "away", "At lunch"));
    o.stanza(1, false, transcript::presence(transcript::my_full_jid(), peer, "away", "At lunch"));
    for (const int link : {0, 1}) acknowledged(o, link, link == 0);
    presence::Availability a;
    a.state = "away";
    a.status = "At lunch";
    o.publish(0, true, out_presence(tree_, me, my_device, a, epoch_));
    o.publish(1, false, in_contact_presence(tree_, peer, me, endpoints_of(my_device, "away", "At lunch")));
  }

  void subscription() {
    Operation& o =
        next("subscription request", "asked, approved, contacts and presence brought up to date; both links");
    const std::string peer = transcript::contact(0);
    for (const auto& w : transcript::subscription(peer)) o.stanza(w.link, w.from_client, w.xml);
    for (const int link : {0, 1})
      for (const bool from_client : {true, false}) acknowledged(o, link, from_client);
    ContactView asked = contact_of(peer, "none"), wish = contact_of(me, "none");
    asked.ask = wish.request = true;
    o.publish(0, true, out_request(tree_, me, my_device, "q1", "subscribe", peer));
    o.publish(0, false, in_contact(tree_, me, asked));
    o.publish(0, false, in_answer(tree_, me, my_device, "q1", "{}"));
    o.publish(1, false, in_contact(tree_, peer, wish));
    o.publish(1, true, out_request(tree_, peer, my_device, "q1", "approve", me));
    o.publish(1, false, in_contact(tree_, peer, contact_of(me, "from")));
    o.publish(1, false, in_answer(tree_, peer, my_device, "q1", "{}"));
    o.publish(0, false, in_contact(tree_, me, contact_of(peer, "to")));
    o.publish(0, false, in_contact_presence(tree_, me, peer, endpoints_of(my_device, "online")));
  }

  void group() {
    Operation& o =
        next("group message to 10", "one stanza up, 10 down | one publish up, 10 down: the occupants of one room");
    const std::string room = "library@conference.corp.example", text = "Has anybody seen my umbrella?";
    o.stanza(0, true, transcript::room_message({}, room, text));
    acknowledged(o, 0, true);
    Message m = message_of(room + "/bob", me, text, message_id_);
    m.type = "groupchat";
    Message out = m;
    out.to = jid_of(room);
    o.publish(0, true, out_msg(tree_, me, out, out.id));
    for (int n = 0; n < room_size; ++n) {
      const std::string occupant = n == 0 ? std::string(me) : transcript::contact(n);
      o.stanza(n, false, transcript::room_message(room + "/bob", occupant + "/Conversations.x7Qd", text));
      acknowledged(o, n, false);
      m.to = jid_of(occupant);
      o.publish(n, false, in_msg(tree_, occupant, m, std::string(gateway_id), operation_time));
    }
  }

  void offline() {
    Operation& o = next("5 offline messages", "with the time of sending | the broker's session kept them");
    for (int n = 0; n < offline_count; ++n) {
      const std::string peer = transcript::contact(n), text = "Call me when you are back, please. It is no hurry.";
      o.stanza(0, false, transcript::delayed_message(peer + "/Conversations.a1Bc", text));
      Message m = message_of(peer + "/phone", me, text, message_id_);
      m.parts.push_back({ReceiptRequest{}});
      m.parts.push_back({Markable{}});
      o.publish(0, false, in_msg(tree_, me, m, std::string(gateway_id), operation_time));
    }
    acknowledged(o, 0, false);
  }

  void log_out() {
    Operation& o = next("log-out", "unavailable and the streams' ends | offline and DISCONNECT");
    o.stanza(0, true, "<presence type='unavailable'/>");
    o.stanza(0, true, "</stream:stream>");
    o.stanza(0, false, "</stream:stream>");
    o.publish(0, true, out_presence(tree_, me, my_device, {}, epoch_));
    o.packet(0, true, std::string("\xe0\x00", 2));
  }

  Tree tree_;
  std::string epoch_ = "k3j9x2aw", message_id_ = "3f0c4a2e-7f5b-4a53-9a3c-0d7f6f6f2b11";
  std::vector<Operation> all_;
};

void dissect(Anatomy& a, const Publish& p, std::size_t whole, bool acknowledged) {
  Publish bare = p;
  bare.expiry = 0;
  bare.id.clear();
  bare.cbor = false;
  bare.payload.clear();  // and so without a content type
  const auto topic = static_cast<std::int64_t>(p.topic.size()), payload = static_cast<std::int64_t>(p.payload.size());
  const auto framing = static_cast<std::int64_t>(publish_packet(bare).size()) - topic;
  a.topics += topic;
  a.payloads += payload;
  a.framing += framing;
  a.properties += static_cast<std::int64_t>(whole) - topic - payload - framing;
  if (acknowledged) a.acknowledgements += static_cast<std::int64_t>(puback_packet().size());
}

}  // namespace

void Operation::publish(int link, bool from_client, const Publish& p) {
  const Publish other = as_cbor(p);
  const auto add = [&](std::vector<Write>& writes, Anatomy& anatomy, const Publish& as) {
    const std::string bytes = publish_packet(as);
    writes.push_back({link, from_client, bytes});
    if (as.qos > 0) writes.push_back({link, !from_client, puback_packet()});
    dissect(anatomy, as, bytes.size(), as.qos > 0);
  };
  publishes.push_back({link, from_client, p});
  add(json, json_anatomy, p);
  add(cbor, cbor_anatomy, other);
}

void Operation::packet(int link, bool from_client, const std::string& bytes) {
  json.push_back({link, from_client, bytes});
  cbor.push_back({link, from_client, bytes});
  packets += static_cast<std::int64_t>(bytes.size());
  json_anatomy.framing += static_cast<std::int64_t>(bytes.size());
  cbor_anatomy.framing += static_cast<std::int64_t>(bytes.size());
}

std::vector<Operation> ten_operations() { return Ten().take(); }

}  // namespace ferry::report
