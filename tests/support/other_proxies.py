"""The real HAProxy and nginx with a few lines as administrators write them, before a host of the test's."""

from support.layer4 import Balancer, free_port

HAPROXY = """
global
    maxconn 200
defaults
    mode http
    timeout connect 5s
    timeout client 180s
    timeout server 180s
    {defaults}
frontend f
    bind 127.0.0.1:{port}
    {frontend}
    default_backend b
backend b
    {backend}
    {servers}
"""

NGINX = """
worker_processes 1;
error_log stderr warn;
pid {directory}/nginx.pid;
events {{ worker_connections 200; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/f;
    uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
    upstream hosts {{ {servers} }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://hosts{path};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            {location}
        }}
    }}
}}
"""


def haproxy(directory, hosts, defaults="", frontend="", backend=""):
    port, file = free_port(), directory / "haproxy.cfg"
    servers = "\n    ".join(f"server {each.name} 127.0.0.1:{each.port}" for each in hosts)
    file.write_text(HAPROXY.format(port=port, servers=servers, defaults=defaults, frontend=frontend, backend=backend))
    return Balancer(["haproxy", "-db", "-f", str(file)], port)


def nginx(directory, hosts, location="", path=""):
    port, file = free_port(), directory / "nginx.conf"
    servers = " ".join(f"server 127.0.0.1:{each.port};" for each in hosts)
    file.write_text(NGINX.format(port=port, servers=servers, location=location, path=path, directory=directory))
    return Balancer(["nginx", "-e", "stderr", "-p", str(directory), "-g", "daemon off;", "-c", str(file)], port)
