#include "proxy/start.hpp"

#include <unistd.h>

#include "proxy/init.hpp"
#include "proxy/systemd/environment.hpp"

namespace opslb {

start find_start(int count, char** arguments) {
  start how;
  how.self = takeover::program_of(count, arguments);
  if (::getpid() == 1) {
    become_init();
    how.under_init = true;
  }
  how.before = takeover::predecessor::find();
  if (how.before) {
    how.handed = how.before->take_all();
    how.sockets = how.before->take_sockets();
    how.under_init = how.handed.under_init;
    how.self.path = how.handed.program;
  } else {
    how.sockets = systemd::take_sockets();
  }
  return how;
}

}  // namespace opslb
