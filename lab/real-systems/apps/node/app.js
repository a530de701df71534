// Node's http server, as in its documentation.
const http = require("node:http");
const { env } = require("node:process");
const { setTimeout } = require("node:timers");

const server = http.createServer((req, res) => {
  setTimeout(() => res.end("Node\n"), req.url === "/slow" ? 2000 : 0);
});
server.listen(env.PORT || 8000);
