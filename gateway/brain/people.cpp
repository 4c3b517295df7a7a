#include "gateway/brain/people.h"

#include "gateway/brain/log_value.h"

namespace ferry {

std::vector<User*> read_people(World& w, bool tell) {
  std::vector<User*> people;
  std::set<UserKey> keys;
  w.unserved = 0;
  w.records.each_user([&](const UserRecord& record) {
    if (w.user(record.key)) return;
    if (User* user = w.adopt(record)) {
      people.push_back(user);
      keys.insert(record.key);
      return;
    }
    ++w.unserved;
    if (tell) w.log(LogLine::Level::warning, "event=user.unrouted user=" + log_value(record.jid.str()));
  });
  if (people.empty()) return people;
  w.records.each_contact([&](UserKey key, ContactRecord record) {
    if (!keys.contains(key)) return;
    std::string bare = record.jid.str();
    Contact contact{std::move(record), {}, {}, {}, {}, {}};
    contact.shown_item = Contact::outdated;  // who knows what an earlier process has shown
    w.user(key)->contacts.emplace(std::move(bare), std::move(contact));
  });
  w.records.each_device([&](UserKey key, DeviceRecord record) {
    if (!keys.contains(key)) return;
    Device device;
    device.shown = record.shown;
    device.epoch = record.epoch;
    device.ended = record.ended;
    device.past = record.past;
    w.user(key)->devices.emplace(record.name, std::move(device));
  });
  return people;
}

}  // namespace ferry
