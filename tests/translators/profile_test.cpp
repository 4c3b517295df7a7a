#include "translators/profile.h"

#include <gtest/gtest.h>

namespace ferry {
namespace profile_test {

Result<Profile> read(std::string_view json) { return read_profile(JsonDocument::parse(json)->root()); }

struct Row {
  std::string_view name, vcard, json, back = {};
};

TEST(Profile, IsAVcardAndAVcardAProfile) {
  const Row rows[] = {
      {"empty", "<vCard xmlns='vcard-temp'/>", "{}"},
      {"a name", "<vCard xmlns='vcard-temp'><FN>Bob &lt;b&gt;</FN></vCard>", R"({"name":"Bob <b>"})"},
      {"everything",
       "<vCard "
       "xmlns='vcard-temp'><FN>Bob</FN><NICKNAME>b</NICKNAME><URL>https://b.example</URL><DESC>d</"
       "DESC><EMAIL><INTERNET/>"
       "<USERID>b@c.example</USERID></EMAIL><PHOTO><TYPE>image/png</TYPE><BINVAL>aGVsbG8=</BINVAL></PHOTO></vCard>",
       R"({"name":"Bob","nickname":"b","url":"https://b.example","note":"d","email":"b@c.example","photo":{"mime":"image/png","data":"aGVsbG8="}})"},
      {"losses",
       "<vCard "
       "xmlns='vcard-temp'><FN>Bob</FN><BDAY>1476-06-09</BDAY><TEL><NUMBER>1</NUMBER></TEL><EMAIL><USERID>1@c.example</"
       "USERID></EMAIL>"
       "<EMAIL><USERID>2@c.example</USERID></EMAIL></vCard>",
       R"({"name":"Bob","email":"1@c.example"})",
       "<vCard xmlns='vcard-temp'><FN>Bob</FN><EMAIL><INTERNET/><USERID>1@c.example</USERID></EMAIL></vCard>"},
      {"a photo in lines",
       "<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>\n aGVs\r\n\tbG8=\n</BINVAL></PHOTO></vCard>",
       R"({"photo":{"mime":"image/png","data":"aGVsbG8="}})",
       "<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>aGVsbG8=</BINVAL></PHOTO></vCard>"},
      {"a photo elsewhere", "<vCard xmlns='vcard-temp'><PHOTO><EXTVAL>http://x.example</EXTVAL></PHOTO></vCard>", "{}",
       "<vCard xmlns='vcard-temp'/>"},
      {"a photo that is none",
       "<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>!!!</BINVAL></PHOTO></vCard>", "{}",
       "<vCard xmlns='vcard-temp'/>"},
      {"a photo of no type", "<vCard xmlns='vcard-temp'><PHOTO><BINVAL>aGVsbG8=</BINVAL></PHOTO></vCard>",
       R"({"photo":{"mime":"application/octet-stream","data":"aGVsbG8="}})",
       "<vCard "
       "xmlns='vcard-temp'><PHOTO><TYPE>application/octet-stream</TYPE><BINVAL>aGVsbG8=</BINVAL></PHOTO></vCard>"},
      {"of another namespace", "<vCard xmlns='vcard-temp'><FN xmlns='urn:x'>Bob</FN></vCard>", "{}",
       "<vCard xmlns='vcard-temp'/>"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(profile_json(profile_from_vcard(*parse_xml(row.vcard))), row.json) << row.name;
    const auto p = read(row.json);
    ASSERT_TRUE(p) << row.name;
    EXPECT_EQ(to_xml(vcard_from_profile(*p)), row.back.empty() ? row.vcard : row.back) << row.name;
  }
}

TEST(Profile, ANoteIsTheDescriptionOrElseTheNote) {
  const auto note = [](const std::string& fields) {
    return profile_from_vcard(*parse_xml("<vCard xmlns='vcard-temp'>" + fields + "</vCard>")).note;
  };
  EXPECT_EQ(note("<NOTE>n</NOTE>"), "n");
  EXPECT_EQ(note("<DESC> </DESC><NOTE>n</NOTE>"), "n");
  EXPECT_EQ(note("<NOTE>n</NOTE><DESC>d</DESC>"), "d");
}

TEST(Profile, APhotoOverTheLimitIsLeftOut) {
  const auto vcard = [](std::size_t n) {
    return *parse_xml("<vCard xmlns='vcard-temp'><PHOTO><TYPE>image/png</TYPE><BINVAL>" + std::string(n, 'A') +
                      "</BINVAL></PHOTO></vCard>");
  };
  EXPECT_EQ(profile_from_vcard(vcard(65'536)).photo_data.size(), 65'536U);
  EXPECT_TRUE(profile_from_vcard(vcard(65'540)).photo_data.empty());
}

TEST(Profile, WhatIsLostIsNamed) {
  const std::pair<std::string, std::vector<std::string>> rows[] = {
      {"<FN>Bob</FN><EMAIL><USERID>bob@corp.example</USERID></EMAIL>", {}},
      {"<N><FAMILY>B</FAMILY></N><TEL><NUMBER>1</NUMBER></TEL><TEL><NUMBER>2</NUMBER></TEL>", {"N", "TEL"}},
      {"<N><FAMILY/><GIVEN> </GIVEN></N><GEO/>", {}},
      {"<EMAIL><USERID>a@b.example</USERID></EMAIL><EMAIL><USERID>c@b.example</USERID></EMAIL>", {"EMAIL"}},
      {"<PHOTO><EXTVAL>https://corp.example/bob.png</EXTVAL></PHOTO>", {"PHOTO"}},
      {"<NOTE>n</NOTE>", {}},
      {"<DESC/><NOTE>n</NOTE>", {}},
      {"<NOTE>n</NOTE><DESC>d</DESC>", {"NOTE"}},
  };
  for (const auto& [fields, lost] : rows)
    EXPECT_EQ(lost_fields(*parse_xml("<vCard xmlns='vcard-temp'>" + fields + "</vCard>")), lost) << fields;
}

TEST(Profile, AWrongFieldIsNamed) {
  const std::pair<std::string, std::string_view> rows[] = {
      {"[]", "profile"},
      {R"({"name":1})", "name"},
      {R"({"nickname":"\u0000"})", "nickname"},
      {R"({"email":[]})", "email"},
      {R"({"url":")" + std::string(1'025, 'x') + "\"}", "url"},
      {R"({"note":null})", "note"},
      {R"({"photo":"x"})", "photo"},
      {R"({"photo":{"mime":"image/png"}})", "photo"},
      {R"({"photo":{"data":"aGVsbG8="}})", "photo"},
      {R"({"photo":{"mime":1,"data":"aGVsbG8="}})", "photo.mime"},
      {R"({"photo":{"mime":"image/png","data":1}})", "photo.data"},
      {R"({"photo":{"mime":"","data":"aGVsbG8="}})", "photo"},
      {R"({"photo":{"mime":"image/png","data":""}})", "photo"},
      {R"({"photo":{"mime":"image/png","data":"a b="}})", "photo"},
      {R"({"photo":{"mime":"image/png","data":"abc"}})", "photo"},
      {R"({"photo":{"mime":"image/png","data":"a==="}})", "photo"},
      {R"({"photo":{"mime":"image/png","data":"a=bc"}})", "photo"},
      {R"({"photo":{"mime":"image/png","data":")" + std::string(65'540, 'A') + "\"}}", "photo.data"},
  };
  for (const auto& [json, says] : rows) {
    const auto p = read(json);
    ASSERT_FALSE(p) << json.substr(0, 100);
    EXPECT_TRUE(p.error().text.starts_with(says)) << json.substr(0, 100) << ": " << p.error().text;
  }
}

}  // namespace profile_test
}  // namespace ferry
