#include "gateway/migration/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "gateway/passwords/secret.h"

namespace ferry {
namespace {

struct Descriptor {
  int number = -1;
  ~Descriptor() {
    if (number > STDIN_FILENO) ::close(number);
  }
};

struct Magic {
  std::string_view bytes, what, advice;
};

using namespace std::string_view_literals;

constexpr Magic magics[] = {
    {"\x1f\x8b"sv, "compressed (gzip)", "zcat FILE | ferryctl migrate import -"},
    {"\x28\xb5\x2f\xfd"sv, "compressed (zstd)", "zstdcat FILE | ferryctl migrate import -"},
    {"BZh"sv, "compressed (bzip2)", "bzcat FILE | ferryctl migrate import -"},
    {"\xfd"
     "7zXZ"sv,
     "compressed (xz)", "xzcat FILE | ferryctl migrate import -"},
    {"PK\x03\x04"sv, "a zip archive", "unzip -p FILE | ferryctl migrate import -"},
    {"PGDMP"sv, "in pg_dump's custom format", "pg_restore -f - FILE | ferryctl migrate import -"},
    {"SQLite format 3"sv, "a database of SQLite", "sqlite3 FILE .dump | ferryctl migrate import -"},
    {"{tables,"sv, "ejabberd's dump of Mnesia", "ejabberdctl export_piefxis DIR, or export2sql HOST FILE"},
    {"\x01\x02\x03\x04"sv, "a backup of Mnesia", "ejabberdctl export_piefxis DIR, or export2sql HOST FILE"},
    {"\xff\xfe\0\0"sv, "in UTF-32", "iconv -f UTF-32 -t UTF-8 FILE | ferryctl migrate import -"},
    {"\xff\xfe"sv, "in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE | ferryctl migrate import -"},
    {"\xfe\xff"sv, "in UTF-16", "iconv -f UTF-16 -t UTF-8 FILE | ferryctl migrate import -"},
};

// What shows elsewhere than in the first bytes: nothing, or one that is.
const Magic* unmarked(std::string_view look) {
  static constexpr Magic little{"", "in UTF-16", "iconv -f UTF-16LE -t UTF-8 FILE | ferryctl migrate import -"};
  static constexpr Magic big{"", "in UTF-16", "iconv -f UTF-16BE -t UTF-8 FILE | ferryctl migrate import -"};
  static constexpr Magic pg_tar{"", "in pg_dump's tar format", "pg_restore -f - FILE | ferryctl migrate import -"};
  static constexpr Magic tar{"", "an archive of tar", "tar -xOf FILE | ferryctl migrate import -"};
  static constexpr Magic xml{"", "the XML of mysqldump --xml", "dump again without --xml"};
  constexpr std::size_t tar_mark = 257, some = 8;
  if (look.size() > tar_mark && look.substr(tar_mark).starts_with("ustar"))
    return look.starts_with("toc.dat") ? &pg_tar : &tar;
  if (look.substr(0, 500).find("<mysqldump") != std::string_view::npos) return &xml;
  if (look.size() < some) return nullptr;
  bool even = true, odd = true;  // every second byte is zero: ASCII of two bytes each
  for (std::size_t i = 0; i < some; ++i) (i % 2 == 0 ? even : odd) = (i % 2 == 0 ? even : odd) && look[i] == '\0';
  return even == odd ? nullptr : odd ? &little : &big;
}

// A command is there to be copied: a name with blanks or the shell's own characters stands in quotes.
std::string shell_word(const std::string& name) {
  constexpr std::string_view plain = "_-./+,:@%=";
  const bool bare = std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) >= 128 || plain.find(c) != std::string_view::npos;
  });
  if (bare && !name.starts_with('-')) return name;
  std::string out = name.starts_with('-') ? "'./" : "'";
  for (const char c : name) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string place_text(const Place& place) {
  return std::string(place.file) + (place.line > 0 ? ":" + std::to_string(place.line) : "");
}

