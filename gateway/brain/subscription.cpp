#include "gateway/brain/subscription.h"

namespace ferry::subscription {

Outcome out(ContactRecord& c, Type type) {
  Outcome o;
  switch (type) {
    case Type::subscribe:  // A.2.1: always routed
      o.route = true;
      o.changed = !c.listed || (!c.to && !c.ask) || c.denied;
      c.listed = true;
      c.denied = false;
      if (!c.to) c.ask = true;
      break;
    case Type::unsubscribe:  // A.2.2: always routed
      o.route = true;
      o.changed = c.to || c.ask;
      c.to = c.ask = false;
      break;
    case Type::subscribed:  // A.2.3; without a request it is a pre-approval (section 3.4), which nobody is told
      if (c.request) {
        c.request = false;
        c.request_text.clear();
        c.from = c.listed = true;
        o.changed = o.route = o.presence_now = true;
      } else if (!c.from && !c.approved) {
        c.approved = c.listed = true;
        o.changed = true;
      }
      o.changed |= c.denied;
      c.denied = false;
      break;
    case Type::unsubscribed:  // A.2.4
      o.route = c.request || c.from;
      o.presence_over = c.from;
      o.changed = c.request || c.from || c.approved || !c.denied;
      c.request = c.from = c.approved = false;
      c.request_text.clear();
      c.denied = true;  // what the user refused stays refused
      break;
  }
  return o;
}

Outcome in(ContactRecord& c, Type type) {
  Outcome o;
  switch (type) {
    case Type::subscribe:  // A.3.1
      if (c.from) {
        o.answer_subscribed = true;
      } else if (c.approved) {
        c.approved = false;
        c.from = c.listed = true;
        o.changed = o.answer_subscribed = o.presence_now = true;
      } else if (c.denied) {
        o.answer_unsubscribed = true;
      } else if (!c.request) {
        c.request = true;
        o.changed = o.deliver = true;
      }
      break;
    case Type::unsubscribe:  // A.3.2
      o.changed = o.deliver = c.from || c.request;
      o.presence_over = c.from;
      c.from = c.request = false;
      c.request_text.clear();
      break;
    case Type::subscribed:  // A.3.3: nobody can subscribe us who was not asked
      if (c.ask) {
        c.ask = false;
        c.to = true;
        o.changed = o.deliver = true;
      }
      break;
    case Type::unsubscribed:  // A.3.4
      o.changed = o.deliver = c.ask || c.to;
      c.ask = c.to = false;
      break;
  }
  return o;
}

std::string_view subscription_name(const ContactRecord& c) {
  if (c.to && c.from) return "both";
  if (c.to) return "to";
  return c.from ? "from" : "none";
}

}  // namespace ferry::subscription
