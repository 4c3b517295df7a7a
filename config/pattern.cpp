#include "config/pattern.h"

#include <algorithm>

#include "config/text.h"
#include "translators/values/topic.h"
#include "translators/values/uid.h"

namespace ferry {
namespace {

bool starts(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }
bool ends(std::string_view text, std::string_view with) {
  return text.size() >= with.size() && text.substr(text.size() - with.size()) == with;
}

}  // namespace

bool JidPattern::matches(std::string_view localpart) const {
  return localpart.size() >= literal() && starts(localpart, prefix) && ends(localpart, suffix);
}

// A long enough localpart fits both sides of both, so only the sides must agree with each other.
bool JidPattern::overlaps(const JidPattern& other) const {
  return domain == other.domain && (starts(prefix, other.prefix) || starts(other.prefix, prefix)) &&
         (ends(suffix, other.suffix) || ends(other.suffix, suffix));
}

JidPattern jid_pattern(std::string_view jid) {
  const std::string_view local = localpart_of(jid);
  const std::size_t star = local.find('*');
  return {std::string(local.substr(0, star)), std::string(local.substr(star + 1)), std::string(domain_of(jid))};
}

std::string_view domain_of(std::string_view jid) { return jid.substr(jid.rfind('@') + 1); }
std::string_view localpart_of(std::string_view jid) { return jid.substr(0, jid.rfind('@')); }

bool Template::has(Level::Slot slot) const {
  return std::any_of(levels.begin(), levels.end(), [slot](const Level& l) { return l.slot == slot; });
}

std::string Template::filter() const {
  std::string out;
  for (const Level& level : levels) {
    if (!out.empty()) out += '/';
    out += level.slot == Level::Slot::text ? level.text : "+";
  }
  return out;
}

Template topic_template(const Row& row, std::string_view root) {
  Template out;
  out.kind = row.kind;
  for (const std::string_view level : topic_levels(row.topic)) {
    if (level == "{root}") {
      for (const std::string_view part : topic_levels(root))
        out.levels.push_back({Level::Slot::text, std::string(part)});
    } else if (level == "{uid}") {
      out.levels.push_back({Level::Slot::uid, {}});
    } else if (level == "{localpart}" || level == "{room}") {
      out.levels.push_back({Level::Slot::localpart, {}});
    } else if (level == "{domain}") {
      out.levels.push_back({Level::Slot::text, std::string(domain_of(row.jid))});
    } else {
      out.levels.push_back({Level::Slot::text, std::string(level)});
    }
  }
  if (!out.has(Level::Slot::uid)) out.domain = std::string(domain_of(row.jid));
  return out;
}

Result<std::string> localpart_level(RowKind kind, std::string_view localpart) {
  if (kind != RowKind::feed) return escape_level(localpart);
  std::string level = unescape_localpart(localpart);
  if (level.empty() || level.size() > max_level_bytes)
    return error(Condition::not_acceptable, "the name must have 1 to 200 bytes as a topic level");
  if (level.find_first_of("/+#") != std::string::npos || has_control(level) || level.front() == '$')
    return error(Condition::not_acceptable,
                 "the name cannot be one topic level: it holds / + #, a control character or a leading $");
  if (escape_localpart(level) != localpart)
    return error(Condition::not_acceptable, "the name is not the one escaped form (XEP-0106) of a topic level");
  return level;
}

Result<Jid> localpart_from_level(RowKind kind, std::string_view level, std::string_view domain) {
  std::string localpart;
  if (kind == RowKind::feed) {
    localpart = escape_localpart(level);
    const auto back = localpart_level(kind, localpart);
    if (!back) return back.error();
    if (*back != level) return error(Condition::not_acceptable, "the topic level cannot be a localpart and back");
  } else {
    auto plain = unescape_level(level);
    if (!plain) return plain.error();
    localpart = *std::move(plain);
  }
  if (localpart.empty()) return error(Condition::jid_malformed, "the localpart is empty");
  auto jid = Jid::make(localpart, domain);
  if (!jid) return jid.error();
  if (jid->localpart() != localpart)
    return error(kind == RowKind::feed ? Condition::not_acceptable : Condition::jid_malformed,
                 "the topic level is not a normalised localpart: nodeprep (RFC 6122) changes it");
  return jid;
}

Result<std::string> expand(const Row& row, std::string_view root, const Jid& jid) {
  std::string out;
  out.reserve(root.size() + row.topic.size() + jid.bare_view().size());
  std::string_view rest = row.topic;
  for (;;) {
    const std::size_t slash = rest.find('/');
    const std::string_view level = rest.substr(0, slash);
    if (level.empty() || level.front() != '{') {
      out += level;
    } else if (level == "{root}") {
      out += root;
    } else if (level == "{domain}") {
      out += jid.domainpart();
    } else {
      auto name = level == "{uid}" ? to_uid(jid) : localpart_level(row.kind, jid.localpart());
      if (!name) return name.error();
      out += *name;
    }
    if (slash == std::string_view::npos) return out;
    out += '/';
    rest.remove_prefix(slash + 1);
  }
}

Result<std::optional<Jid>> match(const Template& shape, const std::vector<std::string_view>& levels) {
  if (levels.size() != shape.levels.size()) return std::optional<Jid>();
  for (std::size_t i = 0; i < levels.size(); ++i)
    if (shape.levels[i].slot == Level::Slot::text && shape.levels[i].text != levels[i]) return std::optional<Jid>();
  std::optional<Jid> found;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const Level::Slot slot = shape.levels[i].slot;
    if (slot != Level::Slot::uid) continue;
    auto jid = from_uid(levels[i]);
    if (!jid) return jid.error();
    if (found && *found != *jid) return error(Condition::jid_malformed, "the topic names two users");
    found = *std::move(jid);
  }
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const Level::Slot slot = shape.levels[i].slot;
    if (slot != Level::Slot::localpart) continue;
    auto jid =
        localpart_from_level(shape.kind, levels[i], found ? found->domainpart() : std::string_view(shape.domain));
    if (!jid) return jid.error();
    if (found && *found != *jid) return error(Condition::jid_malformed, "the topic names two users");
    if (!found) found = *std::move(jid);
  }
  return found;
}

bool login_is_localpart(const Row& row) {
  return row.topic.find("{uid}") == std::string::npos && row.topic.find("{localpart}") != std::string::npos;
}

Result<std::string> login_name(const Row& row, const Jid& jid) {
  return login_is_localpart(row) ? escape_level(jid.localpart()) : to_uid(jid);
}

}  // namespace ferry
