#include "tools/ferry-replay/import_options.h"

#include <charconv>

#include "tools/ferry-replay/cursor.h"
#include "tools/ferry-replay/import_format.h"

namespace ferry::intake {

const char* const import_help = R"(ferry-replay import [OPTION …] FILE…

Reads captured XMPP traffic and writes one capture of it: JSON lines, one stanza each (config/schema/capture.json). FILE
is a log, a console's text or a packet capture, plain or compressed with zstd; - is standard input.

  --format NAME       what the files are; without it, told from the first 64 KiB of each
  --list-formats      print the names and end
  --output FILE, -o   where the capture goes; compressed where it ends in .zst (default: -, standard output)
  --keep bodies       leave bodies, subjects, status texts and names as they are
  --keep jids         leave addresses as they are
  --no-redact         leave everything as it is, passwords too
  --key-file FILE     make the pseudonyms from this key (16 bytes or more), so that two imports give the same ones;
                      without it, from chance
  --rotated           the files are pieces of one log, the oldest first: streams go on from one to the next
  --date YYYY-MM-DD   the day of the log's end, for logs whose times have no year or no date (default: the file's)
  --zone +HH:MM       the time zone of times that name none (default: +00:00)
  --max-damage N      how many damaged places are good enough (default: 0)
  --quiet, -q         no summary and no progress

Damage is passed over: it is counted, said with file, line and byte in the summary, and a record of the capture.
Exit code: 0 done; 1 done, with more than --max-damage damaged places; 2 wrong arguments; 3 could not be done (a file that
cannot be opened or is of no known format, an output that cannot be written).
)";

namespace {

std::string read_date(std::string_view text, Options& o) {
  Cursor c{text};
  Dates d;
  if (!c.digits(4, d.year) || !c.take("-") || !c.digits(2, d.month) || !c.take("-") || !c.digits(2, d.day) ||
      !c.rest.empty())
    return "--date: expected YYYY-MM-DD";
  std::string midnight(text);
  midnight += "T00:00:00Z";
  std::string_view whole = midnight;
  if (take_iso(whole, d).value_or(0) == 0) return "--date: there is no such day";
  o.date = d;
  return {};
}

std::string read_zone(std::string_view text, Options& o) {
  Cursor c{text};
  int hours = 0, minutes = 0;
  const bool west = c.take("-");
  if ((!west && !c.take("+")) || !c.digits(2, hours) || !c.take(":") || !c.digits(2, minutes) || !c.rest.empty() ||
      hours > 14 || minutes > 59)
    return "--zone: expected +HH:MM or -HH:MM";
  o.zone = std::int64_t{hours * 60 + minutes} * 60'000'000 * (west ? -1 : 1);
  return {};
}

std::string read_value(std::string_view name, const std::string& value, Options& o) {
  if (name == "--output" || name == "-o") return o.output = value, std::string();
  if (name == "--key-file") return o.key_file = value, std::string();
  if (name == "--date") return read_date(value, o);
  if (name == "--zone") return read_zone(value, o);
  if (name == "--format") {
    if (!format_named(value)) return "--format: there is no format " + value + "; --list-formats says which there are";
    return o.format = value, std::string();
  }
  if (name == "--keep") {
    if (value == "bodies") return o.keep_bodies = true, std::string();
    if (value == "jids") return o.keep_jids = true, std::string();
    return "--keep: expected bodies or jids";
  }
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), o.max_damage);
  return error == std::errc() && end == value.data() + value.size() ? "" : "--max-damage: expected a number";
}

bool takes_value(std::string_view name) {
  for (const std::string_view one :
       {"--output", "-o", "--key-file", "--date", "--zone", "--format", "--keep", "--max-damage"})
    if (name == one) return true;
  return false;
}

bool read_switch(std::string_view name, Options& o) {
  if (name == "--no-redact") return o.redact = false, true;
  if (name == "--rotated") return o.rotated = true;
  if (name == "--quiet" || name == "-q") return o.quiet = true;
  if (name == "--help" || name == "-h") return o.help = true;
  if (name == "--list-formats") return o.list = true;
  return false;
}

}  // namespace

Options read_options(const std::vector<std::string>& arguments) {
  Options o;
  bool flags = true;
  for (std::size_t i = 0; i < arguments.size() && o.wrong.empty(); ++i) {
    const std::string& word = arguments[i];
    if (!flags || word.size() < 2 || word.front() != '-') {
      o.files.push_back(word);
    } else if (word == "--") {
      flags = false;
    } else if (const std::string name = word.substr(0, word.find('=')); takes_value(name)) {
      if (name.size() < word.size())
        o.wrong = read_value(name, word.substr(name.size() + 1), o);
      else if (i + 1 < arguments.size())
        o.wrong = read_value(name, arguments[++i], o);
      else
        o.wrong = name + " needs a value";
    } else if (!read_switch(word, o)) {
      o.wrong = "no such option: " + name;
    }
  }
  if (!o.wrong.empty() || o.help || o.list) return o;
  if (o.files.empty()) o.wrong = "no file to import; - is standard input";
  if (!o.redact && (o.keep_bodies || o.keep_jids || !o.key_file.empty()))
    o.wrong = "--no-redact keeps everything: --keep and --key-file make no sense with it";
  return o;
}

}  // namespace ferry::intake
