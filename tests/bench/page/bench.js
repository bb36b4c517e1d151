// What the runner (`tests/bench/main.rs`) calls: this engine in a frame of its own, TensorFlow.js in workers, and one
// measure of how good a field is for both.

const frame = document.querySelector('iframe');
const sets = new Map();

/** Data, noise levels and the gauge's points of a named set, as the runner drew them. */
async function load(name) {
  if (!sets.has(name)) {
    const [about, pool] = await Promise.all([
      fetch(`sets/${name}.json`).then((r) => r.json()),
      fetch(`sets/${name}.f32`).then((r) => r.arrayBuffer()),
    ]);
    const levels = about.levels.map(({ sigma, points }) => ({ sigma, points: Float32Array.from(points) }));
    sets.set(name, { ...about, levels, pool: new Float32Array(pool) });
  }
  return sets.get(name);
}

/** This engine: the built site as it is shipped, in the background so that it draws nothing meanwhile. */
class Engine {
  async open(backend) {
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
    frame.src = `../site/?fresh&backend=${backend}`;
    await loaded;
    const page = frame.contentWindow;
    while (!page.scorefield) await new Promise((resolve) => setTimeout(resolve, 20));
    this.api = page.scorefield;
    this.Floats = page.Float32Array;
    const ready = await this.api.ready;
    if (ready.backend !== backend) throw new Error(ready.reason);
    // No more frames, and once the last one is over, the word that the page is hidden.
    page.requestAnimationFrame = () => 0;
    await new Promise((resolve) => setTimeout(resolve, 200));
    Object.defineProperty(page.document, 'hidden', { get: () => true });
    page.document.dispatchEvent(new Event('visibilitychange'));
    return { ...ready };
  }

  async prepare({ set, objective, width, depth, batch, seed }) {
    this.api.preset(set);
    this.api.configure({ network: 'score', objective, width, depth, batch, learningRate: 0.01, weighting: 'edm' });
    this.api.reset({ seed });
  }

  async train(steps) {
    const { seconds } = await this.api.train({ steps });
    return { seconds };
  }

  async score(points, sigma) {
    return this.field(points, sigma, 'learned');
  }

  /** Of one step, the least of three runs of about 0.2 s. */
  async millisecondsOfTraining() {
    await this.train(4);
    const steps = Math.max(2, Math.round(1.6 / (await this.train(8)).seconds));
    let least = Infinity;
    for (let i = 0; i < 3; i += 1) least = Math.min(least, (1e3 * (await this.train(steps)).seconds) / steps);
    return least;
  }

  /** Of one Langevin step, the least of three runs of about 0.2 s, less what a request of one step takes. */
  async millisecondsOfSampling(count, field) {
    const run = async (steps) => {
      const start = performance.now();
      await this.api.sample({ sampler: 'langevin', sigma: 0.2, count, steps, field, seed: 1 });
      return performance.now() - start;
    };
    await run(1);
    const steps = Math.max(4, Math.round(1600 / (await run(8))));
    let least = Infinity;
    for (let i = 0; i < 3; i += 1) least = Math.min(least, ((await run(steps + 1)) - (await run(1))) / steps);
    return least;
  }

  /** Draws so many dots on a spiral. */
  spiral(dots) {
    const points = new this.Floats(2 * dots);
    for (let i = 0; i < dots; i += 1) {
      const t = i / dots;
      points[2 * i] = (0.2 + t) * Math.cos(12 * t);
      points[2 * i + 1] = (0.2 + t) * Math.sin(12 * t);
    }
    this.api.draw(points, { softness: 0.04 });
    this.api.reset({ seed: 1 });
  }

  /** Scores of the learned or the exact field. */
  async field(points, sigma, field) {
    // An array of this window is none of the frame's.
    const given = new this.Floats(points);
    return (await this.api.field({ points: given, sigma, field })).score;
  }
}

/** TensorFlow.js on one of its backends. */
class Tensorflow {
  pending = new Map();

  async open(backend) {
    this.worker = new Worker('tf_worker.js');
    this.worker.onmessage = ({ data }) => {
      const { resolve, reject } = this.pending.get(data.number);
      this.pending.delete(data.number);
      if (data.error) reject(new Error(data.error)); else resolve(data.answer);
    };
    this.worker.onerror = (event) => this.pending.forEach(({ reject }) => reject(new Error(event.message)));
    return this.ask('backend', { name: backend });
  }

  ask(call, given) {
    const number = (this.last = (this.last ?? 0) + 1);
    return new Promise((resolve, reject) => {
      this.pending.set(number, { resolve, reject });
      this.worker.postMessage({ number, call, given });
    });
  }

  async prepare(options) {
    await this.ask('prepare', { ...options, set: await load(options.set) });
  }

