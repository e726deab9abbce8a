// TStats for games in a browser, and in Node 18 and later. No build step, nothing to install.
//
//     const stats = new TStats("https://telemetry.example.org", "YOUR_APP_KEY");
//     stats.event("Level started", { level: 3 });
//     await stats.close();  // in Node; a page closes its session when it is left
//
// No call waits or throws. What happens while the server is away is sent when it is back.
class TStats {
  constructor(url, appKey = "") {
    this.url = url.replace(/\/+$/, "") + "/sessions/";
    this.appKey = appKey;
    this.id = null; // of the session
    this.isRefused = false;
    this.waiting = []; // what the server has not acknowledged yet, oldest first
    this.name = Date.now().toString(36) + Math.random().toString(36).slice(2);
    this.number = 0;
    this._add("", {});
    if (typeof document !== "undefined") addEventListener("pagehide", () => this._leave());
  }

  /** Something happened; `data` is a text, a number, an object or an array, up to 64 KiB. */
  event(type, data = null) {
    // By its eventId the server knows an event that is sent again.
    const eventId = `${this.name}-${++this.number}`;
    try {
      this._add("/event/" + encodeURIComponent(type), { event: data, eventId });
    } catch (problem) {
      console.warn("TStats:", problem); // there is no JSON for that
    }
  }

  /** The game is over. Resolves once all has been sent, or after so many seconds. */
  async close(seconds = 5) {
    this._add("/close", {});
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, seconds * 1000)));
    await Promise.race([this.sending, late]);
    clearTimeout(timer);
  }

  _add(path, fields) {
    const time = new Date().toISOString();
    if (!this.isRefused && this.waiting.length < 1000) {
      this.waiting.push({ path, time, body: JSON.stringify({ clientTime: time, ...fields }) });
    }
    this.sending ??= this._send().finally(() => (this.sending = null));
  }

  async _send() {
    for (let wait = 1; this.waiting.length; ) {
      const next = this.waiting[0];
      const isOpening = this.id === null;
      const status = await (isOpening ? this._open(next.time) : this._post(next.path, next.body));
      if (status === 0 || status === 408 || status === 429 || status >= 500) {
        await new Promise((resolve) => setTimeout(resolve, wait * 1000)?.unref?.());
        wait = Math.min(wait * 2, 60);
        continue;
      }
      wait = 1;
      if (status === 409 && next.path !== "/close") {
        this.id = null; // closed when the page was left, but somebody came back to it
      } else if (isOpening && status >= 400) {
        this.isRefused = true; // a wrong app key does not become right
        this.waiting = [];
      } else if (!isOpening && this.waiting[0] === next) {
        this.waiting.shift();
      }
    }
  }

  async _open(clientTime) {
    const path = `?app_key=${encodeURIComponent(this.appKey)}`;
    const keep = async (reply) => (this.id = (await reply.json())._id);
    return this._post(path, JSON.stringify({ clientTime }), keep);
  }

  /** The status of the reply; 0 if there was none. */
  async _post(path, body, read = null) {
    if (path === "") return 200; // it only wanted a session
    try {
      // A POST of text needs no permission from the server first, as PUT or JSON would.
      const reply = await fetch(this.url + (this.id ?? "") + path, {
        method: "POST",
        body,
        keepalive: body.length < 16384, // goes on when the page is left
        signal: AbortSignal.timeout(10000),
      });
      if (reply.ok && read) await read(reply);
      if (reply.status >= 400) console.warn("TStats:", await reply.text());
      return reply.status;
    } catch {
      return 0;
    }
  }

  _leave() {
    if (this.id === null) return;
    const left = this.waiting.filter(({ path }) => path !== "");
    for (const { path, body } of left) navigator.sendBeacon(this.url + this.id + path, body);
    // A close might overtake the events. Without one the session ends at the last of them, as
    // soon as it has been silent for long enough.
    if (!left.length) navigator.sendBeacon(this.url + this.id + "/close", "");
    this.waiting = [];
    this.id = null;
  }
}

if (typeof module !== "undefined") module.exports = { TStats };
