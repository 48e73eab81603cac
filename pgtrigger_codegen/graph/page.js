"use strict";
// Shows the data as text and SVG elements; nothing of the data is ever read as HTML.
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const NS = "http://www.w3.org/2000/svg";
const WIDTH = 230, HEAD = 26, ROW = 22, GAP_X = 130, GAP_Y = 26;
const tables = new Map(data.tables.map((table) => [table.name, table]));
const triggers = new Map(data.triggers.map((trigger) => [trigger.uri, trigger]));
const triggersOf = new Map(data.tables.map((table) => [table.name, []]));
for (const trigger of data.triggers) triggersOf.get(trigger.table).push(trigger);
const inCycle = new Set(data.cycles.flat()), inLoop = new Set(data.loops.flat());
let chosen = null; // {table} or {trigger}
let way = new Set(); // the triggers of the cycle, loop or chain that is looked at

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "onclick") made.addEventListener("click", value); else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}
function drawn(name, attributes, text) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}
const shortName = (trigger) => trigger.uri.slice(trigger.uri.indexOf(":") + 1) || trigger.uri;
const pen = document.createElement("canvas").getContext("2d");
// The text, or as much of it as fits into a box.
function cut(text, font, room) {
  pen.font = font;
  if (pen.measureText(text).width <= room) return text;
  let shown = text.slice(0, 120);
  while (shown && pen.measureText(shown + "…").width > room) shown = shown.slice(0, -1);
  return shown + "…";
}
const PLAIN = "12px system-ui, sans-serif", BOLD = "600 " + PLAIN;

// Edges between tables, each with the trigger that it comes from; null for a cascade.
const edges = [
  ...data.uses.map((use) => ({ from: triggers.get(use.trigger).table, to: use.table, trigger: use.trigger,
    kind: use.verb === "SELECT" ? "SELECT" : "write",
    label: (use.verb === "SELECT" ? "reads" : use.verb) + (use.certain ? "" : "?") })),
  ...data.cascades.map((one) => ({ from: one.referenced, to: one.table, trigger: null,
    kind: one.by === "database" ? "cascade" : "django",
    label: one.by === "database" ? "DELETE cascades" : "Django deletes too" })),
];

function neighbours(name) {
  const found = new Set([name]);
  for (const edge of edges) {
    if (edge.from === name) found.add(edge.to);
    if (edge.to === name) found.add(edge.from);
  }
  return found;
}

