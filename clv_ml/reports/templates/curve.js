// How many to contact: expected profit against the number of contacts, and a slider along it.
const CURVE = data.curve;
const plot = { wide: 720, tall: 220, left: 8, right: 8, top: 34, bottom: 26 };

function drawCurve() {
  if (!CURVE) return;
  plot.wide = WIDTHS[0].matches ? 720 : 360; // a narrow window gets a narrow picture, not a small one
  const last = CURVE.n.length - 1;
  const slider = byId("capacity");
  slider.max = CURVE.n[last];
  if (!slider.dataset.ready) slider.value = CURVE.n[CURVE.chosen];
  slider.dataset.ready = "yes";
  const [low, high] = [Math.min(0, ...CURVE.expected_profit), Math.max(0, ...CURVE.expected_profit)];
  plot.x = (n) => {
    const x = plot.left + ((plot.wide - plot.left - plot.right) * n) / (CURVE.n[last] || 1);
    return speech.direction === "rtl" ? plot.wide - x : x;
  };
  plot.y = (value) => plot.tall - plot.bottom - ((plot.tall - plot.top - plot.bottom) * (value - low)) / (high - low || 1);
  const line = CURVE.n.map((n, at) => (at ? "L" : "M") + plot.x(n).toFixed(1) + " " + plot.y(CURVE.expected_profit[at]).toFixed(1)).join("");
  const area = line + "L" + plot.x(CURVE.n[last]).toFixed(1) + " " + plot.y(0).toFixed(1) + "L" + plot.x(0).toFixed(1) + " " + plot.y(0).toFixed(1) + "Z";
  const svg = drawn("svg", { class: "curve", viewBox: `0 0 ${plot.wide} ${plot.tall}`, role: "img", "aria-label": curveInWords() });
  svg.append(drawn("path", { class: "curve-area", d: area }), drawn("line", { class: "axis", x1: plot.left, x2: plot.wide - plot.right, y1: plot.y(0), y2: plot.y(0) }));
  svg.append(drawn("path", { class: "curve-line", d: line }), drawn("line", { class: "now", id: "curve-at", y1: plot.top - 14, y2: plot.tall - plot.bottom }));
  svg.append(drawn("circle", { class: "order", id: "curve-dot", r: 5 }));
  svg.append(...mark(CURVE.best, "best_here", plot.top - 20), ...(CURVE.chosen === CURVE.best ? [] : mark(CURVE.chosen, "chosen_here", plot.tall - 6)));
  byId("curve").replaceChildren(svg);
  moveTo(nearest(Number(slider.value)));
}

function mark(at, words, y) {
  const x = plot.x(CURVE.n[at]);
  const share = x / plot.wide;
  const anchor = share < 0.2 ? "left" : share > 0.8 ? "right" : "middle";
  // a text that runs from right to left starts at its right end
  const side = { left: speech.direction === "rtl" ? "end" : "start", right: speech.direction === "rtl" ? "start" : "end", middle: "middle" }[anchor];
  return [
    drawn("line", { class: "mark", x1: x, x2: x, y1: plot.y(CURVE.expected_profit[at]), y2: plot.y(0) }),
    drawn("circle", { class: "mark-dot", cx: x, cy: plot.y(CURVE.expected_profit[at]), r: 3.5 }),
    drawn("text", { x, y, "text-anchor": side }, say(words, { number: number(CURVE.n[at]) })),
  ];
}

function curveInWords() {
  const at = (place) => ({ number: number(CURVE.n[place]), profit: isolated(money(CURVE.expected_profit[place], data.currency)) });
  return say("curve_best", at(CURVE.best)) + " " + say("curve_chosen", at(CURVE.chosen));
}

// The point of the curve beside a number; far out there is not one for each.
function nearest(n) {
  let [low, high] = [0, CURVE.n.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (CURVE.n[middle] <= n) low = middle;
    else high = middle;
  }
  return n - CURVE.n[low] <= CURVE.n[high] - n ? low : high;
}

function moveTo(at) {
  const n = CURVE.n[at];
  const slider = byId("capacity");
  slider.value = n;
  const figures = [
    ["contacts", number(n)],
    ["cost", money(CURVE.cost[at], data.currency)],
    ["saves", number(CURVE.expected_saves[at])],
    ["profit", money(CURVE.expected_profit[at], data.currency)],
    ["marginal", money(CURVE.marginal_profit[at], data.currency)],
  ];
  byId("at").replaceChildren(...figures.map(([name, value]) => el("div", {}, el("dt", {}, say("at_" + name)), el("dd", { id: "at-" + name }, bdi(value)))));
  slider.setAttribute("aria-valuetext", counted("slider", n, { profit: isolated(figures[3][1]) }));
  byId("curve-at").setAttribute("x1", plot.x(n));
  byId("curve-at").setAttribute("x2", plot.x(n));
  byId("curve-dot").setAttribute("cx", plot.x(n));
  byId("curve-dot").setAttribute("cy", plot.y(CURVE.expected_profit[at]));
  byId("advice").textContent = n > CURVE.n[CURVE.best] ? say("beyond_best") : n < CURVE.n[CURVE.best] ? say("below_best") : say("at_best");
  const before = state.within;
  state.within = at === CURVE.chosen ? null : n;
  byId("this-list").disabled = at === CURVE.chosen;
  byId("this-best").disabled = at === CURVE.best;
  byId("marked").hidden = state.within === null;
  byId("marked").textContent = state.within === null ? "" : counted("marked", n);
  if (before !== state.within) markLines();
}

// Only the classes change: no line is drawn anew while the slider moves.
function markLines() {
  document.querySelectorAll("#customers tr[data-row]").forEach((line) => {
    const mark = within(Number(line.dataset.row));
    line.classList.toggle("within", mark === true);
    line.classList.toggle("beyond", mark === false);
  });
}

function listenToSlider() {
  if (!CURVE) return;
  const slider = byId("capacity");
  slider.addEventListener("input", () => moveTo(nearest(Number(slider.value))));
  slider.addEventListener("keydown", (event) => {
    const forward = speech.direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = speech.direction === "rtl" ? "ArrowRight" : "ArrowLeft";
    const steps = { [forward]: 1, ArrowUp: 1, [back]: -1, ArrowDown: -1, PageUp: 20, PageDown: -20, Home: -1e9, End: 1e9 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    moveTo(Math.min(CURVE.n.length - 1, Math.max(0, nearest(Number(slider.value)) + steps[event.key])));
  });
  byId("this-list").addEventListener("click", () => moveTo(CURVE.chosen));
  byId("this-best").addEventListener("click", () => moveTo(CURVE.best));
}
