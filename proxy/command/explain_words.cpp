#include "proxy/command/explain_words.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "proxy/command/call.hpp"

namespace opslb::command {
namespace {

using nlohmann::json;

/// Empty where there is none. Clients chose much of it.
std::string text(const json& of, const char* name) {
  const auto found = of.find(name);
  return found != of.end() && found->is_string() ? printable(found->get<std::string>()) : std::string();
}

/// Below 0 where there is none.
double number(const json& of, const char* name) {
  const auto found = of.find(name);
  return found != of.end() && found->is_number() ? found->get<double>() : -1;
}

std::string time_in_words(double seconds) {
  constexpr double milli = 1e-3;
  if (seconds < 10 * milli) return fmt::format("{:.2f} ms", seconds / milli);
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds / milli);
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long>(seconds);
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

/// One line, with what it is about in front.
void add(std::string& out, std::string_view about, std::string_view what) {
  if (!what.empty()) out += fmt::format("  {:<10} {}\n", about, what);
}

std::string joined(const json& names) {
  std::string out;
  for (const json& each : names) out += (out.empty() ? "" : ", ") + printable(each.get<std::string>());
  return out;
}

std::string asked(const json& request) {
  const std::string method = text(request, "method");
  if (method.empty()) return "what was no request that can be read";
  return fmt::format("{} {} {}", method, text(request, "target"), text(request, "protocol"));
}

std::string client_of(const json& request) {
  std::string out = fmt::format("{} over listener {}", text(request, "peer"), text(request, "listener"));
  const std::string tls = text(request, "tls");
  out += tls.empty() ? ", not encrypted" : ", " + tls;
  const std::string certificate = text(request, "client_certificate");
  if (!certificate.empty()) out += fmt::format(", with the certificate of {}", certificate);
  return out;
}

std::string told(const json& request) {
  const auto found = request.find("told");
  if (found == request.end() || !found->is_object()) return "nothing: no host was asked";
  const std::string client = text(*found, "client");
  const std::string behind = client == text(request, "peer") ? "" : ", whom a trusted proxy named";
  return fmt::format("client {}{}, {}://{}, port {:.0f}", client, behind, text(*found, "proto"), text(*found, "host"),
                     number(*found, "port"));
}

void add_tries(std::string& out, const json& request) {
  const auto tries = request.find("tries");
  if (tries == request.end()) return;
  for (const json& each : *tries) {
    add(out, "host",
        fmt::format("{} ({}), after {}: {}", text(each, "backend"), text(each, "why"),
                    time_in_words(number(each, "after_seconds")), text(each, "outcome")));
  }
}

std::string phases(const json& request) {
  std::string out;
  const auto phase = [&](const char* name, std::string_view words) {
    const double took = number(request, name);
    if (took >= 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", words, time_in_words(took));
  };
  phase("queued_seconds", "host picked after");
  if (number(request, "connect_seconds") == 0) out += ", on a connection that was there";
  if (number(request, "connect_seconds") > 0) phase("connect_seconds", "connecting took");
  phase("first_byte_seconds", "answer began after");
  phase("total_seconds", "over after");
  return out;
}

std::string ending(const json& request) {
  const double status = number(request, "status");
  const std::string end = text(request, "end");
  const std::string answered = status < 0 ? std::string("no answer was sent") : fmt::format("answered {:.0f}", status);
  return end == "done" ? answered + ", all in order" : fmt::format("{}: {}", answered, end);
}

}  // namespace

std::string explained(const json& request) {
  std::string out = fmt::format("request {} at {}\n", text(request, "id"), text(request, "at"));
  add(out, "asked", asked(request));
  add(out, "client", client_of(request));
  add(out, "agent", text(request, "user_agent"));
  add(out, "trace", text(request, "trace_id"));
  const auto dropped = request.find("dropped");
  if (dropped != request.end() && !dropped->empty()) {
    add(out, "removed", joined(*dropped) + ": who a client is, opslb says, not the client");
  }
  add(out, "told", told(request));
  add_tries(out, request);
  add(out, "time", phases(request));
  add(out, "bytes",
      fmt::format("{:.0f} from the client, {:.0f} to it", number(request, "bytes_in"), number(request, "bytes_out")));
  add(out, "end", ending(request));
  return out;
}

}  // namespace opslb::command
