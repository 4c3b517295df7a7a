#include <set>
#include <tuple>

#include "tools/ferry-replay/report_operations.h"
#include "translators/values/json.h"

namespace ferry::report {
namespace {

constexpr std::size_t content_type_bytes = 19, alias_bytes = 3;  // of the properties

// Section 3.3 of MQTT 5, from the lengths alone.
std::size_t publish_bytes(std::size_t topic, std::size_t properties, std::size_t payload, int qos) {
  const std::size_t rest = 2 + topic + (qos > 0 ? 2U : 0U) +
                           variable_integer(static_cast<std::uint32_t>(properties)).size() + properties + payload;
  return 1 + variable_integer(static_cast<std::uint32_t>(rest)).size() + rest;
}

bool is_contact(const Publish& p) {
  const std::size_t at = p.topic.find("/in/contact/");
  return at != std::string::npos && !p.topic.ends_with("/presence");
}

// {"contacts":[…]} and what stands around it in the answer, of the publishes' payloads.
std::string contacts_answer(const std::vector<Sent>& publishes) {
  std::string items;
  for (const Sent& s : publishes) items.append(items.empty() ? "" : ",").append(s.publish.payload);
  return answer_json("q1", "{\"contacts\":[" + items + "]}");
}

std::vector<Sent> as_answer(const Operation& o) {
  if (o.publishes.size() < 2 || !is_contact(o.publishes.front().publish) || !is_contact(o.publishes.back().publish))
    return o.publishes;
  const std::string& contact = o.publishes.front().publish.topic;
  const std::string base = contact.substr(0, contact.find("/in/contact/"));
  Publish request, answer;
  request.topic = base + "/out/req";
  request.payload = JsonWriter().begin_object().field("id", "q1").field("request", "roster.get").end_object().take();
  answer.topic = base + "/in/res/phone";
  answer.payload = contacts_answer(o.publishes);
  return {{0, true, request}, {0, false, answer}};
}

}  // namespace

std::int64_t bytes_with(const std::vector<Operation>& operations, const Savings& savings, bool cbor) {
  std::int64_t sum = 0;
  std::set<std::tuple<int, bool, std::string>> named;
  for (const Operation& o : operations) {
    sum += o.packets;
    for (const Sent& s : savings.roster_answer ? as_answer(o) : o.publishes) {
      const Publish p = cbor ? as_cbor(s.publish) : s.publish;
      std::size_t properties = p.expiry != 0 ? 5 : 0, topic = p.topic.size();
      if (!savings.bare) properties += content_type_bytes + (p.id.empty() ? 0 : 7 + p.id.size());
      if (savings.aliases) {
        properties += alias_bytes;
        if (!named.emplace(s.link, s.from_client, p.topic).second) topic = 0;
      }
      sum += static_cast<std::int64_t>(publish_bytes(topic, properties, p.payload.size(), p.qos));
      if (p.qos > 0) sum += static_cast<std::int64_t>(puback_packet().size());
    }
  }
  return sum;
}

}  // namespace ferry::report
