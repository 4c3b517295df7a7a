// Dumps as rows: what each program writes, and what is no dump at all.
#include "gateway/migration/sql_reader.h"

#include <gtest/gtest.h>

namespace ferry {
namespace sql_reader_test {

class Rows final : public SqlHandler {
 public:
  std::vector<std::string> rows, problems;
  bool wants(std::string_view table) override { return table != "unwanted"; }
  void row(SqlRow& row) override { rows.push_back(text(row)); }
  void removed(SqlRow& where) override { rows.push_back("- " + text(where)); }
  void wrong(const Place& place, std::string what, std::string) override {
    problems.push_back(place_text(place) + " " + what);
  }
  void note(const Place&, std::string) override { ++notes; }
  void working(std::uint64_t) override {}
  int notes = 0;

 private:
  static std::string text(const SqlRow& row) {
    std::string out(row.table);
    for (std::size_t i = 0; i < row.values.size(); ++i) {
      const SqlValue& value = row.values[i];
      out += " " + row.columns[i] + "=";
      out += value.kind == SqlValue::Kind::null    ? "NULL"
             : value.kind == SqlValue::Kind::other ? "EXPRESSION"
             : value.kind == SqlValue::Kind::text  ? "<" + value.text + ">"
                                                   : "LARGE";
    }
    return out;
  }
};

struct Result {
  Rows rows;
  std::string error;
};

Result read(std::string_view text, const SqlLimits& limits = {}) {
  Result out;
  SqlColumns columns;
  Input input(text, "d.sql");
  out.error = read_sql(input, columns, out.rows, limits);
  return out;
}

TEST(SqlReader, MysqldumpExtendedInsertsAndEscapes) {
  const auto r = read(R"sql(-- MySQL dump 10.13
/*!40101 SET NAMES utf8mb4 */;
CREATE TABLE `T` (
  `a` varchar(64) NOT NULL DEFAULT 'x,y)',
  `b` text, -- a comment
  PRIMARY KEY (`a`),
  KEY `k` (`b`)
) ENGINE=InnoDB;
/*!40000 ALTER TABLE `T` DISABLE KEYS */;
INSERT INTO `T` VALUES ('it''s','a\nb\\c\'d\0e'),('ü',NULL),(-1,_binary 'z');
INSERT INTO `unwanted` VALUES ('a;b','c''');
REPLACE INTO db.`T` (`b`,`a`) VALUES (1.5,"double");
-- Dump completed on 2026-01-01
)sql");
  EXPECT_EQ(r.error, "");
  EXPECT_EQ(r.rows.problems, std::vector<std::string>{});
  ASSERT_EQ(r.rows.rows.size(), 4U);
  EXPECT_EQ(r.rows.rows[0], std::string("t a=<it's> b=<a\nb\\c'd") + '\0' + "e>");
  EXPECT_EQ(r.rows.rows[1], "t a=<ü> b=NULL");
  EXPECT_EQ(r.rows.rows[2], "t a=<-1> b=<z>");
  EXPECT_EQ(r.rows.rows[3], "t b=<1.5> a=<double>");
}

TEST(SqlReader, NavicatWritesTextsAsHexadecimal) {
  const auto r = read(
      "/* Navicat MySQL Data Transfer */\nINSERT INTO `t` (`a`, `b`) VALUES (0x68C3A4, '3');\n"
      "insert into `t` (`a`, `b`) values (X'41', null);");
  EXPECT_EQ(r.rows.rows, (std::vector<std::string>{"t a=<hä> b=<3>", "t a=<A> b=NULL"}));
}

TEST(SqlReader, PgDumpCopyAndInsert) {
  const auto r = read(
      "--\n-- PostgreSQL database dump\n--\nSET client_encoding = 'UTF8';\n\\restrict abc\n"
      "CREATE FUNCTION f() RETURNS int AS $$ SELECT ';'; $$;\n"
      "COPY public.t (a, b, \"rank\") FROM stdin;\none\\ttab\\nline\\\\\t\\N\t1\nsp ace\t\\\\N\t\\x\n\\.\n"
      "COPY public.unwanted (x) FROM stdin;\nINSERT INTO t VALUES\n\\.\n"
      "INSERT INTO public.t (a, b) VALUES ('back\\slash', 'x'), (E'a\\nb', 'it''s'::text), ('x', now());\n");
  EXPECT_EQ(r.error, "");
  EXPECT_EQ(r.rows.rows,
            (std::vector<std::string>{"t a=<one\ttab\nline\\> b=NULL rank=<1>", "t a=<sp ace> b=<\\N> rank=<x>",
                                      "t a=<back\\slash> b=<x>", "t a=<a\nb> b=<it's>", "t a=<x> b=EXPRESSION"}));
}

TEST(SqlReader, HsqldbScriptAndLog) {
  const auto r = read(
      "CREATE SCHEMA PUBLIC AUTHORIZATION DBA\n"
      "CREATE MEMORY TABLE PUBLIC.T(A VARCHAR(64) NOT NULL,B VARCHAR(9),CONSTRAINT P PRIMARY KEY(A))\n"
      "SET TABLE T INDEX '5 5'\nINSERT INTO T VALUES('it''s;\\u00e4\\ud83d\\ude00\\x',NULL)\n"
      "/*C3*/INSERT INTO T VALUES('x','y')\nDELETE FROM T WHERE A='x' AND B='y'\nCOMMIT\n");
  EXPECT_EQ(r.error, "");
  EXPECT_EQ(r.rows.problems, std::vector<std::string>{});
  EXPECT_EQ(r.rows.rows, (std::vector<std::string>{"t a=<it's;ä😀\\x> b=NULL", "t a=<x> b=<y>", "- t a=<x> b=<y>"}));
}

TEST(SqlReader, SqlitesDump) {
  const auto r = read(
      "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE t (a text, b text);\n"
      "INSERT INTO t VALUES(replace(replace('x\\r\\ny','\\r',char(13)),'\\n',char(10)),'c\\');\nCOMMIT;\n");
  EXPECT_EQ(r.rows.problems, std::vector<std::string>{});
  EXPECT_EQ(r.rows.rows, std::vector<std::string>{"t a=<x\r\ny> b=<c\\>"});
}

TEST(SqlReader, CharacterSets) {
  EXPECT_EQ(read("/*!40101 SET NAMES latin1 */;\nINSERT INTO `t` (a) VALUES ('\xe4\x80');").rows.rows,
            std::vector<std::string>{"t a=<ä€>"});
  const auto guessed = read("INSERT INTO `t` (a) VALUES ('\xe4');");
  EXPECT_EQ(guessed.rows.rows, std::vector<std::string>{"t a=<ä>"});
  EXPECT_EQ(guessed.rows.notes, 1);
  EXPECT_NE(read("SET NAMES gbk;\nINSERT INTO `t` (a) VALUES ('x');").error.find("character set gbk"),
            std::string::npos);
}

TEST(SqlReader, WhatIsOverALimitIsDroppedAndTheRestComes) {
  SqlLimits limits;
  limits.value_bytes = 4;
  const auto r = read("INSERT INTO `t` (a) VALUES ('12345'),('1234');", limits);
  EXPECT_EQ(r.rows.rows, (std::vector<std::string>{"t a=LARGE", "t a=<1234>"}));
  limits = {};
  limits.row_bytes = 6;
  const auto row = read("INSERT INTO `t` (a,b) VALUES ('1234','5678'),('1','2');", limits);
  EXPECT_EQ(row.rows.rows, std::vector<std::string>{"t a=<1> b=<2>"});
  ASSERT_EQ(row.rows.problems.size(), 1U);
  EXPECT_EQ(row.rows.problems[0], "d.sql:1 a row of more than 6 bytes");
}

TEST(SqlReader, DamageIsLocatedAndPassedOver) {
  const auto r = read(
      "INSERT INTO `t` (a,b) VALUES ('x','y');\nINSERT INTO `t` (a,b) VALUES ('x');\n"
      "INSERT INTO `t` (a,b) VALUES ('x' 'y' z;\nINSERT INTO t VALUES (1);\n"
      "INSERT INTO `t` (a,b) VALUES ('p','q');\nINSERT INTO `t` (a,b) VALUES ('cut of");
  EXPECT_EQ(r.rows.rows, (std::vector<std::string>{"t a=<x> b=<y>", "t a=<p> b=<q>"}));
  ASSERT_EQ(r.rows.problems.size(), 4U);
  EXPECT_EQ(r.rows.problems[0], "d.sql:2 a row of 1 values for 2 columns");
  EXPECT_EQ(r.rows.problems[1].substr(0, 8), "d.sql:3 ");
  EXPECT_EQ(r.rows.problems[2].substr(0, 8), "d.sql:4 ");
  EXPECT_EQ(r.rows.problems[3], "d.sql:6 a value without an end");
}

TEST(SqlReader, ForeignFilesAreRefusedWithTheCommandThatHelps) {
  EXPECT_NE(foreign_format("\x1f\x8b\x08", "d.sql.gz").find("zcat d.sql.gz"), std::string::npos);
  EXPECT_NE(foreign_format("PGDMP\1", "d").find("pg_restore -f - d"), std::string::npos);
  EXPECT_NE(foreign_format("\xff\xfeI", "d").find("iconv"), std::string::npos);
  EXPECT_EQ(foreign_format("INSERT", "d"), "");
}

// A number, a minus sign, a comment at the seam of two buffers are what they are elsewhere.
TEST(SqlReader, SeamsOfBuffersDoNotShow) {
  for (std::size_t fill = 65'500; fill < 65'540; ++fill) {
    std::string text = "INSERT INTO `t` (a,b) VALUES ('";
    text += std::string(fill - text.size(), 'x') + "',-1); -- c\nINSERT INTO `t` (a,b) VALUES (-2,'y');";
    std::size_t at = 0;
    Input input(
        [&](char* to, std::size_t size) {
          const std::size_t part = std::min(size, text.size() - at);
          std::copy_n(text.data() + at, part, to);
          at += part;
          return part;
        },
        "pipe");
    Rows rows;
    SqlColumns columns;
    ASSERT_EQ(read_sql(input, columns, rows), "");
    ASSERT_EQ(rows.rows.size(), 2U) << fill;
    ASSERT_TRUE(rows.rows[0].ends_with("b=<-1>")) << fill;
    ASSERT_EQ(rows.rows[1], "t a=<-2> b=<y>") << fill;
  }
}

// pg_dump --inserts of Prosody's table.
TEST(SqlReader, AColumnMayBeCalledKey) {
  const auto r = read(
      "CREATE TABLE public.t (a text, key text NOT NULL, b int, KEY k (a), UNIQUE KEY (b), PRIMARY KEY (a));\n"
      "INSERT INTO public.t VALUES ('1', '2', 3);\n");
  EXPECT_EQ(r.rows.rows, (std::vector<std::string>{"t a=<1> key=<2> b=<3>"}));
}

}  // namespace sql_reader_test
}  // namespace ferry
