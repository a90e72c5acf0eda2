// The last five minutes of one host, or of all together, as samples: counters as they stood, and rates from the differences
// between neighbours. A counter that went back (opslb was started anew) makes a gap, never a negative rate.

export const KEPT = 300_000;
const NEIGHBOURS = 15_000; // further apart than this, nobody looked in between: the plot has a gap there

/** What a status says of `part`, its totals or one of its backends, as one sample. */
export function sampleOf(part, histogram, at) {
  return {
    at,
    requests: part.requests,
    errors: part.responses && part.responses["5xx"] + part.responses.none,
    in_flight: part.in_flight,
    bytes_in: part.bytes_in,
    bytes_out: part.bytes_out,
    connect: histogram.connect,
    first_byte: histogram.first_byte,
    total: histogram.total,
  };
}

export class Series {
  #samples = [];
  bounds = [];

  /** Takes a sample in unless it is not newer than the last one. */
  add(sample, bounds) {
    const early = (this.#samples.at(-1)?.at ?? -Infinity) - sample.at;
    if (early > NEIGHBOURS)
      this.#samples = []; // opslb's clock was set back
    else if (early >= 0) return;
    if (bounds.length !== this.bounds.length)
      for (const each of this.#samples) each.connect = each.first_byte = each.total = null;
    this.bounds = bounds;
    this.#samples.push(sample);
    while (this.#samples[0].at < sample.at - KEPT) this.#samples.shift();
  }

  get samples() {
    return this.#samples;
  }

  /** How much the counter `name` grew in a second, between each sample and the one before it: [{at, value}], null where there
   *  is nothing to compare. */
  rates(name) {
    return this.#samples.slice(1).map((sample, index) => {
      const before = this.#samples[index],
        grown = sample[name] - before[name];
      const known = sample[name] !== null && before[name] !== null && grown >= 0 && sample.at - before.at <= NEIGHBOURS;
      return { at: sample.at, value: known ? grown / ((sample.at - before.at) / 1000) : null };
    });
  }

  /** The values of a gauge. */
  levels(name) {
    return this.#samples.map((sample) => ({ at: sample.at, value: sample[name] }));
  }

  /** The rate over the last `milliseconds`; null while that is not known. */
  rateNow(name, milliseconds = 10_000) {
    const grown = this.growth(name, milliseconds);
    return grown && grown.milliseconds ? grown.value / (grown.milliseconds / 1000) : null;
  }

  /** By how much the counter grew in the last `milliseconds`, and over how many of them it could be seen. */
  growth(name, milliseconds) {
    const [first, last] = this.#window(milliseconds, this.#samples.length - 1, name);
    if (!last || first === last || first[name] === null || last[name] === null || last[name] < first[name]) return null;
    return { value: last[name] - first[name], milliseconds: last.at - first.at };
  }

  /** Percentiles of one phase (connect, first_byte, total) of the exchanges that ended in the last `milliseconds`. */
  percentiles(shares, milliseconds = KEPT, phase = "total") {
    return this.#percentilesAt(this.#samples.length - 1, shares, milliseconds, phase);
  }

  /** One percentile of whole exchanges at each sample, over the ten seconds before it. */
  percentileLine(share) {
    return this.#samples.map((sample, index) => ({
      at: sample.at,
      value: this.#percentilesAt(index, [share], 10_000, "total")[0],
    }));
  }

  #percentilesAt(index, shares, milliseconds, phase) {
    const [first, last] = this.#window(milliseconds, index, phase);
    if (!last || !first[phase] || !last[phase]) return shares.map(() => null);
    const grown = last[phase].map((value, bucket) => value - first[phase][bucket]);
    return shares.map((share) => percentile(this.bounds, grown, share));
  }

  /** The sample at `index`, and the oldest one not more than so long before it that knows `name`. */
  #window(milliseconds, index, name) {
    const last = this.#samples[index];
    let first = index;
    while (
      first > 0 &&
      this.#samples[first - 1].at >= last.at - milliseconds &&
      this.#samples[first - 1][name] !== null
    )
      --first;
    return [this.#samples[first], last];
  }
}

/** The value below which `share` of the counted ones lie, straight within its bucket; null where nothing was counted. What is over
 *  the last bound counts as that. */
export function percentile(bounds, counts, share) {
  const all = counts.reduce((sum, value) => sum + value, 0);
  if (!(all > 0) || counts.some((value) => value < 0)) return null;
  let below = 0;
  for (let bucket = 0; bucket < bounds.length; ++bucket) {
    if (below + counts[bucket] >= share * all) {
      const from = bucket === 0 ? 0 : bounds[bucket - 1];
      return counts[bucket] === 0 ? from : from + (bounds[bucket] - from) * ((share * all - below) / counts[bucket]);
    }
    below += counts[bucket];
  }
  return bounds.at(-1) ?? null;
}
