// The Openfire plug-in's own format: <Openfire><User>…
#include "gateway/migration/row_stage.h"
#include "gateway/migration/xml_import.h"
#include "gateway/migration/xml_walk.h"

namespace ferry {
namespace {

class OpenfireXml final : public XmlWalker {
 public:
  OpenfireXml(Intake& intake, const Working& working) : intake_(intake), working_(working) {}

  Way open(const Element& head, const Place& place) override {
    if (head.name == "Openfire" && !inside_) {
      inside_ = true;
      return Way::enter;
    }
    if (inside_ && head.name == "User") return Way::take;
    if (!inside_)
      intake_.problem(ImportProblem::Weight::source, place, "<" + head.name + "/>", "expected <Openfire/>");
    else
      intake_.lost(place, "<" + head.name + "/>", "Ferry does not know what this is");
    return Way::skip;
  }

  void left(const Element&, const Place&) override { inside_ = false; }
  void over_limit(const Element& head, const Place& place, const std::string& text) override {
    intake_.problem(ImportProblem::Weight::account, place, "<" + head.name + "/>", text);
  }
  void working(std::uint64_t bytes) override {
    if (working_) working_(bytes);
  }

  void taken(Element whole, const Place& place) override {
    const std::string user = field(whole, "Username"), name = field(whole, "Name"), email = field(whole, "Email");
    std::string password = field(whole, "Password");
    RawAccount raw{name, email, false, whole_number(field(whole, "CreationDate")).value_or(0)};
    if (!intake_.begin(place, user, "", raw)) return Secret::wipe(password);
    take_exported_password(intake_, place, user, password);
    Secret::wipe(password);
    for (const Node& node : whole.children)
      if (const Element* roster = node.element(); roster && roster->name == "Roster")
        for (const Node& inner : roster->children)
          if (const Element* item = inner.element(); item && item->name == "Item") contact(*item, place);
    intake_.end();
  }

 private:
  static std::string field(const Element& parent, std::string_view name) {
    for (const Node& node : parent.children)
      if (const Element* e = node.element(); e && e->name == name) return e->text();
    return {};
  }

  void contact(const Element& item, const Place& place) {
    // As the plug-in reads it: no substatus is both.
    const std::int64_t sub = whole_number(item.attr_or("substatus", "3")).value_or(9);
    const std::int64_t ask = whole_number(item.attr_or("askstatus", "-1")).value_or(-1);
    const std::int64_t recv = whole_number(item.attr_or("recvstatus", "-1")).value_or(-1);
    const std::string_view jid = item.attr_or("jid");
    if (recv == 1) intake_.request(place, jid, "");
    if (sub == -1 || (sub == 0 && ask == -1 && recv == 1)) return;
    if (sub < 0 || sub > 3)
      return intake_.lost(place, "contact " + std::string(jid), "an unknown substatus; expected -1 to 3");
    RawContact raw{jid, item.attr_or("name"), static_cast<RosterSubscription>(sub), ask == 0, false, false, {}};
    for (const Node& node : item.children)
      if (const Element* group = node.element(); group && group->name == "Group") raw.groups.push_back(group->text());
    intake_.contact(place, std::move(raw));
  }

  Intake& intake_;
  const Working& working_;
  bool inside_ = false;
};

}  // namespace

std::string import_openfire_xml(Input& input, Intake& intake, const Working& working) {
  OpenfireXml walker(intake, working);
  return walk_xml(input, walker, imported_xml_limits());
}

}  // namespace ferry
