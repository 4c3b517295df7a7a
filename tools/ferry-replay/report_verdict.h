// What the bridge does to one stanza: found out by carrying it, stanza to payload to stanza, and comparing.
#pragma once

#include <string>
#include <vector>

#include "translators/values/stanza.h"

namespace ferry::report {

// whole: as it was. served: the gateway answers it itself, or MQTT needs nothing of the kind. loss: carried, but not
// all of it. none: not carried, its sender gets an error. From best to worst.
enum class Verdict { whole, served, loss, none };
inline constexpr std::size_t verdicts = 4;
std::string_view verdict_name(Verdict verdict);

// One thing of a stanza that does not arrive as it was.
struct Finding {
  Verdict verdict = Verdict::loss;
  std::string what;     // "<active/> http://jabber.org/protocol/chatstates in a message"
  std::string why;      // the translator's own words, or the gateway's answer
  bool people = false;  // would people notice? else only their programs do
};

struct Judgement {
  Verdict verdict = Verdict::whole;
  std::vector<Finding> findings;
};

// asked: of an answer without content, the namespace of what it answers; else empty.
Judgement judge(const Stanza& stanza, std::string_view asked = {});

std::string shortened(std::string_view text, std::size_t most);  // bytes, and no character is cut in two
std::string payload_name(const Element& payload);                // "<query/> jabber:iq:roster"
std::string canonical_xml(const Element& element);               // the same text for what a parser cannot tell apart

}  // namespace ferry::report
