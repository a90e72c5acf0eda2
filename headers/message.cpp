#include "headers/message.hpp"

namespace opslb::headers {

method to_method(std::string_view name) {
  switch (name.size()) {
    case 3:
      if (name == "GET") return method::get;
      if (name == "PUT") return method::put;
      break;
    case 4:
      if (name == "POST") return method::post;
      if (name == "HEAD") return method::head;
      break;
    case 5:
      if (name == "PATCH") return method::patch;
      if (name == "TRACE") return method::trace;
      break;
    case 6:
      if (name == "DELETE") return method::delete_;
      break;
    case 7:
      if (name == "OPTIONS") return method::options;
      if (name == "CONNECT") return method::connect;
      break;
    default: break;
  }
  return method::other;
}

bool is_safe(method m) { return m == method::get || m == method::head || m == method::options; }

bool is_idempotent(method m) { return is_safe(m) || m == method::put || m == method::delete_; }

}  // namespace opslb::headers
