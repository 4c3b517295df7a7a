// Maps: <request/> <-> want["delivered"]; <received id=''/> <-> in/receipt, out/receipt with the state delivered.
// Loses: a receipt that comes with a body.
// Spec: XEP-0184.
// Example: <received xmlns='urn:xmpp:receipts' id='m1'/> <-> {"id":"m1","state":"delivered"}
#include "translators/parts.h"

namespace ferry::receipt {

constexpr std::string_view space = "urn:xmpp:receipts";

std::optional<PartValue> from_xml(const Element& e) {
  if (e.ns != space) return std::nullopt;
  if (e.name == "request") return ReceiptRequest{};
  if (e.name == "received" && e.attr("id")) return Received{*e.attr("id")};
  return std::nullopt;
}

Element to_xml(const ReceiptRequest&) { return Element("request", space); }

Element to_xml(const Received& received) {
  Element e("received", space);
  e.set("id", received.id);
  return e;
}

}  // namespace ferry::receipt
