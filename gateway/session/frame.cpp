#include "gateway/session/frame.h"

#include <limits>
#include <utility>

namespace ferry {
namespace {

constexpr std::size_t length_bytes = 4, head_bytes = 1 + 1 + 4 + 8 + 4;

template <class T>
void put(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof value; ++i) out.push_back(static_cast<char>((value >> (8 * i)) & 0xffU));
}

template <class T>
T get(std::string_view bytes, std::size_t at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i)
    value =
        static_cast<T>(value | static_cast<T>(static_cast<T>(static_cast<unsigned char>(bytes[at + i])) << (8 * i)));
  return value;
}

}  // namespace

bool append_frame(std::string& out, const Frame& frame) {
  if (frame.texts.size() > most_frame_texts) return false;
  std::size_t size = head_bytes;
  for (const std::string& text : frame.texts) {
    if (text.size() > most_frame_bytes) return false;
    size += length_bytes + text.size();
  }
  if (size > most_frame_bytes) return false;
  put(out, static_cast<std::uint32_t>(size));
  out.push_back(static_cast<char>(frame.kind));
  out.push_back(static_cast<char>(frame.texts.size()));
  put(out, frame.session);
  put(out, static_cast<std::uint64_t>(frame.number));
  put(out, frame.flags);
  for (const std::string& text : frame.texts) {
    put(out, static_cast<std::uint32_t>(text.size()));
    out += text;
  }
  return true;
}

bool FrameReader::parse(std::string_view body, Frame& frame) const {
  const auto kind = static_cast<unsigned char>(body[0]);
  if (kind < static_cast<unsigned char>(FrameKind::configure) || kind > static_cast<unsigned char>(FrameKind::last))
    return false;
  frame.kind = static_cast<FrameKind>(kind);
  const auto texts = static_cast<unsigned char>(body[1]);
  if (texts > most_frame_texts) return false;
  frame.session = get<std::uint32_t>(body, 2);
  frame.number = static_cast<std::int64_t>(get<std::uint64_t>(body, 6));
  frame.flags = get<std::uint32_t>(body, 14);
  std::size_t at = head_bytes;
  for (unsigned i = 0; i < texts; ++i) {
    if (body.size() - at < length_bytes) return false;
    const std::size_t size = get<std::uint32_t>(body, at);
    at += length_bytes;
    if (body.size() - at < size) return false;
    frame.texts.emplace_back(body.substr(at, size));
    at += size;
  }
  return at == body.size();
}

void FrameReader::feed(std::string_view bytes, std::vector<Frame>& out) {
  if (broken_) return;
  buffer_ += bytes;
  std::size_t at = 0;
  while (buffer_.size() - at >= length_bytes) {
    const std::size_t size = get<std::uint32_t>(buffer_, at);
    Frame frame;
    broken_ = size < head_bytes || size > most_frame_bytes;
    if (!broken_) {
      if (buffer_.size() - at - length_bytes < size) break;
      broken_ = !parse(std::string_view(buffer_).substr(at + length_bytes, size), frame);
    }
    if (broken_) {
      buffer_.clear();
      return;
    }
    out.push_back(std::move(frame));
    at += length_bytes + size;
  }
  buffer_.erase(0, at);
}

}  // namespace ferry
