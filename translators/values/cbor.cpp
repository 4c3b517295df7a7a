// The only file that knows libcbor. Both directions stream: no tree of libcbor's is built.
#include "translators/values/cbor.h"

#include <cbor.h>

#include <array>
#include <cmath>
#include <vector>

#include "translators/values/json.h"
#include "translators/values/topic.h"

namespace ferry {
namespace {

constexpr std::size_t max_nesting = 64;

template <class Encode>
void append(std::string& out, Encode encode) {
  std::array<unsigned char, 16> buffer{};
  const std::size_t written = encode(buffer.data(), buffer.size());
  out.append(reinterpret_cast<const char*>(buffer.data()), written);
}

void append_string(std::string& out, std::string_view text) {
  append(out, [&](unsigned char* b, std::size_t n) { return cbor_encode_string_start(text.size(), b, n); });
  out.append(text);
}

// False: a number that would not come back as it is. The depth is JsonDocument's to bound.
bool encode(std::string& out, JsonView v) {
  bool good = true;
  if (v.is_object()) {
    append(out, [&](unsigned char* b, std::size_t n) { return cbor_encode_map_start(v.size(), b, n); });
    v.members([&](std::string_view key, JsonView value) {
      append_string(out, key);
      good = encode(out, value) && good;
    });
  } else if (v.is_array()) {
    append(out, [&](unsigned char* b, std::size_t n) { return cbor_encode_array_start(v.size(), b, n); });
    v.each([&](JsonView item) { good = encode(out, item) && good; });
  } else if (auto text = v.string()) {
    append_string(out, *text);
  } else if (auto flag = v.boolean()) {
    append(out, [&](unsigned char* b, std::size_t n) { return cbor_encode_bool(*flag, b, n); });
  } else if (auto integer = v.integer()) {
    append(out, [&](unsigned char* b, std::size_t n) {
      return *integer >= 0 ? cbor_encode_uint(static_cast<std::uint64_t>(*integer), b, n)
                           : cbor_encode_negint(static_cast<std::uint64_t>(-(*integer + 1)), b, n);
    });
  } else if (auto number = v.number()) {
    append(out, [&](unsigned char* b, std::size_t n) { return cbor_encode_double(*number, b, n); });
  } else if (v.is_null()) {
    append(out, [](unsigned char* b, std::size_t n) { return cbor_encode_null(b, n); });
  } else {
    good = false;
  }
  return good;
}

// One open map or array while decoding.
struct Frame {
  bool map;
  bool indefinite;
  std::size_t left;  // items still to come; a map counts keys and values
  bool want_key;
};

struct Decoder {
  JsonWriter writer;
  std::vector<Frame> open;
  std::string fault;
  bool done = false;

