#include "config/keys.h"
#include "config/options.h"
#include "tools/ferry-replay/report_sections.h"

namespace ferry::report {
namespace {

constexpr std::int64_t room_for_growth = 2;  // times what was seen

// 1, 2 or 5 times a power of ten, not below.
std::int64_t round_up(std::int64_t number) {
  for (std::int64_t power = 1;; power *= 10)
    for (const std::int64_t times : {1, 2, 5})
      if (power * times >= number) return power * times;
}

struct Limit {
  std::string_view key;
  std::int64_t seen, preset;
  std::string_view about;
};

std::int64_t a_second(const People::Pace& pace) { return (pace.minute.most() + 59) / 60; }

std::vector<Limit> limits_of(const Analysis& a) {
  const Options::Limits l;
  const People& p = a.people;
  return {
      {"message-bytes", p.largest_message(), l.message_bytes, "the largest message"},
      {"user-rate", a_second(p.messages()), l.user_rate, "messages a second of one user, over a minute"},
      {"user-burst", p.messages().second.most(), l.user_burst, "messages of one user in one second"},
      {"presence-rate", a_second(p.presences()), l.presence_rate, "presences a second of one user, over a minute"},
      {"presence-burst", p.presences().second.most(), l.presence_burst, "presences of one user in one second"},
      {"request-rate", a_second(p.requests()), l.request_rate, "requests a second of one user, over a minute"},
      {"request-burst", p.requests().second.most(), l.request_burst, "requests of one user in one second"},
      {"subscription-rate", a_second(p.wishes()), l.subscription_rate, "subscriptions a second, over a minute"},
      {"subscription-burst", p.wishes().second.most(), l.subscription_burst, "subscriptions of one user in one second"},
      {"peer-rate", a_second(p.stanzas()), l.peer_rate, "stanzas a second of one user, over a minute"},
      {"peer-burst", p.stanzas().second.most(), l.peer_burst, "stanzas of one user in one second"},
      {"domain-rate", a_second(p.of_domain()), l.domain_rate, "stanzas a second of one other domain, over a minute"},
      {"domain-burst", p.of_domain().second.most(), l.domain_burst, "stanzas of one other domain in one second"},
      {"user-devices", p.most_devices(), l.user_devices, "resources of one user"},
      {"roster-items", p.rosters().most(), l.roster_items, "contacts of one user"},
  };
}

// The domain that people of this server have.
std::string home_domain(const Analysis& a) {
  std::string name;
  std::int64_t streams = -1, users = 0;
  for (const auto& d : a.people.domains().ranked())
    if (d.value->users > 0 && !d.value->rooms &&
        (d.value->stream_users > streams || (d.value->stream_users == streams && d.value->users > users))) {
      name = d.name;
      streams = d.value->stream_users;
      users = d.value->users;
    }
  return name == "(others)" ? std::string() : name;
}

}  // namespace

ReportSection advice_section(const Analysis& a) {
  ReportSection s{"configure", "What to configure"};
  s.notes.push_back(
      "Suggested is the preset where twice of what was seen fits, else a round number above. ferryd --check-config "
      "says "
      "what a configuration still misses.");
  ReportTable t{"limits", "Limits"};
  t.columns = {{"key", "Key of [limits]"},
               {"about", "What was seen"},
               {"seen", "Most", ReportUnit::count},
               {"preset", "Preset", ReportUnit::count},
               {"suggested", "Suggested", ReportUnit::count}};
  std::string limits;
  for (const Limit& l : limits_of(a)) {
    const Key* key = find_key("limits", l.key);
    if (!key) continue;  // a key that ferryd does not know is no advice
    const std::int64_t wanted = l.seen * room_for_growth;
    const std::int64_t suggested = wanted <= l.preset ? l.preset : round_up(wanted);
    t.rows.push_back({std::string(l.key), std::string(l.about), l.seen, l.preset, suggested});
    if (suggested != l.preset) limits.append(l.key).append(" = ").append(std::to_string(suggested)).append("\n");
  }
  s.tables.push_back(std::move(t));
  const std::string home = home_domain(a);
  if (home.empty()) return s;
  std::string others;
  for (const auto& d : a.people.domains().ranked())
    if (d.value->rooms)
      others.append("# ").append(d.name).append(" has rooms: messages there are not carried\n");
    else if (d.value->users > 0 && d.name != home)
      others.append("# ").append(d.name).append(" is another domain: limits.domain-rate is for its people\n");
  s.config =
      "# A beginning. The domain of the people on MQTT is a suggestion: whatever the component is called.\n"
      "route = user *@mqtt." +
      home + " {root}/u/{uid}\n" + others + "\n[component]\ndomain = mqtt." + home + "\nserver = " + home +
      "\n\n[limits]\n" + (limits.empty() ? "# the presets are enough\n" : limits);
  return s;
}

}  // namespace ferry::report
