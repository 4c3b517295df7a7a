// Any text as a JID: what parses is its own normal form; and XEP-0106 undoes itself.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "translators/values/jid.h"
#include "translators/values/topic.h"

namespace {

void require(bool property) {
  if (!property) std::abort();
}

void check(const ferry::Jid& jid) {
  require(ferry::is_utf8(jid.str()));
  require(!jid.domainpart().empty());
  require(jid.localpart().size() <= 1023 && jid.domainpart().size() <= 1023 && jid.resourcepart().size() <= 1023);
  require(jid.localpart().find_first_of("\"&'/:<>@ ") == std::string_view::npos);
  const auto parsed = ferry::Jid::parse(jid.str());
  require(parsed && *parsed == jid && parsed->localpart() == jid.localpart());
  require(parsed->domainpart() == jid.domainpart() && parsed->resourcepart() == jid.resourcepart());
  const auto made = ferry::Jid::make(jid.localpart(), jid.domainpart(), jid.resourcepart());
  require(made && *made == jid);
  const auto put_on = jid.bare().with_resource(jid.resourcepart());
  require(put_on && *put_on == jid && jid.bare().str() == jid.bare_view());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto jid = ferry::Jid::parse(text)) check(*jid);
  if (const auto jid = ferry::Jid::make(text.substr(0, size / 3), "b", text.substr(size / 3))) check(*jid);
  if (const auto jid = ferry::Jid::make({}, text)) check(*jid);
  require(ferry::unescape_localpart(ferry::escape_localpart(text)) == text);
  ferry::unescape_localpart(text);
  return 0;
}
