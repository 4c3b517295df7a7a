// Redaction of single values, and of publishes: topics and JSON, CBOR or plain payloads.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/capture/pseudonyms.h"
#include "gateway/capture/record.h"
#include "gateway/capture/redaction_rules.h"
#include "translators/values/json.h"

namespace ferry {

inline constexpr std::string_view redacted_secret = "redacted";  // what stands where a secret stood

// One instance is one set of pseudonyms and what it leaves alone.
class RedactedValues {
 public:
  RedactedValues(const std::string& key, bool keep_bodies, bool keep_jids)
      : names_(key), keep_bodies_(keep_bodies), keep_jids_(keep_jids) {}

  // Appends what stands for the value to out; false: the value stays, and out as it was.
  bool replaced(Treatment treatment, std::string_view value, std::string& out);
  std::string treated(Treatment treatment, std::string_view value);  // what stands for it, or itself
  std::string level(std::string_view level, bool resource);  // of a topic: an escaped JID or localpart, or resourcepart
  bool keep_jids() const { return keep_jids_; }
  bool keep_bodies() const { return keep_bodies_; }

 private:
  bool foreign(std::string_view value, std::string& out);
  std::string text(std::string_view value);

  Pseudonyms names_;
  bool keep_bodies_, keep_jids_;
};

class RedactedPayloads {
 public:
  using Xml = std::function<std::optional<std::string>(std::string_view)>;
  RedactedPayloads(RedactedValues& values, Xml xml) : values_(values), xml_(std::move(xml)) {}

  void redact(CapturedPublish& publish);

 private:
  std::string topic(std::string_view topic, bool& ours);
  std::string payload(std::string_view payload, bool ours);
  void write(JsonWriter& w, JsonView value, std::string_view key, bool ours);
  bool number_stays(std::string_view key) const;
  void write_text(JsonWriter& w, std::string_view text, std::string_view key, bool ours);

  RedactedValues& values_;
  Xml xml_;
};

}  // namespace ferry
