// JSON payloads: read as a view, written in order. RapidJSON underneath, seen by json.cpp alone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "translators/values/result.h"

namespace ferry {

// A value inside a JsonDocument, or nothing; valid while the document lives. Every question to nothing, or to a
// value of another type, is answered with nothing: callers ask is_…() where the difference matters.
class JsonView {
 public:
  JsonView() = default;
  explicit JsonView(const void* value) : value_(value) {}
  explicit operator bool() const { return value_ != nullptr; }
  bool is_object() const;
  bool is_array() const;
  bool is_string() const;
  bool is_null() const;
  JsonView operator[](std::string_view key) const;  // the member of that name
  std::optional<std::string_view> string() const;
  std::optional<bool> boolean() const;
  std::optional<std::int64_t> integer() const;
  std::optional<double> number() const;  // an integer() too, nothing for those beyond 64 bits
                                         // signed; of long fractions the nearest double or its neighbour
  std::size_t size() const;              // of an array or object
  void each(const std::function<void(JsonView)>& visit) const;                           // of an array
  void members(const std::function<void(std::string_view key, JsonView)>& visit) const;  // of an object
  const void* raw() const { return value_; }  // for cbor.cpp's walk through json.cpp

 private:
  const void* value_ = nullptr;
};

class JsonDocument {
 public:
  // Errors: bad-request, with the place: not JSON, invalid UTF-8, lone surrogates, a key twice in one object (which of
  // the two values counts would be a matter of taste), deeper than 64.
  static Result<JsonDocument> parse(std::string_view text);
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();
  JsonView root() const;

 private:
  struct Impl;
  explicit JsonDocument(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Writes one compact JSON text, in the order of the calls. Strings must be UTF-8.
class JsonWriter {
 public:
  JsonWriter();
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view{text}); }
  JsonWriter& value(bool flag);
  JsonWriter& value(std::int64_t number);
  JsonWriter& value(double number);
  JsonWriter& value(JsonView copy);  // a value of a document, as it is
  template <class T>
  JsonWriter& field(std::string_view name, const T& v) {
    return key(name).value(v);
  }
  std::string take();  // the text; the writer is done

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

void append_json(std::string& out, std::string_view text);  // a text, which must be UTF-8, as JSON with its quotes

}  // namespace ferry
