"use strict";
for (const card of document.querySelectorAll("[data-values]")) {
  const days = JSON.parse(card.dataset.values);
  const out = card.querySelector(".readout");
  const rest = out.textContent;
  const start = Date.parse(card.dataset.first), span = Math.max(1, Date.parse(card.dataset.last) - start);
  const format = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  const share = (value) => value === null ? "–" : (value * 100).toFixed(1) + " %";
  for (const plot of card.querySelectorAll(".plot")) {
    const cursor = plot.querySelector(".cursor");
    plot.addEventListener("pointermove", (event) => {
      const box = plot.getBoundingClientRect();
      const at = start + span * Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
      const day = days.reduce((best, next) => Math.abs(Date.parse(next[0]) - at) < Math.abs(Date.parse(best[0]) - at) ? next : best);
      cursor.style.left = 100 * (Date.parse(day[0]) - start) / span + "%";
      cursor.style.display = "block";
      out.textContent = format.format(new Date(day[0])) + ": hit ratio " + (day[1] === null ? "–" : day[1].toFixed(2)) +
        ", deduplicated " + share(day[2]) + (day[3] ? "" : " (provisional)");
    });
    plot.addEventListener("pointerleave", () => { cursor.style.display = "none"; out.textContent = rest; });
  }
}
const openTarget = () => {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.tagName === "DETAILS") target.open = true;
};
addEventListener("hashchange", openTarget);
openTarget();
addEventListener("beforeprint", () => { for (const item of document.querySelectorAll("details.formula")) item.open = true; });
