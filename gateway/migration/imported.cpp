#include "gateway/migration/imported.h"

#include "translators/values/json.h"

namespace ferry {
namespace {

std::string json_list(const std::vector<std::string>& texts) {
  if (texts.empty()) return {};
  JsonWriter json;
  json.begin_array();
  for (const std::string& text : texts) json.value(text);
  return json.end_array().take();
}

std::string_view seen_name(SharedGroup::Seen seen) {
  return seen == SharedGroup::Seen::everybody    ? "everybody"
         : seen == SharedGroup::Seen::only_group ? "group"
                                                 : "nobody";
}

}  // namespace

struct ImportedWriter::Statements {
  explicit Statements(Database& d)
      : find(d, "SELECT key FROM imported_account WHERE jid = ?1"),
        add(d,
            "INSERT INTO imported_account(jid, name, email, disabled, created, source, imported) "
            "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(jid) DO UPDATE SET name = excluded.name, "
            "email = excluded.email, disabled = excluded.disabled, created = excluded.created, "
            "source = excluded.source, imported = excluded.imported"),
        no_contacts(d, "DELETE FROM imported_contact WHERE account = ?1"),
        no_requests(d, "DELETE FROM imported_request WHERE account = ?1"),
        no_pieces(d, "DELETE FROM imported_piece WHERE account = ?1"),
        contact(d,
                "INSERT OR REPLACE INTO imported_contact(account, jid, subscription, ask, approved, name, group_names) "
                "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
        request(d, "INSERT OR REPLACE INTO imported_request(account, jid, xml) VALUES(?1, ?2, ?3)"),
        piece(d, "INSERT INTO imported_piece(account, kind, place, at, name, xml) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
        group(d,
              "INSERT OR REPLACE INTO imported_group(name, display, description, seen, seen_by) "
              "VALUES(?1, ?2, ?3, ?4, ?5)"),
        no_members(d, "DELETE FROM imported_group_member WHERE name = ?1"),
        member(d, "INSERT OR IGNORE INTO imported_group_member(name, jid) VALUES(?1, ?2)"),
        room(d,
             "INSERT OR REPLACE INTO imported_room(jid, name, description, subject, has_password, config) "
             "VALUES(?1, ?2, ?3, ?4, ?5, ?6)"),
        nobody_in(d, "DELETE FROM imported_room_member WHERE room = ?1"),
        in_room(d, "INSERT OR REPLACE INTO imported_room_member(room, jid, affiliation, nick) VALUES(?1, ?2, ?3, ?4)") {
  }
  Statement find, add, no_contacts, no_requests, no_pieces, contact, request, piece, group, no_members, member, room,
      nobody_in, in_room;
};

ImportedWriter::ImportedWriter(Database& database, KeepKeys keep_keys, AccountVisitor& next, Instant now)
    : database_(database),
      keep_keys_(std::move(keep_keys)),
      next_(next),
      now_(now),
      s_(std::make_unique<Statements>(database)) {}

// An account that broke off is as it was before.
ImportedWriter::~ImportedWriter() {
  s_.reset();
  database_.rollback();
}

void ImportedWriter::begin_account(const AccountHead& head) {
  head_ = head;
  keys_.clear();
  password_.wipe();
  place_ = 0;
  database_.begin();
  run(s_->add, head.jid.str(), head.name, head.email, static_cast<std::int64_t>(head.disabled), head.created,
      head.source, now_);
  {
    Query row(s_->find, head.jid.str());
    row.next();
    account_ = row.integer(0);
  }
  run(s_->no_contacts, account_);
  run(s_->no_requests, account_);
  run(s_->no_pieces, account_);
  next_.begin_account(head);
}

void ImportedWriter::keys(const ScramKeys& keys) {
  keys_.push_back(keys.copy());
  next_.keys(keys);
}

void ImportedWriter::contact(const RosterEntry& entry) {
  run(s_->contact, account_, entry.jid.str(), subscription_name(entry.subscription),
      static_cast<std::int64_t>(entry.ask), static_cast<std::int64_t>(entry.approved), entry.name,
      json_list(entry.groups));
  next_.contact(entry);
}

void ImportedWriter::request(const SubscriptionRequest& request) {
  run(s_->request, account_, request.from.str(), request.xml);
  next_.request(request);
}

void ImportedWriter::message(const StoredMessage& message) {
  run(s_->piece, account_, std::string_view("message"), place_++, message.at, std::string_view(), message.xml);
  next_.message(message);
}

void ImportedWriter::piece(const AccountPiece& piece) {
  run(s_->piece, account_, piece_name(piece.kind), place_++, std::int64_t{0}, piece.name, piece.xml);
  next_.piece(piece);
}

void ImportedWriter::end_account() {
  database_.commit();
  if (!keys_.empty() && keep_keys_) keep_keys_(*head_, keys_, password_);
  keys_.clear();
  password_.wipe();
  next_.end_account();
}

void ImportedWriter::group(const SharedGroup& group) {
  database_.begin();
  run(s_->group, group.name, group.display, group.description, seen_name(group.seen), json_list(group.seen_by));
  run(s_->no_members, group.name);
  for (const Jid& member : group.members) run(s_->member, group.name, member.str());
  database_.commit();
  next_.group(group);
}

void ImportedWriter::room(const ImportedRoom& room) {
  JsonWriter config;
  config.begin_object();
  for (const auto& [name, value] : room.config) config.field(name, value);
  const std::string text = config.end_object().take();
  database_.begin();
  run(s_->room, room.jid.str(), room.name, room.description, room.subject, static_cast<std::int64_t>(room.has_password),
      text);
  run(s_->nobody_in, room.jid.str());
  for (const RoomMember& member : room.members)
    run(s_->in_room, room.jid.str(), member.jid.str(), member.affiliation, member.nick);
  database_.commit();
  next_.room(room);
}

}  // namespace ferry