// Columns from left to right: a table stands right of those that write to it, where there is no circle.
function layout(names) {
  const shown = edges.filter((edge) => names.has(edge.from) && names.has(edge.to) && edge.from !== edge.to);
  const following = new Map([...names].map((name) => [name, []]));
  for (const edge of shown) following.get(edge.from).push(edge.to);
  const state = new Map(), order = [], back = new Set();
  for (const first of names) {
    const pending = [[first, 0]];
    while (pending.length) {
      const top = pending[pending.length - 1], [name, next] = top;
      if (next === 0 && state.has(name)) { pending.pop(); continue; }
      state.set(name, "open");
      const then = following.get(name)[next];
      top[1] += 1;
      if (then === undefined) { state.set(name, "done"); order.push(name); pending.pop(); }
      else if (state.get(then) === "open") back.add(name + "\n" + then);
      else if (!state.has(then)) pending.push([then, 0]);
    }
  }
  const column = new Map([...names].map((name) => [name, 0]));
  for (const name of order.reverse()) {
    for (const then of following.get(name)) {
      if (!back.has(name + "\n" + then)) column.set(then, Math.max(column.get(then), column.get(name) + 1));
    }
  }
  const connected = new Set(shown.flatMap((edge) => [edge.from, edge.to]));
  const columns = [], alone = [...names].filter((name) => !connected.has(name));
  for (const name of names) if (connected.has(name)) (columns[column.get(name)] ||= []).push(name);
  const filled = columns.filter((listed) => listed);
  const place = new Map();
  for (let turn = 0; turn < 4; turn += 1) {
    for (const listed of filled) {
      const weight = (name) => {
        const others = shown.filter((edge) => edge.from === name || edge.to === name)
          .map((edge) => place.get(edge.from === name ? edge.to : edge.from)).filter((value) => value !== undefined);
        return others.length ? others.reduce((sum, value) => sum + value, 0) / others.length : listed.indexOf(name);
      };
      const weights = new Map(listed.map((name) => [name, weight(name)]));
      listed.sort((one, other) => weights.get(one) - weights.get(other));
      listed.forEach((name, index) => place.set(name, index));
    }
  }
  const boxes = new Map();
  let x = 20, lowest = 20;
  const stack = (listed) => {
    let y = 20;
    for (const name of listed) {
      const height = HEAD + (triggersOf.get(name).length ? ROW * triggersOf.get(name).length + 4 : 0);
      // Beside what leads there, as far as the boxes above leave room.
      const sources = shown.filter((edge) => edge.to === name && boxes.has(edge.from)).map((edge) => boxes.get(edge.from));
      const middle = sources.reduce((sum, box) => sum + box.y + box.height / 2, 0) / (sources.length || 1);
      if (sources.length) y = Math.max(y, middle - height / 2);
      boxes.set(name, { x, y, height });
      y += height + GAP_Y;
    }
    lowest = Math.max(lowest, y);
    x += WIDTH + GAP_X;
  };
  filled.forEach(stack);
  const most = Math.max(8, Math.ceil(alone.length / 4));
  for (let start = 0; start < alone.length; start += most) { stack(alone.slice(start, start + most)); x -= GAP_X - 30; }
  return { boxes, shown: edges.filter((edge) => names.has(edge.from) && names.has(edge.to)), width: x + 20, height: lowest + 20 };
}

function draw() {
  const svg = byId("svg");
  svg.replaceChildren();
  const center = chosen && (chosen.table || triggers.get(chosen.trigger).table);
  const names = byId("focus").checked && center ? neighbours(center) : new Set(tables.keys());
  const { boxes, shown, width, height } = layout(names);
  svg.setAttribute("width", width); svg.setAttribute("height", height);
  const marker = drawn("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8,
    orient: "auto-start-reverse", markerUnits: "userSpaceOnUse" });
  marker.append(drawn("path", { d: "M0 0L8 4L0 8z" }));
  const defs = drawn("defs", {}); defs.append(marker); svg.append(defs);
  const isNear = (edge) => way.size ? way.has(edge.trigger) : !chosen || (chosen.trigger ? edge.trigger === chosen.trigger
    : edge.from === chosen.table || edge.to === chosen.table);
  const labels = new Map(); // how much room labels have taken behind each row
  for (const edge of shown) {
    const from = boxes.get(edge.from), to = boxes.get(edge.to);
    const row = edge.trigger ? triggersOf.get(edge.from).findIndex((one) => one.uri === edge.trigger) : -1;
    const y1 = row < 0 ? from.y + HEAD / 2 : from.y + HEAD + ROW * row + ROW / 2, y2 = to.y + HEAD / 2;
    // To the right, to the left, or round to a table of the same column.
    const side = to.x > from.x ? 1 : to.x < from.x ? -1 : 0;
    const x1 = side < 0 ? from.x : from.x + WIDTH, x2 = side > 0 ? to.x : to.x + WIDTH;
    const bend = side ? Math.max(50, Math.abs(x2 - x1) / 2) : 70;
    const d = `M${x1} ${y1}C${x1 + (side || 1) * bend} ${y1} ${x2 + (side > 0 ? -bend : bend)} ${y2} ${x2} ${y2}`;
    svg.append(drawn("path", { d, class: `${edge.kind}${isNear(edge) ? "" : " dim"}`, "marker-end": "url(#arrow)" }));
    const taken = labels.get(`${x1} ${y1}`) || 6;
    labels.set(`${x1} ${y1}`, taken + 6.2 * edge.label.length + 8);
    svg.append(drawn("text", { x: side < 0 ? x1 - taken : x1 + taken, y: y1 - 4, "text-anchor": side < 0 ? "end" : "start",
      class: `edge-label${isNear(edge) ? "" : " dim"}` }, edge.label));
  }
  for (const [name, box] of boxes) svg.append(tableBox(name, box));
}

