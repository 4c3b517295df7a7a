// What an administrator may ask of the messages that wait or have failed (ferryctl outbox). No answer has a body.
//
//   {"command":"outbox.counts"} {"ok":true,"links":[{"link":"xmpp","accepted":3,"waiting":0,"bytes":512},…],"dead":1}
//   {"command":"outbox.list","shelf":"dead|to-xmpp|to-mqtt|waiting","user":JID,"peer":JID}   "messages":[{"seq":…},…]
//   {"command":"outbox.show","seq":7}
//   {"command":"outbox.requeue","seqs":[7,8]} {"ok":true,"done":1,"problems":[{"seq":8,"error":"…"}]}
//   {"command":"outbox.drop","shelf":…,"seqs":[7,8]}
//
// A list comes in pages: the answer's "next" goes back as "after"; without one that was all.
// One instance serves the administrator of one gateway; gateway/brain/admin.h is for all else.
#pragma once

#include "gateway/brain/delivery.h"

namespace ferry {

class OutboxAdmin {
 public:
  static constexpr std::size_t page = 1'000;  // rows that one list looks at

  OutboxAdmin(World& world, Delivery& delivery) : world_(world), delivery_(delivery) {}

  using Answer = Result<std::string, Problem>;  // the members of the answer as a JSON object
  std::optional<Answer> on_command(std::string_view name, JsonView command);  // nullopt: no command of these

 private:
  struct Filter {
    Shelf shelf = Shelf::dead;
    UserKey user = 0;  // 0: any
    std::string peer;  // bare; empty: any
  };
  Result<Filter, Problem> filter_of(JsonView c) const;
  bool fits(const Filter& filter, const MessageRecord& row) const;
  std::vector<MessageRecord> next_page(const Filter& filter, JsonView c, std::string& next) const;
  void write(const MessageRecord& row, JsonWriter& json) const;
  using Act = std::function<std::optional<std::string>(MessageRecord row)>;  // why not
  Answer for_each(JsonView c, std::string_view said, const Act& act);        // those of "seqs" on the shelf

  Answer counts() const;
  Answer list(JsonView c) const;
  Answer show(JsonView c) const;
  Answer requeue(JsonView c);
  Answer drop(JsonView c);

  World& world_;
  Delivery& delivery_;
};

}  // namespace ferry
