// The bare parse needs expat without our reader around it: the one other file that knows <expat.h>.
#include "tools/bench.d/expat_floor.h"

#include <expat.h>

namespace ferry::bench {
namespace {

void on_start(void*, const char*, const char**) {}
void on_end(void*, const char*) {}
void on_text(void*, const char*, int) {}

}  // namespace

struct ExpatFloor::Parser {
  XML_Parser parser = XML_ParserCreateNS("UTF-8", '\x01');
  Parser() = default;
  ~Parser() { XML_ParserFree(parser); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;
};

ExpatFloor::ExpatFloor() : parser_(std::make_unique<Parser>()) {
  XML_SetElementHandler(parser_->parser, &on_start, &on_end);
  XML_SetCharacterDataHandler(parser_->parser, &on_text);
  feed(header);
}

ExpatFloor::~ExpatFloor() = default;

bool ExpatFloor::feed(std::string_view bytes) {
  return XML_Parse(parser_->parser, bytes.data(), static_cast<int>(bytes.size()), 0) == XML_STATUS_OK;
}

}  // namespace ferry::bench
