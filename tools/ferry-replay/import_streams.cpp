#include "tools/ferry-replay/import_streams.h"

namespace ferry::intake {
namespace {

constexpr std::size_t longest_key = 512, remembered_ids = 100'000, remembered_scopes = 16;
constexpr std::size_t kept_text = 65'536;  // bytes of a stanza; what a larger one took is not kept for the next

bool is_stanza(const Element& e) { return e.name == "message" || e.name == "presence" || e.name == "iq"; }

std::string_view bound_jid(const Element& iq) {
  const Element* bind = iq.child("bind", "urn:ietf:params:xml:ns:xmpp-bind");
  const Element* jid = bind ? bind->child("jid", bind->ns) : nullptr;
  const Node* first = jid && !jid->children.empty() ? &jid->children.front() : nullptr;
  return first && first->text() ? std::string_view(*first->text()) : std::string_view();
}

}  // namespace

// Makes records of what one side's scanner finds.
class Streams::Reader final : public StanzaScanner::Items {
 public:
  Reader(Streams& all, Stream& stream, Side& side, const Seen& seen)
      : all_(all), stream_(stream), side_(side), seen_(seen) {}

  std::string header(std::string_view tag) override {
    std::string wrong;
    const auto found = read_header(tag, wrong);
    if (!found) return wrong;
    Scope scope;
    if (!found->content_ns.empty()) scope.content_ns = found->content_ns;
    for (const NsDecl& d : found->element.decls) {
      if (d.prefix.empty()) continue;
      std::erase_if(scope.prefixes, [&](const NsDecl& old) { return old.prefix == d.prefix; });
      scope.prefixes.push_back(d);
    }
    side_.scope = all_.shared(std::move(scope));
    const std::string& content = side_.scope->content_ns;
    if (content == ns::component)
      stream_.kind = StreamKind::component;
    else if (stream_.kind == StreamKind::unknown)
      stream_.kind = content == "jabber:server" ? StreamKind::server : StreamKind::client;
    const std::string_view to = found->element.attr_or("to"), from = found->element.attr_or("from");
    if (stream_.kind == StreamKind::component && seen_.direction == Direction::received && stream_.jid.empty())
      stream_.jid = to;
    if (const std::string* id = found->element.attr("id"); id && all_.ids_.size() < remembered_ids)
      all_.ids_.insert(*id);
    stream_.closed = false;
    Record& r = all_.record(stream_, seen_);
    r.what = CapturedOpen{std::string(from), std::string(to)};
    all_.sink_.record(std::move(r));
    return {};
  }

  std::string stanza(std::string_view xml) override {
    Record& r = all_.record(stream_, seen_);
    auto* what = std::get_if<CapturedStanza>(&r.what);
    std::string& text = what ? what->xml : r.what.emplace<CapturedStanza>().xml;
    if (text.capacity() > kept_text) std::string().swap(text);
    with_namespaces(xml, *side_.scope, text);
    const Element* e = all_.check_.read(text);
    if (!e) return all_.check_.wrong();
    if (seen_.infer && is_stanza(*e)) r.direction = e->attr("from") ? Direction::sent : Direction::received;
    if (stream_.jid.empty() && r.direction == Direction::sent) r.jid = stream_.jid = owner(*e);
    all_.sink_.record(std::move(r), e);
    if (!is_stanza(*e)) negotiation(*e);
    return {};
  }

  void end() override { all_.close(stream_, seen_, stream_.error.empty() ? "end" : stream_.error); }

  void damage(const Place& place, std::uint64_t bytes, std::string_view text) override {
    all_.sink_.damage(stream_.name, seen_.time, place, bytes, text);
  }

 private:
  // Whose stream it is, as far as a stanza from the server tells.
  std::string owner(const Element& e) const {
    if (e.name == "iq")
      if (const std::string_view jid = bound_jid(e); !jid.empty()) return std::string(jid);
    const std::string_view to = e.attr_or("to");
    const bool client = stream_.kind == StreamKind::client || stream_.kind == StreamKind::unknown;
    return client && is_stanza(e) && to.find('/') != std::string_view::npos ? std::string(to) : std::string();
  }

  void negotiation(const Element& e) {
    if (e.is("error", ns::stream)) {
      for (const Node& node : e.children)
        if (const Element* child = node.element(); child && child->name != "text") {
          stream_.error = child->name;
          break;
        }
      return;
    }
    if (!seen_.wire) return;
    const bool tls = e.is("proceed", "urn:ietf:params:xml:ns:xmpp-tls");
    if (!tls && !e.is("compressed", "http://jabber.org/protocol/compress")) return;
    all_.close(stream_, seen_, tls ? "starttls" : "compressed");
    stream_.tls = true;  // in both directions
    for (const auto& side : stream_.sides)
      if (side) side->scanner.may_turn_binary();
  }

