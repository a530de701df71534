// Berth and the real systems, each with a typical Procfile line.

/** A system, and how to run it on Debian 12. */
export interface System {
  readonly name: string;
  /** Its directory below apps/, if it needs one. */
  readonly app?: string;
  /** Debian packages to install. */
  readonly packages: readonly string[];
  /** A shell command that prints the relevant versions. */
  readonly version: string;
  /** A shell command that builds the app. */
  readonly build?: string;
  /** The `web:` line of the Procfile; missing for the service of this checkout. */
  readonly line?: string;
  /** Options for port-contract. */
  readonly options: readonly string[];
}

const web = ["--slow", "--slow-path", "/slow"];
const jettyJars = ["server", "servlet", "http", "io", "util", "security", "util-ajax"];
const jettyPath = [
  ".",
  ...jettyJars.map((jar) => `/usr/share/java/jetty9-${jar}.jar`),
  "/usr/share/java/servlet-api.jar",
].join(":");

const versionsOf = (...packages: readonly string[]) =>
  `dpkg-query --show --showformat='\${Package} \${Version}, ' ${packages.join(" ")} | sed 's/, $//'`;

/** In the order of the table's columns. */
export const systems: readonly System[] = [
  {
    name: "Berth",
    packages: [],
    version: `node -p '"node " + process.version'`,
    options: ["--slow"],
  },
  {
    name: "Flask",
    app: "flask",
    packages: ["python3-flask"],
    version: versionsOf("python3-flask"),
    line: 'exec flask --app app run --host 0.0.0.0 --port "$PORT"',
    options: web,
  },
  {
    name: "Flask on Gunicorn",
    app: "flask",
    packages: ["python3-flask", "gunicorn"],
    version: versionsOf("python3-flask", "gunicorn"),
    line: 'exec gunicorn --bind "[::]:$PORT" --threads 8 app:app',
    options: web,
  },
  {
    name: "Tornado",
    app: "tornado",
    packages: ["python3-tornado"],
    version: versionsOf("python3-tornado"),
    line: "exec python3 app.py",
    options: web,
  },
  {
    name: "Sinatra on Thin",
    app: "sinatra",
    packages: ["ruby-sinatra", "thin"],
    version: versionsOf("ruby-sinatra", "thin"),
    line: 'exec thin --rackup config.ru --port "$PORT" --threaded start',
    options: web,
  },
  {
    name: "Jetty",
    app: "jetty",
    packages: ["openjdk-17-jdk-headless", "libjetty9-java", "libservlet-api-java"],
    version: versionsOf("libjetty9-java", "openjdk-17-jre-headless"),
    build: `javac -cp '${jettyPath}' App.java`,
    line: `exec java -cp '${jettyPath}' App`,
    options: web,
  },
  {
    name: "Express",
    app: "express",
    packages: [],
    version: `node -p '"express " + require("express/package").version + ", node " + process.version'`,
    line: "exec node app.js",
    options: web,
  },
  {
    name: "Node http",
    app: "node",
    packages: [],
    version: `node -p '"node " + process.version'`,
    line: "exec node app.js",
    options: web,
  },
  {
    name: "Redis",
    packages: ["redis-server"],
    version: versionsOf("redis-server"),
    line: 'exec redis-server --port "$PORT" --protected-mode no --save ""',
    options: ["--probe", "redis"],
  },
  {
    name: "ejabberd by ejabberdctl",
    app: "ejabberd",
    packages: ["ejabberd"],
    version: versionsOf("ejabberd"),
    line:
      'sed "s/PORT/$PORT/" ejabberd.yml > "$TMPDIR/ejabberd-$PORT.yml" && exec ejabberdctl --ctl-config none ' +
      '--config "$TMPDIR/ejabberd-$PORT.yml" --spool "$TMPDIR/ejabberd-$PORT" --logs "$TMPDIR/ejabberd-$PORT" ' +
      '--node "ejabberd-$PORT@localhost" foreground',
    // All nodes on a machine share one epmd, which dies when the kit kills the run that started it.
    options: ["--probe", "xmpp", "--jobs", "1"],
  },
  {
    name: "ejabberd by erl",
    app: "ejabberd",
    packages: ["ejabberd"],
    version: versionsOf("ejabberd", "erlang-base"),
    line:
      'sed "s/PORT/$PORT/" ejabberd.yml > "$TMPDIR/ejabberd-$PORT.yml" && ' +
      'EJABBERD_CONFIG_PATH="$TMPDIR/ejabberd-$PORT.yml" ERL_LIBS=/usr/lib/x86_64-linux-gnu ' +
      'exec erl -noinput -mnesia dir "\\"$TMPDIR/ejabberd-$PORT\\"" -s ejabberd',
    options: ["--probe", "xmpp"],
  },
];
