#include "gateway/session/frame.h"

#include <gtest/gtest.h>

#include "gateway/session/worker_frames.h"

namespace ferry {
namespace frame_test {

std::vector<Frame> read(std::string_view bytes, std::size_t piece) {
  FrameReader reader;
  std::vector<Frame> out;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) reader.feed(bytes.substr(0, piece), out);
  EXPECT_FALSE(reader.broken());
  EXPECT_EQ(reader.waiting_bytes(), 0U);
  return out;
}

const std::vector<Frame> some{
    {FrameKind::commit, 7, -1, 0, {}},
    {FrameKind::stanza, 0xffffffffU, INT64_MAX, 0x12345678U, {"", std::string("a\0b", 3), std::string(70'000, 'x')}},
    {FrameKind::refused, 1, INT64_MIN, 1, {"last"}},
};

TEST(Frame, ComesOutAsItWentInWhateverThePieces) {
  std::string bytes;
  for (const Frame& frame : some) ASSERT_TRUE(append_frame(bytes, frame));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, std::size_t{4096}, bytes.size()})
    EXPECT_EQ(read(bytes, piece), some) << piece;
}

TEST(Frame, OverALimitIsNotWritten) {
  std::string bytes;
  EXPECT_FALSE(append_frame(bytes, {FrameKind::send, 1, 0, 0, {std::string(most_frame_bytes, 'x')}}));
  EXPECT_FALSE(append_frame(bytes, {FrameKind::send, 1, 0, 0, std::vector<std::string>(most_frame_texts + 1)}));
  EXPECT_TRUE(bytes.empty());
}

TEST(Frame, WhatIsNoneEndsTheReader) {
  std::string good;
  ASSERT_TRUE(append_frame(good, {FrameKind::send, 1, 2, 3, {"abc"}}));
  const auto broken = [&](std::size_t at, char byte) {
    std::string bytes = good;
    bytes[at] = byte;
    FrameReader reader;
    std::vector<Frame> out;
    reader.feed(bytes, out);
    reader.feed(good, out);
    EXPECT_TRUE(out.empty());
    return reader.broken();
  };
  EXPECT_TRUE(broken(4, 0)) << "kind 0";
  EXPECT_TRUE(broken(4, 99)) << "kind 99";
  EXPECT_TRUE(broken(3, 1)) << "16 MB";
  EXPECT_TRUE(broken(0, 4)) << "shorter than its head";
  EXPECT_TRUE(broken(5, 2)) << "two texts, and only one there";
  EXPECT_TRUE(broken(5, 0)) << "no text, and one there";
  EXPECT_TRUE(broken(22, 4)) << "a text that is longer than the frame";
}

Jid bob() { return *Jid::parse("bob@corp.example"); }

TEST(WorkerFrames, LoginKeepsEverything) {
  const SessionAccount account{bob(), "p\"w\n", "c.pem", "k.pem", "ferry", "<presence/>", "v1", "id1", Instant{5}};
  const auto back = worker_login(to_frame(3, WorkerLogin{account, "::1", 5223}));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->account, account);
  EXPECT_EQ(back->address, "::1");
  EXPECT_EQ(back->port, 5223);
}

TEST(WorkerFrames, LoginThatIsNoneIsRefused) {
  Frame frame = to_frame(3, WorkerLogin{{bob(), {}, {}, {}, {}, {}, {}, {}, {}}, "::1", 5223});
  for (const char* port : {"0", "65536", "x", "", "-1"}) {
    frame.texts[9] = port;
    EXPECT_FALSE(worker_login(frame)) << port;
  }
  frame.texts[9] = "1";
  for (const char* jid : {"", "corp.example", "bob@corp.example/x", "@"}) {
    frame.texts[0] = jid;
    EXPECT_FALSE(worker_login(frame)) << jid;
  }
}

TEST(WorkerFrames, EventsKeepEverything) {
  const auto full = Jid::parse("bob@corp.example/ferry");
  for (unsigned bits = 0; bits < 64; ++bits) {
    SessionUp up{*full, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0, (bits & 16) != 0,
                 true,  (bits & 32) != 0};
    EXPECT_EQ(to_frame(1, *session_up(to_frame(1, up))), to_frame(1, up));
  }
  Element message("message");
  message.set("to", "bob@corp.example").set_lang("de");
  message.add(Element("x", "urn:example")).add_text("<&\n");
  const SessionStanza stanza{bob(), message, SessionStanza::Source::carbon_sent, "id2", Instant{-7}, true};
  const auto back = session_stanza(to_frame(1, 9, stanza), bob(), {});
  ASSERT_TRUE(back);
  EXPECT_EQ(back->stanza, message);
  EXPECT_EQ(back->source, SessionStanza::Source::carbon_sent);
  EXPECT_EQ(back->archive_id, "id2");
  EXPECT_EQ(back->stamp, Instant{-7});
  EXPECT_TRUE(back->in_order);
  const auto down = worker_down(to_frame(1, WorkerDown{SessionDown::Why::tls, true, "r", "a"}));
  ASSERT_TRUE(down);
  EXPECT_EQ(down->why, SessionDown::Why::tls);
  const auto waiting = session_waiting(to_frame(1, SessionWaiting{bob(), *full, true}), bob());
  ASSERT_TRUE(waiting);
  EXPECT_EQ(waiting->from, *full);
  EXPECT_TRUE(waiting->group);
  EXPECT_TRUE(down->connected);
}

}  // namespace frame_test
}  // namespace ferry
