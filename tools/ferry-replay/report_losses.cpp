// What each translator says that it loses, word for word (tests/replay_losses_test.py compares).
#include "tools/ferry-replay/report_losses.h"

#include <array>

namespace ferry::report {
namespace {

constexpr std::array loss_table{
    Loss{"body",
         "a body without xml:lang whose text one of the others has too; a second body of the same "
         "language; elements inside a body, which no specification allows",
         "RFC 6121 section 5.2.3"},
    Loss{"chat_state", "a chat state that comes with a body: the message itself says that its sender is active",
         "XEP-0085"},
    Loss{"correction", "a second one in the same message; nothing else", "XEP-0308"},
    Loss{"delay",
         "the reason text; towards XMPP, who delayed it; a second delay (the first, oldest one is "
         "taken); fractions of a stamp beyond milliseconds in ts",
         "XEP-0203"},
    Loss{"encryption", "the name that people see; a second one in the same message", "XEP-0380"},
    Loss{"error_part",
         "conditions of an application, and who generated the error; all of it in a stanza of "
         "another type",
         "RFC 6120 section 8.3"},
    Loss{"ext",
         "towards XMPP, elements that only a server may say (carbons, archive results, privileges, "
         "delegations, stanza ids, occupant ids, forwarded stanzas): refused, so that nobody can "
         "forge them; elements of XML's own namespace or of streams, other attributes of xml: than "
         "XML defines, and more than 64 in one message are refused",
         "RFC 6120 section 8.4 (extended content)"},
    Loss{"hint", "a hint said twice", "XEP-0334"},
    Loss{"marker",
         "the difference between displayed and acknowledged; a marker that comes with a body, and "
         "its thread",
         "XEP-0333"},
    Loss{"message",
         "attributes of the stanza that no specification names, and prefixes that it declares; how "
         "an address or an element of a translator was spelt; the order of the parts; white space "
         "and text between them; an absent type and an unknown one become normal. Refused on the way"
         " back: ids and texts longer than out/msg may have",
         "RFC 6121 section 5"},
    Loss{"out_of_band",
         "towards XMPP, mime, size and sha256 of a file: XEP-0066 has no place for them; a file that"
         " comes without a body gets one, its URL: most clients show nothing else",
         "XEP-0066"},
    Loss{"presence",
         "statuses in further languages; capabilities, avatars' hashes and other extensions of a "
         "presence",
         "RFC 6121 section 4"},
    Loss{"presence_state", "statuses in further languages; all of it in a message", "RFC 6121 section 4.7.2"},
    Loss{"profile",
         "every other field of a vCard: addresses, telephones, organisation, birthday; a second "
         "e-mail address; a NOTE beside a DESC; a photo that is over 64 KiB, elsewhere (EXTVAL) or not base64",
         "XEP-0054"},
    Loss{"reaction", "an empty reaction; a second set in the same message", "XEP-0444"},
    Loss{"receipt", "a receipt that comes with a body", "XEP-0184"},
    Loss{"reply",
         "a second one in the same message; the quoted fallback text (XEP-0428) stays in the body "
         "and its marks in ext",
         "XEP-0461"},
    Loss{"retraction",
         "a second one in the same message (the older form over XEP-0422, urn:xmpp:message-"
         "retract:0, travels in ext)",
         "XEP-0424"},
    Loss{"stanza_id",
         "stanza ids towards XMPP: only archives give them, a client must not (XEP-0359 section 5); "
         "a second origin id",
         "XEP-0359"},
    Loss{"subject",
         "subjects in further languages (the one without xml:lang is taken, else the first), and the"
         " language of the one",
         "RFC 6121 section 5.2.4"},
    Loss{"thread", "the parent of a thread; a second thread", "RFC 6121 section 5.2.5, XEP-0201"},
    Loss{"via", "nothing", "Ferry's own (translators/via.h)"},
};

}  // namespace

std::span<const Loss> losses() { return loss_table; }

const Loss& loss_of(std::string_view translator) {
  for (const Loss& loss : loss_table)
    if (loss.translator == translator) return loss;
  return loss_table.front();
}

}  // namespace ferry::report
