#include "tools/ferry-replay/report_wire.h"

#include "tools/ferry-replay/report_namespaces.h"
#include "translators/part.h"
#include "translators/profile.h"

namespace ferry::report {
namespace {

constexpr std::string_view roster_space = "jabber:iq:roster", vcard_space = "vcard-temp", ping_space = "urn:xmpp:ping";
constexpr std::string_view short_id = "q1", epoch = "k3j9x2aw";  // as a client would make up

class Packing {
 public:
  Packing(const Tree& tree, const Stanza& s, std::string_view user, bool out, Instant now)
      : tree_(tree), s_(s), user_(user), out_(out), now_(now) {}

  Packets message() {
    Message m = std::get<Message>(to_event(s_));
    const std::string& id = m.id.empty() ? ulid_ : m.id;
    switch (purpose_of(m)) {
      case Purpose::receipt:
      case Purpose::error:
        packets_.purport = Purport::receipt;
        receipts(m, id);
        break;
      case Purpose::chat_state:
        packets_.purport = Purport::typing;
        if (out_ && m.to)
          client(out_act(tree_, user_, *m.to, find<ChatState>(m.parts)->state));
        else if (!out_ && m.from)
          gateway(in_act(tree_, user_, *m.from, find<ChatState>(m.parts)->state));
        break;
      case Purpose::content:
      case Purpose::nothing:
        packets_.purport = Purport::message;
        content(m, id);
        break;
    }
    return std::move(packets_);
  }

  Packets presence() {
    const Presence p = std::get<Presence>(to_event(s_));
    if (!p.type.empty() && p.type != "unavailable" && p.type != "error" && p.type != "probe") return subscription(p);
    packets_.purport = Purport::presence;
    if (p.type == "probe" || p.type == "error") return std::move(packets_);
    const presence::Availability a = presence::from_presence(p, now_);
    if (out_) {
      const std::string device(p.from ? p.from->resourcepart() : std::string_view{});
      client(out_presence(tree_, user_, device.empty() ? "phone" : device, a, epoch));
    } else if (p.from) {
      presence::Endpoints endpoints;
      if (a.available()) endpoints.emplace(p.from->resourcepart(), a);
      gateway(in_contact_presence(tree_, user_, p.from->bare_view(), endpoints));
    }
    return std::move(packets_);
  }

  Packets iq(std::string_view asked) {
    const Element* payload = s_.xml.first_child();
    const bool has = payload && payload->ns != ns::client;
    const std::string_view space = has ? std::string_view{payload->ns} : asked;
    if (space == roster_space) {
      packets_.purport = Purport::roster;
      roster(has ? payload : nullptr);
    } else if (space == vcard_space) {
      packets_.purport = Purport::profile;
      profile(has ? payload : nullptr);
    } else if (space == ping_space) {
      packets_.purport = Purport::ping;
      const bool client_asks = out_ == (s_.type == "get");
      packets_.pings = client_asks ? 1 : 0;
    }
    return std::move(packets_);
  }

 private:
  void client(Publish p) { packets_.from_client.push_back(std::move(p)); }
  void gateway(Publish p) { packets_.to_client.push_back(std::move(p)); }

  void content(const Message& m, const std::string& id) {
    if (!out_) return gateway(in_msg(tree_, user_, m, ulid_, now_));
    const std::string to = m.to ? m.to->str() : std::string();
    client(out_msg(tree_, user_, m, id));
    gateway(in_receipt(tree_, user_, id, to, MessageState::accepted, now_));
    gateway(echo_of(tree_, user_, m, id, now_));
    gateway(in_receipt(tree_, user_, id, to, MessageState::forwarded, now_));
  }

  void receipts(const Message& m, const std::string& id) {
    const std::string from = m.from ? m.from->str() : std::string();
    if (m.type == "error") {
      if (!out_) gateway(in_receipt(tree_, user_, id, from, MessageState::failed, now_));
      return;
    }
    for (const Part& part : m.parts) {
      const auto* received = std::get_if<Received>(&part.value);
      const auto* marker = std::get_if<Marker>(&part.value);
      if (!received && !marker) continue;
      const bool displayed = marker && marker->state != "received";
      const MessageState state = displayed ? MessageState::displayed : MessageState::delivered;
      const std::string& about = received ? received->id : marker->id;
      if (out_)
        client(out_receipt(tree_, user_, about, state));
      else
        gateway(in_receipt(tree_, user_, about, from, state, now_));
    }
  }

  Packets subscription(const Presence& p) {
    packets_.purport = Purport::subscription;
    const std::optional<Jid>& peer = out_ ? p.to : p.from;
    if (!peer) return std::move(packets_);
    ContactView contact{std::string(peer->bare_view()), {}, {}, "none"};
    contact.ask = out_ && p.type == "subscribe";
    contact.request = !out_ && p.type == "subscribe";
    if (p.type == "subscribed") contact.subscription = out_ ? "from" : "to";
    if (out_) {
      const std::string_view request = p.type == "subscribed"     ? "approve"
                                       : p.type == "unsubscribed" ? "deny"
                                                                  : std::string_view{p.type};
      request_answered(request, contact.jid);
    }
    gateway(in_contact(tree_, user_, contact));
    return std::move(packets_);
  }

  void request_answered(std::string_view request, std::string_view contact) {
    client(out_request(tree_, user_, "phone", short_id, request, contact));
    gateway(in_answer(tree_, user_, "phone", short_id, "{}"));
  }

