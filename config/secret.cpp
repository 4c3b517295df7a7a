// Files that hold a secret. Errors name the file and the reason, never the content.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "config/keys.h"
#include "config/text.h"

namespace ferry {
namespace {

constexpr off_t max_secret_bytes = 4096;

class File {
 public:
  explicit File(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

std::string check(const File& file, const std::string& path) {
  if (file.fd() < 0) return in_quotes(path) + " cannot be read: " + std::strerror(errno);
  struct stat info {};
  if (::fstat(file.fd(), &info) != 0) return in_quotes(path) + " cannot be read: " + std::strerror(errno);
  if (!S_ISREG(info.st_mode)) return in_quotes(path) + " is not a file";
  if ((info.st_mode & 077) != 0) return in_quotes(path) + " is open to group or others: chmod 600 it";
  if (info.st_size == 0) return in_quotes(path) + " is empty";
  if (info.st_size > max_secret_bytes) return in_quotes(path) + " has more than 4096 bytes: is it the right file?";
  return {};
}

}  // namespace

std::string secret_problem(const std::string& path) { return check(File(path), path); }

Result<std::string, Problem> read_secret(const std::string& path) {
  const File file(path);
  if (std::string wrong = check(file, path); !wrong.empty()) return Problem{path, std::move(wrong)};
  std::string out;
  std::array<char, 1024> buffer{};
  for (;;) {
    const ssize_t n = ::read(file.fd(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Problem{path, in_quotes(path) + " cannot be read: " + std::strerror(errno)};
    if (n == 0) break;
    out.append(buffer.data(), static_cast<std::size_t>(n));
    if (out.size() > static_cast<std::size_t>(max_secret_bytes))
      return Problem{path, in_quotes(path) + " grows while it is read"};
  }
  if (!out.empty() && out.back() == '\n') {
    out.pop_back();
    if (!out.empty() && out.back() == '\r') out.pop_back();
  }
  if (out.empty()) return Problem{path, in_quotes(path) + " is empty"};
  return out;
}

}  // namespace ferry
