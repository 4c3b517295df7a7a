// The only file that knows prometheus-cpp: its values and its serialiser, neither its registry nor its server.
#include "gateway/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <limits>
#include <map>
#include <vector>

#include "gateway/disk.h"
#include "gateway/status.h"

namespace ferry {
namespace {

using prometheus::MetricType;
using Label = prometheus::ClientMetric::Label;

// Every counter of gateway/brain, so that each is there from the first scrape on, as 0.
constexpr std::pair<std::string_view, std::string_view> counter_help[] = {
    {"account_transitions", "Steps of accounts from one state of their move to the next."},
    {"account_writes", "Changes written to the old server for an account, each journalled with what undoes it."},
    {"account_writes_lasting", "Changes on the old server that could not be undone on the way back."},
    {"account_writes_undone", "Changes on the old server that were undone on the way back."},
    {"accounts_verified", "Rosters that ferryctl migrate verify has compared."},
    {"acts_dropped",
     "Typing notifications of MQTT clients dropped because they came faster than limits.presence-rate."},
    {"addresses_unstated", "New addresses that the old account could not name: address.unstated says why."},
    {"addresses_vacant", "Messages to an old address whose owner's new one has been removed: they are lost to them."},
    {"answers_ignored", "IQ results and errors from XMPP that answer nothing of ours."},
    {"broker_congested", "Times that more waited for the broker than broker.queue-entries or queue-bytes."},
    {"broker_forgot", "Times that the broker came back without what it had acknowledged."},
    {"cohorts_stopped", "Cohorts that stopped by themselves because too much failed."},
    {"contacts_driven", "Contacts in whose lists a new address was put, so that nobody was asked."},
    {"contacts_refused", "Subscription requests refused: the roster is full or the name does not fit."},
    {"dead_letters_dropped", "Dead letters whose payload was dropped for limits.dead-letters."},
    {"dead_letters_requeued", "Dead letters that an administrator sent out again."},
    {"errors_ignored", "Error messages from XMPP about no message of ours."},
    {"feed_values", "Values of feeds that were sent to their followers."},
    {"feed_values_skipped", "Values of feeds left out because they came faster than limits.feed-rate."},
    {"followers_refused", "Subscriptions to feeds refused: not allowed, or too many followers."},
    {"forgeries_dropped", "Messages from XMPP out of which something was taken that only a server may say."},
    {"log_lines_left_out", "Log lines about what somebody did wrong that were left out; log.left-out says how many."},
    {"loopback_dropped", "Stanzas between hosted users dropped because one led to another without end."},
    {"loops_stopped", "Messages that came back to this gateway, or had passed too many, and were not carried again."},
    {"messages_copied", "Messages that an account's other client sent, shown to its MQTT devices."},
    {"messages_dropped", "Messages and dead letters that an administrator dropped."},
    {"messages_empty", "Messages from XMPP with nothing in them to carry."},
    {"messages_expired", "Messages that nobody took within limits.message-ttl."},
    {"messages_failed", "Messages and other stanzas that failed for good after they were accepted."},
    {"messages_from_mqtt", "Messages accepted from MQTT clients."},
    {"messages_from_xmpp", "Messages accepted from XMPP."},
    {"messages_refused", "Messages refused by a limit, either way."},
    {"messages_to_mqtt", "Messages published to MQTT clients, repetitions included."},
    {"messages_to_xmpp", "Messages that the XMPP server has confirmed."},
    {"presences_deferred", "Presences that came faster than a limit and were kept for later: the latest counts."},
    {"presences_dropped", "Presences from XMPP dropped in a flood; the sender's server is asked afterwards."},
    {"presences_outdated", "Presences of connections that are over, read back of a broker that lost newer ones."},
    {"presences_refused", "Presences from XMPP ignored because of too many strangers or resources."},
    {"publishes_failed", "Messages that the broker refused for good."},
    {"publishes_in", "Publishes of users that came in."},
    {"publishes_refused", "Publishes that could not be carried and were answered with an error."},
    {"publishes_repeated", "Publishes recognised as repetitions and not carried again."},
    {"publishes_unrouted", "Publishes on topics that no route covers."},
    {"receipts_ignored", "Receipts from XMPP for no message of ours."},
    {"refusals_unanswered",
     "Publishes and requests refused without an answer: the client had too many refusals already."},
    {"requests_answered", "Requests of MQTT clients that succeeded."},
    {"requests_over_rate", "Requests refused because they came faster than limits.request-rate or subscription-rate."},
    {"requests_refused", "Requests of MQTT clients answered with an error."},
    {"requests_repeated", "Requests that came again and were not carried out again."},
    {"requests_unkept", "Requests that a crash could leave without an answer: too many had none yet."},
    {"room_invitations", "Invitations to rooms that people were shown."},
    {"room_messages", "Messages of rooms that people are in, shown to their MQTT devices."},
    {"room_messages_resent",
     "Messages that a room sent back because it did not know their sender any more, sent again after joining."},
    {"room_nicks_taken", "Times that a name was taken in a room, and another one was tried."},
    {"room_noise_dropped", "Chat states, receipts and markers from and to rooms: not carried."},
    {"room_occupants_refused", "Occupants of rooms that are not counted, because there are too many."},
    {"room_reflections", "Messages of MQTT users that their rooms gave back, and that are no second message."},
    {"room_self_pings",
     "Times that a room which had been silent was asked whether somebody is still in it (XEP-0410)."},
    {"rooms_asked", "Times that a room was asked to let somebody in."},
    {"rooms_failed", "Times that a room could not be joined, or ended a membership."},
    {"rooms_joined", "Times that somebody had come into a room."},
    {"rooms_lost", "Times that a silent room did not know somebody any more, and was joined again."},
    {"rooms_refused",
     "Rooms and invitations that are not taken, because somebody has too many or the name does not fit."},
    {"session_about_others",
     "Receipts and errors in sessions about messages of an account's other clients: not ours to tell."},
    {"session_groupchats",
     "Messages of rooms that an account, or one of the own people, is not in at the moment: not carried."},
    {"session_node_events", "Notifications of PEP nodes that came to a session: not carried."},
    {"session_repeated",
     "Messages that came a second time, to a session by carbon or archive, to anybody by a room's history, and were "
     "carried once."},
    {"session_stanzas_in", "Stanzas that came by sessions."},
    {"session_stanzas_out", "Stanzas sent by sessions."},
    {"session_stanzas_unowned", "Stanzas of sessions whose account is in no plan any more."},
    {"shadow_differences", "Differences that shadow and verify have found between the old server and MQTT."},
    {"shadow_messages", "Messages that accounts in shadow would have been shown."},
    {"stanzas_dropped", "Subscriptions, receipts and the like dropped because the outbox was full beyond its reserve."},
    {"stanzas_forged", "Stanzas from the XMPP server in the name of one of ours: not taken."},
    {"stanzas_guarded", "Stanzas of ours held back because they were not fit to be sent. A bug."},
    {"stanzas_in", "Stanzas that came from the XMPP server."},
    {"stanzas_malformed", "Stanzas from XMPP answered with an error because they were malformed."},
    {"stanzas_misrouted", "Stanzas from XMPP for a domain that is not ours."},
    {"stanzas_out", "Stanzas handed to the XMPP server."},
    {"stanzas_over_limit", "Stanzas from XMPP over the limit of size or structure."},
    {"stanzas_over_rate", "Stanzas from XMPP refused because of limits.peer-rate, domain-rate or subscription-rate."},
    {"stanzas_to_nobody", "Stanzas from XMPP to users who do not exist."},
    {"stanzas_unsent", "Presences and errors not sent because the XMPP server took nothing; presence is told again."},
    {"transient_dropped", "Typing and headlines from XMPP dropped while the broker was behind."},
    {"waiting_notes", "Notes on in/waiting: a message came, and nobody was there."},
    {"wills_ignored", "Wills of a connection that a newer one had replaced."},
};

double resident_bytes() {
  unsigned long pages = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%*u %lu", &pages) != 1) pages = 0;  // size, resident, … in pages: proc(5)
    std::fclose(file);
  }
  return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double number(auto value) { return static_cast<double>(value); }

// One instance is one page under way.
class Page {
 public:
  void gauge(std::string name, std::string help, double value, std::vector<Label> labels = {}) {
    family(MetricType::Gauge, std::move(name), std::move(help), std::move(labels)).gauge.value = value;
  }
  void counter(std::string name, std::string help, double value) {
    family(MetricType::Counter, std::move(name), std::move(help), {}).counter.value = value;
  }
  void histogram(std::string name, std::string help, const Histogram& from, std::vector<Label> labels = {}) {
    auto& to = family(MetricType::Histogram, std::move(name), std::move(help), std::move(labels)).histogram;
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < from.counts().size(); ++i) {
      below += from.counts()[i];
      constexpr double infinity = std::numeric_limits<double>::infinity();
      to.bucket.push_back({below, i < from.bounds().size() ? from.bounds()[i] : infinity});
    }
    to.sample_count = below;
    to.sample_sum = from.sum();
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  // Metrics of one name follow each other.
  prometheus::ClientMetric& family(MetricType type, std::string name, std::string help, std::vector<Label> labels) {
    if (families_.empty() || families_.back().name != name)
      families_.push_back({std::move(name), std::move(help), type, {}});
    families_.back().metric.emplace_back();
    families_.back().metric.back().label = std::move(labels);
    return families_.back().metric.back();
  }

