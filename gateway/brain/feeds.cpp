#include "gateway/brain/feeds.h"

#include <algorithm>

#include "translators/part.h"
#include "translators/via.h"

namespace ferry {
namespace {

// {"temperature":21,"unit":"C"} -> "temperature: 21\nunit: C"; nested values are indented.
void render(std::string& out, JsonView v, std::size_t depth) {
  const std::string indent(2 * depth, ' ');
  const auto scalar = [](JsonView x) {
    if (const auto text = x.string()) return std::string(*text);
    JsonWriter json;
    return json.value(x).take();
  };
  const auto line = [&](std::string_view label, JsonView x) {
    out.append(indent).append(label);
    if ((x.is_object() || x.is_array()) && x.size() > 0 && depth < 4) {
      out += '\n';
      render(out, x, depth + 1);
    } else {
      out.append(label.empty() ? "" : " ").append(scalar(x)) += '\n';
    }
  };
  if (v.is_object())
    v.members([&](std::string_view key, JsonView x) { line(std::string(key) + ":", x); });
  else if (v.is_array())
    v.each([&](JsonView x) { line("-", x); });
  else
    line("", v);
}

}  // namespace

std::optional<std::string> readable(std::string_view payload) {
  if (!is_xml_text(payload)) return std::nullopt;
  std::string text(payload);
  const std::size_t first = payload.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && (payload[first] == '{' || payload[first] == '[')) {
    if (const auto document = JsonDocument::parse(payload); document && document->root().size() > 0) {
      std::string shown;
      render(shown, document->root(), 0);
      if (!shown.empty() && shown.back() == '\n') shown.pop_back();
      if (is_xml_text(shown)) text = std::move(shown);
    }
  }
  if (text.size() > Feeds::max_text) {
    std::size_t cut = Feeds::max_text;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;  // not inside a character
    text.resize(cut);
    text += "\n[cut: " + std::to_string(payload.size()) + " bytes in all]";
  }
  return text;
}

void Feeds::start() {
  world_.records.each_follower([&](Jid feed, Jid follower) { feeds_[feed].followers.insert(std::move(follower)); });
}

Feeds::Feed* Feeds::feed(const Jid& jid, bool make) {
  const auto it = feeds_.find(jid);
  if (it != feeds_.end()) return &it->second;
  if (!make || feeds_.size() >= max_feeds) return nullptr;
  return &feeds_[jid];
}

// LIST of a row: JIDs or domains; "none": nobody. An empty list: nobody writes, our own and the server's domains
// follow.
bool Feeds::may(const std::vector<std::string>& list, bool follow, const Jid& who) const {
  if (list.empty()) return follow && (world_.hosted(who) || who.domainpart() == world_.server.domainpart());
  return std::any_of(list.begin(), list.end(), [&](const std::string& one) {
    return one == who.bare_view() || (one != "none" && one == who.domainpart());
  });
}

void Feeds::presence(const Jid& feed, const Jid& to, std::string_view type) {
  Element e("presence");
  if (!type.empty()) e.set("type", type);
  e.set("from", feed.str()).set("to", to.bare_view());
  if (type == "subscribed" || type == "unsubscribed" || type == "subscribe" || type == "unsubscribe")
    send_(0, std::move(e));
  else
    world_.send(std::move(e));
}

void Feeds::announce(bool available) {
  for (const auto& [jid, f] : feeds_)
    for (const Jid& follower : f.followers) presence(jid, follower, available ? "" : "unavailable");
}

void Feeds::on_presence(const Row& row, const Jid& jid, const Presence& p) {
  if (!p.from) return;
  const Jid who = p.from->bare();
  if (p.type == "subscribe") {
    Feed* f = feed(jid, true);
    const bool known = f && f->followers.contains(who);
    if (!f || !may(row.follow, true, who) || (!known && f->followers.size() >= world_.options.limits.feed_followers)) {
      world_.count("followers_refused");
      world_.log_refused("not-a-follower", who.str(), jid.str(), p.id);
      presence(jid, who, "unsubscribed");
      return;
    }
    presence(jid, who, "subscribed");
    if (world_.mqtt_up) presence(jid, who, "");
    if (known) return;
    f->followers.insert(who);
    world_.records.put_follower(jid, who);
    if (!f->last.empty()) send_(0, news(jid, who, f->last));
  } else if (p.type == "unsubscribe" || p.type == "unsubscribed") {
    Feed* f = feed(jid, false);
    if (!f || f->followers.erase(who) == 0 || p.type == "unsubscribed") {
      if (f && p.type == "unsubscribed") world_.records.remove_follower(jid, who);
      return;
    }
    world_.records.remove_follower(jid, who);
    presence(jid, who, "unsubscribed");
    presence(jid, who, "unavailable");
  } else if (p.type == "probe") {
    const Feed* f = feed(jid, false);
    if (f && f->followers.contains(who))
      presence(jid, who, world_.mqtt_up ? "" : "unavailable");
    else {
      world_.log_refused("not-a-follower", who.str(), jid.str(), p.id);
      presence(jid, who, "unsubscribed");
    }
  }
}

