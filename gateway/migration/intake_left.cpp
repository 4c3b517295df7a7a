// What no importer carries, said in the same words of every server's accounts and rooms.
#include "gateway/migration/intake.h"

namespace ferry {
namespace {

std::string counted_ones(std::int64_t count, const char* one, const char* some) {
  if (count < 0) return some;
  return count == 1 ? std::string("1 ") + one : std::to_string(count) + " " + some;
}

}  // namespace

void Intake::note_archive(const Place& place, std::int64_t messages) {
  if (messages != 0)
    note(place, "archive",
         counted_ones(messages, "message", "messages") +
             " of old conversations not carried; the old server's archive keeps them");
}

void Intake::note_history(const Place& place, std::string what, std::int64_t messages) {
  if (messages != 0)
    note(place, std::move(what),
         counted_ones(messages, "message", "messages") +
             " of its history not carried; the old server's archive keeps them");
}

void Intake::note_nodes(const Place& place, std::int64_t nodes) {
  if (nodes != 0)
    note(place, "pep",
         counted_ones(nodes, "node", "nodes") + " (avatars, newer bookmarks) not carried; they stay on the old server");
}

}  // namespace ferry
