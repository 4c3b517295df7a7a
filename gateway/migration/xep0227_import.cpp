#include <filesystem>

#include "config/text.h"
#include "gateway/migration/row_stage.h"
#include "gateway/migration/sql_lexer.h"
#include "gateway/migration/xml_import.h"
#include "gateway/migration/xml_walk.h"

namespace ferry {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view include_ns = "http://www.w3.org/2001/XInclude";
constexpr std::string_view pubsub_ns = "http://jabber.org/protocol/pubsub";
constexpr std::string_view pubsub_owner_ns = "http://jabber.org/protocol/pubsub#owner";

std::string child_text(const Element& parent, std::string_view name) {
  for (const Node& node : parent.children)
    if (const Element* e = node.element(); e && e->name == name) return std::string(trim(e->text()));
  return {};
}

RosterSubscription subscription_of(std::string_view text) {
  return text == "both"   ? RosterSubscription::both
         : text == "to"   ? RosterSubscription::to
         : text == "from" ? RosterSubscription::from
                          : RosterSubscription::none;
}

// What the files of one source share.
struct Export {
  Intake& intake;
  const Working& working;
  fs::path base;     // no include leaves it
  std::string host;  // whose accounts come
  std::size_t includes = 0;
};

class PieWalker final : public XmlWalker {
 public:
  enum class Level { outside, server, host, user, roster, offline };

  PieWalker(Export& all, fs::path file, Level level, std::size_t depth)
      : all_(all), file_(std::move(file)), levels_{level}, depth_(depth) {}

  bool in_account() const { return in_account_; }

  Way open(const Element& head, const Place& place) override {
    switch (levels_.back()) {
      case Level::outside:
        if (head.name == "server-data") return enter(Level::server);
        if (head.name == "host") return enter_host(head, place);
        all_.intake.problem(ImportProblem::Weight::source, place, "<" + head.name + "/>",
                            "expected <server-data xmlns='urn:xmpp:pie:0'/>, the beginning of an XEP-0227 export");
        return Way::skip;
      case Level::server:
        if (head.name == "host") return enter_host(head, place);
        return other(head, place);
      case Level::host:
        if (head.name == "user") return enter_user(head, place);
        return other(head, place);
      case Level::user:
        if (head.is("query", "jabber:iq:roster")) return enter(Level::roster);
        if (head.name == "offline-messages") return enter(Level::offline);
        if (head.name == "archive") {
          all_.intake.note(place, "archive",
                           "old conversations are not carried; they stay in the old server's archive");
          return Way::skip;
        }
        return Way::take;
      case Level::roster:
      case Level::offline:
        return Way::take;
    }
    return Way::skip;
  }

  void left(const Element&, const Place& place) override {
    const Level level = levels_.back();
    levels_.pop_back();
    if (level != Level::user) return;
    in_account_ = false;
    if (!all_.intake.has_keys())
      all_.intake.lost(place, "password", "the export has none that can be used",
                       "the old server can be asked at the first log-in");
    all_.intake.end();
  }

  void taken(Element whole, const Place& place) override {
    Intake& intake = all_.intake;
    if (levels_.back() == Level::roster)
      roster_item(whole, place);
    else if (levels_.back() == Level::offline)
      intake.message(place, std::move(whole), 0, all_.host);
    else if (whole.name == "scram-credentials")
      intake.keys(place, whole.attr_or("mechanism"), child_text(whole, "salt"),
                  whole_number(child_text(whole, "iter-count")).value_or(0), child_text(whole, "stored-key"),
                  child_text(whole, "server-key"));
    else if (whole.name == "plain-credentials")
      take_exported_password(intake, place, user_, child_text(whole, "password"));
    else if (whole.name == "vCard")
      intake.piece(place, PieceKind::vcard, "", whole);
    else if (whole.is("query", "jabber:iq:private"))
      each_element(whole, [&](const Element& e) { intake.piece(place, PieceKind::private_xml, "", e); });
    else if (whole.is("query", "jabber:iq:privacy"))
      privacy(whole, place);
    else if (whole.is("blocklist", "urn:xmpp:blocking"))
      each_element(whole, [&](const Element& e) { intake.piece(place, PieceKind::blocked, e.attr_or("jid"), ""); });
    else if (whole.name == "presence")
      presence(std::move(whole), place);
    else if (whole.is("pubsub", pubsub_ns) || whole.is("pubsub", pubsub_owner_ns))
      nodes(whole, place);
    else
      intake.lost(place, "<" + whole.name + " xmlns='" + whole.ns + "'/>", "Ferry does not know what this is");
  }

