#include "gateway/session/worker/worker_session.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace ferry {
namespace {

constexpr std::size_t tls_record = 16 * 1024;

}  // namespace

WorkerSession::WorkerSession(Poller& poller, FrameSink& sink, WorkerBeat& beat, const WorkerSettings& settings,
                             LookTurn& turn, std::uint32_t id, SessionAccount account)
    : poller_(poller),
      sink_(sink),
      beat_(beat),
      id_(id),
      limits_(stanza_limits(settings.message_bytes)),
      stanza_limit_(settings.stanza_ms),
      traffic_(settings.traffic),
      client_(*this, settings),
      session_(account, settings.away_poll_ms, &turn),
      login_{std::move(account), {}, 0} {}

WorkerSession::~WorkerSession() { forget(); }

void WorkerSession::forget() {
  if (watched_ >= 0) poller_.forget(std::exchange(watched_, -1));
}

void WorkerSession::open(WorkerLogin login, Steady now) {
  if (state_ != State::down) return;
  if (login.account.password != login_.account.password ||
      login.account.certificate_file != login_.account.certificate_file ||
      login.account.resource != login_.account.resource)
    resumable_ = false;
  login_ = std::move(login);
  session_.set_account(login_.account);
  state_ = State::open;
  bound_ = false;
  turns_ = turns_per_event;
  client_.connect(login_, resumable_, now);
  settle();
}

void WorkerSession::shut() {
  if (state_ == State::gone || state_ == State::shutting) return;
  if (state_ == State::down) {
    state_ = State::gone;
    sink_.post(to_frame(id_, WorkerDown{SessionDown::Why::unwanted, true, "logged out", {}}));
    return;
  }
  state_ = State::shutting;
  client_.disconnect();
  turns_ = turns_per_event;
}

void WorkerSession::send(std::int64_t token, std::string stanza) {
  if (state_ != State::open || !bound_) return;  // the gateway learns that it is down, and sends again
  waiting_.push_back({token, true, std::move(stanza)});
  turns_ = std::max(turns_, 2);
}

void WorkerSession::say_presence(std::string stanza) {
  if (state_ != State::open || !bound_) return;
  session_.say_presence(std::move(stanza), steady_now());
  settle();
}

void WorkerSession::commit(std::int64_t count) {
  committed_ = std::min(std::max(committed_, count), given_);
  turns_ = turns_per_event;
}

void WorkerSession::on_ready(std::uint32_t events) {
  if (events & EPOLLOUT) writable_turns_ = std::max(0, writable_turns_ - 1);
  turns_ = turns_per_event;
}

// Trap: the library's queue has no limit, and of what it holds at a cut nobody can say what was sent. So it gets only
// what the kernel can take at once.
void WorkerSession::hand_over() {
  handed_now_ = 0;
  if (!bound_ || waiting_.empty()) return;
  std::size_t in_kernel = client_.unsent_bytes();
  while (!waiting_.empty() && (in_kernel == 0 || in_kernel + waiting_.front().stanza.size() < kernel_limit)) {
    Waiting& next = waiting_.front();
    in_kernel += next.stanza.size();
    if (next.stanza.size() > tls_record) writable_turns_ += static_cast<int>(next.stanza.size() / tls_record) + 2;
    client_.send(next.stanza);
    if (traffic_) record(SessionTraffic::What::sent, next.stanza);
    under_way_.push_back({next.token, next.report, next.stanza.size()});
    ++handed_now_;
    waiting_.pop_front();
  }
}

void WorkerSession::pump(Steady now) {
  while (turns_ > 0 && given_ == committed_ && !sink_.full() && client_.fd() >= 0) {
    --turns_;
    activity_ = false;
    now = steady_now();  // the sessions before this one may have taken long
    beat_.at.store(now);
    beat_.session.store(id_);
    hand_over();
    client_.turn(now);
    settle();
    give_up_if_busy(steady_now() - now);
    beat_.session.store(0);
    if (activity_) turns_ = turns_per_event;
    if (!acknowledges_ && bound_)
      while (!under_way_.empty()) {  // no XEP-0198: written is all that can be known
        report(under_way_.front());
        under_way_.pop_front();
      }
  }
  watch();
}

// Trap: the library appends each child by walking over all the others, so a stanza of 65,000 takes it many slow turns,
// none of which is long enough for the watchdog. In a worker of its own the account disturbs nobody.
void WorkerSession::give_up_if_busy(Duration turn) {
  constexpr Duration slow = 20;
  busy_ = activity_ || turn < slow || !bound_ ? 0 : busy_ + turn;
  if (stanza_limit_ > 0 && busy_ >= stanza_limit_) ::_exit(worker_kept_busy);
}

