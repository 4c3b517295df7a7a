#include "gateway/passwords/auth_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "config/text.h"
#include "translators/values/base64.h"

namespace ferry {
namespace {

constexpr std::string_view auth_magic = "ferry-auth 1";

bool fits_a_field(std::string_view text) {
  return !text.empty() && text.size() <= most_auth_field && !has_control(text);
}

template <class Number>
bool read_count(std::string_view text, Number& out) {
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), out);
  return bad == std::errc() && end == text.data() + text.size();
}

}  // namespace

// ---- writing

AuthFileText::Line* AuthFileText::line(const std::string& login, std::string_view jid) {
  if (!fits_a_field(login) || !fits_a_field(jid)) {
    ++left_out_;
    return nullptr;
  }
  Line& line = people_[login];
  line.jid = jid;
  return &line;
}

void AuthFileText::add_keys(const std::string& login, std::string_view jid, const ScramKeys& keys) {
  Line* to = line(login, jid);
  if (to == nullptr) return;
  const std::string_view kind = mechanism_name(keys.hash);
  const Secret text = scram_keys_text(keys);
  const std::string sealed = to_base64(vault_.seal_text(login, kind, text.view()));
  if (to->credentials.size() + sealed.size() > most_auth_line - 3 * most_auth_field) {
    ++left_out_;
    return;
  }
  to->credentials.append("\t").append(kind).append("=").append(sealed);
  ++shapes_[{keys.salt.size(), keys.iterations}];
}

std::optional<bool> AuthFileText::keep(const std::string& login, std::string_view jid, const std::set<ScramHash>& kinds,
                                       const AuthFile& before) {
  const auto person = before.find(login);
  if (!person || person->jid != jid) return std::nullopt;
  std::optional<bool> newest;
  for (const auto& [hash, sealed] : person->sealed) {
    if (!kinds.contains(hash)) continue;
    line(login, jid)->credentials.append("\t").append(mechanism_name(hash)).append("=").append(to_base64(sealed));
    newest = newest.value_or(true) && vault_.sealed_with_newest(sealed);
    ++shapes_[{before.fake_salt_bytes(), before.fake_iterations()}];  // as like them as it was
  }
  return newest;
}

void AuthFileText::add_ask(const std::string& login, std::string_view jid) {
  if (Line* to = line(login, jid)) to->credentials += "\task";
}

std::string AuthFileText::text() const {
  std::string out(auth_magic);
  out += "\n# Written by Ferry from its mapping table and credentials; see config/security.md.\n";
  std::pair<std::size_t, std::uint32_t> usual{own_salt_bytes, own_iterations};
  std::size_t most = 0;
  for (const auto& [shape, number] : shapes_)
    if (number > most) most = number, usual = shape;
  out += "fake " + std::to_string(usual.first) + ' ' + std::to_string(usual.second) + '\n';
  if (!rules_.gateway.empty()) out += "gateway " + rules_.gateway + '\n';
  for (const auto& [access, filter] : rules_.own)
    out += (access == AccessRules::Access::read ? "own read " : "own readwrite ") + filter + '\n';
  out += "status " + rules_.status + '\n';
  for (const std::string& base : rules_.bases) out += "base " + base + '\n';

  // People with credentials, and those whose row alone says their topic.
  std::map<std::string_view, std::pair<const Line*, std::string_view>> all;
  for (const auto& [login, person] : people_) all[login].first = &person;
  for (const auto& [login, base] : rules_.sections)
    if (fits_a_field(login) && fits_a_field(base)) all[login].second = base;
  out += "people " + std::to_string(all.size()) + '\n';
  for (const auto& [login, entry] : all) {
    const auto& [person, base] = entry;
    out += login;
    out += '\t';
    out += person != nullptr ? std::string_view(person->jid) : std::string_view("-");
    out += '\t';
    out += base.empty() ? std::string_view("-") : base;
    if (person != nullptr) out += person->credentials;
    out += '\n';
  }
  return out + "end " + std::to_string(all.size()) + '\n';
}

// ---- reading

AuthFile::~AuthFile() {
  if (fd_ >= 0) ::close(fd_);
}

AuthFile::AuthFile(AuthFile&& other) noexcept { *this = std::move(other); }

AuthFile& AuthFile::operator=(AuthFile&& other) noexcept {
  if (this == &other) return *this;
  if (fd_ >= 0) ::close(fd_);
  path_ = std::move(other.path_);
  fd_ = std::exchange(other.fd_, -1);
  rules_ = std::move(other.rules_);
  fake_salt_bytes_ = other.fake_salt_bytes_;
  fake_iterations_ = other.fake_iterations_;
  people_ = other.people_;
  begin_ = other.begin_;
  end_ = other.end_;
  return *this;
}

Result<AuthFile, std::string> AuthFile::open(const std::string& path) {
  AuthFile file;
  file.path_ = path;
  file.fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat info {};
  if (file.fd_ < 0 || ::fstat(file.fd_, &info) != 0)
    return in_quotes(path) + " cannot be read: " + std::strerror(errno) +
           "; ferryctl broker apply --auth-file writes it";
  if (!S_ISREG(info.st_mode)) return in_quotes(path) + " is not a file";
  if ((info.st_mode & 022) != 0) return in_quotes(path) + " may be written by group or others: chmod 640 it";
  file.end_ = info.st_size;
  if (std::string wrong = file.read_head(); !wrong.empty()) return in_quotes(path) + ": " + wrong;
  return file;
}

bool AuthFile::replaced() const {
  struct stat ours {
  }, theirs{};
  if (::fstat(fd_, &ours) != 0 || ::stat(path_.c_str(), &theirs) != 0) return false;
  return ours.st_ino != theirs.st_ino || ours.st_dev != theirs.st_dev;
}

