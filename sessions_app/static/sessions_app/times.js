/* A session's page: exact times in the viewer's zone. Without it they are in UTC. */
"use strict";

document.querySelectorAll("[data-time]").forEach((element) => {
  const when = new Date(element.dataset.time);
  if (Number.isNaN(when.getTime())) return;
  const digits = Number(element.dataset.digits);
  element.textContent = new Intl.DateTimeFormat(undefined, {
    year: "numeric", month: "short", day: "numeric",
    hour: "2-digit", minute: "2-digit", second: "2-digit",
    ...(digits ? { fractionalSecondDigits: digits } : {}),
  }).format(when);
});
