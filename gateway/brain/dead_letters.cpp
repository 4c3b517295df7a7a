#include "gateway/brain/dead_letters.h"

#include "translators/payloads.h"

namespace ferry {
namespace {

constexpr std::size_t max_reason = 500;  // bytes: others may have written it

std::string shortened(std::string text) {
  if (text.size() <= max_reason) return text;
  std::size_t cut = max_reason;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;  // not inside of a character
  text.resize(cut);
  return text;
}

}  // namespace

bool DeadLetters::bury(const MessageRecord& row, const StanzaError& reason, bool keep) {
  const auto most = static_cast<std::int64_t>(world_.options.limits.dead_letters);
  keep = keep && row.bytes > 0 && most > 0;
  const Instant until = world_.now + static_cast<Duration>(world_.options.limits.message_ttl) * second;
  if (!world_.records.fail_message(row.seq, reason_text(reason), until, !keep)) return false;
  if (row.state < MessageState::forwarded) world_.queues.left(row.way, row.user, row.bytes);
  world_.count("messages_failed");
  if (!keep) {
    if (row.id.empty()) world_.records.remove_message(row.seq);  // no ledger, no letter
    return true;
  }
  for (++count_; count_ > most;) {
    const auto oldest = world_.records.shelf(Shelf::dead, 0, 0, 1);
    if (oldest.empty()) break;
    drop(oldest.front());
    world_.count("dead_letters_dropped");
  }
  return true;
}

void DeadLetters::drop(const MessageRecord& row) {
  if (row.id.empty())
    world_.records.remove_message(row.seq);
  else
    world_.records.drop_payload(row.seq);
  --count_;
}

std::string reason_text(const StanzaError& reason) {
  JsonWriter json;
  StanzaError kept = reason;
  kept.text = shortened(std::move(kept.text));
  write_error(kept, json);
  return json.take();
}

StanzaError reason_of(std::string_view text) {
  const auto document = JsonDocument::parse(text);
  if (!document) return error(Condition::undefined_condition, "it failed before");
  const JsonView json = document->root();
  StanzaError reason =
      error(condition_from(json["condition"].string().value_or("")), std::string(json["text"].string().value_or("")));
  if (json["retry"].boolean().value_or(false) != reason.retry())
    reason.type = reason.retry() ? ErrorType::cancel : ErrorType::wait;
  return reason;
}

}  // namespace ferry