std::string foreign_format(std::string_view first_bytes, const std::string& name) {
  const Magic* found = unmarked(first_bytes);
  for (const Magic& magic : magics)
    if (!found && first_bytes.starts_with(magic.bytes)) found = &magic;
  if (!found) return {};
  std::string advice(found->advice);
  if (const std::size_t file = advice.find("FILE"); file != std::string::npos && name != "-")
    advice.replace(file, 4, shell_word(name));
  return name + ": this is " + std::string(found->what) + "; make text of it: " + advice;
}

Result<std::unique_ptr<Input>, std::string> Input::open(const std::string& path) {
  auto file = std::make_shared<Descriptor>();
  file->number = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file->number < 0) return path + ": " + std::generic_category().message(errno);
  struct stat info {};
  if (::fstat(file->number, &info) == 0 && S_ISDIR(info.st_mode)) return path + ": this is a folder";
  auto input = std::make_unique<Input>(Fill(), path == "-" ? "stdin" : path);
  if (S_ISREG(info.st_mode)) input->size_ = static_cast<std::uint64_t>(info.st_size);
  Input* self = input.get();
  input->fill_ = [file, self](char* to, std::size_t size) -> std::size_t {
    ssize_t got = 0;
    do got = ::read(file->number, to, size);
    while (got < 0 && errno == EINTR);
    if (got < 0) self->error_ = std::generic_category().message(errno);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  };
  if (std::string wrong = foreign_format(input->look(), path); !wrong.empty()) return wrong;
  if (input->look().starts_with("\xef\xbb\xbf")) input->take(3);
  return input;
}

Input::Input(std::string_view text, std::string name) : name_(std::move(name)), buffer_(text.begin(), text.end()) {
  at_ = buffer_.data();
  limit_ = at_ + buffer_.size();
  size_ = buffer_.size();
}

Input::Input(Fill fill, std::string name) : fill_(std::move(fill)), name_(std::move(name)), buffer_(look_bytes) {
  at_ = limit_ = buffer_.data();
}

Input::~Input() { Secret::wipe(buffer_.data(), buffer_.size()); }  // a dump has passwords

bool Input::refill() {
  if (!fill_) return false;
  before_ += static_cast<std::uint64_t>(limit_ - buffer_.data());
  last_ = last();
  at_ = limit_ = buffer_.data();
  const std::size_t got = fill_(buffer_.data(), buffer_.size());
  limit_ = buffer_.data() + got;
  if (got == 0) fill_ = nullptr;
  return got > 0;
}

int Input::second() {
  if (peek() == end) return end;
  if (limit_ - at_ < 2) {
    if (!fill_) return end;
    before_ += static_cast<std::uint64_t>(at_ - buffer_.data());
    buffer_[0] = *at_;
    const std::size_t got = fill_(buffer_.data() + 1, buffer_.size() - 1);
    at_ = buffer_.data();
    limit_ = at_ + 1 + got;
    if (got == 0) {
      fill_ = nullptr;
      return end;
    }
  }
  return static_cast<unsigned char>(at_[1]);
}

std::string_view Input::chunk() {
  if (peek() == end) return {};
  return {at_, static_cast<std::size_t>(limit_ - at_)};
}

void Input::take(std::size_t bytes) {
  line_ += static_cast<std::uint64_t>(std::count(at_, at_ + bytes, '\n'));
  at_ += bytes;
}

std::string_view Input::look() {
  if (fill_ && at_ == buffer_.data()) {
    // A pipe gives little at a time.
    std::size_t have = static_cast<std::size_t>(limit_ - at_);
    while (have < buffer_.size()) {
      const std::size_t got = fill_(buffer_.data() + have, buffer_.size() - have);
      if (got == 0) {
        fill_ = nullptr;
        break;
      }
      have += got;
    }
    limit_ = buffer_.data() + have;
  }
  return {at_, std::min(look_bytes, static_cast<std::size_t>(limit_ - at_))};
}

}  // namespace ferry
