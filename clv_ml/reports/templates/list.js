// Which customers are shown and in what order.
const FILTERS = ["action_status", "risk_band", "value_tier", "reason", "action", "change"];
const state = { sort: "rank", down: false, shown: everyone, opened: new Set(), chosen: new Set(), within: null };

// What the filters offer: only what is on the list, with how many of each.
function choices(name) {
  const counts = new Map();
  const note = (value) => value !== "" && counts.set(value, (counts.get(value) || 0) + 1);
  everyone.forEach((row) => valuesOf(name, row).forEach(note));
  const known = Object.keys(data.order[name] || {});
  const place = (value) => (known.includes(value) ? known.indexOf(value) : known.length);
  return Array.from(counts).sort((a, b) => place(a[0]) - place(b[0]) || b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

function valuesOf(name, row) {
  if (name === "reason") return Array.from(new Set((get("reasons", row) || []).map((at) => data.codes.reason[at])));
  if (name === "action") return get("action", row) === null ? [] : [String(get("action", row))];
  return [code(name, row)];
}

function labelOf(name, value) {
  return name === "action" ? speech.actions[value] : label(name, value);
}

function fillFilters() {
  FILTERS.forEach((name) => {
    const select = byId("filter-" + name);
    const options = choices(name);
    const before = select.dataset.ready ? select.value : name === "action_status" && options.some(([value]) => value === "contact") ? "contact" : "";
    const all = name === "action_status" ? say("everyone") : say("any");
    select.replaceChildren(
      el("option", { value: "" }, all),
      ...options.map(([value, n]) => el("option", { value }, shorten(labelOf(name, value), 60) + " (" + number(n) + ")"))
    );
    select.value = before;
    select.dataset.ready = "yes";
    select.parentElement.hidden = options.length < 2;
  });
}

function shorten(text, size) {
  const letters = Array.from(text);
  return letters.length > size ? letters.slice(0, size - 1).join("") + "…" : text;
}

function filtered() {
  const words = fold(byId("find").value).split(/\s+/).filter(Boolean);
  const wanted = FILTERS.map((name) => [name, byId("filter-" + name).value]).filter(([, value]) => value !== "");
  return everyone.filter(
    (row) => wanted.every(([name, value]) => valuesOf(name, row).includes(value)) && words.every((word) => searched(row).includes(word))
  );
}

// What is missing comes last, either way; equals stay in the order of their ranks.
function sorted(rows) {
  const keys = sortKeys(state.sort);
  const turn = state.down ? -1 : 1;
  if (!keys) return rows;
  return rows.slice().sort((a, b) => {
    const one = keys[a];
    const other = keys[b];
    if (one === null || other === null) return (one === null) - (other === null) || a - b;
    return turn * (one - other) || a - b;
  });
}

function refresh() {
  state.shown = sorted(filtered());
  byId("none").hidden = state.shown.length > 0;
  byId("customers").hidden = state.shown.length === 0; // before the lines are drawn: what is hidden has no height
  drawRows();
  tellCounts();
  markHeadings();
}

// A first click puts the largest number, or the first word, on top; the next one turns the order round.
function sortBy(name, down) {
  const first = SORTS.find((one) => one.name === name).down;
  state.down = down !== undefined ? down : state.sort === name ? !state.down : first;
  state.sort = name;
  refresh();
}

function tellCounts() {
  const n = state.shown.length;
  byId("shown").textContent = n === total ? counted("customers", n) : counted("shown_of", total, { shown: number(n) });
  const status = byId("filter-action_status").value;
  const aside = status === "" || status === "contact" ? "" : speech.aside[status] || "";
  byId("aside").textContent = aside;
  byId("aside").hidden = aside === "";
  tellChoice();
}

function resetFilters(status) {
  byId("find").value = "";
  FILTERS.forEach((name) => (byId("filter-" + name).value = ""));
  byId("filter-action_status").value = status;
}
