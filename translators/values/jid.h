// An XMPP address, RFC 7622 in the RFC 6122 (stringprep) form that Openfire, ejabberd and Prosody share.
//
//   domain JID   corp.example
//   bare JID     alice@corp.example
//   full JID     alice@corp.example/spark
//
// One instance is one valid, normalised address: localpart nodeprep, domainpart nameprep (labels may be
// IDNs; a trailing dot goes), resourcepart resourceprep, each at most 1023 bytes. There is no invalid Jid;
// parse() and make() are the only way to one. Equality is equality of the normalised text, and parse(str()) is
// the same Jid again. What normalisation does in detail, and where servers differ: jid_prep.h.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "translators/values/result.h"

namespace ferry {

class Jid {
 public:
  // Error: jid-malformed, with a text that names the part and what is wrong with it.
  static Result<Jid> parse(std::string_view text);
  static Result<Jid> make(std::string_view localpart, std::string_view domainpart, std::string_view resourcepart = {});

  const std::string& str() const { return text_; }
  std::string_view localpart() const;  // empty: none
  std::string_view domainpart() const;
  std::string_view resourcepart() const;  // empty: none
  std::string_view bare_view() const;     // the text without the resourcepart; lives as long as this Jid

  Jid bare() const;
  Result<Jid> with_resource(std::string_view resourcepart) const;        // normalises; empty gives the bare JID
  bool is_domain() const { return local_end_ == 0 && !has_resource(); }  // neither localpart nor resourcepart
  bool has_local() const { return local_end_ > 0; }
  bool has_resource() const { return resource_begin_ < text_.size(); }

  friend bool operator==(const Jid& a, const Jid& b) { return a.text_ == b.text_; }
  friend std::strong_ordering operator<=>(const Jid& a, const Jid& b) { return a.text_ <=> b.text_; }

 private:
  Jid() = default;
  std::string text_;
  std::uint32_t local_end_ = 0;       // length of the localpart: 0 means none
  std::uint32_t domain_end_ = 0;      // where the domainpart ends
  std::uint32_t resource_begin_ = 0;  // text_.size() when there is none
};

// XEP-0106: the text "d'artagnan" <-> the localpart "d\27artagnan". Escapes space " & ' / : < > @ and a
// backslash that would read as an escape; unescape(escape(text)) is text, whatever it is. Pure text: no prep, and
// case is significant: nodeprep turns a "\2F" of the text into an escape, so lower-case the text before if it has any.
// A localpart must not begin or end with \20 (section 4.1): a space at either end of a text stays as it is, and no
// Jid comes of it; \20 at either end of a localpart is not unescaped.
std::string escape_localpart(std::string_view text);
std::string unescape_localpart(std::string_view localpart);

}  // namespace ferry

template <>
struct std::hash<ferry::Jid> {
  std::size_t operator()(const ferry::Jid& jid) const noexcept { return std::hash<std::string>{}(jid.str()); }
};
