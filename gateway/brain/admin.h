// What an administrator may ask of the gateway (tools/ferryctl): one command, one answer. The same code serves a running
// gateway, by its control socket, and a stopped one, over its store.
//
//   {"command":"map.list"}                       {"ok":true,"rows":["user *@… {root}/u/{uid}",…]}
//   {"command":"map.add","row":"feed …"}         {"ok":true}   or   {"ok":false,"error":"…"}
//   map.remove{jid}  map.import{rows,replace}  map.check  map.explain{text}  acl
//   user.add{jid}  user.remove{jid}  user.list  user.show{jid}  status
#pragma once

#include <functional>

#include "gateway/brain/world.h"

namespace ferry {

class Admin {
 public:
  explicit Admin(World& world) : world_(world) {}

  std::function<void()> on_table_change;       // topic filters may differ now
  std::function<void(User&)> on_forget;        // ends everything that is a user's

  std::string on_command(JsonView command);

 private:
  using Answer = Result<std::string, Problem>;   // the members of the answer as a JSON object
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
  std::optional<std::string> add_row(std::string_view text);   // the error
  void table_changed();

  World& world_;
};

}  // namespace ferry
