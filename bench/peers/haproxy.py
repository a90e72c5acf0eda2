"""HAProxy before two Ops Manager hosts, as a careful administrator writes it: what the manual's load balancer must do."""

from peer import Peer

CONFIGURATION = r"""
global
    nbthread @WORKERS@
    # As many as fit under 20,000 open files, with the pipes of 200 spliced bodies at a time.
    maxconn 9500
    maxpipes 200
.if streq(@ACCESSLOG@,on)
    # It writes to no file by itself. Its stdout, which is one here, costs it less than a socket to a syslog daemon would.
    log stdout format raw local0
.endif
    stats socket @DIRECTORY@/haproxy.sock mode 600
    # Mozilla's "intermediate", with session tickets (HAProxy's default); tune.ssl.* is left as it comes.
    ssl-default-bind-options prefer-client-ciphers ssl-min-ver TLSv1.2
    ssl-default-bind-curves X25519:prime256v1:secp384r1
    ssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305
    ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256

defaults
    mode http
    timeout connect 5s
    timeout http-request 30s
    timeout http-keep-alive 180s
    timeout client 180s
    timeout server 180s
    timeout queue 30s
    timeout tunnel 1h
    timeout check 3s
    retries 2
    option redispatch 1
    retry-on conn-failure
    # Plain bodies go through splice(2), both ways.
    option splice-request
    option splice-response
.if streq(@ACCESSLOG@,on)
    log global
    option httplog
.endif

# HTTP/2 by prior knowledge is taken on any plain port.
frontend plain
    bind 127.0.0.1:@PLAIN@
    bind 127.0.0.1:@H2C@
    # Identity: overwrite, never trust what the client sent.
    http-request del-header Forwarded
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Host %[req.hdr(Host)]
    http-request set-header X-Forwarded-Port 80
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Server bench.example.com
    http-request set-header X-Proxied-Https off
    default_backend opsmanager_hosts

frontend tls
    bind 127.0.0.1:@TLS@ ssl crt @CERTIFICATES@/opsmanager.pem alpn h2,http/1.1
    http-request del-header Forwarded
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Host %[req.hdr(Host)]
    http-request set-header X-Forwarded-Port 443
    http-request set-header X-Forwarded-Proto https
    http-request set-header X-Forwarded-Server bench.example.com
    http-request set-header X-Proxied-Https on
    default_backend opsmanager_hosts

backend opsmanager_hosts
    balance leastconn
    option httpchk
    http-check send meth GET uri /monitor/health ver HTTP/1.1 hdr Host opsmanager.example.com
    http-check expect status 200
    # Connections to the hosts are kept and shared (http-reuse safe is the default); Jetty closes them after 30 s.
    default-server check inter 5s fall 2 rise 2 pool-purge-delay 25s
.if streq(@SCHEME@,https)
    default-server ssl verify required ca-file @CERTIFICATES@/ca.pem verifyhost ops.internal sni str(ops.internal) check-sni ops.internal
.endif
    server ops1 @OPS1@
    server ops2 @OPS2@
"""

PEER = Peer(
    program="haproxy",
    arguments=["-db", "-f", "@CONFIGURATION@"],
    configuration=CONFIGURATION,
    file="haproxy.cfg",
    version=["-v"],
    features={"http", "h2c", "tls", "h2", "https-hosts", "access-log", "workers"},
    access_log={False: "off", True: "on"},
)
