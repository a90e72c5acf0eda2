"""What the clients of Ops Manager send with each request."""

AGENT = {"Authorization": "Basic NWYyYjBjOWRlNGIwYTFkMmMzYjRhNTk2OjAxMjM0NTY3ODlhYmNkZWY=", "User-Agent": "mongodb-agent"}

# A browser with a session of Ops Manager: about 1 KB of head.
BROWSER = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br",
    "Accept-Language": "en-GB,en;q=0.7,de;q=0.3",
    "Cache-Control": "no-cache",
    "Cookie": "mmsa-prod=" + "a1b2c3d4" * 24 + "; mmsa-device=" + "0f1e2d3c" * 12 + "; timezone=Europe%2FDublin",
    "Pragma": "no-cache",
    "Referer": "https://opsmanager.example.com/v2/5f2b0c9de4b0a1d2c3b4a596#/clusters",
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Site": "same-origin",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "X-CSRF-Time": "1732262400000",
    "X-CSRF-Token": "7d1c" * 16,
    "X-Requested-With": "XMLHttpRequest",
}

# The same behind single sign-on and analytics: 25 headers with Host, and 2 KB of cookies.
LARGE_BROWSER = {
    **BROWSER,
    "Cookie": "; ".join([BROWSER["Cookie"], "mmsa-sso=" + "5e4d3c2b" * 128, "mmsa-seen=" + "9f8e7d6c" * 64,
                         "_mkto_trk=id:" + "017-HGS" * 8, "ajs_anonymous_id=" + "6b1f" * 10]),
    "DNT": "1",
    "If-Modified-Since": "Sun, 22 Nov 2026 09:00:00 GMT",
    "If-None-Match": '"5f2b0c9de4b0a1d2"',
    "Origin": "https://opsmanager.example.com",
    "Priority": "u=1, i",
    "Sec-CH-UA": '"Chromium";v="130", "Not?A_Brand";v="99"',
    "Sec-CH-UA-Mobile": "?0",
    "Sec-CH-UA-Platform": '"Linux"',
    "Sec-GPC": "1",
    "TE": "trailers",
}