  void over_limit(const Element& head, const Place& place, const std::string& text) override {
    all_.intake.lost(place, "<" + head.name + "/>", text);
  }

  void working(std::uint64_t bytes) override {
    if (all_.working && depth_ == 0) all_.working(bytes);
  }

 private:
  Way enter(Level level) {
    levels_.push_back(level);
    return Way::enter;
  }

  template <class Visit>
  static void each_element(const Element& parent, const Visit& visit) {
    for (const Node& node : parent.children)
      if (const Element* e = node.element()) visit(*e);
  }

  Way enter_host(const Element& head, const Place& place) {
    all_.host = head.attr_or("jid");
    if (all_.host.empty()) all_.intake.note(place, "<host/>", "it has no jid; --domain counts");
    return enter(Level::host);
  }

  Way enter_user(const Element& head, const Place& place) {
    user_ = head.attr_or("name");
    const std::string_view password = head.attr_or("password");
    if (!all_.intake.begin(place, user_, all_.host, {})) return Way::skip;
    in_account_ = true;
    if (password.starts_with("scram:"))
      ejabberd_keys(password.substr(6), place);
    else if (head.attr("password"))
      take_exported_password(all_.intake, place, user_, password);
    return enter(Level::user);
  }

  // "stored,server,salt,4096", with "sha256," or "sha512," before it.
  void ejabberd_keys(std::string_view text, const Place& place) {
    std::string mechanism = "SCRAM-SHA-1";
    auto parts = split(text, ',');
    if (parts.size() == 5) {
      const std::string hash = lower(trim(parts[0]));
      mechanism = hash == "sha256" ? "SCRAM-SHA-256" : hash == "sha512" ? "SCRAM-SHA-512" : "SCRAM-SHA-1";
      if (hash != "sha" && hash != "sha1" && hash != "sha256" && hash != "sha512") mechanism = "SCRAM-" + hash;
      parts.erase(parts.begin());
    }
    if (parts.size() != 4) return all_.intake.lost(place, "password", "expected scram:STORED,SERVER,SALT,ITERATIONS");
    all_.intake.keys(place, mechanism, parts[2], whole_number(parts[3]).value_or(0), parts[0], parts[1]);
  }

  void roster_item(const Element& item, const Place& place) {
    if (item.name != "item") return;
    RawContact raw{item.attr_or("jid"),
                   item.attr_or("name"),
                   subscription_of(item.attr_or("subscription")),
                   item.attr_or("ask") == "subscribe",
                   item.attr_or("approved") == "true" || item.attr_or("approved") == "1",
                   false,
                   {}};
    if (item.attr_or("subscription") == "remove") return;
    each_element(item, [&](const Element& e) {
      if (e.name == "group") raw.groups.push_back(e.text());
    });
    all_.intake.contact(place, std::move(raw));
  }

  void presence(Element stanza, const Place& place) {
    const std::string from(stanza.attr_or("from"));
    if (stanza.attr_or("type") != "subscribe")
      return all_.intake.lost(place, "<presence/>", "only requests to subscribe stand in an export");
    if (stanza.ns != ns::client) stanza.ns = ns::client;
    all_.intake.request(place, from, std::move(stanza));
  }

  void privacy(const Element& query, const Place& place) {
    std::string_view chosen;
    each_element(query, [&](const Element& e) {
      if (e.name == "default") chosen = e.attr_or("name");
    });
    each_element(query, [&](const Element& e) {
      if (e.name == "list") all_.intake.privacy_list(place, e.attr_or("name"), e, e.attr_or("name") == chosen);
    });
  }

