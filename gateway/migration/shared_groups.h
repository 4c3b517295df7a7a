// Contacts that stand in no roster table: Openfire makes them from groups that are shared, each time a roster is read.
// Recomputed here from the groups, as RosterManager does (visibility, mutual visibility).
//
// Contacts that see the account but that its roster does not show are left out: they are the other's entries.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/migration/account.h"

namespace ferry {

inline constexpr std::size_t max_groups = 100'000, max_memberships = 2'000'000;
inline constexpr std::size_t max_shared_contacts = 20'000;  // of one account; then none, with a problem

class SharedGroups {
 public:
  struct Contact {
    std::string_view jid;
    bool mutual = false;              // both, otherwise to
    std::vector<std::string> groups;  // the names that rosters show
  };

  // False: over a limit, and not added.
  bool add(const SharedGroup& group);
  bool empty() const { return groups_.empty(); }
  // By JID. False: more than max_shared_contacts, and none was visited.
  bool each_contact(const std::string& jid, const std::function<void(const Contact&)>& visit) const;
  const SharedGroup* find(std::string_view name) const;
  const std::vector<SharedGroup>& all() const { return groups_; }

 private:
  using Index = std::uint32_t;
  bool shared(Index group) const;
  bool names(Index group, Index other) const;     // does its list name the other?
  bool in_listed(Index user, Index group) const;  // is the user in a group of its list?
  bool mutual(Index user, Index contact) const;
  std::vector<Index> visible_to(Index user) const;  // groups
  Index user(const std::string& jid);

  std::vector<SharedGroup> groups_;  // their members are in members_
  std::vector<std::vector<Index>> members_;
  std::map<std::string, Index, std::less<>> by_name_;
  std::unordered_map<std::string, Index> users_;
  std::vector<const std::string*> names_;
  std::vector<std::vector<Index>> of_user_;  // groups
  std::size_t memberships_ = 0;
};

}  // namespace ferry
