/* What a stat's plot shows, without the page: bins, columns, figures, words. Nothing here touches
   the document. A bin is {n, y, low, high, spread}; the server sends only bins that have data. */
"use strict";

window.statPlot = (() => {
  const DAY = 86400;
  const grouped = (digits) => new Intl.NumberFormat("en", { maximumFractionDigits: digits });
  const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });
  const local = (options) => new Intl.DateTimeFormat(undefined, options);
  const dateAndTime = local({ day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
  const timeOnly = local({ hour: "2-digit", minute: "2-digit" });
  const utcDate = local({ day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

  /* The same digits as the server's `number` filter: whole numbers whole, others to six
     figures or two decimals. */
  function number(value) {
    if (value === null || value === undefined || !Number.isFinite(value)) return "–";
    const size = Math.abs(value);
    if (size !== 0 && (size >= 1e15 || size < 1e-4)) return value.toPrecision(6).replace(/\.?0+(?=e|$)/, "");
    if (Number.isInteger(value)) return grouped(0).format(value);
    return grouped(Math.max(2, 5 - Math.floor(Math.log10(size)))).format(value);
  }

  function axisNumber(value) {
    return Math.abs(value) >= 1e15 ? value.toExponential(1) : Math.abs(value) >= 1e5 ? compact.format(value) : number(value);
  }

  /* Days are kept as UTC days, so their names are those of UTC. */
  function span(start, step) {
    const from = new Date(start * 1000);
    const to = new Date((start + step) * 1000);
    if (step > DAY) return `${utcDate.format(from)} – ${utcDate.format(new Date(to - 1000))} (UTC)`;
    if (step === DAY) return `${utcDate.format(from)} (UTC)`;
    return `${dateAndTime.format(from)} – ${timeOnly.format(to)}`;
  }

  function merge(bins, payload) {
    let changed = false;
    payload.t.forEach((start, i) => {
      const bin = { n: payload.n[i], y: payload.y[i], low: payload.low[i], high: payload.high[i], spread: payload.spread[i] };
      const old = bins.get(start);
      if (!old || Object.keys(bin).some((key) => bin[key] !== old[key])) {
        bins.set(start, bin);
        changed = true;
      }
    });
    for (const start of bins.keys()) {
      if (start < payload.from) {
        bins.delete(start);
        changed = true;
      }
    }
    return changed;
  }

  /* A counter that received nothing shows 0: one column per bin, up to now. */
  function counterColumns(state) {
    const x = [], y = [], starts = [];
    for (let start = state.from; start < Math.min(state.to, state.now); start += state.step) {
      const bin = state.bins.get(start);
      starts.push(start);
      x.push(start + state.step / 2);
      y.push(bin ? bin.y : 0);
    }
    return { starts, data: [x, y] };
  }

  function usualDistance(starts) {
    const distances = starts.slice(1).map((start, i) => start - starts[i]).sort((a, b) => a - b);
    return distances.length ? distances[Math.floor(distances.length / 2)] : 0;
  }

  /* A value that received nothing is unknown: the line breaks where data stayed away for much
     longer than it usually does, and not between the reports of a slow but steady sender. */
  function valueColumns(state) {
    const found = [...state.bins.keys()].sort((a, b) => a - b);
    const longest = Math.max(1.5 * state.step, 3 * usualDistance(found));
    const starts = [], x = [], mean = [], low = [], high = [];
    found.forEach((start, i) => {
      if (i && start - found[i - 1] > longest) {
        starts.push(null);
        x.push((start + found[i - 1] + state.step) / 2);
        for (const column of [mean, low, high]) column.push(null);
      }
      const bin = state.bins.get(start);
      starts.push(start);
      x.push(start + state.step / 2);
      mean.push(bin.y);
      low.push(bin.low);
      high.push(bin.high);
    });
    return { starts, data: [x, mean, low, high] };
  }

  function columns(state) {
    return state.kind === "counter" ? counterColumns(state) : valueColumns(state);
  }

  const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);
  const least = (numbers) => numbers.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (numbers) => numbers.reduce((a, b) => Math.max(a, b), -Infinity);

  /* The same figures as `stats_app.plot.figures`. */
  function figures(state) {
    const points = sum([...state.bins.values()].map((bin) => bin.n));
    const last = [...state.bins.keys()].reduce((a, b) => Math.max(a, b), -Infinity);
    const latest = state.bins.has(last) ? state.bins.get(last).y : null;
    if (!points) return { points };
    if (state.kind === "counter") {
      const bars = counterColumns(state).data[1].filter((y) => y !== null);
      const mean = sum(bars) / bars.length;
      return {
        points, latest, mean, total: sum(bars), min: least(bars), max: most(bars),
        spread: Math.sqrt(sum(bars.map((y) => (y - mean) ** 2)) / bars.length),
      };
    }
    const known = [...state.bins.values()].filter((bin) => bin.y !== null);
    const count = sum(known.map((bin) => bin.n));
    const mean = sum(known.map((bin) => (bin.n / count) * bin.y));
    const variance = sum(known.map((bin) => (bin.n / count) * ((bin.spread ?? NaN) ** 2 + (bin.y - mean) ** 2)));
    return {
      points, latest, mean, min: least(known.map((bin) => bin.low)), max: most(known.map((bin) => bin.high)),
      spread: Math.sqrt(variance),
    };
  }

  return { DAY, number, axisNumber, span, merge, columns, figures };
})();
