#include "gateway/migration/sql_sight.h"

#include <algorithm>

namespace ferry {
namespace {

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// 'it\'s': by the standard's rules the text would end at the second quote, and nothing could follow it like this.
bool escapes_a_quote(std::string_view look) {
  for (std::size_t at = look.find("\\'"); at != std::string_view::npos; at = look.find("\\'", at + 2)) {
    std::size_t begin = at;
    while (begin > 0 && look[begin - 1] == '\\') --begin;
    if ((at - begin) % 2 == 0 && at + 2 < look.size() && is_alphanumeric(look[at + 2])) return true;
  }
  return false;
}

}  // namespace

bool is_key_clause(std::string_view word, std::string_view next) {
  constexpr std::string_view words[] = {"primary", "key",     "unique", "index",   "constraint", "fulltext",
                                        "spatial", "foreign", "check",  "exclude", "like"};
  constexpr std::string_view types[] = {"text", "character", "varchar", "int", "integer", "bigint", "bytea", "blob"};
  const auto has = [](const auto& list, std::string_view one) {
    return std::find(std::begin(list), std::end(list), one) != std::end(list);
  };
  return has(words, word) && !(word == "key" && has(types, next));
}

SqlSight first_sight(std::string_view look) {
  SqlSight out;
  const auto has = [&](std::string_view part) { return look.find(part) != std::string_view::npos; };
  if (has("INSERT [dbo].[") || has("INTO [dbo].[") || has("CREATE TABLE [dbo].["))
    out.refused =
        "this is a script of Microsoft SQL Server, whose statements end with GO: it is not read; copy the tables into "
        "MySQL or PostgreSQL, and dump them there";
  // HSQLDB's statements end with their lines: this has to be known before the first one.
  if (has("CREATE MEMORY TABLE") || has("CREATE CACHED TABLE") || has("CREATE SCHEMA PUBLIC AUTHORIZATION") ||
      has("SET DATABASE UNIQUE NAME") || look.starts_with("/*C"))
    out.dialect = SqlDialect::hsqldb;
  else if (has("PostgreSQL database dump") || has("standard_conforming_strings"))
    out.dialect = SqlDialect::postgres;
  else if (has("-- MySQL dump") || has("INTO `") || has("TABLE `"))
    out.dialect = SqlDialect::mysql;
  else if (has("-- Mnesia table: ") || escapes_a_quote(look))  // the first: ejabberdctl export2sql
    out.dialect = SqlDialect::mysql;
  const std::string_view top = look.substr(0, 500);
  if (top.find("-- MySQL dump ") != std::string_view::npos || top.find("-- MariaDB dump ") != std::string_view::npos)
    out.last_comment = "dump completed";
  else if (top.find("-- PostgreSQL database dump\n") != std::string_view::npos ||
           top.find("-- PostgreSQL database dump\r\n") != std::string_view::npos)
    out.last_comment = "postgresql database dump complete";
  else if (top.find("-- PostgreSQL database cluster dump") != std::string_view::npos)
    out.last_comment = "postgresql database cluster dump complete";
  return out;
}

}  // namespace ferry
