#include "gateway/capture/redaction.h"

#include <algorithm>
#include <utility>

#include "gateway/capture/pseudonyms.h"
#include "gateway/capture/redacted_payload.h"
#include "gateway/capture/redacted_xml.h"
#include "gateway/capture/redaction_rules.h"

namespace ferry {
namespace {

// Of a file's name: the folders may say who somebody is.
std::string last_component(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace

struct Redaction::Impl {
  explicit Impl(Settings s)
      : settings(std::move(s)),
        values(settings.key, settings.keep_bodies, settings.keep_jids),
        xml_values{[this](const ElementPath& path, const Attr& attr) {
                     return values.treated(treatment_of_attr(path, attr), attr.value);
                   },
                   [this](const ElementPath& path, std::string_view text) {
                     return values.treated(treatment_of_text(path, text), text);
                   }},
        payloads(values, [this](std::string_view xml) { return rewrite_xml(xml, xml_values); }) {}

  Settings settings;
  RedactedValues values;
  XmlValues xml_values;
  RedactedPayloads payloads;

  // Opaque, but some make it of addresses.
  std::string stream(const std::string& name) {
    return values.treated(name.find_first_of(".:@") == std::string::npos ? Treatment::id : Treatment::foreign, name);
  }
  std::string jid(const std::string& text) { return values.treated(Treatment::jid, text); }

  void redact(CapturedStanza& stanza, Record& record) {
    if (auto text = rewrite_xml(stanza.xml, xml_values)) {
      stanza.xml = std::move(*text);
      return;
    }
    const std::uint64_t bytes = stanza.xml.size();  // of what is overwritten now
    record.what = CapturedDamage{"", 0, 0, bytes, "expected XML that the redaction can read: left out"};
  }
  void redact(CapturedPublish& publish, Record&) { payloads.redact(publish); }
  void redact(CapturedOpen& open, Record&) {
    open.from = jid(open.from);
    open.to = jid(open.to);
  }
  void redact(CapturedClose& close, Record&) { close.reason = values.treated(Treatment::token, close.reason); }
  void redact(CapturedDamage& damage, Record&) { damage.source = last_component(damage.source); }
};

Redaction::Redaction(Settings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
Redaction::~Redaction() = default;

Record Redaction::redact(Record record) {
  record.jid = impl_->jid(record.jid);
  record.stream = impl_->stream(record.stream);
  record.local = impl_->values.treated(Treatment::network, record.local);
  record.remote = impl_->values.treated(Treatment::network, record.remote);
  std::visit([&](auto& what) { impl_->redact(what, record); }, record.what);
  return record;
}

std::string Redaction::pseudonym_of_jid(const std::string& jid) { return impl_->jid(jid); }

}  // namespace ferry
