// The only file that knows RapidJSON.
#include "translators/values/json.h"

// COMPAT(RapidJSON): its empty stack adds to a null pointer, which clang's sanitizer stops at.
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/writer.h>
#ifdef __clang__
#pragma clang attribute pop
#endif

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "translators/values/topic.h"
#include "translators/values/xml.h"

namespace ferry {
namespace {

const rapidjson::Value& as_value(const void* p) { return *static_cast<const rapidjson::Value*>(p); }
std::string_view text_of(const rapidjson::Value& v) { return {v.GetString(), v.GetStringLength()}; }

constexpr std::size_t max_depth = 64;

// A key that is there twice; of two large ones the memory is bounded by the text.
std::optional<std::string_view> repeated_key(const rapidjson::Value& object) {
  std::vector<std::string_view> keys;
  keys.reserve(object.MemberCount());
  for (const auto& member : object.GetObject()) keys.push_back(text_of(member.name));
  std::sort(keys.begin(), keys.end());
  const auto twice = std::adjacent_find(keys.begin(), keys.end());
  if (twice == keys.end()) return std::nullopt;
  return *twice;
}

std::string named(std::string_view key, std::string_view fault) {
  return key.size() <= 64 && is_xml_text(key) ? std::string(key) + ": " + std::string(fault) : std::string(fault);
}

// Of one value alone; empty: nothing.
// COMPAT(RapidJSON): it takes the second half of a surrogate pair alone, and makes of it what is not UTF-8; and some
// numbers beyond a double, of which it makes infinity and writes nothing.
std::string_view own_fault_of(const rapidjson::Value& v) {
  if (v.IsString() && !is_utf8(text_of(v))) return "a lone surrogate";
  if (v.IsDouble() && !std::isfinite(v.GetDouble())) return "a number that is too large";
  return {};
}

// What is wrong in a text that is JSON otherwise; empty: nothing. Walks without recursion.
std::string fault_of(const rapidjson::Value& root) {
  struct Place {
    const rapidjson::Value* value;
    std::size_t depth;
  };
  std::vector<Place> todo{{&root, 1}};
  while (!todo.empty()) {
    const Place at = todo.back();
    todo.pop_back();
    const auto visit = [&](const rapidjson::Value& v) {
      if (v.IsObject() || v.IsArray()) todo.push_back({&v, at.depth + 1});
    };
    if (at.depth > max_depth && (at.value->IsObject() || at.value->IsArray())) return "deeper than 64";
    if (at.value->IsArray()) {
      for (const auto& item : at.value->GetArray()) {
        if (const auto fault = own_fault_of(item); !fault.empty()) return std::string(fault);
        visit(item);
      }
    } else if (at.value->IsObject()) {
      if (const auto key = repeated_key(*at.value)) return named(*key, "the same key twice");
      for (const auto& member : at.value->GetObject()) {
        auto fault = own_fault_of(member.name);
        if (fault.empty()) fault = own_fault_of(member.value);
        if (!fault.empty()) return named(text_of(member.name), fault);
        visit(member.value);
      }
    }
  }
  return std::string(own_fault_of(root));
}

struct StringStream {
  using Ch = char;
  std::string* text;
  void Put(char c) { text->push_back(c); }
  void Flush() {}
};

// What stands for a byte that a JSON text may not hold as it is: the letter after the backslash, 'u' for \u00XX.
// 0: the byte stays.
constexpr std::array<char, 256> json_escapes = [] {
  std::array<char, 256> out{};
  for (std::size_t c = 0; c < 0x20; ++c) out[c] = 'u';
  out['\b'] = 'b';
  out['\t'] = 't';
  out['\n'] = 'n';
  out['\f'] = 'f';
  out['\r'] = 'r';
  out['"'] = '"';
  out['\\'] = '\\';
  return out;
}();

// How many bytes at the front stay as they are. Eight at a time: nearly all do.
std::size_t plain_bytes(std::string_view s) {
  constexpr std::uint64_t ones = 0x0101010101010101U, tops = 0x8080808080808080U;
  constexpr auto has_zero = [](std::uint64_t x) { return (x - ones) & ~x & tops; };
  std::size_t i = 0;
  for (std::uint64_t word = 0; s.size() - i >= sizeof word; i += sizeof word) {
    std::memcpy(&word, s.data() + i, sizeof word);
    const std::uint64_t control = (word - ones * 0x20) & ~word & tops;
    if ((control | has_zero(word ^ ones * '"') | has_zero(word ^ ones * '\\')) != 0) break;
  }
  while (i < s.size() && json_escapes[static_cast<unsigned char>(s[i])] == 0) ++i;
  return i;
}

// RapidJSON writes a text byte by byte; here what needs no escape is copied.
struct TextWriter : rapidjson::Writer<StringStream> {
  using rapidjson::Writer<StringStream>::Writer;
  void text(std::string_view s) {
    Prefix(rapidjson::kStringType);
    append_json(*os_->text, s);
  }
};

}  // namespace

bool JsonView::is_object() const { return value_ && as_value(value_).IsObject(); }
bool JsonView::is_array() const { return value_ && as_value(value_).IsArray(); }
bool JsonView::is_string() const { return value_ && as_value(value_).IsString(); }
bool JsonView::is_null() const { return value_ && as_value(value_).IsNull(); }

JsonView JsonView::operator[](std::string_view key) const {
  if (!is_object()) return {};
  for (const auto& member : as_value(value_).GetObject())
    if (text_of(member.name) == key) return JsonView(&member.value);
  return {};
}

std::optional<std::string_view> JsonView::string() const {
  if (!is_string()) return std::nullopt;
  return text_of(as_value(value_));
}

std::optional<bool> JsonView::boolean() const {
  if (!value_ || !as_value(value_).IsBool()) return std::nullopt;
  return as_value(value_).GetBool();
}

std::optional<std::int64_t> JsonView::integer() const {
  if (!value_ || !as_value(value_).IsInt64()) return std::nullopt;
  return as_value(value_).GetInt64();
}

std::optional<double> JsonView::number() const {
  if (!value_ || !as_value(value_).IsNumber() || (as_value(value_).IsUint64() && !as_value(value_).IsInt64()))
    return std::nullopt;
  return as_value(value_).GetDouble();
}

std::size_t JsonView::size() const {
  if (is_array()) return as_value(value_).Size();
  if (is_object()) return as_value(value_).MemberCount();
  return 0;
}

void JsonView::each(const std::function<void(JsonView)>& visit) const {
  if (!is_array()) return;
  for (const auto& item : as_value(value_).GetArray()) visit(JsonView(&item));
}

void JsonView::members(const std::function<void(std::string_view, JsonView)>& visit) const {
  if (!is_object()) return;
  for (const auto& member : as_value(value_).GetObject()) visit(text_of(member.name), JsonView(&member.value));
}

struct JsonDocument::Impl {
  // Payloads are small; the default of 64 KiB a document made the allocator tidy up all the time.
  static constexpr std::size_t chunk = 2'048;
  rapidjson::MemoryPoolAllocator<> pool{chunk};
  rapidjson::Document document{&pool};
};

JsonDocument::JsonDocument(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

Result<JsonDocument> JsonDocument::parse(std::string_view text) {
  // Iterative: a hostile text may be deep, and our stack is not.
  // COMPAT(RapidJSON): its full precision has undefined behaviour for 0e300; our payloads have no fractions.
  constexpr unsigned flags = rapidjson::kParseIterativeFlag;
  auto impl = std::make_unique<Impl>();
  // RapidJSON's own check of the encoding costs more than its parsing: it is for finding the place only.
  if (is_utf8(text))
    impl->document.Parse<flags>(text.data(), text.size());
  else
    impl->document.Parse<flags | rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
  if (impl->document.HasParseError())
    return error(Condition::bad_request, std::string("not JSON: ") +
                                             rapidjson::GetParseError_En(impl->document.GetParseError()) + " At byte " +
                                             std::to_string(impl->document.GetErrorOffset()) + ".");
  if (std::string fault = fault_of(impl->document); !fault.empty())
    return error(Condition::bad_request, std::move(fault));
  return JsonDocument(std::move(impl));
}

JsonView JsonDocument::root() const { return JsonView(static_cast<const rapidjson::Value*>(&impl_->document)); }

struct JsonWriter::Impl {
  std::string text;
  StringStream stream{&text};
  TextWriter writer{stream};
};

JsonWriter::JsonWriter() : impl_(std::make_unique<Impl>()) { impl_->text.reserve(512); }
JsonWriter::~JsonWriter() = default;
JsonWriter& JsonWriter::begin_object() {
  impl_->writer.StartObject();
  return *this;
}
JsonWriter& JsonWriter::end_object() {
  impl_->writer.EndObject();
  return *this;
}
JsonWriter& JsonWriter::begin_array() {
  impl_->writer.StartArray();
  return *this;
}
JsonWriter& JsonWriter::end_array() {
  impl_->writer.EndArray();
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  impl_->writer.text(name);
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  impl_->writer.text(text);
  return *this;
}

JsonWriter& JsonWriter::value(bool flag) {
  impl_->writer.Bool(flag);
  return *this;
}
JsonWriter& JsonWriter::value(std::int64_t number) {
  impl_->writer.Int64(number);
  return *this;
}
JsonWriter& JsonWriter::value(double number) {
  impl_->writer.Double(number);
  return *this;
}

JsonWriter& JsonWriter::value(JsonView copy) {
  if (copy)
    as_value(copy.raw()).Accept(impl_->writer);
  else
    impl_->writer.Null();
  return *this;
}

std::string JsonWriter::take() { return std::move(impl_->text); }

void append_json(std::string& out, std::string_view text) {
  out += '"';
  for (;;) {
    const std::size_t plain = plain_bytes(text);
    out.append(text.substr(0, plain));
    if (plain == text.size()) break;
    const auto byte = static_cast<unsigned char>(text[plain]);
    out += '\\';
    out += json_escapes[byte];
    if (json_escapes[byte] == 'u') ((out += "00") += "0123456789ABCDEF"[byte >> 4]) += "0123456789ABCDEF"[byte & 15];
    text.remove_prefix(plain + 1);
  }
  out += '"';
}

}  // namespace ferry
