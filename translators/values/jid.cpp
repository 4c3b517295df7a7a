#include "translators/values/jid.h"

#include <array>
#include <utility>

#include "translators/values/jid_prep.h"

namespace ferry {
namespace {

using jid_prep::max_part_bytes;

// Which parts an ASCII character may stand in as it is. A part of such characters alone is its own normal form, and
// every stanza has two addresses of that kind: libidn is left for the rest.
enum Plain : unsigned char { plain_local = 1, plain_domain = 2, plain_resource = 4 };

constexpr std::array<unsigned char, 256> plain_table() {
  std::array<unsigned char, 256> table{};
  for (unsigned c = 0x20; c < 0x7F; ++c) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool lower_or_digit = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    // RFC 6122 appendix A.5: what nodeprep forbids beyond the tables of stringprep.
    const bool forbidden =
        c == ' ' || std::string_view("\"&'/:<>@").find(static_cast<char>(c)) != std::string_view::npos;
    unsigned parts = plain_resource;
    if (!upper && !forbidden) parts |= plain_local;
    if (lower_or_digit || c == '.' || c == '-' || c == '_') parts |= plain_domain;
    table[c] = static_cast<unsigned char>(parts);
  }
  return table;
}
constexpr auto table = plain_table();

bool is_plain(std::string_view text, Plain part) {
  if (text.empty() || text.size() > max_part_bytes) return false;
  for (const char c : text)
    if ((table[static_cast<unsigned char>(c)] & part) == 0) return false;
  return true;
}

bool is_plain_domain(std::string_view text) {
  if (!is_plain(text, plain_domain)) return false;
  std::size_t label = 0;
  for (const char c : text) {
    if (c == '.' && label == 0) return false;
    label = c == '.' ? 0 : label + 1;
    if (label > 63) return false;
  }
  return label > 0;
}

// One part in its normal form: the caller's own text if that is plain, else a copy.
class PreppedPart {
 public:
  using Prepare = Result<std::string> (*)(std::string_view);

  PreppedPart(std::string_view text, bool plain, Prepare prepare) : view_(text) {
    if (plain || text.empty()) return;
    auto prepared = prepare(text);
    if (prepared) {
      copy_ = *std::move(prepared);
      view_ = copy_;
    } else {
      error_ = prepared.error();
      ok_ = false;
    }
  }
  PreppedPart(const PreppedPart&) = delete;
  PreppedPart& operator=(const PreppedPart&) = delete;

  bool ok() const { return ok_; }
  const StanzaError& error() const { return error_; }
  std::string_view view() const { return view_; }

 private:
  std::string copy_;
  std::string_view view_;
  StanzaError error_;
  bool ok_ = true;
};

PreppedPart resource_part(std::string_view text) {
  return PreppedPart(text, is_plain(text, plain_resource), jid_prep::resourcepart);
}

}  // namespace

Result<Jid> Jid::parse(std::string_view text) {
  // RFC 7622 section 3.1: the first / ends the domainpart, and an @ after it belongs to the resourcepart.
  const std::size_t slash = text.find('/');
  const std::string_view front = text.substr(0, slash);
  const std::size_t at = front.find('@');
  if (at == 0) return ferry::error(Condition::jid_malformed, "the localpart of the JID is empty before @");
  if (slash != std::string_view::npos && slash + 1 == text.size())
    return ferry::error(Condition::jid_malformed, "the resourcepart of the JID is empty after /");
  return make(at == std::string_view::npos ? std::string_view{} : front.substr(0, at),
              at == std::string_view::npos ? front : front.substr(at + 1),
              slash == std::string_view::npos ? std::string_view{} : text.substr(slash + 1));
}

Result<Jid> Jid::make(std::string_view localpart, std::string_view domainpart, std::string_view resourcepart) {
  if (domainpart.empty()) return ferry::error(Condition::jid_malformed, "the domainpart of the JID is empty");
  const PreppedPart local(localpart, is_plain(localpart, plain_local), jid_prep::localpart);
  if (!local.ok()) return local.error();
  const PreppedPart domain(domainpart, is_plain_domain(domainpart), jid_prep::domainpart);
  if (!domain.ok()) return domain.error();
  const PreppedPart resource = resource_part(resourcepart);
  if (!resource.ok()) return resource.error();

  Jid jid;
  jid.text_.reserve(local.view().size() + domain.view().size() + resource.view().size() + 2);
  if (!local.view().empty()) jid.text_.append(local.view()).push_back('@');
  jid.local_end_ = static_cast<std::uint32_t>(local.view().size());
  jid.text_.append(domain.view());
  jid.domain_end_ = static_cast<std::uint32_t>(jid.text_.size());
  if (!resource.view().empty()) jid.text_.append("/");
  jid.resource_begin_ = static_cast<std::uint32_t>(jid.text_.size());
  jid.text_.append(resource.view());
  return jid;
}

std::string_view Jid::localpart() const { return std::string_view(text_).substr(0, local_end_); }

std::string_view Jid::domainpart() const {
  const std::size_t begin = local_end_ == 0 ? 0 : local_end_ + 1;
  return std::string_view(text_).substr(begin, domain_end_ - begin);
}

std::string_view Jid::resourcepart() const { return std::string_view(text_).substr(resource_begin_); }

std::string_view Jid::bare_view() const { return std::string_view(text_).substr(0, domain_end_); }

Jid Jid::bare() const {
  Jid jid;
  jid.text_ = bare_view();
  jid.local_end_ = local_end_;
  jid.domain_end_ = jid.resource_begin_ = domain_end_;
  return jid;
}

Result<Jid> Jid::with_resource(std::string_view resourcepart) const {
  if (resourcepart.empty()) return bare();
  const PreppedPart resource = resource_part(resourcepart);
  if (!resource.ok()) return resource.error();
  Jid jid;
  jid.text_.reserve(domain_end_ + 1 + resource.view().size());
  jid.text_.append(bare_view()).append("/").append(resource.view());
  jid.local_end_ = local_end_;
  jid.domain_end_ = domain_end_;
  jid.resource_begin_ = domain_end_ + 1;
  return jid;
}

}  // namespace ferry
