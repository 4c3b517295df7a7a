// The hot path of every message: JID to topic and back.
#include "config/table.h"
#include "translators/values/topic.h"

namespace ferry {
namespace {

constexpr std::string_view own_level = "out";  // a user's publishes are BASE/out/...

StanzaError claimed(const Jid& jid) {
  return error(Condition::forbidden, jid.str() + " has another topic: a row of the mapping table claims it");
}

}  // namespace

std::optional<MappingTable::State::Found> MappingTable::State::find(const Jid& jid) const {
  if (!jid.has_local()) return std::nullopt;
  if (const Row* row = exact(jid.bare_view())) return Found{row, nullptr};
  const auto list = patterns.find(jid.domainpart());
  if (list == patterns.end()) return std::nullopt;
  for (const PatternRow& p : list->second)
    if (p.jid.matches(jid.localpart())) return Found{&slots[p.slot], &p};
  return std::nullopt;
}

std::optional<MappingTable::JidMatch> MappingTable::by_jid(const Jid& bare) const {
  const auto found = state_->find(bare);
  if (!found || state_->is_gateway(*found->row, bare)) return std::nullopt;
  auto topic = expand(*found->row, state_->root, bare);
  if (!topic) return std::nullopt;
  return JidMatch{found->row, *std::move(topic)};
}

Result<std::optional<MappingTable::TopicMatch>> MappingTable::by_topic(std::string_view topic) const {
  const State& s = *state_;
  std::optional<StanzaError> wrong;  // kept while another row may still know the topic

  // A template gives the topic to the JID it names, if that JID's own row is one of the template's.
  const auto try_groups = [&](RowKind kind, const std::vector<std::string_view>& levels,
                              std::string_view rest) -> std::optional<TopicMatch> {
    for (const auto& group : s.groups) {
      if (group->shape.kind != kind) continue;
      const auto jid = match(group->shape, levels);
      if (!jid) wrong = jid.error();
      if (!jid || !*jid) continue;
      const auto found = s.find(**jid);
      if (!found) continue;
      if (found->pattern == nullptr || found->pattern->group != group.get())
        wrong = claimed(**jid);
      else if (s.is_gateway(*found->row, **jid))
        wrong = error(Condition::forbidden, "this is the gateway's own user name");
      else
        return TopicMatch{found->row, **jid, rest};
    }
    return std::nullopt;
  };

  if (s.exact_feeds > 0)
    if (const Row* row = s.exact_topic(topic); row != nullptr && row->kind == RowKind::feed)
      return std::optional(TopicMatch{row, exact_jid(*row), topic});

  // User rows: try each depth that some base has, where "/out/" follows; no further, however long the topic is.
  std::vector<std::string_view> levels;
  levels.reserve(8);
  std::size_t begin = 0;
  while (levels.size() < State::max_depth) {
    const std::size_t slash = topic.find('/', begin);
    levels.push_back(topic.substr(begin, slash == std::string_view::npos ? slash : slash - begin));
    if (slash == std::string_view::npos) break;
    begin = slash + 1;
    const std::string_view rest = topic.substr(begin);
    // "BASE/out" and "BASE/out/" mean nothing, but their sender is known and can be told so.
    if (s.user_depths[levels.size()] == 0 || !rest.starts_with(own_level) ||
        (rest.size() > own_level.size() && rest[own_level.size()] != '/'))
      continue;
    if (const Row* row = s.exact_topic(topic.substr(0, slash)); row != nullptr && row->kind == RowKind::user)
      return std::optional(TopicMatch{row, exact_jid(*row), rest});
    if (auto found = try_groups(RowKind::user, levels, rest)) return found;
  }

  if (s.pattern_feeds > 0)
    if (auto found = try_groups(RowKind::feed, topic_levels(topic), topic)) return found;
  for (const State::Filter& filter : s.filters)
    if (topic_matches(filter.topic, topic))
      return std::optional(TopicMatch{&s.slots[filter.slot], exact_jid(s.slots[filter.slot]), topic});
  if (wrong) return *wrong;
  return std::optional<TopicMatch>();
}

}  // namespace ferry
