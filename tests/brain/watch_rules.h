// The rules of tests/brain/watch.h, one function each.
#pragma once

#include <algorithm>

#include "tests/brain/watch.h"

namespace ferry {

inline std::string bare_of(std::string_view text) {
  const auto jid = Jid::parse(text);
  return jid ? std::string(jid->bare_view()) : std::string();
}
inline std::string json_of(const Publish& p) {
  if (!p.cbor) return p.payload;
  auto text = cbor_to_json(p.payload);
  return text ? std::move(*text) : std::string();
}
inline std::string field_of(const std::string& json, std::string_view key) {
  const auto document = JsonDocument::parse(json);
  return document ? std::string(document->root()[key].string().value_or("")) : std::string();
}

inline void Watch::know_people() {
  std::int64_t users = 0;
  records_.each_user([&](const UserRecord&) { ++users; });
  if (users == known_users_ && !people_.empty()) return;
  known_users_ = users;
  people_.clear();
  records_.each_user([&](UserRecord u) {
    if (const auto match = table_.by_jid(u.jid); match && match->row->kind == RowKind::user)
      people_.push_back({u.key, u.jid.str(), match->topic + "/"});
  });
}
inline const Watch::Person* Watch::of_topic(std::string_view topic) const {
  for (const Person& p : people_)
    if (topic.starts_with(p.base)) return &p;
  return nullptr;
}
inline const Watch::Person* Watch::of_jid(std::string_view bare) const {
  for (const Person& p : people_)
    if (p.jid == bare) return &p;
  return nullptr;
}
inline const Watch::Person* Watch::of_key(UserKey key) const {
  for (const Person& p : people_)
    if (p.key == key) return &p;
  return nullptr;
}
inline bool Watch::is_feed(std::string_view bare) const {
  const auto jid = Jid::parse(bare);
  const auto match = jid && jid->has_local() ? table_.by_jid(*jid) : std::nullopt;
  return match && match->row->kind == RowKind::feed;
}

inline std::string Watch::after_event(const Happening& said, const Effects& effects, Instant now) {
  know_people();
  if (const Person* sender = of_jid(bare_of(said.actor)); sender && said.type == "presence.send")
    directed_.emplace(sender->jid, bare_of(said.addressed));  // shown at once
  std::string wrong = broken_rule(effects, options_);
  if (wrong.empty() && said.kind != Happening::Kind::other) wrong = attribution(said, effects);
  if (wrong.empty() && said.kind == Happening::Kind::stanza) wrong = stanzas_of(said, effects);
  if (wrong.empty()) wrong = privacy(effects);
  if (wrong.empty()) wrong = rosters(said);
  if (wrong.empty()) wrong = taken(said, effects, now);
  if (wrong.empty()) wrong = publishes(effects);
  if (wrong.empty()) wrong = on_stream(effects);
  return wrong;
}

inline std::string Watch::after_tick(const Effects& effects, Instant now) {
  std::string wrong = broken_rule(effects, options_);
  if (wrong.empty()) wrong = publishes(effects);
  if (wrong.empty()) wrong = privacy(effects);
  if (wrong.empty()) wrong = on_stream(effects);
  for (auto it = requests_.begin(); wrong.empty() && it != requests_.end(); ++it)
    if (of_key(it->first.first) && it->second + 60 * second < now)
      wrong = "request " + it->first.second + " was not answered in time";
  return wrong;
}

// Whose the effects of one event are. A feed speaks to its followers whoever made it speak.
inline std::string Watch::attribution(const Happening& said, const Effects& effects) {
  const std::string actor = bare_of(said.actor), addressed = bare_of(said.addressed);
  const bool from_stanza = said.kind == Happening::Kind::stanza;
  if (from_stanza && said.name == "iq" && (said.type == "result" || said.type == "error"))
    return {};  // of our own asking
  for (const Publish& p : effects.publishes) {
    if (!p.topic.starts_with(options_.broker.root + "/u/")) continue;
    const Person* owner = of_topic(p.topic);
    if (!owner) return "a publish under nobody's subtree: " + p.topic;
    if (owner->jid == (from_stanza ? addressed : actor) && !p.topic.starts_with(owner->base + "in/contact/")) continue;
    std::string source;
    if (p.token > 0) continue;  // from the records: what waited tries again because something else came
    const std::string contacts = owner->base + "in/contact/";
    if (p.topic.starts_with(contacts)) {
      const auto name = unescape_level(std::string_view(p.topic)
                                           .substr(contacts.size())
                                           .substr(0, p.topic.find('/', contacts.size()) - contacts.size()));
      source = name ? *name : std::string();
    } else {
      source = bare_of(field_of(json_of(p), "from"));
    }
    const bool party = source == actor || (owner->jid == actor && (source == addressed || !from_stanza));
    if (!party && !is_feed(source))
      return "what " + said.actor + " did reaches " + owner->jid + " in the name of \"" + source + "\": " + p.topic;
  }
  for (const std::string& text : effects.stanzas) {
    const auto stanza = parse_xml(text);
    if (!stanza) continue;
    const std::string from = bare_of(stanza->attr_or("from")), to = bare_of(stanza->attr_or("to"));
    if (is_feed(from)) continue;
    if (from_stanza ? to != actor : from != actor) return "what " + said.actor + " did makes " + text;
    if (from_stanza && from != addressed && from != options_.component.domain)
      return "what was said to " + said.addressed + " makes " + text;
  }
  return {};
}

// Answers to iqs, and what an error or a result may cause.
inline std::string Watch::stanzas_of(const Happening& said, const Effects& effects) {
  const auto from = Jid::parse(said.actor), to = Jid::parse(said.addressed);
  const bool reply = said.type == "error" || (said.name == "iq" && said.type == "result");
  int answers = 0;
  for (const std::string& text : effects.stanzas) {
    const auto stanza = parse_xml(text);
    if (!stanza) continue;
    const std::string_view type = stanza->attr_or("type");
    if (type == "error" && reply && stanza->attr_or("to") == said.actor) return "an error answers a reply: " + text;
    if (stanza->name == "iq" && (type == "result" || type == "error") && stanza->attr_or("id") == said.id) ++answers;
  }
  if (said.name != "iq" || !from || !to || to->domainpart() != options_.component.domain) return {};
  if (answers > 1) return "iq " + said.id + " was answered " + std::to_string(answers) + " times";
  if (said.answer && outside_.server && answers == 0 && from->domainpart() != options_.component.domain)
    return "iq " + said.id + " was not answered";
  return {};
}

// Presence is for those who may see it, and a device may show itself to somebody on its own account.
inline std::string Watch::privacy(const Effects& effects) {
  for (const std::string& text : effects.stanzas) {
    if (!text.starts_with("<presence ")) continue;
    const auto stanza = parse_xml(text);
    if (!stanza || !stanza->attr_or("type").empty() || stanza->attr_or("from").ends_with("/ferry-rooms")) continue;
    const Person* who = of_jid(bare_of(stanza->attr_or("from")));
    if (!who) continue;
    const std::string watcher = bare_of(stanza->attr_or("to"));
    const auto it = before_.find({who->key, watcher});
    bool may = (it != before_.end() && it->second.from) || directed_.contains({who->jid, watcher});
    records_.each_contact(
        [&](UserKey key, const ContactRecord& c) { may |= key == who->key && c.from && c.jid.str() == watcher; });
    if (!may) return "presence for somebody who may not see it: " + text;
  }
  return {};
}

inline Watch::Halves Watch::halves() {
  Halves all;
  records_.each_contact([&](UserKey key, ContactRecord c) {
    all.emplace(std::pair(key, c.jid.str()), Half{c.to, c.from, c.ask, c.request, c.approved, c.denied});
  });
  return all;
}

// RFC 6121 appendix A, and ours: a denied contact stays denied until the user says otherwise.
inline std::string Watch::rosters(const Happening& said) {
  std::string wrong;
  records_.each_contact([&](UserKey, const ContactRecord& c) {
    if (c.ask && c.to) wrong = "asks for what it has: " + c.jid.str();
    if (c.request && c.from) wrong = "is asked for what it gave: " + c.jid.str();
    if ((c.to || c.from || c.ask || c.approved) && !c.listed) wrong = "subscribed and not listed: " + c.jid.str();
    if (c.denied && (c.from || c.request || c.approved)) wrong = "denied and yet not: " + c.jid.str();
  });
  Halves now = halves();
  if (wrong.empty() && said.kind != Happening::Kind::other && now != before_) {
    const std::string actor = bare_of(said.actor), addressed = bare_of(said.addressed);
    for (const auto& [between, half] : now) {
      const auto& pair = between;  // a lambda cannot have a structured binding
      const auto it = before_.find(pair);
      const Half was = it == before_.end() ? Half{} : it->second;
      if (half == was) continue;
      const auto person =
          std::find_if(people_.begin(), people_.end(), [&](const Person& p) { return p.key == pair.first; });
      const std::string user = person == people_.end() ? "" : person->jid;
      const std::string where = " in what is between " + user + " and " + pair.second;
      const bool mine = user == actor && pair.second == addressed, theirs = pair.second == actor && user == addressed;
      if (!mine && !theirs) wrong = said.actor + " to " + said.addressed + " changed something" + where;
      const bool local = hosted(pair.second);
      if (half.to && !was.to && !local && (!theirs || said.type != "subscribed" || !was.ask))
        wrong = "subscribed" + where;
      if (half.from && !was.from && !was.request && !was.approved) wrong = "given, and not asked for," + where;
      if (half.from && !was.from && !was.approved && !(mine && said.type == "approve")) wrong = "not approved" + where;
      if (was.denied && !half.denied && !mine) wrong = "no longer denied" + where;
      if (half.approved && !was.approved && !(mine && said.type == "approve")) wrong = "pre-approved" + where;
    }
  }
  before_ = std::move(now);
  return wrong;
}

// A message of a stranger is kept, or refused so that its sender hears of it.
inline std::string Watch::taken(const Happening& said, const Effects& effects, Instant now) {
  if (said.kind == Happening::Kind::publish) {
    const Person* user = of_jid(bare_of(said.actor));
    if (user && said.answer && !requests_.emplace(std::pair(user->key, said.id), now).second)
      return "a storm's own fault";
    return {};
  }
  if (said.kind != Happening::Kind::stanza || said.name != "message" || said.text.empty()) return {};
  const bool carried = said.type == "chat" || said.type == "normal" || said.type.empty();
  const Person* user = of_jid(bare_of(said.addressed));
  const auto from = Jid::parse(said.actor);
  if (!carried || !user || !from || from->domainpart() == options_.component.domain) return {};
  for (const MessageRecord& row : records_.kept(user->key, 0, true, 10'000))
    if (row.way == Way::to_mqtt && row.payload.find(said.text) != std::string::npos) {
      kept_.push_back({user->key, row.id, row.expires});
      return {};
    }
  for (const Publish& p : effects.publishes)
    if (json_of(p).find(said.text) != std::string::npos) return {};  // transient: for whoever is there
  for (const std::string& text : effects.stanzas)
    if (text.find("type='error'") != std::string::npos && text.find("id='" + said.id + "'") != std::string::npos)
      return {};
  if (outside_.busy) return {};  // transient ones are dropped
  return outside_.server ? "a message was neither kept nor refused: " + said.text + " from " + said.actor : "";
}

inline std::string Watch::receipt(const Person& person, const std::string& json) {
  const auto document = JsonDocument::parse(json);
  if (!document) return "no receipt: " + json;
  const std::string id(document->root()["id"].string().value_or("")),
      text(document->root()["state"].string().value_or(""));
  const auto row = records_.find_message(person.key, id);
  const std::pair key(person.key, id);
  if (!row || row->way != Way::to_xmpp) {
    told_.erase(key);
    return text == "failed" ? "" : "a receipt for what is not there: " + json;
  }
  MessageState state = MessageState::accepted;
  for (const MessageState s :
       {MessageState::forwarded, MessageState::delivered, MessageState::displayed, MessageState::failed})
    if (state_name(s) == text) state = s;
  const auto it = told_.find(key);
  if (it != told_.end() && it->second > state) return "a receipt goes back: " + json;
  if (state > row->state) return "a receipt ahead of the records: " + json;
  if (it == told_.end() && state == MessageState::accepted) kept_.push_back({person.key, id, row->expires});
  told_[key] = state;
  return {};
}

inline std::string Watch::publishes(const Effects& effects) {
  sent_now_.clear();
  for (const Publish& p : effects.publishes) {
    const Person* owner = of_topic(p.topic);
    if (!owner) continue;
    const std::string_view leaf = std::string_view(p.topic).substr(owner->base.size());
    std::string wrong;
    if (leaf == "in/receipt") {
      wrong = receipt(*owner, json_of(p));
    } else if (leaf.starts_with("in/res/")) {
      const std::string id = field_of(json_of(p), "id");
      if (!id.starts_with("q")) continue;
      if (!answered_.insert(id).second) return "request " + id + " was answered twice";
      requests_.erase({owner->key, id});
      left_.erase({owner->key, id});
    } else if (leaf == "in/msg" && p.token > 0) {
      wrong = passes_nothing(p);
    }
    if (!wrong.empty()) return wrong;
  }
  return {};
}

// Older messages of the same user are on their way, or nobody's turn comes before theirs.
inline std::string Watch::passes_nothing(const Publish& p) {
  const auto row = records_.message(p.token);
  if (!row || row->way != Way::to_mqtt) return {};
  for (const MessageRecord& older : records_.waiting(row->user, 0, 10'000))
    if (older.seq < row->seq &&
        std::find(outside_.tokens.begin(), outside_.tokens.end(), older.seq) == outside_.tokens.end() &&
        std::find(sent_now_.begin(), sent_now_.end(), older.seq) == sent_now_.end())
      return "a message passes one that waits: " + row->id;
  sent_now_.push_back(row->seq);
  return {};
}

// Messages of one pair leave in the order in which they were accepted.
inline std::string Watch::on_stream(const Effects& effects) {
  for (const std::string& text : effects.stanzas) {
    if (!text.starts_with("<message ")) continue;
    const auto stanza = parse_xml(text);
    const Person* who = stanza ? of_jid(bare_of(stanza->attr_or("from"))) : nullptr;
    if (!who || stanza->attr_or("type") == "error") continue;
    const auto row = records_.find_message(who->key, stanza->attr_or("id"));
    if (!row || row->way != Way::to_xmpp) continue;
    Seq& last = last_on_stream_[{who->key, bare_of(row->peer)}];
    if (row->seq <= last) return "out of order, or twice on one stream: " + text;
    last = row->seq;
  }
  return {};
}

// The retained roster items say what the records say.
inline std::string Watch::agrees() {
  std::string wrong;
  if (!outside_.broker) return wrong;
  std::set<std::string> items;
  records_.each_contact([&](UserKey key, const ContactRecord& c) {
    if (!c.listed && !c.request) return;
    const auto person = std::find_if(people_.begin(), people_.end(), [&](const Person& p) { return p.key == key; });
    if (person == people_.end()) return;
    const std::string topic = person->base + "in/contact/" + escape_level(c.jid.str()).operator*();
    items.insert(topic);
    const auto it = outside_.retained.find(topic);
    if (it == outside_.retained.end()) {
      wrong = "not shown: " + topic;
      return;
    }
    std::string json = it->second;
    if (!json.starts_with("{"))
      if (auto text = cbor_to_json(json)) json = std::move(*text);
    const char* subscription = c.to && c.from ? "both" : c.to ? "to" : c.from ? "from" : "none";
    if (json.find("\"subscription\":\"" + std::string(subscription) + "\"") == std::string::npos ||
        (json.find("\"ask\":") != std::string::npos) != c.ask ||
        (json.find("\"request\":") != std::string::npos) != c.request)
      wrong = "shown is " + json + " on " + topic;
  });
  for (const auto& [topic, payload] : outside_.retained) {
    const Person* owner = of_topic(topic);
    const std::size_t at = topic.find("/in/contact/");
    if (at == std::string::npos || topic.find('/', at + 12) != std::string::npos) continue;
    if (!owner || !items.contains(topic)) wrong = "shown, and nobody's contact: " + topic;
  }
  return wrong.empty() ? rooms_agree() : wrong;
}

// Likewise what is retained of rooms; and no room is anybody's contact by what its occupants say.
inline std::string Watch::rooms_agree() {
  std::set<std::string> rooms;
  std::string wrong;
  records_.each_room([&](const Jid& jid, const RoomRecord& r) {
    const Person* person = of_jid(jid.str());
    if (!person || r.wish == RoomWish::left) return;
    const std::string topic = person->base + "in/room/" + escape_level(r.room.str()).operator*();
    rooms.insert(topic);
    if (!outside_.retained.contains(topic)) wrong = "not shown: " + topic;
  });
  for (const auto& [topic, payload] : outside_.retained) {
    if (topic.find("/in/room/") != std::string::npos && !rooms.contains(topic)) wrong = "nobody's room: " + topic;
    if (topic.find("/in/contact/") != std::string::npos && topic.ends_with("/presence") &&
        payload.find("\"al\"") != std::string::npos)
      wrong = "an occupant as a contact: " + topic;
  }
  return wrong;
}

inline std::string Watch::at_rest(Instant now) {
  for (const Way way : {Way::to_mqtt, Way::to_xmpp})
    if (const auto rows = records_.pending(way, 0, 10); !rows.empty() && of_key(rows.front().user))
      return "not forwarded at rest: " + rows.front().id + " " + rows.front().payload;
  for (const Person& p : people_)
    if (const auto rows = records_.waiting(p.key, 0, 1); !rows.empty())
      return "still waits at rest: " + rows.front().payload;
  for (const Kept& kept : kept_)
    if (of_key(kept.user) && kept.expires > now && !records_.find_message(kept.user, kept.id))
      return "lost: " + kept.id;
  for (const auto& [asked, at] : requests_)
    if (of_key(asked.first)) return "request " + asked.second + " was never answered";
  for (const auto& [user, id] : left_)
    if (of_key(user)) return "request " + id + " was not answered after its process had ended";
  return {};
}

}  // namespace ferry
