// The batches of the engine (`src/objective/`), in JavaScript: the same noise levels, targets and sources.
'use strict';

/** Adam's step length at a step: `src/training.rs`. */
const learningRate = (step, calm) =>
  0.01 * Math.min(step / 50, 1) * Math.min(Math.sqrt(1000 / step), calm ? 2 : 1);

/** How much of the average stays at a step: `src/training.rs`. */
const averageKept = (step) => Math.pow(1 - 1 / step, 17.97);

/** A small generator of good quality (xoshiro128**), seeded; much faster than `Math.random`'s honest seeding tricks. */
function generator(seed) {
  const s = Uint32Array.from([seed + 0x9e3779b9, seed ^ 0x243f6a88, ~seed, 0xb7e15162]);
  const next = () => {
    const mixed = Math.imul(s[1], 5);
    const result = Math.imul((mixed << 7) | (mixed >>> 25), 9) >>> 0;
    const shifted = s[1] << 9;
    s[2] ^= s[0]; s[3] ^= s[1]; s[1] ^= s[2]; s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  };
  for (let i = 0; i < 20; i += 1) next();
  const uniform = () => (next() + 0.5) / 4294967296;
  /** Two standard normal numbers at a time (Box and Muller). */
  const normals = (out) => {
    for (let i = 0; i < out.length; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(uniform())), angle = 2 * Math.PI * uniform();
      out[i] = radius * Math.cos(angle);
      out[i + 1] = radius * Math.sin(angle);
    }
  };
  return { uniform, normals };
}

const CUT = 12, IN_A_STRIP = 64;

/** Sources in horizontal strips, sorted from left to right: `src/objective/reference.rs`. */
class Reference {
  constructor(points, from, to) {
    const count = to - from;
    this.strips = Math.max(1, Math.floor(count / IN_A_STRIP));
    let bottom = Infinity, top = -Infinity;
    for (let i = from; i < to; i += 1) {
      bottom = Math.min(bottom, points[2 * i + 1]);
      top = Math.max(top, points[2 * i + 1]);
    }
    this.bottom = bottom;
    this.perUnit = this.strips / Math.max(top - bottom, 1e-30);
    this.starts = new Int32Array(this.strips + 1);
    const strip = new Int32Array(count);
    for (let i = 0; i < count; i += 1) {
      strip[i] = Math.min(this.strips - 1, this.strip(points[2 * (from + i) + 1]));
      this.starts[strip[i] + 1] += 1;
    }
    for (let i = 0; i < this.strips; i += 1) this.starts[i + 1] += this.starts[i];
    const end = this.starts.slice();
    this.x = new Float64Array(count);
    this.y = new Float64Array(count);
    for (let i = 0; i < count; i += 1) {
      // Insertion into a strip of some 64: faster than a sort with a comparison in JavaScript.
      const x = points[2 * (from + i)], first = this.starts[strip[i]];
      let at = end[strip[i]]++;
      for (; at > first && this.x[at - 1] > x; at -= 1) {
        this.x[at] = this.x[at - 1];
        this.y[at] = this.y[at - 1];
      }
      this.x[at] = x;
      this.y[at] = points[2 * (from + i) + 1];
    }
  }

  strip(y) {
    return Math.max(0, Math.floor((y - this.bottom) * this.perUnit));
  }

  /** `(D(x) - x) / sigma` of the posterior mean `D`, into `out`. */
  meanOffset(x, y, own, sigma, out) {
    const reach = sigma * Math.sqrt(2 * (own + CUT)), per = 1 / sigma;
    const last = Math.min(this.strip(y + reach), this.strips - 1);
    let mass = 0, sumX = 0, sumY = 0;
    for (let strip = Math.min(this.strip(y - reach), last); strip <= last; strip += 1) {
      let low = this.starts[strip], high = this.starts[strip + 1];
      const end = high;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (this.x[middle] < x - reach) low = middle + 1; else high = middle;
      }
      for (let i = low; i < end && this.x[i] <= x + reach; i += 1) {
        const dx = (this.x[i] - x) * per, dy = (this.y[i] - y) * per;
        const weight = Math.exp(own - 0.5 * (dx * dx + dy * dy));
        mass += weight;
        sumX += weight * dx;
        sumY += weight * dy;
      }
    }
    out[0] = sumX / mass;
    out[1] = sumY / mass;
  }
}

