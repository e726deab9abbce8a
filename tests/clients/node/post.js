"use strict";
// node post.js CLIENT, with a JSON array of [method, ...arguments] on standard input: calls them
// one after the other and prints a JSON array of what the client's callbacks were given.
const calls = JSON.parse(require("fs").readFileSync(0, "utf8"));
const client = require(process.argv[2]);

async function main() {
  const told = [];
  for (const [method, ...args] of calls) {
    told.push(
      await new Promise((resolve) => {
        client[method](...args, (status, body) => {
          resolve([status, Buffer.isBuffer(body) ? JSON.parse(body) : body]);
        });
      }),
    );
  }
  console.log(JSON.stringify(told));
  process.exit(0);
}

main();
