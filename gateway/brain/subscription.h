// The subscription state machine of RFC 6121 appendix A, of one user and one contact. Pure: state and event in, state
// and what follows out. "Out" is what our user did, "in" is what the contact did.
#pragma once

#include "gateway/brain/records.h"

namespace ferry::subscription {

enum class Type { subscribe, unsubscribe, subscribed, unsubscribed };

struct Outcome {
  bool changed = false;                                         // the record: to be stored and shown to the user
  bool route = false;                                           // out: send the stanza to the contact
  bool deliver = false;                                         // in: worth the user's attention
  bool answer_subscribed = false, answer_unsubscribed = false;  // in: answered on the user's behalf
  bool presence_now = false;                                    // the contact may see us from now on: send our presence
  bool presence_over = false;                                   // the contact may no longer see us: send unavailable
};

Outcome out(ContactRecord& contact, Type type);  // A.2
Outcome in(ContactRecord& contact, Type type);   // A.3

std::string_view subscription_name(const ContactRecord& contact);  // none, to, from, both

}  // namespace ferry::subscription
