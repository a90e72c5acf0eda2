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
    how.under_init = how.before->all().under_init;
    how.sockets = how.before->take_sockets();
  } else {
    how.sockets = systemd::take_sockets();
  }
  return how;
}

}  // namespace opslb
