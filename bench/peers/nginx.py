"""nginx before two Ops Manager hosts, as a careful administrator writes it: what the manual's load balancer must do, but for
active health checks, which it does not have."""

from peer import Peer

CONFIGURATION = r"""
daemon off;
worker_processes @WORKERS@;
worker_rlimit_nofile 20000;
pid @DIRECTORY@/nginx.pid;
error_log stderr warn;

events {
    worker_connections 16384;
}

http {
    @ACCESSLOG@;
    server_tokens off;
    client_body_temp_path @DIRECTORY@/nginx-body;
    proxy_temp_path @DIRECTORY@/nginx-proxy;
    fastcgi_temp_path @DIRECTORY@/nginx-fastcgi;
    uwsgi_temp_path @DIRECTORY@/nginx-uwsgi;
    scgi_temp_path @DIRECTORY@/nginx-scgi;

    # As many kept connections as the load has requests in flight.
    upstream opsmanager_hosts {
        zone opsmanager_hosts 128k;
        least_conn;
        server @OPS1@ max_fails=3 fail_timeout=10s;
        server @OPS2@ max_fails=3 fail_timeout=10s;
        keepalive 256;
        keepalive_timeout 25s;
        keepalive_requests 1000000;
    }

    client_header_timeout 30s;
    client_body_timeout 180s;
    send_timeout 180s;
    keepalive_timeout 180s;
    keepalive_requests 1000000;
    proxy_connect_timeout 5s;
    proxy_send_timeout 180s;
    proxy_read_timeout 180s;

    # Bodies of any size, streamed both ways.
    client_max_body_size 0;
    proxy_request_buffering off;
    proxy_max_temp_file_size 0;
    large_client_header_buffers 8 16k;
    proxy_buffer_size 16k;
    proxy_buffers 8 16k;

    # Mozilla's "intermediate", with session tickets.
    ssl_certificate @CERTIFICATES@/opsmanager.pem;
    ssl_certificate_key @CERTIFICATES@/opsmanager.pem.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ecdh_curve X25519:prime256v1:secp384r1;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;
    ssl_prefer_server_ciphers off;
    ssl_session_tickets on;
    ssl_session_timeout 1d;

    proxy_cache off;
    proxy_next_upstream error;
    proxy_next_upstream_tries 2;
    proxy_next_upstream_timeout 10s;

    # For hosts on HTTPS.
    proxy_ssl_trusted_certificate @CERTIFICATES@/ca.pem;
    proxy_ssl_verify on;
    proxy_ssl_name ops.internal;
    proxy_ssl_server_name on;

    # Identity: overwrite, never append to what the client sent.
    map $scheme $proxied_https {
        https   on;
        default off;
    }
    map $scheme $forwarded_port {
        https   443;
        default 80;
    }
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header Forwarded "";
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Port $forwarded_port;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Server bench.example.com;
    proxy_set_header X-Proxied-Https $proxied_https;

    server {
        listen 127.0.0.1:@PLAIN@;
        listen 127.0.0.1:@H2C@ http2;
        listen 127.0.0.1:@TLS@ ssl http2;
        server_name opsmanager.example.com;
        location / {
            proxy_pass @SCHEME@://opsmanager_hosts;
        }
    }
}
"""

PEER = Peer(
    program="nginx",
    arguments=["-p", "@DIRECTORY@", "-c", "@CONFIGURATION@"],
    configuration=CONFIGURATION,
    file="nginx.conf",
    version=["-v"],
    features={"http", "h2c", "tls", "h2", "https-hosts", "access-log", "workers"},
    # Buffered, as where it has much to write: a call for each line would cost it far more.
    access_log={False: "access_log off", True: "access_log @DIRECTORY@/access.log combined buffer=64k flush=1s"},
    access_log_file="access.log",
)
