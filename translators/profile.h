// A person's card: vCard-temp <-> the profile object of profile.get and profile.set.
//
// Maps: FN name, NICKNAME nickname, EMAIL/USERID email, URL url, DESC note, PHOTO photo{mime,data}.
//       Where there is no DESC that says something, NOTE is the note.
// Loses: every other field of a vCard: addresses, telephones, organisation, birthday; a second e-mail address;
//        a NOTE beside a DESC; a photo that is over 64 KiB, elsewhere (EXTVAL) or not base64.
// Spec: XEP-0054.
// Example: <vCard xmlns='vcard-temp'><FN>Bob</FN></vCard> <-> {"name":"Bob"}
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "translators/values/json.h"
#include "translators/values/xml.h"

namespace ferry {

struct Profile {
  std::string name, nickname, email, url, note;
  std::string photo_mime, photo_data;  // base64 without line breaks; at most 64 KiB
};

Result<Profile> read_profile(JsonView object);     // errors by field
std::string profile_json(const Profile& profile);  // {"name":…}
Profile profile_from_vcard(const Element& vcard);
std::string_view note_field(const Element& vcard);  // DESC or NOTE: which one the profile's note is
Element vcard_from_profile(const Profile& profile, std::string_view note_field = "DESC");
// Names of the elements of a card that say something and that its profile does not have; each once, in their order.
std::vector<std::string> lost_fields(const Element& vcard);

}  // namespace ferry
