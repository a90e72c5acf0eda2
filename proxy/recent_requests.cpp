#include "proxy/recent_requests.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>

#include "proxy/redact.hpp"

namespace opslb {
namespace {

constexpr std::size_t longest_certificate = 256;
constexpr std::size_t longest_outcome = 200;
/// As most ids are: those that opslb makes.
constexpr std::size_t usual_id_size = 32;

char* put(char* at, std::string_view text) {
  if (!text.empty()) std::memcpy(at, text.data(), text.size());  // no address need stand behind an empty one
  return at + text.size();
}

/// A text that was too long: the longest piece is halved until all fits, so that a target is cut before a host.
request_text cut(const request_text& whole, std::array<char, recent_requests::most_text>& memory) {
  request_text result;
  result.sizes = whole.sizes;
  result.sizes[request_text::referer] = 0;
  for (;;) {
    std::size_t sum = 0;
    for (const std::uint32_t each : result.sizes) sum += each;
    if (sum <= memory.size()) break;
    std::uint32_t& longest = *std::max_element(result.sizes.begin(), result.sizes.end());
    longest -= std::min(static_cast<std::uint32_t>(sum - memory.size()), longest / 2 + 1);
  }
  char* at = memory.data();
  for (std::size_t i = 0; i < request_text::referer; ++i) {
    at = put(at, whole[static_cast<request_text::piece>(i)].substr(0, result.sizes[i]));
  }
  result.all = {memory.data(), static_cast<std::size_t>(at - memory.data())};
  return result;
}

std::string redacted(std::string_view target) {
  std::string out(mask_growth * target.size(), '\0');
  const char* const end =
      put_redacted_target(target, [](std::string_view bytes, char* to) { return put(to, bytes); }, out.data());
  out.resize(static_cast<std::size_t>(end - out.data()));
  return out;
}

/// Each stands behind a space.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    text.remove_prefix(1);
    words.emplace_back(text.substr(0, text.find(' ')));
    text.remove_prefix(words.back().size());
  }
  return words;
}

/// Reads what was written one behind the other.
class text_reader {
 public:
  explicit text_reader(const void* at) : at_(static_cast<const char*>(at)) {}

  std::string_view take(std::size_t size) {
    const std::string_view text(at_, size);
    at_ += size;
    return text;
  }
  void take(void* into, std::size_t size) { std::memcpy(into, take(size).data(), size); }

 private:
  const char* at_;
};

}  // namespace

/// Its texts follow: the id, the pieces of the text, the certificate, the tries in their own words.
struct recent_requests::record {
  exchange_facts facts;
  std::string_view why, outcome;  ///< of a single try; empty: there was none, or more is behind the texts
  std::int64_t try_began;
  std::array<std::uint32_t, request_text::pieces> text_sizes;  ///< the last one is not kept
  std::uint16_t certificate_size;
  std::uint8_t id_size;
  std::uint8_t tries_in_words;

  char* texts() { return reinterpret_cast<char*>(this + 1); }
};

/// A try in its own words: its outcome follows.
struct recent_requests::extra_try {
  std::string_view backend, why;
  std::int64_t began;
  std::size_t outcome_size;
};

recent_requests::recent_requests()
    : memory_(new std::byte[capacity]),  // not filled: what is never used costs no memory
      positions_(new std::uint64_t[most]) {
  static_assert(std::is_trivially_destructible_v<record>);
  static_assert(most * (sizeof(record) + 256) <= capacity,
                "as many as are counted find room, if they are of usual size");
}

/// Room for one more in one piece.
inline void* recent_requests::make_room(std::size_t texts) {
  const std::size_t size = (sizeof(record) + texts + alignof(record) - 1) & ~(alignof(record) - 1);
  if (end_ % capacity + size > capacity) end_ += capacity - end_ % capacity;
  positions_[written_++ % most] = end_;
  void* const room = memory_.get() + end_ % capacity;
  end_ += size;
  return room;
}