function tableBox(name, box) {
  const group = drawn("g", { class: "table", transform: `translate(${box.x} ${box.y})` });
  group.append(drawn("rect", { width: WIDTH, height: box.height, rx: 5 }));
  const head = drawn("g", { class: chosen && chosen.table === name ? "chosen" : "", tabindex: 0, role: "button", "data-table": name });
  head.append(drawn("rect", { class: "head", width: WIDTH, height: HEAD, rx: 5 }),
    drawn("text", { class: "name", x: 8, y: 17 }, cut(name, BOLD, WIDTH - 14)), drawn("title", {}, name));
  open(head, () => choose({ table: name }));
  group.append(head);
  triggersOf.get(name).forEach((trigger, index) => {
    const marks = ["trigger", inCycle.has(trigger.uri) ? "cycle" : inLoop.has(trigger.uri) ? "loop" : "",
      way.has(trigger.uri) ? "way" : "", chosen && chosen.trigger === trigger.uri ? "chosen" : ""].filter(Boolean).join(" ");
    const row = drawn("g", { class: marks, transform: `translate(2 ${HEAD + ROW * index + 2})`, tabindex: 0, role: "button",
      "data-trigger": trigger.uri });
    const mark = trigger.unknown ? " …?" : "";
    row.append(drawn("rect", { width: WIDTH - 4, height: ROW - 2, rx: 3 }),
      drawn("text", { x: 8, y: 14 }, cut(shortName(trigger), PLAIN, WIDTH - 40) + mark),
      drawn("title", {}, `${trigger.uri}\n${trigger.when}${trigger.unknown ? "\n" + trigger.unknown : ""}`));
    open(row, () => choose({ trigger: trigger.uri }));
    group.append(row);
  });
  return group;
}

function open(node, action) {
  node.addEventListener("click", action);
  node.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); action(); } });
}
function choose(what) {
  chosen = what;
  way = new Set();
  const hash = "#" + encodeURIComponent(what.trigger || what.table);
  if (location.hash !== hash) location.hash = hash;
  draw();
  const details = byId("details");
  details.replaceChildren(...(what.trigger ? ofTrigger(triggers.get(what.trigger)) : ofTable(tables.get(what.table))));
  details.scrollTop = 0;
  const node = byId("svg").querySelector(".chosen");
  if (node) node.scrollIntoView({ block: "nearest", inline: "nearest" });
}
const link = (what, text) => element("button", { type: "button", onclick: () => choose(what) }, text);
function listed(title, items) {
  if (!items.length) return [];
  return [element("h2", {}, title), element("ul", {}, ...items.map((item) => element("li", {}, ...item)))];
}
function facts(pairs) {
  const made = element("dl", {});
  for (const [name, value] of pairs) if (value) made.append(element("dt", {}, name), element("dd", {}, value));
  return made;
}
function ofTrigger(trigger) {
  const place = trigger.path ? `${trigger.path}:${trigger.line}` : null;
  const uses = data.uses.filter((use) => use.trigger === trigger.uri).map((use) =>
    [`${use.verb === "SELECT" ? "reads" : use.verb}${use.certain ? "" : " (not always)"} `, link({ table: use.table }, use.table),
      use.columns.length ? ` (${use.columns.join(", ")})` : ""]);
  const event = (one) => `${one.event}${one.cascade.length ? " by cascade over " + one.cascade.join(" → ") : ""}: `;
  const out = data.firings.filter((one) => one.trigger === trigger.uri).map((one) => [event(one), link({ trigger: one.fires }, one.fires)]);
  const into = data.firings.filter((one) => one.fires === trigger.uri).map((one) => [event(one), link({ trigger: one.trigger }, one.trigger)]);
  return [
    element("h2", {}, trigger.uri),
    facts([["on", link({ table: trigger.table }, trigger.table)], ["fires", `${trigger.when}, for each ${trigger.level}`],
      ["when", trigger.condition], ["stands at", place], ["function", trigger.function], ["sets", trigger.sets.join(", ")],
      ["from", { package: "a third-party package", migration: "a migration alone" }[trigger.origin]]]),
    ...(trigger.unknown ? [element("p", { class: "unknown" }, `May do more than is drawn: ${trigger.unknown}.`)] : []),
    ...(inCycle.has(trigger.uri) ? [element("p", { class: "unknown" }, "Part of a cycle without end (PGT309).")] : []),
    ...listed("Its function", uses), ...listed("May fire", out), ...listed("May be fired by", into),
    element("h2", {}, "SQL"), element("pre", {}, trigger.sql),
  ];
}
function ofTable(table) {
  const firing = Object.entries(table.firing).flatMap(([event, uris]) =>
    [element("h2", {}, `On ${event}, in this order`), element("ol", {}, ...uris.map((uri) =>
      element("li", {}, link({ trigger: uri }, uri), ` ${triggers.get(uri).when.split(" ")[0]} ${triggers.get(uri).level}`)))]);
  const users = data.uses.filter((use) => use.table === table.name).map((use) =>
    [`${use.verb === "SELECT" ? "read" : use.verb} by `, link({ trigger: use.trigger }, use.trigger)]);
  const cascades = (end, other) => data.cascades.filter((one) => one[end] === table.name).map((one) =>
    [link({ table: one[other] }, one[other]), ` by ${one.columns.join(", ")}, ${one.by === "database" ? "by the database" : "where Django deletes"}`]);
  return [element("h2", {}, table.name), facts([["model", table.model]]), ...firing, ...listed("Used by", users),
    ...listed("Deleted along with rows of", cascades("table", "referenced")),
    ...listed("With its rows are deleted those of", cascades("referenced", "table"))];
}

