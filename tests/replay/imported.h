// What the tests of the import share: a text of some format read in pieces of any size, and its records as lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tools/ferry-replay/import_format.h"

namespace ferry::test {

struct Imported {
  std::vector<Record> records;
  intake::Sink::Counts counts;
  std::string wrong;
  std::string text;  // one line a record
};

inline std::string record_text(const Record& r) {
  constexpr std::string_view ways[] = {"?", "received", "sent"};
  std::string line = r.stream + " " + std::string(ways[static_cast<int>(r.direction)]) + " ";
  if (const auto* s = std::get_if<CapturedStanza>(&r.what)) return line + s->xml;
  if (const auto* p = std::get_if<CapturedPublish>(&r.what)) return line + p->topic + "=" + p->payload;
  if (const auto* o = std::get_if<CapturedOpen>(&r.what)) return line + "open " + o->from + ">" + o->to;
  if (const auto* c = std::get_if<CapturedClose>(&r.what)) return line + "close " + c->reason;
  const auto& d = std::get<CapturedDamage>(r.what);
  return "damage " + std::to_string(d.line) + " " + std::to_string(d.offset) + "+" + std::to_string(d.bytes);
}

inline Imported import_text(std::string_view format, std::string_view text, std::size_t piece = 65'536) {
  Imported out;
  intake::Sink sink([&](Record&& r, const Element*) {
    out.text += record_text(r) + "\n";
    out.records.push_back(std::move(r));
  });
  intake::Streams streams(sink);
  intake::Import import{sink, streams, {2026, 9, 30, 0}};
  intake::Input input = intake::input_of(text, piece);
  const intake::FormatKind* kind = format.empty() ? intake::format_of(input.beginning()) : intake::format_named(format);
  if (!kind) return out.wrong = "no format", out;
  sink.begin("file");
  const auto reader = kind->make(import);
  reader->read(input);
  streams.forget();
  out.wrong = reader->wrong();
  out.counts = sink.counts;
  return out;
}

}  // namespace ferry::test
