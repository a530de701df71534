// Prints the values of SQL expressions as JSON; a separate process, as the time zone is one per process.
import { attach } from "./database";

async function main([url = "", ...expressions]: string[]): Promise<void> {
  const database = attach(url, 60_000);
  const columns = expressions.map((expression, index) => `${expression} AS "${index}"`);
  const [row = {}] = await database.query(`SELECT ${columns.join(", ")}`);
  await database.close();
  process.stdout.write(JSON.stringify(expressions.map((_, index) => row[index] as unknown)));
}

void main(process.argv.slice(2));
