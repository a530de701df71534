// Express, as in its documentation.
const express = require("express");
const console = require("node:console");
const { env } = require("node:process");
const { setTimeout } = require("node:timers");

const port = env.PORT || 3000;
const app = express();
app.get("/", (req, res) => res.send("Express\n"));
app.get("/slow", (req, res) => setTimeout(() => res.send("slept\n"), 2000));
app.listen(port, () => console.log(`Example app listening on port ${port}`));