  void nodes(const Element& pubsub, const Place& place) {
    each_element(pubsub, [&](const Element& e) {
      if (e.name == "items") all_.intake.piece(place, PieceKind::node, e.attr_or("node"), e);
      if (e.name == "configure") all_.intake.piece(place, PieceKind::node_config, e.attr_or("node"), e);
    });
  }

  Way other(const Element& head, const Place& place) {
    if (head.is("include", include_ns))
      include(std::string(head.attr_or("href")), place);
    else
      all_.intake.lost(place, "<" + head.name + " xmlns='" + head.ns + "'/>", "Ferry does not know what this is");
    return Way::skip;
  }

  void include(const std::string& href, const Place& place) {
    const auto refuse = [&](std::string why) {
      all_.intake.problem(ImportProblem::Weight::source, place, "include of " + in_quotes(href), std::move(why));
    };
    if (all_.base.empty()) return refuse("standard input has no folder; name the file instead of -");
    if (depth_ + 1 >= most_include_depth || ++all_.includes > most_includes)
      return refuse("too many files within one another, or altogether");
    std::string name = href;
    if (name.starts_with("./")) name.erase(0, 2);
    if (name.empty() || name.front() == '/' || name.find("://") != std::string::npos ||
        name.find('\\') != std::string::npos || name.find('\0') != std::string::npos)
      return refuse("expected a relative path");
    std::error_code error;
    const fs::path file = fs::weakly_canonical(file_.parent_path() / name, error);
    const fs::path inside = error ? fs::path("..") : file.lexically_relative(all_.base);
    if (error || inside.empty() || *inside.begin() == "..") return refuse("it lies outside of the export's folder");
    if (all_.intake.was_read(file.string(), true))
      return all_.intake.note(place, "include of " + in_quotes(href), "it was read already, as a source of its own");
    if (!fs::is_directory(file, error) && fs::exists(file, error) && !fs::is_regular_file(file, error))
      return refuse("it is no plain file");  // a pipe would be waited for
    all_.intake.note_read(file.string(), false);
    auto input = Input::open(file.string());
    if (!input) return refuse(input.error());
    PieWalker walker(all_, file, levels_.back(), depth_ + 1);
    const std::string before = all_.host;
    if (std::string wrong = walk_xml(**input, walker, imported_xml_limits()); !wrong.empty()) {
      if (walker.in_account()) all_.intake.abandon(place, wrong);
      all_.intake.problem(ImportProblem::Weight::source, {}, "", wrong);
    }
    all_.host = before;
  }

  Export& all_;
  fs::path file_;
  std::vector<Level> levels_;
  std::size_t depth_;
  std::string user_;
  bool in_account_ = false;
};

}  // namespace

bool is_placeholder_password(std::string_view user, std::string_view password) {
  return !user.empty() && lower(user) == lower(password);
}

void take_exported_password(Intake& intake, const Place& place, std::string_view user, std::string_view password) {
  if (is_placeholder_password(user, password))
    return intake.lost(place, "password",
                       "it is the user's name, which Openfire's export writes where it could not read the password",
                       "take the passwords from the SQL dump, or give the account a new one");
  intake.password(place, password);
}

std::string import_xep0227(Input& input, Intake& intake, const Working& working) {
  std::error_code error;
  fs::path file;
  fs::path base;
  if (input.name() != "stdin") {
    file = fs::weakly_canonical(input.name(), error);
    if (!error) base = file.parent_path();
    if (intake.was_read(file.string(), false)) {
      intake.note({}, input.name(), "it was read already: it was named before, or another file includes it");
      return {};
    }
  }
  Export all{intake, working, base, {}};
  PieWalker walker(all, file, PieWalker::Level::outside, 0);
  std::string wrong = walk_xml(input, walker, imported_xml_limits());
  if (!wrong.empty() && walker.in_account()) intake.abandon(input.place(), wrong);
  if (!file.empty()) intake.note_read(file.string(), true);  // not before: one that includes itself is wrong
  return wrong;
}

}  // namespace ferry
