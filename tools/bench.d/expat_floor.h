// The floor under every translator: expat, namespaces on, handlers that do nothing.
#pragma once

#include <memory>
#include <string_view>

namespace ferry::bench {

// One instance is one stream of the component protocol whose header has been parsed.
class ExpatFloor {
 public:
  static constexpr std::string_view header =
      "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
      "xmlns:stream='http://etherx.jabber.org/streams' id='1' from='mqtt.corp.example'>";

  ExpatFloor();
  ~ExpatFloor();
  ExpatFloor(const ExpatFloor&) = delete;
  ExpatFloor& operator=(const ExpatFloor&) = delete;

  bool feed(std::string_view bytes);  // false: not well-formed

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace ferry::bench
