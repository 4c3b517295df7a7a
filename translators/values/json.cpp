// The only file that knows RapidJSON.
#include "translators/values/json.h"

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/writer.h>

namespace ferry {
namespace {

const rapidjson::Value& as_value(const void* p) { return *static_cast<const rapidjson::Value*>(p); }
std::string_view text_of(const rapidjson::Value& v) { return {v.GetString(), v.GetStringLength()}; }

struct StringStream {
  using Ch = char;
  std::string* text;
  void Put(char c) { text->push_back(c); }
  void Flush() {}
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
  rapidjson::Document document;
};

JsonDocument::JsonDocument(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

Result<JsonDocument> JsonDocument::parse(std::string_view text) {
  // Iterative: the depth of a hostile text is bounded by the heap, not by the stack.
  constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  auto impl = std::make_unique<Impl>();
  impl->document.Parse<flags>(text.data(), text.size());
  if (impl->document.HasParseError())
    return error(Condition::bad_request,
                 std::string("not JSON: ") + rapidjson::GetParseError_En(impl->document.GetParseError()) + " At byte " +
                     std::to_string(impl->document.GetErrorOffset()) + ".");
  return JsonDocument(std::move(impl));
}

JsonView JsonDocument::root() const { return JsonView(static_cast<const rapidjson::Value*>(&impl_->document)); }

struct JsonWriter::Impl {
  std::string text;
  StringStream stream{&text};
  rapidjson::Writer<StringStream> writer{stream};
};

JsonWriter::JsonWriter() : impl_(std::make_unique<Impl>()) { impl_->text.reserve(512); }
JsonWriter::~JsonWriter() = default;
JsonWriter& JsonWriter::begin_object() { impl_->writer.StartObject(); return *this; }
JsonWriter& JsonWriter::end_object() { impl_->writer.EndObject(); return *this; }
JsonWriter& JsonWriter::begin_array() { impl_->writer.StartArray(); return *this; }
JsonWriter& JsonWriter::end_array() { impl_->writer.EndArray(); return *this; }

JsonWriter& JsonWriter::key(std::string_view name) {
  impl_->writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  impl_->writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  return *this;
}

JsonWriter& JsonWriter::value(bool flag) { impl_->writer.Bool(flag); return *this; }
JsonWriter& JsonWriter::value(std::int64_t number) { impl_->writer.Int64(number); return *this; }
JsonWriter& JsonWriter::value(double number) { impl_->writer.Double(number); return *this; }

JsonWriter& JsonWriter::value(JsonView copy) {
  if (copy) as_value(copy.raw()).Accept(impl_->writer);
  else impl_->writer.Null();
  return *this;
}

std::string JsonWriter::take() { return std::move(impl_->text); }

}  // namespace ferry
