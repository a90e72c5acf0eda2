// Listening sockets that this process did not make itself but was started with: those of the process whose place it takes
// (takeover), or of systemd (socket activation). Whoever listens asks here first. Closes what nobody took. Main thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace opslb {

class inherited_sockets {
 public:
  inherited_sockets() = default;
  ~inherited_sockets() { close_rest(); }
  inherited_sockets(inherited_sockets&&) noexcept = default;
  inherited_sockets& operator=(inherited_sockets&& other) noexcept;

  /// Takes over `fd`. `where` is its address as it is configured, `name` tells those on port 0 apart. `lasting`: it is
  /// systemd's, and goes on when opslb has ended.
  void add(int fd, std::string where, std::string name, bool lasting = false);
  bool is_lasting(std::string_view where) const;
  /// All that listen there, or none. The caller's from then on.
  std::vector<int> take(std::string_view where, std::string_view name);
  bool empty() const { return sockets_.empty(); }
  /// What nobody took, in words.
  std::string describe() const;
  void close_rest();

 private:
  struct inherited {
    int fd;
    std::string where;
    std::string name;
    bool lasting;
  };
  std::vector<inherited> sockets_;
};

/// "192.0.2.1:80", "[::]:8443" or "unix:/path", where `fd` listens for connections; empty if it does not.
std::string where_listens(int fd);

}  // namespace opslb
