// XML as it is: a dump of a stream, one direction or both, or loose stanzas. Nothing says which way they went.
#include "tools/ferry-replay/import_format.h"

namespace ferry::intake {
namespace {

class RawFormat final : public Format {
 public:
  explicit RawFormat(Import& import) : import_(import) {}

  void read(Input& input) override {
    Seen seen;
    seen.key = "xml";
    seen.place.line = 1;
    seen.wire = true;
    for (std::string_view block = input.block(); !block.empty(); block = input.block()) {
      import_.streams.data(seen, block, false);
      seen.place.offset += block.size();
      seen.place.line += newlines_in(block);
    }
  }

 private:
  Import& import_;
};

}  // namespace

std::unique_ptr<Format> make_raw(Import& import) { return std::make_unique<RawFormat>(import); }

}  // namespace ferry::intake
