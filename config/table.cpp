// The mapping table: keeping the rows.
#include "config/table.h"

#include <algorithm>

#include "config/text.h"
#include "translators/values/topic.h"

namespace ferry {
namespace {

std::size_t depth_of(std::string_view topic) {
  return static_cast<std::size_t>(std::count(topic.begin(), topic.end(), '/')) + 1;
}

}  // namespace

bool is_filter(const Row& row) {
  return row.kind == RowKind::feed && row.topic.find_first_of("+#") != std::string::npos;
}

const Row* MappingTable::State::exact(std::string_view bare_jid) const {
  const auto slot = jids.find(bare_jid, [&](std::uint32_t n) { return slots[n].jid == bare_jid; });
  return slot ? &slots[*slot] : nullptr;
}

const Row* MappingTable::State::exact_topic(std::string_view topic) const {
  const auto slot = topics.find(topic, [&](std::uint32_t n) { return topic_of(slots[n]) == topic; });
  return slot ? &slots[*slot] : nullptr;
}

std::string MappingTable::State::topic_of(const Row& row) const {
  auto topic = expand(row, root, exact_jid(row));
  return topic ? *std::move(topic) : std::string();
}

std::string MappingTable::State::where(const Row& row) const {
  if (row.from_store) return "store";
  return row.line > 0 ? source + ":" + std::to_string(row.line) : "route";
}

std::string MappingTable::State::name(const Row& row) const {
  return in_quotes(format_row(row)) + " (" + where(row) + ")";
}

bool MappingTable::State::is_gateway(const Row& row, const Jid& jid) const {
  if (row.kind != RowKind::user || broker_username.empty()) return false;
  // A uid always holds an '@', an escaped localpart never does: most names need no closer look.
  if (login_is_localpart(row) == (broker_username.find('@') != std::string::npos)) return false;
  const auto login = login_name(row, jid);
  return login && *login == broker_username;
}

Result<const Row*, std::string> MappingTable::State::insert(Row row) {
  const bool pattern = is_pattern(row);
  const JidPattern parts = pattern ? jid_pattern(row.jid) : JidPattern{};
  std::string topic;
  std::size_t depth = 0;
  if (pattern) {
    if (pattern_rows >= max_pattern_rows) return std::string("there are more than 10000 rows with a pattern");
    if (const auto list = patterns.find(parts.domain); list != patterns.end())
      for (const PatternRow& other : list->second)
        if (slots[other.slot].jid == row.jid)
          return name(row) + " can never fire: " + name(slots[other.slot]) + " has the same JID pattern";
    depth = topic_template(row, root).levels.size();
  } else {
    const auto jid = Jid::parse(row.jid);
    if (!jid || jid->str() != row.jid || !jid->has_local() || jid->has_resource())
      return in_quotes(row.jid) + " is not a normalised bare JID";
    if (const Row* other = exact(row.jid)) return name(row) + " can never fire: " + name(*other) + " has the same JID";
    auto expanded = expand(row, root, *jid);
    if (!expanded) return name(row) + " cannot be mapped: " + expanded.error().text;
    topic = *std::move(expanded);
    depth = depth_of(topic);
    if (!is_filter(row)) {
      if (const Row* other = exact_topic(topic))
        return "two JIDs on one topic: " + name(row) + " and " + name(*other) + " both stand for " + in_quotes(topic);
    } else if (filters.size() >= max_filter_rows) {
      return std::string("there are more than 1000 feeds whose topic is a filter");
    }
    if (is_gateway(row, *jid))
      return name(row) + " would have the gateway's own broker user name " + in_quotes(broker_username);
  }
  if (depth > max_depth) return name(row) + " has more than 64 topic levels";

  std::uint32_t slot = 0;
  if (free_slots.empty()) {
    slot = static_cast<std::uint32_t>(slots.size());
    slots.push_back(std::move(row));
  } else {
    slot = free_slots.back();
    free_slots.pop_back();
    slots[slot] = std::move(row);
  }
  const Row& kept = slots[slot];
  ++live;
  if (kept.kind == RowKind::user) ++user_depths[depth];
  if (kept.kind == RowKind::feed) ++(pattern ? pattern_feeds : exact_feeds);
  if (!pattern) {
    jids.insert(kept.jid, slot);
    if (is_filter(kept))
      filters.push_back({slot, topic});
    else
      topics.insert(topic, slot);
    return &kept;
  }
  ++pattern_rows;
  const Template shape = topic_template(kept, root);
  auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g->shape == shape; });
  if (group == groups.end()) group = groups.insert(groups.end(), std::make_unique<Group>(Group{shape, 0}));
  ++(*group)->rows;
  auto& list = patterns[parts.domain];
  const auto place =
      std::find_if(list.begin(), list.end(), [&](const PatternRow& p) { return p.jid.literal() < parts.literal(); });
  list.insert(place, PatternRow{parts, slot, group->get()});
  return &kept;
}

