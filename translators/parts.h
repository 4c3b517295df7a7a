// What each translator of a part offers; the table in parts.cpp names them in the order of the JSON fields.
#pragma once

#include "translators/part.h"

namespace ferry {

namespace body {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const Body& part);
void write_json(const Parts& parts, JsonWriter& json);
std::optional<StanzaError> read_json(JsonView out, Parts& parts);
}  // namespace body
namespace subject {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const Subject& part);
void write_json(const Parts& parts, JsonWriter& json);
std::optional<StanzaError> read_json(JsonView out, Parts& parts);
}  // namespace subject
namespace thread {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const Thread& part);
void write_json(const Parts& parts, JsonWriter& json);
std::optional<StanzaError> read_json(JsonView out, Parts& parts);
}  // namespace thread
namespace receipt {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const ReceiptRequest& part);
Element to_xml(const Received& part);
}  // namespace receipt
namespace marker {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const Markable& part);
Element to_xml(const Marker& part);
void write_json(const Parts& parts, JsonWriter& json);
std::optional<StanzaError> read_json(JsonView out, Parts& parts);
}  // namespace marker
namespace chat_state {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const ChatState& part);
bool is_state(std::string_view name);
}  // namespace chat_state
namespace correction {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const Correction& part);
void write_json(const Parts& parts, JsonWriter& json);
std::optional<StanzaError> read_json(JsonView out, Parts& parts);
}  // namespace correction
namespace retraction {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const Retraction& part);
void write_json(const Parts& parts, JsonWriter& json);
std::optional<StanzaError> read_json(JsonView out, Parts& parts);
}  // namespace retraction
namespace reaction {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const Reactions& part);
void write_json(const Parts& parts, JsonWriter& json);
std::optional<StanzaError> read_json(JsonView out, Parts& parts);
}  // namespace reaction
namespace reply {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const Reply& part);
void write_json(const Parts& parts, JsonWriter& json);
std::optional<StanzaError> read_json(JsonView out, Parts& parts);
}  // namespace reply
namespace delay {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const Delay& part);
void write_json(const Parts& parts, JsonWriter& json);
std::optional<StanzaError> read_json(JsonView out, Parts& parts);
}  // namespace delay
namespace stanza_id {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const StanzaId& part);
Element to_xml(const OriginId& part);
void write_json(const Parts& parts, JsonWriter& json);
std::optional<StanzaError> read_json(JsonView out, Parts& parts);
}  // namespace stanza_id
namespace hint {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const Hint& part);
void write_json(const Parts& parts, JsonWriter& json);
std::optional<StanzaError> read_json(JsonView out, Parts& parts);
}  // namespace hint
namespace via {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const Via& part);
void write_json(const Parts& parts, JsonWriter& json);
std::optional<StanzaError> read_json(JsonView out, Parts& parts);
}  // namespace via
namespace out_of_band {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const OutOfBand& part);
void write_json(const Parts& parts, JsonWriter& json);
std::optional<StanzaError> read_json(JsonView out, Parts& parts);
}  // namespace out_of_band
namespace encryption {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const Encryption& part);
void write_json(const Parts& parts, JsonWriter& json);
std::optional<StanzaError> read_json(JsonView out, Parts& parts);
}  // namespace encryption
namespace error_part {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const ErrorPart& part);
}  // namespace error_part
namespace presence_state {
std::optional<PartValue> from_xml(const Element& e);
Element to_xml(const Show& part);
Element to_xml(const Status& part);
Element to_xml(const Priority& part);
}  // namespace presence_state
namespace ext {
Element to_xml(const Ext& part);
void write_json(const Parts& parts, JsonWriter& json);
std::optional<StanzaError> read_json(JsonView out, Parts& parts);
}  // namespace ext

}  // namespace ferry
