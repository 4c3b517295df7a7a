// What the gateway and a session worker say to each other over their socket pair. No I/O here: frames to bytes and
// back.
//
// A frame on the wire, all integers little-endian:
//   u32 bytes after this field | u8 kind | u8 number of texts | u32 session | i64 number | u32 flags | (u32 length,
//   text)*
// Both ends are of one build: there is no version, and whatever does not fit is the end of that worker.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ferry {

enum class FrameKind : std::uint8_t {
  // To the worker.
  configure = 1,  // number: memory limit; flags: see worker_frames.h; texts: domain, cafile …
  open,           // log in; texts: the account
  shut,           // log out; `down` follows
  send,           // number: token; texts: the stanza
  presence,       // texts: the session's from now on
  commit,         // number: how many `stanza` frames of this session, since it was first opened, are on disk
  // From the worker.
  up,
  caught_up,
  down,
  stanza,  // number: its count, from 1
  sent,    // number: token
  refused,
  traffic,  // flags: SessionTraffic::What; texts: the stanza, or the full JID of what was opened
  waiting,
  last = waiting
};

// One instance is one frame. Which text and number means what: worker_frames.h.
struct Frame {
  FrameKind kind = FrameKind::configure;
  std::uint32_t session = 0;
  std::int64_t number = 0;
  std::uint32_t flags = 0;
  std::vector<std::string> texts;
  friend bool operator==(const Frame&, const Frame&) = default;

  std::string_view text(std::size_t i) const {  // empty where there is none
    return i < texts.size() ? std::string_view(texts[i]) : std::string_view();
  }
};

inline constexpr std::size_t most_frame_bytes = 8U << 20;  // a stanza of the largest configurable size, and its escapes
inline constexpr std::size_t most_frame_texts = 12;

// False, and nothing appended: over a limit.
bool append_frame(std::string& out, const Frame& frame);

// One instance reads one direction of one socket pair.
class FrameReader {
 public:
  // Appends what is whole. After something that is no frame: broken(), and nothing more.
  void feed(std::string_view bytes, std::vector<Frame>& out);
  bool broken() const { return broken_; }
  std::size_t waiting_bytes() const { return buffer_.size(); }

 private:
  bool parse(std::string_view body, Frame& frame) const;
  std::string buffer_;
  bool broken_ = false;
};

}  // namespace ferry
