// Logs that are XML: each stanza whole, inside <packet …>.
//
// Openfire's audit log (jive.audit-*.log), one line without separators, a <jive> opened anew after each restart:
//   <packet xmlns="http://www.jivesoftware.org" streamID="5vjz" status="auth" timestamp="Jan 05, 2022 03:04:05:678 PM">
// ejabberd-contrib's mod_logxml:
//   <packet or="send" ljid="john@example.org/pc" lip="10.0.0.5" ts="2026-01-01T12:00:00Z">
#include <algorithm>

#include "tools/ferry-replay/import_format.h"

namespace ferry::intake {
namespace {

// What stands inside of a log's element is a stanza of a client's stream, whatever namespace it inherits.
void to_client(Element& e, const std::string& outside) {
  if (!e.ns.empty() && e.ns != outside) return;
  e.ns = ns::client;
  std::erase_if(e.decls, [](const NsDecl& d) { return d.prefix.empty(); });
  for (Node& node : e.children)
    if (auto* child = std::get_if<Element>(&node.value)) to_client(*child, outside);
}

class PacketFormat : public Format, protected StanzaScanner::Items {
 public:
  PacketFormat(Import& import, std::string_view wrapper) : import_(import), scanner_(false, wrapper) {}

  void read(Input& input) final {
    Place place{0, 1};
    for (std::string_view block = input.block(); !block.empty(); block = input.block()) {
      scanner_.feed(block, place, false, *this);
      place.offset += block.size();
      place.line += static_cast<std::uint64_t>(std::count(block.begin(), block.end(), '\n'));
    }
    scanner_.gap("cut off: the file ends", *this);
  }

 protected:
  // Whose it is, when, and which way; false: not in this log.
  virtual bool describe(const Element& packet, Seen& seen) = 0;
  Import& import_;

 private:
  std::string header(std::string_view) final { return {}; }
  void end() final {}
  void damage(const Place& place, std::uint64_t bytes, std::string_view text) final {
    import_.sink.damage({}, 0, place, bytes, text);
  }

  std::string stanza(std::string_view xml) final {
    Element* packet = check_.read(xml);
    if (!packet) return check_.wrong();
    Element* inner = nullptr;
    for (Node& node : packet->children)
      if (auto* child = std::get_if<Element>(&node.value); child && !inner) inner = child;
    Seen seen;
    if (packet->name != "packet" || !inner || !describe(*packet, seen)) return "a <packet/> of the log was expected";
    to_client(*inner, packet->ns);
    import_.streams.data(seen, to_xml(*inner), true);
    return {};
  }

  StanzaScanner scanner_;
  StanzaCheck check_;
};

class AuditFormat final : public PacketFormat {
 public:
  explicit AuditFormat(Import& import) : PacketFormat(import, "jive") {}

 private:
  bool describe(const Element& packet, Seen& seen) override {
    std::string_view time = packet.attr_or("timestamp");
    if (!packet.attr("timestamp")) return false;
    seen.key = packet.attr_or("streamID", "none");
    seen.direction = Direction::received;  // a stanza is logged once, when the server takes it
    seen.kind = packet.attr("streamID") ? StreamKind::client : StreamKind::unknown;
    seen.time = take_audit(time, import_.dates).value_or(0);
    return true;
  }
};

class LogXmlFormat final : public PacketFormat {
 public:
  explicit LogXmlFormat(Import& import) : PacketFormat(import, "log") {}

 private:
  bool describe(const Element& packet, Seen& seen) override {
    const std::string_view way = packet.attr_or("or");
    if (way != "send" && way != "recv") return false;
    std::string_view time = packet.attr_or("ts");
    seen.key = seen.jid = packet.attr_or("ljid", "none");
    seen.direction = way == "send" ? Direction::received : Direction::sent;  // by the local user
    seen.kind = StreamKind::client;
    seen.remote = packet.attr_or("lip");
    seen.time = take_iso(time, import_.dates).value_or(0);
    return true;
  }
};

}  // namespace

std::unique_ptr<Format> make_openfire_audit(Import& import) { return std::make_unique<AuditFormat>(import); }
std::unique_ptr<Format> make_logxml(Import& import) { return std::make_unique<LogXmlFormat>(import); }

}  // namespace ferry::intake
