// What the translators cost, beside expat's bare parse of the same bytes. One core, no I/O.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "tools/bench.d/expat_floor.h"
#include "tools/bench.d/measure.h"
#include "tools/bench.d/stanzas.h"
#include "translators/message.h"
#include "translators/payloads.h"
#include "translators/presence.h"
#include "translators/values/json.h"
#include "translators/values/stanza.h"
#include "translators/values/xml_reader.h"

namespace ferry::bench {
namespace {

constexpr Instant now = 1'795'000'000'000;
constexpr const char* usage =
    "bench_translate [--quick] [--json FILE]\n"
    "bench_translate --loop floor|in|out --sample N --count N     for an external counter of instructions\n";

struct Parameters {
  std::size_t batches = 41, size = 200;
  int rounds = 3;
};

// A reader in the middle of a stream, and what it gave.
struct Reader {
  XmlStreamReader reader{XmlLimits{}};
  std::vector<StreamItem> items;
  Reader() {
    reader.feed(ExpatFloor::header, items);
    items.clear();
  }
  Element& read(std::string_view bytes) {
    items.clear();
    reader.feed(bytes, items);
    return std::get<Element>(items.front());
  }
};

// What goes to the broker, or for an iq back to the server.
std::string payload_of(const Event& event) {
  if (const auto* m = std::get_if<Message>(&event))
    return message::to_json(*m, {"01JD0000000000000000000000", now, {}, m->id});
  if (const auto* p = std::get_if<Presence>(&event)) {
    const presence::Endpoints all{{"spark", presence::from_presence(*p, now)}};
    return presence::contact_presence_json(all);
  }
  return to_xml(iq_result(to_stanza(event)), ns::client);
}

std::string inward(Reader& reader, std::string_view bytes) {
  const auto stanza = Stanza::from_xml(std::move(reader.read(bytes)));
  return payload_of(to_event(*stanza));
}

std::string outward(std::string_view json) {
  const auto document = JsonDocument::parse(json);
  const auto out = message::from_json(document->root());
  return to_xml(to_stanza(out->message), ns::client);
}

// The out/msg that a client would have sent; empty: no such payload (receipts and presence have others).
std::string out_payload(const std::string& xml) {
  Reader reader;
  const auto stanza = Stanza::from_xml(std::move(reader.read(xml)));
  if (stanza->kind != StanzaKind::message) return {};
  const Event event = to_event(*stanza);
  if (purpose_of(std::get<Message>(event)) != Purpose::content) return {};
  std::string json = payload_of(event);
  const auto document = JsonDocument::parse(json);
  return message::from_json(document->root()) ? json : std::string();
}

struct Line {
  std::string name;
  std::size_t bytes = 0, out_bytes = 0;
  Cost floor, in, out_floor, out;
  std::vector<std::pair<const char*, Cost>> stages;
};

template <class T>
void resize(std::vector<T>& slots, std::size_t size, const T& value) {
  slots.clear();
  slots.reserve(size);
  for (std::size_t i = 0; i < size; ++i) slots.push_back(value);
}

void stages_in(Meter& meter, const Parameters& p, const std::string& xml, Line& line) {
  Reader reader;
  const Element element = reader.read(xml);
  const auto stanza = Stanza::from_xml(Element(element));
  const Event event = to_event(*stanza);
  std::vector<Element> elements;
  std::vector<Result<Stanza>> stanzas;
  std::vector<Event> events;
  std::vector<std::string> payloads;
  const auto none = [](std::size_t) {};
  const auto stage = [&](const char* name, auto prepare, auto body) {
    line.stages.emplace_back(name, measure(meter, p.batches, p.size, prepare, body));
  };
  stage("read", none, [&](std::size_t) { keep(reader.read(xml)); });
  stage(
      "stanza",
      [&](std::size_t n) {
        resize(elements, n, element);
        stanzas.clear();
        stanzas.reserve(n);
      },
      [&](std::size_t i) { stanzas.push_back(Stanza::from_xml(std::move(elements[i]))); });
  stage(
      "event",
      [&](std::size_t n) {
        events.clear();
        events.reserve(n);
      },
      [&](std::size_t) { events.push_back(to_event(*stanza)); });
  stage(
      "to json",
      [&](std::size_t n) {
        payloads.clear();
        payloads.reserve(n);
      },
      [&](std::size_t) { payloads.push_back(payload_of(event)); });
}

void stages_out(Meter& meter, const Parameters& p, const std::string& json, Line& line) {
  const auto document = JsonDocument::parse(json);
  const auto out = message::from_json(document->root());
  const Element element = to_stanza(out->message);
  std::vector<Result<JsonDocument>> documents;
  std::vector<Result<message::Outgoing>> messages;
  std::vector<Element> elements;
  std::vector<std::string> texts;
  const auto stage = [&](const char* name, auto& slots, auto make) {
    line.stages.emplace_back(name, measure(
                                       meter, p.batches, p.size,
                                       [&](std::size_t n) {
                                         slots.clear();
                                         slots.reserve(n);
                                       },
                                       [&](std::size_t) { slots.push_back(make()); }));
  };
  stage("json", documents, [&] { return JsonDocument::parse(json); });
  stage("message", messages, [&] { return message::from_json(document->root()); });
  stage("to stanza", elements, [&] { return to_stanza(out->message); });
  stage("to xml", texts, [&] { return to_xml(element, ns::client); });
}

Line measure_sample(Meter& meter, const Parameters& p, const Sample& sample) {
  Line line;
  line.name = sample.name;
  line.bytes = sample.xml.size();
  const auto none = [](std::size_t) {};
  const auto cost = [&](auto body) { return measure(meter, p.batches, p.size, none, body); };
  ExpatFloor floor;
  Reader reader;
  line.floor = cost([&](std::size_t) { keep(floor.feed(sample.xml)); });
  line.in = cost([&](std::size_t) { keep(inward(reader, sample.xml)); });
  stages_in(meter, p, sample.xml, line);
  if (const std::string json = out_payload(sample.xml); !json.empty()) {
    const std::string text = outward(json);
    line.out_bytes = text.size();
    line.out_floor = cost([&](std::size_t) { keep(floor.feed(text)); });
    line.out = cost([&](std::size_t) { keep(outward(json)); });
    stages_out(meter, p, json, line);
  }
  return line;
}

// The median of several lines of one sample, figure by figure.
Line middle(const std::vector<Line>& rounds) {
  Line out = rounds.front();
  const auto set = [&](Cost& to, auto get) {
    std::vector<double> ns, instructions;
    for (const Line& line : rounds) {
      ns.push_back(get(line).ns);
      instructions.push_back(get(line).instructions);
    }
    to = {median(std::move(ns)), median(std::move(instructions))};
  };
  set(out.floor, [](const Line& l) { return l.floor; });
  set(out.in, [](const Line& l) { return l.in; });
  set(out.out_floor, [](const Line& l) { return l.out_floor; });
  set(out.out, [](const Line& l) { return l.out; });
  for (std::size_t i = 0; i < out.stages.size(); ++i)
    set(out.stages[i].second, [i](const Line& l) { return l.stages[i].second; });
  return out;
}

double ratio(double a, double b) { return b > 0 ? a / b : 0; }

void print(const std::vector<Line>& lines, bool counts) {
  std::printf("%-34s %6s | %7s %7s | %7s %8s %8s | %7s %7s | %7s %8s %8s\n", "stanza", "bytes", "in x", "in x ns",
              "floor", "in ins", "in ns", "out x", "out x ns", "floor", "out ins", "out ns");
  for (const Line& l : lines) {
    std::printf("%-34s %6zu | %7.2f %7.2f | %7.0f %8.0f %8.0f", l.name.c_str(), l.bytes,
                ratio(l.in.instructions, l.floor.instructions), ratio(l.in.ns, l.floor.ns), l.floor.instructions,
                l.in.instructions, l.in.ns);
    if (l.out_bytes != 0)
      std::printf(" | %7.2f %7.2f | %7.0f %8.0f %8.0f", ratio(l.out.instructions, l.out_floor.instructions),
                  ratio(l.out.ns, l.out_floor.ns), l.out_floor.instructions, l.out.instructions, l.out.ns);
    std::printf("\n");
  }
  std::printf("\nstages, %s\n", counts ? "instructions" : "ns (this machine does not let us count instructions)");
  for (const Line& l : lines) {
    std::printf("%-34s", l.name.c_str());
    for (const auto& [name, cost] : l.stages) std::printf(" %s %.0f ", name, counts ? cost.instructions : cost.ns);
    std::printf("\n");
  }
}

void write_json(const std::vector<Line>& lines, bool counts, const char* path) {
  JsonWriter w;
  const auto cost = [&](const char* name, const Cost& c) {
    w.key(name).begin_object().field("ns", c.ns).field("instructions", c.instructions).end_object();
  };
  w.begin_object().field("counter", counts ? "perf_event" : "none").key("stanzas").begin_array();
  for (const Line& l : lines) {
    w.begin_object().field("name", std::string_view(l.name)).field("bytes", static_cast<std::int64_t>(l.bytes));
    w.field("out_bytes", static_cast<std::int64_t>(l.out_bytes));
    cost("floor", l.floor);
    cost("in", l.in);
    if (l.out_bytes != 0) {
      cost("out_floor", l.out_floor);
      cost("out", l.out);
    }
    w.key("stages").begin_object();
    for (const auto& [name, c] : l.stages) cost(name, c);
    w.end_object().end_object();
  }
  const std::string text = w.end_array().end_object().take();
  if (std::FILE* file = std::fopen(path, "w")) {
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
  } else {
    std::perror(path);
  }
}

int loop(std::string_view what, std::size_t sample, std::size_t count) {
  const auto all = stanzas();
  if (sample >= all.size()) return 3;  // no such sample
  const std::string& xml = all[sample].xml;
  const std::string json = out_payload(xml);
  if (what == "out" && json.empty()) return 3;
  ExpatFloor floor;
  Reader reader;
  for (std::size_t i = 0; i < count; ++i) {
    if (what == "floor")
      keep(floor.feed(xml));
    else if (what == "in")
      keep(inward(reader, xml));
    else
      keep(outward(json));
  }
  return 0;
}

int run(int argc, char** argv) {
  Parameters p;
  const char* json = nullptr;
  std::string_view what;
  std::size_t sample = 0, count = 0;
  const auto number = [](const char* text) {
    std::size_t n = 0;
    std::from_chars(text, text + std::strlen(text), n);
    return n;
  };
  for (int i = 1; i < argc; ++i) {
    const std::string_view option = argv[i];
    const bool more = i + 1 < argc;
    if (option == "--quick")
      p = {11, 100, 1};
    else if (option == "--json" && more)
      json = argv[++i];
    else if (option == "--loop" && more)
      what = argv[++i];
    else if (option == "--sample" && more)
      sample = number(argv[++i]);
    else if (option == "--count" && more)
      count = number(argv[++i]);
    else {
      std::fputs(usage, option == "--help" ? stdout : stderr);
      return option == "--help" ? 0 : 2;
    }
  }
  if (!what.empty()) return loop(what, sample, count);
  Meter meter;
  std::vector<Line> lines;
  for (const Sample& s : stanzas()) {
    std::vector<Line> rounds;
    for (int round = 0; round < p.rounds; ++round) rounds.push_back(measure_sample(meter, p, s));
    lines.push_back(middle(rounds));
  }
  print(lines, meter.counts());
  if (json) write_json(lines, meter.counts(), json);
  return 0;
}

}  // namespace
}  // namespace ferry::bench

int main(int argc, char** argv) { return ferry::bench::run(argc, argv); }
