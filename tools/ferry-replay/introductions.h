// Makes the people of a capture known to a live gateway: each gets a pretended device that is there.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "config/mapping.h"
#include "gateway/brain/effects.h"
#include "translators/values/instant.h"

namespace ferry::replay {

// One instance is one group of people. A device's presence is followed by a request, whose answer proves that the
// gateway has taken both; without an answer it is asked again.
class Introductions {
 public:
  static constexpr std::size_t at_once = 256;
  static constexpr Duration again = 2 * second;

  void add(const std::string& jid, const MappingTable::JidMatch& match);
  // Publishes what is due now. now: a steady clock.
  void step(Instant now, const std::function<void(const Publish&)>& publish);
  bool answered(const std::string& topic);  // an answer to one of ours? then it is nobody else's
  bool over() const { return waiting_.empty() && next_ == people_.size(); }
  std::size_t size() const { return people_.size(); }
  std::size_t open() const { return people_.size() - done_; }
  std::string first_open() const;                                            // somebody who has not answered
  void take_back(const std::function<void(const Publish&)>& publish) const;  // the devices are gone

 private:
  struct Person {
    std::string jid, base;
    Format format;
  };
  void ask(const Person& person, const std::function<void(const Publish&)>& publish) const;

  std::vector<Person> people_;
  std::map<std::string, std::size_t> by_base_;
  std::size_t next_ = 0, done_ = 0;
  std::map<std::size_t, Instant> waiting_;  // asked, and when again
};

}  // namespace ferry::replay