  Streams& all_;
  Stream& stream_;
  Side& side_;
  const Seen& seen_;
};

Record& Streams::record(const Stream& s, const Seen& seen) {
  record_.time = seen.time;
  record_.stream = s.name;
  record_.kind = s.kind;
  record_.direction = seen.direction;
  record_.local = s.local;
  record_.remote = s.remote;
  record_.jid = s.jid;
  return record_;
}

// As nearly all streams of a log have the same, one of them is nearer at hand than each its own.
std::shared_ptr<const Scope> Streams::shared(Scope&& scope) {
  for (const auto& one : scopes_)
    if (*one == scope) return one;
  auto made = std::make_shared<const Scope>(std::move(scope));
  if (scopes_.size() < remembered_scopes) scopes_.push_back(made);
  return made;
}

Streams::Stream& Streams::stream(const Seen& seen) {
  const std::string_view key = seen.key.substr(0, longest_key);
  Stream*& at_hand = near(key);
  if (!at_hand || at_hand->key != key) {
    const auto found = streams_.find(key);
    at_hand = found != streams_.end() ? found->second.get() : &added(key);
  }
  Stream& s = *at_hand;
  if (s.use != uses_.begin()) uses_.splice(uses_.begin(), uses_, s.use);
  if (s.kind == StreamKind::unknown) s.kind = seen.kind;
  s.infer = seen.infer;
  if (seen.time != 0) s.time = seen.time;
  if (!seen.local.empty()) s.local = seen.local;
  if (!seen.remote.empty()) s.remote = seen.remote;
  if (!seen.jid.empty()) s.jid = seen.jid;
  return s;
}

Streams::Stream& Streams::added(std::string_view key) {
  auto made = std::make_unique<Stream>();
  Stream& s = *made;
  s.key = key;
  s.name = "s" + std::to_string(++sink_.counts.streams);
  uses_.push_front(&s);
  s.use = uses_.begin();
  streams_.emplace(s.key, std::move(made));
  bound();
  return s;
}

Streams::Side& Streams::side(Stream& s, const Seen& seen) {
  auto& one = s.sides[static_cast<std::size_t>(seen.direction)];
  if (one) return *one;
  one = std::make_unique<Side>(seen.wire, scopes_.front());
  if (s.tls) one->scanner.may_turn_binary();
  if (s.kind == StreamKind::component || s.kind == StreamKind::server) {  // where no header says it
    Scope scope;
    scope.content_ns = s.kind == StreamKind::server ? "jabber:server" : ns::component;
    one->scope = shared(std::move(scope));
  }
  return *one;
}

void Streams::data(const Seen& seen, std::string_view bytes, bool fresh) {
  if (bytes.empty()) return;
  Stream& s = stream(seen);
  if (s.opaque) {
    sink_.counts.opaque_bytes += bytes.size();
    return;
  }
  Side& one = side(s, seen);
  held_ -= one.scanner.held();
  Reader reader(*this, s, one, seen);
  one.scanner.feed(bytes, seen.place, fresh, reader);
  if (one.scanner.opaque()) {
    s.opaque = true;
    sink_.counts.opaque_bytes += one.scanner.held();
    s.sides[static_cast<std::size_t>(seen.direction)].reset();
    return;
  }
  held_ += one.scanner.held();
  if (held_ > limit::held) bound();
}

void Streams::gap(const Seen& seen, std::string_view why) {
  Stream& s = stream(seen);
  if (s.opaque) return;
  Side& one = side(s, seen);
  held_ -= one.scanner.held();
  Reader reader(*this, s, one, seen);
  one.scanner.gap(why, reader);
  held_ += one.scanner.held();
}

void Streams::damage(const Seen& seen, std::uint64_t bytes, std::string_view why) {
  sink_.damage(stream(seen).name, seen.time, seen.place, bytes, why);
}

void Streams::publish(const Seen& seen, CapturedPublish&& publish) {
  Record& r = record(stream(seen), seen);
  r.what = std::move(publish);
  sink_.record(std::move(r));
}

bool Streams::inside(const Seen& seen) const {
  const auto found = streams_.find(seen.key.substr(0, longest_key));
  if (found == streams_.end()) return false;
  const auto& one = found->second->sides[static_cast<std::size_t>(seen.direction)];
  return one && one->scanner.inside();
}

// What is unfinished is damage, and what is whole behind it is not.
void Streams::finish(Stream& s, std::string_view why) {
  for (std::size_t i = 0; i < s.sides.size(); ++i) {
    if (!s.sides[i]) continue;
    held_ -= s.sides[i]->scanner.held();
    if (s.opaque) continue;
    Seen seen;
    seen.direction = static_cast<Direction>(i);
    seen.time = s.time;
    seen.infer = s.infer;
    Reader reader(*this, s, *s.sides[i], seen);
    s.sides[i]->scanner.gap(why, reader);
  }
}

void Streams::end(Stream& s, std::string_view why) {
  finish(s, why);
  if (Stream*& at_hand = near(s.key); at_hand == &s) at_hand = nullptr;
  uses_.erase(s.use);
  streams_.erase(streams_.find(s.key));
}

void Streams::bound() {
  while (uses_.size() > 1 && (streams_.size() > limit::streams || held_ > limit::held))
    end(*uses_.back(), "too much that is unfinished: the stream that was silent longest is given up");
}

void Streams::open(const Seen& seen) {
  const auto found = streams_.find(seen.key.substr(0, longest_key));
  if (found != streams_.end()) end(*found->second, "cut off: a new connection begins");
  stream(seen);
}

void Streams::close(const Seen& seen, std::string_view reason) {
  const auto found = streams_.find(seen.key.substr(0, longest_key));
  if (found == streams_.end()) return;
  Stream& s = *found->second;
  finish(s, "cut off: the connection ends");
  s.sides = {};
  close(s, seen, s.error.empty() ? reason : s.error);
  end(s, {});
}

void Streams::close(Stream& s, const Seen& seen, std::string_view reason) {
  if (s.closed) return;
  s.closed = true;
  Record& r = record(s, seen);
  r.what = CapturedClose{std::string(reason)};
  sink_.record(std::move(r));
}

void Streams::forget() {
  while (!uses_.empty()) end(*uses_.back(), "cut off: the file ends");
  ids_.clear();
}

}  // namespace ferry::intake
