// What a peer did wrong, in the terms of RFC 6120 section 8.3: a type, a defined condition, a text.
#pragma once

#include <string>
#include <string_view>

namespace ferry {

// The defined conditions of RFC 6120 section 8.3.3, under their own names.
enum class Condition {
  bad_request,
  conflict,
  feature_not_implemented,
  forbidden,
  gone,
  internal_server_error,
  item_not_found,
  jid_malformed,
  not_acceptable,
  not_allowed,
  not_authorized,
  policy_violation,
  recipient_unavailable,
  redirect,
  registration_required,
  remote_server_not_found,
  remote_server_timeout,
  resource_constraint,
  service_unavailable,
  subscription_required,
  undefined_condition,
  unexpected_request,
};

// RFC 6120 section 8.3.2: what the sender may do about it.
enum class ErrorType { auth, cancel, continue_, modify, wait };

struct StanzaError {
  ErrorType type = ErrorType::cancel;
  Condition condition = Condition::undefined_condition;
  std::string text;  // for people: what was wrong and what was expected; never a body or a secret

  bool retry() const { return type == ErrorType::wait; }  // may the same thing succeed later?
  friend bool operator==(const StanzaError&, const StanzaError&) = default;
};

// The element name: Condition::bad_request <-> "bad-request". Unknown names become undefined-condition.
std::string_view condition_name(Condition condition);
Condition condition_from(std::string_view name);
std::string_view error_type_name(ErrorType type);
ErrorType error_type_from(std::string_view name);

// The type that RFC 6120 section 8.3.3 gives each condition.
ErrorType usual_type(Condition condition);

// The usual way to make one: the type follows from the condition.
StanzaError error(Condition condition, std::string text);

}  // namespace ferry