std::string AuthFile::read_at(std::int64_t offset, std::size_t size) const {
  std::string out(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t n = ::pread(fd_, out.data() + have, size - have, offset + static_cast<std::int64_t>(have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    have += static_cast<std::size_t>(n);
  }
  out.resize(have);
  return out;
}

bool AuthFile::head_line(std::string_view line) {
  const std::size_t blank = line.find(' ');
  const std::string_view what = line.substr(0, blank);
  const std::string_view value = blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1);
  if (value.empty()) return false;
  if (what == "gateway") return rules_.gateway = value, true;
  if (what == "status") return rules_.status = value, true;
  if (what == "base") return rules_.bases.emplace_back(value), true;
  if (what == "own") {
    const bool write = value.starts_with("readwrite ");
    if (!write && !value.starts_with("read ")) return false;
    rules_.own.emplace_back(write, value.substr(value.find(' ') + 1));
    return true;
  }
  const std::vector<std::string_view> numbers = words(value);
  if (what == "fake")
    return numbers.size() == 2 && read_count(numbers[0], fake_salt_bytes_) &&
           read_count(numbers[1], fake_iterations_) && fake_salt_bytes_ >= 1 && fake_salt_bytes_ <= most_salt_bytes &&
           fake_iterations_ >= least_iterations && fake_iterations_ <= most_iterations;
  return what == "people" && numbers.size() == 1 && read_count(numbers[0], people_);
}

std::string AuthFile::read_head() {
  const std::string head = read_at(0, static_cast<std::size_t>(std::min<std::int64_t>(end_, most_auth_head)));
  std::size_t at = 0;
  for (int number = 1;; ++number) {
    const std::size_t line_end = head.find('\n', at);
    if (line_end == std::string::npos) return "it is cut off: write it again";
    const std::string_view line = std::string_view(head).substr(at, line_end - at);
    at = line_end + 1;
    if (number == 1) {
      if (line != auth_magic) return "it is no file of Ferry's for the broker, or of another version";
      continue;
    }
    if (line.empty() || line.front() == '#') continue;
    if (!head_line(line)) return "line " + std::to_string(number) + " is not understood";
    if (line.starts_with("people ")) break;
  }
  begin_ = static_cast<std::int64_t>(at);
  const std::string last = "end " + std::to_string(people_) + '\n';
  const auto size = static_cast<std::int64_t>(last.size());
  if (end_ - begin_ < size || read_at(end_ - size, last.size()) != last) return "it is cut off: write it again";
  end_ -= size;
  return {};
}

AuthPerson AuthFile::person_of(const std::vector<std::string_view>& fields) {
  AuthPerson person{std::string(fields[1]), fields[2] == "-" ? std::string() : std::string(fields[2]), false, {}};
  for (const std::string_view field : std::vector(fields.begin() + 3, fields.end())) {
    const std::size_t equals = field.find('=');
    const auto hash = scram_hash(field.substr(0, equals));
    if (field == "ask") person.ask = true;
    if (!hash || equals == std::string_view::npos) continue;
    if (auto sealed = from_base64(field.substr(equals + 1))) person.sealed.emplace_back(*hash, *std::move(sealed));
  }
  return person;
}

std::set<std::string> AuthFile::key_ids() const {
  std::set<std::string> ids;
  for (std::int64_t at = begin_; at < end_;) {
    const std::string text =
        read_at(at, static_cast<std::size_t>(std::min<std::int64_t>(end_ - at, std::int64_t{most_auth_head})));
    const std::size_t whole = text.rfind('\n');
    if (whole == std::string::npos) break;  // damaged
    for (const std::string_view line : split(std::string_view(text).substr(0, whole), '\n')) {
      const std::vector<std::string_view> fields = split(line, '\t');
      if (fields.size() < 3) continue;
      for (const auto& [hash, sealed] : person_of(fields).sealed) ids.insert(Vault::key_id_of(sealed));
    }
    at += static_cast<std::int64_t>(whole) + 1;
  }
  return ids;
}

// Halves the part of the file where the line must begin.
std::optional<AuthPerson> AuthFile::find(std::string_view login) const {
  if (!fits_a_field(login)) return std::nullopt;
  std::int64_t low = begin_, high = end_;  // lines that begin in [low, high)
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    // The line that `middle` stands in begins after the newline before it.
    const std::int64_t from = std::max(low, middle - static_cast<std::int64_t>(most_auth_line));
    const std::string text =
        read_at(from, static_cast<std::size_t>(std::min<std::int64_t>(end_ - from, 2 * most_auth_line)));
    const auto offset = static_cast<std::size_t>(middle - from);
    if (offset > text.size()) return std::nullopt;
    const std::size_t before = offset == 0 ? std::string::npos : text.rfind('\n', offset - 1);
    const std::size_t start = before == std::string::npos ? 0 : before + 1;
    const std::size_t line_end = text.find('\n', start);
    if (line_end == std::string::npos || (before == std::string::npos && from != low)) return std::nullopt;  // damaged
    const std::string_view line = std::string_view(text).substr(start, line_end - start);
    const std::vector<std::string_view> fields = split(line, '\t');
    if (fields.size() < 3) return std::nullopt;
    if (fields[0] < login) {
      low = from + static_cast<std::int64_t>(line_end) + 1;
      continue;
    }
    if (fields[0] > login) {
      high = from + static_cast<std::int64_t>(start);
      continue;
    }
    return person_of(fields);
  }
  return std::nullopt;
}

}  // namespace ferry
