"""How long things took."""

SHOWN = {"p50": 0.50, "p99": 0.99, "p99.9": 0.999}


def percentiles(times):
    """The shown ones of some seconds, in milliseconds, and the longest; nothing without any."""
    ordered = sorted(times)
    if not ordered:
        return {}
    found = {name: ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1e3 for name, share in SHOWN.items()}
    return {**found, "longest": ordered[-1] * 1e3}