  std::vector<prometheus::MetricFamily> families_;
};

void add_counters(Page& page, const Brain& brain) {
  std::map<std::string, std::pair<std::string_view, std::uint64_t>, std::less<>> counters;
  for (const auto& [name, help] : counter_help) counters.emplace(name, std::pair{help, 0});
  for (const auto& [name, value] : brain.counters())
    counters.try_emplace(name, "A counter of the gateway.", 0).first->second.second = value;
  for (const auto& [name, counter] : counters)
    page.counter("ferry_" + name + "_total", std::string(counter.first), number(counter.second));
}

// What there is when the store is open.
void add_gateway(Page& page, const Watched& w) {
  const std::string up = "ferry_link_up", up_help = "1: the link is up. 0: it is not.";
  add_counters(page, *w.brain);
  if (w.component) page.gauge(up, up_help, w.component->up(), {{"link", "component"}});
  page.gauge(up, up_help, w.broker->up(), {{"link", "broker"}});
  page.gauge("ferry_broker_publishes_waiting", "Publishes that the broker has not acknowledged, sent and unsent.",
             number(w.broker->waiting()));
  page.gauge("ferry_broker_bytes_waiting", "Their bytes.", number(w.broker->waiting_bytes()));
  if (w.component)
    page.gauge("ferry_component_bytes_waiting", "Bytes that the XMPP server has not taken yet.",
               number(w.component->waiting_bytes()));
  page.gauge("ferry_broker_queue_entries", "Publishes in memory that could not be sent yet.",
             number(w.broker->queued()));
  page.gauge("ferry_broker_queue_bytes", "Their bytes.", number(w.broker->queued_bytes()));
  page.counter("ferry_broker_publishes_dropped_total",
               "Publishes that nobody waits for, left out because the broker takes too little.",
               number(w.broker->dropped()));

  if (w.tap) {
    page.counter("ferry_capture_records_total", "Stanzas, publishes and the like that were recorded.",
                 number(w.tap->recorded()));
    page.counter("ferry_capture_records_lost_total", "Those that could not be recorded: capture.failed says why.",
                 number(w.tap->lost()));
  }

  const Gauges g = w.brain->gauges();
  page.gauge("ferry_users", "Hosted users.", number(g.users));
  page.gauge("ferry_users_online", "Hosted users with a device that is online.", number(g.users_online));
  page.gauge("ferry_devices_online", "Devices that are online.", number(g.devices_online));
  page.gauge("ferry_routes", "Rows of the mapping table.", number(g.routes));
  const std::string rows = "ferry_outbox_rows";
  const std::string rows_help = "On disk, accepted and not yet taken by the other side of the link, sent or not.";
  page.gauge(rows, rows_help, number(g.to_xmpp.rows), {{"link", "component"}});
  page.gauge(rows, rows_help, number(g.to_mqtt.rows), {{"link", "broker"}});
  page.gauge("ferry_outbox_bytes", "What they take.", number(g.to_xmpp.bytes), {{"link", "component"}});
  page.gauge("ferry_outbox_bytes", "What they take.", number(g.to_mqtt.bytes), {{"link", "broker"}});
  page.gauge("ferry_dead_letters", "Failed messages that are kept for ferryctl outbox.", number(g.dead_letters));
  page.gauge("ferry_xmpp_unconfirmed_stanzas", "Of these, sent and not confirmed.", number(g.to_xmpp_unconfirmed));
  page.gauge("ferry_mqtt_waiting_messages", "Messages on disk for users who are not there.", number(g.to_mqtt_waiting));
  page.gauge("ferry_mqtt_unconfirmed_messages", "Messages published and not acknowledged by the broker.",
             number(g.to_mqtt_unconfirmed));

  const std::string latency = "ferry_delivery_seconds";
  const std::string latency_help = "From the acceptance of a message to the confirmation of the other side's server.";
  const Latencies& l = w.brain->latencies();
  page.histogram(latency, latency_help, l.to_mqtt, {{"to", "mqtt"}});
  page.histogram(latency, latency_help, l.to_xmpp, {{"to", "xmpp"}});
  page.histogram("ferry_barrier_seconds", "From a ping behind a batch of stanzas to the XMPP server's answer.",
                 l.barrier);
  page.histogram("ferry_tick_seconds", "Work of one turn of the loop, without its waiting.", w.meters.tick);
  page.histogram("ferry_commit_seconds", "Transactions of the store that had something to write.", w.meters.commit);
}

HttpAnswer metrics(const Watched& w) {
  Page page;
  if (w.brain) add_gateway(page, w);
  const Disk disk = look_at_disk(w.options.store.path);
  page.gauge("ferry_ready", "1: /readyz says 200.", readiness_of(w).ready);
  page.gauge("ferry_store_available", "1: the store is open. 0: the start waits for it.", w.brain != nullptr);
  page.gauge("ferry_store_bytes", "Size of the database.", number(disk.store_bytes));
  page.gauge("ferry_store_log_bytes", "Size of its write-ahead log.", number(disk.log_bytes));
  page.gauge("ferry_store_free_bytes", "Free on its file system.", number(disk.free_bytes));
  page.gauge("ferry_build_info", "1; the version is in the label.", 1, {{"version", w.version}});
  page.gauge("process_start_time_seconds", "When the process began, since 1970.", number(w.started) / 1000);
  page.gauge("process_resident_memory_bytes", "Resident memory.", resident_bytes());
  page.counter("process_cpu_seconds_total", "User and system CPU time.", cpu_seconds());
  return {200, page.text(), "text/plain; version=0.0.4; charset=utf-8"};
}

HttpAnswer readiness(const Watched& w) {
  Readiness found = readiness_of(w);
  return {found.ready ? 200 : 503, std::move(found.lines)};
}

}  // namespace

HttpPages pages_of(const Watched& w) {
  return {
      {"/healthz",
       [] {
         return HttpAnswer{200, "ok\n"};
       }},
      {"/readyz", [&w] { return readiness(w); }},
      {"/metrics", [&w] { return metrics(w); }},
  };
}

}  // namespace ferry
