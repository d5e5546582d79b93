// Says how far the reader came: seconds in view, furthest place, block, second of a video. Without it nothing is missing.
(() => {
  const bar = document.querySelector("[data-evidence]");
  const token = bar && bar.querySelector("[name=csrfmiddlewaretoken]");
  const body = document.querySelector("article");
  if (!token || !body) return;
  const top = (one) => one.getBoundingClientRect().top;
  const boxes = [...body.querySelectorAll("[id^='b-']")];
  let seconds = 0, scrolled = 0, block = "", media, last;

  const look = () => {
    const seen = (100 * (innerHeight - top(body))) / (top(bar) - top(body) || 1);
    scrolled = Math.max(scrolled, Math.min(100, Math.round(seen)));
    const above = boxes.filter((one) => top(one) < innerHeight / 2).pop();
    if (above) block = above.id.slice(2);
  };
  const say = () => {
    const at = media && media.closest("[id^='b-']");
    const said = { seconds, scrolled, block: at ? at.id.slice(2) : block, second: at ? Math.floor(media.currentTime) : 0 };
    const now = JSON.stringify(said);
    if (now === last) return;
    last = now;
    navigator.sendBeacon(bar.dataset.evidence, new URLSearchParams({ ...said, csrfmiddlewaretoken: token.value }));
  };
  setInterval(() => document.hidden || seconds++, 1000);
  addEventListener("scroll", look, { passive: true });
  addEventListener("visibilitychange", () => document.hidden && say());
  addEventListener("pagehide", say);
  look();

  const start = Number(new URLSearchParams(location.search).get("t"));
  for (const one of body.querySelectorAll("video, audio")) {
    const box = one.closest("[id^='b-']");
    one.addEventListener("play", () => (media = one));
    if (!box) continue;
    if (start > 0 && location.hash === `#${box.id}`) one.currentTime = start;
    for (const cue of box.querySelectorAll("[data-second]")) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "plain-link num" });
      button.append(cue.firstElementChild.textContent);
      button.onclick = () => ((one.currentTime = cue.dataset.second), one.play());
      cue.firstElementChild.replaceWith(button);
    }
  }
})();
