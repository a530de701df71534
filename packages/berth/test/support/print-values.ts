// Prints, as JSON, what the expressions on the command line become for a service; for tests of the time zone, which a process has.
import { attach } from "./database";

async function main([url = "", ...expressions]: string[]): Promise<void> {
  const database = attach(url, 60_000);
  const columns = expressions.map((expression, index) => `${expression} AS "${index}"`);
  const [row = {}] = await database.query(`SELECT ${columns.join(", ")}`);
  await database.close();
  process.stdout.write(JSON.stringify(expressions.map((_, index) => row[index] as unknown)));
}

void main(process.argv.slice(2));