void WorkerSession::settle() {
  AccountSession::Output out = session_.take();
  for (std::string& stanza : out.stanzas) waiting_.push_back({0, false, std::move(stanza)});
  if (!out.stanzas.empty()) turns_ = std::max(turns_, 2);
  for (const SessionEvent& event : out.events) {
    if (const auto* stanza = std::get_if<SessionStanza>(&event)) {
      if (sink_.post(to_frame(id_, given_ + 1, *stanza)))
        ++given_;
      else
        ++out.refused;
    } else if (const auto* up = std::get_if<SessionUp>(&event)) {
      sink_.post(to_frame(id_, *up));
    } else if (const auto* caught_up = std::get_if<SessionCaughtUp>(&event)) {
      sink_.post(to_frame(id_, *caught_up));
    } else if (const auto* waiting = std::get_if<SessionWaiting>(&event)) {
      sink_.post(to_frame(id_, *waiting));
    }
  }
  if (out.refused > 0) sink_.post(simple_frame(FrameKind::refused, id_, static_cast<std::int64_t>(out.refused)));
  if (!out.lost.empty() && state_ == State::open) {
    lost_ = out.lost;
    client_.disconnect();
  }
  if (!down_) return;
  WorkerDown down = *std::exchange(down_, std::nullopt);
  if (!lost_.empty()) down.reason = std::exchange(lost_, {});
  if (verdict_) down = *std::exchange(verdict_, std::nullopt);
  resumable_ = may_resume(down);
  if (!under_way_.empty()) skewed_ = true;
  bound_ = false;
  forget();
  writable_turns_ = 0;
  if (state_ == State::shutting) {
    state_ = State::gone;
    sink_.post(to_frame(id_, WorkerDown{SessionDown::Why::unwanted, true, "logged out", {}}));
    return;
  }
  using Why = SessionDown::Why;
  state_ = down.why == Why::auth_failed || down.why == Why::host_unknown ? State::gone : State::down;
  sink_.post(to_frame(id_, down));
}

bool WorkerSession::may_resume(const WorkerDown& down) const {
  // Trap: a second cut before <resumed/> and the library has forgotten the session's id.
  if (!bound_ || !acknowledges_ || skewed_ || down.why != SessionDown::Why::lost || handed_now_ > 0) return false;
  return std::none_of(under_way_.begin(), under_way_.end(), [](const UnderWay& u) { return u.size > sure_size; });
}

void WorkerSession::on_time(Steady now) {
  if (state_ == State::open && bound_) {
    // A stanza that took the library long, or a commit that is waited for: then it is not the server that is late.
    if (given_ != committed_ || sink_.full() || client_.unread_bytes() > 0) session_.behind(now);
    session_.on_time(now);
    settle();
  }
  if (client_.fd() >= 0) turns_ = std::max(turns_, 1);  // the library's own time-outs
  pump(now);
}

void WorkerSession::watch() {
  const int fd = client_.fd();
  // Not watched while a commit is waited for: level-triggered, it would come again and again.
  if (fd != watched_ || given_ != committed_ || sink_.full()) forget();
  if (fd < 0 || given_ != committed_ || sink_.full()) return;
  watched_ = fd;
  poller_.watch(fd, this, true, !client_.tcp_connected() || writable_turns_ > 0);
}

void WorkerSession::on_bound(const std::string& full_jid, bool resumed, bool acknowledges) {
  activity_ = true;
  // Trap: with EXTERNAL a server may take the certificate's own account, whatever account was asked for (ejabberd
  // does).
  const auto jid = Jid::parse(full_jid);
  if (!jid || jid->bare() != login_.account.jid) {
    verdict_ = WorkerDown{SessionDown::Why::auth_failed, true, "the server logged us in as " + full_jid,
                          "the certificate is another account's"};
    return client_.disconnect();
  }
  bound_ = true;
  acknowledges_ = acknowledges;
  const Steady now = steady_now();
  if (traffic_) record(SessionTraffic::What::opened, full_jid);
  if (resumed) return session_.resumed(now);
  skewed_ = resumable_;  // a resumption was refused: the library keeps what it had not acknowledged
  acknowledged_ = 0;
  under_way_.clear();
  waiting_.clear();
  session_.bound(*jid, acknowledges, now);
}

void WorkerSession::on_element(Element element) {
  activity_ = true;
  if (traffic_) record(SessionTraffic::What::received, to_xml(element));
  if (!verdict_) session_.on_stanza(std::move(element), steady_now());
}

void WorkerSession::on_too_much(const Element& head, const std::string& why) {
  activity_ = true;
  session_.on_refused(head, why);
}

void WorkerSession::on_acknowledged(std::uint32_t h) {
  activity_ = true;
  std::uint32_t more = h - acknowledged_;  // modulo 2^32, as the counter is
  if (more > under_way_.size()) return;    // nonsense, or an old one
  acknowledged_ = h;
  for (; more > 0; --more) {
    report(under_way_.front());
    under_way_.pop_front();
  }
}

void WorkerSession::report(const UnderWay& one) {
  if (one.report) sink_.post(simple_frame(FrameKind::sent, id_, one.token));
}

void WorkerSession::record(SessionTraffic::What what, std::string text) {
  sink_.post(traffic_frame(id_, what, std::move(text)));  // one that no frame can hold is missing there
}

void WorkerSession::on_down(const WorkerDown& down) { down_ = down; }

}  // namespace ferry
