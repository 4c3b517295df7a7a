// The pretended links of a storm: what the server and the broker on the other side have, and owe an answer to.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "gateway/brain/effects.h"
#include "translators/values/xml.h"

namespace ferry {

// One instance is the world outside of one storm's gateway; it outlives its processes.
class Outside {
 public:
  bool server = false, broker = false;          // the links are up
  bool busy = false;                            // the broker takes less than comes: what can wait does
  std::map<std::string, std::string> retained;  // what the broker keeps, by topic
  std::vector<std::int64_t> tokens;             // of publishes that were not acknowledged
  std::vector<Element> asked;  // iqs that were not answered, and rooms that were asked to let somebody in

  // What left the gateway in one tick. While the broker is away its link keeps what is retained or has a token, but for
  // what ends with the link.
  void take(const Effects& effects) {
    for (const std::string& text : effects.stanzas)
      if (text.starts_with("<iq ") && server) {
        if (auto iq = parse_xml(text); iq && (iq->attr_or("type") == "get" || iq->attr_or("type") == "set"))
          asked.push_back(std::move(*iq));
      } else if (text.starts_with("<presence ") && text.find("/ferry-rooms") != std::string::npos && server) {
        if (auto join = parse_xml(text); join && !join->attr("type")) asked.push_back(std::move(*join));
      }
    for (const Publish& p : effects.publishes) {
      if (p.token != 0 && (broker || !p.ends_with_link)) tokens.push_back(p.token);
      if (p.token != 0 && p.ends_with_link) mortal_.insert(p.token);
      if (!p.retain) continue;
      if (broker)
        retain(p);
      else
        queued_.push_back(p);
    }
  }
  void server_down() {
    server = false;
    asked.clear();
  }
  void broker_down() {
    broker = false;
    std::erase_if(tokens, [&](std::int64_t token) { return mortal_.contains(token); });
    mortal_.clear();
  }
  void broker_up(bool forgot) {
    broker = true;
    if (forgot) retained.clear();
    for (const Publish& p : queued_) retain(p);
    queued_.clear();
  }
  void process_ended() {
    server = broker = busy = false;
    asked.clear();
    tokens.clear();
    queued_.clear();
  }

 private:
  void retain(const Publish& p) {
    if (p.payload.empty())
      retained.erase(p.topic);
    else
      retained[p.topic] = p.payload;
  }
  std::vector<Publish> queued_;
  std::set<std::int64_t> mortal_;  // of the tokens
};

}  // namespace ferry
