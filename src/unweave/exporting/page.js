"use strict";
// Runs a decoder in the browser: each step is an operation on one sample, in arrays of float32.
const facts = JSON.parse(document.getElementById("facts").textContent);
const weights = read(document.getElementById("weights").textContent.trim(), facts.half);

function bytes(text) {
  const raw = atob(text), all = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) all[i] = raw.charCodeAt(i);
  return all.buffer;
}

function read(text, half) {
  if (!half) return new Float32Array(bytes(text));
  const short = new Uint16Array(bytes(text)), all = new Float32Array(short.length);
  for (let i = 0; i < short.length; i++) {
    const sign = short[i] & 0x8000 ? -1 : 1, power = (short[i] >> 10) & 31, part = short[i] & 1023;
    all[i] = sign * (power ? (1 + part / 1024) * 2 ** (power - 15) : part * 2 ** -24);
  }
  return all;
}

// --- operations: each takes its inputs, weights, numbers, the shapes of output and input ------

const each = change => (inputs, given, numbers) => {
  const out = new Float32Array(inputs[0].length);
  for (let i = 0; i < out.length; i++) out[i] = change(inputs[0][i], numbers);
  return out;
};
const sigmoid = x => 1 / (1 + Math.exp(-x));

// Channels last, so that the innermost loop runs along neighbours in memory.
function last(values, [channels, height, width]) {
  const out = new Float32Array(values.length), size = height * width;
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < size; i++) out[i * channels + c] = values[c * size + i];
  return out;
}
function first(values, [channels, height, width]) {
  const out = new Float32Array(values.length), size = height * width;
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < size; i++) out[c * size + i] = values[i * channels + c];
  return out;
}
function sweep(inputs, [kernel, bias], [stride, padding], shape, from, transposed) {
  const [many, high, wide] = shape, [few, rows, columns] = from, side = Math.sqrt(kernel.length / many / few);
  const input = last(inputs[0], from), out = new Float32Array(many * high * wide);
  for (let i = 0; i < high * wide; i++) out.set(bias, i * many);
  const [tall, broad] = transposed ? [rows, columns] : [high, wide];
  for (let y = 0; y < tall; y++) for (let x = 0; x < broad; x++)
    for (let ky = 0; ky < side; ky++) for (let kx = 0; kx < side; kx++) {
      const v = y * stride - padding + ky, u = x * stride - padding + kx;
      if (v < 0 || u < 0 || v >= (transposed ? high : rows) || u >= (transposed ? wide : columns)) continue;
      const near = y * broad + x, far = transposed ? v * wide + u : v * columns + u;
      let source = (transposed ? near : far) * few;
      const target = (transposed ? far : near) * many;
      let weight = (ky * side + kx) * few * many;
      for (let c = 0; c < few; c++, weight += many) {
        const value = input[source++];
        if (value !== 0) for (let d = 0; d < many; d++) out[target + d] += value * kernel[weight + d];
      }
    }
  return first(out, shape);
}

const OPERATIONS = {
  linear([input], [matrix, bias]) {
    const out = Float32Array.from(bias), count = input.length;
    for (let j = 0; j < out.length; j++) {
      let sum = 0;
      for (let i = 0, at = j * count; i < count; i++, at++) sum += matrix[at] * input[i];
      out[j] += sum;
    }
    return out;
  },
  convolution: (inputs, given, numbers, shape, from) => sweep(inputs, given, numbers, shape, from, false),
  transposed: (inputs, given, numbers, shape, from) => sweep(inputs, given, numbers, shape, from, true),
  channels([input], [scale, shift]) {
    const out = new Float32Array(input.length), size = input.length / scale.length;
    for (let i = 0; i < out.length; i++) {
      const c = Math.floor(i / size);
      out[i] = input[i] * scale[c] + shift[c];
    }
    return out;
  },
  affine: ([input], [scale, shift]) => input.map((value, i) => value * scale[i] + shift[i]),
  add: ([one, other]) => one.map((value, i) => value + other[i]),
  multiply: ([one, other]) => one.map((value, i) => value * other[i]),
  reshape: ([input]) => input,
  leaky: each((x, [slope]) => x > 0 ? x : slope * x),
  elu: each((x, [scale]) => x > 0 ? x : scale * Math.expm1(x)),
  silu: each(x => x * sigmoid(x)),
  tanh: each(Math.tanh),
  sigmoid: each(sigmoid),
  softplus: each(x => x > 20 ? x : Math.log1p(Math.exp(x))),
  clamp: each((x, [low, high]) => Math.min(high, Math.max(low, x))),
};

// --- cells of a table: the likeliest value of each column, and the shares of its levels --------

