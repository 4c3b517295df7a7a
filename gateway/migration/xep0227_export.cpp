#include "gateway/migration/xep0227_export.h"

#include "translators/values/base64.h"
#include "translators/values/xml.h"

namespace ferry {
namespace {

constexpr std::string_view pie_ns = "urn:xmpp:pie:0";

void attribute(std::string& out, std::string_view name, std::string_view value) {
  out += ' ';
  out += name;
  out += "='";
  append_escaped(out, value);
  out += '\'';
}

}  // namespace

void Xep0227Writer::write(std::string_view text) {
  good_ = good_ && std::fwrite(text.data(), 1, text.size(), file_) == text.size();
}

void Xep0227Writer::begin_account(const AccountHead& head) {
  std::string text;
  if (!begun_) text = "<?xml version='1.0' encoding='UTF-8'?>\n<server-data xmlns='" + std::string(pie_ns) + "'>\n";
  begun_ = true;
  if (host_ != head.jid.domainpart()) {
    if (!host_.empty()) text += "</host>\n";
    host_ = head.jid.domainpart();
    text += "<host";
    attribute(text, "jid", host_);
    text += ">\n";
  }
  text += "<user";
  attribute(text, "name", head.jid.localpart());
  text += ">\n";
  write(text);
  roster_.clear();
  in_messages_ = false;
  next_.begin_account(head);
}

void Xep0227Writer::keys(const ScramKeys& keys) {
  std::string text = "<scram-credentials xmlns='urn:xmpp:pie:0#scram'";
  attribute(text, "mechanism", mechanism_name(keys.hash));
  text += "><iter-count>" + std::to_string(keys.iterations) + "</iter-count><salt>" + to_base64(keys.salt) +
          "</salt><server-key>" + to_base64(keys.server_key.view()) + "</server-key><stored-key>" +
          to_base64(keys.stored_key.view()) + "</stored-key></scram-credentials>\n";
  close_messages();
  write(text);
  Secret::wipe(text);
  next_.keys(keys);
}

void Xep0227Writer::contact(const RosterEntry& entry) {
  roster_ += "<item";
  attribute(roster_, "jid", entry.jid.str());
  if (!entry.name.empty()) attribute(roster_, "name", entry.name);
  attribute(roster_, "subscription", subscription_name(entry.subscription));
  if (entry.ask) attribute(roster_, "ask", "subscribe");
  if (entry.approved) attribute(roster_, "approved", "true");
  roster_ += entry.groups.empty() ? "/>" : ">";
  for (const std::string& group : entry.groups) {
    roster_ += "<group>";
    append_escaped(roster_, group);
    roster_ += "</group>";
  }
  if (!entry.groups.empty()) roster_ += "</item>";
  roster_ += '\n';
  next_.contact(entry);
}

void Xep0227Writer::request(const SubscriptionRequest& request) {
  close_messages();
  write(request.xml + "\n");
  next_.request(request);
}

void Xep0227Writer::message(const StoredMessage& message) {
  if (!in_messages_) write("<offline-messages>\n");
  in_messages_ = true;
  write(message.xml + "\n");
  next_.message(message);
}

void Xep0227Writer::close_messages() {
  if (in_messages_) write("</offline-messages>\n");
  in_messages_ = false;
}

void Xep0227Writer::piece(const AccountPiece& piece) {
  close_messages();
  std::string text;
  switch (piece.kind) {
    case PieceKind::vcard:
      text = piece.xml;
      break;
    case PieceKind::private_xml:
      text = "<query xmlns='jabber:iq:private'>" + piece.xml + "</query>";
      break;
    case PieceKind::privacy_list:
      text = "<query xmlns='jabber:iq:privacy'>" + piece.xml + "</query>";
      break;
    case PieceKind::blocked:
      text = "<blocklist xmlns='urn:xmpp:blocking'><item";
      attribute(text, "jid", piece.name);
      text += "/></blocklist>";
      break;
    case PieceKind::node:
      text = "<pubsub xmlns='http://jabber.org/protocol/pubsub'>" + piece.xml + "</pubsub>";
      break;
    case PieceKind::node_config:
      text = "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>" + piece.xml + "</pubsub>";
      break;
    case PieceKind::last:
      break;
  }
  if (!text.empty()) write(text + "\n");
  next_.piece(piece);
}

void Xep0227Writer::end_account() {
  close_messages();
  if (!roster_.empty()) write("<query xmlns='jabber:iq:roster'>\n" + roster_ + "</query>\n");
  write("</user>\n");
  next_.end_account();
}

bool Xep0227Writer::finish() {
  if (!begun_) write("<?xml version='1.0' encoding='UTF-8'?>\n<server-data xmlns='" + std::string(pie_ns) + "'>\n");
  if (!host_.empty()) write("</host>\n");
  write("</server-data>\n");
  return good_ && std::fflush(file_) == 0;
}

}  // namespace ferry
