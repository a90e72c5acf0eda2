// CRC-32C (Castagnoli), as the PROXY protocol's checksum TLV has it (RFC 4960 appendix B). Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace opslb {

/// May be fed in pieces.
class crc32c {
 public:
  constexpr void add(std::string_view bytes) {
    for (const char c : bytes) state_ = (state_ >> 8U) ^ table[(state_ ^ static_cast<unsigned char>(c)) & 0xFFU];
  }
  constexpr std::uint32_t value() const { return ~state_; }

 private:
  static constexpr std::array<std::uint32_t, 256> table = [] {
    constexpr std::uint32_t polynomial = 0x82F63B78;  // 0x1EDC6F41 with its bits reversed
    std::array<std::uint32_t, 256> entries{};
    for (std::uint32_t i = 0; i < entries.size(); ++i) {
      entries[i] = i;
      for (int bit = 0; bit < 8; ++bit) entries[i] = (entries[i] >> 1U) ^ ((entries[i] & 1U) != 0 ? polynomial : 0);
    }
    return entries;
  }();

  std::uint32_t state_ = 0xFFFFFFFF;
};

}  // namespace opslb