void recent_requests::add(const exchange_facts& facts, const std::string& id, const request_text& text,
                          const std::string& certificate, const std::vector<backend_try>& tries) {
  const std::size_t text_size = text.all.size() - text.sizes[request_text::referer];
  const bool is_usual = id.size() == usual_id_size && text_size <= most_text && certificate.empty() &&
                        tries.size() == 1 && tries.front().is_constant &&
                        tries.front().backend.data() == facts.backend.data();
  if (!is_usual) return add_unusual(facts, id, text, certificate, tries);
  const backend_try& only = tries.front();
  void* const room = make_room(usual_id_size + text_size);
  char* const texts =
      (::new (room) record{facts, only.why, only.outcome, only.began, text.sizes, 0, usual_id_size, 0})->texts();
  std::memcpy(texts, id.data(), usual_id_size);
  std::memcpy(texts + usual_id_size, text.all.data(), text_size);
}

void recent_requests::add_unusual(const exchange_facts& facts, std::string_view id, const request_text& whole,
                                  std::string_view certificate, std::span<const backend_try> tries) {
  std::array<char, most_text> memory;
  const request_text text = cut(whole, memory);
  certificate = certificate.substr(0, longest_certificate);
  tries = tries.last(std::min(tries.size(), most_tries));
  std::size_t size = id.size() + text.all.size() + certificate.size();
  for (const backend_try& each : tries) size += sizeof(extra_try) + std::min(each.outcome.size(), longest_outcome);

  void* const room = make_room(size);
  record* const made = ::new (room) record{facts,
                                           {},
                                           {},
                                           0,
                                           text.sizes,
                                           static_cast<std::uint16_t>(certificate.size()),
                                           static_cast<std::uint8_t>(id.size()),
                                           static_cast<std::uint8_t>(tries.size())};
  char* at = put(put(put(made->texts(), id), text.all), certificate);
  for (const backend_try& each : tries) {
    const std::string_view outcome = each.outcome.substr(0, longest_outcome);
    const extra_try head{each.backend, each.why, each.began, outcome.size()};
    std::memcpy(at, &head, sizeof head);
    at = put(at + sizeof head, outcome);
  }
}

/// Null if it was overwritten.
const recent_requests::record* recent_requests::find_record(std::uint64_t number) const {
  if (number + most < written_) return nullptr;
  const std::uint64_t position = positions_[number % most];
  if (position + capacity < end_) return nullptr;
  return std::launder(reinterpret_cast<const record*>(memory_.get() + position % capacity));
}

recent_request recent_requests::read(const record& from) {
  text_reader texts(&from + 1);
  recent_request result;
  result.facts = from.facts;
  result.id = texts.take(from.id_size);
  result.method = texts.take(from.text_sizes[request_text::method]);
  result.target = redacted(texts.take(from.text_sizes[request_text::target]));
  result.host = texts.take(from.text_sizes[request_text::host]);
  result.user_agent = texts.take(from.text_sizes[request_text::user_agent]);
  result.trace = texts.take(from.text_sizes[request_text::trace]);
  result.dropped = words_of(texts.take(from.text_sizes[request_text::dropped]));
  result.certificate = texts.take(from.certificate_size);
  if (!from.why.empty())
    result.tries.push_back({from.facts.backend, from.why, std::string(from.outcome), from.try_began});
  for (unsigned i = 0; i < from.tries_in_words; ++i) {
    extra_try head;
    texts.take(&head, sizeof head);
    result.tries.push_back({head.backend, head.why, std::string(texts.take(head.outcome_size)), head.began});
  }
  return result;
}

void recent_requests::find(std::string_view id, std::vector<recent_request>& out) const {
  for (std::uint64_t number = written_; number-- > 0;) {
    const record* each = find_record(number);
    if (each == nullptr) return;
    if (text_reader(each + 1).take(each->id_size) == id) out.push_back(read(*each));
  }
}

std::optional<std::chrono::system_clock::time_point> recent_requests::reaches_back() const {
  std::optional<std::chrono::system_clock::time_point> oldest;
  for (std::uint64_t number = written_; number-- > 0;) {
    const record* each = find_record(number);
    if (each == nullptr) break;
    oldest = each->facts.began;
  }
  return oldest;
}

}  // namespace opslb
