// What is wrong with the rows together: each row against all others, then the proofs of `ferryctl map check`.
#include <algorithm>
#include <unordered_map>

#include "config/table.h"
#include "config/text.h"
#include "translators/values/topic.h"
#include "translators/values/uid.h"

namespace ferry {
namespace {

constexpr std::size_t max_problems = 1'000;  // of one check: nobody reads more

bool private_kind(RowKind kind) { return kind != RowKind::feed; }  // has a subtree below its topic

// Topics of Ferry's own that a row may not reach. `filter` is the row's topic, with "/#" if it has a subtree.
void check_reserved(const MappingTable::State& s, const Row& row, const std::string& filter, Problems& out) {
  const auto reaches = [&](const std::string& reserved) { return filters_overlap(filter, s.root + reserved); };
  if (reaches("/gw/#"))
    out.push_back({s.where(row), s.name(row) + " reaches the gateway's own " + in_quotes(s.root + "/gw/#")});
  if (row.kind != RowKind::user && reaches("/u/#"))
    out.push_back({s.where(row), s.name(row) + " reaches the private subtrees " + in_quotes(s.root + "/u/#")});
}

std::string both(const MappingTable::State& s, const Row& a, const Row& b) { return s.name(a) + " and " + s.name(b); }

void not_carried(const MappingTable::State& s, const Row& row, Problems& out) {
  if (row.kind == RowKind::room)
    out.push_back({s.where(row), s.name(row) + ": rooms are not carried yet; the row does nothing", true});
}

bool could_be(const Level& level, std::string_view text) {
  return level.slot != Level::Slot::text || level.text == text;
}

// Two people, one broker account: whoever knows its password would be both.
std::string same_login(const MappingTable::State& s, const Row& a, const Row& b) {
  return "two people would log in to the broker under one user name: " + both(s, a, b) +
         " both use the localpart; write {uid}";
}

}  // namespace

void MappingTable::State::check_exact(const Row& row, Problems& out) const {
  not_carried(*this, row, out);
  const Jid own = exact_jid(row);
  const std::string topic = topic_of(row);
  check_reserved(*this, row, private_kind(row.kind) ? topic + "/#" : topic, out);

  auto levels = topic_levels(topic);
  for (const auto& group : groups) {
    const std::size_t depth = group->shape.levels.size();
    const auto taken_by = [&](const std::vector<std::string_view>& part) -> const Row* {
      const auto jid = match(group->shape, part);
      if (!jid || !*jid || **jid == own) return nullptr;
      const auto found = find(**jid);
      return found && found->pattern != nullptr && found->pattern->group == group.get() ? found->row : nullptr;
    };
    if (depth == levels.size()) {
      if (const Row* other = taken_by(levels))
        out.push_back(
            {where(row), "two JIDs on one topic: " + both(*this, row, *other) + " both stand for " + in_quotes(topic)});
    } else if (depth < levels.size() && private_kind(group->shape.kind)) {
      const std::vector<std::string_view> part(levels.begin(), levels.begin() + static_cast<std::ptrdiff_t>(depth));
      if (const Row* other = taken_by(part))
        out.push_back({where(row), name(row) + " lies inside a private subtree of " + name(*other)});
    } else if (depth > levels.size() && private_kind(row.kind)) {
      if (!std::equal(levels.begin(), levels.end(), group->shape.levels.begin(),
                      [](std::string_view text, const Level& level) { return could_be(level, text); }))
        continue;
      for (const auto& [domain, list] : patterns)
        for (const PatternRow& p : list)
          if (p.group == group.get())
            out.push_back(
                {where(slots[p.slot]), name(slots[p.slot]) + " reaches into the private subtree of " + name(row)});
    }
  }
  for (std::size_t slash = topic.find('/'); slash != std::string::npos; slash = topic.find('/', slash + 1)) {
    const Row* other = exact_topic(std::string_view(topic).substr(0, slash));
    if (other != nullptr && private_kind(other->kind))
      out.push_back({where(row), name(row) + " lies inside the private subtree of " + name(*other)});
  }
  for (const Filter& filter : filters) {
    const Row& other = slots[filter.slot];
    if (&other == &row) continue;
    if (private_kind(row.kind)) {
      if (filters_overlap(filter.topic, topic + "/#"))
        out.push_back({where(other), name(other) + " reaches into the private subtree of " + name(row)});
    } else if (topic_matches(filter.topic, topic)) {
      out.push_back(
          {where(other), name(other) + " does not get " + in_quotes(topic) + ": " + name(row) + " takes it", true});
    }
  }
  if (row.kind != RowKind::user || !login_is_localpart(row)) return;
  for (const auto& group : groups) {
    if (group->shape.kind != RowKind::user || group->shape.domain.empty() || group->shape.domain == own.domainpart())
      continue;
    const auto twin = Jid::make(own.localpart(), group->shape.domain);
    const auto found = twin ? find(*twin) : std::nullopt;
    if (found && found->pattern != nullptr && found->pattern->group == group.get())
      out.push_back({where(row), same_login(*this, row, *found->row)});
  }
}

// A feed whose topic is a filter, against patterns and other filters (exact rows look at filters themselves).
void MappingTable::State::check_filter(const Filter& filter, Problems& out) const {
  const Row& row = slots[filter.slot];
  check_reserved(*this, row, filter.topic, out);
  for (const auto& [domain, list] : patterns)
    for (const PatternRow& p : list) {
      const Row& other = slots[p.slot];
      const bool subtree = private_kind(other.kind);
      if (!filters_overlap(filter.topic, p.group->shape.filter() + (subtree ? "/#" : ""))) continue;
      if (subtree)
        out.push_back({where(row), name(row) + " reaches into the private subtrees of " + name(other)});
      else
        out.push_back({where(row), name(row) + " does not get the topics that " + name(other) + " takes", true});
    }
  for (const Filter& other : filters)
    if (other.slot < filter.slot && filters_overlap(filter.topic, other.topic))
      out.push_back({where(row), "a tie: topics match both " + both(*this, slots[other.slot], row)});
}

namespace {

// How the topics of two patterns meet.
enum class Meeting { none, only_at, same, nested };

bool fits(const PatternRow& p, RowKind kind, const Level& level, std::string_view text) {
  if (level.slot == Level::Slot::uid) {
    const auto jid = from_uid(text);
    return jid && jid->domainpart() == p.jid.domain && p.jid.matches(jid->localpart());
  }
  const auto jid = localpart_from_level(kind, text, p.jid.domain);
  return jid && p.jid.matches(jid->localpart());
}

Meeting meeting(const PatternRow& a, const PatternRow& b) {
  using Slot = Level::Slot;
  const auto& x = a.group->shape.levels;
  const auto& y = b.group->shape.levels;
  const RowKind kind_x = a.group->shape.kind;
  const RowKind kind_y = b.group->shape.kind;
  bool only_at = false;
  for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (x[i].slot == Slot::text && y[i].slot == Slot::text) {
      if (x[i].text != y[i].text) return Meeting::none;
    } else if (x[i].slot == Slot::text) {
      if (!fits(b, kind_y, y[i], x[i].text)) return Meeting::none;
    } else if (y[i].slot == Slot::text) {
      if (!fits(a, kind_x, x[i], y[i].text)) return Meeting::none;
    } else if (x[i].slot == Slot::uid && y[i].slot == Slot::uid) {
      return Meeting::none;  // the level names the JID, and a JID has one row
    } else if (x[i].slot == Slot::localpart && y[i].slot == Slot::localpart) {
      JidPattern anywhere = b.jid;
      anywhere.domain = a.jid.domain;
      if (kind_x != RowKind::feed && kind_y != RowKind::feed && !a.jid.overlaps(anywhere)) return Meeting::none;
    } else {
      // A uid has an '@'; an escaped localpart has none, but the level of a feed may.
      only_at = only_at || (x[i].slot == Slot::localpart ? kind_x : kind_y) != RowKind::feed;
    }
  }
  if (x.size() != y.size() && !private_kind(x.size() < y.size() ? kind_x : kind_y)) return Meeting::none;
  if (only_at) return Meeting::only_at;
  return x.size() == y.size() ? Meeting::same : Meeting::nested;
}

bool login_by_localpart(const Template& shape) { return shape.kind == RowKind::user && !shape.domain.empty(); }

void check_pair(const MappingTable::State& s, const PatternRow& a, const PatternRow& b, Problems& out) {
  const Row& first = s.slots[a.slot];
  const Row& second = s.slots[b.slot];
  if (a.jid.literal() == b.jid.literal() && a.jid.overlaps(b.jid))
    out.push_back(
        {s.where(second), "a tie: JIDs match both " + both(s, first, second) + " and neither is more specific"});
  if (a.group == b.group) return;
  const Meeting met = meeting(a, b);
  if (met == Meeting::same) {
    out.push_back({s.where(second), "two JIDs on one topic: " + both(s, first, second) + " share topics " +
                                        in_quotes(a.group->shape.filter())});
    return;
  }
  if (met == Meeting::nested) {
    const bool swap = a.group->shape.levels.size() > b.group->shape.levels.size();
    const Row& inner = swap ? first : second;
    const Row& outer = swap ? second : first;
    out.push_back({s.where(inner), s.name(inner) + " lies inside the private subtrees of " + s.name(outer)});
    return;
  }
  if (met == Meeting::only_at)
    out.push_back(
        {s.where(second), both(s, first, second) + " share a place in the tree; only the '@' tells them apart", true});
  if (!login_by_localpart(a.group->shape) || !login_by_localpart(b.group->shape)) return;
  JidPattern anywhere = b.jid;
  anywhere.domain = a.jid.domain;
  if (a.jid.domain != b.jid.domain && a.jid.overlaps(anywhere))
    out.push_back({s.where(second), same_login(s, first, second)});
}

}  // namespace