void MappingTable::State::erase(std::uint32_t slot) {
  Row& row = slots[slot];
  const bool pattern = is_pattern(row);
  std::size_t depth = 0;
  if (pattern) {
    const auto list = patterns.find(domain_of(row.jid));
    const auto at =
        std::find_if(list->second.begin(), list->second.end(), [slot](const PatternRow& p) { return p.slot == slot; });
    depth = at->group->shape.levels.size();
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& g) { return g.get() == at->group; });
    if (--(*group)->rows == 0) groups.erase(group);
    list->second.erase(at);
    if (list->second.empty()) patterns.erase(list);
    --pattern_rows;
  } else {
    const std::string topic = topic_of(row);
    depth = depth_of(topic);
    if (is_filter(row))
      std::erase_if(filters, [slot](const Filter& f) { return f.slot == slot; });
    else
      topics.erase(topic, slot);
    jids.erase(row.jid, slot);
  }
  if (row.kind == RowKind::user) --user_depths[depth];
  if (row.kind == RowKind::feed) --(pattern ? pattern_feeds : exact_feeds);
  row = Row();
  free_slots.push_back(slot);
  --live;
}

MappingTable::MappingTable(std::string root, std::string broker_username, std::string source)
    : state_(std::make_unique<State>()) {
  state_->root = std::move(root);
  state_->broker_username = std::move(broker_username);
  state_->source = std::move(source);
}
MappingTable::~MappingTable() = default;
MappingTable::MappingTable(MappingTable&&) noexcept = default;
MappingTable& MappingTable::operator=(MappingTable&&) noexcept = default;

Problems MappingTable::set_rows(std::vector<Row> rows) {
  auto fresh = std::make_unique<State>();
  fresh->root = state_->root;
  fresh->broker_username = state_->broker_username;
  fresh->source = state_->source;
  for (Row& row : rows) {
    const std::string where = fresh->where(row);
    if (const auto kept = fresh->insert(std::move(row)); !kept) fresh->refused.push_back({where, kept.error()});
  }
  state_ = std::move(fresh);
  return state_->refused;
}

Result<const Row*, std::string> MappingTable::add(Row row) {
  const bool all = is_pattern(row) || is_filter(row);  // rare, and can meet any row: prove the whole table
  const Problems before = all ? check() : Problems();
  const auto kept = state_->insert(std::move(row));
  if (!kept) return kept;
  Problems after;
  if (all)
    after = check();
  else
    state_->check_exact(**kept, after);
  for (const Problem& problem : after) {
    if (problem.info || std::find(before.begin(), before.end(), problem) != before.end()) continue;
    remove((*kept)->jid);
    return problem.text;
  }
  return kept;
}

bool MappingTable::remove(std::string_view jid) {
  State& s = *state_;
  // insert() writes the row's own text into slots, so `jid` may be a view of it: find first, then erase.
  if (jid.find('*') == std::string_view::npos) {
    const auto slot = s.jids.find(jid, [&](std::uint32_t n) { return s.slots[n].jid == jid; });
    if (slot) s.erase(*slot);
    return slot.has_value();
  }
  const auto list = s.patterns.find(domain_of(jid));
  if (list == s.patterns.end()) return false;
  for (const PatternRow& p : list->second) {
    if (s.slots[p.slot].jid != jid) continue;
    s.erase(p.slot);
    return true;
  }
  return false;
}

std::size_t MappingTable::size() const { return state_->live; }
const std::string& MappingTable::root() const { return state_->root; }
const std::string& MappingTable::broker_username() const { return state_->broker_username; }

std::vector<const Row*> MappingTable::rows() const {
  std::vector<const Row*> out;
  out.reserve(state_->live);
  state_->each([&](const Row& row) { out.push_back(&row); });
  return out;
}

}  // namespace ferry
