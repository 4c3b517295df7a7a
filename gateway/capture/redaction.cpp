#include "gateway/capture/redaction.h"

#include <algorithm>
#include <type_traits>
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

// Where an ending begins that says what the file is. The rest of its name may be whose it is: clients and mod_logxml
// call their logs by the account or the host.
std::size_t ending_of(std::string_view name) {
  for (const std::string_view ending : {".zst", ".log", ".txt", ".xml", ".pcap", ".pcapng", ".cap", ".dump", ".scs"})
    if (name.ends_with(ending)) return name.size() - ending.size();
  return name.size();
}

}  // namespace

struct Redaction::Impl {
  explicit Impl(Settings s)
      : settings(std::move(s)),
        values(settings.key, settings.keep_bodies, settings.keep_jids),
        xml({[this](const ElementPath& path, const Attr& attr, std::string& out) {
               return values.replaced(treatment_of_attr(path, attr), attr.value, out);
             },
             [this](const ElementPath& path, std::string_view text, std::string& out) {
               return values.replaced(treatment_of_text(path, text), text, out);
             }}),
        payloads(values, [this](std::string_view text) {
          std::string out;
          return xml.rewrite(text, nullptr, out) ? std::optional(std::move(out)) : std::nullopt;
        }) {}

  Settings settings;
  RedactedValues values;
  XmlRewriter xml;
  RedactedPayloads payloads;
  std::string made;  // used again and again

  void replace(Treatment treatment, std::string& field) {
    if (field.empty()) return;  // nothing makes anything of nothing
    made.clear();
    if (values.replaced(treatment, field, made)) field = made;
  }
  // Opaque, but some make it of addresses.
  static Treatment treatment_of_stream(const std::string& name) {
    return name.find_first_of(".:@") == std::string::npos ? Treatment::id : Treatment::foreign;
  }

  void redact(CapturedStanza& stanza, Record& record, const Element* read) {
    if (xml.rewrite(stanza.xml, read, made)) return stanza.xml.swap(made);
    const std::uint64_t bytes = stanza.xml.size();  // of what is overwritten now
    record.what = CapturedDamage{"", 0, 0, bytes, "expected XML that the redaction can read: left out"};
  }
  void redact(CapturedPublish& publish) { payloads.redact(publish); }
  void redact(CapturedOpen& open) {
    replace(Treatment::jid, open.from);
    replace(Treatment::jid, open.to);
  }
  void redact(CapturedClose& close) { replace(Treatment::token, close.reason); }
  void redact(CapturedDamage& damage) {
    damage.source = last_component(damage.source);
    if (settings.keep_jids) return;
    const std::size_t ending = ending_of(damage.source);
    damage.source = values.treated(Treatment::foreign, damage.source.substr(0, ending)) + damage.source.substr(ending);
  }
};

Redaction::Redaction(Settings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
Redaction::~Redaction() = default;

Record Redaction::redact(Record record, const Element* read) {
  redact_in_place(record, read);
  return record;
}

void Redaction::redact_in_place(Record& record, const Element* read) {
  impl_->replace(Treatment::jid, record.jid);
  impl_->replace(Impl::treatment_of_stream(record.stream), record.stream);
  impl_->replace(Treatment::network, record.local);
  impl_->replace(Treatment::network, record.remote);
  std::visit(
      [&](auto& what) {
        if constexpr (std::is_same_v<decltype(what), CapturedStanza&>)
          impl_->redact(what, record, read);
        else
          impl_->redact(what);
      },
      record.what);
}

std::string Redaction::pseudonym_of_jid(const std::string& jid) { return impl_->values.treated(Treatment::jid, jid); }

}  // namespace ferry
