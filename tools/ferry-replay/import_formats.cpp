#include <algorithm>

#include "tools/ferry-replay/import_format.h"
#include "tools/ferry-replay/stanza_begins.h"

namespace ferry::intake {
namespace {

bool fits_pcap(std::string_view b) {
  if (b.size() < 24) return false;
  for (const std::string_view magic : {"\x0A\x0D\x0D\x0A", "\xD4\xC3\xB2\xA1", "\xA1\xB2\xC3\xD4", "\x4D\x3C\xB2\xA1",
                                       "\xA1\xB2\x3C\x4D", "\x34\xCD\xB2\xA1", "\xA1\xB2\xCD\x34"})
    if (b.starts_with(magic)) return true;
  return false;
}

std::string_view after_prolog(std::string_view b) {
  for (;;) {
    b.remove_prefix(std::min(b.find_first_not_of(" \t\r\n"), b.size()));
    const bool comment = b.starts_with("<!--");
    if (!comment && !b.starts_with("<?")) return b;
    const std::string_view end = comment ? "-->" : "?>";
    const std::size_t at = b.find(end);
    if (at == std::string_view::npos) return {};
    b.remove_prefix(at + end.size());
  }
}

bool fits_audit(std::string_view b) {
  b = after_prolog(b);
  return b.starts_with("<jive") || (b.starts_with("<packet ") && b.substr(0, 512).find(" timestamp=") != b.npos);
}

bool fits_logxml(std::string_view b) {
  b = after_prolog(b);
  return b.starts_with("<log>") || (b.starts_with("<packet ") && b.substr(0, 512).find(" ljid=") != b.npos);
}

bool fits_raw(std::string_view b) {
  for (std::size_t at = b.find('<'); at != b.npos; at = b.find('<', at + 1))
    if (stanza_begins(b.substr(at), true) == Begins::yes) return true;
  return false;
}

constexpr FormatKind kinds[] = {
    {"pcap", "pcap and pcapng files, of tcpdump, Wireshark, dumpcap", nullptr, fits_pcap, make_pcap},
    {"openfire-debug", "Openfire's XML Debugger plug-in, stdout or file, every version", is_openfire_line, nullptr,
     make_openfire},
    {"openfire-audit", "Openfire's audit log, jive.audit-*.log", nullptr, fits_audit, make_openfire_audit},
    {"ejabberd", "ejabberd's log at level debug, every version", is_ejabberd_line, nullptr, make_ejabberd},
    {"ejabberd-logxml", "ejabberd-contrib's mod_logxml", nullptr, fits_logxml, make_logxml},
    {"prosody", "Prosody's log with mod_stanza_debug or mod_rawdebug", is_prosody_line, nullptr, make_prosody},
    {"prosody-watch", "Prosody's shell, watch:stanzas", is_prosody_watch_line, nullptr, make_console},
    {"libstrophe", "libstrophe's debug log", is_libstrophe_line, nullptr, make_client},
    {"profanity", "Profanity's log", is_profanity_line, nullptr, make_client},
    {"profanity-console", "Profanity's XML console", is_profanity_console_line, nullptr, make_console},
    {"slixmpp", "slixmpp's log at level DEBUG", is_slixmpp_line, nullptr, make_client},
    {"smack", "Smack's console debugger, Strophe.js", is_smack_line, nullptr, make_client},
    {"pidgin", "Pidgin's debug log", is_pidgin_line, nullptr, make_client},
    {"gajim", "Gajim's XML console", is_gajim_line, nullptr, make_console},
    {"psi", "Psi's XML console", is_psi_line, nullptr, make_console},
    {"dino", "Dino's --print-xmpp", is_dino_line, nullptr, make_console},
    {"tsung", "Tsung with dumptraffic=\"true\"", is_tsung_line, nullptr, make_tsung},
    {"scansion", "scripts of Prosody's scansion", is_scansion_line, nullptr, make_scansion},
    {"xml", "a stream's bytes, or loose stanzas", nullptr, fits_raw, make_raw},
};

}  // namespace

std::span<const FormatKind> formats() { return kinds; }

const FormatKind* format_named(std::string_view name) {
  const auto found =
      std::find_if(std::begin(kinds), std::end(kinds), [&](const FormatKind& k) { return k.name == name; });
  return found == std::end(kinds) ? nullptr : found;
}

// By what tells surely, then by the format with most lines, then by what is left.
const FormatKind* format_of(std::string_view beginning) {
  for (const FormatKind& kind : kinds)
    if (kind.fits && kind.fits != fits_raw && kind.fits(beginning)) return &kind;
  std::size_t lines[std::size(kinds)] = {};
  for (std::string_view rest = beginning; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    for (std::size_t i = 0; i < std::size(kinds) && !line.empty(); ++i)
      if (kinds[i].line && kinds[i].line(line)) {
        ++lines[i];
        break;
      }
  }
  const auto most = std::max_element(std::begin(lines), std::end(lines));
  if (*most > 0) return &kinds[most - std::begin(lines)];
  return fits_raw(beginning) ? format_named("xml") : nullptr;
}

}  // namespace ferry::intake
