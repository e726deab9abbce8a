// A game in Node: node play.js SNIPPET URL APP_KEY SECONDS
const [snippet, url, key, seconds] = process.argv.slice(2);
const { TStats } = require(snippet);

(async () => {
  const stats = new TStats(url, key);
  stats.event("Game started");
  stats.event("größe / 100%?", { level: 3, words: ["日本", null] });
  stats.event("FPS", 59.9);
  stats.event("round", { itself: 1 });
  await stats.close(Number(seconds));
})();
