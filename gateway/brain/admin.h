// What an administrator may ask of the gateway (tools/ferryctl): one command, one answer. The same code serves a
// running gateway, by its control socket, and a stopped one, over its store.
//
//   {"command":"map.list"}                       {"ok":true,"rows":[{"row":"user *@…
//   {root}/u/{uid}","from":"store"},…]}
//   {"command":"map.add","row":"feed …"}         {"ok":true}   or   {"ok":false,"error":"…"}
//   map.remove{jid}  map.import{rows,replace,more}  map.check  map.explain{text}  acl
//   user.add{jid}  user.remove{jid}  user.list  user.show{jid}  status
//
// Lists come in the order of JIDs, in pages: the answer's "next" goes back as "after"; without one that was all. An
// import takes a row that is there already as done, and with replace one of the same JID from the store gives way;
// "more" says that another part follows at once.
#pragma once

#include <functional>

#include "gateway/brain/world.h"

namespace ferry {

class Admin {
 public:
  static constexpr std::size_t max_page_items = 50'000;    // of a list
  static constexpr std::size_t max_page_bytes = 8U << 20;  // of rows; about

  explicit Admin(World& world) : world_(world) {}

  std::function<void()> on_table_change;                        // topic filters may differ now
  std::function<void(User&)> on_add;                            // a new user
  std::function<void(User&)> on_move;                           // the user's subtree will be elsewhere in a moment
  std::function<void(UserKey, const Jid&)> on_forget_unserved;  // likewise, of one in the records alone
  std::function<void(User&)> on_forget;                         // ends everything that is a user's

  using Answer = Result<std::string, Problem>;  // the members of the answer as a JSON object
  // Another part's commands; nullopt: not one of them.
  std::function<std::optional<Answer>(std::string_view name, JsonView command)> elsewhere;
  std::function<Gauges()> on_gauges;          // what the brain has at the moment
  std::function<std::string()> on_privilege;  // may the contact lists of the legacy server be written

  // A migration's own rows. nullopt: it is there now; else why not.
  std::optional<std::string> add_route(const std::string& row);
  void remove_route(const std::string& jid);

  std::string on_command(JsonView command);
  void table_changed();  // by a command, or from outside

 private:
  struct Row {
    std::string_view name;
    Answer (Admin::*handle)(JsonView);
  };
  static const Row rows[];

  Answer map_list(JsonView c);
  Answer map_add(JsonView c);
  Answer map_remove(JsonView c);
  Answer map_import(JsonView c);
  Answer map_check(JsonView c);
  Answer map_explain(JsonView c);
  Answer acl(JsonView c);
  Answer user_add(JsonView c);
  Answer user_remove(JsonView c);
  Answer user_list(JsonView c);
  Answer user_show(JsonView c);
  Answer status(JsonView c);
  enum class Imported { added, unchanged, replaced, refused };
  Imported import_row(std::string_view text, bool replace, std::string& why_not);
  const ferry::Row* row_of(const std::string& jid) const;
  static std::size_t page_limit(JsonView c);
  std::optional<std::string> add_row(std::string_view text);  // the error

  World& world_;
};

}  // namespace ferry
