// Takes out of a record what nobody else should read, and keeps its structure.
#pragma once

#include <memory>
#include <string>

#include "gateway/capture/record.h"
#include "translators/values/xml.h"

namespace ferry {

// One instance is one set of pseudonyms: the same name becomes the same pseudonym, of equal length class and script.
class Redaction {
 public:
  struct Settings {
    std::string key;  // chance, 16 bytes or more: pseudonyms are keyed by it (a fixed one makes tests repeatable)
    bool keep_bodies = false;  // bodies, subjects, status texts, names as they are
    bool keep_jids = false;    // addresses as they are
  };
  explicit Redaction(Settings settings);
  ~Redaction();
  Redaction(const Redaction&) = delete;
  Redaction& operator=(const Redaction&) = delete;

  // SASL, passwords and secrets are gone whatever is kept. What cannot be read as XML or JSON loses its content.
  // read: a stanza's text as the reader of translators/values has read it, where the caller has it: else it is read
  // here once more, which is half of the work.
  Record redact(Record record, const Element* read = nullptr);
  void redact_in_place(Record& record, const Element* read = nullptr);
  std::string pseudonym_of_jid(const std::string& jid);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry
