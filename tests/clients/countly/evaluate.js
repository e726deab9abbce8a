"use strict";
// Evaluates JavaScript: an expression on each line of standard input, as a JSON string. Prints what
// each came to. ``Countly`` is the SDK, ``storage`` where it may keep its queues.
globalThis.Countly = require("countly-sdk-nodejs");

globalThis.stored = {};
globalThis.storage = {
  storeGet: (key, otherwise) => stored[key] ?? otherwise,
  storeSet: (key, value) => {
    stored[key] = structuredClone(value);
  },
  storeRemove: (key) => delete stored[key],
};

async function main() {
  for await (const line of require("readline").createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await (0, eval)(JSON.parse(line))) ?? "null");
  }
  process.exit(0);
}

main();