/** Twelve numbers of a point: `src/model/features.rs`. */
function features(set, x, y, sigma, out, at) {
  const variance = sigma * sigma + set.scale * set.scale, gain = 1 / Math.sqrt(variance);
  const gate = (set.scale * set.scale) / variance;
  for (let axis = 0; axis < 2; axis += 1) {
    const z = ((axis ? y : x) - set.mean[axis]) * gain, beyond = Math.max(Math.abs(z) - 1.5, 0);
    const u = z - Math.sign(z) * (beyond - Math.tanh(beyond)), s = Math.sin(2 * u), c = Math.cos(2 * u);
    out[at + axis] = z;
    out[at + 2 + axis] = gate * s;
    out[at + 4 + axis] = gate * 2 * s * c;
    out[at + 6 + axis] = gate * c;
    out[at + 8 + axis] = gate * (1 - 2 * s * s);
  }
  out[at + 10] = 0.25 * Math.log((0.5 * sigma) / set.scale);
  out[at + 11] = 1;
}

/** Batches of one set. `set`: `{ mean, scale, top, bottom, pool }`, `pool` being many exact draws of the data. */
class Batches {
  constructor(set, size, objective, seed) {
    Object.assign(this, { set, size, calm: objective === 'stable-target', random: generator(seed) });
    this.clean = new Float32Array(2 * size * (this.calm ? 4 : 1));
    this.eps = new Float32Array(2 * size);
    this.features = new Float32Array(12 * size);
    this.targets = new Float32Array(2 * size);
  }

  /** Fills `features` (`[size, 12]`) and `targets` (`[size, 2]`) anew. */
  next() {
    const { set, size, clean, eps, random } = this, count = set.pool.length / 2;
    for (let i = 0; i < clean.length; i += 2) {
      const at = Math.floor(random.uniform() * count);
      clean[i] = set.pool[2 * at];
      clean[i + 1] = set.pool[2 * at + 1];
    }
    random.normals(eps);
    const shift = random.uniform(), span = Math.log(set.bottom / set.top);
    const noise = (i) => set.top * Math.exp(span * (1 - (i + shift) / size));
    const small = this.calm ? this.rowsBelow(noise, 0.2 * set.scale) : 0, large = Math.max(small, Math.floor((3 * size) / 4));
    const sources = this.calm && [
      new Reference(clean, 0, 4 * size), new Reference(clean, 0, size), new Reference(clean, large, size),
    ];
    const offset = [0, 0];
    for (let i = 0; i < size; i += 1) {
      const sigma = noise(i), ex = eps[2 * i], ey = eps[2 * i + 1];
      const x = clean[2 * i] + sigma * ex, y = clean[2 * i + 1] + sigma * ey;
      features(set, x, y, sigma, this.features, 12 * i);
      if (this.calm) {
        const near = sources[i < small ? 0 : i < large ? 1 : 2];
        near.meanOffset(x, y, 0.5 * (ex * ex + ey * ey), sigma, offset);
      } else {
        offset[0] = -ex;
        offset[1] = -ey;
      }
      const gain = 1 / Math.sqrt(sigma * sigma + set.scale * set.scale), share = sigma / set.scale;
      this.targets[2 * i] = gain * (share * (x + sigma * offset[0] - set.mean[0]) + set.scale * offset[0]);
      this.targets[2 * i + 1] = gain * (share * (y + sigma * offset[1] - set.mean[1]) + set.scale * offset[1]);
    }
  }

  rowsBelow(noise, sigma) {
    let rows = 0;
    while (rows < this.size && noise(rows) < sigma) rows += 1;
    return rows;
  }
}
