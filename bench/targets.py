"""What opslb is to reach: its cost divided by a peer's, at most, by letter or name; met up to 5 % above, as machines are
noisy."""

NOISE = 1.05

TARGETS = {
    "a": {"haproxy": 0.50, "nginx": 0.80},
    "b": {"haproxy": 0.55, "nginx": 0.80},
    "k": {"haproxy": 0.55, "nginx": 0.70},
    "c": {"haproxy": 0.65, "nginx": 0.72},
    "K": {"haproxy": 0.55, "nginx": 0.60},
    "j": {"haproxy": 0.70, "nginx": 0.85},
    "e": {"haproxy": 0.85, "nginx": 0.35},
    "f": {"haproxy": 0.85, "nginx": 0.35},
    "E": {"haproxy": 0.70, "nginx": 0.70},
    "g": {"haproxy": 0.75, "nginx": 0.85},
    "d": {"haproxy": 0.85, "nginx": 1.00},
    "D": {"haproxy": 0.85, "nginx": 1.00},
    "h": {"haproxy": 0.50, "nginx": 0.90},
    "H": {"haproxy": 0.90, "nginx": 0.95},
    "small/latency": {"haproxy": 1.10, "nginx": 1.10},
}

# The same for figures of its own: scenario → (which of them, at most).
LIMITS = {
    "small/instructions": ("cost", 10000),
    "small/system-calls": ("cost", 4.5),
    "small/many-connections": ("growth", 15),
    "small/two-workers": ("growth", 5),
}


def verdict(ratio, target):
    return "met" if ratio <= target else "met within the noise" if ratio <= target * NOISE else "not met"
