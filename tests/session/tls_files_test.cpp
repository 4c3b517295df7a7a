#include "gateway/session/tls_files.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/store/temporary.h"

namespace ferry {
namespace tls_files_test {

// Of nobody: made for this test, until 2126.
constexpr const char* certificate = R"(-----BEGIN CERTIFICATE-----
MIIBczCCARmgAwIBAgIUJUava9UOtsKfKL66riZJkHfvgSAwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDYm9iMCAXDTI2MTEyMzAyMzEwNloYDzIxMjYxMDMwMDIzMTA2
WjAOMQwwCgYDVQQDDANib2IwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATHgYKO
IDe1J4AKgJ4ueNiaFSh6txUVeXjHShfiiFu8V7ALJc2UOxf0pq1NytI1lt7YWtGH
brsMl3ae0OCKJwrWo1MwUTAdBgNVHQ4EFgQUy4D1TvLQHYZSoItXZ6K1mLy5Ta8w
HwYDVR0jBBgwFoAUy4D1TvLQHYZSoItXZ6K1mLy5Ta8wDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNIADBFAiAYdeNv97GYYn+0xr/6kR4qoW3SUwHmFAqKHybe
GOXFyQIhAKYKi7nTW6JoQQR/TPR3+CVl6zerjD/zwaCuCDAS4Bwi
-----END CERTIFICATE-----
)";
constexpr const char* its_key = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg4XWDzZ2mpbZ+aRiY
IatT35WAh6jXTV1on1sg13T0iuGhRANCAATHgYKOIDe1J4AKgJ4ueNiaFSh6txUV
eXjHShfiiFu8V7ALJc2UOxf0pq1NytI1lt7YWtGHbrsMl3ae0OCKJwrW
-----END PRIVATE KEY-----
)";
constexpr const char* another_key = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcL60dmqtOBYHhtx2
UlZ7BLzySINVSpZM4GPYHL/crkihRANCAAQHdzp9GGatamkNEyWQtyLkU31UwgYF
cPjH+/OIMZGQiymWZ13ifSGU3Sp60LBsZqVdIOm/NnYsWRT+9TwEJo+I
-----END PRIVATE KEY-----
)";

class TlsFiles : public testing::Test {
 protected:
  std::string put(const std::string& name, const std::string& text) {
    std::ofstream(folder_.file(name)) << text;
    return folder_.file(name);
  }
  static void expect(const std::string& problem, const std::string& file, const std::string& what) {
    EXPECT_NE(problem.find(file), std::string::npos) << problem;
    EXPECT_NE(problem.find(what), std::string::npos) << problem;
  }
  TemporaryFolder folder_;
};

TEST_F(TlsFiles, GoodOnesAreGood) {
  const std::string crt = put("crt", certificate), key = put("key", its_key);
  EXPECT_EQ(cafile_problem(crt), "");
  EXPECT_FALSE(has_private_key(crt));
  EXPECT_TRUE(has_private_key(put("both", std::string(certificate) + "-----BEGIN PRIVATE KEY-----\n")));
  EXPECT_EQ(cafile_problem(put("with words", "# the CA of corp\n" + std::string(certificate))), "");
  EXPECT_EQ(certificate_problem(crt, key), "");
}

TEST_F(TlsFiles, ACafileThatIsNone) {
  for (const char* text : {"", "hello\n", its_key, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"})
    expect(cafile_problem(put("ca.pem", text)), folder_.file("ca.pem"), "holds no certificate");
  expect(cafile_problem(folder_.file("none")), folder_.file("none"), "No such file");
  expect(cafile_problem(folder_.file("")), folder_.file(""), "Is a directory");
}

TEST_F(TlsFiles, ACertificateAndItsKey) {
  const std::string crt = put("crt", certificate), key = put("key", its_key);
  expect(certificate_problem(folder_.file("none"), key), folder_.file("none"), "No such file");
  expect(certificate_problem(key, key), key, "holds no certificate");
  expect(certificate_problem(crt, folder_.file("none")), folder_.file("none"), "No such file");
  expect(certificate_problem(crt, crt), crt, "holds no private key");
  expect(certificate_problem(crt, put("other", another_key)), folder_.file("other"), "is not the key of");
  const std::string sealed = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n";
  expect(certificate_problem(crt, put("sealed", sealed)), folder_.file("sealed"), "holds no private key");
}

}  // namespace tls_files_test
}  // namespace ferry
