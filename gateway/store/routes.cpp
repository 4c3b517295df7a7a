// Followers of feeds, and the rows of the mapping table that were added by hand.
#include "gateway/store/store.h"

namespace ferry {

RouteStatements::RouteStatements(Database& database)
    : each_follower(database, "SELECT feed, jid FROM follower ORDER BY feed, jid"),
      put_follower(database, "INSERT OR IGNORE INTO follower(feed, jid) VALUES(?1, ?2)"),
      remove_follower(database, "DELETE FROM follower WHERE feed = ?1 AND jid = ?2"),
      each_route(database, "SELECT row FROM route ORDER BY jid"),
      put_route(database, "INSERT OR REPLACE INTO route(jid, row) VALUES(?1, ?2)"),
      remove_route(database, "DELETE FROM route WHERE jid = ?1") {}

void Store::each_follower(const std::function<void(Jid feed, Jid follower)>& visit) {
  Query row(routes_.each_follower);
  while (row.next()) visit(stored_jid(row.text(0)), stored_jid(row.text(1)));
}

void Store::put_follower(const Jid& feed, const Jid& follower) {
  write();
  run(routes_.put_follower, feed.str(), follower.str());
}

void Store::remove_follower(const Jid& feed, const Jid& follower) {
  write();
  run(routes_.remove_follower, feed.str(), follower.str());
}

void Store::each_route(const std::function<void(std::string_view text)>& visit) {
  Query row(routes_.each_route);
  while (row.next()) visit(row.text(0));
}

void Store::put_route(std::string_view jid, std::string_view text) {
  write();
  run(routes_.put_route, jid, text);
}

void Store::remove_route(std::string_view jid) {
  write();
  run(routes_.remove_route, jid);
}

}  // namespace ferry
