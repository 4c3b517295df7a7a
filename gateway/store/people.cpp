// Users, and what is theirs: contacts, devices.
#include "gateway/store/store.h"
#include "translators/values/json.h"

namespace ferry {
namespace {

// Bits of contact.flags. Stored: they never change their meaning.
constexpr std::int64_t flag_listed = 1, flag_to = 2, flag_from = 4, flag_ask = 8, flag_request = 16, flag_approved = 32,
                       flag_denied = 64;

std::int64_t flags_of(const ContactRecord& contact) {
  return (contact.listed ? flag_listed : 0) | (contact.to ? flag_to : 0) | (contact.from ? flag_from : 0) |
         (contact.ask ? flag_ask : 0) | (contact.request ? flag_request : 0) | (contact.approved ? flag_approved : 0) |
         (contact.denied ? flag_denied : 0);
}

// Names of groups are any text, hence a JSON array; most contacts have none, hence the empty text for it.
std::string groups_text(const std::vector<std::string>& groups) {
  if (groups.empty()) return {};
  JsonWriter json;
  json.begin_array();
  for (const std::string& group : groups) json.value(group);
  json.end_array();
  return json.take();
}

std::vector<std::string> groups_of(std::string_view text) {
  std::vector<std::string> groups;
  if (text.empty()) return groups;
  const auto document = JsonDocument::parse(text);
  if (document)
    document->root().each([&](JsonView group) { groups.emplace_back(group.string().value_or(std::string_view{})); });
  return groups;
}

}  // namespace

PeopleStatements::PeopleStatements(Database& database)
    : each_user(database, "SELECT key, jid, profile FROM user ORDER BY key"),
      user_key(database, "SELECT key FROM user WHERE jid = ?1"),
      add_user(database, "INSERT INTO user(jid) VALUES(?1)"),
      remove_user(database, "DELETE FROM user WHERE key = ?1"),
      set_profile(database, "UPDATE user SET profile = ?2 WHERE key = ?1"),
      each_contact(database,
                   "SELECT user, jid, flags, name, group_names, request_text FROM contact ORDER BY user, jid"),
      put_contact(database,
                  "INSERT OR REPLACE INTO contact(user, jid, flags, name, group_names, request_text) "
                  "VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
      remove_contact(database, "DELETE FROM contact WHERE user = ?1 AND jid = ?2"),
      remove_contacts(database, "DELETE FROM contact WHERE user = ?1"),
      each_device(database, "SELECT user, name, epoch, shown, ended, past FROM device ORDER BY user, name"),
      put_device(database,
                 "INSERT OR REPLACE INTO device(user, name, epoch, shown, ended, past) "
                 "VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
      remove_device(database, "DELETE FROM device WHERE user = ?1 AND name = ?2"),
      remove_devices(database, "DELETE FROM device WHERE user = ?1"),
      remove_messages_of_block(database, "DELETE FROM message WHERE seq >> 13 = ?1 AND user = ?2"),
      remove_follows(database, "DELETE FROM follower WHERE jid = (SELECT jid FROM user WHERE key = ?1)"),
      remove_credentials(database,  // but an account of the legacy server that has gone back may move again
                         "DELETE FROM credential WHERE jid = (SELECT jid FROM user WHERE key = ?1) "
                         "AND jid NOT IN (SELECT jid FROM account)") {}

Jid stored_jid(std::string_view text) {
  auto jid = Jid::parse(text);
  if (!jid) throw StoreFailure({0, StoreTrouble::corrupt, "store: a stored JID is none: " + jid.error().text});
  return *std::move(jid);
}

void Store::each_user(const std::function<void(UserRecord)>& visit) {
  Query row(people_.each_user);
  while (row.next()) visit({row.integer(0), stored_jid(row.text(1)), std::string(row.text(2))});
}

UserKey Store::add_user(const Jid& jid) {
  {
    Query row(people_.user_key, jid.bare_view());
    if (row.next()) return row.integer(0);
  }
  write();
  run(people_.add_user, jid.bare_view());
  return database_->last_insert_rowid();
}

void Store::remove_user(UserKey user) {
  write();
  run(people_.remove_follows, user);
  run(people_.remove_credentials, user);
  run(people_.remove_contacts, user);
  run(people_.remove_devices, user);
  run(requests_.remove_of_user, user);
  Seq first = 0, last = -1;
  {
    Query row(meta_.first_seq);
    if (row.next()) first = row.integer(0);
  }
  {
    Query row(meta_.last_seq);
    if (row.next()) last = row.integer(0);
  }
  for (std::int64_t block = block_of(first); block <= block_of(last); ++block)
    run(people_.remove_messages_of_block, block, user);
  run(people_.remove_user, user);
}

void Store::set_profile(UserKey user, std::string_view json) {
  write();
  run(people_.set_profile, user, json);
}

void Store::each_contact(const std::function<void(UserKey, ContactRecord)>& visit) {
  Query row(people_.each_contact);
  while (row.next()) {
    const std::int64_t flags = row.integer(2);
    ContactRecord contact{.jid = stored_jid(row.text(1)),
                          .name = std::string(row.text(3)),
                          .groups = groups_of(row.text(4)),
                          .listed = (flags & flag_listed) != 0,
                          .to = (flags & flag_to) != 0,
                          .from = (flags & flag_from) != 0,
                          .ask = (flags & flag_ask) != 0,
                          .request = (flags & flag_request) != 0,
                          .approved = (flags & flag_approved) != 0,
                          .denied = (flags & flag_denied) != 0,
                          .request_text = std::string(row.text(5))};
    visit(row.integer(0), std::move(contact));
  }
}

void Store::put_contact(UserKey user, const ContactRecord& contact) {
  write();
  const std::string groups = groups_text(contact.groups);
  run(people_.put_contact, user, contact.jid.bare_view(), flags_of(contact), contact.name, groups,
      contact.request_text);
}

void Store::remove_contact(UserKey user, const Jid& contact) {
  write();
  run(people_.remove_contact, user, contact.bare_view());
}

void Store::each_device(const std::function<void(UserKey, DeviceRecord)>& visit) {
  Query row(people_.each_device);
  while (row.next())
    visit(row.integer(0), {std::string(row.text(1)), std::string(row.text(2)), row.integer(3) != 0,
                           static_cast<EpochEnd>(row.integer(4)), std::string(row.text(5))});
}

void Store::put_device(UserKey user, const DeviceRecord& device) {
  write(Weight::light);
  run(people_.put_device, user, device.name, device.epoch, std::int64_t{device.shown},
      static_cast<std::int64_t>(device.ended), device.past);
}

void Store::remove_device(UserKey user, std::string_view name) {
  write();
  run(people_.remove_device, user, name);
}

}  // namespace ferry
