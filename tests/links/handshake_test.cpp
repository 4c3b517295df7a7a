#include "gateway/links/handshake.h"

#include <gtest/gtest.h>

namespace ferry {
namespace handshake_test {

// Computed with sha1sum: printf %s IDSECRET | sha1sum
TEST(Handshake, IsTheHexSha1OfIdAndSecret) {
  struct Row {
    const char *id, *secret, *digest;
  };
  for (const Row& row : {
           Row{"3BF96D32", "test", "aaee83c26aeeafcbabeabfcbcd50df997e0a2a1e"},
           Row{"", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},  // FIPS 180, appendix A.1
           Row{"a", "bc", "a9993e364706816aba3e25717850c26c9cd0d89d"},  // id first, nothing between
           Row{"bc", "a", "31428e09ee847e56ed6a08a07d6baff4ce56070c"},
           Row{"Ünïcode<&>", "p ß\"'", "5f6c22eda2afbdf05aec34ff767f6ab21bf488ea"},
       })
    EXPECT_EQ(handshake_digest(row.id, row.secret), row.digest) << row.id;
}

}  // namespace handshake_test
}  // namespace ferry
