/* A stat's page: draws the plot, zooms, and keeps it fresh. Without this script the page still
   shows its figures and its table, and the ranges are links. */
"use strict";

(() => {
  const { DAY, number, axisNumber, span, merge, columns, figures } = window.statPlot;
  const find = (id) => document.getElementById(id);
  const root = find("stat");
  const box = find("plot");
  const readout = find("readout");
  const empty = find("plot-empty");
  const live = find("live");
  const table = find("data-table");
  const form = find("range-form");
  const unit = root.dataset.unit;
  const withUnit = (value) => (unit && value !== null ? `${number(value)} ${unit}` : number(value));

  const REFRESH = 1000;
  const SLOWEST = 30000;
  // Points that arrive with an old time change bins that the small refresh does not ask for.
  const RELOAD = 60000;
  const SHORTEST = 300;

  let state = null;
  let shown = null;
  let plot = null;
  let timer = 0;
  let wait = REFRESH;
  let reloaded = 0;
  let loads = 0;

  /* The plot */

  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  function axes() {
    const common = {
      stroke: colour("--muted"),
      font: `12px ${colour("--font")}`,
      grid: { stroke: colour("--plot-grid"), width: 1 },
      ticks: { stroke: colour("--plot-grid"), width: 1, size: 5 },
    };
    const times = [
      [DAY * 365, "{YYYY}", null, null, null, null, null, null, 1],
      [DAY * 28, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
      [DAY, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
      [3600, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
      [60, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
      [1, "{HH}:{mm}:{ss}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
    ];
    const widest = (values) => Math.max(0, ...values.map((text) => text.length));
    return [
      { ...common, values: times, space: 64 },
      {
        ...common,
        values: (_, ticks) => ticks.map(axisNumber),
        size: (_, values) => 18 + 7 * widest(values ?? []),
      },
    ];
  }

  function lines() {
    if (state.kind === "counter") {
      return {
        series: [{}, {
          fill: colour("--plot-fill"), width: 0, points: { show: false },
          paths: uPlot.paths.bars({ size: [0.86, 48] }),
        }],
        bands: [],
      };
    }
    const edge = { stroke: "transparent", width: 0, points: { show: false } };
    return {
      series: [{}, { stroke: colour("--plot-line"), width: 1.75, points: { size: 5 } }, edge, edge],
      bands: [{ series: [3, 2], fill: colour("--plot-band") }],
    };
  }

  function heights(_, low, high) {
    if (low === null || high === null) return [0, 1];
    if (state.kind === "counter") {
      const top = Math.max(0, high), bottom = Math.min(0, low);
      return top === bottom ? [0, 1] : [bottom * 1.06, top * 1.06];
    }
    const room = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
    return [low >= 0 && low - room < 0 ? 0 : low - room, high + room];
  }

  function size() {
    return { width: Math.max(200, box.clientWidth), height: window.innerWidth < 736 ? 256 : 320 };
  }

  function build() {
    plot?.destroy();
    const utc = state.step >= DAY;
    plot = new uPlot({
      ...size(),
      ...lines(),
      axes: axes(),
      legend: { show: false },
      tzDate: (seconds) => (utc ? uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") : new Date(seconds * 1000)),
      cursor: { y: false, drag: { x: true, y: false, setScale: false, dist: 6 }, bind: { dblclick: () => () => load({ range: root.dataset.range }) } },
      scales: { x: { time: true, range: () => [state.from, Math.max(state.end, state.from + state.step)] }, y: { range: heights } },
      hooks: { setCursor: [showReadout], setSelect: [zoomToSelection] },
    }, shown.data, box);
  }

  function showReadout() {
    const index = plot?.cursor.idx ?? null;
    const start = index === null ? null : shown.starts[index];
    box.dataset.hover = start === null ? "" : String(shown.data[1][index]);
    if (start === null || start === undefined) {
      readout.textContent = state.bins.size ? "Move over the plot to read a value; drag to zoom in." : "";
      return;
    }
    const bin = state.bins.get(start) ?? { n: 0, y: 0 };
    const range = state.kind === "value" ? ` (${number(bin.low)} to ${number(bin.high)})` : "";
    const points = `${number(bin.n)} ${bin.n === 1 ? "point" : "points"}`;
    const strong = document.createElement("strong");
    strong.textContent = withUnit(bin.y);
    readout.replaceChildren(strong, `${range} · ${span(start, state.step)} · ${points}`);
  }

  function zoomToSelection() {
    const { left, width } = plot.select;
    if (width < 6) return;
    const from = plot.posToVal(left, "x");
    const to = plot.posToVal(left + width, "x");
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    zoom(from, to);
  }

  /* The rest of the page */

  function showFigures() {
    const values = figures(state);
    root.querySelectorAll("[data-figure]").forEach((element) => {
      const name = element.dataset.figure;
      element.textContent = name === "points" ? number(values.points) : withUnit(values[name] ?? null);
    });
    box.dataset.points = String(values.points);
    box.dataset.total = String(values.total ?? "");
    box.dataset.step = String(state.step);
    find("step").textContent = state.stepLabel;
    empty.hidden = state.bins.size > 0;
  }

  function showLatest(payload) {
    find("latest").textContent = withUnit(payload.latest);
    find("newest").hidden = payload.latest === null;
    empty.firstElementChild.textContent = payload.latest === null
      ? "Nothing has been received yet." : "Nothing was received in this time.";
    if (payload.received === null) return;
    const time = find("received");
    time.dateTime = new Date(payload.received * 1000).toISOString();
    window.telemetry.showTime(time);
  }

  function cell(text, tag = "td") {
    const element = document.createElement(tag);
    element.textContent = text;
    if (tag === "th") element.scope = "row";
    else element.className = "num";
    return element;
  }

  function showTable() {
    if (!find("data").open) return;
    const rows = [...state.bins.keys()].sort((a, b) => b - a).map((start) => {
      const bin = state.bins.get(start);
      const row = document.createElement("tr");
      const shownValues = state.kind === "value" ? [bin.y, bin.low, bin.high] : [bin.y];
      row.append(cell(span(start, state.step), "th"), ...shownValues.map((value) => cell(number(value))), cell(number(bin.n)));
      return row;
    });
    table.tBodies[0].replaceChildren(...rows);
  }

  function showRange() {
    root.querySelectorAll("[data-range-link]").forEach((link) => {
      if (link.dataset.rangeLink === state.range) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
    const field = (seconds) => {
      const at = new Date(seconds * 1000);
      return new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
    };
    form.elements.from.value = field(state.from);
    form.elements.to.value = field(Math.min(state.to, state.now));
    find("later").disabled = state.to >= state.now;
  }

  const final = ["out", "gone"];

  function showLive(status) {
    const words = { on: "Live", off: "Not live: this range has ended", paused: "Paused", failed: "Connection lost, trying again", out: "Signed out: load the page again", gone: "This stat is gone: it was deleted, or you may no longer see it" };
    live.dataset.state = status;
    if (live.textContent !== words[status]) live.textContent = words[status];
  }

  /* Loading */

  function take(payload) {
    state = {
      kind: payload.kind, range: payload.range, from: payload.from, to: payload.to, end: payload.end,
      now: payload.now, step: payload.step, stepLabel: payload.step_label, live: payload.live, bins: new Map(),
    };
    merge(state.bins, payload);
    shown = columns(state);
    reloaded = Date.now();
    build();
    showAll(payload);
    showRange();
    showReadout();
  }

  function showAll(payload) {
    showFigures();
    showLatest(payload);
    showTable();
    showLive(state.live ? "on" : "off");
  }

  function takeNewest(payload) {
    const moved = payload.from !== state.from || payload.end !== state.end;
    Object.assign(state, { from: payload.from, to: payload.to, end: payload.end, now: payload.now, live: payload.live });
    if (merge(state.bins, payload) || moved) {
      shown = columns(state);
      plot.setData(shown.data);
      showReadout();
      showAll(payload);
    } else {
      showLatest(payload);
      showLive(state.live ? "on" : "off");
    }
  }

  function query() {
    return state.range ? { range: state.range } : { from: Math.round(state.from), to: Math.round(state.to) };
  }

  async function ask(parameters) {
    const response = await fetch(`${root.dataset.url}?${new URLSearchParams(parameters)}`, {
      headers: { Accept: "application/json" }, cache: "no-store",
    });
    if (response.redirected) throw new Error("out");
    if (response.status === 404) throw new Error("gone");
    if (!response.ok) throw new Error("failed");
    return response.json();
  }

  async function load(parameters, { remember = true } = {}) {
    const mine = ++loads;
    clearTimeout(timer);
    box.setAttribute("aria-busy", "true");
    try {
      const payload = await ask(parameters);
      if (mine !== loads) return;
      if (parameters.range) root.dataset.range = parameters.range;
      if (remember) history.pushState(parameters, "", `?${new URLSearchParams(parameters)}`);
      take(payload);
      wait = REFRESH;
    } catch (error) {
      if (mine !== loads) return;
      failed(error);
    } finally {
      if (mine === loads) {
        box.removeAttribute("aria-busy");
        schedule();
      }
    }
  }

  function failed(error) {
    showLive(final.includes(error.message) ? error.message : "failed");
    wait = Math.min(wait * 2, SLOWEST);
  }

  async function refresh() {
    if (Date.now() - reloaded > RELOAD && !plot.cursor.event?.buttons) return load(query(), { remember: false });
    const mine = loads;
    try {
      // Two bins back, because the last one may have ended since.
      const payload = await ask({ ...query(), after: Math.floor(state.now / state.step) * state.step - state.step });
      if (mine !== loads) return undefined;
      if (payload.step !== state.step) return load(query(), { remember: false });
      takeNewest(payload);
      wait = REFRESH;
    } catch (error) {
      if (mine !== loads) return undefined;
      failed(error);
      if (final.includes(error.message)) return undefined;
    }
    schedule();
    return undefined;
  }

  function schedule() {
    clearTimeout(timer);
    if (!state.live || final.includes(live.dataset.state)) return;
    if (document.hidden) showLive("paused");
    else timer = setTimeout(refresh, wait);
  }

  function zoom(from, to) {
    const length = Math.max(to - from, SHORTEST);
    const middle = (from + to) / 2;
    const last = Math.min(Math.ceil(middle + length / 2), Math.ceil(state.now / 60) * 60);
    load({ from: Math.floor(Math.max(0, last - length)), to: last });
  }

  function scaleBy(factor) {
    const half = ((state.to - state.from) * factor) / 2;
    // What is live grows from its end, so that now stays in sight.
    const middle = state.live ? state.to - half : (state.from + state.to) / 2;
    zoom(middle - half, middle + half);
  }

  function moveBy(share) {
    const shift = (state.to - state.from) * share;
    zoom(state.from + shift, state.to + shift);
  }

  function fromAddress() {
    const given = new URLSearchParams(location.search);
    if (given.has("from") && given.has("to")) return { from: given.get("from"), to: given.get("to") };
    return { range: given.get("range") ?? "24h" };
  }

  root.querySelectorAll("[data-range-link]").forEach((link) => {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      load({ range: link.dataset.rangeLink });
    });
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const [from, to] = [form.elements.from, form.elements.to].map((field) => Math.floor(new Date(field.value).getTime() / 1000));
    form.elements.to.setCustomValidity(from < to ? "" : "The end must be after the beginning.");
    if (form.reportValidity()) load({ from, to });
  });
  form.addEventListener("input", () => form.elements.to.setCustomValidity(""));
  find("zoom-in").addEventListener("click", () => scaleBy(0.5));
  find("zoom-out").addEventListener("click", () => scaleBy(2));
  find("earlier").addEventListener("click", () => moveBy(-0.5));
  find("later").addEventListener("click", () => moveBy(0.5));
  find("data").addEventListener("toggle", showTable);
  window.addEventListener("popstate", () => load(fromAddress(), { remember: false }));
  document.addEventListener("visibilitychange", () => {
    if (state.live && !document.hidden) refresh();
    else schedule();
  });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", build);
  new ResizeObserver(() => {
    if (plot && plot.width !== size().width) plot.setSize(size());
  }).observe(box);

  find("plot-tools").hidden = false;
  take(JSON.parse(find("plot-data").textContent));
  schedule();
})();
