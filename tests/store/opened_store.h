// A store in a folder of the test's own.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "gateway/store/store.h"
#include "tests/store/temporary.h"

namespace ferry {

class OpenedStore : public testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    store_.reset();
    auto opened = Store::open(folder_.file("a.db"), Durability::normal);
    ASSERT_TRUE(opened) << opened.error().text;
    store_ = *std::move(opened);
  }
  TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

}  // namespace ferry
