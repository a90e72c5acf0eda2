// What a browser meets: a redirect that is built from what the host believes its own address to be, and a login page.
#include "tests/support/simulator/routes.hpp"

namespace opslb::simulator {

awaitable<void> answer_front_page(exchange& e) {
  answer result;
  result.status = 302;
  result.type = "text/html;charset=utf-8";
  result.headers = "Location: " + e.believed.origin() + "/user/login\r\n";
  return send(e, std::move(result));
}

awaitable<void> answer_login_page(exchange& e) {
  answer result;
  result.type = "text/html;charset=utf-8";
  // The address of the style sheet is relative, as in all of Ops Manager's pages: it must not matter where they are served.
  result.body =
      "<!doctype html>\n"
      "<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Ops Manager: Log In</title>\n"
      "<link rel=\"stylesheet\" href=\"../static/login.css\"></head>\n"
      "<body><main><h1>Log in to Ops Manager</h1>\n"
      "<form method=\"post\" action=\"login\">\n"
      "<label>User name <input name=\"username\" autocomplete=\"username\"></label>\n"
      "<label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\"></label>\n"
      "<button>Log in</button></form>\n"
      "<p>Answered by <b id=\"host\">" +
      e.ops.wanted().name + "</b>.</p></main></body></html>\n";
  result.headers =
      "Set-Cookie: mmsa-test=1; Path=/; HttpOnly" + std::string{e.believed.secure ? "; Secure" : ""} + "\r\n";
  return send(e, std::move(result));
}

awaitable<void> answer_style_sheet(exchange& e) {
  answer result;
  result.type = "text/css";
  result.headers = "Cache-Control: max-age=3600\r\nETag: \"login-1\"\r\n";
  result.body =
      "body { font-family: sans-serif; background: #f5f6f7; }\n"
      "main { max-width: 24rem; margin: 10vh auto; padding: 2rem; background: #fff; border-top: 4px solid #13aa52; }\n"
      "label { display: block; margin: 1rem 0; }\n";
  if (lists(e.head.header("If-None-Match"), "\"login-1\"")) result.status = 304;
  return send(e, std::move(result));
}

}  // namespace opslb::simulator
