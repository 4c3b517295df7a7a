#include "tools/ferry-replay/client_stream.h"

#include <algorithm>
#include <utility>

#include "translators/values/base64.h"
#include "translators/values/stanza.h"

namespace ferry::replay {
namespace {

constexpr std::string_view tls_ns = "urn:ietf:params:xml:ns:xmpp-tls", sasl_ns = "urn:ietf:params:xml:ns:xmpp-sasl",
                           bind_ns = "urn:ietf:params:xml:ns:xmpp-bind",
                           session_ns = "urn:ietf:params:xml:ns:xmpp-session", management_ns = "urn:xmpp:sm:3";

XmlLimits stream_limits(std::size_t bytes) {
  XmlLimits limits;
  limits.bytes = bytes;
  limits.elements = std::max<std::size_t>(limits.elements, bytes / 64);
  return limits;
}

std::string sasl_failure(std::string_view condition) {
  return "<failure xmlns='" + std::string(sasl_ns) + "'><" + std::string(condition) + "/></failure>";
}

}  // namespace

ClientStream::ClientStream(std::string domain, std::string id, std::size_t message_bytes)
    : domain_(std::move(domain)), id_(std::move(id)), message_bytes_(message_bytes) {
  restart(State::plain);
}

void ClientStream::restart(State state) {
  state_ = state;
  open_ = false;
  restarted_ = true;
  reader_.emplace(stream_limits(login_bytes));
}

void ClientStream::secured(std::vector<std::string> certified) {
  certified_ = std::move(certified);
  restart(State::sasl);
}

std::string ClientStream::error(std::string_view condition) {
  return "<stream:error><" + std::string(condition) + " xmlns='" + std::string(ns::stream_error) +
         "'/></stream:error></stream:stream>";
}

ClientStream::Output ClientStream::feed(std::string_view bytes) {
  Output out;
  if (state_ == State::over) return out;
  std::vector<StreamItem> items;
  reader_->feed(bytes, items);
  restarted_ = false;
  for (StreamItem& item : items) {
    // Whatever came with the last word of a stream was said too early: of the unprotected one, by anybody.
    if (state_ == State::over || restarted_ || out.start_tls) break;
    if (const auto* opened = std::get_if<StreamHeader>(&item))
      header(*opened, out);
    else if (const auto* fault = std::get_if<StreamFault>(&item))
      refuse(fault->condition, out);
    else if (std::holds_alternative<StreamEnd>(item))
      out.bytes += "</stream:stream>", out.over = "it ended its stream", state_ = State::over;
    else if (auto* said = std::get_if<Element>(&item))
      element(std::move(*said), out);
    else
      refuse("policy-violation", out);  // over the limit
  }
  return out;
}

void ClientStream::refuse(std::string_view condition, Output& out) {
  if (!open_) {
    open_ = true;
    out.bytes += "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='" + std::string(ns::stream) +
                 "' version='1.0'>";
  }
  out.bytes += error(condition);
  out.over = condition;
  state_ = State::over;
}

void ClientStream::header(const StreamHeader& header, Output& out) {
  open_ = true;
  out.bytes +=
      "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='" + std::string(ns::stream) + "' from='";
  append_escaped(out.bytes, domain_);
  out.bytes += "' id='" + id_ + "-" + std::to_string(++restarts_) + "' version='1.0'>";
  const auto to = Jid::parse(header.element.attr_or("to"));
  if (header.content_ns != ns::client) return refuse("invalid-namespace", out);
  if (!to || to->str() != domain_) return refuse("host-unknown", out);
  out.bytes += "<stream:features>";
  if (state_ == State::plain) {
    out.bytes += "<starttls xmlns='" + std::string(tls_ns) + "'><required/></starttls>";
  } else if (state_ == State::sasl) {
    out.bytes += "<mechanisms xmlns='" + std::string(sasl_ns) + "'>";
    if (!certified_.empty()) out.bytes += "<mechanism>EXTERNAL</mechanism>";
    out.bytes += "<mechanism>PLAIN</mechanism></mechanisms>";
  } else {
    // Stream management is offered and then refused: libstrophe begins at once after the refusal, and ferryd's worker
    // would wait half a minute for a server that says nothing of it.
    out.bytes += "<bind xmlns='" + std::string(bind_ns) + "'/><session xmlns='" + std::string(session_ns) +
                 "'><optional/></session><sm xmlns='" + std::string(management_ns) + "'/>";
  }
  out.bytes += "</stream:features>";
}

void ClientStream::element(Element e, Output& out) {
  switch (state_) {
    case State::plain:
      if (!e.is("starttls", tls_ns)) return refuse("policy-violation", out);
      out.bytes += "<proceed xmlns='" + std::string(tls_ns) + "'/>";
      out.start_tls = true;
      return;
    case State::sasl:
      if (e.is("auth", sasl_ns)) return authenticate(e, out);
      if (e.ns != sasl_ns) return refuse("not-authorized", out);
      out.bytes += sasl_failure(e.name == "abort" ? "aborted" : "malformed-request");
      return;
    case State::bind:
      if (!bind(e, out)) refuse("not-authorized", out);
      return;
    case State::up:
      if (e.ns == management_ns) {
        if (e.name == "enable" || e.name == "resume")
          out.bytes += "<failed xmlns='" + std::string(management_ns) + "'><feature-not-implemented xmlns='" +
                       std::string(ns::stanza_error) + "'/></failed>";
        return;
      }
      if (e.is("iq", ns::client) && e.child("session", session_ns)) {
        out.bytes += to_xml(iq_result(e), ns::client);
        return;
      }
      if (e.ns != ns::client || (e.name != "message" && e.name != "presence" && e.name != "iq"))
        return refuse("unsupported-stanza-type", out);
      out.stanzas.push_back(std::move(e));
      return;
    case State::over:
      return;
  }
}

// RFC 4616: authorization identity, authentication identity, password. RFC 4422, appendix A: the first alone.
std::optional<Jid> ClientStream::account_of(const Element& auth) const {
  const std::string text = auth.text();
  const auto decoded = text == "=" ? std::optional<std::string>("") : from_base64(text);
  if (!decoded) return std::nullopt;
  if (auth.attr_or("mechanism") == "EXTERNAL") {
    if (decoded->empty() && certified_.size() != 1) return std::nullopt;
    const auto wanted = Jid::parse(decoded->empty() ? certified_.front() : *decoded);
    if (!wanted || !wanted->has_local() || wanted->domainpart() != domain_) return std::nullopt;
    for (const std::string& name : certified_)
      if (const auto jid = Jid::parse(name); jid && jid->bare() == wanted->bare()) return wanted->bare();
    return std::nullopt;
  }
  const std::size_t first = decoded->find('\0');
  const std::size_t second = first == std::string::npos ? first : decoded->find('\0', first + 1);
  if (second == std::string::npos || second + 1 == decoded->size()) return std::nullopt;
  const auto jid = Jid::make(decoded->substr(first + 1, second - first - 1), domain_);
  if (!jid || !jid->has_local()) return std::nullopt;
  if (first != 0) {
    const auto other = Jid::parse(decoded->substr(0, first));
    if (!other || other->bare() != *jid) return std::nullopt;
  }
  return *jid;
}

void ClientStream::authenticate(const Element& auth, Output& out) {
  const std::string_view mechanism = auth.attr_or("mechanism");
  const bool known = mechanism == "PLAIN" || (mechanism == "EXTERNAL" && !certified_.empty());
  if (known) account_ = account_of(auth);
  if (account_) {
    out.bytes += "<success xmlns='" + std::string(sasl_ns) + "'/>";
    return restart(State::bind);
  }
  out.bytes += sasl_failure(known ? "not-authorized" : "invalid-mechanism");
  if (++tries_ >= login_tries) refuse("policy-violation", out);
}

bool ClientStream::bind(const Element& iq, Output& out) {
  const Element* request = iq.child("bind", bind_ns);
  if (!iq.is("iq", ns::client) || iq.attr_or("type") != "set" || !request) return false;
  const Element* resource = request->child("resource", bind_ns);
  const std::string name = resource ? resource->text() : std::string();
  auto full = account_->with_resource(name.empty() ? id_ : name);
  if (!full) full = account_->with_resource(id_);
  if (!full) return false;
  full_ = *std::move(full);
  Element bound("bind", bind_ns);
  bound.add(Element("jid", bind_ns)).add_text(full_->str());
  out.bytes += to_xml(iq_result(iq, std::move(bound)), ns::client);
  out.bound = true;
  state_ = State::up;
  reader_->set_limits(stream_limits(2 * message_bytes_ + 64 * 1024));
  return true;
}

}  // namespace ferry::replay
