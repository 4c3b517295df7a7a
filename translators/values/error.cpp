#include "translators/values/error.h"

#include <array>
#include <utility>

namespace ferry {
namespace {

struct Row {
  Condition condition;
  std::string_view name;
  ErrorType type;
};

// RFC 6120 section 8.3.3, in its order.
constexpr std::array rows{
    Row{Condition::bad_request, "bad-request", ErrorType::modify},
    Row{Condition::conflict, "conflict", ErrorType::cancel},
    Row{Condition::feature_not_implemented, "feature-not-implemented", ErrorType::cancel},
    Row{Condition::forbidden, "forbidden", ErrorType::auth},
    Row{Condition::gone, "gone", ErrorType::cancel},
    Row{Condition::internal_server_error, "internal-server-error", ErrorType::cancel},
    Row{Condition::item_not_found, "item-not-found", ErrorType::cancel},
    Row{Condition::jid_malformed, "jid-malformed", ErrorType::modify},
    Row{Condition::not_acceptable, "not-acceptable", ErrorType::modify},
    Row{Condition::not_allowed, "not-allowed", ErrorType::cancel},
    Row{Condition::not_authorized, "not-authorized", ErrorType::auth},
    Row{Condition::policy_violation, "policy-violation", ErrorType::modify},
    Row{Condition::recipient_unavailable, "recipient-unavailable", ErrorType::wait},
    Row{Condition::redirect, "redirect", ErrorType::modify},
    Row{Condition::registration_required, "registration-required", ErrorType::auth},
    Row{Condition::remote_server_not_found, "remote-server-not-found", ErrorType::cancel},
    Row{Condition::remote_server_timeout, "remote-server-timeout", ErrorType::wait},
    Row{Condition::resource_constraint, "resource-constraint", ErrorType::wait},
    Row{Condition::service_unavailable, "service-unavailable", ErrorType::cancel},
    Row{Condition::subscription_required, "subscription-required", ErrorType::auth},
    Row{Condition::undefined_condition, "undefined-condition", ErrorType::cancel},
    Row{Condition::unexpected_request, "unexpected-request", ErrorType::wait},
};

constexpr std::array<std::pair<ErrorType, std::string_view>, 5> types{{
    {ErrorType::auth, "auth"},
    {ErrorType::cancel, "cancel"},
    {ErrorType::continue_, "continue"},
    {ErrorType::modify, "modify"},
    {ErrorType::wait, "wait"},
}};

const Row& row_of(Condition condition) {
  for (const Row& row : rows)
    if (row.condition == condition) return row;
  return rows[20];  // undefined-condition; every enumerator has a row
}

}  // namespace

std::string_view condition_name(Condition condition) { return row_of(condition).name; }

Condition condition_from(std::string_view name) {
  for (const Row& row : rows)
    if (row.name == name) return row.condition;
  return Condition::undefined_condition;
}

std::string_view error_type_name(ErrorType type) {
  for (const auto& [value, name] : types)
    if (value == type) return name;
  return "cancel";
}

ErrorType error_type_from(std::string_view name) {
  for (const auto& [value, text] : types)
    if (text == name) return value;
  return ErrorType::cancel;
}

ErrorType usual_type(Condition condition) { return row_of(condition).type; }

StanzaError error(Condition condition, std::string text) { return {usual_type(condition), condition, std::move(text)}; }

}  // namespace ferry
