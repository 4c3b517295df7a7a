#include "gateway/brain/requests.h"

#include "gateway/brain/log_value.h"
#include "translators/part.h"
#include "translators/values/cbor.h"
#include "translators/values/topic.h"
#include "translators/values/uid.h"

namespace ferry {
namespace {

constexpr std::size_t max_groups = 64, max_name_bytes = 1'024;

Result<std::string> done(const std::optional<StanzaError>& wrong) {
  if (wrong) return *wrong;
  return std::string("{}");
}

struct ItemFields {
  std::optional<std::string> name;
  std::optional<std::vector<std::string>> groups;
  std::optional<StanzaError> wrong;
};

ItemFields item_fields(JsonView r) {
  ItemFields f;
  TextField name = text_field(r, "name", max_name_bytes);
  f.wrong = name.error;
  f.name = std::move(name.text);
  const JsonView groups = r["groups"];
  if (!groups || f.wrong) return f;
  std::vector<std::string> list;
  bool good = groups.is_array() && groups.size() <= max_groups;
  groups.each([&](JsonView g) {
    const auto text = g.string();
    if (!text || text->empty() || text->size() > max_name_bytes || !is_xml_text(*text))
      good = false;
    else
      list.emplace_back(*text);
  });
  if (!good) f.wrong = error(Condition::bad_request, "groups: expected at most 64 names");
  f.groups = std::move(list);
  return f;
}

}  // namespace

const Requests::Row Requests::rows[] = {
    {"roster.get", &Requests::roster_get},
    {"roster.add", &Requests::roster_add, true},
    {"roster.update", &Requests::roster_update, true},
    {"roster.remove", &Requests::roster_remove, true},
    {"subscribe", &Requests::subscribe, true},
    {"unsubscribe", &Requests::unsubscribe, true},
    {"approve", &Requests::approve, true},
    {"deny", &Requests::deny, true},
    {"profile.set", &Requests::profile_set},
    {"presence.send", &Requests::presence_send},
    {"feed.last", &Requests::feed_last},
    {"who", &Requests::who},
};

std::string Requests::answers_of(const User& user) { return user.base + "/in/res/"; }

// Also notes whose device it is.
Requests::Asked Requests::asked_by(const User& user, const InPublish& publish, JsonView payload) {
  Asked asked{{}, "-", publish.correlation, {}};
  if (payload.is_object()) {
    const TextField id = text_field(payload, "id", max_id_bytes);
    if (id.text && !id.text->empty()) asked.id = *id.text;
    asked.request = payload["request"].string().value_or("");
  }
  const std::string own = answers_of(user);
  const TextField device = text_field(payload, "device", 200);
  const bool named = device.text && from_device(*device.text).ok();
  asked.topic = own + (named ? *device.text : "-");
  device_ = named ? *device.text : std::string();
  const std::string_view given = publish.response_topic;
  const bool ours = given.starts_with(own) && given.size() > own.size() &&
                    given.find('/', own.size()) == std::string_view::npos && parse_topic_name(given).ok();
  if (ours) {
    asked.topic = given;
    if (device_.empty() && from_device(given.substr(own.size())).ok()) device_ = given.substr(own.size());
  }
  return asked;
}

void Requests::refuse(User& user, const InPublish& publish, JsonView payload, const StanzaError& why) {
  const Asked asked = asked_by(user, publish, payload);
  if (!over_rate(user, asked)) answer(user, asked, why);
}

void Requests::on_request(User& user, const InPublish& publish, JsonView payload) {
  Asked asked = asked_by(user, publish, payload);
  if (over_rate(user, asked)) return;
  const std::string own = answers_of(user), level = asked.topic.substr(own.size());
  std::uint64_t key = 0;  // with MQTT 5 the correlation may stand in for the id
  if (asked.id != "-")
    key = digest_of(level + "/i" + asked.id);
  else if (!asked.correlation.empty())
    key = digest_of(level + "/c" + asked.correlation);
  const std::uint64_t digest = digest_of(publish.payload);
  if (repeated(user, asked, key, digest)) return;
  open(user, asked, key, digest);
  if (!publish.response_topic.empty() && publish.response_topic != asked.topic)
    answer(user, asked, error(Condition::forbidden, "the response topic must be " + own + "{device}"));
  else
    carry_out(user, payload, asked);
  close(user, asked);
}

void Requests::carry_out(User& user, JsonView payload, const Asked& asked) {
  const TextField device = text_field(payload, "device", 200);
  if (!payload.is_object()) {
    answer(user, asked, error(Condition::bad_request, "expected a JSON object in UTF-8"));
    return;
  }
  if (device.error || (device.text && !from_device(*device.text).ok())) {
    answer(user, asked,
           error(Condition::bad_request, "device: expected the name of a device as in its presence topic"));
    return;
  }
  const auto name = payload["request"].string();
  if (user.account && by_session && by_session(user, asked.request, payload, asked)) return;
  if (rooms && rooms(user, asked.request, payload, asked)) return;
  if (name == "profile.get") {
    if (auto now = profile_get(user, payload, asked)) answer(user, asked, *now);
    return;
  }
  for (const Row& row : rows)
    if (name == row.name) {
      const auto& l = world_.options.limits;
      if (row.changes && !user.rates.subscriptions.take(world_.now, l.subscription_rate, l.subscription_burst)) {
        world_.count("requests_over_rate");
        return answer(user, asked,
                      error(Condition::resource_constraint, "more than " + std::to_string(l.subscription_rate) +
                                                                " changes of contacts a second; try again later"));
      }
      answer(user, asked, (this->*row.handle)(user, payload));
      return;
    }
  answer(user, asked,
         error(Condition::feature_not_implemented,
               "request: expected roster.get, roster.add, roster.update, roster.remove, "
               "subscribe, unsubscribe, approve, deny, profile.get, profile.set, presence.send, feed.last, rooms.get, "
               "room.join, room.leave, room.occupants, block, unblock, blocked or who"));
  return;
}

// A client that asks on and on hears so at a bounded rate, too: nobody else shall wait for its answers.
bool Requests::over_rate(User& user, const Asked& asked) {
  const auto& l = world_.options.limits;
  if (world_.catching_up() || user.rates.requests.take(world_.now, l.request_rate, l.request_burst)) return false;
  world_.count("requests_over_rate");
  constexpr std::uint32_t more = UserRates::answered_refusals;
  if (world_.may_refuse(user) &&
      user.rates.request_refusals.take(world_.now, more * l.request_rate, more * l.request_burst))
    answer(user, asked,
           error(Condition::resource_constraint,
                 "more than " + std::to_string(l.request_rate) + " requests a second; try again later"));
  else
    world_.count("refusals_unanswered");
  return true;
}

Requests::Answer Requests::roster_get(User& user, JsonView r) {
  const TextField after = text_field(r, "after", max_name_bytes + max_id_bytes);
  if (after.error) return *after.error;
  std::size_t limit = world_.options.limits.roster_items;
  if (r["limit"]) {
    const auto asked = r["limit"].integer();
    if (!asked || *asked < 1) return error(Condition::bad_request, "limit: expected a number from 1");
    limit = static_cast<std::size_t>(*asked);
  }
  return roster_.list_json(user, after.text.value_or(""), limit);
}

Requests::Answer Requests::roster_add(User& user, JsonView r) {
  const auto contact = jid_field(r, "contact");
  if (!contact) return contact.error();
  ItemFields f = item_fields(r);
  if (f.wrong) return *f.wrong;
  return done(roster_.put(user, *contact, std::move(f.name), std::move(f.groups), false));
}

Requests::Answer Requests::roster_update(User& user, JsonView r) {
  const auto contact = jid_field(r, "contact");
  if (!contact) return contact.error();
  ItemFields f = item_fields(r);
  if (f.wrong) return *f.wrong;
  return done(roster_.put(user, *contact, std::move(f.name), std::move(f.groups), true));
}

Requests::Answer Requests::roster_remove(User& user, JsonView r) {
  const auto contact = jid_field(r, "contact");
  if (!contact) return contact.error();
  return done(roster_.remove(user, *contact));
}

Requests::Answer Requests::subscription(User& user, JsonView r, subscription::Type type) {
  const auto contact = jid_field(r, "contact");
  if (!contact) return contact.error();
  const TextField text = text_field(r, "text", max_name_bytes);
  if (text.error) return *text.error;
  return done(roster_.act(user, *contact, type, text.text.value_or("")));
}

Requests::Answer Requests::subscribe(User& user, JsonView r) {
  return subscription(user, r, subscription::Type::subscribe);
}
Requests::Answer Requests::unsubscribe(User& user, JsonView r) {
  return subscription(user, r, subscription::Type::unsubscribe);
}
Requests::Answer Requests::approve(User& user, JsonView r) {
  return subscription(user, r, subscription::Type::subscribed);
}
Requests::Answer Requests::deny(User& user, JsonView r) {
  return subscription(user, r, subscription::Type::unsubscribed);
}

Requests::Answer Requests::profile_set(User& user, JsonView r) {
  const auto profile = read_profile(r["profile"]);
  if (!profile) return profile.error();
  std::string json = profile_json(*profile);
  if (json != user.profile) {
    world_.records.set_profile(user.key, json);
    user.profile = std::move(json);
  }
  return std::string("{}");
}

std::optional<Requests::Answer> Requests::profile_get(User& user, JsonView r, const Asked& asked) {
  const auto wrap = [](const std::string& profile) {
    return Answer("{\"profile\":" + (profile.empty() ? std::string("{}") : profile) + "}");
  };
  if (!r["contact"]) return wrap(user.profile);
  const auto contact = jid_field(r, "contact");
  if (!contact) return Answer(contact.error());
  if (world_.hosted(*contact)) {
    const User* other = world_.user(contact->bare_view());
    if (!other) return Answer(error(Condition::item_not_found, "contact: no such user"));
    return wrap(other->profile);
  }
  if (!world_.xmpp_up) return Answer(error(Condition::remote_server_timeout, "the XMPP server is away"));
  if (open_.size() >= max_open) return Answer(error(Condition::resource_constraint, "too many requests are open"));
  Element iq("iq");
  const std::string id = world_.ids.next(world_.now);
  iq.set("type", "get").set("id", id).set("from", user.jid.str()).set("to", contact->bare_view());
  iq.add(Element("vCard", "vcard-temp"));
  world_.send(std::move(iq));
  open_[id] = {user.key, asked, std::string(contact->bare_view()), world_.now + answer_time};
  return std::nullopt;
}

// Matched by id and by whom it is from: anybody can send a result with any id (CVE-2024-46957).
bool Requests::on_answer(const Stanza& iq) {
  const auto it = open_.find(iq.id);
  if (it == open_.end() || !iq.from || iq.from->bare_view() != it->second.peer) return false;
  const Open open = std::move(it->second);
  open_.erase(it);
  const User* user = world_.user(open.user);
  if (!user) return true;
  if (iq.type == "error") {
    answer(*user, open.asked, parse_error(iq.xml));
  } else {
    // Servers answer for people without a card, and for nobody, with an empty one.
    const Element* vcard = iq.xml.child("vCard", "vcard-temp");
    if (!vcard || !vcard->first_child())
      answer(*user, open.asked, error(Condition::item_not_found, "contact: no profile"));
    else
      answer(*user, open.asked, "{\"profile\":" + profile_json(profile_from_vcard(*vcard)) + "}");
  }
  return true;
}

Requests::Answer Requests::presence_send(User& user, JsonView r) {
  const auto contact = jid_field(r, "contact");
  if (!contact) return contact.error();
  if (device_.empty()) return error(Condition::bad_request, "device: expected the device whose presence it is");
  if (world_.hooks.is_occupant(user, contact->bare_view()))
    return error(Condition::not_allowed, "contact: a room of yours; in rooms all devices are one occupant");
  auto said = presence::from_device_json(r, world_.now);
  if (!said) return said.error();
  return done(presences_.direct(user, device_, *contact, said->availability));
}

Requests::Answer Requests::feed_last(User& user, JsonView r) {
  const auto contact = jid_field(r, "contact");
  if (!contact) return contact.error();
  return done(feeds_.send_last(*contact, user.jid));
}

Requests::Answer Requests::who(User& user, JsonView) {
  JsonWriter json;
  const auto uid = to_uid(user.jid);
  json.begin_object()
      .field("jid", user.jid.str())
      .field("uid", uid ? *uid : std::string())
      .key("devices")
      .begin_array();
  for (const auto& [name, device] : user.devices) {
    const presence::Availability& a = device.availability;
    json.begin_object().field("device", name).field("state", a.state);
    if (!a.status.empty()) json.field("status", a.status);
    if (a.priority != 0) json.field("priority", static_cast<std::int64_t>(a.priority));
    if (a.since > 0) json.field("since", format_instant(a.since));
    json.end_object();
  }
  json.end_array().field("domain", world_.component.str()).field("version", world_.version);
  return json.end_object().take();
}

}  // namespace ferry
