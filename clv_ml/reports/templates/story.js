// What opens below a customer: what happened, why, what to do, what it is worth and how sure that is.
function fact(name, value) {
  return value === "" || value === null || value === speech.missing ? null : el("div", {}, el("dt", {}, name), el("dd", {}, bdi(value)));
}

function group(title, ...facts) {
  const told = facts.flat().filter(Boolean);
  return told.length ? [el("h3", {}, title), el("dl", {}, ...told)] : [];
}

function drawStory(row) {
  const reasons = reasonsOf(row);
  const why = reasons.length ? [el("h3", {}, say("why")), el("ul", {}, ...reasons.map((text) => el("li", {}, bdi(text))))] : [];
  const sections = [[...why, ...toDo(row)], chances(row), worth(row), orders(row)].filter((parts) => parts.length);
  const body = el("div", { class: "groups" }, ...sections.map((parts) => el("section", {}, ...parts)));
  const label = say("story_of", { customer: isolated(get("customer_id", row)) });
  const inside = el("div", { class: "inside", role: "group", "aria-label": label }, drawPast(row), body);
  return el("tr", { class: "story", id: "s" + row }, el("td", { colspan: COLUMNS.length }, inside));
}

function toDo(row) {
  const reason = code("exclusion_reason", row);
  return group(
    say("what_to_do"),
    fact(say("action_label"), actionOf(row)),
    fact(say("status"), label("action_status", code("action_status", row))),
    fact(say("because"), reason && label("exclusion_reason", reason)),
    fact(say("change"), changed(row))
  );
}

function changed(row) {
  const change = code("change", row);
  if (!change) return "";
  const before = get("previous_p_churn", row);
  const now = get(data.risk, row);
  const rank = get("previous_rank", row);
  const parts = [label("change", change)];
  if (before !== null && now !== null && change !== "new") parts.push(say("risk_from_to", { before: percent(before), now: percent(now) }));
  if (rank !== null) parts.push(say("rank_before", { rank: number(rank, 0) }));
  return parts.join(BETWEEN);
}

function chances(row) {
  const facts = data.horizons.map((horizon) => {
    const share = get("p_churn_" + horizon + "d", row);
    return share === null ? null : chance(say("within", { days: days(horizon) }), share);
  });
  const own = get("p_churn_own", row);
  const span = get("own_horizon_days", row);
  if (own !== null) facts.push(chance(span === null ? say("risk_own") : say("within", { days: days(span) }), own));
  const percentile = get("risk_percentile", row);
  return group(
    say("chance"),
    facts,
    fact(say("riskier_than"), percentile === null ? "" : say("of_customers", { share: percent(percentile / 100) })),
    fact(say("engagement"), get("engagement_score", row) === null ? "" : number(get("engagement_score", row))),
    fact(say("judged_by"), label("score_source", code("score_source", row)))
  );
}

// The share as a figure, and as a bar for the eye.
function chance(name, share) {
  const bar = drawn("svg", { class: "bar", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" });
  const size = 100 * Math.min(1, Math.max(0, share));
  const from = speech.direction === "rtl" ? 100 - size : 0;
  bar.append(drawn("rect", { class: "bar-all", width: 100, height: 6 }), drawn("rect", { class: "bar-part", x: from, width: size, height: 6 }));
  return el("div", { class: "chance" }, el("dt", {}, name), el("dd", {}, bdi(percent(share))), el("dd", { class: "barbox" }, bar));
}

function worth(row) {
  const span = get("clv_horizon_days", row) ?? data.clv_horizon_days;
  const within = span === null ? null : days(span);
  const tier = code("value_tier", row);
  return group(
    say("worth"),
    fact(say("value_at_risk"), has("value_at_risk") ? amount("value_at_risk", row) : ""),
    fact(within ? say("if_kept_within", { days: within }) : say("if_kept"), has("value_if_retained") ? amount("value_if_retained", row) : ""),
    fact(say("on_average"), has("expected_clv") ? amount("expected_clv", row) : ""),
    fact(say("value_interval"), interval("clv_low", "clv_high", (value) => money(value, currencyOf(row)))),
    fact(within ? say("orders_interval_within", { days: within }) : say("orders_interval"), interval("purchases_low", "purchases_high", number)),
    fact(say("expected_net_profit"), has("expected_net_profit") ? amount("expected_net_profit", row) : ""),
    fact(say("value_tier"), tier && label("value_tier", tier))
  );

  function interval(low, high, show) {
    const [from, to] = [get(low, row), get(high, row)];
    if (from === null || to === null) return "";
    const range = from === to ? show(from) : say("from_to", { low: isolated(show(from)), high: isolated(show(to)) });
    return say("most_like_this", { range });
  }
}

function orders(row) {
  const last = get("days_since_last", row);
  const due = get("expected_next_order", row);
  return group(
    say("orders"),
    fact(say("days_since_last"), last === null ? "" : counted("days_ago", last)),
    fact(say("usual_gap"), days(get("usual_gap_days", row))),
    fact(due !== null && due < 0 ? say("order_was_due") : say("expected_next_order"), dayAfter(due)),
    fact(say("orders_expected"), number(get("expected_purchases", row))),
    fact(say("customer_for"), days(get("history_days", row)))
  );
}