Problems MappingTable::State::check_patterns() const {
  Problems out;
  std::vector<const PatternRow*> all;
  for (const auto& [domain, list] : patterns)
    for (const PatternRow& p : list) all.push_back(&p);
  // In the order of the rows, so that the second of a pair is the later one.
  std::sort(all.begin(), all.end(), [](const PatternRow* a, const PatternRow* b) { return a->slot < b->slot; });
  for (std::size_t i = 0; i < all.size() && out.size() < max_problems; ++i) {
    const Row& row = slots[all[i]->slot];
    not_carried(*this, row, out);
    check_reserved(*this, row, all[i]->group->shape.filter() + (private_kind(row.kind) ? "/#" : ""), out);
    const std::string fixed = unescape_localpart(all[i]->jid.prefix) + unescape_localpart(all[i]->jid.suffix);
    if (row.kind == RowKind::feed && all[i]->group->shape.has(Level::Slot::localpart) &&
        (fixed.find_first_of("/+#") != std::string::npos || has_control(fixed)))
      out.push_back({where(row), name(row) + " can never fire: no name that it matches can be a topic level"});
    for (std::size_t j = 0; j < i; ++j) check_pair(*this, *all[j], *all[i], out);
  }
  return out;
}

Problems MappingTable::check() const {
  const State& s = *state_;
  Problems out = s.refused;
  const Problems patterns = s.check_patterns();
  out.insert(out.end(), patterns.begin(), patterns.end());
  for (const State::Filter& filter : s.filters) s.check_filter(filter, out);
  std::unordered_map<std::string, const Row*> logins;  // by localpart
  s.each([&](const Row& row) {
    if (out.size() >= max_problems || is_pattern(row) || is_filter(row)) return;
    s.check_exact(row, out);
    if (row.kind != RowKind::user || !login_is_localpart(row)) return;
    const auto [at, fresh] = logins.emplace(localpart_of(row.jid), &row);
    if (!fresh) out.push_back({s.where(row), same_login(s, *at->second, row)});
  });
  if (out.size() >= max_problems) {
    out.resize(max_problems);
    out.push_back({s.source, "and more: the check stopped after 1000 problems"});
  }
  return out;
}

}  // namespace ferry