  train(steps) {
    return this.ask('train', { steps });
  }

  score(points, sigma) {
    return this.ask('score', { points, sigma });
  }
}

const contenders = new Map();

/** Scores of the exact field at the gauge's points, fetched once for each set. */
async function truth(set) {
  if (!set.truth) {
    const engine = [...contenders.values()].find((contender) => contender instanceof Engine);
    engine.api.preset(set.name);
    set.truth = [];
    for (const { sigma, points } of set.levels) set.truth.push(await engine.field(points, sigma, 'exact'));
  }
  return set.truth;
}

/** `B = ∫ sigma² E |s - s*|² d ln sigma` in nats, by the trapezoidal rule, as the page's own `nats`. */
async function nats(contender, set, exact) {
  let before = null, total = 0;
  for (const [i, { sigma, points }] of set.levels.entries()) {
    const score = await contender.score(points, sigma);
    const sum = exact[i].reduce((sum, s, j) => sum + (score[j] - s) ** 2, 0);
    const excess = (sigma * sigma * sum) / (points.length / 2);
    if (before) total += 0.5 * (before.excess + excess) * Math.log(sigma / before.sigma);
    before = { sigma, excess };
  }
  return total;
}

window.bench = {
  /** Opens a contender, `engine` or `tfjs`, on a backend. */
  async open({ who, backend }) {
    const contender = who === 'engine' ? new Engine() : new Tensorflow();
    const about = await contender.open(backend);
    contenders.set(`${who} ${backend}`, contender);
    return about;
  },

  /** Ends those whose workers would only take up memory from now on. */
  close() {
    for (const contender of contenders.values()) contender.worker?.terminate();
    contenders.clear();
    frame.removeAttribute('src');
  },

  /**
   * Contenders in turn, round after round, each for about so many seconds: `{ steps, table }` with the steps of each
   * and a row of `{ seconds, batches }` a round.
   */
  async rounds({ among, options, seconds, rounds }) {
    const all = among.map((name) => contenders.get(name)), steps = [], table = [];
    for (const contender of all) {
      await contender.prepare(options);
      await contender.train(2);
      const { seconds: of4 } = await contender.train(4);
      steps.push(Math.max(2, Math.round((4 * seconds) / of4)));
    }
    for (let round = 0; round < rounds; round += 1) {
      const row = [];
      for (const [i, contender] of all.entries()) row.push(await contender.train(steps[i]));
      table.push(row);
    }
    return { steps, table };
  },

  /** Steps and seconds until the error is below `aim`, looked at every `every` steps outside the clock, or `most` seconds. */
  async until({ name, options, aim, every, most }) {
    const contender = contenders.get(name), set = await load(options.set), exact = await truth(set);
    await contender.prepare(options);
    let seconds = 0, steps = 0, error;
    do {
      seconds += (await contender.train(every)).seconds;
      steps += every;
      error = await nats(contender, set, exact);
    } while (error > aim && seconds < most);
    return { seconds, steps, nats: error };
  },

  /** The engine's file of weights, as numbers. */
  async weights({ name }) {
    return Array.from(await contenders.get(name).api.saveWeights());
  },

  /** Trains the engine by so many steps from the seed on. */
  async begin({ name, options, steps }) {
    const engine = contenders.get(name);
    await engine.prepare(options);
    await engine.train(steps);
  },

  /** One more step. */
  step: ({ name }) => contenders.get(name).train(1),

  /** Milliseconds of training and sampler steps of the engine as each of these grows; the tables of `costs.rs`. */
  async costs({ name, widths, batches, particles, dots }) {
    const engine = contenders.get(name), usual = { set: 'moons', objective: 'stable-target', width: 64, depth: 3, batch: 512, seed: 1 };
    const training = async (options) => {
      await engine.prepare({ ...usual, ...options });
      return engine.millisecondsOfTraining();
    };
    const answer = { widths: [], batches: [], learned: [], exact: [], dots: [], dotsTraining: [] };
    for (const width of widths) answer.widths.push(await training({ width }));
    for (const batch of batches) answer.batches.push(await training({ batch }));
    await engine.prepare(usual);
    await engine.train(50);
    for (const count of particles) {
      answer.learned.push(await engine.millisecondsOfSampling(count, 'learned'));
      answer.exact.push(await engine.millisecondsOfSampling(count, 'exact'));
    }
    for (const count of dots) {
      engine.spiral(count);
      answer.dots.push(await engine.millisecondsOfSampling(4000, 'exact'));
      answer.dotsTraining.push(await engine.millisecondsOfTraining());
    }
    return answer;
  },

  /** Loss and gradient of given weights at a given batch. */
  gradient: ({ name, ...given }) => contenders.get(name).ask('gradient', given),
};
