/* On every page: times in the viewer's zone, and buttons that copy. Pages work without it. */
"use strict";

window.telemetry = (() => {
  const absolute = new Intl.DateTimeFormat(undefined, {
    year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
  });
  const units = [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60]];

  function ago(seconds) {
    if (seconds < 5) return "just now";
    for (const [unit, length] of units) {
      const count = Math.floor(seconds / length);
      if (count >= 1) return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
    }
    return `${Math.floor(seconds)} seconds ago`;
  }

  function showTime(element) {
    const when = new Date(element.dateTime);
    if (Number.isNaN(when.getTime())) return;
    const exact = absolute.format(when);
    if ("ago" in element.dataset) {
      const text = ago(Math.max(0, (Date.now() - when.getTime()) / 1000));
      if (element.textContent !== text) element.textContent = text;
      element.title = exact;
    } else {
      element.textContent = exact;
    }
  }

  function showTimes(root = document) {
    root.querySelectorAll("time[datetime]").forEach(showTime);
  }

  async function copy(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    // Plain http on a local network is no secure context: there the old way is the only one.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    if (!copied) throw new Error("The browser refused to copy.");
    return undefined;
  }

  function addCopyButton(box) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-small copy";
    button.textContent = "Copy";
    if (box.dataset.label) button.setAttribute("aria-label", `Copy ${box.dataset.label}`);
    button.addEventListener("click", async () => {
      try {
        await copy(box.querySelector("pre").textContent);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Failed";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
    box.append(button);
  }

  showTimes();
  setInterval(showTimes, 10000);
  document.querySelectorAll(".copyable").forEach(addCopyButton);
  document.querySelectorAll("[data-submit-on-change]").forEach((form) => {
    form.addEventListener("change", (event) => {
      if (event.target.matches("select")) form.requestSubmit();
    });
  });

  return { absolute, showTime, showTimes };
})();
