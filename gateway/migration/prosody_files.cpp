#include "gateway/migration/prosody_files.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "config/text.h"
#include "gateway/migration/prosody_data.h"
#include "translators/values/base64.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;

class ProsodyFolder final : public ProsodyStore {
 public:
  ProsodyFolder(fs::path folder, Intake& intake) : folder_(std::move(folder)), intake_(intake) {
    host_ = prosody_decoded(folder_.filename().string());
  }

  void run() {
    std::error_code error;
    for (fs::directory_iterator i(folder_, error), end; !error && i != end; i.increment(error)) {
      const std::string store = prosody_decoded(i->path().filename().string());
      if (store == "pep_urn:xmpp:vcard4" || store == "pep_vcard-temp")
        card_nodes_.push_back(i->path());
      else if (store.starts_with("pep_"))
        nodes_.push_back(i->path());
    }
    std::set<std::string> users;  // in the order of their names, so that two runs say the same
    for (const std::string_view store : prosody_people_stores) files(store, users);
    for (const std::string& user : users) {
      turn(user);
      import_prosody_account(*this, intake_);
    }
    if (!users.empty()) return;
    std::set<std::string> rooms;
    files("config", rooms);
    for (const std::string& room : rooms) {
      turn(room);
      import_prosody_room(*this, intake_);
    }
  }

  bool has(std::string_view store) override { return exists(folder_ / store); }

  std::optional<LuaValue> table(std::string_view store, Place& place) override {
    const fs::path file = folder_ / store / (file_ + ".dat");
    read_ = file.string();
    place = {read_, 0};
    std::error_code missing;
    if (!fs::is_regular_file(file, missing)) return std::nullopt;
    const std::string what = store == "accounts" ? "account " + in_quotes(name_)
                             : store == "config" ? "room " + in_quotes(name_ + "@" + host_)
                                                 : std::string(store);
    auto input = Input::open(read_);
    std::string error;
    if (!input) return intake_.lost({}, what, input.error()), std::nullopt;
    auto value = next_lua_table(**input, error);
    if (!error.empty()) intake_.lost({}, what, error);
    if (store != "accounts" && store != "config") return value;
    account_ = read_;  // its place is asked for as long as its pieces are read
    place = {account_, 0};
    return value;
  }

  Place somewhere() override {
    for (const std::string_view store : prosody_people_stores)
      for (const char* ending : {".dat", ".list"}) {
        const fs::path file = folder_ / store / (file_ + ending);
        std::error_code missing;
        if (!fs::exists(file, missing)) continue;
        account_ = file.string();
        return {account_, 0};
      }
    return {};
  }

  void password(Intake& intake, const Place& place, std::string_view text) override { intake.password(place, text); }
  bool has_card_node() override { return std::any_of(card_nodes_.begin(), card_nodes_.end(), here()); }
  std::int64_t nodes() override { return std::count_if(nodes_.begin(), nodes_.end(), here()); }
  std::int64_t archived(std::string_view store) override {
    return has(store) ? -1 : 0;  // to count them is to read gigabytes
  }

  void messages(Intake& intake) override {
    const fs::path file = folder_ / "offline" / (file_ + ".list");
    std::error_code missing;
    if (!fs::is_regular_file(file, missing)) return;
    auto input = Input::open(file.string());
    if (!input) return intake.lost({}, "messages", input.error());
    std::string error;
    while (const auto item = next_lua_table(**input, error)) {
      auto stanza = prosody_stanza(*item, ns::client);
      if (!stanza) {
        intake.lost((*input)->place(), "message", "no stanza of Prosody's form");
        continue;
      }
      const LuaValue* attributes = item->at("attr");
      const Instant at = attributes ? parse_instant(attributes->text_at("stamp")).value_or(0) : 0;
      intake.message((*input)->place(), std::move(*stanza), at, host_);
    }
    if (!error.empty()) intake.lost({}, "messages", error);
  }

 private:
  void turn(const std::string& name) {
    file_ = name;
    name_ = prosody_decoded(name);
  }

  void files(std::string_view store, std::set<std::string>& names) const {
    std::error_code error;
    for (fs::directory_iterator i(folder_ / store, error), end; !error && i != end; i.increment(error))
      if ((i->path().extension() == ".dat" || i->path().extension() == ".list") && i->is_regular_file(error))
        names.insert(i->path().stem().string());
  }

  bool exists(const fs::path& store) const {
    std::error_code missing;
    return fs::is_regular_file(store / (file_ + ".dat"), missing) ||
           fs::is_regular_file(store / (file_ + ".list"), missing);
  }
  std::function<bool(const fs::path&)> here() const {
    return [this](const fs::path& node) { return exists(node); };
  }

  fs::path folder_;
  Intake& intake_;
  std::string file_;  // whose turn it is, as files are named
  std::string account_, read_;
  std::vector<fs::path> nodes_, card_nodes_;  // stores of PEP, and those that hold cards
};

bool has_people(const fs::path& folder) {
  return std::any_of(std::begin(prosody_people_stores), std::end(prosody_people_stores), [&](std::string_view store) {
    std::error_code error;
    return fs::is_directory(folder / store, error);
  });
}

bool is_host(const fs::path& folder) {
  std::error_code error;
  return has_people(folder) || fs::is_directory(folder / "config", error);
}

}  // namespace

std::string prosody_decoded(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '%' && i + 2 < name.size())
      if (const auto byte = from_hex(name.substr(i + 1, 2))) {
        out += *byte;
        i += 2;
        continue;
      }
    out += name[i];
  }
  return out;
}

std::string prosody_encoded(std::string_view name) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

std::string import_prosody(const std::string& folder, Intake& intake) {
  std::error_code error;
  if (is_host(folder)) {
    ProsodyFolder(fs::weakly_canonical(folder, error), intake).run();
    return {};
  }
  std::vector<fs::path> hosts;
  for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error))
    if (i->is_directory(error) && is_host(i->path())) hosts.push_back(i->path());
  if (error) return folder + ": " + error.message();
  std::sort(hosts.begin(), hosts.end());
  // Accounts first, then rooms, whatever the hosts are called.
  std::stable_partition(hosts.begin(), hosts.end(), [](const fs::path& host) { return has_people(host); });
  for (const fs::path& host : hosts) ProsodyFolder(host, intake).run();
  if (!hosts.empty()) return {};
  std::string exports;
  for (fs::directory_iterator i(folder, error), end; !error && i != end && exports.empty(); i.increment(error))
    if (i->path().extension() == ".xml" || i->path().extension() == ".sql") exports = i->path().extension().string();
  return folder + ": no folder of Prosody's data (HOST/accounts, HOST/roster), nor Openfire's embedded-db; " +
         (exports.empty() ? "an export is named by its file"
                          : "name the export's file instead, " + folder + "/*" + exports +
                                (exports == ".xml" ? "; of ejabberd's, the one without a host in its name" : ""));
}

}  // namespace ferry
