// The only file that knows prometheus-cpp: its values and its serialiser, neither its registry nor its server.
#include "gateway/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <vector>

namespace ferry {
namespace {

using Families = std::vector<prometheus::MetricFamily>;
using prometheus::MetricType;
using Label = prometheus::ClientMetric::Label;

// Every counter of gateway/brain, so that each is there from the first scrape on, as 0.
constexpr std::pair<std::string_view, std::string_view> counter_help[] = {
    {"answers_ignored", "IQ results and errors from XMPP that answer nothing of ours."},
    {"broker_forgot", "Times that the broker came back without what it had acknowledged."},
    {"contacts_refused", "Subscription requests refused: the roster is full or the name does not fit."},
    {"errors_ignored", "Error messages from XMPP about no message of ours."},
    {"feed_values", "Values of feeds that were sent to their followers."},
    {"feed_values_skipped", "Values of feeds left out because they came faster than limits.feed-rate."},
    {"followers_refused", "Subscriptions to feeds refused: not allowed, or too many followers."},
    {"loopback_dropped", "Stanzas between hosted users dropped because one led to another without end."},
    {"messages_empty", "Messages from XMPP with nothing in them to carry."},
    {"messages_expired", "Messages that nobody took within limits.message-ttl."},
    {"messages_from_mqtt", "Messages accepted from MQTT clients."},
    {"messages_refused", "Messages refused by a limit, either way."},
    {"messages_to_mqtt", "Messages published to MQTT clients, repetitions included."},
    {"presences_refused", "Presences from XMPP ignored because of too many strangers or resources."},
    {"publishes_failed", "Messages that the broker refused for good."},
    {"publishes_in", "Publishes of users that came in."},
    {"publishes_refused", "Publishes that could not be carried and were answered with an error."},
    {"publishes_repeated", "Publishes recognised as repetitions and not carried again."},
    {"publishes_unrouted", "Publishes on topics that no route covers."},
    {"receipts_ignored", "Receipts from XMPP for no message of ours."},
    {"requests_answered", "Requests of MQTT clients that succeeded."},
    {"requests_refused", "Requests of MQTT clients answered with an error."},
    {"stanzas_guarded", "Stanzas of ours held back because they were not fit to be sent. A bug."},
    {"stanzas_in", "Stanzas that came from the XMPP server."},
    {"stanzas_malformed", "Stanzas from XMPP answered with an error because they were malformed."},
    {"stanzas_misrouted", "Stanzas from XMPP for a domain that is not ours."},
    {"stanzas_out", "Stanzas handed to the XMPP server."},
    {"stanzas_over_limit", "Stanzas from XMPP over the limit of size or structure."},
    {"stanzas_to_nobody", "Stanzas from XMPP to users who do not exist."},
    {"wills_ignored", "Wills of a connection that a newer one had replaced."},
};

void add(Families& families, MetricType type, std::string name, std::string help, double value,
         std::vector<Label> labels = {}) {
  if (families.empty() || families.back().name != name)
    families.push_back({std::move(name), std::move(help), type, {}});
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  families.back().metric.push_back(std::move(metric));
}

void add_counters(Families& families, const Brain& brain) {
  std::map<std::string, std::pair<std::string_view, std::uint64_t>, std::less<>> counters;
  for (const auto& [name, help] : counter_help) counters.emplace(name, std::pair{help, 0});
  for (const auto& [name, value] : brain.counters())
    counters.try_emplace(name, "A counter of the gateway.", 0).first->second.second = value;
  for (const auto& [name, counter] : counters)
    add(families, MetricType::Counter, "ferry_" + name + "_total", std::string(counter.first),
        static_cast<double>(counter.second));
}

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

HttpAnswer metrics(const Watched& w) {
  const std::string link_up = "ferry_link_up", link_help = "1: the link is up. 0: it is not.";
  Families families;
  add_counters(families, w.brain);
  if (w.component) add(families, MetricType::Gauge, link_up, link_help, w.component->up(), {{"link", "component"}});
  add(families, MetricType::Gauge, link_up, link_help, w.broker.up(), {{"link", "broker"}});
  add(families, MetricType::Gauge, "ferry_users", "Hosted users.", static_cast<double>(w.brain.users()));
  add(families, MetricType::Gauge, "ferry_broker_publishes_waiting",
      "Publishes that the broker has not acknowledged, sent and unsent.", static_cast<double>(w.broker.waiting()));
  add(families, MetricType::Gauge, "ferry_build_info", "1; the version is in the label.", 1, {{"version", w.version}});
  add(families, MetricType::Gauge, "process_resident_memory_bytes", "Resident memory.", resident_bytes());
  add(families, MetricType::Counter, "process_cpu_seconds_total", "User and system CPU time.", cpu_seconds());
  return {200, prometheus::TextSerializer().Serialize(families), "text/plain; version=0.0.4; charset=utf-8"};
}

// The same condition as that of the line "ready …" (Tick::tell_readiness).
HttpAnswer readiness(const Watched& w) {
  const bool component = !w.component || w.component->up();
  HttpAnswer answer{component && w.broker.settled() ? 200 : 503, {}};
  if (w.component) answer.body += component ? "component: up\n" : "component: down\n";
  answer.body += w.broker.settled() ? "broker: up\n" : w.broker.up() ? "broker: up, not ready yet\n" : "broker: down\n";
  return answer;
}

}  // namespace

HttpPages pages_of(const Watched& w) {
  return {
      {"/healthz",
       [] {
         return HttpAnswer{200, "ok\n"};
       }},
      {"/readyz", [w] { return readiness(w); }},
      {"/metrics", [w] { return metrics(w); }},
  };
}

}  // namespace ferry
