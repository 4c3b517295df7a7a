#include "gateway/migration/not_a_dump.h"

namespace ferry {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view mnesia =
    "this is ejabberd's own database (Mnesia), which nobody else reads: ejabberdctl export_piefxis DIR, and name the "
    "file in DIR without a host in its name";
constexpr std::string_view prosody =
    "this is one file of Prosody's data: name the folder, mostly /var/lib/prosody, or HOST's folder in it";
constexpr std::string_view configuration = "this is a configuration: name the server's data, or its export";

}  // namespace

std::string what_it_is(std::string_view look) {
  const std::size_t first = look.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "the file is empty";
  // A backup is a log of Erlang's disk_log, so are *.DCD and *.DCL; ejabberdctl dump writes terms as text.
  if (look.starts_with("\x01\x02\x03\x04"sv) || look.starts_with("cXM"sv)) return std::string(mnesia);
  const std::string_view text = look.substr(first);
  if (text.starts_with("{tables,")) return std::string(mnesia);
  if (text.starts_with("return {") || text.starts_with("item(")) return std::string(prosody);
  for (const std::string_view word : {"\nVirtualHost "sv, "\nhosts:"sv, "\nlisten:"sv, "\n[component]"sv})
    if (look.find(word) != std::string_view::npos) return std::string(configuration);
  return {};
}

}  // namespace ferry
