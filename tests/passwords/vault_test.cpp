// The vault: what was sealed opens for its owner and kind alone; key files and what is wrong with them.
#include "gateway/passwords/vault.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/store/temporary.h"

namespace ferry {
namespace vault_test {

Vault fresh() { return *Vault::parse(Vault::new_key_file().view(), "key"); }
Jid bob() { return *Jid::parse("bob@corp.example"); }

ScramKeys keys() { return *derive(ScramHash::sha1, "pencil", "salt", 10); }

TEST(Vault, OpensWhatItSealed) {
  const Vault vault = fresh();
  const std::string sealed = vault.seal(bob(), keys());
  EXPECT_EQ(sealed.find("salt"), std::string::npos);
  EXPECT_NE(sealed, vault.seal(bob(), keys())) << "a nonce of its own";
  const auto opened = vault.open_keys(bob(), CredentialKind::scram_sha1, sealed);
  ASSERT_TRUE(opened) << opened.error();
  EXPECT_EQ(opened->stored_key.view(), keys().stored_key.view());
  EXPECT_EQ(opened->server_key.view(), keys().server_key.view());
  EXPECT_EQ(opened->salt, "salt");
  EXPECT_EQ(opened->iterations, 10U);
  const std::string password = vault.seal_password(bob(), "pencil");
  EXPECT_EQ(password.find("pencil"), std::string::npos);
  ASSERT_TRUE(vault.open_password(bob(), password));
  EXPECT_EQ(vault.open_password(bob(), password)->view(), "pencil");
  EXPECT_EQ(vault.open_password(*Jid::parse("bob@corp.example/spark"), password)->view(), "pencil") << "the bare JID's";
}

TEST(Vault, OfNobodyElse) {
  const Vault vault = fresh();
  const std::string sealed = vault.seal(bob(), keys());
  EXPECT_FALSE(vault.open_keys(*Jid::parse("eve@corp.example"), CredentialKind::scram_sha1, sealed));
  EXPECT_FALSE(vault.open_keys(bob(), CredentialKind::scram_sha256, sealed)) << "another kind";
  EXPECT_FALSE(vault.open_password(bob(), sealed));
  EXPECT_FALSE(vault.open_keys(bob(), CredentialKind::password, vault.seal_password(bob(), "x"))) << "no keys";
  const auto other = fresh().open_keys(bob(), CredentialKind::scram_sha1, sealed);
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().find("which the key file does not have"), std::string::npos) << other.error();
}

TEST(Vault, EveryBitCounts) {
  const Vault vault = fresh();
  const std::string sealed = vault.seal_password(bob(), "pencil");
  for (std::size_t i = 0; i < sealed.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string altered = sealed;
      altered[i] = static_cast<char>(altered[i] ^ (1 << bit));
      ASSERT_FALSE(vault.open_password(bob(), altered)) << "byte " << i << " bit " << bit;
    }
  for (std::size_t size = 0; size < sealed.size(); ++size)
    ASSERT_FALSE(vault.open_password(bob(), sealed.substr(0, size))) << size;
  EXPECT_FALSE(vault.open_password(bob(), sealed + "x"));
}

TEST(Vault, RotatesItsKeys) {
  const Secret old_file = Vault::new_key_file();
  const Vault old = *Vault::parse(old_file.view(), "key");
  const std::string sealed = old.seal_password(bob(), "pencil");
  const Vault both = *Vault::parse(Vault::new_key_file(old_file.view()).view(), "key");
  EXPECT_EQ(both.keys(), 2U);
  EXPECT_EQ(both.open_password(bob(), sealed)->view(), "pencil") << "the old key opens";
  EXPECT_FALSE(both.sealed_with_newest(sealed));
  const std::string again = both.seal_password(bob(), "pencil");
  EXPECT_TRUE(both.sealed_with_newest(again));
  EXPECT_FALSE(old.open_password(bob(), again)) << "the new one seals";
}

TEST(Vault, TheBrokersKeyOpensNothingOfTheStore) {
  const Vault vault = fresh();
  const Vault broker = *Vault::parse(vault.derived("broker").key_file_text().view(), "key");
  EXPECT_FALSE(broker.open_password(bob(), vault.seal_password(bob(), "pencil")));
  EXPECT_EQ(vault.derived("broker").open_password(bob(), broker.seal_password(bob(), "pencil"))->view(), "pencil");
  EXPECT_FALSE(vault.derived("another").open_password(bob(), broker.seal_password(bob(), "pencil")));
}

TEST(Vault, KeyFilesThatAreWrong) {
  const std::string id = "00112233", key(64, 'a');
  EXPECT_TRUE(Vault::parse("# comment\n\n" + id + " " + key + " # mine\r\n", "k"));
  const struct {
    std::string text, where, what;
  } rows[] = {
      {"", "k", "no key"},
      {"# nothing\n", "k", "no key"},
      {id, "k:1", "expected"},
      {"\n" + id + " " + key.substr(1), "k:2", "64"},
      {"001122 " + key, "k:1", "expected"},
      {id + " " + key + " x", "k:1", "expected"},
      {id + " " + key + "\n" + id + " " + key, "k:2", "above"},
      {id + " " + std::string(64, 'g'), "k:1", "64"},
  };
  for (const auto& row : rows) {
    const auto vault = Vault::parse(row.text, "k");
    ASSERT_FALSE(vault) << row.text;
    EXPECT_EQ(vault.error().where, row.where) << row.text;
    EXPECT_NE(vault.error().text.find(row.what), std::string::npos) << vault.error().text;
    EXPECT_EQ(vault.error().text.find("aaaaaaaa"), std::string::npos) << "no key in an error";
  }
}

TEST(Vault, AKeyFileIsForItsOwnerOnly) {
  const TemporaryFolder folder;
  const std::string path = folder.file("key");
  EXPECT_EQ(format_problem(Vault::open(path).error()),
            path + ": cannot be read: No such file or directory; make it with: ferryctl vault init");
  EXPECT_NE(Vault::open(path, Vault::Source::in_use).error().text.find("put its copy back"), std::string::npos);
  EXPECT_NE(Vault::open(path, Vault::Source::broker).error().text.find("ferryctl vault broker-key"), std::string::npos);
  EXPECT_NE(Vault::parse("x", path, Vault::Source::broker).error().text.find("vault broker-key"), std::string::npos);
  std::ofstream(path) << Vault::new_key_file().view();
  ::chmod(path.c_str(), 0640);
  const auto open = Vault::open(path);
  ASSERT_FALSE(open);
  EXPECT_EQ(format_problem(open.error()), path + ": is open to group or others: chmod 600 it");
  ::chmod(path.c_str(), 0600);
  EXPECT_TRUE(Vault::open(path));
}

TEST(Vault, OnlyALostKeyIsKeptBelowAnother) {
  const Secret first = Vault::new_key_file(), second = Vault::new_key_file();
  const auto lost = Vault::parse(first.view(), "k"), fresh = Vault::parse(second.view(), "k");
  const auto rotated = Vault::parse(Vault::new_key_file(first.view()).view(), "k");
  ASSERT_TRUE(lost && fresh && rotated);
  const Vault both = fresh->after_loss(*lost);
  EXPECT_EQ(both.keys(), 2U);
  EXPECT_EQ(both.newest_id(), fresh->newest_id());
  EXPECT_TRUE(both.open_text("o", "k", lost->seal_text("o", "k", "text")));
  EXPECT_EQ(fresh->after_loss(*rotated).keys(), 3U) << "none of its keys either";
  EXPECT_EQ(lost->after_loss(*rotated).keys(), 1U) << "what was rotated has it: the administrator drops lines";
  const std::string old = Vault::key_id_of(lost->seal_text("o", "k", "text"));
  EXPECT_EQ(fresh->after_loss(both).keys(), 1U);
  EXPECT_TRUE(fresh->after_loss(both, {old}).open_text("o", "k", lost->seal_text("o", "k", "text")));
  EXPECT_EQ(fresh->after_loss(both, {old, fresh->newest_id()}).keys(), 2U) << "each once";
  EXPECT_EQ(Vault::key_id_of(""), "");
}

TEST(Vault, KindsHaveNames) {
  for (const auto kind : {CredentialKind::scram_sha1, CredentialKind::scram_sha256, CredentialKind::scram_sha512,
                          CredentialKind::password, CredentialKind::ask})
    EXPECT_EQ(credential_kind(credential_kind_name(kind)), kind);
  for (const ScramHash hash : scram_hashes) EXPECT_EQ(hash_of(kind_of(hash)), hash);
  EXPECT_EQ(hash_of(CredentialKind::password), std::nullopt);
  EXPECT_EQ(credential_kind("SCRAM-MD5"), std::nullopt);
}

TEST(Vault, KeysAsText) {
  EXPECT_EQ(scram_keys_text(keys()).view().substr(0, 12), "10,c2FsdA==,");
  for (const char* wrong : {"", "1,2,3", "x,c2FsdA==,,", "10,c2FsdA==,AAAA,AAAA", "-1,c2FsdA==,AAAA,AAAA"})
    EXPECT_FALSE(scram_keys_of(ScramHash::sha1, wrong)) << wrong;
}

}  // namespace vault_test
}  // namespace ferry
