// Any bytes as what a session worker says, in pieces: read or refused, never more than what came; and what is read is
// written and read again the same.
#include "gateway/session/worker_frames.h"
#include "tests/fuzz/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  fuzz::Bytes bytes(data, size);
  const Jid bob = *Jid::parse("bob@corp.example");
  FrameReader reader;
  std::vector<Frame> frames;
  while (bytes.more()) reader.feed(bytes.raw(64), frames);
  std::string again;
  std::vector<Frame> read_again;
  FrameReader other;
  for (const Frame& frame : frames) {
    fuzz::require(append_frame(again, frame), "what was read can be written");
    if (const auto login = worker_login(frame))
      fuzz::require(worker_login(to_frame(frame.session, *login))->account == login->account, "a log-in");
    if (const auto settings = worker_settings(frame))
      fuzz::require(worker_settings(to_frame(*settings)) == settings, "settings");
    if (const auto up = session_up(frame)) fuzz::require(session_up(to_frame(1, *up))->jid == up->jid, "up");
    if (const auto down = worker_down(frame)) fuzz::require(worker_down(to_frame(1, *down))->why == down->why, "down");
    if (const auto stanza = session_stanza(frame, bob, stanza_limits(2'000)))
      fuzz::require(session_stanza(to_frame(1, 1, *stanza), bob, stanza_limits(2'000))->stanza == stanza->stanza,
                    "a stanza", to_xml(stanza->stanza));
  }
  other.feed(again, read_again);
  fuzz::require(!other.broken() && read_again == frames, "frames");
  return 0;
}