Element Feeds::news(const Jid& jid, const Jid& to, const std::string& text, std::string_view via) const {
  Message m;
  m.type = "chat";
  m.from = jid;
  m.to = to;
  m.parts.push_back({Body{text, {}}});
  if (!world_.hosted(to)) {
    for (Part& mark : via::from_property(via)) m.parts.push_back(std::move(mark));
    via::add_hop(m.parts, world_.component.domainpart());
  }
  return to_stanza(m);
}

std::optional<StanzaError> Feeds::send_last(const Jid& jid, const Jid& to) {
  const auto match = world_.table.by_jid(jid);
  if (!match || match->row->kind != RowKind::feed) return error(Condition::item_not_found, "contact: not a feed");
  if (!may(match->row->follow, true, to)) return error(Condition::forbidden, "this feed is not for you");
  const Feed* f = feed(jid, false);
  send_(0, news(jid, to, f && !f->last.empty() ? f->last : "No value yet."));
  return std::nullopt;
}

void Feeds::on_message(const Row& row, const Jid& jid, const std::string& topic, const Message& m) {
  if (!m.from || m.type == "error" || purpose_of(m) != Purpose::content) return;
  const Jid who = m.from->bare();
  const auto* body = find<Body>(m.parts);
  Element original("message");
  original.set("type", "chat").set("id", m.id).set("from", m.from->str()).set("to", jid.str());
  if (body && body->text == "?") {
    if (const auto wrong = send_last(jid, who)) {
      world_.log_refused("not-a-follower", who.str(), jid.str(), m.id);
      world_.answer(original, *wrong);
    }
    return;
  }
  if (!body || !may(row.write, false, who)) {
    world_.log_refused("not-a-writer", who.str(), jid.str(), m.id);
    world_.answer(original,
                  error(Condition::forbidden, "this feed takes no messages from you; send ? for its last value"));
    return;
  }
  if (!world_.mqtt_up || unconfirmed_.size() >= max_unconfirmed) {
    world_.answer(original, error(Condition::recipient_unavailable,
                                  world_.mqtt_up ? "the broker is too slow" : "the broker is away"));
    return;
  }
  if (!via::may_pass(m.parts, world_.component.domainpart())) {
    world_.count("loops_stopped");
    world_.answer(original, loop_error());
    return;
  }
  Publish p;
  p.topic = topic;
  p.payload = body->text;
  p.token = --last_token_;
  Parts mark = via::from_property(via::to_property(m.parts));
  via::add_hop(mark, world_.component.domainpart());
  p.via = via::to_property(mark);
  world_.publish(std::move(p));
  unconfirmed_.emplace(last_token_, Written{std::move(original), find<ReceiptRequest>(m.parts) != nullptr});
  InPublish said;  // No Local: what we publish does not come back to us, so the other followers get it from here
  said.topic = topic;
  said.payload = body->text;
  said.qos = 1;
  said.via = via::to_property(m.parts);
  on_publish(row, jid, said, &who);
}

// The broker is the recipient: what it has is delivered.
void Feeds::on_published(std::int64_t token, int reason) {
  constexpr int first_refusal = 0x80;
  const auto it = unconfirmed_.find(token);
  if (it == unconfirmed_.end()) return;
  const Written written = std::move(it->second);
  unconfirmed_.erase(it);
  if (reason >= first_refusal) {
    world_.count("publishes_failed");
    world_.answer(written.message, error(Condition::forbidden, "the broker refused the message"));
  } else if (written.wants_receipt) {
    Element receipt("message");
    receipt.set("type", "chat").set("from", written.message.attr_or("to")).set("to", written.message.attr_or("from"));
    receipt.add(Element("received", "urn:xmpp:receipts")).set("id", written.message.attr_or("id"));
    send_(0, std::move(receipt));
  }
}

void Feeds::on_publish(const Row& row, const Jid& jid, const InPublish& publish, const Jid* writer) {
  if (publish.payload.empty()) return;  // a retained value was cleared
  if (!via::may_pass(via::from_property(publish.via), world_.component.domainpart())) {
    world_.count("loops_stopped");
    return;
  }
  Feed* f = feed(jid, true);
  if (!f) return;
  auto text = readable(publish.payload);
  if (!text) text = "[" + std::to_string(publish.payload.size()) + " bytes that are no text]";
  if (row.topic.find_first_of("+#") != std::string::npos) *text = publish.topic + ": " + *text;  // many topics, one JID
  if (text->size() <= max_last) f->last = *text;
  if (publish.retain) return;  // what was there when we subscribed is no news
  const auto& limits = world_.options.limits;
  if (!f->rate.take(world_.now, limits.feed_rate, limits.feed_burst)) {
    ++f->skipped;
    world_.count("feed_values_skipped");
    return;
  }
  if (f->skipped > 0) {
    *text += "\n[" + std::to_string(f->skipped) + " values before this one were left out]";
    f->skipped = 0;
  }
  world_.count("feed_values");
  for (const Jid& follower : f->followers) {
    if (writer && follower == *writer) continue;
    Element e = news(jid, follower, *text, publish.via);
    if (publish.qos > 0)
      send_(0, std::move(e));
    else
      world_.send(std::move(e));
  }
}

}  // namespace ferry
