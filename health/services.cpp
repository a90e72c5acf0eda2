#include "health/services.hpp"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

namespace opslb::health {
namespace {

constexpr std::size_t longest_message = 65535;
constexpr std::size_t fixed_part = 6;  // priority, weight, port

bool is_host_name(std::string_view text) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  return !text.empty() && text.size() <= 253 && text.find_first_not_of(allowed) == std::string_view::npos;
}

std::uint16_t number_at(const unsigned char* bytes) { return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]); }

/// What stands in a record of type SRV; nullopt: not to be used.
std::optional<service> read_record(const ns_msg& message, const ns_rr& record) {
  if (ns_rr_rdlen(record) <= fixed_part) return std::nullopt;
  const unsigned char* at = ns_rr_rdata(record);
  std::array<char, NS_MAXDNAME> name{};
  const int used = ::dn_expand(ns_msg_base(message), ns_msg_end(message), at + fixed_part, name.data(),
                               static_cast<int>(name.size()));
  if (used < 0 || fixed_part + static_cast<std::size_t>(used) > ns_rr_rdlen(record)) return std::nullopt;
  service found{name.data(), number_at(at + 4), number_at(at), number_at(at + 2)};
  if (found.port == 0 || !is_host_name(found.host)) return std::nullopt;
  return found;
}

std::string why_none(int code) {
  switch (code) {
    case HOST_NOT_FOUND: return "no such name";
    case NO_DATA: return "the name has no SRV records";
    case TRY_AGAIN: return "the name servers did not answer, or failed";
    default: return "the name servers refused";
  }
}

}  // namespace

std::optional<std::vector<service>> read_services(std::span<const std::uint8_t> bytes) {
  ns_msg message;
  if (bytes.size() > longest_message) return std::nullopt;
  if (::ns_initparse(bytes.data(), static_cast<int>(bytes.size()), &message) != 0) return std::nullopt;
  std::vector<service> result;
  const int count = ns_msg_count(message, ns_s_an);
  for (int i = 0; i < count; ++i) {
    ns_rr record;
    if (::ns_parserr(&message, ns_s_an, i, &record) != 0) return std::nullopt;
    if (ns_rr_type(record) != ns_t_srv || ns_rr_class(record) != ns_c_in) continue;
    if (auto found = read_record(message, record)) result.push_back(std::move(*found));
  }
  return result;
}

std::vector<service> preferred(std::vector<service> all) {
  const auto best = std::min_element(all.begin(), all.end(),
                                     [](const service& a, const service& b) { return a.priority < b.priority; });
  if (best == all.end()) return all;
  std::erase_if(all, [wanted = best->priority](const service& each) { return each.priority != wanted; });
  return all;
}

service_answer look_up_services(const std::string& name) {
  // A state of its own: several look-ups run at once. It reads /etc/resolv.conf anew each time.
  struct __res_state state{};
  if (::res_ninit(&state) != 0) return {{}, "the resolver cannot be set up; look at /etc/resolv.conf"};
  const std::unique_ptr<struct __res_state, void (*)(res_state)> owned(&state, ::res_nclose);
  std::vector<std::uint8_t> message(longest_message);
  const int size =
      ::res_nsearch(&state, name.c_str(), ns_c_in, ns_t_srv, message.data(), static_cast<int>(message.size()));
  if (size < 0) return {{}, why_none(state.res_h_errno)};
  const std::size_t length = std::min(static_cast<std::size_t>(size), message.size());
  auto found = read_services({message.data(), length});
  if (!found) return {{}, "the answer of the name servers makes no sense"};
  if (found->empty()) return {{}, "the name has no SRV record that can be used"};
  return {preferred(std::move(*found)), {}};
}

}  // namespace opslb::health
