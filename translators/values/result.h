// A value or the reason why there is none.
//
// Peers' mistakes are values, not exceptions: what a peer did wrong comes back as a StanzaError,
// and the caller must look before it takes the value. std::expected is not in clang 14.
#pragma once

#include <cassert>
#include <utility>
#include <variant>

#include "translators/values/error.h"

namespace ferry {

template <class T, class E = StanzaError>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit on purpose
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  explicit operator bool() const noexcept { return state_.index() == 0; }
  bool ok() const noexcept { return state_.index() == 0; }

  const T& operator*() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T& operator*() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T&& operator*() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  const T* operator->() const {
    assert(ok());
    return std::get_if<0>(&state_);
  }
  T* operator->() {
    assert(ok());
    return std::get_if<0>(&state_);
  }

  const E& error() const {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, E> state_;
};

}  // namespace ferry
