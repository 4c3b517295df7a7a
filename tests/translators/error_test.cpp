#include "translators/values/error.h"

#include <gtest/gtest.h>

#include <string_view>
#include <utility>

#include "translators/values/result.h"

namespace ferry {
namespace error_test {

struct Row {
  Condition condition;
  std::string_view name;
  ErrorType type;
};

// RFC 6120 section 8.3.3: the name of each condition and the type that it SHOULD have.
const Row conditions[] = {
    {Condition::bad_request, "bad-request", ErrorType::modify},
    {Condition::conflict, "conflict", ErrorType::cancel},
    {Condition::feature_not_implemented, "feature-not-implemented", ErrorType::cancel},
    {Condition::forbidden, "forbidden", ErrorType::auth},
    {Condition::gone, "gone", ErrorType::cancel},
    {Condition::internal_server_error, "internal-server-error", ErrorType::cancel},
    {Condition::item_not_found, "item-not-found", ErrorType::cancel},
    {Condition::jid_malformed, "jid-malformed", ErrorType::modify},
    {Condition::not_acceptable, "not-acceptable", ErrorType::modify},
    {Condition::not_allowed, "not-allowed", ErrorType::cancel},
    {Condition::not_authorized, "not-authorized", ErrorType::auth},
    {Condition::policy_violation, "policy-violation", ErrorType::modify},
    {Condition::recipient_unavailable, "recipient-unavailable", ErrorType::wait},
    {Condition::redirect, "redirect", ErrorType::modify},
    {Condition::registration_required, "registration-required", ErrorType::auth},
    {Condition::remote_server_not_found, "remote-server-not-found", ErrorType::cancel},
    {Condition::remote_server_timeout, "remote-server-timeout", ErrorType::wait},
    {Condition::resource_constraint, "resource-constraint", ErrorType::wait},
    {Condition::service_unavailable, "service-unavailable", ErrorType::cancel},
    {Condition::subscription_required, "subscription-required", ErrorType::auth},
    {Condition::undefined_condition, "undefined-condition", ErrorType::cancel},
    {Condition::unexpected_request, "unexpected-request", ErrorType::wait},
};

TEST(Error, ConditionsAndTheirNames) {
  ASSERT_EQ(std::size(conditions), static_cast<std::size_t>(Condition::unexpected_request) + 1);
  for (const Row& row : conditions) {
    EXPECT_EQ(condition_name(row.condition), row.name);
    EXPECT_EQ(condition_from(row.name), row.condition) << row.name;
    EXPECT_EQ(usual_type(row.condition), row.type) << row.name;
  }
}

TEST(Error, UnknownConditionsAreUndefined) {
  for (const std::string_view name : {"", "bad_request", "Bad-Request", "bad-request ", "payment-required"})
    EXPECT_EQ(condition_from(name), Condition::undefined_condition) << name;
}

TEST(Error, TypesAndTheirNames) {
  for (const auto& [type, name] : {std::pair{ErrorType::auth, "auth"}, std::pair{ErrorType::cancel, "cancel"},
                                   std::pair{ErrorType::continue_, "continue"}, std::pair{ErrorType::modify, "modify"},
                                   std::pair{ErrorType::wait, "wait"}}) {
    EXPECT_EQ(error_type_name(type), name);
    EXPECT_EQ(error_type_from(name), type) << name;
  }
  EXPECT_EQ(error_type_from("later"), ErrorType::cancel);
}

TEST(Error, TakesTheTypeOfItsCondition) {
  const StanzaError full = error(Condition::resource_constraint, "the queue is full");
  EXPECT_EQ(full, (StanzaError{ErrorType::wait, Condition::resource_constraint, "the queue is full"}));
  EXPECT_TRUE(full.retry());
  EXPECT_FALSE(error(Condition::forbidden, "").retry());
  EXPECT_FALSE(error(Condition::forbidden, "a") == error(Condition::forbidden, "b"));
}

TEST(Result, IsAValueOrAnError) {
  Result<std::string> value = std::string("x");
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, "x");
  EXPECT_EQ(value->size(), 1U);
  const std::string moved = *std::move(value);
  EXPECT_EQ(moved, "x");
  const Result<std::string> none = error(Condition::conflict, "why");
  ASSERT_FALSE(none);
  EXPECT_FALSE(none.ok());
  EXPECT_EQ(none.error().text, "why");
}

}  // namespace error_test
}  // namespace ferry