const largest = shares => shares.indexOf(Math.max(...shares));
const softmax = logits => {
  const most = Math.max(...logits), raised = [...logits].map(x => Math.exp(x - most));
  const sum = raised.reduce((a, b) => a + b);
  return raised.map(x => x / sum);
};
const SHARES = {
  bernoulli: ([logit]) => [sigmoid(-logit), sigmoid(logit)],
  categorical: softmax,
  "ordered-logit": ([score], {cuts}) => {
    const below = [0, ...cuts.map(cut => sigmoid(cut - score)), 1];
    return below.slice(1).map((share, level) => share - below[level]);
  },
};
const VALUES = {
  gaussian: ([mean]) => mean,
  "negative-binomial": ([log], {mean, sd}) =>
    (Math.exp(Math.min(15, Math.max(-15, log))) * Math.max(mean, 1e-3) - mean) / sd,
};
const shares = (outputs, cell) => SHARES[cell.law]?.(outputs.subarray(cell.from, cell.to), cell);
const settle = outputs => Float32Array.from(facts.cells, cell => {
  const levels = shares(outputs, cell);
  return levels ? largest(levels) : VALUES[cell.law](outputs.subarray(cell.from, cell.to), cell);
});

// The move of a number in deviations; of levels, the probability that went over, upwards or not.
function moved(place, was, now) {
  const cell = facts.cells?.[place], old = cell && shares(was.outputs, cell);
  if (!old) return now.values[place] - was.values[place];
  const change = shares(now.outputs, cell).map((share, level) => share - old[level]);
  const went = change.reduce((sum, each) => sum + Math.abs(each), 0) / 2;
  return cell.law !== "categorical" && change.reduce((sum, each, level) => sum + level * each, 0) < 0 ? -went : went;
}

const decode = code => facts.cells ? settle(run(code)) : run(code);
const decoded = code => {
  const outputs = run(code);
  return {outputs, values: facts.cells ? settle(outputs) : outputs};
};

function run(code) {
  const values = [], given = place => place < 0 ? Float32Array.from(code) : values[place];
  facts.steps.forEach(step => values.push(OPERATIONS[step.kind](
    step.inputs.map(given),
    step.tensors.map(([from, count]) => weights.subarray(from, from + count)),
    step.numbers, step.shape, step.inputs[0] < 0 ? [code.length] : facts.steps[step.inputs[0]].shape,
  )));
  return values[values.length - 1];
}

// --- the page -----------------------------------------------------------------------------

const find = name => document.getElementById(name);
const make = (tag, text, name) => {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
};
const state = {start: 0, moved: {}};
const code = () => {
  const values = [...facts.starts[state.start].code];
  for (const [name, value] of Object.entries(state.moved)) values[facts.names.indexOf(name)] = value;
  return values;
};

function paint(canvas, values) {
  const [channels, height, width] = facts.shape, size = height * width;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d"), picture = context.createImageData(width, height);
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < 3; c++)
      picture.data[4 * i + c] = Math.round(255 * Math.min(1, Math.max(0, values[(channels === 3 ? c * size : 0) + i])));
    picture.data[4 * i + 3] = 255;
  }
  context.putImageData(picture, 0, 0);
}

function own(column, values) {
  let value = values[column.place] * column.sd + column.mean;
  if (column.log === "log") value = Math.exp(value);
  if (column.log === "log1p") value = Math.expm1(value) * column.unit;
  if (column.levels) return column.levels[Math.min(column.levels.length - 1, Math.max(0, Math.floor(value + 0.5)))];
  if (column.kind === "date") return new Date(Math.round(value) * 864e5).toISOString().slice(0, 10);
  if (column.kind === "time") return new Date(Math.min(86399, Math.max(0, Math.round(value))) * 1000).toISOString().slice(11, 19);
  if (column.nonnegative) value = Math.max(0, value);
  return column.whole ? Math.floor(value + 0.5) : value;
}

function cell(column, values) {
  if (column.place < 0) return column.constant;
  const value = own(column, values);
  if (typeof value === "string") return value;
  return Math.abs(value) >= 1000 ? value.toLocaleString("en", {maximumFractionDigits: 0}) : String(+value.toPrecision(4));
}

function tell(before, after) {
  for (const [i, column] of facts.columns.entries()) {
    const [was, now, bar] = find("rows").rows[i].querySelectorAll("td");
    was.textContent = cell(column, before.values);
    now.textContent = cell(column, after.values);
    const change = column.place < 0 ? 0 : moved(column.place, before, after);
    const mark = bar.querySelector("i"), length = Math.min(Math.abs(change), 3) / 3 * 50;
    mark.className = change < 0 ? "down" : "up";
    mark.style.width = `${length}%`;
    mark.style[change < 0 ? "right" : "left"] = "50%";
    mark.style[change < 0 ? "left" : "right"] = "auto";
    bar.querySelector(".number").textContent = Math.abs(change) < 0.005 ? "0" : (change > 0 ? "+" : "−") + Math.abs(change).toFixed(2);
  }
}

let before, after;
function show() {
  after = decoded(code());
  if (facts.columns) tell(before, after);
  else paint(find("edited"), after.values);
  for (const row of document.querySelectorAll(".control")) {
    const name = row.dataset.name, value = code()[facts.names.indexOf(name)];
    row.querySelector("output").textContent = (value < 0 ? "−" : "+") + Math.abs(value).toFixed(2);
    row.classList.toggle("moved", name in state.moved);
  }
}

