// The message heads that the micro benchmarks read and write: of a MongoDB Agent, of a browser with a session of Ops Manager,
// and the host's answers to both. bench/heads.py has the same for whole runs.
#pragma once

#include <string>

#include "headers/forwarded.hpp"
#include "headers/framing.hpp"
#include "headers/head_parser.hpp"

namespace opslb::bench {

struct exchange_of_heads {
  std::string request;
  std::string response;
};

inline exchange_of_heads agent() {
  return {
      "GET /agents/api/automation/conf/v1/5f2b0c9de4b0a1d2c3b4a596?av=12.0.0.1&ah=db1.example.com HTTP/1.1\r\n"
      "Host: opsmanager.example.com:8080\r\n"
      "User-Agent: mongodb-agent\r\n"
      "Authorization: Basic NWYyYjBjOWRlNGIwYTFkMmMzYjRhNTk2OjAxMjM0NTY3ODlhYmNkZWY=\r\n"
      "Accept-Encoding: gzip\r\n\r\n",
      "HTTP/1.1 200 OK\r\n"
      "Date: Sun, 22 Nov 2026 09:00:00 GMT\r\n"
      "X-MongoDB-Service-Version: gitHash=abc; versionString=8.0.0\r\n"
      "Content-Type: application/json\r\n"
      "Content-Length: 3\r\n\r\n"};
}

/// 24 field lines, 2 KB of them cookies.
inline exchange_of_heads browser() {
  std::string cookies = "mmsa-prod=";
  while (cookies.size() < 2048) cookies += "a1b2c3d4";
  return {
      "GET /v2/5f2b0c9de4b0a1d2c3b4a596/clusters HTTP/1.1\r\n"
      "Host: opsmanager.example.com\r\n"
      "Connection: keep-alive\r\n"
      "Pragma: no-cache\r\n"
      "Cache-Control: no-cache\r\n"
      "Sec-CH-UA-Platform: \"Linux\"\r\n"
      "X-Requested-With: XMLHttpRequest\r\n"
      "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
      "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
      "Sec-CH-UA: \"Chromium\";v=\"130\", \"Not?A_Brand\";v=\"99\"\r\n"
      "Sec-CH-UA-Mobile: ?0\r\n"
      "DNT: 1\r\n"
      "Origin: https://opsmanager.example.com\r\n"
      "Sec-Fetch-Site: same-origin\r\n"
      "Sec-Fetch-Mode: cors\r\n"
      "Sec-Fetch-Dest: empty\r\n"
      "Sec-GPC: 1\r\n"
      "Referer: https://opsmanager.example.com/v2/5f2b0c9de4b0a1d2c3b4a596#/clusters\r\n"
      "Accept-Encoding: gzip, deflate, br\r\n"
      "Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n"
      "If-None-Match: \"5f2b0c9de4b0a1d2\"\r\n"
      "X-CSRF-Time: 1732262400000\r\n"
      "X-CSRF-Token: 7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c7d1c\r\n"
      "Cookie: " +
          cookies + "\r\n\r\n",
      "HTTP/1.1 200 OK\r\n"
      "Date: Sun, 22 Nov 2026 09:00:00 GMT\r\n"
      "Cache-Control: no-cache, no-store, must-revalidate\r\n"
      "Content-Security-Policy: default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "X-Frame-Options: DENY\r\n"
      "Set-Cookie: mmsa-prod=a1b2c3d4; Path=/; Secure; HttpOnly; SameSite=Lax\r\n"
      "Vary: Accept-Encoding\r\n"
      "Content-Type: text/html;charset=utf-8\r\n"
      "Content-Length: 3\r\n\r\n"};
}

/// Both heads read, and all that is known of them: what a rewrite starts from. Views into itself; move it not.
struct read_heads {
  exchange_of_heads bytes;
  headers::request_head request;
  headers::request_facts request_facts;
  headers::response_head response;
  headers::response_facts response_facts;
  headers::forwarding_rules rules;
  headers::peer from;

  explicit read_heads(exchange_of_heads of) : bytes(std::move(of)) {
    rules.server_name = "lb.example.com";
    from.client_text = "192.0.2.17";
    from.client = {*headers::ip_address::parse(from.client_text), 40000};
    headers::parse_request_head(bytes.request, 0, {}, request);
    headers::check_request(request, rules.server_name, request_facts);
    headers::parse_response_head(bytes.response, 0, {}, response);
    headers::check_response(response, request.verb, headers::upgrade_wish::none, response_facts);
  }
  read_heads(const read_heads&) = delete;
  read_heads& operator=(const read_heads&) = delete;
};

}  // namespace opslb::bench
