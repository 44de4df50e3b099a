// A customer's past as one small picture: orders as stems, weekly activity below them, time in the direction of reading.
const TALL = 132;
let WIDE = 640;
const EDGE = 12;
const BASE = 84; // where the stems of orders stand
const FLOOR = 112; // where the bars of activity stand

function drawPast(row) {
  const orders = pairs(get("orders", row));
  const activity = get("activity", row) || [];
  if (!orders.length && !activity.length) return null;
  WIDE = WIDTHS[0].matches ? 640 : 340; // a narrow window gets a narrow picture, not a small one
  const due = get("expected_next_order", row);
  const oldest = Math.max(60, ...orders.map(([ago]) => ago), activity.length * 7);
  const newest = due !== null && due > 0 ? Math.min(due, oldest * 0.25) : 0;
  const scale = (WIDE - 2 * EDGE) / (oldest + newest);
  const at = (ago) => {
    const x = EDGE + (oldest - ago) * scale;
    return Math.round(10 * (speech.direction === "rtl" ? WIDE - x : x)) / 10;
  };
  const past = say("past", { text: pastInWords(row, orders, activity) });
  const svg = drawn("svg", { class: "past", viewBox: `0 0 ${WIDE} ${TALL}`, role: "img", "aria-label": past });
  svg.append(drawn("line", { class: "axis", x1: EDGE, x2: WIDE - EDGE, y1: BASE, y2: BASE }), ...yearLines(at, oldest));
  svg.append(...stems(orders, at, row), ...bars(activity, at, scale));
  svg.append(drawn("line", { class: "now", x1: at(0), x2: at(0), y1: 14, y2: FLOOR }));
  if (newest > 0) svg.append(...dueMark(at(-newest)));
  svg.append(...captions(at, oldest, newest));
  return el("figure", { class: "timeline" }, svg, el("figcaption", {}, pastInWords(row, orders, activity)));
}

function pairs(flat) {
  return Array.from({ length: (flat || []).length / 2 }, (_, at) => [flat[2 * at], flat[2 * at + 1]]);
}

function stems(orders, at, row) {
  const most = Math.max(...orders.map(([, worth]) => worth || 0), 1e-9);
  return orders.flatMap(([ago, worth]) => {
    const height = 8 + 54 * Math.max(0, (worth || 0) / most);
    const told = drawn("title", {}, dayAfter(-ago) + BETWEEN + money(worth, currencyOf(row)));
    const stem = drawn("line", { class: "stem", x1: at(ago), x2: at(ago), y1: BASE, y2: BASE - height });
    return [stem, drawn("circle", { class: "order", cx: at(ago), cy: BASE - height, r: 3.6 }, told)];
  });
}

function bars(activity, at, scale) {
  const most = Math.max(...activity, 0);
  return activity.flatMap((n, week) => {
    if (!n || !most) return [];
    const height = 3 + (17 * n) / most;
    const ago = 7 * (activity.length - week); // the first day of that week
    const [one, other] = [at(ago), at(ago - 7)];
    const told = drawn("title", {}, say("week_from", { date: dayAfter(1 - ago), number: number(n, 0) }));
    return [drawn("rect", { class: "week", x: Math.min(one, other), width: Math.max(1.5, 7 * scale - 1.5), y: FLOOR - height, height }, told)];
  });
}

function yearLines(at, oldest) {
  const start = Date.parse(data.as_of + "T00:00:00Z");
  if (Number.isNaN(start)) return [];
  const lines = [];
  for (let year = new Date(start).getUTCFullYear(); ; year -= 1) {
    const ago = (start - Date.UTC(year, 0, 1)) / 86400000;
    if (ago > oldest || lines.length > 60) return lines;
    lines.push(drawn("line", { class: "year", x1: at(ago), x2: at(ago), y1: 18, y2: FLOOR }));
    if (oldest < 3650) lines.push(drawn("text", { class: "year-name", x: at(ago) + (speech.direction === "rtl" ? -3 : 3), y: 24 }, localDigits(String(year))));
  }
}

function dueMark(x) {
  return [drawn("line", { class: "due", x1: x, x2: x, y1: 40, y2: BASE }), drawn("circle", { class: "due-mark", cx: x, cy: 40, r: 3.6 })];
}

// In a picture that runs from right to left, the start of a text is its right end.
function captions(at, oldest, newest) {
  const text = (x, anchor, words) => drawn("text", { x, y: TALL - 4, "text-anchor": anchor }, words);
  const told = [text(at(oldest), "start", dayAfter(-Math.round(oldest)))];
  const room = WIDE < 600 ? 0 : newest / (oldest + newest);
  told.push(text(at(0), newest > oldest * 0.12 ? "middle" : "end", say("list_day")));
  if (room > 0.12) told.push(drawn("text", { x: at(-newest), y: 30, "text-anchor": "end" }, say("next_expected_short")));
  return told;
}

function pastInWords(row, orders, activity) {
  const parts = [];
  if (orders.length) {
    const [first, last] = [Math.max(...orders.map(([ago]) => ago)), Math.min(...orders.map(([ago]) => ago))];
    const span = { first: dayAfter(-first), last: dayAfter(-last) };
    parts.push(orders.length === 1 ? say("one_order", span) : counted(orders.length < data.most_orders ? "orders_between" : "newest_orders", orders.length, span));
  } else parts.push(say("no_orders"));
  if (activity.length) {
    const active = activity.filter((n) => n > 0).length;
    const silent = activity.length - 1 - activity.findLastIndex((n) => n > 0);
    parts.push(active ? counted("active_weeks", active, { of: number(activity.length) }) : counted("inactive_weeks", activity.length));
    if (active && silent) parts.push(counted("silent_weeks", silent));
  }
  return parts.join(" ");
}