  void roster(const Element* query) {
    if (!query || s_.type == "get") return;  // retained topics are there without a request
    for (const Node& node : query->children) {
      const Element* item = node.element();
      if (!item || item->name != "item") continue;
      ContactView contact{std::string(item->attr_or("jid")), std::string(item->attr_or("name")), {}, {}};
      contact.subscription = item->attr_or("subscription", "none");
      contact.ask = item->attr_or("ask") == "subscribe";
      for (const Node& inner : item->children)
        if (const Element* group = inner.element(); group && group->name == "group")
          contact.groups.push_back(group->text());
      if (out_)
        request_answered(contact.subscription == "remove" ? "roster.remove" : "roster.add", contact.jid);
      else
        gateway(in_contact(tree_, user_, contact));
    }
  }

  void profile(const Element* vcard) {
    if (out_ && s_.type != "result" && s_.type != "error")
      client(out_request(tree_, user_, "phone", short_id, s_.type == "set" ? "profile.set" : "profile.get",
                         s_.to ? s_.to->bare_view() : std::string_view{}));
    if (!out_ && s_.type == "result")
      gateway(in_answer(tree_, user_, "phone", short_id,
                        vcard ? profile_json(profile_from_vcard(*vcard)) : std::string("{}")));
  }

  const Tree& tree_;
  const Stanza& s_;
  std::string_view user_;
  bool out_;
  Instant now_;
  std::string ulid_ = std::string(26, '0');  // the length of the gateway's ids is all that counts
  Packets packets_;
};

}  // namespace

std::string_view purport_title(Purport purport) {
  constexpr std::array<std::string_view, purports> titles{
      "messages", "receipts, markers", "typing", "presence",         "subscriptions",
      "roster",   "profiles (vCard)",  "pings",  "log-in, features", "not carried",
  };
  return titles[static_cast<std::size_t>(purport)];
}

Packets packets_of(const Tree& tree, const Stanza& s, const Judgement& judgement, std::string_view user,
                   bool from_client, std::string_view asked, Instant now) {
  Packets refused;
  refused.purport = Purport::refused;
  if (judgement.verdict == Verdict::none) return refused;
  Packing packing(tree, s, user, from_client, now);
  switch (s.kind) {
    case StanzaKind::message:
      return packing.message();
    case StanzaKind::presence:
      return packing.presence();
    case StanzaKind::iq:
      break;
  }
  return packing.iq(asked);
}

void Volume::add(std::size_t n) {
  if (n == 0) return;
  bytes += static_cast<std::int64_t>(n);
  with_tls += static_cast<std::int64_t>(tls_bytes(n));
  ++writes;
}

void Volume::add(const Volume& o) {
  bytes += o.bytes;
  writes += o.writes;
  with_tls += o.with_tls;
}

std::vector<std::string> written(const Packets& packets, Wire wire, bool from_client) {
  std::vector<std::string> out;
  const auto add = [&](const Publish& p) { out.push_back(publish_packet(wire == Wire::cbor ? as_cbor(p) : p)); };
  for (const Publish& p : from_client ? packets.from_client : packets.to_client) add(p);
  for (const Publish& p : from_client ? packets.to_client : packets.from_client)
    if (p.qos > 0) out.push_back(puback_packet());
  return out;
}

void WireMeter::compress(Stream& stream, Wire wire, std::string_view bytes, bool from_client) {
  const auto w = static_cast<std::size_t>(wire);
  const std::size_t left = stream.deflate[2 * w + (from_client ? 1 : 0)].write(bytes);
  compression_.plain[w] += static_cast<std::int64_t>(bytes.size());
  compression_.compressed[w] += static_cast<std::int64_t>(left);
  compression_.compressed_tls[w] += static_cast<std::int64_t>(tls_bytes(left));
}

void WireMeter::add(Purport purport, std::string_view xml, const Packets& packets, bool from_client, Digest stream) {
  Row& row = rows_[static_cast<std::size_t>(purport)];
  ++row.stanzas;
  Stream* sample = nullptr;
  if (purport != Purport::refused && purport != Purport::service && compression_.stanzas < sampled_stanzas) {
    if (const auto it = streams_.find(stream); it != streams_.end())
      sample = &it->second;
    else if (streams_.size() < sampled_streams)
      sample = &streams_[stream];
  }
  row.volumes[0].add(xml.size());
  if (sample) {
    ++compression_.stanzas;
    compress(*sample, Wire::xmpp, xml, from_client);
  }
  for (const Wire wire : {Wire::json, Wire::cbor})
    for (const bool out : {true, false}) {
      for (const std::string& bytes : written(packets, wire, out)) {
        row.volumes[static_cast<std::size_t>(wire)].add(bytes.size());
        if (sample) compress(*sample, wire, bytes, out);
      }
      if (out == from_client)
        for (int n = 0; n < packets.pings; ++n)
          row.volumes[static_cast<std::size_t>(wire)].add(ping_packet(!out).size());
    }
}

WireMeter::Row WireMeter::carried() const {
  Row sum;
  for (std::size_t p = 0; p < purports; ++p) {
    if (static_cast<Purport>(p) == Purport::refused || static_cast<Purport>(p) == Purport::service) continue;
    sum.stanzas += rows_[p].stanzas;
    for (std::size_t w = 0; w < wires; ++w) sum.volumes[w].add(rows_[p].volumes[w]);
  }
  return sum;
}

}  // namespace ferry::report
