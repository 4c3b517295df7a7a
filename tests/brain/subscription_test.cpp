// Every row of RFC 6121 appendix A, and what the gateway adds to it: pre-approval and a denial that sticks.
#include "gateway/brain/subscription.h"

#include <gtest/gtest.h>

#include <string>

namespace ferry {
namespace subscription_test {

using subscription::Outcome;
using subscription::Type;

// The nine states of appendix A.1: None, +PO pending out, +PI pending in.
struct State {
  bool to, from, ask, request;
};
constexpr State none{}, none_po{false, false, true, false}, none_pi{false, false, false, true},
    none_poi{false, false, true, true};
constexpr State to{true, false, false, false}, to_pi{true, false, false, true};
constexpr State from{false, true, false, false}, from_po{false, true, true, false}, both{true, true, false, false};

struct Row {
  const char* name;
  Type type;
  State before, after;
  bool acts;  // outbound: routed; inbound: delivered
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }

ContactRecord contact(const State& s) {
  ContactRecord c{*Jid::parse("alice@corp.example"), {}, {}, true, s.to, s.from, s.ask, s.request, false, false, {}};
  return c;
}
void expect_state(const ContactRecord& c, const State& s) {
  EXPECT_EQ(c.to, s.to);
  EXPECT_EQ(c.from, s.from);
  EXPECT_EQ(c.ask, s.ask);
  EXPECT_EQ(c.request, s.request);
}

std::string name_of(const testing::TestParamInfo<Row>& row) { return row.param.name; }

class Outbound : public testing::TestWithParam<Row> {};
TEST_P(Outbound, follows_appendix_a2) {
  ContactRecord c = contact(GetParam().before);
  const Outcome o = subscription::out(c, GetParam().type);
  expect_state(c, GetParam().after);
  EXPECT_EQ(o.route, GetParam().acts);
  EXPECT_EQ(o.presence_now, !GetParam().before.from && GetParam().after.from);
  EXPECT_EQ(o.presence_over, GetParam().before.from && !GetParam().after.from);
}
constexpr Type sub = Type::subscribe, unsub = Type::unsubscribe, subd = Type::subscribed, unsubd = Type::unsubscribed;
INSTANTIATE_TEST_SUITE_P(
    A2, Outbound,
    testing::Values(
        Row{"subscribe_none", sub, none, none_po, true}, Row{"subscribe_none_po", sub, none_po, none_po, true},
        Row{"subscribe_none_pi", sub, none_pi, none_poi, true},
        Row{"subscribe_none_poi", sub, none_poi, none_poi, true}, Row{"subscribe_to", sub, to, to, true},
        Row{"subscribe_to_pi", sub, to_pi, to_pi, true}, Row{"subscribe_from", sub, from, from_po, true},
        Row{"subscribe_from_po", sub, from_po, from_po, true}, Row{"subscribe_both", sub, both, both, true},
        Row{"unsubscribe_none", unsub, none, none, true}, Row{"unsubscribe_none_po", unsub, none_po, none, true},
        Row{"unsubscribe_none_pi", unsub, none_pi, none_pi, true},
        Row{"unsubscribe_none_poi", unsub, none_poi, none_pi, true}, Row{"unsubscribe_to", unsub, to, none, true},
        Row{"unsubscribe_to_pi", unsub, to_pi, none_pi, true}, Row{"unsubscribe_from", unsub, from, from, true},
        Row{"unsubscribe_from_po", unsub, from_po, from, true}, Row{"unsubscribe_both", unsub, both, from, true},
        Row{"subscribed_none", subd, none, none, false}, Row{"subscribed_none_po", subd, none_po, none_po, false},
        Row{"subscribed_none_pi", subd, none_pi, from, true}, Row{"subscribed_none_poi", subd, none_poi, from_po, true},
        Row{"subscribed_to", subd, to, to, false}, Row{"subscribed_to_pi", subd, to_pi, both, true},
        Row{"subscribed_from", subd, from, from, false}, Row{"subscribed_from_po", subd, from_po, from_po, false},
        Row{"subscribed_both", subd, both, both, false}, Row{"unsubscribed_none", unsubd, none, none, false},
        Row{"unsubscribed_none_po", unsubd, none_po, none_po, false},
        Row{"unsubscribed_none_pi", unsubd, none_pi, none, true},
        Row{"unsubscribed_none_poi", unsubd, none_poi, none_po, true}, Row{"unsubscribed_to", unsubd, to, to, false},
        Row{"unsubscribed_to_pi", unsubd, to_pi, to, true}, Row{"unsubscribed_from", unsubd, from, none, true},
        Row{"unsubscribed_from_po", unsubd, from_po, none_po, true}, Row{"unsubscribed_both", unsubd, both, to, true}),
    name_of);

class Inbound : public testing::TestWithParam<Row> {};
TEST_P(Inbound, follows_appendix_a3) {
  ContactRecord c = contact(GetParam().before);
  const Outcome o = subscription::in(c, GetParam().type);
  expect_state(c, GetParam().after);
  EXPECT_EQ(o.deliver, GetParam().acts);
  EXPECT_EQ(o.changed, GetParam().acts);
  EXPECT_FALSE(o.route);
  EXPECT_EQ(o.presence_over, GetParam().before.from && !GetParam().after.from);
  EXPECT_EQ(o.answer_subscribed, GetParam().type == sub && GetParam().before.from);
}
INSTANTIATE_TEST_SUITE_P(
    A3, Inbound,
    testing::Values(
        Row{"subscribe_none", sub, none, none_pi, true}, Row{"subscribe_none_po", sub, none_po, none_poi, true},
        Row{"subscribe_none_pi", sub, none_pi, none_pi, false},
        Row{"subscribe_none_poi", sub, none_poi, none_poi, false}, Row{"subscribe_to", sub, to, to_pi, true},
        Row{"subscribe_to_pi", sub, to_pi, to_pi, false}, Row{"subscribe_from", sub, from, from, false},
        Row{"subscribe_from_po", sub, from_po, from_po, false}, Row{"subscribe_both", sub, both, both, false},
        Row{"unsubscribe_none", unsub, none, none, false}, Row{"unsubscribe_none_po", unsub, none_po, none_po, false},
        Row{"unsubscribe_none_pi", unsub, none_pi, none, true},
        Row{"unsubscribe_none_poi", unsub, none_poi, none_po, true}, Row{"unsubscribe_to", unsub, to, to, false},
        Row{"unsubscribe_to_pi", unsub, to_pi, to, true}, Row{"unsubscribe_from", unsub, from, none, true},
        Row{"unsubscribe_from_po", unsub, from_po, none_po, true}, Row{"unsubscribe_both", unsub, both, to, true},
        Row{"subscribed_none", subd, none, none, false}, Row{"subscribed_none_po", subd, none_po, to, true},
        Row{"subscribed_none_pi", subd, none_pi, none_pi, false},
        Row{"subscribed_none_poi", subd, none_poi, to_pi, true}, Row{"subscribed_to", subd, to, to, false},
        Row{"subscribed_to_pi", subd, to_pi, to_pi, false}, Row{"subscribed_from", subd, from, from, false},
        Row{"subscribed_from_po", subd, from_po, both, true}, Row{"subscribed_both", subd, both, both, false},
        Row{"unsubscribed_none", unsubd, none, none, false}, Row{"unsubscribed_none_po", unsubd, none_po, none, true},
        Row{"unsubscribed_none_pi", unsubd, none_pi, none_pi, false},
        Row{"unsubscribed_none_poi", unsubd, none_poi, none_pi, true}, Row{"unsubscribed_to", unsubd, to, none, true},
        Row{"unsubscribed_to_pi", unsubd, to_pi, none_pi, true}, Row{"unsubscribed_from", unsubd, from, from, false},
        Row{"unsubscribed_from_po", unsubd, from_po, from, true}, Row{"unsubscribed_both", unsubd, both, from, true}),
    name_of);

TEST(Subscription, a_pre_approval_answers_the_request_when_it_comes) {
  ContactRecord c = contact(none);
  EXPECT_TRUE(subscription::out(c, subd).changed);
  EXPECT_TRUE(c.approved);
  const Outcome o = subscription::in(c, sub);
  EXPECT_TRUE(o.answer_subscribed);
  EXPECT_TRUE(o.presence_now);
  EXPECT_TRUE(c.from);
  EXPECT_FALSE(c.approved);
  EXPECT_FALSE(o.deliver);
}

TEST(Subscription, what_was_denied_is_denied_again_without_asking) {
  ContactRecord c = contact(none_pi);
  subscription::out(c, unsubd);
  const Outcome o = subscription::in(c, sub);
  EXPECT_TRUE(o.answer_unsubscribed);
  EXPECT_FALSE(o.deliver);
  EXPECT_FALSE(c.request);
}

TEST(Subscription, the_user_can_take_a_denial_back) {
  for (const Type type : {subd, sub}) {
    ContactRecord c = contact(none_pi);
    subscription::out(c, unsubd);
    subscription::out(c, type);
    EXPECT_FALSE(c.denied);
  }
}

TEST(Subscription, states_have_their_names) {
  EXPECT_EQ(subscription::subscription_name(contact(none_poi)), "none");
  EXPECT_EQ(subscription::subscription_name(contact(to_pi)), "to");
  EXPECT_EQ(subscription::subscription_name(contact(from_po)), "from");
  EXPECT_EQ(subscription::subscription_name(contact(both)), "both");
}

}  // namespace subscription_test
}  // namespace ferry
