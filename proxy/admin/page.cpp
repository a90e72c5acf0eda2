#include "proxy/admin/page.hpp"

namespace opslb::admin {

std::string_view page() {
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>opslb</title></head>\n"
         "<body><h1>opslb</h1><ul><li><a href=\"api/v1/status\">status</a></li><li><a href=\"metrics\">metrics</a></li>"
         "</ul></body></html>\n";
}

}  // namespace opslb::admin
