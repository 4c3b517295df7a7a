// Accounts that keep their address: what profile.set makes of the card on their server.
#include "tests/brain/account_stage.h"

namespace ferry {
namespace accounts_profile_test {

class AccountsProfileTest : public AccountConversation {
 protected:
  AccountsProfileTest() { dual(); }
  // The card's fields, after the profile was set to this note alone.
  std::string with_note(const std::string& fields, const std::string& note) {
    server.accounts[account].card = "<vCard xmlns='vcard-temp'>" + fields + "</vCard>";
    request("profile.set", "", R"(,"profile":{"note":")" + note + "\"}");
    good();
    const auto card = parse_xml(server.accounts[account].card);
    std::string all;
    for (const Node& node : card->children)
      if (const Element* e = node.element()) all += e->name + "=" + e->text() + ";";
    return all;
  }
};
FERRY_CONVERSATIONS(AccountsProfileTest);

TEST_P(AccountsProfileTest, a_profile_keeps_what_no_profile_has) {
  request("profile.set", "", R"(,"profile":{"name":"Robert"})");
  good();
  const std::string card = server.accounts[account].card;
  EXPECT_NE(card.find("Robert"), std::string::npos) << card;
  EXPECT_NE(card.find("<TITLE>Boss</TITLE>"), std::string::npos) << card;
}

TEST_P(AccountsProfileTest, a_note_stays_in_the_field_that_it_was_in) {
  EXPECT_EQ(with_note("<NOTE>n</NOTE>", "n"), "NOTE=n;");
  EXPECT_EQ(with_note("<NOTE>n</NOTE><TITLE>t</TITLE>", "changed"), "NOTE=changed;TITLE=t;");
  EXPECT_EQ(with_note("<DESC/><NOTE>n</NOTE>", "another"), "NOTE=another;");
  EXPECT_EQ(with_note("<NOTE>n</NOTE>", ""), "") << "as with all that a profile has and is not given";
  EXPECT_EQ(with_note("<DESC>d</DESC>", "d"), "DESC=d;");
  EXPECT_EQ(with_note("<NOTE>n</NOTE><DESC>d</DESC>", "of two"), "DESC=of two;NOTE=n;");
  EXPECT_EQ(with_note("<FN>Bob</FN>", "new"), "DESC=new;");
}

}  // namespace accounts_profile_test
}  // namespace ferry
