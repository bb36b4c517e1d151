// The same training step in TensorFlow.js, in a worker as the engine is: batch, features, network, loss, Adam, average.
'use strict';
importScripts('/tf/tfjs/dist/tf.min.js', './batches.js');

/** Steps that a GPU may have queued before one number is read back, as in the engine. */
const QUEUED_STEPS = 8;

let run;

const calls = {
  /** Chooses a backend; says what it is, or rejects where there is none. */
  async backend({ name }) {
    // That of WebGL is in the bundle.
    if (name !== 'webgl') importScripts(`/tf/tfjs-backend-${name}/dist/tf-backend-${name}.min.js`);
    if (name === 'wasm') {
      tf.wasm.setWasmPaths('/tf/tfjs-backend-wasm/dist/');
      tf.wasm.setThreadsCount(1);
    }
    if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js has no ${name} here`);
    await tf.ready();
    const simd = name === 'wasm' && (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'));
    return { version: tf.version_core, backend: tf.getBackend(), simd };
  },

  /** A fresh network and its batches. `set`: see `Batches`. */
  async prepare({ set, objective, width, depth, batch, seed }) {
    run?.dispose();
    run = new Run(set, objective, width, depth, batch, seed);
  },

  /** Trains; `{ seconds, batches }`, the second being what of it went into making batches. */
  train: async ({ steps }) => run.train(steps),

  /** Scores of the averaged network. points: `[x0, y0, …]`. */
  score: async ({ points, sigma }) => run.score(points, sigma),

  /** Loss and gradient of given weights at a given batch, flat in the engine's order. */
  async gradient({ weights, features, targets, width, depth }) {
    const network = new Network(width, depth, (piece) => tf.variable(piece));
    network.load(weights);
    const x = tf.tensor2d(features, [features.length / 12, 12]), y = tf.tensor2d(targets, [targets.length / 2, 2]);
    const { value, grads } = tf.tidy(() => tf.variableGrads(() => network.loss(x, y), network.variables));
    const gradient = [];
    for (const variable of network.variables) gradient.push(...(await grads[variable.name].data()));
    const loss = (await value.data())[0];
    tf.dispose([x, y, value, grads, network.variables]);
    return { loss, gradient };
  },
};

/** The engine's perceptron. `hold`: what keeps a tensor as a parameter. */
class Network {
  constructor(width, depth, hold, random = generator(1)) {
    this.depth = depth;
    this.variables = [];
    for (let i = 0; i <= depth; i += 1) {
      const inputs = i === 0 ? 12 : width, outputs = i === depth ? 2 : width;
      const values = new Float32Array(inputs * outputs + (inputs * outputs) % 2);
      random.normals(values);
      // He's initialisation, and a last layer of zeros.
      const size = i === depth ? 0 : Math.sqrt((i === 0 ? 1 : 2) / inputs);
      const weight = values.subarray(0, inputs * outputs).map((v) => size * v);
      this.variables.push(hold(tf.tensor2d(weight, [inputs, outputs])), hold(tf.zeros([outputs])));
    }
  }

  load(flat) {
    let at = 0;
    for (const variable of this.variables) {
      variable.assign(tf.tensor(flat.slice(at, at + variable.size), variable.shape));
      at += variable.size;
    }
  }

  output(x) {
    let h = x;
    for (let i = 0; i <= this.depth; i += 1) {
      const a = tf.fused.matMul({ a: h, b: this.variables[2 * i], bias: this.variables[2 * i + 1] });
      h = i === this.depth ? a : tf.mul(a, tf.sigmoid(a));
    }
    return h;
  }

  /** Mean over the rows of `|F - target|²`. */
  loss(x, y) {
    return tf.div(tf.sum(tf.squaredDifference(this.output(x), y)), x.shape[0]);
  }
}

class Run {
  constructor(set, objective, width, depth, batch, seed) {
    const random = generator(seed);
    this.set = set;
    this.batches = new Batches(set, batch, objective, seed + 1);
    this.network = new Network(width, depth, (piece) => tf.variable(piece), random);
    this.average = new Network(width, depth, (piece) => tf.variable(piece, false));
    this.average.variables.forEach((variable, i) => variable.assign(tf.clone(this.network.variables[i])));
    this.optimizer = tf.train.adam(0.01, 0.9, 0.99, 1e-8);
    this.steps = 0;
  }

  step() {
    this.steps += 1;
    const start = performance.now();
    this.batches.next();
    const batchTime = performance.now() - start;
    this.optimizer.learningRate = learningRate(this.steps, this.batches.calm);
    const kept = averageKept(this.steps);
    tf.tidy(() => {
      const x = tf.tensor2d(this.batches.features, [this.batches.size, 12]);
      const y = tf.tensor2d(this.batches.targets, [this.batches.size, 2]);
      const { grads } = tf.variableGrads(() => this.network.loss(x, y), this.network.variables);
      this.optimizer.applyGradients(grads);
      this.average.variables.forEach((average, i) => {
        average.assign(tf.add(tf.mul(average, kept), tf.mul(this.network.variables[i], 1 - kept)));
      });
    });
    return batchTime;
  }

  /** Waits until everything that is queued is done. */
  settle() {
    const last = this.network.variables[this.network.variables.length - 1];
    return last.data();
  }

  async train(steps) {
    const queues = tf.getBackend() !== 'wasm', start = performance.now();
    let batches = 0;
    for (let i = 1; i <= steps; i += 1) {
      batches += this.step();
      if (queues && i % QUEUED_STEPS === 0) await this.settle();
    }
    await this.settle();
    return { seconds: (performance.now() - start) / 1e3, batches: batches / 1e3 };
  }

  async score(points, sigma) {
    const { set } = this, count = points.length / 2, inputs = new Float32Array(12 * count);
    for (let i = 0; i < count; i += 1) features(set, points[2 * i], points[2 * i + 1], sigma, inputs, 12 * i);
    const output = tf.tidy(() => this.average.output(tf.tensor2d(inputs, [count, 12])));
    const f = await output.data();
    output.dispose();
    const variance = sigma * sigma + set.scale * set.scale, gain = set.scale / (sigma * Math.sqrt(variance));
    return f.map((value, i) => gain * value - (points[i] - set.mean[i % 2]) / variance);
  }

  dispose() {
    tf.dispose([this.network.variables, this.average.variables]);
    this.optimizer.dispose();
  }
}

onmessage = async ({ data: { number, call, given } }) => {
  try {
    postMessage({ number, answer: await calls[call](given) });
  } catch (error) {
    postMessage({ number, error: String(error) });
  }
};
