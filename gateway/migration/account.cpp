#include "gateway/migration/account.h"

namespace ferry {

std::string_view subscription_name(RosterSubscription subscription) {
  switch (subscription) {
    case RosterSubscription::none:
      return "none";
    case RosterSubscription::to:
      return "to";
    case RosterSubscription::from:
      return "from";
    case RosterSubscription::both:
      return "both";
  }
  return "none";
}

std::string_view piece_name(PieceKind kind) {
  switch (kind) {
    case PieceKind::vcard:
      return "vcard";
    case PieceKind::private_xml:
      return "private";
    case PieceKind::privacy_list:
      return "privacy-list";
    case PieceKind::blocked:
      return "blocked";
    case PieceKind::node:
      return "node";
    case PieceKind::node_config:
      return "node-config";
    case PieceKind::last:
      return "last";
  }
  return "";
}

std::string_view weight_name(ImportProblem::Weight weight) {
  switch (weight) {
    case ImportProblem::Weight::note:
      return "note";
    case ImportProblem::Weight::piece:
      return "piece";
    case ImportProblem::Weight::account:
      return "account";
    case ImportProblem::Weight::source:
      return "source";
  }
  return "";
}

std::string problem_text(const ImportProblem& problem) {
  std::string text = problem.place;
  if (!problem.what.empty()) text += (text.empty() ? "" : ": ") + problem.what;
  text += (text.empty() ? "" : ": ") + problem.reason;
  if (!problem.suggestion.empty()) text += "; " + problem.suggestion;
  return text;
}

}  // namespace ferry