  bool begin_value(bool is_text) {
    if (!fault.empty()) return false;
    if (done) return fail("more than one value");
    if (!open.empty() && open.back().map && open.back().want_key && !is_text) return fail("a map key that is no text");
    return true;
  }
  bool fail(std::string why) {
    if (fault.empty()) fault = std::move(why);
    return false;
  }
  void end_value() {
    while (true) {
      if (open.empty()) {
        done = true;
        return;
      }
      Frame& f = open.back();
      if (f.map) f.want_key = !f.want_key;
      if (f.indefinite || --f.left > 0) return;
      close();
    }
  }
  void close() {
    open.back().map ? writer.end_object() : writer.end_array();
    open.pop_back();
  }
  void begin(bool map, bool indefinite, std::size_t items) {
    if (!begin_value(false)) return;
    if (open.size() >= max_nesting) {
      fail("deeper than 64");
      return;
    }
    if (map && items > SIZE_MAX / 2) {
      fail("a map of impossible size");
      return;
    }
    map ? writer.begin_object() : writer.begin_array();
    open.push_back({map, indefinite, map ? items * 2 : items, map});
    if (!indefinite && items == 0) {
      close();
      end_value();
    }
  }
  void text(std::string_view s) {
    if (!begin_value(true)) return;
    if (!is_utf8(s)) {
      fail("a text that is not UTF-8");
      return;
    }
    if (!open.empty() && open.back().map && open.back().want_key)
      writer.key(s);
    else
      writer.value(s);
    end_value();
  }
  void integer(std::uint64_t n, bool negative) {
    if (!begin_value(false)) return;
    if (n > INT64_MAX) {
      fail("an integer over 64 bits signed");
      return;
    }
    writer.value(negative ? -1 - static_cast<std::int64_t>(n) : static_cast<std::int64_t>(n));
    end_value();
  }
  void number(double d) {
    if (!begin_value(false)) return;
    if (!std::isfinite(d)) {
      fail("a number that is not finite");
      return;
    }
    writer.value(d);
    end_value();
  }
  void end_indefinite() {
    if (!fault.empty()) return;
    if (open.empty() || !open.back().indefinite || (open.back().map && !open.back().want_key)) {
      fail("a stray break");
      return;
    }
    close();
    end_value();
  }
};

Decoder& self(void* context) { return *static_cast<Decoder*>(context); }

cbor_callbacks callbacks() {
  cbor_callbacks c = cbor_empty_callbacks;
  c.uint8 = [](void* d, std::uint8_t n) { self(d).integer(n, false); };
  c.uint16 = [](void* d, std::uint16_t n) { self(d).integer(n, false); };
  c.uint32 = [](void* d, std::uint32_t n) { self(d).integer(n, false); };
  c.uint64 = [](void* d, std::uint64_t n) { self(d).integer(n, false); };
  c.negint8 = [](void* d, std::uint8_t n) { self(d).integer(n, true); };
  c.negint16 = [](void* d, std::uint16_t n) { self(d).integer(n, true); };
  c.negint32 = [](void* d, std::uint32_t n) { self(d).integer(n, true); };
  c.negint64 = [](void* d, std::uint64_t n) { self(d).integer(n, true); };
  c.string = [](void* d, cbor_data s, std::size_t n) { self(d).text({reinterpret_cast<const char*>(s), n}); };
  c.string_start = [](void* d) { self(d).fail("a text in chunks"); };
  c.byte_string = [](void* d, cbor_data, std::size_t) { self(d).fail("a byte string"); };
  c.byte_string_start = [](void* d) { self(d).fail("a byte string"); };
  c.tag = [](void* d, std::uint64_t) { self(d).fail("a tag"); };
  c.array_start = [](void* d, std::size_t n) { self(d).begin(false, false, n); };
  c.map_start = [](void* d, std::size_t n) { self(d).begin(true, false, n); };
  c.indef_array_start = [](void* d) { self(d).begin(false, true, 0); };
  c.indef_map_start = [](void* d) { self(d).begin(true, true, 0); };
  c.indef_break = [](void* d) { self(d).end_indefinite(); };
  c.float2 = [](void* d, float f) { self(d).number(static_cast<double>(f)); };
  c.float4 = [](void* d, float f) { self(d).number(static_cast<double>(f)); };
  c.float8 = [](void* d, double f) { self(d).number(f); };
  c.boolean = [](void* d, bool b) {
    if (self(d).begin_value(false)) {
      self(d).writer.value(b);
      self(d).end_value();
    }
  };
  c.null = [](void* d) {
    if (self(d).begin_value(false)) {
      self(d).writer.value(JsonView());
      self(d).end_value();
    }
  };
  c.undefined = [](void* d) { self(d).fail("undefined"); };
  return c;
}

}  // namespace

Result<std::string> json_to_cbor(std::string_view json) {
  auto document = JsonDocument::parse(json);
  if (!document) return document.error();
  std::string out;
  if (!encode(out, document->root())) return error(Condition::bad_request, "an integer over 64 bits signed");
  return out;
}

Result<std::string> cbor_to_json(std::string_view bytes) {
  Decoder decoder;
  const cbor_callbacks table = callbacks();
  std::size_t at = 0;
  while (at < bytes.size() && decoder.fault.empty()) {
    const cbor_decoder_result step =
        cbor_stream_decode(reinterpret_cast<cbor_data>(bytes.data()) + at, bytes.size() - at, &table, &decoder);
    if (step.status != CBOR_DECODER_FINISHED) {
      decoder.fail("not CBOR at byte " + std::to_string(at));
      break;
    }
    at += step.read;
  }
  if (decoder.fault.empty() && !decoder.done) decoder.fail("it ends too early");
  if (!decoder.fault.empty()) return error(Condition::bad_request, "not CBOR of a JSON object: " + decoder.fault);
  return decoder.writer.take();
}

}  // namespace ferry
