// The formats that an import reads: one small class each, in format_*.cpp.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "tools/ferry-replay/import_input.h"
#include "tools/ferry-replay/import_sink.h"
#include "tools/ferry-replay/import_streams.h"
#include "tools/ferry-replay/import_times.h"

namespace ferry::intake {

// What a format works with. One for each import.
struct Import {
  Sink& sink;
  Streams& streams;
  Dates dates;  // of the file
};

// One instance reads one file.
class Format {
 public:
  virtual ~Format() = default;
  virtual void read(Input& input) = 0;
  virtual std::string wrong() const { return {}; }  // why it could not go on; empty: the end was reached
};

struct FormatKind {
  std::string_view name, what;
  bool (*line)(std::string_view line);  // is this a line of it? nullptr: it is told by fits()
  bool (*fits)(std::string_view beginning);
  std::unique_ptr<Format> (*make)(Import& import);
};

std::span<const FormatKind> formats();
const FormatKind* format_named(std::string_view name);    // nullptr: none
const FormatKind* format_of(std::string_view beginning);  // by the beginning of the file; nullptr: none fits

// Each in a file of its own.
std::unique_ptr<Format> make_openfire(Import& import);
bool is_openfire_line(std::string_view line);
std::unique_ptr<Format> make_openfire_audit(Import& import);
std::unique_ptr<Format> make_logxml(Import& import);
std::unique_ptr<Format> make_ejabberd(Import& import);
bool is_ejabberd_line(std::string_view line);
std::unique_ptr<Format> make_prosody(Import& import);
bool is_prosody_line(std::string_view line);
std::unique_ptr<Format> make_client(Import& import);
bool is_libstrophe_line(std::string_view line);
bool is_profanity_line(std::string_view line);
bool is_slixmpp_line(std::string_view line);
bool is_smack_line(std::string_view line);
bool is_pidgin_line(std::string_view line);
std::unique_ptr<Format> make_console(Import& import);
bool is_gajim_line(std::string_view line);
bool is_prosody_watch_line(std::string_view line);
bool is_psi_line(std::string_view line);
bool is_profanity_console_line(std::string_view line);
bool is_dino_line(std::string_view line);
std::unique_ptr<Format> make_scansion(Import& import);
bool is_scansion_line(std::string_view line);
std::unique_ptr<Format> make_tsung(Import& import);
bool is_tsung_line(std::string_view line);
std::unique_ptr<Format> make_raw(Import& import);
std::unique_ptr<Format> make_pcap(Import& import);

}  // namespace ferry::intake
