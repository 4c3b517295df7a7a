#include "translators/profile.h"

#include <algorithm>
#include <array>

#include "translators/part.h"

namespace ferry {
namespace {

constexpr std::string_view vcard_space = "vcard-temp";
constexpr std::size_t max_field = 1'024, max_photo = 65'536;

struct Field {
  std::string_view key;
  std::string Profile::*into;
  std::string_view element;
};
constexpr std::array fields{
    Field{"name", &Profile::name, "FN"},
    Field{"nickname", &Profile::nickname, "NICKNAME"},
    Field{"url", &Profile::url, "URL"},
    Field{"note", &Profile::note, "DESC"},
};

// RFC 4648 section 4, padded, and something in it.
bool is_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return false;
  for (int i = 0; i < 2 && text.back() == '='; ++i) text.remove_suffix(1);
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  });
}

std::string child_text(const Element& e, std::string_view name) {
  const Element* child = e.child(name, vcard_space);
  return child ? child->text() : std::string();
}

bool says_something(const Element& e) {
  if (e.text().find_first_not_of(" \t\r\n") != std::string::npos) return true;
  return std::any_of(e.children.begin(), e.children.end(), [](const Node& node) {
    const Element* child = node.element();
    return child && says_something(*child);
  });
}

}  // namespace

Result<Profile> read_profile(JsonView object) {
  if (!object.is_object()) return error(Condition::bad_request, "profile: expected an object");
  Profile p;
  const auto take = [&](std::string_view key, std::string& into) -> std::optional<StanzaError> {
    TextField field = text_field(object, key, max_field);
    if (field.text) into = std::move(*field.text);
    return field.error;
  };
  for (const Field& f : fields)
    if (auto wrong = take(f.key, p.*f.into)) return *wrong;
  if (auto wrong = take("email", p.email)) return *wrong;
  if (const JsonView photo = object["photo"]) {
    TextField mime = text_field(photo, "mime", 128, "photo"), data = text_field(photo, "data", max_photo, "photo");
    if (mime.error) return *mime.error;
    if (data.error) return *data.error;
    if (!mime.text || mime.text->empty() || !data.text || !is_base64(*data.text))
      return error(Condition::bad_request, "photo: expected {\"mime\":…,\"data\":base64}");
    p.photo_mime = std::move(*mime.text);
    p.photo_data = std::move(*data.text);
  }
  return p;
}

std::string profile_json(const Profile& p) {
  JsonWriter json;
  json.begin_object();
  for (const Field& f : fields)
    if (!(p.*f.into).empty()) json.field(f.key, p.*f.into);
  if (!p.email.empty()) json.field("email", p.email);
  if (!p.photo_data.empty())
    json.key("photo").begin_object().field("mime", p.photo_mime).field("data", p.photo_data).end_object();
  return json.end_object().take();
}

Profile profile_from_vcard(const Element& vcard) {
  Profile p;
  for (const Field& f : fields) p.*f.into = child_text(vcard, f.element);
  p.note = child_text(vcard, note_field(vcard));
  if (const Element* email = vcard.child("EMAIL", vcard_space)) p.email = child_text(*email, "USERID");
  if (const Element* photo = vcard.child("PHOTO", vcard_space)) {
    p.photo_mime = child_text(*photo, "TYPE");
    p.photo_data = child_text(*photo, "BINVAL");
    std::erase_if(p.photo_data, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
    if (p.photo_data.size() > max_photo || !is_base64(p.photo_data)) p.photo_data.clear();
    if (p.photo_data.empty())
      p.photo_mime.clear();
    else if (p.photo_mime.empty())
      p.photo_mime = "application/octet-stream";
  }
  return p;
}

std::string_view note_field(const Element& vcard) {
  const Element* desc = vcard.child("DESC", vcard_space);
  const bool other = (!desc || !says_something(*desc)) && vcard.child("NOTE", vcard_space);
  return other ? "NOTE" : "DESC";
}

Element vcard_from_profile(const Profile& p, std::string_view note_field) {
  Element vcard("vCard", vcard_space);
  for (const Field& f : fields)
    if (!(p.*f.into).empty())
      vcard.add(Element(f.into == &Profile::note ? note_field : f.element, vcard_space)).add_text(p.*f.into);
  if (!p.email.empty()) {
    Element& email = vcard.add(Element("EMAIL", vcard_space));
    email.add(Element("INTERNET", vcard_space));
    email.add(Element("USERID", vcard_space)).add_text(p.email);
  }
  if (!p.photo_data.empty()) {
    Element& photo = vcard.add(Element("PHOTO", vcard_space));
    photo.add(Element("TYPE", vcard_space)).add_text(p.photo_mime);
    photo.add(Element("BINVAL", vcard_space)).add_text(p.photo_data);
  }
  return vcard;
}

// Clients write empty fields as well.
std::vector<std::string> lost_fields(const Element& vcard) {
  Element left = vcard_from_profile(profile_from_vcard(vcard), note_field(vcard));
  std::vector<std::string> lost;
  for (const Node& node : vcard.children) {
    const Element* field = node.element();
    if (!field || !says_something(*field)) continue;
    const auto kept = std::find_if(left.children.begin(), left.children.end(),
                                   [&](const Node& n) { return n.element() && n.element()->name == field->name; });
    if (kept != left.children.end())
      left.children.erase(kept);  // one of each: the first
    else if (std::find(lost.begin(), lost.end(), field->name) == lost.end())
      lost.push_back(field->name);
  }
  return lost;
}

}  // namespace ferry