function begin(place, moved = {}) {
  Object.assign(state, {start: place, moved});
  const start = facts.starts[place];
  before = decoded(start.code);
  if (!facts.columns) {
    if (start.original) {
      find("original").src = start.original;
      find("original-title").textContent = start.title;
    }
    paint(find("reconstruction"), before.values);
  }
  for (const input of document.querySelectorAll(".control input")) {
    const value = code()[facts.names.indexOf(input.name)];
    input.min = Math.min(input.dataset.low, Math.floor(value));
    input.max = Math.max(input.dataset.high, Math.ceil(value));
    input.value = value;
  }
  document.querySelectorAll(".start").forEach((button, i) => button.setAttribute("aria-pressed", i === place));
  show();
}

function board() {
  for (const slider of facts.sliders) {
    const row = make("div", undefined, "control"), label = make("label", slider.label);
    row.dataset.name = slider.name;
    label.htmlFor = `slider-${slider.name}`;
    label.title = slider.hint;
    const input = make("input");
    Object.assign(input, {type: "range", id: label.htmlFor, name: slider.name, step: "any"});
    input.dataset.low = slider.low;
    input.dataset.high = slider.high;
    input.addEventListener("input", () => { state.moved[slider.name] = +input.value; show(); });
    input.addEventListener("dblclick", () => {
      delete state.moved[slider.name];
      begin(state.start, state.moved);
    });
    row.append(label, make("output"), input);
    find(slider.folded ? "folded" : "sliders").append(row);
  }
  find("more").hidden = !facts.sliders.some(slider => slider.folded);
  find("reset").addEventListener("click", () => begin(state.start));
}

function starts() {
  facts.starts.forEach((start, place) => {
    const button = make("button", start.original ? undefined : start.title, "start");
    button.type = "button";
    button.title = start.title;
    if (start.original) {
      const picture = make("img");
      Object.assign(picture, {src: start.original, alt: start.title});
      button.append(picture);
    }
    button.addEventListener("click", () => begin(place));
    find("starts").append(button);
  });
  find("starts").hidden = facts.starts.length < 2;
}

function table() {
  for (const column of facts.columns) {
    const row = make("tr"), head = make("th", column.name), bar = make("td");
    head.scope = "row";
    row.dataset.feature = column.name;
    const frame = make("span", undefined, "bar");
    frame.append(make("i"));
    bar.append(frame, make("span", "0", "number"));
    row.append(head, make("td"), make("td"), bar);
    find("rows").append(row);
  }
}

function save(name, address) {
  const link = make("a");
  Object.assign(link, {download: name, href: address});
  link.click();
}

function keep() {
  if (!facts.columns) {
    const large = make("canvas"), side = Math.max(1, Math.floor(256 / facts.shape[2]));
    large.width = facts.shape[2] * side;
    large.height = facts.shape[1] * side;
    const context = large.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.drawImage(find("edited"), 0, 0, large.width, large.height);
    save("edited.png", large.toDataURL("image/png"));
    return;
  }
  const quoted = text => /[",\n]/.test(text) ? `"${String(text).replaceAll('"', '""')}"` : text;
  const plain = (column, values) => column.place < 0 ? column.constant : own(column, values);
  const lines = [["", ...facts.columns.map(column => column.name)],
    ["reconstruction", ...facts.columns.map(column => plain(column, before.values))],
    ["edited", ...facts.columns.map(column => plain(column, after.values))]];
  const text = lines.map(line => line.map(quoted).join(",")).join("\n") + "\n";
  save("edited.csv", "data:text/csv;charset=utf-8," + encodeURIComponent(text));
}

// The address of what is seen: the start, then the elements that were moved.
function link() {
  const parts = [`start=${state.start}`, ...Object.entries(state.moved).map(([name, value]) => `${encodeURIComponent(name)}=${value}`)];
  history.replaceState(null, "", "#" + parts.join("&"));
  find("said").textContent = "The address of this page now leads to what you see.";
  if (navigator.clipboard) navigator.clipboard.writeText(location.href).catch(() => {});
}

function opened() {
  const given = new URLSearchParams(location.hash.slice(1)), moved = {};
  const place = Number(given.get("start"));
  for (const [name, text] of given)
    if (facts.names.includes(name) && Number.isFinite(Number(text))) moved[name] = Number(text);
  begin(Number.isInteger(place) && place in facts.starts ? place : 0, moved);
}

// What this browser decodes must be what the model does.
function agrees() {
  const found = decode(facts.check.code);
  return facts.check.values.every(([place, value]) => Math.abs(found[place] - value) <= facts.check.tolerance * Math.max(1, Math.abs(value)));
}

if (facts.sliders.length && agrees()) {
  if (facts.columns) table();
  board();
  starts();
  opened();
  if (find("keep")) {
    find("keep").addEventListener("click", keep);
    find("link").addEventListener("click", link);
    window.addEventListener("hashchange", opened);
  }
  find("stage").hidden = find("board").hidden = false;
} else if (facts.sliders.length) {
  find("problem").textContent = "This browser decodes something else than the model does; open the page in another.";
}
window.unweave = {decode, state, code};
