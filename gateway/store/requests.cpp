// What users asked of the gateway, and what they were answered.
#include "gateway/store/store.h"

namespace ferry {

RequestStatements::RequestStatements(Database& database)
    : each(database,
           "SELECT user, number, id_digest, digest, at, state, final, device, correlation, id, answer FROM request "
           "ORDER BY number"),
      put(database,
          "INSERT OR REPLACE INTO request(user, number, id_digest, digest, at, state, final, device, correlation, id, "
          "answer) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"),
      remove(database, "DELETE FROM request WHERE user = ?1 AND number = ?2"),
      remove_of_user(database, "DELETE FROM request WHERE user = ?1") {}

void Store::each_request(const std::function<void(const RequestRecord&)>& visit) {
  Query row(requests_.each);
  while (row.next()) {
    const std::int64_t state = row.integer(5);
    if (state < 0 || state > static_cast<std::int64_t>(RequestState::taken))
      throw StoreFailure(
          {0, StoreTrouble::corrupt, "store: request " + std::to_string(row.integer(1)) + " is damaged"});
    visit({.user = row.integer(0),
           .number = row.integer(1),
           .key = static_cast<std::uint64_t>(row.integer(2)),
           .digest = static_cast<std::uint64_t>(row.integer(3)),
           .at = row.integer(4),
           .state = static_cast<RequestState>(state),
           .final = row.integer(6) != 0,
           .device = std::string(row.text(7)),
           .correlation = std::string(row.bytes(8)),
           .id = std::string(row.text(9)),
           .answer = std::string(row.text(10))});
  }
}

void Store::put_request(const RequestRecord& r) {
  write(Weight::light);
  run(requests_.put, r.user, r.number, as_signed(r.key), as_signed(r.digest), r.at, static_cast<std::int64_t>(r.state),
      std::int64_t{r.final}, r.device, Blob{r.correlation}, r.id, r.answer);
}

void Store::remove_request(UserKey user, std::int64_t number) {
  write(Weight::light);
  run(requests_.remove, user, number);
}

}  // namespace ferry
