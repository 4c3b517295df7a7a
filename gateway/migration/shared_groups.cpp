#include "gateway/migration/shared_groups.h"

#include <algorithm>

namespace ferry {
namespace {

bool has(const std::vector<std::uint32_t>& list, std::uint32_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

SharedGroups::Index SharedGroups::user(const std::string& jid) {
  const auto [place, is_new] = users_.try_emplace(jid, static_cast<Index>(names_.size()));
  if (is_new) {
    names_.push_back(&place->first);
    of_user_.emplace_back();
  }
  return place->second;
}

bool SharedGroups::add(const SharedGroup& group) {
  if (groups_.size() >= max_groups || memberships_ + group.members.size() > max_memberships) return false;
  const auto index = static_cast<Index>(groups_.size());
  if (!by_name_.try_emplace(group.name, index).second) return true;
  memberships_ += group.members.size();
  groups_.push_back(group);
  std::vector<Index>& members = members_.emplace_back();
  for (const Jid& member : group.members) {
    const Index who = user(member.str());
    if (has(of_user_[who], index)) continue;  // member and administrator
    of_user_[who].push_back(index);
    members.push_back(who);
  }
  return true;
}

const SharedGroup* SharedGroups::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &groups_[found->second];
}

bool SharedGroups::shared(Index group) const {
  return groups_[group].seen != SharedGroup::Seen::nobody && !groups_[group].display.empty();
}

bool SharedGroups::names(Index group, Index other) const {
  const auto& list = groups_[group].seen_by;
  return std::find(list.begin(), list.end(), groups_[other].name) != list.end();
}

bool SharedGroups::in_listed(Index user, Index group) const {
  for (const Index own : of_user_[user])
    if (names(group, own)) return true;
  return false;
}

std::vector<SharedGroups::Index> SharedGroups::visible_to(Index user) const {
  std::vector<Index> out;
  for (Index g = 0; g < groups_.size(); ++g) {
    if (!shared(g)) continue;
    if (groups_[g].seen == SharedGroup::Seen::everybody || has(of_user_[user], g) || in_listed(user, g))
      out.push_back(g);
  }
  return out;
}

bool SharedGroups::mutual(Index user, Index contact) const {
  using Seen = SharedGroup::Seen;
  for (const Index g : of_user_[user]) {
    if (!shared(g)) continue;
    for (const Index h : of_user_[contact]) {
      if (!shared(h)) continue;
      if (g == h) return true;
      const bool g_all = groups_[g].seen == Seen::everybody, h_all = groups_[h].seen == Seen::everybody;
      if (g_all && h_all) return true;
      if (!g_all && !h_all && ((names(g, h) && names(h, g)) || (in_listed(contact, g) && in_listed(user, h))))
        return true;
      if (g_all && !h_all && names(h, g)) return true;
      if (h_all && !g_all && names(g, h)) return true;
    }
  }
  return false;
}

bool SharedGroups::each_contact(const std::string& jid, const std::function<void(const Contact&)>& visit) const {
  // Who is in no group sees what everybody sees.
  const auto known = users_.find(jid);
  std::vector<Index> visible;
  if (known != users_.end()) {
    visible = visible_to(known->second);
  } else {
    for (Index g = 0; g < groups_.size(); ++g)
      if (shared(g) && groups_[g].seen == SharedGroup::Seen::everybody) visible.push_back(g);
  }
  std::map<Index, std::vector<std::string>> contacts;
  for (const Index g : visible)
    for (const Index member : members_[g]) {
      if (known != users_.end() && member == known->second) continue;
      contacts[member].push_back(groups_[g].display);
      if (contacts.size() > max_shared_contacts) return false;
    }
  for (auto& [member, names] : contacts)
    visit({*names_[member], known != users_.end() && mutual(known->second, member), std::move(names)});
  return true;
}

}  // namespace ferry