function search() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (text) => words.every((word) => text.toLowerCase().includes(word));
  const found = [
    ...data.tables.filter((table) => fits(`${table.name} ${table.model || ""}`)).map((table) => link({ table: table.name }, table.name)),
    ...(words.length ? data.triggers.filter((one) => fits(`${one.uri} ${one.when} ${one.sql}`)) : [])
      .map((trigger) => link({ trigger: trigger.uri }, trigger.uri)),
  ];
  byId("results").replaceChildren(...found.slice(0, 300).map((item) => element("li", {}, item)));
  if (!found.length) byId("results").append(element("li", {}, "Nothing found"));
}

byId("summary").textContent = data.summary;
byId("remarks-title").hidden = !data.remarks.length;
// The first remarks are about these, in this order.
const ways = [...data.cycles, ...data.loops, ...data.chains];
function remark(text, index) {
  const kind = index < data.cycles.length ? "cycle" : index < data.cycles.length + data.loops.length ? "loop" : "";
  if (index >= ways.length) return element("li", {}, text);
  const show = () => { chosen = null; way = new Set(ways[index]); byId("focus").checked = false; draw(); };
  return element("li", { class: kind }, element("button", { type: "button", onclick: show }, text));
}
const unread = data.remarks.filter((text) => text.startsWith("not read"));
byId("remarks").append(...data.remarks.filter((text) => !unread.includes(text)).map(remark));
if (unread.length) {
  const title = element("summary", {}, `${unread.length} not read, and may hide triggers`);
  byId("remarks").append(element("li", {}, element("details", {}, title, element("ul", {}, ...unread.map((text) => element("li", {}, text))))));
}
byId("search").addEventListener("input", search);
byId("focus").addEventListener("change", draw);
// The address names what is chosen, so that it can be passed on.
function follow() {
  let name = "";
  try { name = decodeURIComponent(location.hash.slice(1)); } catch { return; }
  if (chosen && name === (chosen.trigger || chosen.table)) return;
  if (triggers.has(name)) choose({ trigger: name }); else if (tables.has(name)) choose({ table: name });
}
window.addEventListener("hashchange", follow);
search();
draw();
follow();
