/* Devices: what the websocket tells each second goes into the page. Without this script a page
   shows what was true when it was loaded. */
"use strict";

(() => {
  const root = document.getElementById("devices");
  const live = document.getElementById("live");
  const HOUR = 3600;
  const AWHILE = 60;
  const WORDS = { on: "Live", paused: "Paused", failed: "Connection lost, trying again", out: "You may not see this any more: load the page again" };
  const number = new Intl.NumberFormat("en");
  let hour = Number(root.dataset.hour);
  let shown = null; // the server's time of what was told last

  function showLive(state) {
    live.dataset.state = state;
    if (live.textContent !== WORDS[state]) live.textContent = WORDS[state];
  }

  function words(seconds) {
    const parts = [];
    let left = Math.max(0, Math.floor(seconds));
    for (const [unit, length] of [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", HOUR], ["minute", 60], ["second", 1]]) {
      const count = Math.floor(left / length);
      left %= length;
      if (count === 1) parts.push(`${unit === "hour" ? "an" : "a"} ${unit}`);
      else if (count) parts.push(`${number.format(count)} ${unit}s`);
    }
    if (!parts.length) return "just now";
    if (parts.length < 3) return parts.join(" and ");
    return `${parts.slice(0, -1).join(", ")}, and ${parts.at(-1)}`;
  }

  function setText(element, text) {
    if (element && element.textContent !== text) element.textContent = text;
  }

  function setTime(element, seconds) {
    if (!element || seconds === null) return;
    const at = new Date(seconds * 1000);
    if ("exact" in element.dataset) {
      setText(element, at.toLocaleString(undefined, { dateStyle: "long", timeStyle: "long" }));
      return;
    }
    if (Math.floor(new Date(element.dateTime) / 1000) !== seconds) element.dateTime = at.toISOString();
    window.telemetry.showTime(element);
  }

  function showFacts(stats) {
    const seen = stats.last_seen !== null;
    const facts = {
      last_seen_relative: seen ? words(stats.last_seen_relative) : "–",
      longest_absence: seen ? words(stats.longest_absence) : "–",
      num_visits: number.format(stats.num_visits),
      total_beats: number.format(stats.total_beats),
      uptime: words(stats.uptime),
    };
    root.querySelectorAll("[data-fact]").forEach((element) => {
      if (element.dataset.fact === "last_seen") setTime(element, stats.last_seen);
      else setText(element, facts[element.dataset.fact]);
    });
  }

  function stateOf(device, now) {
    if (device.last_beat === null) return "never";
    const silence = now - device.last_beat;
    if (silence < Number(root.dataset.active)) return "active";
    return silence < Number(root.dataset.away) ? "away" : "missing";
  }

  /* Beats per hour: the page came with the hours so far, and goes on from there. */

  function drawSparkline(svg, hours) {
    const bar = svg.querySelector(".bar") ?? svg.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "path"));
    bar.setAttribute("class", "bar");
    svg.closest("td").classList.remove("spark-empty");
    const { width, height } = svg.viewBox.baseVal;
    const step = width / hours.length;
    const scale = (height - 1) / Math.max(...hours, 1);
    const base = height - 0.5;
    bar.setAttribute("d", hours.map((count, index) => (
      count ? `M${(index * step + 0.5).toFixed(1)} ${base}v${(-count * scale).toFixed(1)}h${(step - 1).toFixed(1)}V${base}z` : ""
    )).join(""));
  }

  function roundUp(most) {
    for (let size = 1; ; size *= 10) {
      const step = [1, 2, 3, 4, 6, 8].find((each) => each * size >= most);
      if (step) return step * size;
    }
  }

  function drawBar(bar, top) {
    const { height } = bar.ownerSVGElement.viewBox.baseVal;
    const size = (height * Number(bar.parentElement.dataset.beats)) / top;
    bar.setAttribute("y", String(height - size));
    bar.setAttribute("height", String(size));
  }

  function drawRunning(bar, count) {
    const group = bar.parentElement;
    const start = new Date(hour * 1000).toISOString().slice(0, 16).replace("T", " ");
    group.dataset.beats = String(count);
    setText(group.querySelector("title"), `${start} UTC: ${number.format(count)} beat${count === 1 ? "" : "s"}`);
    const top = Math.max(Number(bar.dataset.top), roundUp(count));
    if (top > Number(bar.dataset.top)) {
      bar.dataset.top = String(top);
      setText(group.closest(".hours").querySelector(".hours-top"), number.format(top));
      group.parentElement.querySelectorAll(".bar").forEach((each) => drawBar(each, top));
    } else {
      drawBar(bar, top);
    }
  }

  function showHours(row, hours) {
    row.dataset.hours = hours.join(",");
    setText(row.querySelector("[data-this-hour]"), number.format(hours.at(-1)));
    const sparkline = row.querySelector(".sparkline");
    if (sparkline) drawSparkline(sparkline, hours);
    const running = row.querySelector("[data-running]");
    if (running) drawRunning(running, hours.at(-1));
  }

  function addInRange(row, added) {
    const all = row.querySelector("[data-in-range]");
    if (!all) return;
    all.dataset.inRange = String(Number(all.dataset.inRange) + added);
    setText(all, number.format(Number(all.dataset.inRange)));
  }

  function addBeats(row, added) {
    const hours = row.dataset.hours.split(",").map(Number);
    hours[hours.length - 1] += added;
    showHours(row, hours);
    addInRange(row, added);
  }

  function beginHour(row) {
    const chart = row.querySelector(".hours svg");
    if (chart) moveChart(row, chart);
    showHours(row, [...row.dataset.hours.split(",").map(Number).slice(1), 0]);
  }

  function moveChart(row, chart) {
    // The oldest hour leaves on the left and comes back on the right as the one that begins.
    const groups = [...chart.querySelectorAll(".hour")];
    const oldest = groups.shift();
    addInRange(row, -Number(oldest.dataset.beats));
    const before = groups.at(-1).querySelector(".bar");
    const bar = before.cloneNode();
    before.removeAttribute("data-running");
    oldest.querySelector(".bar")?.remove();
    oldest.append(bar);
    chart.append(oldest);
    [...groups, oldest].forEach((group, index) => {
      group.querySelector(".reach").setAttribute("x", String(index));
      group.querySelector(".bar")?.setAttribute("x", String(index + 0.06));
    });
  }

  function showDevice(row, device, now) {
    const state = row.querySelector(".state");
    state.dataset.state = stateOf(device, now);
    setText(state, state.dataset.state);
    setTime(row.querySelector("[data-last]"), device.last_beat);
    const added = device.num_beats - Number(row.dataset.beats);
    if (!added) return;
    row.dataset.beats = String(device.num_beats);
    setText(row.querySelector("[data-count]"), number.format(device.num_beats));
    addBeats(row, added);
  }

  function show(stats) {
    showFacts(stats);
    const rows = root.querySelectorAll("[data-device]");
    if (!rows.length) return;
    // The server's clock, not this machine's.
    const now = stats.last_seen === null ? Date.now() / 1000 : stats.last_seen + stats.last_seen_relative;
    if (shown !== null && now >= hour + HOUR && now - shown > AWHILE) {
      // Nobody told us in which hours the beats came that we have missed.
      window.location.reload();
      return;
    }
    shown = now;
    while (now >= hour + HOUR) {
      hour += HOUR;
      rows.forEach(beginHour);
    }
    const devices = new Map(stats.devices.map((device) => [String(device.id), device]));
    rows.forEach((row) => {
      const device = devices.get(row.dataset.device);
      row.classList.toggle("gone", !device);
      if (device) showDevice(row, device, now);
    });
  }

  /* The connection: at most one. `timer` waits for its next message or, without one, to try anew. */

  const PATIENCE = 15000;
  const NOT_ALLOWED = 1008;
  let socket = null;
  let timer = 0;
  let wait = 1000;
  let refused = false;

  function connect() {
    const scheme = window.location.protocol === "https:" ? "wss" : "ws";
    const query = new URLSearchParams({ project: root.dataset.project, devices: root.dataset.devices });
    const opened = new WebSocket(`${scheme}://${window.location.host}/api/stats/ws?${query}`);
    socket = opened;
    expectMessage();
    opened.addEventListener("message", (event) => {
      if (opened !== socket) return;
      wait = 1000;
      expectMessage();
      showLive("on");
      show(JSON.parse(event.data));
    });
    opened.addEventListener("close", (event) => {
      if (opened !== socket) return;
      if (event.code === NOT_ALLOWED) {
        refused = true;
        disconnect();
        showLive("out");
      } else {
        tryAgain();
      }
    });
  }

  function disconnect() {
    const old = socket;
    clearTimeout(timer);
    socket = null;
    old?.close();
  }

  function expectMessage() {
    // A network that is gone closes nothing.
    clearTimeout(timer);
    timer = setTimeout(tryAgain, PATIENCE);
  }

  function tryAgain() {
    disconnect();
    showLive("failed");
    timer = setTimeout(connect, wait);
    wait = Math.min(wait * 2, 30000);
  }

  document.addEventListener("visibilitychange", () => {
    if (refused) return;
    if (document.hidden) {
      disconnect();
      showLive("paused");
    } else if (!socket) {
      clearTimeout(timer);
      connect();
    }
  });

  connect();
})();
